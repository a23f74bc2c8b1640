"""A run's log as the protocol's updates: a pure function of the log, the same when it is replayed.

Source: https://agentclientprotocol.com/protocol/prompt-turn
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, cast

from nis_backend.errors import from_problem
from nis_backend.event import (
    ApprovalRequired,
    Approved,
    CancelledRun,
    Failed,
    InputRequired,
    ModelAnswered,
    ReasoningDelta,
    Rejected,
    StepRetried,
    Succeeded,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    Warned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.errors import NisError
    from nis_backend.event import Event
    from nis_backend.operation import Json

    Stop = Literal["end_turn", "max_tokens", "cancelled"]

LONGEST_CONTENT = 20_000
"""Characters of a tool's result that are shown; `rawOutput` has all of it."""


class View:
    """The updates of a log as it comes."""

    def __init__(self, run_id: str) -> None:
        self.stop: Stop | None = None
        """Why the turn has ended, once it has."""
        self.failure: NisError | None = None
        """Why there is no answer."""
        self._run = run_id
        self._said = False
        self._reason = ""
        self._calls: set[str] = set()

    def of(self, event: Event) -> Iterator[Json]:  # noqa: C901, PLR0912 - one branch a kind of entry
        """The updates of one entry."""
        match event.body:
            case TextDelta() as body:
                self._said = True
                yield self._words("agent_message_chunk", body.step, body.text)
            case ReasoningDelta() as body:
                yield self._words("agent_thought_chunk", body.step, body.text)
            case Warned() as body:
                yield self._words("agent_thought_chunk", event.seq, f"{body.message}\n")
            case StepRetried() as body:
                # Nothing that was said can be taken back.
                yield self._words(
                    "agent_message_chunk", event.seq, "\n\n*The answer above was cut, and begins again.*\n\n"
                )
            case ModelAnswered() as body:
                self._reason = body.finish_reason
            case ToolCalled() as body:
                yield self._called(body.call_id, body.operation, body.arguments, "in_progress")
            case ApprovalRequired() as body if self.call_name(body.call_id) in self._calls:
                yield self._update(body.call_id, status="pending")
            case ApprovalRequired() as body:
                yield self._called(body.call_id, body.operation or body.reason, body.arguments, "pending")
            case Approved() as body:
                yield self._update(body.call_id, status="in_progress")
            case Rejected() as body:
                yield self._update(body.call_id, status="failed")
            case ToolAnswered() as body:
                yield self._answered(body)
            case InputRequired() as body if body.call_id:
                yield self._words("agent_message_chunk", event.seq, _wanted(self._run, body))
                self.stop = "end_turn"
            case Succeeded() as body:
                yield from self._last(event.seq, body.result)
            case CancelledRun():
                self.stop = "cancelled"
            case Failed() as body:
                self.failure = from_problem(body.problem)
            case _:
                pass

    def call_name(self, call_id: str) -> str:
        """What a call is called in the session: providers number those of each answer from the first."""
        return f"{self._run}:{call_id}"

    def _words(self, kind: str, place: int, text: str) -> Json:
        return {
            "sessionUpdate": kind,
            "messageId": f"{self._run}:{kind}:{place}",
            "content": {"type": "text", "text": text},
        }

    def _called(self, call_id: str, title: str, arguments: Json, status: str) -> Json:
        self._calls.add(self.call_name(call_id))
        told = {"title": title, "kind": "other", "status": status, "rawInput": arguments}
        return {"sessionUpdate": "tool_call", "toolCallId": self.call_name(call_id), **told}

    def _update(self, call_id: str, **what: Any) -> Json:  # Any: JSON
        return {"sessionUpdate": "tool_call_update", "toolCallId": self.call_name(call_id), **what}

    def _answered(self, body: ToolAnswered) -> Json:
        if body.problem is not None:
            text = f"{body.problem.get('detail', '')} {body.problem.get('remedy', '')}".strip()
            given: Any = body.problem
        else:
            given = body.result
            text = json.dumps(given, indent=2, ensure_ascii=False)
            if len(text) > LONGEST_CONTENT:
                text = f"{text[:LONGEST_CONTENT]}…"
        status = "completed" if body.problem is None else "failed"
        content = [{"type": "content", "content": {"type": "text", "text": text}}]
        return self._update(body.call_id, status=status, content=content, rawOutput=given)

    def _last(self, seq: int, result: Any) -> Iterator[Json]:  # Any: JSON
        self.stop = "max_tokens" if self._reason == "length" else "end_turn"
        told = cast("Json", result) if isinstance(result, dict) else {}
        if not self._said and told.get("response"):
            yield self._words("agent_message_chunk", seq, str(told["response"]))


def _wanted(run_id: str, body: InputRequired) -> str:
    """What the run waits for: the protocol has no question but for leave."""
    missing = f" ({', '.join(body.missing)})" if body.missing else ""
    question = body.question or f"{body.operation or 'This'} wants something{missing}."
    return f"{question}\n\nIt waits for the answer: `nis runs provide-input {run_id}`, or the console."
