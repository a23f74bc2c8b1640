"""Whether a model is asked for its words one by one depends on whether somebody reads them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from conftest import Serve, Server
from fake_openai import FakeOpenAI, says
from over_mcp import over_mcp
from rest_client import send
from websockets.sync.client import connect

from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.event import Warned
from nis_backend.journal import Journal
from nis_backend.operation import Model
from nis_backend.run import RunLog, Tail

Json = dict[str, Any]

TURN = {"message": "Tell me something about the sea."}
SAID = "The sea is wide and deep."


class Nothing(Model):
    """A request without fields."""


def sent(server: Server, path: str, body: Json | None, **headers: str) -> str:
    """What is answered, whole."""
    given = {"Content-Type": "application/json", **headers}
    status, _, text = send(server, "GET" if body is None else "POST", path, body, given)
    assert status < 300, text
    return text.decode()


def over_a2a(server: Server, method: str) -> str:
    """A message over A2A, and every frame up to the end of its task."""
    message = {"role": "ROLE_USER", "messageId": "m1", "parts": [{"text": TURN["message"]}]}
    frames = ""
    with connect(f"{server.url.replace('http', 'ws', 1)}/a2a", compression=None) as socket:
        socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"message": message}}))
        while "TASK_STATE_COMPLETED" not in frames:
            frames += str(socket.recv(30))
    return frames


def test_a_model_is_asked_for_a_stream_where_the_surface_hands_its_words_on(serve: Serve) -> None:
    """Each surface, whole and streamed: the words are the same, and whoever only waits is answered in one piece."""
    fake = FakeOpenAI(*[says(SAID)] * 20)
    with fake.in_thread():
        server = serve(NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="fake")

        def asked(answer: str) -> bool:
            assert SAID.rpartition(" ")[2] in answer
            # What passes through says it where its caller does.
            return fake.asked[-1].body.get("stream", False)

        assert asked(sent(server, "/chat", TURN)) is False
        assert asked(sent(server, "/chat", TURN, Accept="text/event-stream")) is True
        assert asked(over_a2a(server, "SendMessage")) is False
        assert asked(over_a2a(server, "SendStreamingMessage")) is True
        assert asked(json.dumps(over_mcp(server.url, "chat.send_message", TURN))) is False
        assert asked(json.dumps(over_mcp(server.url, "chat.send_message", TURN, progress=True))) is True
        turn = {"messages": [{"role": "user", "content": "hi"}], "model": "local:fake"}
        assert asked(sent(server, "/v1/chat/completions", turn)) is False
        assert asked(sent(server, "/v1/chat/completions", {**turn, "stream": True})) is True
        assert asked(sent(server, "/models/generate-text", {"prompt": "hi"})) is False
        assert asked(sent(server, "/models/stream-text", {"prompt": "hi"}, Accept="text/event-stream")) is True


def test_who_wants_talk_alone_is_answered_without_operations(serve: Serve) -> None:
    """The model is offered none and told of none; else it is; an answer again is as the first was."""
    fake = FakeOpenAI(*[says(SAID)] * 4)
    with fake.in_thread():
        server = serve(NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="fake")
        sent(server, "/chat", TURN)
        assert fake.asked[-1].body["tools"]
        talk = json.loads(sent(server, "/chat", {**TURN, "operations": False}))
        assert fake.asked[-1].body["messages"] == [{"role": "user", "content": TURN["message"]}]
        assert "tools" not in fake.asked[-1].body
        conversation = f"/conversations/{talk['conversation_id']}/regenerate-answer"
        sent(server, conversation, {})
        assert "tools" not in fake.asked[-1].body
        sent(server, conversation, {"operations": True})
        assert fake.asked[-1].body["tools"]


def test_a_turn_that_nobody_watched_is_logged_and_replayed_like_any_other(serve: Serve) -> None:
    """Its words are one event, its step has the provider's own count, and no model is needed to come to it again."""
    fake = FakeOpenAI(says(SAID))
    with fake.in_thread():
        server = serve(NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="fake")
        run_id = json.loads(sent(server, "/chat", TURN))["run_id"]
    frames = sent(server, f"/runs/{run_id}/events", None, Accept="text/event-stream")
    bodies = [json.loads(line[6:])["body"] for line in frames.splitlines() if line.startswith('data: {"run_id"')]
    words = [body["text"] for body in bodies if body["type"] == "text_delta"]
    assert words == [SAID]
    answered = next(body for body in bodies if body["type"] == "model_answered")
    assert (answered["finish_reason"], answered["input_tokens"], answered["output_tokens"]) == ("stop", 7, 3)
    assert json.loads(sent(server, f"/runs/{run_id}/replay", None))["identical"] is True


def test_who_reads_is_known_while_they_read(tmp_path: Path) -> None:
    """Whoever waits for the end alone does not count, whoever is about to read does, until they let go."""

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        tail = Tail(store)
        log = RunLog(store, tail, "ann")
        await log.write_down("run-1", "tests.do_nothing", Nothing(), None)
        await Journal(store, "ann", "run-1", 0).commit(Warned(message="one"), state="running")
        waiting = asyncio.create_task(log.result("run-1"))
        await asyncio.sleep(0)
        events, ends = log.follow("run-1"), log.follow("run-1", live=False)
        await anext(ends)
        assert not tail.watched("run-1")
        await anext(events)
        assert tail.watched("run-1")
        assert not tail.watched("run-2")
        for one in (events, ends):
            await one.aclose()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - a generator
        assert not tail.watched("run-1")
        about = tail.expect("run-1")
        assert tail.watched("run-1")
        del about
        assert not tail.watched("run-1")
        waiting.cancel()
        await asyncio.wait([waiting])
        await store.close()

    asyncio.run(asyncio.wait_for(body(), 120))


def test_a_process_that_shares_its_database_cannot_know(tmp_path: Path) -> None:
    """Another process may have the reader: its words are asked for as they come."""

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        assert Tail(store, shared=True).watched("run-1")
        await store.close()

    asyncio.run(asyncio.wait_for(body(), 120))
