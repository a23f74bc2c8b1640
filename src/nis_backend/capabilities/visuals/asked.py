"""What a chart is asked with: its numbers, how it looks, and where its numbers may come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.operation import Model

MOST = 100_000
"""Numbers of one column."""

Pointer = Annotated[
    str,
    Field(
        max_length=300,
        pattern=r"^/",
        description="Where they are in the run's result, a JSON pointer: /trajectory/height; `*` is each of a list: "
        "/items/*/price.",
    ),
]
Numbers = Annotated[
    list[float | None],
    Field(min_length=1, max_length=MOST, description="The numbers; null where one is missing, which leaves a gap."),
]
Read = Annotated[
    list[Annotated[float, Field(strict=True)] | None],
    Field(min_length=1, max_length=MOST, description="The numbers; null where one is missing, which leaves a gap."),
]
"""Numbers where words may stand too: a word of digits is no number there."""
Words = Annotated[
    list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=MOST, description="Words, or dates.")
]
Scale = Literal["linear", "log"]


class Look(Model):
    """What every chart may be asked for beside its numbers."""

    title: str = Field(default="", max_length=200, description="What stands above it.")
    width: int = Field(default=800, ge=200, le=2400, description="Pixels.", json_schema_extra={"knob": True})
    height: int | None = Field(
        default=None,
        ge=150,
        le=2400,
        description="Pixels; none for as many as it needs, 9 for each 16 of the width and more for each panel.",
        json_schema_extra={"knob": True},
    )
    theme: Literal["light", "dark"] = Field(
        default="light", description="On white or on dark.", json_schema_extra={"knob": True}
    )
    formats: list[Literal["svg", "png"]] = Field(
        default=["svg", "png"],
        max_length=2,
        description="Files to make of it; none for the chart alone.",
        json_schema_extra={"knob": True},
    )
    run: str | None = Field(
        default=None,
        max_length=64,
        description="The run in whose result the numbers are, where a pointer stands for them.",
    )
    operation: str | None = Field(
        default=None,
        max_length=64,
        description="Of a turn of a conversation: the operation whose last result is meant, not the answer itself.",
    )


class Column(Model):
    """Numbers, and what they are."""

    label: str = Field(default="", max_length=100, description="What they are called; of a pointer, its last word.")
    unit: str = Field(default="", max_length=30, description="Their unit, as it is written at an axis.")
    values: Numbers | Pointer = Field(description="The numbers, or where they are in a run's result.")


class Measured(Column):
    """Numbers that may be off."""

    errors: Numbers | Pointer | None = Field(default=None, description="How far each may be off, up and down.")


class Along(Model):
    """What a chart goes along: numbers, dates or words."""

    label: str = Field(default="", max_length=100, description="What it is called; of a pointer, its last word.")
    unit: str = Field(default="", max_length=30, description="Its unit.")
    values: Read | Words | Pointer = Field(description="Numbers, dates or words, or where they are.")
    scale: Scale = Field(default="linear", description="Even or logarithmic, for numbers.")


class LineChart(Look):
    """Lines over an axis."""

    lines: list[Measured] = Field(min_length=1, max_length=12, description="Lines of different units get panels.")
    x: Along | None = Field(
        default=None,
        description="The values below the lines, as many as each has: numbers, or dates as 2026-03-01 or "
        "2026-03-01T12:00; none counts from 0.",
    )
    y_scale: Scale = Field(default="linear", description="Of the axis upwards.")


class BarChart(Look):
    """Bars for categories."""

    categories: Annotated[Words, Field(max_length=200)] | Pointer = Field(description="What stands below the bars.")
    bars: list[Measured] = Field(min_length=1, max_length=6, description="One group or several, side by side.")
    label: str = Field(default="", max_length=100, description="What the categories are.")


class Points(Model):
    """A group of points."""

    label: str = Field(default="", max_length=100, description="What the group is called.")
    x: Numbers | Pointer = Field(description="The first number of each pair, or where they are.")
    y: Numbers | Pointer = Field(description="The second number of each pair, or where they are.")
    errors: Numbers | Pointer | None = Field(default=None, description="How far each y may be off, up and down.")


class Named(Model):
    """An axis without its numbers."""

    label: str = Field(default="", max_length=100, description="What is measured along it.")
    unit: str = Field(default="", max_length=30, description="Its unit.")
    scale: Scale = Field(default="linear", description="Even or logarithmic.")


class ScatterPlot(Look):
    """Points of two measured quantities."""

    groups: list[Points] = Field(min_length=1, max_length=6, description="Points, in one group or several.")
    x: Named = Field(default=Named(), description="The axis along the bottom.")
    y: Named = Field(default=Named(), description="The axis upwards.")
    trend: bool = Field(default=True, description="Draw the straight line of least squares for each group.")


class Histogram(Look):
    """How often numbers fall into bins."""

    values: Numbers | Pointer = Field(description="The numbers, or where they are in a run's result.")
    label: str = Field(default="", max_length=100, description="What the numbers are.")
    unit: str = Field(default="", max_length=30, description="Their unit.")
    bins: int | None = Field(
        default=None, ge=1, le=500, description="How many bins; none for the rule of Freedman and Diaconis."
    )


class BoxPlotAsked(Look):
    """Groups of numbers to compare by their spread."""

    groups: list[Column] = Field(min_length=1, max_length=40, description="The numbers of each group, with its label.")
    label: str = Field(default="", max_length=100, description="What the numbers are.")
    unit: str = Field(default="", max_length=30, description="Their unit.")


class HeatMap(Look):
    """A colour for each number of a table."""

    cells: Annotated[list[Annotated[list[float | None], Field(max_length=2000)]], Field(max_length=2000)] | Pointer = (
        Field(description="Rows of numbers; null where one is missing. At most 250,000 in all.")
    )
    x: Along | None = Field(default=None, description="What the columns are; none counts from 0.")
    y: Along | None = Field(default=None, description="What the rows are; none counts from 0.")
    label: str = Field(default="", max_length=100, description="What the numbers are.")
    unit: str = Field(default="", max_length=30, description="Their unit.")
    middle: float | None = Field(
        default=None, description="A number from which two colours part: 0 for differences and correlations."
    )


class LinkAsked(Model):
    """Two things that are joined."""

    source: str = Field(min_length=1, max_length=100, description="The one.")
    target: str = Field(min_length=1, max_length=100, description="The other.")
    label: str = Field(default="", max_length=60, description="What joins them.")
    weight: float = Field(default=1.0, ge=0, description="How thick the line is, beside the others.")


class NodeAsked(Model):
    """More about a thing than its name in a link."""

    name: str = Field(min_length=1, max_length=100, description="As links name it.")
    group: str = Field(default="", max_length=60, description="Things of one group have one colour.")


class NetworkAsked(Look):
    """Things and what joins them."""

    links: list[LinkAsked] = Field(max_length=600, description="What is joined to what.")
    nodes: list[NodeAsked] = Field(
        default=[], max_length=150, description="Groups of things, and things that nothing is joined to."
    )
    directed: bool = Field(default=False, description="Whether a link goes one way, and has an arrow.")
