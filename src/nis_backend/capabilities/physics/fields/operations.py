"""Linear fields in one and two dimensions: heat, waves, potentials, what is carried along and what reacts."""

from __future__ import annotations

from typing import Any

from nis_backend.operation import Operation

OPERATIONS: tuple[Operation[Any, Any], ...] = ()  # Any: each has models of its own
