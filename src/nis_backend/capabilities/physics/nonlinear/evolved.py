"""What both methods answer of an equation that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.nonlinear.evolution import PdeField, PdeRequest, PdeSolution
from nis_backend.capabilities.physics.nonlinear.fields import FRAMES
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.nonlinear.spectral import Array
    from nis_backend.capabilities.physics.nonlinear.written_equations import Written
    from nis_backend.numerics.receipt import Receipt


def grown(request: PdeRequest, time: float) -> InvalidRequest:
    """The failure that tells of a solution that does not last."""
    if not time:
        return InvalidRequest(
            "The solution grows beyond all bounds, or the equation has no value, at once.",
            field="equation",
            value=request.equation,
            remedy="Check its signs and its start, or ask for a shorter time.",
        )
    return InvalidRequest(
        f"The solution grows beyond all bounds, or the equation has no value any more, at about t = {time:.3g}.",
        field="duration",
        value=request.duration,
        remedy=f"Ask for less than {time:.3g}; if that is not the equation's nature, check its signs.",
    )


def answer(  # noqa: PLR0913, PLR0917 - each is one part of the answer
    request: PdeRequest,
    written: Written,
    kind: str,
    shown: list[list[Array]],
    maps: list[list[Array]],
    points: int,
    receipt: Receipt,
    means: list[list[float]],
) -> PdeSolution:
    """The answer, from fields by frame at the places shown and by field at those of the map."""
    return PdeSolution(
        position=np.linspace(request.left, request.right, request.points).tolist(),
        fields=[
            PdeField(
                name=name,
                lowest=float(np.min(shown[-1][number])),
                highest=float(np.max(shown[-1][number])),
                mean=means[number][-1],
                mean_at_start=means[number][0],
                initial=shown[0][number].tolist(),
                final=shown[-1][number].tolist(),
                history=[one.tolist() for one in maps[number]],
            )
            for number, name in enumerate(written.fields)
        ],
        places=np.linspace(request.left, request.right, len(maps[0][0])).tolist(),
        times=np.linspace(0, request.duration, FRAMES).tolist(),
        spatial_order=written.order,
        classification=kind,
        grid_points=points,
        receipt=receipt,
    )
