"""Batches and responses on PostgreSQL, through two servers as on two hosts: one goes on with what the other began."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Serve, Server
from fake_openai import Asked, Canned, FakeOpenAI, says
from s3_server import KEYS, new_bucket
from test_openai_batches import PATIENCE, begin, counted, ended, line, read
from test_openai_dialect import client_of
from test_responses import finished, respond

FOLLOWED = 20
"""Lines of the batch that outlives its server."""


def echo(asked: Asked) -> Canned:
    """The last words, said again."""
    return says(f"to {asked.body['messages'][-1]['content']}")


@pytest.fixture
def fake() -> FakeOpenAI:
    """The provider that both of them ask."""
    return FakeOpenAI(models=["m"])


@pytest.fixture
def host(serve: Serve, database: str, s3: str, fake: FakeOpenAI) -> Iterator[Callable[[], Server]]:
    """Starts one more server on one database and one place of blobs; who is not heard of for a second is taken over.

    What is begun before the second starts is held by the first.
    """
    with fake.in_thread():
        place = KEYS | {"NIS_DATABASE_URL": database, "NIS_BLOBS": f"s3://{new_bucket(s3)}/nis", "NIS_S3_ENDPOINT": s3}
        place |= {"NIS_LOCAL_URL": fake.url, "NIS_STALL_SECONDS": "1"}
        yield lambda: serve(data=None, **place)


def test_a_batch_outlives_the_server_that_works_on_it(host: Callable[[], Server], fake: FakeOpenAI) -> None:
    """Promise: what came of a line is in the log before the next is asked, for whoever goes on with it."""
    here = host()
    fake.replies[:] = [*[echo] * 10, *[Canned(pieces=[], held=True)] * 8]
    lines = [line(f"id-{n}", f"line-{n}") for n in range(FOLLOWED)]
    for one in lines:
        one["body"]["model"] = "local:m"
    with client_of(here.url) as first:
        made: Any = begin(first, lines, metadata={"for": "two"})
        deadline = time.monotonic() + PATIENCE
        while counted(first, made) < 10:
            assert time.monotonic() < deadline, "the first lines were not answered"
    known = {one.body["messages"][-1]["content"] for one in fake.asked[:10]}
    fake.replies[:] = [echo] * FOLLOWED
    with client_of(host().url) as second:
        here.kill()
        done = ended(second, made)
        assert (done.status, done.request_counts.completed, done.metadata) == ("completed", FOLLOWED, {"for": "two"})
        output = read(second, done.output_file_id)
    words = {name: one["response"]["body"]["choices"][0]["message"]["content"] for name, one in output.items()}
    assert words == {f"id-{n}": f"to line-{n}" for n in range(FOLLOWED)}
    asked = [one.body["messages"][-1]["content"] for one in fake.asked]
    assert all(asked.count(one) == 1 for one in known)


def test_a_stream_goes_on_through_the_server_that_takes_the_response_over(
    host: Callable[[], Server], fake: FakeOpenAI
) -> None:
    """Promise: a view of a run is the same wherever it is read, from a number on; a turn follows one there."""
    here = host()
    fake.replies[:] = [says("First"), Canned(pieces=[], held=True)]
    with client_of(here.url) as first:
        before = respond(first, "One", model="local:m")
        stream = respond(first, "Two", model="local:m", previous_response_id=before.id, background=True, stream=True)
        seen = [next(stream) for _ in range(3)]
        assert fake.came.wait(PATIENCE)
    fake.replies[:] = [says("Second"), says("Third")]
    with client_of(host().url) as second:
        here.kill()
        name, last = seen[0].response.id, seen[-1].sequence_number
        rest = list(second.responses.retrieve(name, stream=True, starting_after=last))
        assert [one.sequence_number for one in (*seen, *rest)] == list(range(len(seen) + len(rest)))
        assert (rest[-1].type, finished(second, name).output_text) == ("response.completed", "Second")
        after = respond(second, "Three", model="local:m", previous_response_id=name)
        assert after.output_text == "Third"
        said = [turn["content"] for turn in fake.asked[-1].body["messages"]]
        assert said == ["One", "First", "Two", "Second", "Three"]
