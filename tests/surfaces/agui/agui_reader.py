"""AG-UI's events as they come from a server, checked by the protocol's own package and its validator."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Generator, Sequence
from typing import Any, cast

import pytest
from ag_ui.core import Event
from ag_ui_validate import ValidatorOptions, create_validator
from pydantic import BaseModel, TypeAdapter

Json = dict[str, Any]
PATIENCE = 120.0
EVENTS: TypeAdapter[Any] = TypeAdapter(Event)


def user(text: str, message_id: str = "m1") -> Json:
    """What a person says."""
    return {"id": message_id, "role": "user", "content": text}


def given(text: str, thread: str, run: str = "r1", **more: Any) -> Json:
    """An input with one message."""
    return {"threadId": thread, "runId": run, "messages": [user(text)], **more}


def stream(url: str, body: Json | None, headers: Json | None = None) -> Generator[tuple[str, Json]]:
    """The events of an answer and their numbers, as they come; a GET where there is no body."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    name = ""
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        assert answer.headers.get_content_type() == "text/event-stream"
        for raw in answer:
            text = raw.decode().rstrip("\n")
            if text.startswith("id: "):
                name = text[4:]
            elif text.startswith("data: "):
                yield name, json.loads(text[6:])


def run(url: str, body: Json | None, headers: Json | None = None) -> list[Json]:
    """All events of an answer, which the protocol's own validator finds nothing wrong with."""
    events = [event for _, event in stream(url, body, headers)]
    valid(events)
    return events


def valid(events: Sequence[Json]) -> None:
    """What the validator finds no error in and no warning, and the package's models have a place for all of."""
    validator = create_validator(ValidatorOptions())
    for event in events:
        validator.feed(event)
    validator.finalize()
    report = validator.report()
    assert [one for one in report.diagnostics if one.severity != "info"] == []
    for event in events:
        known(event)


def known(event: Json) -> None:
    """What the package's models have a place for all of."""
    _no_extra(EVENTS.validate_python(event), event["type"])


def _no_extra(model: BaseModel, where: str) -> None:
    assert not model.model_extra, f"{where} has {model.model_extra}, which the protocol does not know"
    for name, value in model:
        for one in cast("list[Any]", value) if isinstance(value, list) else [value]:
            if isinstance(one, BaseModel):
                _no_extra(one, f"{where}.{name}")


def refused(url: str, body: Json | bytes, headers: Json | None = None) -> tuple[int, Json]:
    """The status and the object of a refusal."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(asked, timeout=PATIENCE)
    error = caught.value
    assert error.headers.get_content_type() == "application/json"
    told = json.loads(error.read())
    assert told["type"] == "RUN_ERROR"
    # A stream may begin with it (specification, "The run"), which the validator does not know yet.
    known(told)
    return error.code, told["metadata"]["nis"]


def kinds(events: Sequence[Json]) -> list[str]:
    """Their types, those that follow each other alike once."""
    types = [event["type"] for event in events]
    return [one for number, one in enumerate(types) if number == 0 or types[number - 1] != one]


def words(events: Sequence[Json]) -> str:
    """What is said."""
    return "".join(event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT")
