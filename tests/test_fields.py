"""What a JSON schema tells of fields, and how their values are read where they come as text."""

from __future__ import annotations

from typing import Any

import pytest

from nis_backend.fields import from_text

DEFINITIONS = {
    "Unit": {"type": "string", "enum": ["1", "m"]},
    "Place": {"type": "object", "properties": {"x": {"type": "number"}}},
    "Either": {"anyOf": [{"type": "string"}, {"type": "object"}]},
}


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "[1]", "[1]"),
        ({"type": "number"}, "1", "1"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "1", "1"),
        ({"$ref": "#/$defs/Unit"}, "1", "1"),
        ({"type": "array"}, "[1]", [1]),
        ({"$ref": "#/$defs/Place"}, '{"x": 1}', {"x": 1}),
        ({"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]}, '{"x": 1}', {"x": 1}),
        ({"$ref": "#/$defs/Either"}, '{"x": 1}', {"x": 1}),
        ({"$ref": "#/$defs/Either"}, "blob-1", "blob-1"),
    ],
)
def test_text_is_read_as_json_where_a_field_may_hold_more_than_one_value(schema: Any, text: str, value: Any) -> None:
    """Promise: a form's part and an option of the command line are read alike."""
    assert from_text(text, schema, DEFINITIONS) == value
