"""Findings as they are noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nis_backend.deployment.report import Finding
from nis_backend.deployment.validate.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.deployment.report import Severity

MOST = 500
"""Findings that are told; a definition of a megabyte can have very many."""

Path = tuple[str | int, ...]
Values = dict[str, Any]  # Any: a definition's values differ in type
ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


class Notes:
    """What was found so far; `at` says the line of a path, as the definition spells it."""

    def __init__(self, at: Callable[[Path], int | None] = lambda _path: None, *, capitals: bool = False) -> None:
        self._at = at
        self._capitals = capitals
        self._found: list[Finding] = []

    def add(self, rule: str, path: Path, said: str, *, line: int | None = None) -> None:
        """What is there and why it is wrong; never the value of a secret."""
        if len(self._found) >= MOST:
            return
        spelt = self._spelt(path)
        known = RULES[rule]
        self._found.append(
            Finding(
                rule=rule,
                severity=known.severity,
                place=place_of(spelt),
                line=line or self._at(spelt),
                said=said,
                remedy=known.remedy,
                source=known.source,
            )
        )

    def _spelt(self, path: Path) -> Path:
        """A path in the definition's own spelling: CloudFormation's keys begin with capitals."""
        if not self._capitals:
            return path
        return tuple(key[:1].upper() + key[1:] if isinstance(key, str) else key for key in path)

    def worst_first(self) -> list[Finding]:
        """All of them, errors before warnings before notes."""
        return Notes.together(self)

    @staticmethod
    def together(*all_: Notes) -> list[Finding]:
        """What several have noted, the worst first."""
        found = [one for notes in all_ for one in notes._found]  # noqa: SLF001 - its own class
        return sorted(found, key=lambda one: (ORDER[one.severity], one.line or 0))


def place_of(path: Path) -> str:
    """A path as it is told: containerDefinitions[0].stopTimeout."""
    told = ""
    for key in path:
        told += f"[{key}]" if isinstance(key, int) else f".{key}" if told else key
    return told


def values(found: object) -> Values:
    """A mapping; empty where it is none."""
    return cast("Values", found) if isinstance(found, dict) else {}


def listed(found: object) -> list[Any]:  # Any: as above
    """A list; empty where it is none."""
    return cast("list[Any]", found) if isinstance(found, list) else []


def text(found: object) -> str | None:
    """A value as text, where it is known: no function of CloudFormation's, and not nothing."""
    if isinstance(found, bool):
        return str(found).lower()
    return str(found) if isinstance(found, str | int | float) else None


def number(found: object) -> float | None:
    """A value as a number, where it is one."""
    try:
        return None if isinstance(found, bool) or not isinstance(found, str | int | float) else float(found)
    except ValueError:
        return None


def is_true(found: object) -> bool:
    """Whether it says yes."""
    return text(found) in {"true", "True", "yes"}


def lowered(found: Any) -> Any:  # Any: a definition's values differ in type
    """The same with keys as the API spells them: CloudFormation's begin with capitals."""
    if isinstance(found, dict):
        given = cast("Values", found)
        return {key[:1].lower() + key[1:]: lowered(value) for key, value in given.items()}
    if isinstance(found, list):
        return [lowered(one) for one in cast("list[Any]", found)]
    return found
