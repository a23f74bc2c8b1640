"""The start of a field: a formula of place, read, evaluated and found finite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]  # Any: see spectral

LARGEST = 1e9
"""Value of a start beyond which its squares spoil every digit."""


def read_start(text: str, *names: str, field: str) -> Callable[..., Array]:
    """The formula as a function of arrays of these names.

    Raises:
        InvalidRequest: it is no formula of them; or, when called, it is not finite somewhere.
    """
    function = read_formula(text, names, field=field).compile(*names)

    def values(*places: Array) -> Array:
        with np.errstate(all="ignore"):
            found = np.broadcast_to(np.asarray(function(*places), dtype=float), places[0].shape).copy()
        if not np.all(np.abs(found) <= LARGEST):
            where = int(np.argmin(np.abs(found.ravel()) <= LARGEST))
            told = ", ".join(
                f"{name} = {float(place.ravel()[where]):g}" for name, place in zip(names, places, strict=True)
            )
            raise InvalidRequest(
                f"{field} is not a number below {LARGEST:g} at {told}.",
                field=field,
                value=text,
                remedy="Give a formula that is finite everywhere between the ends.",
            )
        return found

    return values


def require_repeats(values: Callable[..., Array], left: float, right: float, text: str, field: str) -> None:
    """Refuse a start that jumps where a period ends and the next begins.

    Raises:
        InvalidRequest: its values at the two ends differ.
    """
    first, last = values(np.array([left, right]))
    size = float(np.max(np.abs(values(np.linspace(left, right, 257)))))
    if abs(first - last) > 1e-3 * size:
        raise InvalidRequest(
            f"{field} jumps from {last:g} to {first:g} where the period ends: a wave would start from the seam.",
            field=field,
            value=text,
            remedy="Give a formula that has the same value at both ends, or move the ends to where it is flat.",
        )
