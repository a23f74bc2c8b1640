"""A run's log as an A2A task: a pure function of the events."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Any

from a2a.types.a2a_pb2 import (
    ROLE_AGENT,
    ROLE_USER,
    TASK_STATE_AUTH_REQUIRED,
    TASK_STATE_CANCELED,
    TASK_STATE_COMPLETED,
    TASK_STATE_FAILED,
    TASK_STATE_INPUT_REQUIRED,
    TASK_STATE_SUBMITTED,
    TASK_STATE_WORKING,
    Artifact,
    Message,
    Part,
    Role,
    Task,
    TaskArtifactUpdateEvent,
    TaskState,
    TaskStatus,
    TaskStatusUpdateEvent,
)

from nis_backend.blob import blobs_told
from nis_backend.event import (
    ApprovalRequired,
    Approved,
    ArtifactMade,
    CancelledRun,
    CancelRequested,
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
    Started,
    StepRetried,
    Succeeded,
    Surface,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    Warned,
)
from nis_backend.held import START
from nis_backend.surfaces.a2a.drawing import data_part, draw_text
from nis_backend.surfaces.a2a.wire import REPLAY
from nis_backend.view import Audio, Image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.event import Body, Event
    from nis_backend.operation import Json
    from nis_backend.run import Run, State
    from nis_backend.surfaces.a2a.drawing import Draw

    Update = TaskStatusUpdateEvent | TaskArtifactUpdateEvent

_UNTOLD = CancelRequested | ReasoningDelta | PauseRequested | ResumeRequested | ModelCalled | ModelAnswered | Noted
"""What a task does not tell: its state says what came of it."""

ANSWER = "answer"
"""The artifact that the words of the answer make up."""
RESULT = "result"
"""The artifact with the result of the operation that the message called, as data."""

# A turn that asks for something ends all the same: its log is closed and its task COMPLETED, with the question in the
# final status message and its operation and fields in that message's metadata. INPUT_REQUIRED would promise that the
# same task goes on (specification, 3.4.3), and a closed log cannot. The answer to the question is a message with the
# same contextId, which begins a new task ("Task Immutability" in Life of a Task).
STATES: Mapping[State, TaskState] = {
    "queued": TASK_STATE_SUBMITTED,
    "running": TASK_STATE_WORKING,
    "paused": TASK_STATE_WORKING,
    "waiting": TASK_STATE_INPUT_REQUIRED,
    "succeeded": TASK_STATE_COMPLETED,
    "failed": TASK_STATE_FAILED,
    "cancelled": TASK_STATE_CANCELED,
}


class TaskFold:
    """The task that a run's events make, as far as they were applied."""

    def __init__(self, run: Run, draw: Draw, base: str = "") -> None:
        self.run = run
        self.last_seq = 0
        self.reader: object = None
        """Holds the place of a caller who is about to follow."""
        self.contents: dict[str, str] = {}
        """An address for each blob that a surface can show, where the client draws surfaces."""
        self._draw = draw
        self._base = base.rstrip("/")
        self._history = _asked(run, self._base)
        self._state = TASK_STATE_SUBMITTED
        self._message: Message | None = None
        self._time = run.created
        self._steps: dict[int, str] = {}
        self._begun = False
        self._artifacts: list[Artifact] = []
        self._asked: InputRequired | ApprovalRequired | None = None

    @property
    def draws(self) -> bool:
        """Whether its client draws surfaces, and so is given what they show."""
        return self._draw is not draw_text

    def apply(self, event: Event) -> Update | None:
        """Take the next event; the update a subscriber is sent, of which an event has one at most.

        So an event's number says exactly which updates were seen.
        """
        self.last_seq, self._time = event.seq, event.time
        body = event.body
        if isinstance(body, TextDelta):
            return self._text(body)
        if isinstance(body, StepRetried):
            return self._retry(body)
        if isinstance(body, Approved | Rejected | InputProvided):
            self._history.append(self._replied(event))
            if not (isinstance(body, InputProvided) and body.rest):
                # Nobody has taken it up yet.
                self._state, self._message = TASK_STATE_SUBMITTED, None
        if isinstance(body, _UNTOLD) or (isinstance(body, Released) and body.reason != "waiting"):
            return None
        shown = self._shown(event)
        if shown is None:
            return self._status(event)
        if not shown.parts:
            return None
        self._artifacts.append(shown)
        return self._artifact(shown)

    def _shown(self, event: Event) -> Artifact | None:
        """What the event adds to the task beside words: a surface, or the result of the operation that was called."""
        body = event.body
        if isinstance(body, Surface):
            parts = self._draw(body.views, f"{self.run.id}-{event.seq}", self.contents)
            kept = [view for view in body.views if isinstance(view, Image | Audio) and view.blob]
            parts += [self._file(view.blob, view.title, view.media_type) for view in kept]
            return Artifact(artifact_id=f"surface-{event.seq}", name="surface", parts=parts)
        if isinstance(body, ArtifactMade):
            part = self._file(body.blob_id, body.name, body.media_type, body.size)
            return Artifact(artifact_id=f"blob-{event.seq}", name=body.name, parts=[part])
        if isinstance(body, ToolAnswered) and body.problem is None and self.run.input.get("call"):
            files = [self._file(one.id, one.name, one.media_type, one.size) for one in blobs_told(body.result)]
            return Artifact(artifact_id=RESULT, name=body.operation, parts=[data_part(body.result), *files])
        return None

    def _file(self, blob: str, name: str, media_type: str, size: int | None = None) -> Part:
        return _file(self._base, blob, name, media_type, size)

    def _replied(self, event: Event) -> Message:
        """What a person has answered, as the message that it was or would have been."""
        body = event.body
        if isinstance(body, InputProvided):
            only = next(iter(body.values.values()), None) if len(body.values) == 1 else None
            part = Part(text=only) if isinstance(only, str) else data_part(body.values)
        elif isinstance(body, Rejected):
            part = Part(text=f"Rejected. {body.reason}".strip())
        else:
            part = Part(text="Approved.")
        return self._spoken(event, ROLE_USER, [part])

    def _spoken(self, event: Event, role: Role, parts: Sequence[Part], metadata: Json | None = None) -> Message:
        return Message(
            message_id=f"{self.run.id}-{event.seq}",
            context_id=context_id(self.run),
            task_id=self.run.id,
            role=role,
            parts=parts,
            metadata=metadata,
        )

    def _text(self, body: TextDelta) -> Update:
        in_order = not self._steps or body.step >= max(self._steps)
        self._steps[body.step] = self._steps.get(body.step, "") + body.text
        if not in_order:
            return self._answer(self.text)
        # The first chunk makes the artifact: appending to one that is not there is an error for some clients.
        append, self._begun = self._begun, True
        return self._answer(body.text, append=append)

    def _retry(self, body: StepRetried) -> Update:
        self._steps[body.step] = ""
        return self._answer(self.text, metadata=body.model_dump(mode="json", exclude={"type"}))

    @property
    def text(self) -> str:
        """The words so far, as `run.transcript` has them."""
        return "".join(self._steps[step] for step in sorted(self._steps))

    def _answer(self, text: str, *, append: bool = False, metadata: Json | None = None) -> Update:
        self._begun = True
        artifact = Artifact(artifact_id=ANSWER, parts=[Part(text=text)], name="" if append else ANSWER)
        return self._artifact(artifact, append=append, metadata=metadata)

    def _artifact(self, artifact: Artifact, *, append: bool = False, metadata: Json | None = None) -> Update:
        return TaskArtifactUpdateEvent(
            task_id=self.run.id,
            context_id=context_id(self.run),
            artifact=artifact,
            append=append,
            metadata=metadata,
        )

    def _status(self, event: Event) -> Update:
        body = event.body
        if isinstance(body, InputRequired | ApprovalRequired):
            self._asked = body
        # What is asked before a run begins has it wait at once; later its holder lets go of it.
        asked = isinstance(body, InputRequired | ApprovalRequired) and body.call_id == START
        waits = asked or isinstance(body, Released)
        if waits:
            self._state = waiting_state(approval=isinstance(self._asked, ApprovalRequired))
        elif isinstance(body, Succeeded):
            self._state = TASK_STATE_COMPLETED
        elif isinstance(body, Failed):
            self._state = TASK_STATE_FAILED
        elif isinstance(body, CancelledRun):
            self._state = TASK_STATE_CANCELED
        else:
            self._state = TASK_STATE_WORKING
        parts, metadata = self._said(event)
        self._message = self._spoken(event, ROLE_AGENT, parts, metadata) if parts else None
        if waits and self._message is not None:
            self._history.append(self._message)
        return self._updated()

    def _updated(self) -> TaskStatusUpdateEvent:
        return TaskStatusUpdateEvent(task_id=self.run.id, context_id=context_id(self.run), status=self._now())

    def _said(self, event: Event) -> tuple[list[Part], Json]:
        """What the status says about an event, in words, and the same as data."""
        body = event.body
        kept: Json = {
            name: value
            for name, value in body.model_dump(mode="json", exclude={"type", "step"}).items()
            if value is not None
        }
        if isinstance(body, Succeeded):
            if isinstance(self._asked, InputRequired) and not self._asked.call_id:
                return [Part(text=_question(self._asked))], self._asked.model_dump(mode="json", exclude_defaults=True)
            # A run that left neither words nor a surface (a simulation, a training) has only its result to show.
            return ([] if self._begun or self._artifacts else [data_part(body.result)]), {}
        if isinstance(body, Released) and self._asked:
            return [Part(text=_question(self._asked))], self._asked.model_dump(mode="json", exclude_defaults=True)
        text = _words(body)
        return ([Part(text=text)], kept) if text else ([], {})

    def _now(self) -> TaskStatus:
        status = TaskStatus(state=self._state, message=self._message)
        status.timestamp.FromMilliseconds(floor(self._time * 1000))
        return status

    def task(self, history_length: int | None = None) -> Task:
        """The whole task as it is at `last_seq`, with the last `history_length` messages (None: all)."""
        answer = [Artifact(artifact_id=ANSWER, name=ANSWER, parts=[Part(text=self.text)])] if self._begun else []
        task = _task(self.run, self._history, history_length, self._now(), [*answer, *self._artifacts])
        task.metadata.update({REPLAY: {"lastSeq": self.last_seq}})
        return task


def listed(run: Run, history_length: int | None = None, base: str = "") -> Task:
    """The task from its row alone: its state, what was asked, and why it failed."""
    status = TaskStatus(state=state_of(run))
    status.timestamp.FromMilliseconds(floor(run.updated * 1000))
    if run.problem:
        status.message.MergeFrom(
            Message(message_id=f"{run.id}-{run.last_seq}", context_id=context_id(run), task_id=run.id, role=ROLE_AGENT)
        )
        status.message.parts.append(Part(text=_failure(run.problem)))
    return _task(run, _asked(run, base.rstrip("/")), history_length, status, [])


def waiting_state(*, approval: bool) -> TaskState:
    """What a person is asked for: leave, or what the run may not guess."""
    return TASK_STATE_AUTH_REQUIRED if approval else TASK_STATE_INPUT_REQUIRED


def state_of(run: Run) -> TaskState:
    """The state of a run's task."""
    if run.state == "waiting":
        return waiting_state(approval=(run.waiting or {}).get("kind") == "approval")
    return STATES[run.state]


def _task(
    run: Run, history: Sequence[Message], history_length: int | None, status: TaskStatus, artifacts: Sequence[Artifact]
) -> Task:
    kept = history if history_length is None else history[max(len(history) - history_length, 0) :]
    task = Task(id=run.id, context_id=context_id(run), status=status, artifacts=artifacts, history=kept)
    task.metadata.update({"operation": run.operation})
    return task


def _file(base: str, blob: str, name: str, media_type: str, size: int | None = None) -> Part:
    """A blob as a part that the client fetches with its own key."""
    part = Part(url=f"{base}/blobs/{blob}/content", filename=name, media_type=media_type)
    if size is not None:
        part.metadata.update({"size": size})
    return part


def _asked(run: Run, base: str) -> list[Message]:
    """What was asked. Its id is made from the run's: the run keeps what was said, not its sender's number for it."""
    said = run.input.get("message")
    if not isinstance(said, str):
        return []
    attached = [
        _file(base, one["id"], one["name"], one["media_type"], one["size"])
        for one in run.input.get("attachments") or ()
    ]
    return [
        Message(
            message_id=f"{run.id}-asked",
            context_id=context_id(run),
            task_id=run.id,
            role=ROLE_USER,
            parts=[*([Part(text=said)] if said or not attached else []), *attached],
        )
    ]


def context_id(run: Run) -> str:
    """The conversation; a run outside any is a context of its own."""
    return run.conversation_id or run.id


def _words(body: Body) -> str:  # noqa: PLR0911 - one line a kind of event
    """What a status says of an event; empty for the rest."""
    match body:
        case ToolCalled():
            return f"Calling {body.operation}."
        case ToolAnswered():
            told = f"failed: {_failure(body.problem)}" if body.problem else "answered."
            return f"{body.operation} {told}"
        case Progressed():
            return f"{body.fraction:.0%} {body.message}".strip()
        case InputRequired() | ApprovalRequired():
            return _question(body)
        case RetryScheduled():
            return f"Tried again: {_failure(body.problem)}"
        case Warned():
            return body.message
        case Failed():
            return _failure(body.problem)
        case Started() if body.attempt > 1:
            return f"Begun again, attempt {body.attempt}."
        case _:
            return ""


def _failure(problem: Mapping[str, Any]) -> str:  # Any: a problem document's members differ in type
    return f"{problem.get('detail', 'It failed.')} {problem.get('remedy', '')}".strip()


def _question(asked: InputRequired | ApprovalRequired) -> str:
    if isinstance(asked, ApprovalRequired):
        return f"{asked.operation} needs approval: {asked.reason}"
    if asked.call_id:
        return f"{asked.operation} needs {', '.join(asked.missing)}."
    return f"{asked.operation} needs {', '.join(asked.missing)}. Say it in a message with the same contextId."
