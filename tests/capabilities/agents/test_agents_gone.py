"""Agents that are gone before their runs begin, what is said before them, and their turns answered again."""

from __future__ import annotations

from typing import Any

from conftest import Serve
from fake_openai import FakeOpenAI, says
from rest_client import ask, done, followed

Json = dict[str, Any]
CLERK: Json = {"name": "clerk", "instructions": "You are a clerk.", "model": "local:words"}


def test_a_run_whose_agent_is_gone_before_it_begins_says_so(serve: Serve) -> None:
    """Promise of delete_agent: what waits for its beginning fails, by a failure that names the agent and its version.

    And of run_agent: what was said before is bounded in all, as of a message to the chat.
    """
    with FakeOpenAI(says("Yes."), models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        made = done(server, "POST", "/agents", CLERK)
        later = {"operation": "agents.run_agent", "arguments": {"id": "clerk", "message": "Well?"}, "approval": "Sure?"}
        run_id = done(server, "POST", "/runs/start-run", later)["id"]
        much = [{"role": "user", "content": "x" * 100_000}] * 5
        refused = ask(server, "POST", "/agents/clerk/run", {"message": "Well?", "earlier": much})
        done(server, "DELETE", f"/agents/{made['id']}")
        # Another of its name is another.
        done(server, "POST", "/agents", CLERK)
        done(server, "POST", f"/runs/{run_id}/approve")
        problem = [one["body"] for one in followed(server, run_id, 0)][-1]["problem"]
    assert (refused[0], refused[2]["field"], refused[2]["value"]) == (422, "earlier", "500000")
    assert (problem["code"], problem["field"], problem["value"]) == ("conflict", "id", made["id"])
    assert "version 1" in problem["detail"]


def test_an_agents_turn_is_not_answered_again_by_the_chat(serve: Serve) -> None:
    """Promise of regenerate_answer: who has not answered a turn does not answer it again, and the way is told."""
    with FakeOpenAI(*[says("I am the clerk.")] * 3, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", CLERK)
        first = done(server, "POST", "/agents/clerk/run", {"message": "Who?", "begins": True})
        talk = first["conversation_id"]
        second = done(server, "POST", "/agents/clerk/run", {"message": "Really?", "conversation_id": talk})
        status, _, problem = ask(server, "POST", f"/conversations/{talk}/regenerate-answer", {})
        # The way that is told.
        branch = done(server, "POST", f"/conversations/{talk}/branch", {"run_id": first["run_id"]})
        again = done(server, "POST", "/agents/clerk/run", {"message": "Really?", "conversation_id": branch["id"]})
    assert (status, problem["code"], problem["field"]) == (400, "not_supported", "run_id")
    assert problem["value"] == second["run_id"]
    assert "conversations.branch_conversation" in problem["remedy"]
    assert again["agent"] == "clerk"


def test_a_dry_run_refuses_what_the_wet_one_would(serve: Serve) -> None:
    """Promise of dry_run: a definition is checked as when it is kept, and nothing is kept."""
    server = serve()
    dry = {**CLERK, "dry_run": True}
    wrong = ask(server, "POST", "/agents", {**dry, "operations": ["apples.*"]})
    assert (wrong[0], wrong[2]["field"]) == (422, "operations")
    assert done(server, "POST", "/agents", dry)["version"] == 1
    assert done(server, "GET", "/agents")["agents"] == []
    kept = done(server, "POST", "/agents", CLERK)
    assert ask(server, "POST", "/agents", dry)[0] == 409
    change = {"change": {"agents": ["nobody"]}, "dry_run": True}
    assert ask(server, "PATCH", "/agents/clerk", change)[2]["field"] == "change.agents"
    would = done(server, "PATCH", "/agents/clerk", {"change": {"steps": 3}, "dry_run": True})
    assert (would["version"], would["steps"]) == (2, 3)
    assert done(server, "GET", "/agents/clerk") == {**kept, "warnings": []}
