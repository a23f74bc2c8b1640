"""The view of a result that declares none: what a person reads of its fields."""

from __future__ import annotations

import re
from typing import Any

import pytest

from nis_backend.operation import Model
from nis_backend.view import Table, draw_fields, verbatim


class Thing(Model):
    """Something with a history."""

    id: str
    created: float
    weight: float
    context: dict[str, Any]
    tags: tuple[str, ...]
    ready: bool = True


class Timed(Model):
    """What may take so long, or ends then."""

    deadline: float


def test_a_deadline_is_a_time_or_how_long_something_may_take() -> None:
    """Promise: a team's hour is not shown as the first of 1970, and a run's end is a date."""
    hour, end = (draw_fields(Timed(deadline=at))[0] for at in (3600.0, 86400.0 * 365))
    assert isinstance(hour, Table)
    assert isinstance(end, Table)
    assert [*hour.rows, *end.rows] == [["deadline", 3600.0], ["deadline", "1971-01-01 00:00:00 UTC"]]


def test_fields_are_read_as_a_person_writes_them() -> None:
    """Promise: moments as dates, truth as words, JSON as JSON, numbers as numbers."""
    thing = Thing(id="t-1", created=86400.0, weight=86400.0, context={"name": "Ä"}, tags=("a", "b"))
    (table,) = draw_fields(thing)
    assert isinstance(table, Table)
    assert table.title == "Thing"
    assert {row[0]: row[1] for row in table.rows} == {
        "id": "t-1",
        "created": "1970-01-02 00:00:00 UTC",
        "weight": 86400.0,
        "context": '{"name": "Ä"}',
        "tags": "a, b",
        "ready": "yes",
    }


class ThingLine(Model):
    """A thing in a list."""

    id: str


def test_a_heading_is_words() -> None:
    """Promise: what a person reads has no names of classes in it."""
    (table,) = draw_fields(ThingLine(id="t-1"))
    assert isinstance(table, Table)
    assert table.title == "Thing line"


def test_models_under_names_are_drawn_as_json() -> None:
    """A dictionary of models is a cell like any other."""

    class Inner(Model):
        x: int

    class Holding(Model):
        things: dict[str, Inner]

    (table,) = draw_fields(Holding(things={"a": Inner(x=1)}))
    assert isinstance(table, Table)
    assert table.rows == [["things", '{"a": {"x": 1}}']]


@pytest.mark.parametrize("text", ["[a](https://evil.example)", "# **a** `b` ```", "`", "one\n```\n# two", "```"])
def test_what_others_wrote_is_no_markup(text: str) -> None:
    """Words in a picture must not become links and headings of an answer: they are code, whatever is in them."""
    fence, *inside, last = verbatim(text, lines=True).split("\n")
    assert "\n".join(inside) == text
    assert fence == last
    assert not any(line.startswith(fence) for line in inside)
    line = verbatim(text)
    ticks = line[: len(line) - len(line.lstrip("`"))]
    assert line.endswith(ticks)
    assert "\n" not in line
    assert ticks not in [run for run in re.findall("`+", line[len(ticks) : -len(ticks)]) if len(run) == len(ticks)]
