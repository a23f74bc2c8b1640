"""What a chart shows, in words that are computed from its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.visuals.figures import trend
from nis_backend.told import counted, named, when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.visuals.charts import Trend
    from nis_backend.view import Axis, BoxPlot, Grid, Network, Series

WEAK = 0.5
"""Below this correlation, a line is not said to rise or fall."""


MOST_NAMED = 2
"""Lines that the name of a chart names; each is told of after it."""


def digits(value: float, unit: str = "") -> str:
    """Four significant digits."""
    return f"{value:.4g} {unit}".rstrip()


def titled(title: str, kind: str, sentences: Sequence[str]) -> str:
    """The sentences after what the chart is called."""
    return " ".join([f"{title or kind}{'' if title.endswith(('.', '?', '!')) else '.'}", *sentences])


def line(axis: Axis, x: Axis) -> str:
    """One line or group of bars: its range, where it is greatest, its trend."""
    there = [(at, one) for at, one in enumerate(axis.values) if one is not None]
    name = axis.label or ("The height" if axis.mark == "bars" else "The line")
    if not there:
        return f"{name} has no values."
    low, high = min(there, key=lambda one: one[1]), max(there, key=lambda one: one[1])
    if low[1] == high[1]:
        return f"{name} is {digits(low[1], axis.unit)} everywhere."
    said = (
        f"{name} goes from {digits(low[1], axis.unit)} at {_at(x, low[0])} to {digits(high[1], axis.unit)} "
        f"at {_at(x, high[0])}"
    )
    found = trend(name, x.values, axis.values) if not x.names else None
    if found and found.slope is not None and found.correlation is not None and abs(found.correlation) >= WEAK:
        per = "a day" if x.scale == "time" else f"for each {x.unit or 'step'}"
        slope = found.slope * 86400 if x.scale == "time" else found.slope
        way = "rises" if slope > 0 else "falls"
        amount = digits(abs(slope), axis.unit)
        return f"{said}; by least squares it {way} by {amount} {per} (r = {found.correlation:.2f})."
    return f"{said}."


def _at(x: Axis, at: int) -> str:
    if x.names:
        return x.names[at]
    value = x.values[at]
    if value is None:
        return "a missing place"
    return when(value) if x.scale == "time" else f"{x.label or 'x'} {digits(value, x.unit)}"


def lines(series: Series, kind: str, over: str) -> str:
    """A chart of lines or bars: "Bar chart of sales by month." where it has no title."""
    names = [one.label for one in series.lines if one.label]
    of = f" of {' and '.join(names)}" if 0 < len(names) <= MOST_NAMED else ""
    along = f" {over} {named(series.x.label, series.x.unit)}" if series.x.label else ""
    return titled(series.title, f"{kind}{of}{along}", [line(one, series.x) for one in series.lines])


def scatter(series: Series, trends: Sequence[Trend], units: tuple[str, str]) -> str:
    """Groups of points, with their correlations."""
    said: list[str] = []
    for one in trends:
        name = one.label or "The points"
        if one.correlation is None or one.slope is None:
            said.append(f"{name}: {counted(one.count, 'point')}.")
            continue
        slope = digits(one.slope, units[1])
        said.append(
            f"{name}: {counted(one.count, 'point')}, Pearson correlation {one.correlation:z.2f}, "
            f"least squares slope {slope} for each {units[0] or 'unit of x'}."
        )
    return titled(series.title, "Scatter plot", said)


def boxes(plot: BoxPlot) -> str:
    """The medians and the middle halves."""
    said = [
        f"{one.label}: median {digits(one.median, plot.unit)}, middle half {digits(one.first_quartile)} to "
        f"{digits(one.third_quartile, plot.unit)}, n = {one.count}"
        + (f", {len(one.outliers)} beyond the whiskers." if one.outliers else ".")
        for one in plot.boxes
    ]
    return titled(plot.title, "Box plot", said)


def grid(view: Grid) -> str:
    """The least and the greatest cell, and where they are."""
    there = [
        (cell, row, column)
        for row, cells in enumerate(view.cells)
        for column, cell in enumerate(cells)
        if cell is not None
    ]
    if not there:
        return titled(view.title, "Heat map", ["It has no numbers."])
    ends = [
        f"{word} {digits(cell, view.unit)} at {_at(view.y, row)}, {_at(view.x, column)}"
        for word, (cell, row, column) in (("least", min(there)), ("greatest", max(there)))
    ]
    size = f"{counted(len(view.cells), 'row')} of {counted(max(map(len, view.cells)), 'number')}"
    return titled(view.title, "Heat map", [f"{size}: {', '.join(ends)}."])


def network(view: Network) -> str:
    """How many things, and which are joined most."""
    degree = [0] * len(view.nodes)
    for link in view.links:
        degree[link.start] += 1
        degree[link.end] += 1
    order = sorted(range(len(degree)), key=lambda at: (-degree[at], at))[:3]
    most = ", ".join(f"{view.nodes[at].label} ({degree[at]})" for at in order if degree[at])
    said = f"{counted(len(view.nodes), 'thing')} and {counted(len(view.links), 'link')}"
    return titled(view.title, "Network", [f"{said}; most are at {most}." if most else f"{said}."])
