"""What a project says of itself for this purpose: `[tool.nis.impact]` in its pyproject.toml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from nis_backend.errors import InvalidRequest
from nis_backend.impact.project.toml import Table, read_toml, table_of
from nis_backend.impact.report import PhaseName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PHASES = get_args(PhaseName)
WORDS = ("ready", "python", "region")
KNOWN = (*PHASES, *WORDS)
LONGEST = 2000
"""Characters of a command."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A project's own commands and what goes with them; empty where it says nothing."""

    commands: Mapping[PhaseName, str] = field(default_factory=dict[PhaseName, str])
    ready: str = ""
    python: str = ""
    """Of its interpreter, from the project's folder."""
    region: str = ""


def stated(root: Path) -> Stated:
    """What `[tool.nis.impact]` says: `start`, `smoke` and `test` are commands, `ready` an address.

    Raises:
        InvalidRequest: a key is unknown, or its value is no text.
    """
    read = read_toml(root / "pyproject.toml")
    found: Table = {} if isinstance(read, str) else table_of(read[0], "tool", "nis", "impact")
    for key, value in found.items():
        if key not in KNOWN or not isinstance(value, str) or len(value) > LONGEST:
            raise InvalidRequest(
                f"[tool.nis.impact] in pyproject.toml has {key} = {str(value)[:80]!r}.",
                field=f"tool.nis.impact.{key}"[:200],
                value=str(value)[:80],
                remedy=f"Texts of at most {LONGEST} characters stand there: {', '.join(KNOWN)}.",
            )
    commands: dict[PhaseName, str] = {name: str(found[name]) for name in PHASES if found.get(name)}
    ready, python, region = (str(found.get(word, "")) for word in WORDS)
    return Stated(commands=commands, ready=ready, python=python, region=region)
