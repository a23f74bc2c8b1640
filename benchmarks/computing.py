"""What an operation of a pool computes with, in a benchmark's own process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nis_backend.drivers.compute.operations import Computing
from nis_backend.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping


class Unheard:
    """A call that nobody watches or cancels."""

    def progress(self, fraction: float, message: str = "", values: Mapping[str, float] | None = None) -> None:
        """See `WorkerContext.progress`."""

    def cancelled(self) -> bool:
        """Never."""
        return False


def computing(**options: str) -> Computing:
    """As a worker has it, with this machine's model files, and what its pool is told beside them."""
    return Computing(Unheard(), {"weights": str(read_settings(os.environ).weights), **options}, {})
