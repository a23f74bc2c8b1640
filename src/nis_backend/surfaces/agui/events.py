"""A run's log as AG-UI's events: a pure function of the log, so each reader has the same ones under the same numbers.

An entry of the log may be several events: the k-th of entry n is numbered `n.k`, which is the `id` of the server-sent
event. Where a run waits, the client's run ends; what goes on with the answer is its next one, and begins with the entry
that has the answer.

Source: https://docs.ag-ui.com/spec/1.0/events
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import from_problem
from nis_backend.event import (
    ApprovalRequired,
    Approved,
    ArtifactMade,
    CancelledRun,
    Failed,
    InputProvided,
    InputRequired,
    ModelAnswered,
    ModelCalled,
    Noted,
    PauseRequested,
    Progressed,
    ReasoningDelta,
    Rejected,
    Released,
    ResumeRequested,
    RetryScheduled,
    StepRetried,
    Succeeded,
    Surface,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    Warned,
)
from nis_backend.held import START
from nis_backend.surfaces.agui.interrupts import interrupt
from nis_backend.surfaces.agui.spoken import Messages, call_name
from nis_backend.surfaces.agui.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.errors import NisError
    from nis_backend.event import Body, Event
    from nis_backend.operation import Json

VERSION = "1.0"
A2UI = "a2ui-surface"
"""The type of the activities that carry surfaces, as AG-UI's own A2UI middleware calls them."""
OPERATIONS = "a2ui_operations"
OURS = "nis"
"""What is ours in the state and in metadata stands under this name."""

_SILENT = Noted | PauseRequested | ResumeRequested | Released
"""Entries that begin no run of a client's."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whose events these are: the names that the client knows them by, and what it had before."""

    thread: str
    run: str
    run_id: str
    """The run here."""
    conversation: str | None
    parent: str | None = None
    state: Json = field(default_factory=dict[str, Any])
    before: Sequence[Json] = ()
    """The messages before those of this run."""
    joins: bool = False
    """Whether the client has not seen all of them."""


class View:
    """The events of a log as it comes."""

    def __init__(self, asked: Asked) -> None:
        self.ended = False
        """Whether the run has ended: nothing follows."""
        self.waits = False
        """Whether the client's run has ended because the run waits."""
        self._asked = asked
        self._messages = Messages(asked.run_id)
        self._usage = Usage()
        self._step: str | None = None
        self._questions: dict[str, tuple[int, InputRequired | ApprovalRequired]] = {}
        """What was asked and is not answered, by its call; a run waits for one of them at a time."""
        self._open = False
        self._ours: Json = {
            "runId": asked.run_id,
            "conversationId": asked.conversation,
            "progress": None,
            "artifacts": [],
        }
        """What of the state is ours, as it is now."""

    def of(self, event: Event, drawn: Sequence[Json] = (), waiting: Json | None = None) -> list[Json]:
        """The events of one entry; `drawn` is its surface, for who wants it, `waiting` what the run's row says."""
        if self.ended or (not self._open and _silent(event.body)):
            return []
        found: list[Json] = []
        if not self._open:
            self._open, self.waits = True, False
            found += self._begun()
        found += self._of(event, drawn, waiting or {})
        for one in found:
            one["timestamp"] = int(event.time * 1000)
        return found

    def _begun(self) -> Iterator[Json]:
        asked = self._asked
        parent = {} if asked.parent is None else {"parentRunId": asked.parent}
        yield {"type": "RUN_STARTED", **self._named, "protocolVersion": VERSION, **parent}
        ours = {**self._ours, "artifacts": [*self._ours["artifacts"]]}
        yield {"type": "STATE_SNAPSHOT", "snapshot": {**asked.state, OURS: ours}}
        if asked.joins:
            yield self._snapshot()

    @property
    def _named(self) -> Json:
        return {"threadId": self._asked.thread, "runId": self._asked.run}

    def _snapshot(self) -> Json:
        messages = [{**one} for one in (*self._asked.before, *self._messages.made)]
        return {"type": "MESSAGES_SNAPSHOT", "messages": messages}

    def _of(self, event: Event, drawn: Sequence[Json], waiting: Json) -> Iterator[Json]:  # noqa: C901, PLR0912 - one branch a kind of entry
        body = event.body
        match body:
            case ModelCalled():
                self._usage.called(body)
                yield from self._stepped(f"step {body.step}")
            case TextDelta():
                yield from self._messages.text(body.step, body.text)
            case ReasoningDelta():
                yield from self._messages.thought(body.step, body.text)
            case ModelAnswered():
                self._usage.answered(body)
                yield from self._messages.close()
            case ToolCalled():
                yield from self._messages.called(body)
            case ToolAnswered():
                yield from self._messages.answered(body, event.seq)
            case StepRetried():
                yield from self._messages.close()
                if self._messages.retract(body.step):
                    yield self._snapshot()
            case Surface() if drawn:
                yield from self._messages.close()
                content = {OPERATIONS: [*drawn]}
                message_id = f"{self._asked.run_id}-{event.seq}"
                yield {
                    "type": "ACTIVITY_SNAPSHOT",
                    "messageId": message_id,
                    "activityType": A2UI,
                    "content": content,
                }
            case Progressed():
                yield self._now("replace", "progress", body.model_dump(mode="json", exclude={"type"}))
            case ArtifactMade():
                made = body.model_dump(mode="json", exclude={"type"})
                self._ours["artifacts"].append(made)
                yield _delta("add", "artifacts/-", made)
            case InputRequired() | ApprovalRequired():
                yield from self._asks(event.seq, body, waiting)
            case Warned():
                yield {"type": "CUSTOM", "name": "nis.warning", "value": {"message": body.message}}
            case RetryScheduled():
                told = {"at": int(body.at * 1000), "problem": body.problem}
                yield {"type": "CUSTOM", "name": "nis.retry", "value": told}
            case Released(reason="waiting"):
                yield from self._rests(waiting)
            case Approved() | Rejected() | InputProvided():
                self._questions.pop(body.call_id, None)
            case Succeeded() | Failed() | CancelledRun():
                yield from self._last(body)
            case _:
                pass

    def _now(self, how: str, name: str, value: Any) -> Json:  # Any: JSON
        self._ours[name] = value
        return _delta(how, name, value)

    def _stepped(self, name: str | None) -> Iterator[Json]:
        if name == self._step:
            return
        yield from self._messages.close()
        if self._step is not None:
            yield {"type": "STEP_FINISHED", "stepName": self._step}
        self._step = name
        if name is not None:
            yield {"type": "STEP_STARTED", "stepName": name}

    def _asks(self, seq: int, body: InputRequired | ApprovalRequired, waiting: Json) -> Iterator[Json]:
        """A question: one that the run waits with is told when it does, one that ends it stands in the state."""
        if isinstance(body, InputRequired) and not body.call_id:
            yield self._now("add", "pending", {"operation": body.operation, "missing": body.missing})
            return
        self._questions[body.call_id] = seq, body
        if isinstance(body, InputRequired):
            for call in body.calls:
                yield from self._messages.wanted(step_of(body), call)
        if body.call_id == START:
            # A run that has not begun is not released either.
            yield from self._rests(waiting)

    def _rests(self, waiting: Json) -> Iterator[Json]:
        """The end of the client's run; the next one goes on with the answer."""
        yield from self._messages.close()
        yield from self._stepped(None)
        first = next(iter(self._questions.values()))
        seq, asked = self._questions.get(str(waiting.get("call_id")), first)
        calls = asked.calls if isinstance(asked, InputRequired) else []
        outcome: Json = {"type": "success"}
        if calls:
            step = step_of(asked)
            outcome["pendingToolCallIds"] = [call_name(self._asked.run_id, step, call.id) for call in calls]
        else:
            # By now the run may wait for something else.
            schema = waiting.get("schema") if waiting.get("call_id") == asked.call_id else None
            outcome = {"type": "interrupt", "interrupts": [interrupt(self._asked.run_id, seq, asked, schema)]}
        self._open, self.waits = False, True
        yield {"type": "RUN_FINISHED", **self._named, "outcome": outcome, **self._usage.told()}
        # The client's next run counts its own.
        self._usage = Usage()

    def _last(self, body: Succeeded | Failed | CancelledRun) -> Iterator[Json]:
        self.ended = True
        yield from self._messages.close()
        yield from self._stepped(None)
        if isinstance(body, Failed):
            yield {**run_error(from_problem(body.problem)), **self._usage.told()}
            return
        end: Json = {"type": "RUN_FINISHED", **self._named, **self._usage.told()}
        if isinstance(body, CancelledRun):
            yield {**end, "outcome": {"type": "cancelled"}}
        else:
            yield {**end, "outcome": {"type": "success"}, "result": _result(body.result)}


def step_of(asked: InputRequired | ApprovalRequired) -> int:
    """The step in which functions of the client's were called."""
    return int(asked.call_id.rpartition("-")[2])


def _silent(body: Body) -> bool:
    """Whether an entry begins no run of the client's; a part of what is asked for leaves the run waiting."""
    return isinstance(body, _SILENT) or (isinstance(body, InputProvided) and bool(body.rest))


def _delta(how: str, name: str, value: Any) -> Json:  # Any: JSON
    return {"type": "STATE_DELTA", "delta": [{"op": how, "path": f"/{OURS}/{name}", "value": value}]}


def _result(result: Any) -> Any:  # Any: JSON
    """What the run answers; its surfaces are activities."""
    if isinstance(result, dict) and "views" in result:
        return {name: value for name, value in cast("Json", result).items() if name != "views"}
    return cast("Any", result)


def run_error(error: NisError) -> Json:
    """A failure, with the whole problem beside it: which field, which value, what to do, whether to try again."""
    message = f"{error.message} {error.remedy}".strip()
    return {"type": "RUN_ERROR", "message": message, "code": error.code, "metadata": {OURS: error.problem()}}
