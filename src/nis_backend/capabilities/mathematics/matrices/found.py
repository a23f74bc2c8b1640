"""What was found of a matrix, before it is written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.mathematics.matrices.tables import Factor, Value
    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A part of a matrix and what its receipt says; an error of 0 is that of exact work."""

    method: str
    source: str
    error_of: str
    reached: float = 0.0
    estimate: str = "exact"
    exact: str = ""
    values: list[Value] = field(default_factory=list["Value"])
    factors: list[Factor] = field(default_factory=list["Factor"])
    defective: bool | None = None
    checks: list[Check] = field(default_factory=list["Check"])
    residual: float | None = None
    residual_of: str = ""
    notes: list[str] = field(default_factory=list[str])


def dense(of: Any) -> list[list[float]]:  # Any: an array, or what numpy makes of one
    """Its numbers, row by row; a zero is never negative."""
    return (np.asarray(of, dtype=float) + 0.0).tolist()


def largest(of: Array) -> float:
    """The largest of its numbers, whatever its sign."""
    return float(np.max(np.abs(of)))


def require_square(a: Array, what: str) -> None:
    """Refuse a matrix that is not square.

    Raises:
        InvalidRequest: it has more rows than columns, or fewer.
    """
    rows, columns = a.shape
    if rows != columns:
        raise InvalidRequest(
            f"A matrix of {rows} × {columns} has no {what}: it is not square.",
            field="matrix",
            value=a.tolist(),
            remedy="Ask for its singular values, its QR or its rank, or give a square matrix.",
        )
