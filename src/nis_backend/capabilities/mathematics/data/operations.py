"""Numbers that were measured or are to be found: optima, curves, intervals, tests."""

from __future__ import annotations

from typing import Any

from nis_backend.operation import Operation

OPERATIONS: tuple[Operation[Any, Any], ...] = ()  # Any: each has models of its own
