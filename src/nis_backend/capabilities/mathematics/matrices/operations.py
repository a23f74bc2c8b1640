"""Linear algebra, with the condition that says what its answers are worth."""

from __future__ import annotations

from typing import Any

from nis_backend.operation import Operation

OPERATIONS: tuple[Operation[Any, Any], ...] = ()  # Any: each has models of its own
