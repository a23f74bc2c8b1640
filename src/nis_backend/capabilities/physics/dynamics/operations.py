"""What moves by ordinary differential equations: systems that people write, chaos, chemistry, epidemics, circuits."""

from __future__ import annotations

from typing import Any

from nis_backend.operation import Operation

OPERATIONS: tuple[Operation[Any, Any], ...] = ()  # Any: each has models of its own
