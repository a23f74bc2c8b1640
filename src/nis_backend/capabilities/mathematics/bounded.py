"""Numbers that can be computed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST = 1e150
"""Squares of larger numbers no double holds."""


def require_moderate(field: str, numbers: Iterable[float]) -> None:
    """Refuse numbers whose squares no double holds.

    Raises:
        InvalidRequest: one of them is that large.
    """
    most = max(map(abs, numbers), default=0.0)
    if most > LARGEST:
        raise InvalidRequest(
            f"A number of {most:.3g} is beyond what can be squared in a double.",
            field=field,
            value=most,
            remedy="Divide all of them by a power of ten.",
        )
