"""A run's log as an editor is told it: what a whole turn over pipes does not show."""

from __future__ import annotations

from typing import Any

import pytest

from nis_backend.errors import NotFound
from nis_backend.event import (
    ApprovalRequired,
    Body,
    CancelledRun,
    Event,
    Failed,
    InputRequired,
    ModelAnswered,
    Rejected,
    StepRetried,
    Succeeded,
    TextDelta,
    Warned,
)
from nis_backend.surfaces.acp.view import View

REPLY = {"response": "Four."}


def told(*bodies: Body) -> tuple[View, list[dict[str, Any]]]:
    """The view after these entries, and its updates."""
    view = View("run-1")
    events = [Event(run_id="run-1", seq=seq, time=0, attempt=1, body=body) for seq, body in enumerate(bodies, 1)]
    return view, [update for event in events for update in view.of(event)]


def words(updates: list[dict[str, Any]], kind: str = "agent_message_chunk") -> list[str]:
    """The texts of a kind."""
    return [one["content"]["text"] for one in updates if one["sessionUpdate"] == kind]


@pytest.mark.parametrize(
    ("bodies", "stop"),
    [
        ((Succeeded(result=REPLY),), "end_turn"),
        ((ModelAnswered(step=1, finish_reason="length"), Succeeded(result=REPLY)), "max_tokens"),
        ((ModelAnswered(step=1, finish_reason="stop"), Succeeded(result=REPLY)), "end_turn"),
        ((CancelledRun(),), "cancelled"),
        ((InputRequired(operation="a.b", missing=["x"], call_id="input-1"),), "end_turn"),
        ((InputRequired(operation="a.b", missing=["x"]),), None),
        ((Failed(problem=NotFound("No.").problem()),), None),
    ],
)
def test_a_turn_ends_with_the_reason_that_is_true(bodies: tuple[Body, ...], stop: str | None) -> None:
    """Source: https://agentclientprotocol.com/protocol/prompt-turn#stop-reasons; a failure is an error, no reason."""
    view, _ = told(*bodies)
    assert view.stop == stop
    assert isinstance(view.failure, NotFound) == isinstance(bodies[-1], Failed)


def test_an_answer_that_was_not_streamed_is_told_at_its_end_and_one_that_was_is_not_told_twice() -> None:
    """Promise: each answer once."""
    assert words(told(Succeeded(result=REPLY))[1]) == ["Four."]
    assert words(told(TextDelta(step=1, text="Four."), Succeeded(result=REPLY))[1]) == ["Four."]


def test_words_that_were_cut_are_said_to_be_so() -> None:
    """Promise: nothing can be taken back, so a line stands between; a warning is no word of the answer."""
    retried = StepRetried(step=1, attempt=2, reason="The server stopped.")
    _, updates = told(TextDelta(step=1, text="On"), retried, TextDelta(step=1, text="One."), Warned(message="Mind."))
    assert words(updates)[0::2] == ["On", "One."]
    assert "begins again" in words(updates)[1]
    assert words(updates, "agent_thought_chunk") == ["Mind.\n"]


def test_a_question_without_a_call_is_a_call_of_its_own() -> None:
    """Promise: what an operation asks itself is asked about as a call, whose end is told."""
    asked = ApprovalRequired(step=0, call_id="approval-1", operation="deeds.do_deed", arguments={}, reason="May I?")
    _, updates = told(asked, Rejected(call_id="approval-1"))
    assert [(one["sessionUpdate"], one["status"]) for one in updates] == [
        ("tool_call", "pending"),
        ("tool_call_update", "failed"),
    ]
    assert {one["toolCallId"] for one in updates} == {"run-1:approval-1"}
