"""One turn: a run of the conversation, told from its log, and its answer spoken."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal, cast

from nis_backend.errors import NisError, shorten
from nis_backend.event import (
    ApprovalRequired,
    ArtifactMade,
    CancelledRun,
    Failed,
    HandedOff,
    InputRequired,
    Progressed,
    StepRetried,
    Succeeded,
    Surface,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    Warned,
)
from nis_backend.surfaces.voice.wire import problem_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from nis_backend.event import Event
    from nis_backend.operation import Json
    from nis_backend.run import Run, RunLog
    from nis_backend.surfaces.voice.speaking import Speaking
    from nis_backend.surfaces.voice.stages import Stages

TOLD = (
    *(ToolCalled, ToolAnswered, Surface, Progressed, Warned, ArtifactMade),
    *(InputRequired, ApprovalRequired, HandedOff),
)
"""Events that are told as the log has them."""

LONGEST_ASKED = 240
"""Characters of a question that are spoken: the rest is there to be read."""

Status = Literal["succeeded", "failed", "cancelled", "waiting"]


class Turn:
    """A run that is told to its end; `after` is the last of its events that the client has seen."""

    def __init__(  # noqa: PLR0913 - what a turn is of, and who is told of it
        self,
        number: int,
        run: Run,
        *,
        log: RunLog,
        tell: Callable[[Json], Awaitable[None]],
        stages: Stages,
        speaking: Speaking | None,
        after: int = 0,
    ) -> None:
        self.number = number
        self.run_id = run.id
        self.conversation_id = run.conversation_id
        self.question = str(run.input.get("message", ""))
        """What it answers."""
        self.stages = stages
        self.speaking = speaking
        self.interrupted = False
        self._heard: str | None = None
        self.text = ""
        """The answer so far."""
        self.over = asyncio.Event()
        """Set when the run has ended, or waits for a person."""
        self._log = log
        self._tell = tell
        self._after = after
        self._clock = asyncio.get_running_loop().time
        self._steps: dict[int, str] = {}
        self._status: Status = "waiting"
        self._problem: Json | None = None

    async def run(self) -> None:
        """Tell the run, and speak its answer, until both have ended."""
        try:
            await self._tell_events()
            await self._say("text_completed", text=self.text)
            run = await self._log.get(self.run_id)
            await self._spoken(question_of(run.waiting) if self._status == "waiting" and run.waiting else "")
            await self._tell_end(run)
        finally:
            if self.speaking is not None:
                self.speaking.stop()

    async def _tell_events(self) -> None:
        try:
            await self._say("turn_started", conversation_id=self.conversation_id, message=self.question)
            events = cast("AsyncGenerator[Event]", self._log.follow(self.run_id, waits=False))
            async with aclosing(events):
                async for event in events:
                    await self._heed(event)
        finally:
            self.over.set()

    async def _tell_end(self, run: Run) -> None:
        more: Json = {} if self._problem is None else {"problem": self._problem}
        await self._say(
            "turn_completed",
            conversation_id=self.conversation_id,
            status=self._status,
            text=self.text,
            heard=self.heard,
            interrupted=self.interrupted,
            last_event=run.last_seq,
            latency=self.stages.latency,
            **(more | ({"waiting": run.waiting} if self._status == "waiting" else {})),
        )

    def interrupt(self, played: float | None = None) -> None:
        """Speak no further; `played` seconds of the sound were heard, where the client knows."""
        if self.speaking is not None:
            self._heard = self.speaking.spoken(played)
            self.speaking.stop()
        self.interrupted = True

    @property
    def heard(self) -> str:
        """The part of the answer that has reached the person."""
        if self.speaking is None:
            return self.text
        return self.speaking.spoken() if self._heard is None else self._heard

    async def _heed(self, event: Event) -> None:
        body, told = event.body, event.seq > self._after
        match body:
            case TextDelta():
                self._steps[body.step] = self._steps.get(body.step, "") + body.text
                await self._grow()
                if told:
                    await self._say("text_delta", event=event.seq, text=body.text)
            case StepRetried():
                self._steps[body.step] = ""
                await self._grow()
                if told:
                    await self._say("text_retracted", event=event.seq, text=self.text)
            case Succeeded():
                self._status = "succeeded"
                if not self.text:
                    # It was said at once, and not step by step.
                    self._steps[0] = str(body.result["response"])
                    await self._grow()
            case Failed():
                self._status, self._problem = "failed", body.problem
            case CancelledRun():
                self._status = "cancelled"
            case _ if isinstance(body, TOLD) and told:
                await self._say("run_event", event=event.seq, body=body.model_dump(mode="json"))
            case _:
                pass

    async def _grow(self) -> None:
        self.text = "".join(self._steps[step] for step in sorted(self._steps))
        if self.stages.first_token is None and self.text:
            self.stages.first_token = self._clock()
        if self.speaking is not None and not self.interrupted:
            self.speaking.grow(self.text)

    async def _spoken(self, question: str) -> None:
        """Wait until the answer was spoken, and what a person is asked, or nobody listens any more."""
        if self.speaking is None:
            return
        if not self.interrupted:
            self.speaking.finish(question)
        try:
            await self.speaking.ended()
        except NisError as error:
            await self._tell(problem_of(error.problem(), self.number))
        self.stages.first_audio = self.speaking.first_at

    async def _say(self, kind: str, **members: Json | str | float | None) -> None:
        await self._tell({"type": kind, "turn": self.number, "run_id": self.run_id, **members})


def question_of(waiting: Mapping[str, Any]) -> str:  # Any: JSON
    """What is said of a run that waits for a person."""
    if waiting.get("kind") == "input":
        missing = ", ".join(name.replace("_", " ") for name in waiting.get("missing", ()))
        asked = waiting.get("question") or f"I need to know: {missing}."
        return f"I cannot go on yet. {shorten(asked, LONGEST_ASKED)}"
    reason = waiting.get("reason") or f"I want to use {waiting.get('operation', 'an operation')}."
    return f"I wait until a person has decided. {shorten(reason, LONGEST_ASKED)}"
