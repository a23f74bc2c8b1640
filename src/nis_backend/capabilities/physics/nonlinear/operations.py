"""Fields that steepen, form shocks, solitons and phases, and equations that people write."""

from __future__ import annotations

from typing import Any

from nis_backend.operation import Operation

OPERATIONS: tuple[Operation[Any, Any], ...] = ()  # Any: each has models of its own
