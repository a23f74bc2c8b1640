"""Samples and systems over time: spectra, filters, transfer functions, transforms inverted by numbers."""

from __future__ import annotations

from typing import Any

from nis_backend.operation import Operation

OPERATIONS: tuple[Operation[Any, Any], ...] = ()  # Any: each has models of its own
