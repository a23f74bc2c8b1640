"""The charts themselves: from what was asked to a view, words, and files. Runs in the worker."""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING, Any, TypeVar

from nis_backend import told
from nis_backend.blob import Blob
from nis_backend.capabilities.visuals import describing
from nis_backend.capabilities.visuals.axes import INDEX, along, errors_of, fits, left_out, numbers, words_along
from nis_backend.capabilities.visuals.cells import cell_by_cell
from nis_backend.capabilities.visuals.charts import (
    BoxChart,
    Chart,
    GridChart,
    HistogramChart,
    NetworkChart,
    SeriesChart,
)
from nis_backend.capabilities.visuals.figures import counted, edges_of, spread
from nis_backend.drawing import DARK, LIGHT, draw
from nis_backend.drawing.thin import thinned
from nis_backend.errors import InvalidRequest
from nis_backend.view import Axis, BoxPlot, Grid, Link, Network, Node, Series

if TYPE_CHECKING:
    from nis_backend.capabilities.visuals.asked import (
        BarChart,
        BoxPlotAsked,
        HeatMap,
        Histogram,
        LineChart,
        Look,
        NetworkAsked,
    )
    from nis_backend.told import Drawing
    from nis_backend.view import Spread

C = TypeVar("C", bound=Chart)

MOST_CELLS = 250_000
"""Cells of a heat map."""
MOST_NODES = 150
"""Things of a network."""


def made(kind: type[C], asked: Look, view: Drawing, alt: str, notes: list[str], **more: Any) -> C:  # Any: its fields
    """The answer, with its files."""
    files: dict[str, Blob] = {}
    if asked.formats:
        theme = DARK if asked.theme == "dark" else LIGHT
        svg = draw(view, width=asked.width, height=asked.height, theme=theme)
        stem = "-".join(re.findall(r"[a-z0-9]+", asked.title.lower()))[:60] or "chart"
        if "svg" in asked.formats:
            files["svg"] = Blob.of(svg.encode(), media_type="image/svg+xml", name=f"{stem}.svg")
        if "png" in asked.formats:
            from nis_backend.capabilities.visuals.png import rendered  # noqa: PLC0415 - loads the renderer, where asked

            files["png"] = Blob.of(rendered(svg), media_type="image/png", name=f"{stem}.png")
    return kind(alt=alt, notes=notes, chart=view, **files, **more)  # pyright: ignore[reportCallIssue] - each has a chart


def line_chart(asked: LineChart) -> SeriesChart:
    """Lines over one axis."""
    columns = [numbers(one.values, f"lines.{at}.values") for at, one in enumerate(asked.lines)]
    x, notes = along(asked.x, len(columns[0]), "x")
    lines: list[Axis] = []
    for at, (one, values) in enumerate(zip(asked.lines, columns, strict=True)):
        fits(len(values), len(columns[0]), f"lines.{at}.values")
        errors = errors_of(one.errors, len(values), f"lines.{at}.errors")
        lines.append(Axis(label=one.label, unit=one.unit, values=values, errors=errors, scale=asked.y_scale))
        notes += left_out(lines[-1])
    alt = describing.lines(Series(title=asked.title, x=x, lines=lines), "Line chart", "over")
    places: list[float | None] = [*map(float, range(len(x.names)))] if x.names else [*x.values]
    kept = thinned(places, columns, max(100, 2 * asked.width // (1 + len(lines))))
    if len(kept) < len(places):
        x, lines = _only(x, kept), [_only(line, kept) for line in lines]
        notes.append(
            f"{len(kept)} of {len(places)} points are drawn: of each column of pixels the first, the last, the lowest "
            "and the highest of each line."
        )
    view = Series(title=asked.title, x=x, lines=lines)
    return made(SeriesChart, asked, view, alt, notes)


def _only(axis: Axis, kept: list[int]) -> Axis:
    """An axis with some of its values."""
    fewer = {name: [part[at] for at in kept] for name in ("values", "names", "errors") if (part := getattr(axis, name))}
    return axis.model_copy(update=fewer)


def bar_chart(asked: BarChart) -> SeriesChart:
    """Bars for categories."""
    names = [str(one) for one in asked.categories] if not isinstance(asked.categories, str) else [asked.categories]
    x, notes = words_along(names, asked.label), list[str]()
    bars: list[Axis] = []
    for at, one in enumerate(asked.bars):
        values = numbers(one.values, f"bars.{at}.values")
        fits(len(values), len(names), f"bars.{at}.values")
        errors = errors_of(one.errors, len(values), f"bars.{at}.errors")
        bars.append(Axis(label=one.label, unit=one.unit, values=values, errors=errors, mark="bars"))
        notes += left_out(bars[-1])
    view = Series(title=asked.title, x=x, lines=bars)
    return made(SeriesChart, asked, view, describing.lines(view, "Bar chart", "by"), notes)


def histogram(asked: Histogram) -> HistogramChart:
    """How many numbers fall into each of equal bins."""
    column = numbers(asked.values, "values")
    values = [one for one in column if one is not None]
    _some(values, "values")
    edges, rule = edges_of(values, asked.bins)
    counts = counted(values, edges)
    middles = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    label = asked.label or "value"
    x = Axis(label=label, unit=asked.unit, values=middles, edges=edges)
    view = Series(title=asked.title, x=x, lines=[Axis(label="count", values=[*map(float, counts)], mark="bars")])
    mean = math.fsum(values) / len(values)
    notes = [rule] + [one.replace("A line", label) for one in left_out(Axis(label=label, values=column))]
    deviation = (math.fsum((one - mean) ** 2 for one in values) / (len(values) - 1)) ** 0.5 if len(values) > 1 else None
    fullest = counts.index(max(counts))
    least, most, middle = (describing.digits(one) for one in (min(values), max(values), mean))
    begin, end = (describing.digits(edges[at]) for at in (fullest, fullest + 1))
    unit = f" {asked.unit}".rstrip()
    said = [
        f"{told.counted(len(values), 'number')} from {least} to {most}{unit}, mean {middle}{unit}.",
        f"Most, {counts[fullest]}, are from {begin} to {end}{unit}.",
    ]
    alt = describing.titled(asked.title, f"Histogram of {label}", said)
    return made(HistogramChart, asked, view, alt, notes, edges=edges, counts=counts, mean=mean, deviation=deviation)


def _some(values: list[float], field: str) -> None:
    if not values:
        raise InvalidRequest(
            f"{field} has no number.", field=field, value=None, remedy="Give at least one number that is not null."
        )


def box_plot(asked: BoxPlotAsked) -> BoxChart:
    """The spread of each group."""
    notes = ["Whiskers end at the last values within 1.5 quartile distances of the box (Tukey)."]
    boxes: list[Spread] = []
    for at, one in enumerate(asked.groups):
        column = numbers(one.values, f"groups.{at}.values")
        values = [value for value in column if value is not None]
        _some(values, f"groups.{at}.values")
        label = one.label or f"group {at + 1}"
        notes += left_out(Axis(label=label, values=column))
        boxes.append(spread(label, values))
    unit = asked.unit or next((one.unit for one in asked.groups if one.unit), "")
    for at, one in enumerate(asked.groups):
        if one.unit not in ("", unit):
            raise InvalidRequest(
                f"groups.{at} is in {one.unit}, and the plot in {unit}.",
                field=f"groups.{at}.unit",
                value=one.unit,
                remedy=f"Give all numbers in one unit, such as {unit}, or draw a plot for each.",
            )
    view = BoxPlot(title=asked.title, label=asked.label or "value", unit=unit, boxes=boxes)
    return made(BoxChart, asked, view, describing.boxes(view), notes)


def heat_map(asked: HeatMap) -> GridChart:
    """A colour for each number."""
    rows = asked.cells if not isinstance(asked.cells, str) else []
    width = max(map(len, rows), default=0)
    if not 0 < width * len(rows) <= MOST_CELLS:
        raise InvalidRequest(
            f"cells has {width * len(rows)} numbers, and a heat map from 1 to {MOST_CELLS}.",
            field="cells",
            value=width * len(rows),
            remedy="Give rows of numbers, fewer of them where they are many.",
        )
    x, notes = along(asked.x, width, "x")
    y, more = along(asked.y, len(rows), "y")
    x, y = _called(x, "x" if asked.x else "column"), _called(y, "y" if asked.y else "row")
    view = Grid(
        title=asked.title,
        x=x,
        y=y,
        label=asked.label or "value",
        unit=asked.unit,
        cells=[[*row, *[None] * (width - len(row))] for row in rows],
        middle=asked.middle,
    )
    missing = sum(cell is None for row in view.cells for cell in row)
    notes += more + ([f"{told.counted(missing, 'cell')} without a number."] if missing else [])
    return made(GridChart, asked, cell_by_cell(view), describing.grid(view), notes)


def _called(axis: Axis, name: str) -> Axis:
    """An axis of numbers has a name, for words about it would not be told apart from those about the other."""
    label = name if axis.label in ("", INDEX) else axis.label
    return axis if axis.names else axis.model_copy(update={"label": label})


def network(asked: NetworkAsked) -> NetworkChart:
    """Things laid out so that those that are joined lie together."""
    from nis_backend.capabilities.visuals.layout import laid_out  # noqa: PLC0415 - for networks alone

    groups = {one.name: one.group for one in asked.nodes}
    names = list(dict.fromkeys([*groups, *(end for one in asked.links for end in (one.source, one.target))]))
    if not 0 < len(names) <= MOST_NODES:
        raise InvalidRequest(
            f"The network has {len(names)} things, and one that can be read from 1 to {MOST_NODES}.",
            field="links",
            value=len(names),
            remedy="Give fewer links, or draw parts of it." if names else "Give a link, or a thing in `nodes`.",
        )
    place = {name: at for at, name in enumerate(names)}
    links = [
        Link(start=place[one.source], end=place[one.target], label=one.label, weight=one.weight) for one in asked.links
    ]
    places = laid_out(len(names), [(one.start, one.end) for one in links])
    nodes = [Node(label=name, x=x, y=y, group=groups.get(name, "")) for name, (x, y) in zip(names, places, strict=True)]
    view = Network(title=asked.title, nodes=nodes, links=links, directed=asked.directed)
    notes = ["Laid out by forces (Fruchterman and Reingold): only who is joined to whom has a meaning, not the places."]
    return made(NetworkChart, asked, view, describing.network(view), notes)
