"""A worker's place in the test's process, where an operation computes as the runner has it compute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Told(NamedTuple):
    """One word of progress."""

    fraction: float
    message: str
    values: Mapping[str, float]


class Hearing:
    """A computing context that keeps what it is told, is never cancelled, and has no model files."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.options: dict[str, Any] = {}  # Any: JSON

    def progress(self, fraction: float, message: str = "", values: Mapping[str, float] | None = None) -> None:
        """See `WorkerContext.progress`."""
        assert 0 <= fraction <= 1
        self.told.append(Told(fraction, message, values or {}))

    def cancelled(self) -> bool:
        """See `WorkerContext.cancelled`."""
        return False

    def keep(self, name: str, make: Callable[[], Any]) -> Any:  # Any: whatever is kept
        """See `ComputingContext.keep`: made anew each time."""
        del name
        return make()

    def weight(self, name: str) -> Path:
        """See `ComputingContext.weight`."""
        raise NotImplementedError(name)
