"""What fields look like: the answer in words, curves at several times or a map, the middle over time, the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_known, format_number
from nis_backend.view import Axis, Grid, Series, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.fields.diffusion import DiffusionRequest
    from nis_backend.capabilities.physics.fields.fields import DiffusionSolution, Field1or2, History, Plate, Snapshot
    from nis_backend.view import View


def draw_diffusion(request: DiffusionRequest, solution: DiffusionSolution) -> list[View]:
    """How much is in the middle, and the field over place and time."""
    moved = (
        f" It is carried along {format_number(solution.peclet, 3)} times as fast as it spreads (Péclet number)."
        if solution.peclet
        else ""
    )
    return [
        Text(
            text=f"After {format_number(request.duration)} s the middle is at **{_middle(solution)}** and the average "
            f"at {format_known(solution.mean, solution.receipt.error_reached)}; the field lies between "
            f"{format_number(solution.least)} and {format_number(solution.most)} ({error_words(solution.receipt)})."
            f"{moved} {solution.reason}"
        ),
        *_field(solution, solution.snapshots, "u"),
        _over_time(solution.history),
        receipt_table(solution.receipt),
    ]


def _middle(solution: Field1or2) -> str:
    return format_known(solution.centre, solution.receipt.error_reached)


def _field(solution: Field1or2, snapshots: list[Snapshot], label: str) -> list[View]:
    """Curves at several times, or a map."""
    if solution.plate is not None:
        return [draw_plate(solution.plate, label, "The field at the end")]
    assert solution.profile is not None
    lines = [Axis(label=f"t = {format_number(one.time, 3)} s", values=one.value) for one in snapshots]
    return [
        Series(
            title="Along x",
            x=Axis(label="x", unit="m", values=solution.profile.position),
            lines=lines or [Axis(label=label, values=solution.profile.value)],
        )
    ]


def draw_plate(plate: Plate, label: str, title: str) -> Grid:
    """A map of a field; where it passes 0, two colours part there."""
    values = [one for row in plate.value for one in row]
    return Grid(
        title=title,
        x=Axis(label="x", unit="m", values=plate.x),
        y=Axis(label="y", unit="m", values=plate.y),
        label=label,
        cells=plate.value,
        middle=0.0 if min(values) < 0 < max(values) else None,
    )


def _over_time(history: History) -> Series:
    return Series(
        title="Over time",
        x=Axis(label="time", unit="s", values=history.time),
        lines=[Axis(label="middle", values=history.centre), Axis(label="average", values=history.mean)],
    )
