"""What is asked about a project: the change, the project's own commands, and how much trouble may be taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.impact.report import Change
    from nis_backend.impact.running.phases import Commands

Tell = Callable[[float, str], None]
"""Hears how far the work is, 0 to 1, and what is being done."""

RUNS = 10
"""Starts of each environment that a median stands on."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One change of one project."""

    root: Path
    change: Change
    commands: Commands
    """The project's own; what is not there is not run."""
    python: Path | None = None
    """The interpreter of its environment; found in the project when none is given."""
    runs: int = RUNS
    resolves: bool = True
    """Whether an index may be asked what requirements come to."""
    installs: bool = True
    """Whether environments may be made: what is proven without is proven in seconds."""
    measures: bool = True
    region: str = "us-east-1"
    headroom: float = 0.3
    """Of the measured peak, kept free beside it in the size that is paid for."""
