"""Who requires a package among what is installed: with markers, extras, and the chain from the project to it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from nis_backend.impact.project.declared import holds, requirement
from nis_backend.impact.project.environment import Distribution, Environment
from nis_backend.impact.project.opening import Project
from nis_backend.impact.report import Requirer

EXTRA = re.compile(r"""extra == ["']([^"']+)["']""")


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One distribution's requirement of another."""

    of: str
    to: str
    extra: str
    """Under which it applies; empty where it always does."""
    extras: frozenset[str]
    """Of the other, that it asks for."""
    text: str


class Requirements:
    """What each installed distribution requires in this environment."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.markers = dict(environment.markers)
        self._edges: dict[str, list[Edge]] = {}

    def of(self, key: str) -> list[Edge]:
        """Its requirements that hold here, without an extra or under one; others are no matter of this machine."""
        if key not in self._edges:
            found = self.environment.find(key)
            self._edges[key] = [*self._read(found)] if found else []
        return self._edges[key]

    def _read(self, one: Distribution) -> Iterator[Edge]:
        for text in one.requires:
            asked = requirement(text)
            if asked is None:
                continue
            to = canonicalize_name(asked.name)
            extras = frozenset(canonicalize_name(extra) for extra in asked.extras)
            if holds(asked, self.markers, extra=""):
                yield Edge(of=one.key, to=to, extra="", extras=extras, text=text)
                continue
            for extra in EXTRA.findall(str(asked.marker)):
                if holds(asked, self.markers, extra=extra):
                    yield Edge(of=one.key, to=to, extra=canonicalize_name(extra), extras=extras, text=text)

    def reached(self, roots: Mapping[str, frozenset[str]]) -> tuple[dict[str, tuple[str, ...]], set[tuple[str, str]]]:
        """All that roots bring, each with the chain that leads to it; and each with the extras that are asked of it."""
        chains: dict[str, tuple[str, ...]] = {}
        done: set[tuple[str, str]] = set()
        waiting: deque[tuple[str, str, tuple[str, ...]]] = deque()
        waiting.extend((key, extra, (key,)) for key, extras in roots.items() for extra in ("", *sorted(extras)))
        while waiting:
            key, extra, chain = waiting.popleft()
            if (key, extra) in done:
                continue
            done.add((key, extra))
            chains.setdefault(key, chain)
            for edge in self.of(key):
                if edge.extra == extra:
                    waiting.extend((edge.to, one, (*chain, edge.to)) for one in ("", *sorted(edge.extras)))
        return chains, done


def roots(project: Project) -> dict[str, frozenset[str]]:
    """What the project asks for, with extras: what bounds a version only, and markers that do not hold, apart."""
    asked: dict[str, frozenset[str]] = {}
    for one in project.declarations:
        if one.section in {"constraint", "build"} or one.key in project.own:
            continue
        if one.applies(dict(project.environment.markers)):
            extras = frozenset(canonicalize_name(extra) for extra in one.requirement.extras)
            asked[one.key] = asked.get(one.key, frozenset()) | extras
    return asked


class Asked:
    """What the project asks for, and all that it brings: for who will ask after many packages."""

    def __init__(self, project: Project) -> None:
        self.requirements = Requirements(project.environment)
        self.chains, self.extras = self.requirements.reached(roots(project))


def requirers(project: Project, package: str, asked: Asked | None = None) -> list[Requirer]:
    """Who requires the package, those that do in this environment first."""
    key = canonicalize_name(package)
    known = Asked(project) if asked is None else asked
    found: list[Requirer] = []
    for one in project.environment.distributions.values():
        if one.key not in project.own and one.key != key:
            found += _of(one, key, known)
    return sorted(found, key=lambda one: (not one.applies, len(one.why) or 99, one.name.lower()))


def _of(one: Distribution, key: str, known: Asked) -> Iterator[Requirer]:
    chain = known.chains.get(one.key, ())
    for text in one.requires:
        read = requirement(text)
        if read is None or canonicalize_name(read.name) != key:
            continue
        under = [edge.extra for edge in known.requirements.of(one.key) if edge.text == text]
        yield Requirer(
            name=one.name,
            version=one.version,
            requirement=text,
            applies="" in under or any((one.key, extra) in known.extras for extra in under),
            why=[*chain, key] if chain else [],
        )
