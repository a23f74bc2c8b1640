"""Formulas worked on exactly: solved, differentiated, integrated, expanded, transformed."""

from __future__ import annotations

from typing import Any

from nis_backend.operation import Operation

OPERATIONS: tuple[Operation[Any, Any], ...] = ()  # Any: each has models of its own
