"""What answers are held to: a schema of the caller's, read without a network and without an engine that backtracks."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from nis_backend.conforming import LONGEST, Held, Wrong
from nis_backend.errors import InvalidRequest, NotSupported

SHIP: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[A-Z]"},
        "masts": {"type": "integer", "minimum": 1},
        "crew": {"type": "array", "items": {"$ref": "#/$defs/person"}, "uniqueItems": True},
    },
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {"person": {"type": "object", "properties": {"age": {"type": "number"}}}},
}


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Argo", "masts": 1}',
        ' {"name": "Argo", "crew": [{"age": 1}, {"age": 2.5}]}\n',
        '```json\n{"name": "Argo"}\n```',
        '```\n{"name": "Argo"}```',
    ],
)
def test_what_follows_the_schema_is_read(text: str) -> None:
    """Promise: the value, also out of the code block that some models write around it."""
    assert Held(SHIP, "answer_schema").read(text)["name"] == "Argo"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Argo", "not JSON"),
        ("", "not JSON"),
        ('{"name": "Argo"', "not JSON"),
        ('{"name": "Argo"} and so on', "not JSON"),
        ('{"masts": 1}', "'name' is a required property"),
        ('{"name": "Argo", "masts": 0}', r"\$\.masts: 0 is less than"),
        ('{"name": "Argo", "sails": 1}', "sails"),
        ('{"name": "argo"}', r"\$\.name: 'argo' does not match"),
        ('{"name": "Argo", "crew": [{"age": 1}, {"age": 1}]}', r"\$\.crew: has items that are the same"),
        ('{"name": "Argo", "crew": [{"age": "old"}]}', r"\$\.crew\[0\]\.age"),
        ('{"name": "Argo", "crew": [{"age": 1e999}]}', "not JSON"),
        ('{"name": "Argo", "crew": [{"age": NaN}]}', "not JSON"),
        (r'{"name": "Argo\ud800"}', "not JSON"),
        ("[" * 5000 + "]" * 5000, "not JSON"),
    ],
)
def test_what_does_not_is_told_by_its_place(text: str, told: str) -> None:
    """Promise: nothing that no JSON can hold passes, and what is wrong is said where it is."""
    with pytest.raises(Wrong, match=told):
        Held(SHIP, "answer_schema").read(text)


@pytest.mark.parametrize(
    ("schema", "kind", "told"),
    [
        ({"type": "objekt"}, InvalidRequest, "objekt"),
        ({"properties": []}, InvalidRequest, "#/properties"),
        ({"minimum": float("inf")}, InvalidRequest, "infinite"),
        ({"description": "x" * LONGEST}, InvalidRequest, "characters"),
        ({"$ref": "https://example.com/schema.json"}, NotSupported, "nothing is fetched"),
        ({"$ref": "other.json#/x"}, NotSupported, "nothing is fetched"),
        ({"items": {"$ref": "#/$defs/none"}}, NotSupported, "refers to no part"),
        ({"$dynamicRef": "#x"}, NotSupported, "dynamicRef"),
        ({"patternProperties": {"(a+)+$": {}}}, NotSupported, "patternProperties"),
        ({"pattern": "(?=a)"}, NotSupported, "pattern"),
        ({"pattern": "((a{1000}){1000}){1000}"}, NotSupported, "pattern"),
    ],
)
def test_a_schema_that_is_not_read_is_refused_by_its_part(
    schema: dict[str, Any], kind: type[Exception], told: str
) -> None:
    """Promise: before any model is asked; an address in it is never looked at."""
    with pytest.raises(kind, match=told) as caught:
        Held(schema, "answer_schema")
    assert getattr(caught.value, "field", "") == "answer_schema"


def test_depth_is_bounded() -> None:
    """Promise: a schema nested without an end ends in a refusal, not in the interpreter's limit."""
    schema: dict[str, Any] = {}
    for _ in range(400):
        schema = {"items": schema}
    with pytest.raises(InvalidRequest, match="deeper"):
        Held(schema, "answer_schema")


def test_names_of_properties_are_no_keywords() -> None:
    """Promise: an object may have members of any name, and values that look like schemas are values."""
    schema: dict[str, Any] = {
        "properties": {"$ref": {"type": "string"}, "pattern": {"type": "integer"}, "patternProperties": {}},
        "enum": [{"$ref": "https://example.com", "pattern": 1}],
    }
    text = json.dumps(schema["enum"][0])
    assert Held(schema, "answer_schema").read(text) == schema["enum"][0]


def test_no_pattern_and_no_reference_takes_for_ever() -> None:
    """Promise: the pattern and the schema that take others 2ⁿ steps are answered, or refused, at once."""
    began = time.perf_counter()
    with pytest.raises(Wrong, match="does not match"):
        Held({"pattern": "^(a+)+$"}, "answer_schema").read(json.dumps("a" * 5000 + "!"))
    doubled: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    first: dict[str, Any] = {"$ref": "#/$defs/d0"}
    parts = {**doubled, "d40": True}
    # Where any answer would take so long, there is no such schema.
    with pytest.raises(InvalidRequest, match="steps"):
        Held({**first, "$defs": parts}, "answer_schema")
    held = Held({"properties": {"a": first}, "$defs": parts}, "answer_schema")
    with pytest.raises(InvalidRequest, match="steps"):
        held.read('{"a": 1}')
    with pytest.raises(InvalidRequest, match=r"without an end|steps"):
        Held({"$ref": "#"}, "answer_schema")
    # Generous, for a machine that is busy: either took longer than the universe has.
    assert time.perf_counter() - began < 30
