"""Turns of agents that a route's kept answers answer: on a real server, its log, its death, and others beside it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engines import valkey
from fake_openai import Canned, FakeOpenAI, fails, says, wants, whole
from rest_client import ask, done, events_of, followed

if TYPE_CHECKING:
    from conftest import Serve, Server

ASKED = "Convert 5 km into miles."
CALL = wants(("physics-convert_unit", {"value": 5, "unit": "km", "to": "mile"}))


def kept(server: Server, url: str, **policy: Any) -> None:
    """A route `kept` that keeps its answers, of a provider whose prices are OpenAI's."""
    provider = {"name": "lab", "kind": "openai", "url": url, "prices": "openai", "billed": True}
    done(server, "POST", "/providers", provider)
    policy = {"cache": "exact", "retries": 0, **policy}
    done(server, "POST", "/routes", {"name": "kept", "targets": [{"model": "lab:gpt-4o-mini"}], "policy": policy})


def turn(server: Server, message: str = ASKED, **given: Any) -> Any:  # Any: JSON
    """A turn of the agent, in a conversation of its own."""
    return done(server, "POST", "/chat", {"message": message, "model": "route:kept", **given})


def answers(server: Server, run_id: str) -> list[tuple[str, int, int]]:
    """Of each answer of a model in a run's log: where it is from, its cost, its output tokens."""
    bodies = [event["data"]["body"] for event in events_of(server, "GET", f"/runs/{run_id}/events")]
    return [(body["cache"], body["cost"], body["output_tokens"]) for body in bodies if body["type"] == "model_answered"]


def replayed(server: Server, run_id: str) -> bool:
    """Whether a run's code does again what its log has."""
    return bool(done(server, "GET", f"/runs/{run_id}/replay")["identical"])


def test_an_agents_turn_is_answered_from_what_is_kept(serve: Serve) -> None:
    """The tool is called again, the model is not; the log says so, and replays."""
    with FakeOpenAI(CALL, says("It is 3.1 miles."), models=["gpt-4o-mini"]).in_thread() as upstream:
        server = serve()
        kept(server, upstream.url)
        first, second = turn(server), turn(server)
        assert second["response"] == first["response"] == "It is 3.1 miles."
        assert len(upstream.asked) == 2
        assert [cache for cache, _, _ in answers(server, first["run_id"])] == ["", ""]
        assert all(cost > 0 for _, cost, _ in answers(server, first["run_id"]))
        assert answers(server, second["run_id"]) == [("hit", 0, 3), ("hit", 0, 3)]
        tools = [
            event["data"]["body"]["type"] for event in events_of(server, "GET", f"/runs/{second['run_id']}/events")
        ]
        assert tools.count("tool_answered") == 1
        assert replayed(server, first["run_id"])
        assert replayed(server, second["run_id"])
        (figures,) = done(server, "GET", "/cache/get-statistics")["routes"]
        assert (figures["hits"], figures["misses"], figures["entries"]) == (2, 2, 2)


def test_operations_and_responses_are_answered_from_what_is_kept(serve: Serve) -> None:
    """The operation says how often; the ledger has each, and what it saved."""
    with FakeOpenAI(whole(says("Good day.")), says("Well."), models=["gpt-4o-mini"]).in_thread() as upstream:
        server = serve()
        kept(server, upstream.url)
        asked = {"prompt": "Hello?", "model": "kept"}
        found = [done(server, "POST", "/models/generate-text", asked) for _ in range(2)]
        assert [(one["text"], one["from_cache"]) for one in found] == [("Good day.", False), ("Good day.", True)]
        responses = [done(server, "POST", "/v1/responses", {"model": "kept", "input": "Hello!"}) for _ in range(2)]
        assert [one["output"][0]["content"][0]["text"] for one in responses] == ["Well.", "Well."]
        assert len(upstream.asked) == 2


def test_a_run_that_hit_and_was_killed_goes_on_from_its_log(serve: Serve) -> None:
    """The kept answer is in the log, though the cache died with its process; it replays as the rest does."""
    held = replace(says("Never."), released=asyncio.Event())
    replies = [CALL, fails(400, "No."), held, says("It is 3.1 miles.")]
    with FakeOpenAI(*replies, models=["gpt-4o-mini"]).in_thread() as upstream:
        server = serve()
        kept(server, upstream.url)
        assert ask(server, "POST", "/chat", {"message": ASKED, "model": "route:kept"})[0] != 200
        upstream.came.clear()
        sent = {"message": ASKED, "model": "route:kept"}
        status, headers, _ = ask(server, "POST", "/chat", sent, {"prefer": "respond-async"})
        assert status == 202
        run_id = headers["location"].rpartition("/")[2]
        for event in followed(server, run_id):
            if event["body"]["type"] == "model_called" and event["body"]["step"] == 2:
                break
        assert upstream.came.wait(30)
        server.kill()
        server = serve(data=server.data)
        assert events_of(server, "GET", f"/runs/{run_id}/events")[-1]["data"]["body"]["type"] == "succeeded"
        assert [cache for cache, _, _ in answers(server, run_id)] == ["hit", ""]
        assert replayed(server, run_id)


def test_servers_that_share_a_redis_share_what_is_kept(serve: Serve, free_port: int) -> None:
    """In bytes and in prompts; what is cleared on one is forgotten on the other; without it each asks for itself."""
    bytes_, words = whole(says("Bytes.")), whole(says("Words."))
    replies: list[Canned] = [bytes_, words, whole(says("Bytes!")), whole(says("Words!")), bytes_, words]
    prompt = {"prompt": "Hello?", "model": "kept"}
    chat = {"model": "kept", "messages": [{"role": "user", "content": "Hello?"}]}

    def both(server: Server) -> tuple[str, str, str, bool]:
        _, headers, answer = ask(server, "POST", "/v1/chat/completions", chat)
        told = done(server, "POST", "/models/generate-text", prompt)
        said = answer["choices"][0]["message"]["content"]
        return said, headers["x-nis-cache"], told["text"], told["from_cache"]

    with FakeOpenAI(*replies, models=["gpt-4o-mini"]).in_thread() as upstream:
        with valkey(free_port):
            one, other = (serve(REDIS_HOST="127.0.0.1", REDIS_PORT=str(free_port)) for _ in range(2))
            for server in (one, other):
                kept(server, upstream.url)
            assert both(one) == ("Bytes.", "miss", "Words.", False)
            assert both(other) == ("Bytes.", "hit", "Words.", True)
            done(one, "POST", "/cache/clear-cache", {"route": "kept"})
            assert both(other) == ("Bytes!", "miss", "Words!", False)
            assert both(one) == ("Bytes!", "hit", "Words!", True)
        assert both(one) == ("Bytes.", "miss", "Words.", False)
        assert len(upstream.asked) == 6
        assert one.log.read_text().count("answers are neither kept nor found") == 1
