"""The uses of a package in the Python of a project."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from packaging.utils import canonicalize_name

from nis_backend.impact.project.opening import Project
from nis_backend.impact.proof.commands import commands
from nis_backend.impact.proof.facts import Imported, Said
from nis_backend.impact.proof.naming import VERSIONS, addressed, bare, dotted, driven
from nis_backend.impact.proof.target import Target
from nis_backend.impact.proof.texts import Text, Texts
from nis_backend.impact.report import Place, Use

NOT_A_USE = frozenset(
    {"getLogger()", "logging.getLogger()", "loggers[]", "filterwarnings()", "warnings.filterwarnings()"}
)
"""What configures a package and does as well without it."""
Naming = Literal["named", "entry_point", "script", "version"]
GROUPED = re.compile(r"entry_?point|^group$|namespace|^select\(\)|Manager\(\)")
"""To what a group of plug-ins is said by those who load it."""
CODE = re.compile(r"^\s*(?:import|from)\s+([A-Za-z_][\w.]*)", re.MULTILINE)


@dataclass(kw_only=True)
class Found:
    """What the Python of a project tells about a package."""

    uses: list[Use] = field(default_factory=list[Use])
    unread: list[Place] = field(default_factory=list[Place])
    open: list[Place] = field(default_factory=list[Place])


@dataclass(frozen=True, kw_only=True)
class Implied:
    """A call that another package fulfils by this one, without naming it."""

    package: str
    host: str
    pattern: str
    told: str
    importing: str = ""
    """A module, or several with `|`, that a file must import for the call to be the host's."""


def python_uses(project: Project, target: Target, texts: Texts) -> Found:
    """All places of the project's Python that use the package or may; texts that could not be read; computed names."""
    found = Found()
    implied = implications(project, target)
    for file, named in texts.holding(target):
        text = texts.text(file)
        found.open += [text.place(line) for line in text.facts.open]
        if named:
            found.uses += _uses(project, target, text)
            found.unread += [text.unread] if text.unread else []
    for rule in implied:
        found.uses += _implied(rule, texts)
    return found


def _uses(project: Project, target: Target, text: Text) -> Iterator[Use]:
    seen: set[tuple[int, str]] = set()
    for one in text.facts.imports:
        what = _imported(project, target, one)
        if what and (one.line, what) not in seen:
            seen.add((one.line, what))
            how = "typing_import" if text.file.relative.endswith(".pyi") else one.how
            yield Use(how=how, what=what, where=text.file.kind, place=text.place(one.line), fallback=one.fallback)
    for said in text.facts.said:
        for how, what in _said(target, said):
            if (said.line, what) not in seen:
                seen.add((said.line, what))
                yield Use(how=how, what=what, where=text.file.kind, place=text.place(said.line))


def _imported(project: Project, target: Target, one: Imported) -> str:
    """The package's module that is imported, where one is."""
    if one.module.partition(".")[0] in project.layout.own:
        return ""
    if target.has(one.module):
        return one.module
    return next((f"{one.module}.{name}" for name in one.names if target.has(f"{one.module}.{name}")), "")


def _said(target: Target, said: Said) -> Iterator[tuple[Naming, str]]:
    text, to = said.text, said.to
    if to in NOT_A_USE:
        return
    if to in VERSIONS and canonicalize_name(text) == target.key:
        yield "version", text
    elif text in target.groups and GROUPED.search(to):
        yield "entry_point", text
    elif to == "-m" and target.has(text):
        yield "script", f"python -m {text}"
    elif bare(target, text, to):
        yield "named", text
    elif to == "command" or " " in text:
        for command in commands(target, text, shell=to == "command"):
            yield "script", command
    for name in _named(target, text):
        yield "named", name


def _named(target: Target, text: str) -> Iterable[str]:
    """The package's names in a string: addresses, dotted paths, imports in code that is kept as a text."""
    if "://" in text or "+" in text:
        return [*addressed(target, text)] or [*driven(target, text)]
    if " " not in text.strip():
        return dotted(target, text)
    return [module for module in CODE.findall(text) if target.has(module)] if "import " in text else []


@cache
def _rules() -> tuple[Implied, ...]:
    data = json.loads(Path(__file__).with_name("implied.json").read_text("utf-8"))
    return tuple(Implied(**one) for one in data)


def implications(project: Project, target: Target) -> list[Implied]:
    """The rules of calls that are fulfilled by the package, of hosts that are there."""
    there = {*project.environment.distributions, *(one.key for one in project.declarations)}
    return [one for one in _rules() if one.package == target.key and (not one.host or one.host in there)]


def _implied(rule: Implied, texts: Texts) -> Iterable[Use]:
    pattern = re.compile(rule.pattern)
    quick = re.compile(rule.pattern.encode())
    for file in texts.files:
        if quick.search(texts.data(file)):
            text = texts.text(file)
            if rule.importing and not {one.module.partition(".")[0] for one in text.facts.imports} & {
                *rule.importing.split("|")
            }:
                continue
            for number, line in enumerate(text.text.splitlines(), 1):
                if pattern.search(line.partition("#")[0]):
                    yield Use(how="implied", what=rule.told, where=file.kind, place=text.place(number))
