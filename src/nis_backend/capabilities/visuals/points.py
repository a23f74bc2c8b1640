"""Scatter plots: points, each group with its line of least squares. Runs in the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.visuals import describing
from nis_backend.capabilities.visuals.axes import errors_of, fits, left_out, numbers
from nis_backend.capabilities.visuals.charts import ScatterChart
from nis_backend.capabilities.visuals.drawn import made
from nis_backend.capabilities.visuals.figures import trend
from nis_backend.drawing import HEIGHT, WIDTH
from nis_backend.drawing.thin import sifted
from nis_backend.view import Axis, Series

if TYPE_CHECKING:
    from nis_backend.capabilities.visuals.asked import ScatterPlot
    from nis_backend.capabilities.visuals.charts import Trend

MOST_POINTS = 4000
"""Points that a scatter plot draws; more would be a stain."""


def scatter_plot(asked: ScatterPlot) -> ScatterChart:
    """Points, each group with its line of least squares."""
    xs: list[float | None] = []
    drawn: list[tuple[Axis, int]] = []
    notes: list[str] = []
    trends = [
        trend(one.label, numbers(one.x, f"groups.{at}.x"), numbers(one.y, f"groups.{at}.y"))
        for at, one in enumerate(asked.groups)
    ]
    straight = asked.trend and asked.x.scale == asked.y.scale == "linear"
    most = MOST_POINTS // len(asked.groups)
    for at, one in enumerate(asked.groups):
        x, y = numbers(one.x, f"groups.{at}.x"), numbers(one.y, f"groups.{at}.y")
        fits(len(y), len(x), f"groups.{at}.y")
        errors = errors_of(one.errors, len(y), f"groups.{at}.errors")
        whole = [(a, b, k) for k, (a, b) in enumerate(zip(x, y, strict=True)) if a is not None and b is not None]
        name = one.label or "The points"
        if len(whole) < len(x):
            notes.append(f"{name}: {len(x) - len(whole)} of {len(x)} pairs lack a value and are left out.")
        kept, cell = sifted(
            [(a, b) for a, b, _ in whole], most, (asked.width, asked.height or round(asked.width * HEIGHT / WIDTH))
        )
        if cell:
            notes.append(
                f"{name}: {len(kept)} of {len(whole)} points are drawn, one for each cell of {cell} by {cell} pixels "
                "that has any."
            )
        start = len(xs)
        xs += [whole[k][0] for k in kept]
        axis = Axis(
            label=one.label or asked.y.label or "y",
            unit=asked.y.unit,
            scale=asked.y.scale,
            mark="points",
            values=[whole[k][1] for k in kept],
            errors=[errors[whole[k][2]] for k in kept] if errors else [],
        )
        drawn.append((axis, start))
    x_axis = Axis(label=asked.x.label or "x", unit=asked.x.unit, values=xs, scale=asked.x.scale)
    lines = [_over(axis, start, len(xs)) for axis, start in drawn]
    view = Series(title=asked.title, x=x_axis, lines=lines, y=asked.y.label)
    if straight:
        view = _with_lines(view, trends)
        notes.append("Lines are of least squares, r is Pearson's correlation.")
    for axis in (x_axis, *lines):
        notes += [one for one in left_out(axis) if "logarithmic" in one]
    alt = describing.scatter(view, trends, (asked.x.unit, asked.y.unit))
    return made(ScatterChart, asked, view, alt, notes, trends=trends)


def _over(axis: Axis, start: int, count: int) -> Axis:
    """A group's values among those of all groups, which share one axis below."""

    def padded(values: list[float | None]) -> list[float | None]:
        return [*[None] * start, *values, *[None] * (count - start - len(values))] if values else []

    return axis.model_copy(update={"values": padded([*axis.values]), "errors": padded([*axis.errors])})


def _with_lines(view: Series, trends: list[Trend]) -> Series:
    """The ends of each group's line stand after the points, between gaps."""
    xs = [*view.x.values]
    added: list[Axis] = []
    for line, one in zip(view.lines, trends, strict=True):
        own = [a for a, b in zip(view.x.values, line.values, strict=False) if a is not None and b is not None]
        if one.slope is None or one.intercept is None or not own:
            continue
        ends = [min(own), max(own)]
        values: list[float | None] = [*[None] * len(xs), *(one.intercept + one.slope * end for end in ends)]
        xs += ends
        label = f"{one.label}: line" if one.label else "least squares"
        added.append(Axis(label=label, unit=line.unit, values=values, group=line.label))
    lines = [
        one.model_copy(update={"values": [*one.values, *[None] * (len(xs) - len(one.values))]})
        for one in (*view.lines, *added)
    ]
    return view.model_copy(update={"x": view.x.model_copy(update={"values": xs}), "lines": lines})
