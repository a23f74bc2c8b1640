"""The gate of schemas: what the embedded model is held to passes, and nothing else does."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from nis_backend.drivers.llm.schema import (
    ASSERTIONS,
    LONGEST,
    MOST_PARTS,
    MOST_PROPERTIES,
    MOST_VALUES,
    UNREAD,
    check_schema,
)
from nis_backend.errors import InvalidRequest, NisError, NotSupported

Json = dict[str, Any]


class Leaf(BaseModel):
    """A part of a model as callers declare them."""

    kind: Literal["a", "b"]
    size: tuple[int, str]
    more: dict[str, int] = {}


class Tree(BaseModel):
    """Optional, repeated, alternative and recursive parts."""

    leaf: Leaf
    leaves: list[Leaf]
    either: Leaf | int | None = None
    rest: Tree | None = None


@pytest.mark.parametrize(
    "schema",
    [
        {},
        Tree.model_json_schema(),
        {"type": "object", "title": "T", "properties": {"a": {"type": "number", "unit": "m", "default": 1}}},
        {"type": ["string", "null"], "maxLength": 3},
        {"type": "integer", "minimum": -(2**53), "exclusiveMaximum": 7},
        {"type": "string", "pattern": r"^[a-z]{2,3}(x|y)?\.$"},
        {"type": "array", "items": {"const": 1}, "minItems": 1, "maxItems": 5, "uniqueItems": False},
    ],
)
def test_what_the_grammar_holds_to_passes(schema: Json) -> None:
    """As pydantic writes it; what the standard does not define is an annotation."""
    check_schema(schema, "answer_schema")


REFUSED: list[tuple[Json, str]] = [
    ({"allOf": [{}]}, "allOf"),
    ({"not": {}}, "not"),
    ({"type": "integer", "multipleOf": 3}, "multipleOf"),
    ({"type": "array", "uniqueItems": True}, "uniqueItems"),
    ({"type": "object", "patternProperties": {}}, "patternProperties"),
    ({"type": "number", "minimum": 3}, "minimum"),
    ({"minimum": 3}, "minimum"),
    ({"type": "integer", "maxLength": 3}, "maxLength"),
    ({"type": "string", "format": "email"}, "format email"),
    ({"type": "string", "pattern": "a"}, "pattern a"),
    ({"type": "string", "pattern": "^a{9,1}$"}, "pattern"),
    ({"type": "string", "pattern": "^(a?){999}$"}, "pattern"),
    ({"type": "string", "pattern": "^((a?){9}){9}$"}, "pattern"),
    ({"type": "string", "pattern": "^a?{999}$"}, "pattern"),
    ({"type": "string", "pattern": r"^\d$"}, "pattern"),
    ({"type": "string", "pattern": "^(?=a)a$"}, "pattern"),
    ({"type": "string", "pattern": "^a$", "maxLength": 3}, "pattern"),
    ({"type": "string", "pattern": "^.$"}, "pattern"),
    ({"type": "string", "pattern": "^[^a]$"}, "pattern"),
    ({"type": "string", "pattern": '^"$'}, "pattern"),
    ({"type": "string", "pattern": r"^\\$"}, "pattern"),
    ({"type": "string", "pattern": "^[ -~]$"}, "pattern"),
    ({"type": "string", "pattern": "^[z-a]$"}, "pattern"),
    ({"type": "string", "pattern": "^(a$"}, "pattern"),
    ({"type": "string", "pattern": "^ü$"}, "pattern"),
    ({"type": "object", "required": ["z"]}, "required of z"),
    ({"type": "array", "prefixItems": [{}], "items": {}}, "prefixItems"),
    ({"type": "array", "items": True}, "not an object"),
    ({"$ref": "http://127.0.0.1/schema"}, "ref"),
    ({"$ref": "#/$defs/no"}, "ref"),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, "ref"),
    ({"anyOf": [{}], "type": "object"}, "anyOf beside type"),
]


@pytest.mark.parametrize(("schema", "word"), REFUSED)
def test_what_the_grammar_would_leave_out_is_refused_by_name(schema: Json, word: str) -> None:
    """Wherever it stands; the engine itself would say nothing and answer something else."""
    inside = {
        "type": "object",
        "properties": {"deep": {"type": "array", "items": schema}},
        "$defs": schema.get("$defs"),
    }
    for whole in (schema, {name: value for name, value in inside.items() if value}):
        with pytest.raises(NotSupported, match=word) as error:
            check_schema(whole, "tools")
        assert error.value.field == "tools"


def deep(levels: int) -> Json:
    """A list of lists of lists."""
    return {"type": "array", "items": deep(levels - 1)} if levels else {}


WRONG: list[Json] = [
    {"type": "text"},
    {"type": []},
    {"enum": []},
    {"enum": 5},
    {"properties": []},
    {"anyOf": {}},
    {"type": "string", "minLength": 5, "maxLength": 3},
    {"type": "string", "maxLength": 10**9},
    {"type": "integer", "minimum": 0.5},
    {"type": "object", "properties": {str(number): {} for number in range(MOST_PROPERTIES + 1)}},
    {"anyOf": [{} for _ in range(MOST_PARTS)]},
    {"enum": [str(number) for number in range(MOST_VALUES + 1)]},
    {"const": "x" * LONGEST},
    {"enum": [float("nan")]},
    {"type": "integer", "minimum": 0, "maximum": 10**400},
    deep(100),
]


@pytest.mark.parametrize("schema", WRONG)
def test_what_is_no_schema_or_too_large_a_one_is_refused(schema: Json) -> None:
    """Before the engine makes a grammar of it."""
    with pytest.raises(InvalidRequest):
        check_schema(schema, "answer_schema")


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2000)
    | st.floats(allow_nan=False)
    | st.sampled_from(["string", "object"])
)
WORDS = st.sampled_from(sorted([*ASSERTIONS, *UNREAD, "$defs", "title"]))
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(WORDS, inner, max_size=5)
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=30,
)


@given(st.dictionaries(WORDS, ANYTHING, max_size=6))
def test_nothing_a_caller_sends_breaks_the_gate(schema: Json) -> None:
    """It passes, or is refused with a failure of ours; any other is a fault."""
    with suppress(NisError):
        check_schema(schema, "answer_schema")
