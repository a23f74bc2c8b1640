"""Arms: where their joints put them, how to get there within limits, what is in the way, and a stop that holds."""

from __future__ import annotations

from typing import Any

from nis_backend.operation import Operation

OPERATIONS: tuple[Operation[Any, Any], ...] = ()  # Any: each has models of its own
