"""Drawings for those who do not see them: in words, and as tables of their numbers."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from nis_backend.view import Audio, Axis, BoxPlot, Grid, Image, Network, Series, Table, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cell = str | float
Drawing = Series | Grid | BoxPlot | Network | Image | Audio


def number(value: float) -> str:
    """A number as a person writes it; ten digits keep what was computed and hide binary rounding."""
    return f"{value:.10g}"


def named(label: str, unit: str) -> str:
    """A quantity with its unit."""
    return f"{label} ({unit})" if unit else label


def title_of(view: Drawing) -> str:
    """What a drawing is called."""
    return view.title or ("Picture" if isinstance(view, Image) else "Sound" if isinstance(view, Audio) else "Chart")


def when(seconds: float) -> str:
    """A time since 1970; beyond the years of a calendar, the seconds."""
    part = round(seconds % 1, 3)
    try:
        if 0 < part < 1:
            return moment(seconds) + f"{part:.3f}".rstrip("0")[1:]
        return moment(seconds).removesuffix(" 00:00:00")
    except (ValueError, OverflowError, OSError):
        return f"{number(seconds)} s"


def words(view: Drawing) -> str:
    """What a drawing shows, in a sentence."""
    match view:
        case Series():
            facts = [_span(axis) for axis in (*view.lines, view.x)]
        case Grid():
            cells = [cell for row in view.cells for cell in row]
            facts = [_span(Axis(label=view.label, unit=view.unit, values=cells)), _span(view.x), _span(view.y)]
        case BoxPlot():
            facts = [
                f"{one.label}: median {number(one.median)}, middle half {number(one.first_quartile)} to "
                f"{number(one.third_quartile)} {view.unit}".rstrip()
                for one in view.boxes
            ]
        case Network():
            facts = [f"{counted(len(view.nodes), 'node')} and {counted(len(view.links), 'link')}"]
        case Image() | Audio():
            return view.alt
    return ": ".join(part for part in (view.title, "; ".join(fact for fact in facts if fact)) if part)


def table(view: Drawing) -> Table:
    """The numbers of a drawing."""
    rows: list[list[Cell]]
    match view:
        case Series():
            axes = [view.x, *view.lines]
            columns = [name for axis in axes for name in _columns(axis)]
            rows = [[*row] for row in zip_longest(*(cells for axis in axes for cells in _cells(axis)), fillvalue="")]
        case Grid():
            columns = [f"{named(view.y.label, view.y.unit)} \\ {named(view.x.label, view.x.unit)}"]
            columns += [_text(one) for one in _cells(view.x)[0]]
            numbers = [[_cell(cell) for cell in row] for row in view.cells]
            rows = [[name, *row] for name, row in zip(_cells(view.y)[0], numbers, strict=False)]
        case BoxPlot():
            columns = ["group", "count", "low", "first quartile", "median", "third quartile", "high", "outliers"]
            rows = [
                [
                    one.label,
                    float(one.count),
                    one.low,
                    one.first_quartile,
                    one.median,
                    one.third_quartile,
                    one.high,
                    float(len(one.outliers)),
                ]
                for one in view.boxes
            ]
        case Network():
            columns = ["from", "to", "label", "weight"]
            rows = [
                [view.nodes[one.start].label, view.nodes[one.end].label, one.label, one.weight] for one in view.links
            ]
            alone = set(range(len(view.nodes))) - {end for one in view.links for end in (one.start, one.end)}
            rows.extend([view.nodes[one].label, "", "", ""] for one in sorted(alone))
        case Image():
            columns = ["found", "score", "x", "y", "width", "height"]
            rows = [[one.label, _cell(one.score), one.x, one.y, one.width, one.height] for one in view.boxes]
            rows += [[one.label or one.form, _cell(one.score), *_around(one.points)] for one in view.shapes]
        case Audio():
            columns = ["from (s)", "to (s)", "text"]
            rows = [[one.start, one.end, one.text] for one in view.segments]
    return Table(title=title_of(view), columns=columns, rows=rows)


def _span(axis: Axis) -> str:
    values = [value for value in axis.values if value is not None]
    if axis.names:
        return f"{axis.label} from {axis.names[0]} to {axis.names[-1]}" if len(axis.names) > 1 else ""
    if not values:
        return ""
    low, high = (when(one) if axis.scale == "time" else number(one) for one in (min(values), max(values)))
    return f"{axis.label} from {low} to {high} {axis.unit}".rstrip()


def _columns(axis: Axis) -> list[str]:
    name = named(axis.label, axis.unit)
    return [name, "±"] if axis.errors else [name]


def _cells(axis: Axis) -> list[Sequence[Cell]]:
    """An axis as a column, and its errors as another."""
    if axis.names:
        return [axis.names]
    if axis.edges:
        values = [f"{number(low)} to {number(high)}" for low, high in zip(axis.edges, axis.edges[1:], strict=False)]
        return [values]
    if axis.scale == "time":
        return [["" if one is None else when(one) for one in axis.values]]
    columns: list[Sequence[Cell]] = [[_cell(one) for one in axis.values]]
    return [*columns, [_cell(one) for one in axis.errors]] if axis.errors else columns


def _cell(value: float | None) -> Cell:
    return "" if value is None else value


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else number(cell)


def _around(points: Iterable[tuple[float, float]]) -> list[Cell]:
    """The box about some points."""
    xs, ys = zip(*points, strict=True)
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]


def counted(count: int, thing: str) -> str:
    """How many of a thing, in words."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
