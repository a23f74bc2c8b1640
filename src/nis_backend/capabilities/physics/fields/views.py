"""What fields look like: the answer in words, curves at several times or a map, the middle over time, the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_known, format_number
from nis_backend.view import Axis, Grid, Series, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.fields.diffusion import DiffusionRequest
    from nis_backend.capabilities.physics.fields.fields import (
        DiffusionSolution,
        Field1or2,
        History,
        Plate,
        PoissonSolution,
        ReactionSolution,
        Snapshot,
        WaveSolution,
    )
    from nis_backend.capabilities.physics.fields.oscillation import WaveRequest
    from nis_backend.capabilities.physics.fields.potential import PoissonRequest
    from nis_backend.capabilities.physics.fields.reaction import ReactionRequest
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


def draw_wave(request: WaveRequest, solution: WaveSolution) -> list[View]:
    """The wave at several times, and the middle over time."""
    slowest = f" Its slowest oscillation has a period of {format_number(solution.period)} s." if solution.period else ""
    return [
        Text(
            text=f"After {format_number(request.duration)} s the middle is at **{_middle(solution)}**; the wave lies "
            f"between {format_number(solution.least)} and {format_number(solution.most)} "
            f"({error_words(solution.receipt)}).{slowest} {solution.reason}"
        ),
        *_field(solution, solution.snapshots, "u"),
        _over_time(solution.history),
        receipt_table(solution.receipt),
    ]


def draw_poisson(request: PoissonRequest, solution: PoissonSolution) -> list[View]:
    """The potential in the middle and its map."""
    kind = "screened Poisson equation" if request.screening else "Poisson equation"
    return [
        Text(
            text=f"The {kind}'s potential in the middle is **{_middle(solution)}**, on average "
            f"{format_known(solution.mean, solution.receipt.error_reached)}; it lies between "
            f"{format_number(solution.least)} and {format_number(solution.most)} ({error_words(solution.receipt)}). "
            f"{solution.reason}"
        ),
        *_field(solution, [], "u"),
        receipt_table(solution.receipt),
    ]


def draw_reaction(request: ReactionRequest, solution: ReactionSolution) -> list[View]:
    """Each species at the end, and the middle of each over time."""
    error = solution.receipt.error_reached
    middles = ", ".join(f"{one.name} = **{format_known(one.centre, error)}**" for one in solution.species)
    front = (
        f" The front moves at {format_number(solution.front_speed)} m/s." if solution.front_speed is not None else ""
    )
    first = solution.species[0]
    drawn: list[View] = [
        draw_plate(one.plate, one.name, f"{one.name} at the end") for one in solution.species if one.plate is not None
    ]
    if first.profile is not None:
        lines = [Axis(label=one.name, values=one.profile.value) for one in solution.species if one.profile is not None]
        drawn = [
            Series(title="Along x, at the end", x=Axis(label="x", unit="m", values=first.profile.position), lines=lines)
        ]
    return [
        Text(
            text=f"After {format_number(request.duration)} s in the middle {middles} "
            f"({error_words(solution.receipt)}).{front} {solution.reason}"
        ),
        *drawn,
        Series(
            title="In the middle, over time",
            x=Axis(label="time", unit="s", values=first.history.time),
            lines=[Axis(label=one.name, values=one.history.centre) for one in solution.species],
        ),
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
    values = [one for row in plate.value for one in row if one is not None]
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
