"""Requests that pass to a provider as they are, and its responses back: through the gateway, on servers of loopback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from fake_openai import DONE, Asked, Canned, FakeOpenAI, breaks_off, delta, event, fails, malformed, says, usage, whole
from gated import SECRET, WHO, awaited, gated, outline
from passes import headers, inbound, passed, read

from nis_backend.drivers.gateway.base import Inbound
from nis_backend.errors import Busy, InvalidRequest, NisError, Unavailable, UpstreamFailed


@awaited
async def test_bytes_in_are_bytes_out(tmp_path: Path) -> None:
    """But for the model's name; the ledger has what the provider states, and the answer says what it cost."""
    said = whole(says("Good day."))
    server = FakeOpenAI(said)
    async with gated(tmp_path, {"up": server}) as gate:
        await gate.price("up:m", input=1, output=2)
        one = inbound("up:m")
        found = await passed(gate, one)
        assert found.whole == said.pieces[0]
        assert server.asked[0].sent == one.body.replace(b'"up:m"', b'"m"')
        assert headers(found) == {
            "content-type": "application/json",
            "content-length": str(len(found.whole)),
            "x-nis-model": "up:m",
            "x-nis-attempts": "1",
            "x-nis-cost": "0.000013000",
        }
        (row,) = await gate.rows()
        assert (row["input"], row["output"], row["counted"], row["cost"]) == (7, 3, "stated", 13_000)
        assert (row["state"], row["kind"], row["streamed"], row["operation"]) == ("ok", "chat", 0, WHO.operation)


@awaited
async def test_a_stream_passes_without_the_count_that_was_added(tmp_path: Path) -> None:
    """Which the ledger has nevertheless; who asks for it gets it."""
    said = says("Good day to you.")
    async with gated(tmp_path, {"up": (server := FakeOpenAI(said, said))}) as gate:
        pieces = [piece for piece in said.pieces if b'"usage"' not in piece]
        assert await read(gate, inbound("up:m", stream=True)) == b"".join(pieces)
        assert server.asked[0].body["stream_options"] == {"include_usage": True}
        asked = inbound("up:m", stream=True, stream_options={"include_usage": True})
        assert await read(gate, asked) == b"".join(said.pieces)
        rows = await gate.rows()
        assert [(row["output"], row["counted"], row["streamed"]) for row in rows] == [(3, "stated", 1)] * 2


@awaited
async def test_a_server_that_knows_no_count_in_streams_is_asked_without(tmp_path: Path) -> None:
    """Once it has said so; then its words are counted by their bytes."""
    refusal = fails(400, "Unrecognized request argument supplied: stream_options")
    plain = Canned(pieces=[delta(content="Good day."), delta("stop"), DONE])
    async with gated(tmp_path, {"up": (server := FakeOpenAI(refusal, plain, plain))}) as gate:
        for _ in range(2):
            assert await read(gate, inbound("up:m", stream=True)) == b"".join(plain.pieces)
        assert ["stream_options" in asked.body for asked in server.asked] == [True, False, False]
        rows = await gate.rows()
        assert [(row["state"], row["counted"]) for row in rows] == [("ok", "estimated")] * 2
        assert rows[0]["output"] > 0


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (fails(429, "Slow down.", retry_after="7"), Busy),
        (fails(401, f"Incorrect API key provided: {SECRET}"), Unavailable),
        (fails(500, f"Broken: {SECRET}"), UpstreamFailed),
        (fails(400, "messages: too few"), InvalidRequest),
        (Canned(pieces=[b"<html>"], content_type="text/html"), UpstreamFailed),
        (Canned(pieces=[], dropped=True), UpstreamFailed),
        (Canned(pieces=[event(error={"message": f"No {SECRET}", "code": 429})]), Busy),
        (Canned(pieces=[]), UpstreamFailed),
    ],
)
@awaited
async def test_what_is_refused_before_a_word_is_a_failure_of_its_own(
    tmp_path: Path, reply: Canned, kind: type[NisError]
) -> None:
    """In our words; the key is in none of them."""
    async with gated(tmp_path, {"up": FakeOpenAI(reply, reply)}) as gate:
        with pytest.raises(kind) as error:
            await read(gate, inbound("up:m", stream=True))
        assert SECRET not in str(error.value.problem())
        rows = await gate.rows()
        assert len(rows) == 1 + reply.dropped
        assert {(row["state"], row["problem"], row["first_ms"]) for row in rows} == {("failed", error.value.code, None)}
        assert SECRET not in json.dumps(rows)


@pytest.mark.parametrize(
    "reply",
    [
        breaks_off("Once upon"),
        Canned(pieces=[delta(content="Once upon")]),
        Canned(pieces=[delta(content="Once upon"), event(error={"message": "out of memory"})]),
    ],
)
@awaited
async def test_an_answer_that_breaks_off_says_so(tmp_path: Path, reply: Canned) -> None:
    """Its words went out: nothing follows them but the failure, and no other provider's."""
    other = FakeOpenAI(says("Another."))
    async with gated(tmp_path, {"up": FakeOpenAI(reply), "other": other}) as gate:
        gate.route("both", "up:m", "other:m")
        found = await passed(gate, inbound("both", stream=True))
        assert found.items is not None
        assert await anext(found.items) == reply.pieces[0]
        with pytest.raises(UpstreamFailed):
            await anext(found.items)
        assert outline(await gate.rows()) == [("up", "cut", "upstream_failed")]
        assert other.asked == []


@awaited
async def test_a_plain_answer_that_breaks_off_is_asked_for_elsewhere(tmp_path: Path) -> None:
    """Nothing of it was passed."""
    async with gated(tmp_path, {"up": FakeOpenAI(breaks_off("Once")), "other": FakeOpenAI(says("Another."))}) as gate:
        gate.route("both", "up:m", "other:m", retries=0)
        found = await passed(gate, inbound("both"))
        assert json.loads(found.whole)["choices"][0]["message"]["content"] == "Another."
        assert headers(found)["x-nis-model"] == "other:m"
        assert headers(found)["x-nis-route"] == "both"
        assert headers(found)["x-nis-attempts"] == "2"
        assert [state for _, state, _ in outline(await gate.rows())] == ["failed", "ok"]


@awaited
async def test_what_is_no_json_within_a_stream_is_the_callers_to_read(tmp_path: Path) -> None:
    """It passes as it is: it ends as a stream ends."""
    async with gated(tmp_path, {"up": FakeOpenAI(malformed())}) as gate:
        assert await read(gate, inbound("up:m", stream=True)) == b"".join(malformed().pieces)


@awaited
async def test_who_leaves_leaves_the_provider(tmp_path: Path) -> None:
    """The connection is closed, and the row says it."""
    held = Canned(pieces=[delta(role="assistant", content="Once")], held=True)
    async with gated(tmp_path, {"up": (server := FakeOpenAI(held))}) as gate:
        found = await passed(gate, inbound("up:m", stream=True))
        assert found.items is not None
        await anext(found.items)
        await found.items.aclose()
        async with asyncio.timeout(120):
            await server.left.wait()
        (row,) = await gate.rows()
        assert (row["state"], row["counted"]) == ("left", "estimated")


def _repeats(asked: Asked) -> Canned:
    return whole(says(asked.body["user"]))


@awaited
async def test_32_at_once_each_get_their_own(tmp_path: Path) -> None:
    """And each is in the ledger once."""
    server = FakeOpenAI(*[_repeats] * 32)
    async with gated(tmp_path, {"up": server}) as gate:
        found = await asyncio.gather(*(read(gate, inbound("up:m", user=f"u{number}")) for number in range(32)))
        said = [json.loads(one)["choices"][0]["message"]["content"] for one in found]
        assert said == [f"u{number}" for number in range(32)]
        assert len(await gate.rows()) == 32


@awaited
async def test_under_a_cap_the_answers_length_is_ours(tmp_path: Path) -> None:
    """A request that says it twice is billed for what was reserved, and the reservation becomes what it cost."""
    async with gated(tmp_path, {"up": (server := FakeOpenAI(whole(says("Hi."))))}) as gate:
        await gate.price("up:m", input=1, output=1)
        await gate.budget("b", "user", "ann", 1.0)
        body = b'{"model":"up:m","messages":[],"max_tokens":1,"max_tokens":90}'
        one = Inbound(kind="chat", asked=json.loads(body), body=body, headers={}, streamed=False)
        await read(gate, one)
        assert server.asked[0].sent.count(b"max_tokens") == 1
        assert server.asked[0].body["max_tokens"] == 90
        (row,) = await gate.rows()
        assert (row["state"], row["cost"], row["counted"]) == ("ok", 10_000, "stated")
        assert row["worst"] > row["cost"]
        assert sum((await gate.store.spent([("b", "total")])).values()) == 10_000


@awaited
async def test_a_model_that_wants_the_other_name_for_the_length_gets_it(tmp_path: Path) -> None:
    """OpenAI's newer ones refuse the older name; nothing is billed for a refusal."""
    refusal = fails(400, "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.")
    server = FakeOpenAI(refusal, whole(says("Hi.")))
    async with gated(tmp_path, {"up": server}) as gate:
        await gate.price("up:m", input=1, output=1)
        await gate.budget("b", "user", "ann", 1.0)
        await read(gate, inbound("up:m"))
        assert "max_completion_tokens" in server.asked[1].body
        assert "max_tokens" not in server.asked[1].body


@awaited
async def test_embeddings_pass(tmp_path: Path) -> None:
    """With their own path; all that they cost is their input."""
    vectors = b'{"object":"list","data":[{"index":0,"embedding":[0.5,1]}],"usage":{"prompt_tokens":5,"total_tokens":5}}'
    async with gated(
        tmp_path, {"up": (server := FakeOpenAI(Canned(pieces=[vectors], content_type="application/json")))}
    ) as gate:
        asked = {"model": "up:m", "input": [1, 2, 3], "dimensions": 2}
        one = Inbound(kind="embeddings", asked=asked, body=json.dumps(asked).encode(), headers={}, streamed=False)
        assert await read(gate, one) == vectors
        assert (server.asked[0].path, server.asked[0].body) == ("/v1/embeddings", {**asked, "model": "m"})
        (row,) = await gate.rows()
        assert (row["kind"], row["input"], row["output"], row["counted"]) == ("embeddings", 5, 0, "stated")


@awaited
async def test_names_find_their_provider_without_being_told(tmp_path: Path) -> None:
    """A bare name is the provider's whose list has it, and is looked for once; colons stand for slashes."""
    server = FakeOpenAI(*[whole(says("Hi."))] * 3)
    async with gated(tmp_path, {"up": server}) as gate:
        for name in ("vendor/fake-small", "up:vendor:fake-small", "vendor/fake-small"):
            await read(gate, inbound(name))
        assert {asked.body["model"] for asked in server.asked} == {"vendor/fake-small"}
        assert server.listed == 1
        assert await gate.gateway.passes(WHO, inbound("nobody's")) is None


@awaited
async def test_only_what_all_models_of_a_route_speak_passes(tmp_path: Path) -> None:
    """Else the answer's form would depend on who gives it."""
    async with gated(tmp_path, {"up": FakeOpenAI()}) as gate:
        gate.route("both", "up:m", "gone:m")
        assert await gate.gateway.passes(WHO, inbound("both")) is None


@awaited
async def test_a_name_is_no_place_for_another_header(tmp_path: Path) -> None:
    """Names are callers', and stand in headers."""
    async with gated(tmp_path, {"up": FakeOpenAI(whole(says("Hi.")))}) as gate:
        found = await passed(gate, inbound("up:m\r\nx-evil=1\u00e9"))
        assert headers(found)["x-nis-model"] == "up:m??x-evil=1?"


@awaited
async def test_usage_in_the_last_event_is_the_one_that_counts(tmp_path: Path) -> None:
    """Some servers count up in every event."""
    pieces = [delta(content="a"), usage(7, 1), delta("stop"), usage(7, 9), DONE]
    async with gated(tmp_path, {"up": FakeOpenAI(Canned(pieces=pieces))}) as gate:
        await read(gate, inbound("up:m", stream=True))
        (row,) = await gate.rows()
        assert (row["input"], row["output"]) == (7, 9)
