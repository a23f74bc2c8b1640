"""The rows of a dataset: what each kind holds, and the one way in which a row is written down."""

from __future__ import annotations

import base64
import binascii
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field, JsonValue, StrictFloat, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from nis_backend.annotations import Plain
from nis_backend.operation import Json, Model

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["text", "chat", "preferences", "labels", "images", "table", "cases"]

LONGEST_TEXT = 1_000_000
"""Characters."""
LONGEST_ROW = 4_000_000
"""Bytes of a row as it is written down."""
MOST_MESSAGES = 1000
MOST_FEATURES = 1000
LONGEST_LABEL = 200
DEEPEST = 32
"""Lists and objects within each other, where a row may hold any JSON."""
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How a PNG and a JPEG begin."""
GROUP = "What must not be parted with it by a split: a book, a customer, a source."


def _worded(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "Input should hold more than spaces")
    return text


def _pictured(text: str) -> str:
    """Base64 of a PNG or a JPEG, by its first bytes."""
    try:
        head = base64.b64decode(text, validate=True)[:8]
    except (binascii.Error, ValueError):
        raise PydanticCustomError("image", "Input should be base64") from None
    if not head.startswith(PICTURES):
        raise PydanticCustomError("image", "Input should be the base64 of a PNG or a JPEG")
    return text


def _shallow(value: Any) -> Any:  # Any: JSON
    if _deeper(value, DEEPEST):
        raise PydanticCustomError("deep", "Input should not be nested more than {most} deep", {"most": DEEPEST})
    return value


def _deeper(value: Any, most: int) -> bool:  # Any: JSON
    if not isinstance(value, dict | list):
        return False
    inner = cast("Json", value).values() if isinstance(value, dict) else cast("list[Any]", value)
    return most == 0 or any(_deeper(one, most - 1) for one in inner)


EXACT = 2**53
"""Whole numbers below are told apart where they are written as fractions."""


def _named(label: float) -> str:
    """A label is a name, also where a file writes it as a number: 1 and 1.0 are one; true is no number."""
    if isinstance(label, bool):
        return json.dumps(label)
    return str(int(label)) if isinstance(label, float) and label.is_integer() and abs(label) < EXACT else repr(label)


Words = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT), Plain, AfterValidator(_worded)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LABEL), Plain]
Value = Annotated[JsonValue, AfterValidator(_shallow)]
Scalar = StrictInt | StrictFloat | Annotated[str, StringConstraints(max_length=LONGEST_TEXT), Plain] | None


class Message(Model):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Words


def _answered(messages: list[Message]) -> list[Message]:
    if messages[-1].role != "assistant":
        raise PydanticCustomError("unanswered", "Input should end with a message of the assistant's, which is learned")
    return messages


def _asked(messages: list[Message]) -> list[Message]:
    if messages[-1].role != "user":
        raise PydanticCustomError("unasked", "Input should end with a message of the user's, which is answered")
    return messages


Messages = Annotated[list[Message], Field(min_length=1, max_length=MOST_MESSAGES)]


class _Row(Model):
    group: Name | None = Field(default=None, description=GROUP)


class TextRow(_Row):
    """A text to go on like."""

    text: Words


class ChatRow(_Row):
    """A conversation, whose answers are learned."""

    messages: Annotated[Messages, AfterValidator(_answered)]


class PreferenceRow(_Row):
    """What was asked, and two answers of which one is better."""

    messages: Annotated[Messages, AfterValidator(_asked)]
    chosen: Words
    rejected: Words


class LabelRow(_Row):
    """A text and what it is."""

    text: Words
    label: Annotated[Name, AfterValidator(_worded)]


class ImageRow(_Row):
    """A picture, base64 of a PNG or a JPEG, and what it shows."""

    image: Annotated[str, StringConstraints(max_length=LONGEST_ROW), AfterValidator(_pictured)]
    label: Annotated[Name, AfterValidator(_worded)]


class TableRow(_Row):
    """Named values, and what follows from them."""

    features: dict[Name, Scalar] = Field(min_length=1, max_length=MOST_FEATURES)
    label: StrictInt | StrictFloat | Name


class CaseRow(_Row):
    """What is asked in an evaluation, and what the answer is held against."""

    input: Words | Messages
    expected: Value = None
    schema_: dict[str, Value] | None = Field(default=None, alias="schema")
    rubric: Words | None = None
    tags: list[Name] = Field(default_factory=list[Name], max_length=32)


ROWS: Mapping[Kind, type[_Row]] = {
    "text": TextRow,
    "chat": ChatRow,
    "preferences": PreferenceRow,
    "labels": LabelRow,
    "images": ImageRow,
    "table": TableRow,
    "cases": CaseRow,
}


def canonical(kind: Kind, given: Json) -> bytes:
    """A row as it is written down: checked, its members in order, without what says nothing; ends with a line feed.

    Raises:
        ValidationError: it is no row of this kind.
    """
    label = given.get("label")
    if isinstance(label, bool) or (kind in {"labels", "images"} and isinstance(label, int | float)):
        given = {**given, "label": _named(label)}
    row = ROWS[kind].model_validate(given, by_alias=True)
    members = row.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    # What is expected is always said, also that nothing is: a case may be judged by its rubric alone.
    return line_of({"expected": None, **members} if kind == "cases" else members)


def line_of(members: Json) -> bytes:
    """A row's members, checked before, as its line."""
    return f"{json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(',', ':'))}\n".encode()


def digest_of(line: bytes) -> str:
    """What names a row by what it holds: its group is no part of it, which says nothing to who learns."""
    if GROUPED in line:
        members: Json = json.loads(line)
        line = line_of({name: value for name, value in members.items() if name != "group"})
    return sha256(line.strip()).hexdigest()


GROUPED = b'"group":'
"""What a line has in it that may have a group."""


def words_of(kind: Kind, row: Json) -> str:
    """The words of a row, as duplicates and lengths are told by them."""
    match kind:
        case "text" | "labels":
            return str(row["text"])
        case "chat":
            return _said(row["messages"])
        case "preferences":
            return "\n".join([_said(row["messages"]), row["chosen"], row["rejected"]])
        case "images":
            return str(row["image"])
        case "table":
            return json.dumps(row["features"], ensure_ascii=False, sort_keys=True)
        case "cases":
            asked = row["input"]
            return asked if isinstance(asked, str) else _said(asked)


def _said(messages: list[Json]) -> str:
    return "\n".join(str(one["content"]) for one in messages)
