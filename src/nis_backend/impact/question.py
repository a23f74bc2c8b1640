"""What is asked about a project: the change, the project's own commands, and how much trouble may be taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from nis_backend.impact.report import Change, PhaseName

    Tell = Callable[[float, str], None]
    """Hears how far the work is, 0 to 1, and what is being done."""

RUNS = 10
"""Starts of each environment that a median stands on."""
PHASES: tuple[PhaseName, ...] = ("start", "smoke", "test")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One change of one project."""

    root: Path
    change: Change
    python: Path | None = None
    """The interpreter of its environment; found in the project when none is given."""
    commands: Mapping[PhaseName, str]
    """The project's own commands, by phase; what is not there is not run."""
    ready: str = ""
    """An address that answers once the project has started; without one, the first port that it listens on."""
    runs: int = RUNS
    installs: bool = True
    """Whether environments may be made: what is proven without is proven in seconds."""
    measures: bool = True
    region: str = "us-east-1"
    headroom: float = 0.3
    """Of the measured peak, kept free beside it in the size that is paid for."""
