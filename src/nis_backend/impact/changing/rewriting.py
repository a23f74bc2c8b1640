"""The files of a project as a change leaves them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nis_backend.errors import InvalidRequest
from nis_backend.impact.changing.asked import requirement_after
from nis_backend.impact.changing.edits import (
    added_element,
    with_element,
    with_line,
    without_element,
    without_key,
    without_line,
)
from nis_backend.impact.project.declared import Declaration
from nis_backend.impact.project.opening import Project
from nis_backend.impact.project.reading import declared_in
from nis_backend.impact.project.toml import HEADER, Lines
from nis_backend.impact.report import Change, Place

LINE = "\n"
NOT_EDITED = frozenset({"build"})
"""What builds the project is another environment than what it runs in."""


@dataclass(kw_only=True)
class Rewritten:
    """Texts before and after, by file; and declarations that no rule could edit."""

    before: dict[str, str] = field(default_factory=dict[str, str])
    after: dict[str, str] = field(default_factory=dict[str, str])
    by_hand: list[Place] = field(default_factory=list[Place])


def rewritten(project: Project, change: Change) -> Rewritten:
    """Edit each declaration of the package, and read the result again: what does not read as meant is left by hand.

    Raises:
        InvalidRequest: what is added, takes its place or is upgraded to, is no requirement or version.
    """
    found = Rewritten()
    if change.kind == "add":
        _added(project, change, found)
        return found
    declared = [one for one in project.declared(change.package) if one.section not in NOT_EDITED]
    for relative in sorted({one.place.file for one in declared}):
        some = [one for one in declared if one.place.file == relative]
        text = _text(project.root, relative)
        edited = None if text is None else _edited(text, some, change)
        if text is None or edited is None or not _as_meant(relative, text, edited, some, change):
            found.by_hand += [one.place for one in some]
        elif edited != text:
            found.before[relative], found.after[relative] = text, edited
    return found


def _text(root: Path, relative: str) -> str | None:
    """A file's text with its line ends; None where it is not the project's own, or no UTF-8."""
    path = (root / relative).resolve()
    try:
        return path.read_bytes().decode("utf-8") if path.is_relative_to(root) else None
    except (OSError, UnicodeDecodeError):
        return None


def _edited(text: str, some: Sequence[Declaration], change: Change) -> str | None:
    for one in sorted(some, key=lambda one: one.place.line or 0, reverse=True):
        if one.place.line is None:
            return None
        new = requirement_after(change, one.requirement)
        edited = _edit(text, one, one.place.line, new)
        if edited is None:
            return None
        text = edited
    return text


def _edit(text: str, one: Declaration, line: int, new: str | None) -> str | None:
    name = one.place.file.rpartition("/")[2]
    if name == "setup.py":
        return without_element(text, line, one.text) if new is None else with_element(text, line, one.text, new)
    if name in {"pyproject.toml", "Pipfile"}:
        element = without_element(text, line, one.text) if new is None else with_element(text, line, one.text, new)
        return element if element is not None else _keyed(text, one, line, new)
    if name != "setup.cfg" and not is_requirements_like(name):
        return None
    return without_line(text, line) if new is None else with_line(text, line, one.text, new)


def is_requirements_like(name: str) -> bool:
    """Whether each line of a file is a requirement: by what it is named, as it may be by `-r` too."""
    return name.endswith((".txt", ".in", ".pip"))


def _keyed(text: str, one: Declaration, line: int, new: str | None) -> str | None:
    """A requirement that is a key of a table, as poetry and pipenv write it."""
    if new is None:
        return without_key(text, line)
    lines = text.splitlines(keepends=True)
    asked = Requirement(new)
    version = str(asked.specifier) or "*"
    here = lines[line - 1]
    if HEADER.match(here) or asked.extras:
        return None
    simple = re.sub(r"""^(\s*)[^=]+=\s*(["'])[^"']*\2""", rf'\g<1>{asked.name} = "{version}"', here, count=1)
    if simple == here and canonicalize_name(asked.name) == one.key:
        simple = re.sub(r"""(\bversion\s*=\s*)(["'])[^"']*\2""", rf'\g<1>"{version}"', here, count=1)
    lines[line - 1] = simple
    return "".join(lines) if simple != here else None


def _as_meant(relative: str, text: str, edited: str, some: Sequence[Declaration], change: Change) -> bool:
    """Whether the new text asks for just what the old one did, with the change."""
    wanted: list[tuple[str, str, str, str]] = []
    try:
        before, after = [*declared_in(relative, text)], [*declared_in(relative, edited)]
    except ValueError:
        return False
    places = {(one.place.line, one.key) for one in some}
    for one in before:
        new: str | None = str(one.requirement)
        if (one.place.line, one.key) in places and one.section not in NOT_EDITED:
            new = requirement_after(change, one.requirement)
        if new is not None:
            wanted.append((one.section, one.name, *_plain(new)))
    return sorted(wanted) == sorted((one.section, one.name, *_plain(str(one.requirement))) for one in after)


def _plain(text: str) -> tuple[str, str]:
    asked = Requirement(text)
    return canonicalize_name(asked.name), str(asked.specifier)


def _added(project: Project, change: Change, found: Rewritten) -> None:
    """Put a requirement where the project's main ones stand."""
    new = requirement_after(change, Requirement("any")) or change.package
    there = [one for one in project.declared(Requirement(new).name) if one.section == "main"]
    if there:
        place = there[0].place
        raise InvalidRequest(
            f"{place.file}:{place.line} asks for {there[0].text} already",
            field="package",
            value=change.package,
            remedy=f"upgrade it: nis impact upgrade {there[0].requirement.name}",
        )
    main = [one for one in project.declarations if one.section == "main" and one.place.line]
    names = {one.relative for one in project.files}
    relative = _main_file([one.place.file for one in main], names)
    text = _text(project.root, relative) if relative in names else ""
    edited = None
    if text is not None and relative == "pyproject.toml":
        line = Lines(relative, text).key("project", "dependencies").line
        edited = added_element(text, line, new) if line else None
    elif text is not None and relative.endswith((".txt", ".in")):
        edited = f"{text}{'' if not text or text.endswith(LINE) else LINE}{new}\n"
    if text is None or edited is None:
        found.by_hand.append(Place(file=relative, text=f"add {new}"))
    else:
        found.before[relative], found.after[relative] = text, edited


def _main_file(declaring: Sequence[str], names: set[str]) -> str:
    """Where a project keeps its main requirements."""
    usual = ("pyproject.toml", "requirements.in", "requirements.txt")
    listed = [name for name in declaring if name.endswith((".txt", ".in"))]
    there = [name for name in ("requirements.txt", "pyproject.toml") if name in names]
    known = [*(name for name in usual if name in declaring), *listed, *declaring]
    return next(iter([*known, *there, "requirements.txt"]))
