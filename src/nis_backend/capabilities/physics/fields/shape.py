"""A field's values as they are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from nis_backend.capabilities.physics.fields.fields import Plate, Profile, Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.grid import Grid

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

SHOWN = (0, 1, 2, 4, 8, 16, 32)
"""Which of 32 equal parts of the time are shown: early ones, when most happens, more densely."""


class Seen(TypedDict):
    """What every answer about one field has."""

    centre: float
    mean: float
    least: float
    most: float
    profile: Profile | None
    plate: Plate | None


def answer(grid: Grid, start: Array, end: Array, points: int) -> Seen:
    """The field at the end."""
    first, last = grid.seen(start, points), grid.seen(end, points)
    x = np.linspace(0, grid.x.length, points).tolist()
    alone = len(grid.y.nodes) == 1
    return Seen(
        centre=grid.middle(end),
        mean=grid.mean(end),
        least=float(last.min()),
        most=float(last.max()),
        profile=Profile(position=x, initial=first[:, 0].tolist(), value=last[:, 0].tolist()) if alone else None,
        plate=None if alone else Plate(x=x, y=np.linspace(0, grid.y.length, points).tolist(), value=last.T.tolist()),
    )


def snapshots(grid: Grid, times: Array, fields: Sequence[Array], points: int) -> list[Snapshot]:
    """The field along the interval at the times shown; none in two dimensions."""
    if len(grid.y.nodes) > 1:
        return []
    return [Snapshot(time=float(times[one]), value=grid.seen(fields[one], points)[:, 0].tolist()) for one in SHOWN]
