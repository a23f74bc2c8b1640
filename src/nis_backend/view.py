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
    """A named quantity and its values."""

    label: str
    unit: str = ""
    values: list[float]


class Series(Model):
    """Lines over one axis; each line has as many values as `x`."""

    kind: Literal["series"] = "series"
    title: str
    x: Axis
    lines: list[Axis]


class Form(Model):
    """An operation to call: its request schema, the values known, the fields still wanted."""

    kind: Literal["form"] = "form"
    title: str
    operation: str
    request_schema: dict[str, Any] = Field(description="JSON schema of the request.")  # Any: JSON
    values: dict[str, Any] = Field(default_factory=dict, description="What is known so far.")  # Any: JSON
    missing: list[str] = Field(default_factory=list, description="Fields the person must give.")


View = Annotated[Text | Table | Series | Form, Field(discriminator="kind")]


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


def _cell(value: object, name: str = "") -> str | float:
    if name in MOMENTS and isinstance(value, float):
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
