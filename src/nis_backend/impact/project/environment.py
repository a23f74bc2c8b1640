"""What an interpreter has installed: asked of itself, by a probe that is run in it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from nis_backend.errors import DeadlineExceeded, InvalidRequest, NotFound, Unavailable
from nis_backend.impact.project.probe import MARKER
from nis_backend.impact.running.surroundings import masked, surroundings

PROBE = Path(__file__).with_name("probe.py")
LIMIT = 120.0
"""Seconds: an environment of 60,000 files takes two, on a slow disk twenty."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a distribution: its full path, and its bytes."""

    path: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class EntryPoint:
    """What a distribution offers under a group: `console_scripts`, `pytest11`."""

    group: str
    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """An installed distribution."""

    name: str
    """As it writes itself; it is compared by `key`."""
    version: str
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    base: Path
    """The folder that its files are in: `site-packages`."""
    files: tuple[File, ...] = ()
    modules: tuple[str, ...] = ()
    """What can be imported: top modules, and of a namespace that others share its own parts (`google.protobuf`)."""
    entry_points: tuple[EntryPoint, ...] = ()
    scripts: tuple[str, ...] = ()
    """The commands it installs: entry points, and files put beside the interpreter."""
    editable: str = ""
    """The folder of an editable install."""
    pth: tuple[Path, ...] = ()
    """Its `.pth` files: lines of them that begin with `import` run at every start."""

    @property
    def key(self) -> str:
        """Its name as all spellings compare."""
        return canonicalize_name(self.name)

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(file.bytes for file in self.files)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of plug-ins that it offers, commands apart."""
        return tuple(sorted({one.group for one in self.entry_points} - {"console_scripts", "gui_scripts"}))


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What an interpreter is, and all that is installed for it."""

    python: Path
    """As it was named, not where its links lead: that is what makes it an environment's."""
    version: str
    prefix: Path
    base_prefix: Path
    """Of the interpreter that the environment was made from; the same as `prefix` where it is none."""
    paths: tuple[str, ...]
    site: tuple[Path, ...]
    """Where distributions are installed: pure ones, and those of the platform."""
    bin: Path
    standard: frozenset[str]
    """The names of the standard library's modules."""
    markers: Mapping[str, str]
    distributions: Mapping[str, Distribution] = field(default_factory=dict[str, Distribution])
    """By `key`."""
    broken: tuple[str, ...] = ()
    """Folders of metadata that cannot be read."""

    def find(self, name: str) -> Distribution | None:
        """The distribution of a name in any spelling, where it is installed."""
        return self.distributions.get(canonicalize_name(name))

    @cached_property
    def owners(self) -> Mapping[str, tuple[str, ...]]:
        """Of each module that a distribution brings, the keys of those that do."""
        owners: dict[str, tuple[str, ...]] = {}
        for key, one in self.distributions.items():
            for module in one.modules:
                owners[module] = (*owners.get(module, ()), key)
        return owners

    def owner(self, module: str) -> tuple[str, ...]:
        """The distributions that a dotted name is of: by the longest of its beginnings that one of them brings."""
        parts = module.split(".")
        for length in range(len(parts), 0, -1):
            found = self.owners.get(".".join(parts[:length]))
            if found:
                return found
        return ()


def read_environment(python: Path, *, limit: float = LIMIT) -> Environment:
    """Ask an interpreter what it is and what it has installed.

    Raises:
        NotFound: there is no such file.
        InvalidRequest: it is no Python, or one older than 3.8.
        DeadlineExceeded: it did not answer in `limit` seconds.
    """
    if not python.is_file():
        raise NotFound(
            f"there is no interpreter {python}", field="python", value=str(python), remedy="name an existing one"
        )
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter that the caller studies
            [str(python.absolute()), "-B", str(PROBE)],
            stdin=subprocess.DEVNULL,
            env=surroundings(),
            capture_output=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DeadlineExceeded(
            f"{python} did not say in {limit:g} s what it has installed",
            remedy="see what its .pth files and sitecustomize do at start",
        ) from None
    except OSError as failure:
        raise InvalidRequest(
            f"{python} cannot be run: {failure.strerror}", field="python", value=str(python), remedy="name a Python"
        ) from None
    told = [line for line in done.stdout.decode("utf-8", "replace").splitlines() if line.startswith(MARKER)]
    if not told:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise InvalidRequest(
            f"{python} did not say what it has installed: {masked(last[0], surroundings())[:300]}",
            field="python",
            value=str(python),
            remedy="name a Python of version 3.8 or later that starts",
        )
    return _environment(python, json.loads(told[-1].removeprefix(MARKER)))


def _environment(python: Path, told: Mapping[str, Any]) -> Environment:  # Any: JSON
    found = [_distribution(one, told["bin"]) for one in told["distributions"]]
    return Environment(
        python=python.absolute(),
        version=told["version"],
        prefix=Path(told["prefix"]),
        base_prefix=Path(told["base_prefix"]),
        paths=tuple(told["paths"]),
        site=tuple(Path(path) for path in told["site"]),
        bin=Path(told["bin"]),
        standard=frozenset(told["standard"]),
        markers=told["markers"],
        distributions={one.key: one for one in _spaces_closed(found)},
        broken=tuple(told["broken"]),
    )


def _distribution(told: Mapping[str, Any], folder: str) -> Distribution:  # Any: JSON
    points = tuple(EntryPoint(group=group, name=name, value=value) for group, name, value in told["entry_points"])
    named = {point.name for point in points if point.group in {"console_scripts", "gui_scripts"}}
    put = {path.rpartition("/")[2] for path, _ in told["files"] if path.rpartition("/")[0] == folder}
    return Distribution(
        name=told["name"],
        version=told["version"],
        requires=tuple(told["requires"]),
        extras=tuple(told["extras"]),
        base=Path(told["base"]),
        files=tuple(File(path=path, bytes=size) for path, size in told["files"]),
        modules=tuple(told["modules"]),
        entry_points=points,
        scripts=tuple(sorted({*named, *(name.removesuffix(".exe") for name in put if not name.endswith(".pyc"))})),
        editable=told["editable"],
        pth=tuple(Path(path) for path in told["pth"]),
    )


def _spaces_closed(found: list[Distribution]) -> list[Distribution]:
    """With a namespace that one distribution alone has parts of named as a whole: there is nothing to tell apart."""
    has: dict[str, set[str]] = {}
    for one in found:
        for module in one.modules:
            has.setdefault(module.partition(".")[0], set()).add(one.key)
    alone = {top for top, keys in has.items() if len(keys) == 1}
    return [
        _with_modules(
            one, {module.partition(".")[0] if module.partition(".")[0] in alone else module for module in one.modules}
        )
        for one in found
    ]


def _with_modules(one: Distribution, modules: set[str]) -> Distribution:
    return one if modules == {*one.modules} else replace(one, modules=tuple(sorted(modules)))


def interpreter(root: Path, python: Path | None, on_path: str | None) -> Path:
    """The interpreter of a project: the one given, the one of its own environment, else the one on PATH."""
    if python is not None:
        return python / "bin" / "python" if python.is_dir() else python
    own = [
        root / folder / place for folder in (".venv", "venv", "env") for place in ("bin/python", "Scripts/python.exe")
    ]
    for path in own:
        if path.is_file():
            return path
    if on_path is None:
        raise Unavailable("no interpreter was found", remedy="name the project's: --python PATH")
    return Path(on_path)
