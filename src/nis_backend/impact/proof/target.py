"""The package that is looked for: what it is imported as, its commands and plug-ins, and how it is spelled."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path

from packaging.utils import canonicalize_name

from nis_backend.errors import NotFound
from nis_backend.impact.project.environment import Distribution, EntryPoint
from nis_backend.impact.project.opening import Project

KNOWN = Path(__file__).with_name("modules.json")
"""What distributions are imported as whose module has another name, for those that are not installed."""


@cache
def schemes() -> dict[str, list[str]]:
    """The packages that an address's scheme stands for where it names no driver."""
    found: dict[str, list[str]] = json.loads(Path(__file__).with_name("schemes.json").read_text("utf-8"))
    return found


@dataclass(frozen=True, kw_only=True)
class Target:
    """A package, and all by which a text may name it."""

    key: str
    installed: Distribution | None
    modules: tuple[str, ...]
    scripts: tuple[str, ...] = ()
    plugins: tuple[EntryPoint, ...] = ()

    def has(self, module: str) -> bool:
        """Whether a dotted name is a module of it, or a name in one."""
        return any(module == one or module.startswith(f"{one}.") for one in self.modules)

    @cached_property
    def public(self) -> tuple[str, ...]:
        """Its modules that a text would name: `yaml`, not `_yaml`, where there are any."""
        return tuple(one for one in self.modules if not one.startswith("_")) or self.modules

    @cached_property
    def groups(self) -> frozenset[str]:
        """The groups of its plug-ins."""
        return frozenset(one.group for one in self.plugins)

    @cached_property
    def words(self) -> frozenset[str]:
        """Names by which a setting may ask for it: modules, its own name, those of its plug-ins; lower case."""
        spelled = {self.key, self.key.replace("-", "_"), *self.public, *(one.name for one in self.plugins)}
        return frozenset(word.lower() for word in spelled)

    @cached_property
    def schemes(self) -> frozenset[str]:
        """The schemes of addresses that stand for it."""
        return frozenset(scheme for scheme, packages in schemes().items() if self.key in packages)

    @cached_property
    def tokens(self) -> frozenset[bytes]:
        """Words of which a text that names it has one at least, lower case."""
        parts = {*self.modules, *self.scripts, *self.groups, *self.words, *self.schemes, self.key}
        last = {re.findall(r"\w+", one.lower())[-1] for one in parts if re.search(r"\w", one)}
        return frozenset(one.encode() for one in last)

    @cached_property
    def needles(self) -> re.Pattern[bytes]:
        """What a text that uses it holds somewhere, in any case: other texts need not be looked at more closely."""
        parts = {one.rpartition(".")[2] for one in self.modules} | {
            *self.scripts,
            *self.groups,
            *self.words,
            *self.schemes,
        }
        spelled = re.sub(r"-", "[-_.]", re.escape(self.key).replace(r"\-", "-"))
        found = sorted((re.escape(one) for one in parts if len(one) > 1), key=len, reverse=True)
        return re.compile(rf"\b(?:{'|'.join([*found, spelled])})\b".encode(), re.IGNORECASE)


def target(project: Project, package: str) -> Target:
    """The package of a name in any spelling.

    Raises:
        NotFound: it is neither installed nor declared.
    """
    key = canonicalize_name(package)
    installed = project.environment.find(key)
    if installed is None and not project.declared(key):
        raise _unknown(project, package)
    if installed is None:
        return Target(key=key, installed=None, modules=guessed(key))
    return Target(
        key=key,
        installed=installed,
        modules=installed.modules,
        scripts=installed.scripts,
        plugins=tuple(one for one in installed.entry_points if _for_others(installed, one.group)),
    )


def _for_others(one: Distribution, group: str) -> bool:
    """Whether a group of entry points is for other packages to read: not its commands, nor its own extensions."""
    own = {*one.modules, *one.scripts, one.key, "console_scripts", "gui_scripts"}
    return group not in own and group.partition(".")[0] not in own


def guessed(key: str) -> tuple[str, ...]:
    """What a distribution that is not installed is imported as: a known name, else its own."""
    known: dict[str, list[str]] = json.loads(KNOWN.read_text("utf-8"))
    return tuple(known.get(key, [key.replace("-", "_")]))


def _unknown(project: Project, package: str) -> NotFound:
    owners = project.environment.owner(package)
    if owners:
        return NotFound(
            f"{package} is a module, of the distribution {' and '.join(owners)}",
            field="package",
            value=package,
            remedy=f"name the distribution: {owners[0]}",
        )
    known = {*project.environment.distributions, *(one.key for one in project.declarations)}
    near = get_close_matches(canonicalize_name(package), sorted(known), n=3)
    return NotFound(
        f"{package!r} is neither installed in {project.environment.python} nor declared in {project.root.name}",
        field="package",
        value=package,
        remedy=f"did you mean {' or '.join(near)}?"
        if near
        else "name a distribution as it is installed (`opencv-python`, not `cv2`), or the interpreter that has it",
    )
