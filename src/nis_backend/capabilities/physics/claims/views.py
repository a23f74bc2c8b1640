"""Verdicts in words, and what they stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import receipt_table
from nis_backend.numerics.written import format_number
from nis_backend.view import Axis, Series, Table, Text, verbatim

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.claims.claimed import (
        ClaimRequest,
        EquationRequest,
        EquationVerdict,
        TrajectoryClaim,
        TrajectoryVerdict,
        Verification,
    )
    from nis_backend.view import View


def draw_equation(request: EquationRequest, found: EquationVerdict) -> list[View]:
    """The verdict, and both sides."""
    rows: list[list[str | float]] = []
    for name, side in (("left", found.left), ("right", found.right)):
        if side is not None:
            value = "" if side.value is None else f"{format_number(side.value, 8)} {side.unit}"
            rows.append([name, side.dimension, value])
    rows.extend([symbol, "assumed", said] for symbol, said in found.assumed.items())
    return [
        Text(text=f"**{found.verdict.capitalize()}.** {verbatim(request.equation)}: {found.reason}"),
        Table(title="Both sides", columns=["side", "measures", "value"], rows=rows),
    ]


def draw_verification(request: ClaimRequest, found: Verification) -> list[View]:
    """The verdict, each claim, and the computation's receipt."""
    views: list[View] = [Text(text=f"**{found.verdict.capitalize()}.** {found.reason}")]
    if found.claims:
        views.append(
            Table(
                title=f"Held against {found.operation}",
                columns=["what", "claimed", "computed", "unit", "allowed", "verdict"],
                rows=[
                    [
                        one.path,
                        *("" if part is None else format_number(part, 8) for part in (one.claimed, one.computed)),
                        one.unit,
                        "" if one.allowed is None else format_number(one.allowed, 2),
                        one.verdict,
                    ]
                    for one in found.claims
                ],
            )
        )
    return [*views, *([receipt_table(found.receipt)] if found.receipt else [])]


def draw_trajectory(request: TrajectoryClaim, found: TrajectoryVerdict) -> list[View]:
    """The verdict, the samples, and where they miss."""
    return [
        Text(text=f"**{found.verdict.capitalize()}.** {found.reason}"),
        Series(
            title="The samples",
            x=Axis(label="t", values=request.time),
            lines=[Axis(label=name, values=column) for name, column in request.columns.items()],
        ),
        Series(
            title="How far each sample misses",
            x=Axis(label="t", values=found.time),
            lines=[Axis(label="miss", values=found.misses, mark="points")],
        ),
        receipt_table(found.receipt),
    ]
