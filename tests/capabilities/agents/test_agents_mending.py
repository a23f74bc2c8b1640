"""Arguments that a model of an agent gets wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from outliving import begun
from rest_client import done, followed

from nis_backend.loop.mending import mend

Json = dict[str, Any]
SCHEMA: Json = {
    "type": "object",
    "properties": {
        "speed": {"type": "number"},
        "steps": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "fast": {"type": "boolean"},
        "label": {"type": "string"},
        "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
        "points": {"type": "array", "items": {"$ref": "#/$defs/Point"}},
        "max_tokens": {"type": "integer"},
        "way": {"enum": ["by_hand", "by_rule"], "type": "string"},
        "open": {},
    },
    "required": ["speed"],
    "additionalProperties": False,
    "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "number"}}}},
}


@pytest.mark.parametrize(
    ("given", "mended"),
    [
        ('{"speed": "20"}', {"speed": 20}),
        ('{"speed": "-1.5e2"}', {"speed": -150.0}),
        ('{"steps": "3"}', {"steps": 3}),
        ('{"steps": "3.0"}', {"steps": 3}),
        ('{"steps": 3.0}', {"steps": 3}),
        ('{"steps": "null"}', {"steps": None}),
        ('{"fast": "True"}', {"fast": True}),
        ('{"points": "[{\\"x\\": \\"1\\"}]"}', {"points": [{"x": 1}]}),
        ('{"maxTokens": 5}', {"max_tokens": 5}),
        ('{"Max-Tokens": "5"}', {"max_tokens": 5}),
        ('{"way": "By hand"}', {"way": "by_hand"}),
        ('{"speed": 1, "label": null}', {"speed": 1}),
        ('```json\n{"speed": 1}\n```', {"speed": 1}),
        ('"{\\"speed\\": 1}"', {"speed": 1}),
    ],
)
def test_what_is_certain_is_mended(given: str, mended: Json) -> None:
    """Promise: what has one reading is read so, and said."""
    text, changes = mend(given, SCHEMA)
    assert json.loads(text) == mended
    assert [type(one) for one in json.loads(text).values()] == [type(one) for one in mended.values()]
    assert changes


@pytest.mark.parametrize(
    "given",
    [
        '{"speed": 20, "label": "20", "either": "20", "open": "20"}',
        '{"speed": "about 20"}',
        '{"speed": "20 m/s"}',
        '{"speed": "1e999"}',
        '{"speed": "Infinity"}',
        '{"steps": "3.5"}',
        '{"fast": "1"}',
        '{"fast": "yes"}',
        '{"points": "1, 2"}',
        '{"points": {"x": 1}}',
        '{"max_tokens": 1, "maxTokens": 2}',
        '{"maxTokens": 1, "max-tokens": 2}',
        '{"tokens": 5}',
        '{"way": "by"}',
        '{"speed": null}',
        "[1]",
        "not JSON",
        '{"speed": 1} and more',
        "[" * 5000,
    ],
)
def test_what_has_two_readings_stays(given: str) -> None:
    """Promise: nothing is guessed: what is not certain goes to the operation as it was written."""
    assert mend(given, SCHEMA) == (given, [])


def test_what_cannot_be_mended_is_shown_its_schema_once_and_then_told(serve: Serve) -> None:
    """Promise: an event for each; the tool is called with what was mended; the schema is shown one time."""
    heard: list[str] = []

    def model(request: Asked) -> Canned:
        heard[:] = request.tool_results
        match len(heard):
            case 0:
                return wants(("physics-convert_unit", {"Value": "5", "unit": "mile", "to": "km"}))
            case 1 | 2:
                return wants(("physics-convert_unit", {"value": "five", "unit": "mile", "to": "km"}))
            case _:
                return says("About eight.")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        definition = {"name": "a", "instructions": "x", "model": "local:words", "operations": ["physics.convert_unit"]}
        done(server, "POST", "/agents", definition)
        run_id = begun(server, "/agents/a/run", {"message": "Five miles?"})
        seen = [one["body"] for one in followed(server, run_id, 0)]
        replayed = done(server, "GET", f"/runs/{run_id}/replay")
    mended = [one for one in seen if one["type"] == "arguments_mended"]
    called = [one["arguments"] for one in seen if one["type"] == "tool_called"]
    assert called[0] == {"value": 5, "unit": "mile", "to": "km"}
    assert [(len(one["changes"]), one["shown"]) for one in mended] == [(2, False), (0, True)]
    assert "8.04672" in heard[0]
    assert ['"properties"' in one for one in heard] == [False, True, False]
    assert (seen[-1]["type"], replayed["identical"]) == ("succeeded", True)
