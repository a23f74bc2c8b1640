"""What the cells of a heat map are told by: a scale where they lie evenly on one, else each by its own value."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from nis_backend.told import when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.view import Axis, Grid

FEW = 40
"""So many are told one by one: beside a scale it would have to be guessed which number is whose."""


def cell_by_cell(view: Grid) -> Grid:
    """The heat map with words along its axes, wherever a scale of numbers would not be that of its cells."""
    x, y, cells = _named(view.x), _named(view.y), view.cells
    if y is not view.y and _rises(view.y.values):
        # Words are read from the top, and numbers rise from the bottom.
        y, cells = y.model_copy(update={"names": y.names[::-1], "values": y.values[::-1]}), cells[::-1]
    return view.model_copy(update={"x": x, "y": y, "cells": cells})


def _named(axis: Axis) -> Axis:
    values = axis.values
    if axis.names or (len(values) > FEW and axis.scale != "log" and _is_even(values)):
        return axis
    names = ["" if one is None else when(one) if axis.scale == "time" else f"{one:.6g}" for one in values]
    return axis.model_copy(update={"names": names, "scale": "linear"})


def _rises(values: Sequence[float | None]) -> bool:
    return all(a is not None and b is not None and a < b for a, b in itertools.pairwise(values))


def _is_even(values: Sequence[float | None]) -> bool:
    """Whether the values rise by the same, to a thousandth of it."""
    there = [one for one in values if one is not None]
    step = (there[-1] - there[0]) / (len(values) - 1) if there else 0.0
    return len(there) == len(values) and all(0 < step >= 1000 * abs(b - a - step) for a, b in itertools.pairwise(there))
