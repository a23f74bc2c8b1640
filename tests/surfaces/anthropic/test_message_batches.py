"""Batches of messages: what the official client begins, follows and reads."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from conftest import Server
from rest_client import ask
from scripted_batches import speaking_in
from test_messages import client_of, request

Json = dict[str, Any]


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model says what a script holds."""
    with speaking_in(tmp_path_factory.mktemp("batches")) as one:
        yield one


@pytest.fixture
def batches(speaking: Server) -> Iterator[Any]:
    """Its client's; Any: the client has a type of its own for each overload."""
    with client_of(speaking) as client:
        yield client.messages.batches


def line(name: str, said: str = "Hello", **more: Any) -> Json:
    """A request for a message."""
    turns = [{"role": "user", "content": said}]
    return {"custom_id": name, "params": {**request(model="scripted", messages=turns), **more}}


def ended(server: Server, batches: Any, batch: Any) -> Any:
    """The batch once it has ended: its events are followed to their end."""
    run = batch.id.replace("msgbatch_", "run-")
    ask(server, "GET", f"/runs/{run}/events", None, {"prefer": "wait=60"})
    return batches.retrieve(batch.id)


def blobs(server: Server) -> set[str]:
    """The blobs that are kept."""
    _, _, listed = ask(server, "GET", "/blobs?limit=100")
    return {one["id"] for one in listed["blobs"]}


def test_a_batch_has_a_result_for_each_request(batches: Any, speaking: Server) -> None:
    """Each under its own name, the same at each reading; what cannot be followed says why. Deleted, nothing stays."""
    before = blobs(speaking)
    made = batches.create(requests=[line("a"), line("b"), line("odd", top_k=3), line("none", model="nobodys")])
    assert (made.type, made.request_counts.processing + made.request_counts.succeeded) == ("message_batch", 4)
    done = ended(speaking, batches, made)
    counts = done.request_counts
    assert (done.processing_status, counts.succeeded, counts.errored, counts.processing) == ("ended", 2, 2, 0)
    told = {one.custom_id: one.result for one in batches.results(made.id)}
    assert told["a"].message.content[0].text == "[scripted] I answer."
    assert (told["b"].message.usage.output_tokens, told["b"].message.stop_reason) == (2, "end_turn")
    assert "top_k" in told["odd"].error.error.message
    assert told["none"].error.error.type == "not_found_error"
    assert {one.custom_id: one.result for one in batches.results(made.id)} == told
    assert made.id in [one.id for one in batches.list(limit=1)]
    assert len(blobs(speaking) - before) == 2
    assert batches.delete(made.id).type == "message_batch_deleted"
    assert blobs(speaking) == before
    with pytest.raises(anthropic.NotFoundError):
        batches.retrieve(made.id)


def test_a_batch_is_deleted_as_its_files_may_be(batches: Any, speaking: Server) -> None:
    """Promise of policies: a rule about removing blobs holds here too; what is refused leaves the batch as it was."""
    made = batches.create(requests=[line("a")])
    ended(speaking, batches, made)
    there = blobs(speaking)
    rule = {"id": "kept", "then": "refuse", "why": "Files are kept."}
    policy = {"name": "kept", "applies_to": {"operations": ["blobs.delete_blob"]}, "rules": [rule]}
    assert ask(speaking, "POST", "/policies", policy)[0] == 200
    try:
        with pytest.raises(anthropic.PermissionDeniedError, match="Files are kept"):
            batches.delete(made.id)
    finally:
        ask(speaking, "DELETE", "/policies/kept")
    assert blobs(speaking) == there
    assert batches.retrieve(made.id).processing_status == "ended"
    assert batches.delete(made.id).type == "message_batch_deleted"


def test_a_batch_that_is_stopped_tells_what_was_not_asked(batches: Any, speaking: Server) -> None:
    """A second stop is refused, as are results before the end."""
    made = batches.create(requests=[line(f"n{number}", "An endless story") for number in range(12)])
    with pytest.raises(anthropic.AnthropicError):
        batches.results(made.id)
    with pytest.raises(anthropic.ConflictError):
        batches.delete(made.id)
    assert batches.cancel(made.id).processing_status in {"canceling", "ended"}
    done = ended(speaking, batches, made)
    assert (done.processing_status, done.request_counts.canceled) == ("ended", 12)
    assert {one.result.type for one in batches.results(made.id)} == {"canceled"}
    with pytest.raises(anthropic.ConflictError):
        batches.cancel(made.id)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([], "requests"),
        ([line("a"), line("a")], r"requests.1.custom_id: it was used before"),
        ([line("a b")], r"requests.0.custom_id"),
        ([{"custom_id": "a"}], r"requests.0.params"),
    ],
    ids=str,
)
def test_what_is_no_batch_is_refused_by_name(batches: Any, given: list[Json], why: str) -> None:
    """House rule: bad input is a typed error that names the field; a batch of another surface is none of this one."""
    with pytest.raises(anthropic.BadRequestError, match=why):
        batches.create(requests=given)
    for name in ("msgbatch_none", "none"):
        with pytest.raises(anthropic.NotFoundError):
            batches.retrieve(name)


def test_a_batch_that_looks_like_one_of_messages_is_none(batches: Any, speaking: Server) -> None:
    """Whoever calls the operation gives it labels; what it calls is looked at too."""
    data = base64.b64encode(b'{"id": "a", "arguments": {"value": 5, "unit": "mile", "to": "km"}}').decode()
    asked = {"input": {"base64": data}, "operation": "physics.convert_unit", "labels": {"endpoint": "/v1/messages"}}
    ask(speaking, "POST", "/batches", asked)
    _, _, listed = ask(speaking, "GET", "/batches?limit=1")
    assert listed["batches"][0]["operation"] == "physics.convert_unit"
    name = listed["batches"][0]["id"].replace("run-", "msgbatch_")
    assert name not in [one.id for one in batches.list(limit=100)]
    with pytest.raises(anthropic.NotFoundError):
        batches.retrieve(name)


def test_a_request_that_is_too_long_is_a_result_that_says_so(batches: Any, speaking: Server) -> None:
    """The others are answered; of letters of two bytes as many may come as of those of one."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA" * 1_000_000}}
    long: Json = {"messages": [{"role": "user", "content": [image]}]}
    letters = [{"role": "user", "content": "\u00e9" * 390_000} for _ in range(3)]
    made = batches.create(requests=[line("long", **long), line("letters", messages=letters)])
    ended(speaking, batches, made)
    told = {one.custom_id: one.result for one in batches.results(made.id)}
    assert told["long"].error.error.type == "request_too_large"
    assert told["letters"].message.content[0].text == "[scripted] I answer."
