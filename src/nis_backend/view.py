"""What a person would rather look at: neutral drawings, which each surface turns into its own.

A capability's `view=` function answers a list of these. The first `Text` is the answer in words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from nis_backend.errors import shorten
from nis_backend.operation import Model

_MARKUP = re.compile(r"[\\`*\[\]<>#|~]|(?<!\w)_|_(?!\w)|(?<=https)(?=:)|(?<=http)(?=:)")
_LIST = re.compile(r"^(\d{0,9})([-+.)](?=\s))")
"""What makes a link, a picture, a table or a list of words that are none."""


class Text(Model):
    """Words, as Markdown without HTML."""

    kind: Literal["text"] = "text"
    text: str


class Table(Model):
    """Rows under named columns; a cell is text or a number."""

    kind: Literal["table"] = "table"
    title: str
    columns: list[str]
    rows: list[list[str | float]]


class Axis(Model):
    """A named quantity and its values, null where one is missing, and as what it is drawn."""

    label: str
    unit: str = ""
    values: Sequence[float | None]
    names: list[str] = Field(default_factory=list, description="Words in the place of the values: categories.")
    edges: Sequence[float] = Field(default=(), description="Where bars over it begin and end, one more than values.")
    scale: Literal["linear", "log", "time"] = Field(default="linear", description="Time is seconds since 1970, UTC.")
    mark: Literal["line", "points", "bars"] = "line"
    group: str = Field(default="", description="The label of the line whose colour it shares: a trend its points'.")
    errors: Sequence[float | None] = Field(default=(), description="How far each value may be off, up and down.")


class Series(Model):
    """Lines, points or bars over one axis; each has as many values as `x`."""

    kind: Literal["series"] = "series"
    title: str
    x: Axis
    lines: list[Axis]
    y: str = Field(default="", description="What is measured upwards, where lines are groups with names of their own.")
    equal: bool = Field(default=False, description="Whether a step across is drawn as long as one upwards: a shape.")


class Grid(Model):
    """A colour for each cell of a table of numbers: a heat map, a field, a spectrogram."""

    kind: Literal["grid"] = "grid"
    title: str
    x: Axis
    y: Axis
    label: str = Field(description="What the numbers are.")
    unit: str = ""
    cells: Sequence[Sequence[float | None]] = Field(
        description="A row for each value of `y`, a number for each of `x`."
    )
    middle: float | None = Field(default=None, description="The number from which two colours part, such as 0.")


class Spread(Model):
    """How one group of numbers is spread: the five of a box plot, and what lies beyond."""

    label: str
    count: int
    low: float = Field(description="End of the lower whisker.")
    first_quartile: float
    median: float
    third_quartile: float
    high: float = Field(description="End of the upper whisker.")
    outliers: Sequence[float] = ()


class BoxPlot(Model):
    """Groups of numbers side by side, a box for each."""

    kind: Literal["box_plot"] = "box_plot"
    title: str
    label: str = Field(description="What the numbers are.")
    unit: str = ""
    boxes: list[Spread]


class Node(Model):
    """A thing of a network, and where it is drawn: 0 to 1 from the left and from the top."""

    label: str
    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    group: str = ""


class Link(Model):
    """What joins two things, by their places in the list of nodes."""

    start: int
    end: int
    label: str = ""
    weight: float = 1.0


class Network(Model):
    """Things and what joins them."""

    kind: Literal["network"] = "network"
    title: str
    nodes: list[Node]
    links: list[Link]
    directed: bool = False


class Box(Model):
    """A part of a picture, in pixels from its upper left corner."""

    label: str = ""
    score: float | None = Field(default=None, description="As the operation defines it.")
    x: float
    y: float
    width: float
    height: float


class Shape(Model):
    """Points in a picture, in pixels: the corners of a polygon, a line, or points by themselves."""

    form: Literal["polygon", "line", "points"] = "polygon"
    label: str = ""
    score: float | None = None
    points: list[tuple[float, float]] = Field(min_length=1)


class Image(Model):
    """A picture that is kept, upright, and what was found in it."""

    kind: Literal["image"] = "image"
    title: str = ""
    blob: str = Field(default="", description="Its id; empty where it is not kept, and only its frame is drawn.")
    media_type: str = ""
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")
    alt: str = Field(description="What it shows, for those who do not see it.")
    boxes: list[Box] = Field(default_factory=list["Box"])
    shapes: list[Shape] = Field(default_factory=list["Shape"])


class Segment(Model):
    """A stretch of a sound, and what is said in it."""

    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds.")
    text: str = ""


class Audio(Model):
    """A sound that is kept, and its stretches."""

    kind: Literal["audio"] = "audio"
    title: str = ""
    blob: str = Field(default="", description="Its id; empty where it is not kept.")
    media_type: str = ""
    duration: float = Field(description="Seconds.")
    alt: str = Field(description="What is heard, for those who do not hear it.")
    segments: list[Segment] = Field(default_factory=list["Segment"])


class Form(Model):
    """An operation to call: its request schema, the values known, the fields still wanted."""

    kind: Literal["form"] = "form"
    title: str
    operation: str
    request_schema: dict[str, Any] = Field(description="JSON schema of the request.")  # Any: JSON
    values: dict[str, Any] = Field(default_factory=dict, description="What is known so far.")  # Any: JSON
    missing: list[str] = Field(default_factory=list, description="Fields the person must give.")


View = Annotated[Text | Table | Series | Grid | BoxPlot | Network | Image | Audio | Form, Field(discriminator="kind")]


def verbatim(text: str, *, lines: bool = False) -> str:
    """Words that somebody else wrote, as Markdown in which nothing of them is markup: code, in one line or in lines."""
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    if lines:
        fence = max("```", ticks)
        return f"{fence}\n{text}\n{fence}"
    text = " ".join(text.split())
    return f"{ticks} {text} {ticks}" if "`" in text else f"{ticks}{text}{ticks}"


def plain(text: str) -> str:
    """Words that somebody else wrote, as Markdown in which nothing of them is markup, in one line of text."""
    line = _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
    return _LIST.sub(r"\1\\\2", line)


def moment(seconds: float) -> str:
    """A time since 1970 as a table shows it, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def draw_fields(result: object) -> list[View]:
    """The view of a result that declares none: a table of its fields, and one of each list of things in it."""
    if not isinstance(result, Model):
        return [Text(text=str(result))]
    lists: dict[str, list[Model]] = {
        name: value for name, value in result if isinstance(value, list) and value and isinstance(value[0], Model)
    }
    rows: list[list[str | float]] = [
        [name, _cell(value, name)] for name, value in result if name not in lists and value is not None
    ]
    tables = [Table(title=_words(type(result).__name__), columns=["field", "value"], rows=rows)] if rows else []
    return [*tables, *(_table(name, things) for name, things in lists.items())]


def _words(name: str) -> str:
    """A class's name as a heading: `ConversationLine` is Conversation line."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _table(title: str, things: Sequence[Model]) -> Table:
    """A row for each thing; a column for each field that is one value in all of them and set in some."""
    names = [
        name
        for name in type(things[0]).model_fields
        if all(isinstance(getattr(thing, name, None), _PLAIN) for thing in things)
        and any(getattr(thing, name, None) not in (None, "") for thing in things)
    ]
    return Table(
        title=title, columns=names, rows=[[_cell(getattr(thing, name, ""), name) for name in names] for thing in things]
    )


CELL = 200
"""Characters of a table's cell."""

_PLAIN = (str, int, float, bool, type(None))


MOMENTS = ("created", "updated", "not_before", "deadline", "expires", "last_used", "last_at", "revoked")
"""Fields that are times, wherever they occur: seconds since 1970."""

LONGEST_DURATION = 604_800.0
"""Seconds: a deadline up to a week is how long something may take, as an agent's is."""


def _cell(value: object, name: str = "") -> str | float:
    if name in MOMENTS and isinstance(value, float) and (name != "deadline" or value > LONGEST_DURATION):
        return f"{moment(value)} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    if isinstance(value, list | tuple):
        return shorten(", ".join(str(_cell(one)) for one in cast("Sequence[object]", value)), CELL)
    if isinstance(value, dict | Model):
        return shorten(json.dumps(value, ensure_ascii=False, default=_plainly), CELL)
    return shorten("" if value is None else str(value), CELL)


def _plainly(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, Model) else str(value)
