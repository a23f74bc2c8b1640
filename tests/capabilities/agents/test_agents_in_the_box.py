"""Agents with the model in the box, which cannot choose tools: rules choose among what the agent names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Server, running_server
from rest_client import done, followed

Json = dict[str, Any]
THROW = "How far does a ball fly at 20 m/s and 40 degrees without drag?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One with no key at all."""
    with running_server(tmp_path_factory.mktemp("boxed")) as one:
        yield one


@pytest.fixture
def runs(server: Server) -> Any:  # Any: a closure
    """Has an agent with these operations answer."""

    def run(operations: list[str], message: str) -> tuple[Json, list[Json]]:
        agent = done(
            server, "POST", "/agents", {"instructions": "Be brief.", "operations": operations, "max_tokens": 8}
        )
        answer = done(server, "POST", f"/agents/{agent['id']}/run", {"message": message})
        return answer, [event["body"] for event in followed(server, answer["run_id"], 0)]

    return run


def test_rules_choose_among_what_the_agent_names(runs: Any) -> None:
    """An answer is computed with no key at all, by an operation that the agent may use and no other."""
    answer, events = runs(["physics.*"], THROW)
    assert "40.17 m" in answer["response"]
    assert (answer["model"], answer["steps"]) == ("router", 0)
    assert [one["operation"] for one in events if one["type"] == "tool_called"] == ["physics.simulate_projectile"]
    answer, events = runs(["mathematics.*"], THROW)
    assert "40.17" not in answer["response"]
    assert not [one for one in events if one["type"] == "tool_called"]


def test_what_is_missing_is_asked_for(runs: Any) -> None:
    """Nothing that was not said is guessed."""
    answer, _ = runs(["physics.*"], "What is the period of a pendulum?")
    assert "length" in answer["response"]


def test_where_rules_find_none_the_model_talks_and_the_log_says_so(runs: Any) -> None:
    """Small talk is no operation's."""
    answer, events = runs(["physics.*"], "Hello! Who are you?")
    assert (answer["model"], answer["demonstration"]) == ("smollm2-135m-instruct", True)
    assert any("chooses no tools" in one.get("message", "") for one in events)
