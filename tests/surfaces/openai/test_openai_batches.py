"""Batches: what the official client begins, follows and reads, over a death of the server too."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from conftest import Serve, Server
from fake_openai import Asked, Canned, FakeOpenAI, says
from scripted_batches import speaking_in
from test_openai_dialect import client_of

Json = dict[str, Any]
CHAT = "/v1/chat/completions"
PATIENCE = 60.0


def line(name: str, said: str = "Hello", url: str = CHAT, **more: Any) -> Json:
    """A request for a chat completion."""
    messages = [{"role": "user", "content": said}]
    return {
        "custom_id": name,
        "method": "POST",
        "url": url,
        "body": {"model": "scripted", "messages": messages, **more},
    }


def sent(client: openai.OpenAI, lines: list[Json] | bytes) -> str:
    """A file of them."""
    data = lines if isinstance(lines, bytes) else "\n".join(map(json.dumps, lines)).encode()
    return client.files.create(file=("lines.jsonl", data), purpose="batch").id


def begin(client: openai.OpenAI, lines: list[Json] | bytes, endpoint: Any = CHAT, **more: Any) -> Any:
    """A batch of them."""
    return client.batches.create(input_file_id=sent(client, lines), endpoint=endpoint, completion_window="24h", **more)


def ended(client: openai.OpenAI, batch: Any) -> Any:
    """The batch once it has ended: its events are followed to their end."""
    name = batch.id.replace("batch_", "run-")
    client.get(f"/../runs/{name}/events", cast_to=object, options={"headers": {"Prefer": "wait=60"}})
    return client.batches.retrieve(batch.id)


def counted(client: openai.OpenAI, batch: Any) -> int:
    """How many of its lines were answered."""
    counts = client.batches.retrieve(batch.id).request_counts
    return counts.completed if counts else 0


def read(client: openai.OpenAI, file_id: str | None) -> dict[str, Json]:
    """The lines of a file of outcomes, by their ids."""
    assert file_id is not None
    lines: list[Json] = [json.loads(one) for one in client.files.content(file_id).text.splitlines()]
    assert client.files.retrieve(file_id).bytes == len(client.files.content(file_id).read())
    return {one["custom_id"]: one for one in lines}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model says what a script holds."""
    with speaking_in(tmp_path_factory.mktemp("batches")) as one:
        yield one


@pytest.fixture
def client(speaking: Server) -> Iterator[openai.OpenAI]:
    """Its client."""
    with client_of(speaking.url) as one:
        yield one


def test_a_batch_answers_each_line_and_tells_what_failed_apart(client: openai.OpenAI) -> None:
    """Outcomes are in the wire's own words, and the same at each reading."""
    lines = [line("a"), line("b"), line("wrong", temperature=9), line("unknown", top_k=3)]
    done = ended(client, begin(client, lines, metadata={"for": "tests"}))
    assert (done.status, done.metadata) == ("completed", {"for": "tests"})
    counts = done.request_counts
    assert (counts.total, counts.completed, counts.failed) == (4, 2, 2)
    assert (done.model, done.usage.input_tokens, done.usage.output_tokens, done.usage.total_tokens) == (
        "scripted",
        6,
        4,
        10,
    )
    output, errors = read(client, done.output_file_id), read(client, done.error_file_id)
    assert (set(output), set(errors)) == ({"a", "b"}, {"wrong", "unknown"})
    answer = output["a"]["response"]
    assert (answer["status_code"], answer["body"]["object"]) == (200, "chat.completion")
    assert answer["body"]["choices"][0]["message"]["content"] == "[scripted] I answer."
    assert answer["body"]["usage"]["total_tokens"] == 5
    assert read(client, done.output_file_id) == output
    assert errors["wrong"]["response"]["status_code"] == 400
    assert errors["wrong"]["response"]["body"]["error"]["param"] == "temperature"
    assert errors["unknown"]["response"]["body"]["error"]["param"] == "top_k"


def test_the_lines_that_are_kept_of_a_batch_bear_its_runs_name(client: openai.OpenAI) -> None:
    """So they go when it goes."""
    batch = begin(client, [line("one")])
    kept: Any = client.get("/../blobs?purpose=batch_lines", cast_to=object)
    assert batch.id.replace("batch_", "run-") in {one["name"] for one in kept["blobs"]}


def test_a_batch_of_responses_answers_responses(client: openai.OpenAI) -> None:
    """Its lines are answered as ones that are not kept."""
    asked = {"model": "scripted", "input": "Hello", "instructions": "Be kind."}
    one = {"custom_id": "r", "method": "POST", "url": "/v1/responses", "body": asked}
    done = ended(client, begin(client, [one], "/v1/responses"))
    body = read(client, done.output_file_id)["r"]["response"]["body"]
    assert (body["object"], body["status"], body["usage"]["total_tokens"]) == ("response", "completed", 5)
    assert body["output"][0]["content"][0]["text"] == "[scripted] I answer."


def test_a_batch_is_listed_and_cancelled(client: openai.OpenAI) -> None:
    """What goes on is stopped; one that has ended is not; the list goes on beyond its pages of one."""
    ended(client, begin(client, [line("first")]))
    made = begin(client, [line("slow", "An endless story")])
    assert made.status in {"validating", "in_progress"}
    assert next(iter(client.batches.list(limit=1))).id == made.id
    assert client.batches.cancel(made.id).status in {"cancelling", "cancelled"}
    done = ended(client, made)
    assert (done.status, done.output_file_id) == ("cancelled", None)
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(made.id)
    assert len({one.id for one in client.batches.list(limit=1)}) > 1
    assert made.id in [one.id for one in client.batches.list(limit=100)]


@pytest.mark.parametrize(
    "labels",
    [{"endpoint": CHAT}, {"endpoint": 7, "input_file_id": "file-a"}, {}, {"endpoint": CHAT, "input_file_id": "file-a"}],
    ids=str,
)
def test_a_batch_of_another_surface_is_none_of_this_one(client: openai.OpenAI, labels: Json) -> None:
    """Its labels are its caller's, and may look like ours: it is not listed, and fails nothing."""
    data = base64.b64encode(b'{"id": "a", "arguments": {"value": 5, "unit": "mile", "to": "km"}}').decode()
    asked = {"input": {"base64": data}, "operation": "physics.convert_unit", "labels": labels}
    client.post("/../batches", body=asked, cast_to=object)
    listed: Any = client.get("/../batches", cast_to=object)
    name = listed["batches"][0]["id"].replace("run-", "batch_")
    assert name not in [one.id for one in client.batches.list()]
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve(name)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (b"", "no line"),
        (b"{", "Line 1 .*not JSON"),
        ([line("a"), line("a")], "Line 2 .*was used before"),
        ([line("a", url="/v1/embeddings")], "Line 1 .*url"),
        ([{**line("a"), "method": "GET"}], "Line 1 .*method"),
        ([line("a"), line("b", model="other")], "Line 2 .*'other'"),
        ([line("a"), line("b", "x" * 4_000_000)], "Line 2 .*more than 4000000 bytes"),
    ],
    ids=lambda given: str(given)[:80],
)
def test_a_file_that_is_no_batch_is_refused_by_its_line(
    client: openai.OpenAI, lines: list[Json] | bytes, why: str
) -> None:
    """House rule: bad input is a typed error that names the field and the value."""
    with pytest.raises(openai.BadRequestError, match=why) as error:
        begin(client, lines)
    assert error.value.param == "input_file_id"


def test_what_no_batch_can_be_is_refused(client: openai.OpenAI) -> None:
    """No such file, no such endpoint, no such batch."""
    with pytest.raises(openai.NotFoundError) as error:
        client.batches.create(input_file_id="file-none", endpoint=CHAT, completion_window="24h")
    assert error.value.param == "input_file_id"
    with pytest.raises(openai.BadRequestError) as wrong:
        begin(client, [line("a")], "/v1/moderations")
    assert wrong.value.param == "endpoint"
    for name in ("batch_none", "none"):
        with pytest.raises(openai.NotFoundError):
            client.batches.retrieve(name)
    with pytest.raises(openai.NotFoundError):
        client.files.content("file-none-output")


def test_a_batch_over_a_death_asks_nothing_again_of_which_it_knows(serve: Serve, tmp_path: Path) -> None:
    """Promise: what came of a line is in the log before the next is asked; a crash repeats those under way alone."""

    def echo(asked: Asked) -> Canned:
        return says(f"to {asked.body['messages'][-1]['content']}")

    fake = FakeOpenAI(*[echo] * 10, *[Canned(pieces=[], held=True)] * 8, models=["m"])
    data = tmp_path / "data"
    lines = [line(f"id-{n}", f"line-{n}") for n in range(24)]
    for one in lines:
        one["body"]["model"] = "local:m"
    with fake.in_thread():
        first = serve(data=data, NIS_LOCAL_URL=fake.url)
        with client_of(first.url) as client:
            made: Any = begin(client, lines)
            deadline = time.monotonic() + PATIENCE
            while counted(client, made) < 10:
                assert time.monotonic() < deadline, "the first lines were not answered"
        first.kill()
        known = {one.body["messages"][-1]["content"] for one in fake.asked[:10]}
        fake.replies[:] = [echo] * 24
        second = serve(data=data, NIS_LOCAL_URL=fake.url)
        with client_of(second.url) as client:
            done = ended(client, made)
            assert (done.status, done.request_counts.completed) == ("completed", 24)
            output = read(client, done.output_file_id)
    words = {name: one["response"]["body"]["choices"][0]["message"]["content"] for name, one in output.items()}
    assert words == {f"id-{n}": f"to line-{n}" for n in range(24)}
    asked = [one.body["messages"][-1]["content"] for one in fake.asked]
    assert all(asked.count(one) == 1 for one in known)
    assert len(asked) <= 24 + 8
