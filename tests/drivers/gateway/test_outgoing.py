"""What a body becomes on its way to a provider: itself, but for what the gateway has to say in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from nis_backend.drivers.gateway.base import Inbound
from nis_backend.drivers.gateway.outgoing import body_for, counts_added

VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**60), 2**60) | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(some.characters(codec="utf-8")),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
MEMBERS = some.dictionaries(
    some.text(max_size=12) | some.sampled_from(["messages", "max_tokens", "stream_options", "metadata", "model "]),
    VALUES,
    max_size=6,
)
NAMES = some.text(some.characters(codec="utf-8"), min_size=1, max_size=12)


def inbound(body: bytes, **given: Any) -> Inbound:
    """A request of a chat."""
    asked = json.loads(body)
    return Inbound(kind="chat", asked=asked, body=body, headers={}, streamed=asked.get("stream") is True, **given)


@given(members=MEMBERS, name=NAMES, ascii_only=some.booleans(), indent=some.sampled_from([None, 2]))
def test_a_body_whose_model_is_named_the_same_is_not_touched(
    members: dict[str, Any], name: str, ascii_only: bool, indent: int | None
) -> None:
    """Bytes in are bytes out."""
    body = json.dumps({**members, "model": name}, ensure_ascii=ascii_only, indent=indent).encode()
    assert body_for(inbound(body), name, None, counts=False) is body


@given(members=MEMBERS, name=NAMES, model=NAMES, ascii_only=some.booleans(), first=some.booleans())
def test_only_the_models_name_is_another(
    members: dict[str, Any], name: str, model: str, ascii_only: bool, first: bool
) -> None:
    """Read as JSON all else is equal, however the body is written, and wherever the word stands in it."""
    given = {"model": name, **members} if first else {**members, "model": name}
    given["model"] = name
    body = json.dumps(given, ensure_ascii=ascii_only).encode()
    assert json.loads(body_for(inbound(body), model, None, counts=False)) == {**given, "model": model}


@given(members=MEMBERS, most=some.integers(1, 10_000), counts=some.booleans())
def test_what_is_paid_for_is_written_anew(members: dict[str, Any], most: int, counts: bool) -> None:
    """Under a cap each member stands once, and the answer's length is ours."""
    given = {**members, "model": "m", "stream": counts}
    if not isinstance(given.get("stream_options", {}), dict):
        del given["stream_options"]
    sent = body_for(inbound(json.dumps(given).encode()), "m", most, counts=counts)
    pairs: list[str] = []

    def once(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found]
        assert len(names) == len(set(names))
        pairs.extend(names)
        return dict(found)

    read = json.loads(sent, object_pairs_hook=once)
    assert read["max_tokens"] == most
    assert {**read, "max_tokens": 0, "stream_options": 0} == {**given, "max_tokens": 0, "stream_options": 0}


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","max_tokens":1,"max_tokens":100000}',
        b'{"model":"a","max_tokens":1,"max\\u005ftokens":100000}',
        b'{"max_tokens":1,"model":"a","\\u006dax_tokens":100000}',
    ],
)
def test_a_length_that_is_said_twice_is_said_once(body: bytes) -> None:
    """Two readers of such a body may take different ones: what was reserved for would not be what is written."""
    sent = body_for(inbound(body), "a", 16, counts=False)
    assert sent.count(b"tokens") == 1
    assert json.loads(sent) == {"model": "a", "max_tokens": 16}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"model":"a","x":{"model":"b"}}', {"model": "z", "x": {"model": "b"}}),
        (b'{"x":{"model":"b"},"mod\\u0065l":"a"}', {"model": "z", "x": {"model": "b"}}),
        (b'{"model":"b","model":"a"}', {"model": "z"}),
        (b'{"messages":[{"content":"\\"model\\": \\"b\\""}],"model" : "a"}', None),
    ],
)
def test_the_name_of_another_model_within_is_left_alone(body: bytes, expected: dict[str, Any] | None) -> None:
    """Only the request's own model is renamed, also where it is written otherwise or twice."""
    sent = body_for(inbound(body), "z", None, counts=False)
    assert json.loads(sent) == (expected or {**json.loads(body), "model": "z"})


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}, {"include_obfuscation": False}])
def test_a_streams_count_is_asked_for(options: dict[str, Any] | None) -> None:
    """Where its caller has not; what else it has said of the stream stays."""
    given: dict[str, Any] = {"model": "a", "stream": True, "messages": []}
    if options is not None:
        given["stream_options"] = options
    asked = inbound(json.dumps(given).encode())
    assert counts_added(asked)
    sent = json.loads(body_for(asked, "a", None, counts=True))
    assert sent["stream_options"] == {**(options or {}), "include_usage": True}
    assert {name: sent[name] for name in ("model", "stream", "messages")} == {
        name: given[name] for name in ("model", "stream", "messages")
    }


def test_a_count_that_was_asked_for_is_not_added() -> None:
    """Nor one for what is no stream."""
    for one in ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": False}, {}):
        assert not counts_added(inbound(json.dumps({"model": "a", **one}).encode()))


def test_the_length_keeps_the_name_that_the_caller_gave_it() -> None:
    """And has the older one, which every server knows, where there is none."""
    for name in ("max_tokens", "max_completion_tokens"):
        sent = body_for(inbound(json.dumps({"model": "a", name: 900}).encode()), "a", 16, counts=False)
        assert json.loads(sent) == {"model": "a", name: 16}
    assert json.loads(body_for(inbound(b'{"model":"a"}'), "a", 16, counts=False)) == {"model": "a", "max_tokens": 16}
