"""What a project asks for: a declaration, wherever it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nis_backend.impact.report import Place

Section = Literal["main", "extra", "group", "constraint", "build"]
"""Main: always installed. Extra, group: where asked for. Constraint: bounds a version only. Build: to make a wheel."""

FRAGMENT = re.compile(r"#(?:.*&)?egg=([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One requirement of the project."""

    key: str
    """The distribution's name as all spellings compare."""
    requirement: Requirement
    text: str
    """As it stands."""
    section: Section
    name: str = ""
    """Of the extra or the group."""
    place: Place
    editable: bool = True
    """Whether a rule can take it out: not what `setup.py` computes."""

    def applies(self, markers: dict[str, str]) -> bool:
        """Whether its marker holds in an environment."""
        return holds(self.requirement, markers, extra="")


@cache
def requirement(text: str) -> Requirement | None:
    """A requirement as written, or as pip also takes it: an address with `#egg=`; None for what names none."""
    try:
        return Requirement(text.strip())
    except InvalidRequirement:
        named = FRAGMENT.search(text)
        return Requirement(named[1]) if named else None


def declaration(
    text: str, place: Place, section: Section, name: str = "", *, editable: bool = True
) -> Declaration | None:
    """What a text asks for, where it does."""
    asked = requirement(text)
    if asked is None:
        return None
    return Declaration(
        key=canonicalize_name(asked.name),
        requirement=asked,
        text=text.strip(),
        section=section,
        name=name,
        place=place,
        editable=editable,
    )


def holds(asked: Requirement, markers: dict[str, str], *, extra: str) -> bool:
    """Whether a requirement's marker holds in an environment where an extra was asked for."""
    if asked.marker is None:
        return True
    try:
        return asked.marker.evaluate({**markers, "extra": extra})
    except UndefinedEnvironmentName:
        return False
