"""Any solver called again and again: sweeps, sensitivity, fits to measurements, optima."""

from __future__ import annotations

from typing import Any

from nis_backend.operation import Operation

OPERATIONS: tuple[Operation[Any, Any], ...] = ()  # Any: each has models of its own
