"""What happens in a run: every kind of event, and the words that a log of them leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from nis_backend.operation import Model
from nis_backend.view import View


class Started(Model):
    """The run has begun, or begun again under a new attempt."""

    type: Literal["started"] = "started"
    operation: str
    attempt: int


class TextDelta(Model):
    """Words of the answer, in order within their step."""

    type: Literal["text_delta"] = "text_delta"
    step: int
    text: str


class ReasoningDelta(Model):
    """What a model thinks before it answers, in order within its step: no words of the answer."""

    type: Literal["reasoning_delta"] = "reasoning_delta"
    step: int
    text: str


class ModelCalled(Model):
    """A model was asked."""

    type: Literal["model_called"] = "model_called"
    step: int
    provider: str
    model: str
    digest: str = Field(default="", description="SHA-256 of what it was asked.")


class WantedCall(Model):
    """A function that a model wants called; `arguments` is the text as the model wrote it."""

    id: str
    name: str
    arguments: str


class ModelAnswered(Model):
    """A model's answer is whole, or it has none; token counts are the provider's own, null when it states none."""

    type: Literal["model_answered"] = "model_answered"
    step: int
    finish_reason: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = Field(default=0, description="Of the input: those that the provider had in its cache.")
    reasoning_tokens: int = Field(default=0, description="Of the output: those that it thought with.")
    answered_by: str = Field(default="", description="Which model answered, as provider:model, where a route chose it.")
    cost: int | None = Field(default=None, description="In billionths of a dollar; null where no price is known.")
    cache: Literal["", "hit", "shared"] = Field(
        default="",
        description="`hit`: the route has kept it; `shared`: another call was getting it. Tokens are the first call's.",
    )
    reasoning: list[dict[str, str]] = Field(
        default_factory=list[dict[str, str]], description="What the model wants to see again with this turn."
    )
    logprobs: list[dict[str, Any]] = Field(  # Any: JSON
        default_factory=list[dict[str, Any]], description="How likely each token of its words was, where it was asked."
    )
    tool_calls: list[WantedCall] = Field(default_factory=list[WantedCall])
    problem: dict[str, Any] | None = None  # Any: a problem document


class ToolCalled(Model):
    """An operation was called by the agent."""

    type: Literal["tool_called"] = "tool_called"
    step: int
    call_id: str
    operation: str
    arguments: dict[str, Any]  # Any: JSON


class ToolAnswered(Model):
    """The operation's result, or the problem it answered."""

    type: Literal["tool_answered"] = "tool_answered"
    step: int
    call_id: str
    operation: str
    result: Any = None  # Any: JSON
    problem: dict[str, Any] | None = None  # Any: a problem document


class HandedOff(Model):
    """An agent has handed the conversation to another one, which goes on in the same run."""

    type: Literal["handed_off"] = "handed_off"
    step: int
    call_id: str
    agent: str = Field(description="Who had the conversation: the agent's name.")
    to: str = Field(description="Who has it now.")
    to_id: str
    version: int = Field(description="Of the agent that has it now.")
    reason: str = Field(default="", description="Why, as the model said.")


class ArgumentsMended(Model):
    """A model got a tool's arguments wrong: what is certain was mended, or it was shown their schema."""

    type: Literal["arguments_mended"] = "arguments_mended"
    step: int
    call_id: str
    tool: str = Field(description="As the model calls it.")
    changes: list[str] = Field(description="What was mended, field by field.")
    shown: bool = Field(description="Whether the model was shown the schema, to call the tool once more.")


class Compacted(Model):
    """A conversation neared what its model takes, and was made shorter before the step.

    Tokens are estimated: bytes by those of a token of this conversation, as its provider counted last, else three.
    """

    type: Literal["compacted"] = "compacted"
    step: int
    results: int = Field(description="Old results of tools that were shortened.")
    turns: int = Field(description="Turns, calls with their results among them, that a summary stands for now.")
    tokens_before: int
    tokens_after: int
    takes: int = Field(description="Tokens that the model takes, or that are allowed it.")


class Progressed(Model):
    """How far a long step is."""

    type: Literal["progress"] = "progress"
    fraction: float = Field(ge=0, le=1)
    message: str = ""
    values: dict[str, float] = Field(
        default_factory=dict[str, float],
        description="What is measured on the way, by its name: numbers that make a curve, such as a loss.",
    )


class Surface(Model):
    """Something to look at: views in the order they are shown."""

    type: Literal["surface"] = "surface"
    views: list[View]


class InputRequired(Model):
    """The agent asks for what it may not guess; the last view of the surface before is the form.

    With a `call_id` the run waits for `input_provided`; without, the run ends with the question.
    """

    type: Literal["input_required"] = "input_required"
    operation: str
    missing: list[str]
    call_id: str = ""
    question: str = ""
    calls: list[WantedCall] = Field(
        default_factory=list[WantedCall], description="Functions of the caller's: what is missing is what they answer."
    )


class ApprovalRequired(Model):
    """A person has to allow it before the run goes on."""

    type: Literal["approval_required"] = "approval_required"
    step: int
    call_id: str
    operation: str
    arguments: dict[str, Any]  # Any: JSON
    reason: str


class Noted(Model):
    """A value that was computed once and is handed out again: a time, an id, a choice."""

    type: Literal["noted"] = "noted"
    name: str
    value: Any  # Any: JSON


class ArtifactMade(Model):
    """The run has made a file: it is a blob of the run's owner."""

    type: Literal["artifact"] = "artifact"
    blob_id: str
    name: str
    media_type: str
    size: int


class StepRetried(Model):
    """The step was cut and begins again: it supersedes the text that the step has left so far."""

    type: Literal["step_retried"] = "step_retried"
    step: int
    attempt: int
    reason: str


class Warned(Model):
    """Something the reader should know, which did not stop the run."""

    type: Literal["warning"] = "warning"
    message: str
    aside: bool = Field(
        default=False,
        description="Whether it is about what goes on around the run, a budget say, and no word of its own.",
    )


class CancelRequested(Model):
    """A command, appended by anyone who may: the holder reads it and stops."""

    type: Literal["cancel_requested"] = "cancel_requested"


class PauseRequested(Model):
    """A command: the run rests until it is resumed."""

    type: Literal["pause_requested"] = "pause_requested"


class ResumeRequested(Model):
    """A command: the run goes on."""

    type: Literal["resume_requested"] = "resume_requested"


class Approved(Model):
    """A command: what `approval_required` asked for is allowed."""

    type: Literal["approved"] = "approved"
    call_id: str


class Rejected(Model):
    """A command: what `approval_required` asked for is refused."""

    type: Literal["rejected"] = "rejected"
    call_id: str
    reason: str = ""


class InputProvided(Model):
    """A command: what `input_required` asked for."""

    type: Literal["input_provided"] = "input_provided"
    call_id: str
    values: dict[str, Any]  # Any: JSON
    rest: list[str] = Field(default_factory=list[str], description="What the run still waits for, of a part.")


class RetryScheduled(Model):
    """It has failed and is tried again from where it failed."""

    type: Literal["retry_scheduled"] = "retry_scheduled"
    at: float = Field(description="Not before this time, seconds since 1970, UTC.")
    problem: dict[str, Any]  # Any: a problem document


class Released(Model):
    """The holder has let go of the run: it goes on elsewhere, or once it is resumed or answered."""

    type: Literal["released"] = "released"
    reason: Literal["shutdown", "paused", "waiting"]


class Succeeded(Model):
    """The end: the operation's result."""

    type: Literal["succeeded"] = "succeeded"
    result: Any  # Any: JSON


class Failed(Model):
    """The end: the problem document."""

    type: Literal["failed"] = "failed"
    problem: dict[str, Any]  # Any: a problem document


class CancelledRun(Model):
    """The end: it was cancelled."""

    type: Literal["cancelled"] = "cancelled"


Body = Annotated[
    Started
    | TextDelta
    | ReasoningDelta
    | ModelCalled
    | ModelAnswered
    | ToolCalled
    | ToolAnswered
    | HandedOff
    | ArgumentsMended
    | Compacted
    | Progressed
    | Surface
    | InputRequired
    | ApprovalRequired
    | Noted
    | ArtifactMade
    | StepRetried
    | Warned
    | CancelRequested
    | PauseRequested
    | ResumeRequested
    | Approved
    | Rejected
    | InputProvided
    | RetryScheduled
    | Released
    | Succeeded
    | Failed
    | CancelledRun,
    Field(discriminator="type"),
]


class Event(Model):
    """One entry of a run's log; it has its number because it is committed."""

    run_id: str
    seq: int = Field(ge=1, description="Its number in the run: 1, 2, 3, …")
    time: float = Field(
        description="When it was written down, seconds since 1970, UTC; in a database that processes share, committed."
    )
    attempt: int = Field(ge=0, description="Which holder wrote it; commands carry the attempt they met.")
    body: Body

    @property
    def terminal(self) -> bool:
        """Whether nothing follows it."""
        return isinstance(self.body, Succeeded | Failed | CancelledRun)


def transcript(events: Sequence[Event]) -> str:
    """The answer's words: each step's text, without what a retried step had left."""
    steps: dict[int, str] = {}
    for event in events:
        if isinstance(event.body, TextDelta):
            steps[event.body.step] = steps.get(event.body.step, "") + event.body.text
        elif isinstance(event.body, StepRetried):
            steps[event.body.step] = ""
    return "".join(steps[step] for step in sorted(steps))
