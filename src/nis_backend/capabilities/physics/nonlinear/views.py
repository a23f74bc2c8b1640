"""What nonlinear fields look like: the answer in words, the field over space and time, profiles, the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_known, format_number
from nis_backend.view import Axis, Grid, Series, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.nonlinear.fields import SpaceTime
    from nis_backend.capabilities.physics.nonlinear.steepening import BurgersRequest, BurgersSolution
    from nis_backend.view import View


def draw_history(title: str, label: str, unit: str, history: SpaceTime, middle: float | None = None) -> Grid:
    """A field over space, to the right, and time, upwards."""
    return Grid(
        title=title,
        x=Axis(label="position", unit="m", values=history.position),
        y=Axis(label="time", unit="s", values=history.time),
        label=label,
        unit=unit,
        cells=history.value,
        middle=middle,
    )


def draw_times(title: str, label: str, unit: str, history: SpaceTime) -> Series:
    """Profiles at five times."""
    last = len(history.time) - 1
    return Series(
        title=title,
        x=Axis(label="position", unit="m", values=history.position),
        lines=[
            Axis(label=f"{label} at {format_number(history.time[at], 3)} s", unit=unit, values=history.value[at])
            for at in sorted({round(last * part / 4) for part in range(5)})
        ],
    )


def draw_burgers(request: BurgersRequest, solution: BurgersSolution) -> list[View]:
    """How steep it got, the velocity over space and time, profiles."""
    error = solution.receipt.error_reached
    breaking = solution.breaking_time
    if breaking is None:
        broke = "It would not break without viscosity."
    else:
        tense = "would break" if breaking > request.duration else "would have broken"
        broke = f"Without viscosity it {tense} at {format_number(breaking)} s."
    words = (
        f"After {format_number(request.duration)} s the velocity lies between "
        f"**{format_known(solution.lowest, error)}** and **{format_known(solution.highest, error)} m/s** "
        f"({error_words(solution.receipt)}). It is steepest at x = {format_number(solution.steepest_position, 3)} m, "
        f"with a slope of {format_number(solution.steepest_slope)} 1/s; of the times kept it was steepest at "
        f"{format_number(solution.largest_slope_time, 3)} s, {format_number(solution.largest_slope)} 1/s. {broke} "
        f"{format_number(100 * solution.energy_left, 3)} % of the kinetic energy is left."
    )
    return [
        Text(text=words),
        draw_history("Velocity over space and time", "velocity", "m/s", solution.history, 0.0),
        Series(
            title="Velocity",
            x=Axis(label="position", unit="m", values=solution.position),
            lines=[
                Axis(label=f"after {format_number(request.duration)} s", unit="m/s", values=solution.velocity),
                Axis(label="at the start", unit="m/s", values=solution.initial),
            ],
        ),
        receipt_table(solution.receipt),
    ]
