"""What motion by differential equations looks like: the answer in words, curves over time, the phase portrait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_known, format_number
from nis_backend.view import Axis, Series, Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.dynamics.system import OdeRequest, OdeSolution
    from nis_backend.view import View

MOST_LINES = 8
"""Curves in one drawing that an eye tells apart."""


def draw_ode(request: OdeRequest, solution: OdeSolution) -> list[View]:
    """The state at the end, the states over time, one against the other where there are two, and the events."""
    curves = solution.trajectory
    largest = {name: max(map(abs, values)) for name, values in curves.states.items()}
    error = solution.receipt.error_reached
    shown = list(solution.final.items())[:MOST_LINES]
    final = ", ".join(f"{name} = **{format_known(value, error * largest[name])}**" for name, value in shown)
    ended = f", ended by {solution.ended_by}" if solution.ended_by else ""
    words = (
        f"At t = {format_number(solution.end_time, 6)}{ended}: {final} ({error_words(solution.receipt)}). "
        f"{solution.method.capitalize()} method: {solution.reason}."
    )
    views: list[View] = [
        Text(text=words),
        Series(
            title="States over time",
            x=Axis(label="t", values=curves.time),
            lines=[Axis(label=name, values=values) for name, values in list(curves.states.items())[:MOST_LINES]],
        ),
    ]
    if len(curves.states) == 2:  # noqa: PLR2004 - a plane
        (x, across), (y, up) = curves.states.items()
        views.append(
            Series(title="Phase portrait", x=Axis(label=x, values=across), lines=[Axis(label=y, values=up)], y=y)
        )
    if solution.events:
        rows: list[list[str | float]] = [
            [one.event, format_number(one.time, 9), *(format_number(value, 6) for value in one.state.values())]
            for one in solution.events[:50]
        ]
        views.append(Table(title="Events", columns=["event", "t", *solution.final], rows=rows))
    return [*views, receipt_table(solution.receipt)]
