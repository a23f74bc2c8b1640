"""What is said becomes turns, one by one; each is a run that is told from its log, spoken, and perhaps interrupted."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nis_backend.calling import call
from nis_backend.commands import unknown_run
from nis_backend.errors import Busy, Conflict, InternalError, NisError, shorten
from nis_backend.found import named_in
from nis_backend.run import beyond_end
from nis_backend.surfaces.turn_options import TURN
from nis_backend.surfaces.voice import wire
from nis_backend.surfaces.voice.speaking import Speaking
from nis_backend.surfaces.voice.speech import Speech
from nis_backend.surfaces.voice.stages import Stages
from nis_backend.surfaces.voice.turn import Turn
from nis_backend.surfaces.waiting import whole

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine
    from typing import Any

    from nis_backend.caller import Caller
    from nis_backend.capabilities.voice.listening import Listener
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.run import Run, RunHandle, RunLog
    from nis_backend.surfaces.answering import Answerer
    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.voice.hearing import Utterance
    from nis_backend.surfaces.voice.speaking import Send

log = logging.getLogger("nis.http")

CANCEL, FOLLOW = "runs.cancel_run", "runs.stream_events"

MOST_WAITING = 16
"""Things that were said or typed and may wait for their turns: each of them ends the answer before it."""

REMEMBERED = 2000
"""Characters of an interrupted turn that the next one is told of."""


class Dialogue:
    """The turns of one socket; it hears what is said (see `hearing.Ear`)."""

    def __init__(self, process: Process, caller: Caller, start: wire.Start, answerer: Answerer, tell: Send) -> None:
        self.start = start
        self._answerer = answerer
        self.muted = 0
        """The last turn whose sound is to be heard no more."""
        self.tasks: set[asyncio.Task[None]] = set()
        """What ends with the socket."""
        self._process = process
        self._caller = caller
        self._tell = tell
        self._speech = Speech(process, lambda: replace(self._context(), depth=1), start)
        self._conversation = start.conversation_id
        self._turn: Turn | None = None
        self._turns = 0
        self._cut: Turn | None = None
        """The turn that was interrupted last, until the next one was told of it."""
        self._order = asyncio.Lock()
        """What is said and typed becomes turns one by one, in its order."""
        self._waiting = 0
        """Things that wait for that."""
        self._clock = asyncio.get_running_loop().time
        self._active = self._clock()

    @property
    def active(self) -> float:
        """When something has happened last, by the clock: now, while a turn is under way."""
        return self._active if self._turn is None else self._clock()

    @property
    def deaf_now(self) -> bool:
        """Whether nothing is listened to, because an answer is under way."""
        return self._turn is not None and self.start.barge_in == "off"

    def wake(self, listener: Listener | None) -> None:
        """Have everything loaded that is needed; what cannot be is told."""
        if listener is not None:
            self._do(listener.wake(), "the listener")
        self._do(self._speech.wake(), "speech")

    def _context(self) -> Context:
        return self._process.context(self._caller)

    def _do(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(self._whatever(work, name), name=name)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _whatever(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Work whose failure is told, and ends nothing else."""
        try:
            await work
        except NisError as error:
            await self._tell(wire.problem_of(error.problem()))
        except Exception:
            log.exception("%s of a conversation failed", name)
            await self._tell(wire.problem_of(InternalError("nis failed to go on.").problem()))

    # -- what is heard -------------------------------------------------------------------------------------------------

    async def transcribe(self, pcm: bytes) -> str:
        """The words of a sound."""
        return await self._speech.transcribe(pcm)

    def spare(self) -> bool:
        """Whether nobody else has something transcribed or spoken."""
        return self._speech.spare()

    async def speech_started(self, at: float) -> None:
        """Somebody has begun to speak."""
        await self._tell({"type": "speech_started", "at": round(at, 3)})

    async def speech_goes_on(self, seconds: float) -> None:
        """Somebody speaks: long enough, they interrupt the answer."""
        if seconds >= self.start.interrupts_after:
            await self.interrupt("speech")

    async def speech_stopped(self, at: float) -> None:
        """Somebody has stopped speaking."""
        await self._tell({"type": "speech_stopped", "at": round(at, 3)})

    async def partly_said(self, text: str) -> None:
        """What is being said, as far as it is known."""
        await self._tell({"type": "transcript_partial", "text": text})

    async def said(self, utterance: Utterance, text: asyncio.Task[str]) -> None:
        """What was said is known soon; the next turn is that."""
        try:
            self._refuse_many()
        except Busy as error:
            await self._tell(wire.problem_of(error.problem()))
        else:
            self._do(self._hear_out(utterance, text), "an utterance")

    async def deaf(self, error: NisError) -> None:
        """Nothing can be heard any more."""
        await self._tell(wire.problem_of(error.problem()))

    def typed(self, message: str) -> None:
        """The next turn is a message that was typed.

        Raises:
            Busy: too much waits for its turn.
        """
        self._refuse_many()
        self._do(self._answer_typed(message), "a message")

    def _refuse_many(self) -> None:
        if self._waiting == MOST_WAITING:
            raise Busy(
                f"{MOST_WAITING} things that were said or typed wait for their turns: this one is left out.",
                remedy="Wait for an answer, then say it again.",
            )
        self._waiting += 1

    @asynccontextmanager
    async def _in_order(self) -> AsyncGenerator[None]:
        try:
            await self._order.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._order.release()

    async def _hear_out(self, utterance: Utterance, text: asyncio.Task[str]) -> None:
        async with self._in_order():
            # To its end, whoever is gone: see `Speech.transcribe`.
            said = await asyncio.shield(text)
            self._active = self._clock()
            stages = Stages(ended=utterance.ended, stopped=utterance.stopped, transcribed=self._active)
            answered = bool(said) and not self._passing(utterance)
            told: Json = {"seconds": round(utterance.seconds, 3), "latency": stages.heard, "answered": answered}
            await self._tell({"type": "transcript", "text": said, **told})
            if answered:
                await self._ask(said, stages)

    def _passing(self, utterance: Utterance) -> bool:
        """Whether it is a word in passing: too short to interrupt the answer that is under way."""
        turn = self._turn
        return turn is not None and not turn.interrupted and utterance.seconds < self.start.interrupts_after

    async def _answer_typed(self, message: str) -> None:
        async with self._in_order():
            self._active = self._clock()
            await self._ask(message, Stages(ended=self._active))

    # -- turns ---------------------------------------------------------------------------------------------------------

    async def _ask(self, message: str, stages: Stages) -> None:
        """Begin the next turn, once the run of the one before it has ended."""
        before = self._turn
        if before is not None:
            await self.interrupt("message")
            await before.over.wait()
        handle = await whole(self._begun(message, stages))
        self._tell_run(await handle.log.get(handle.id), handle.log, stages)

    async def _begun(self, message: str, stages: Stages) -> RunHandle:
        cut, self._cut = self._cut, None
        one, ctx = self._answerer, replace(self._context(), follows=True)
        asked: Json = {
            **one.request(wanted(self.start), ctx),
            "message": message,
            "conversation_id": self._conversation,
            # An agent's run is in no conversation unless it is told to begin one.
            "begins": self._conversation is None,
            "context": None if cut is None else {"interruption": _interruption(cut)},
            # A kept agent's run has none.
            **({"labels": {"voice": stages.heard}} if one.card is None else {}),
        }
        return await call(self._process.operations.find(one.operation), asked, ctx)

    async def resume(self, asked: wire.Resume) -> None:
        """Tell a run of the conversation from where its reader has stopped.

        Raises:
            NotFound: there is no such run in the conversation.
            InvalidRequest: its log is not as long as that.
            Busy: another turn is under way.
        """
        with named_in("run_id"):
            runs = self._context().runs
            run = await runs.get(asked.run_id)
            if not self._answerer.answered(run) or run.conversation_id != (self._conversation or run.conversation_id):
                raise unknown_run(asked.run_id)
            await runs.admit(run.id)
        with named_in("last_event"):
            if asked.last_event > run.last_seq:
                raise beyond_end(run, asked.last_event)
        if self._turn is not None or self._order.locked():
            raise Busy("Another turn is under way.", remedy="Resume when it has ended, or interrupt it.")
        self._tell_run(run, runs, Stages(ended=self._clock()), asked.last_event, asked.spoken)

    def _tell_run(self, run: Run, runs: RunLog, stages: Stages, after: int = 0, spoken: int = 0) -> None:
        """Tell a run and speak its answer, while other things are heard and said."""
        self._conversation = run.conversation_id
        self._turns += 1
        speaking = Speaking(self._turns, self._speech.synthesise, self._tell, spoken) if self.start.speaks else None
        self._turn = Turn(self._turns, run, log=runs, tell=self._tell, stages=stages, speaking=speaking, after=after)
        self._do(self._carry(self._turn), "a turn")

    async def _carry(self, turn: Turn) -> None:
        try:
            await turn.run()
        finally:
            if self._turn is turn:
                self._turn = None
            self._active = self._clock()

    async def interrupt(self, reason: Literal["speech", "message"], played: float | None = None) -> None:
        """End the answer under way; with none, or where it was interrupted, nothing is said."""
        turn = self._turn
        if turn is None or turn.interrupted:
            return
        turn.interrupt(played)
        self.muted, self._cut = turn.number, turn
        told: Json = {"turn": turn.number, "run_id": turn.run_id, "reason": reason, "heard": turn.heard}
        await self._tell({"type": "interrupted", **told})
        if self.start.barge_in != "stop_speaking" and not turn.over.is_set():
            # It may end by itself at this moment.
            with suppress(Conflict):
                await call(
                    self._process.operations.find(CANCEL), {"id": turn.run_id}, replace(self._context(), depth=1)
                )


def wanted(start: wire.Start) -> Json:
    """What is asked of who answers beside the message."""
    given = start.model_dump(include={"provider", *TURN}, exclude_unset=True)
    return {**given, "model": start.answers[1]}


def _interruption(cut: Turn) -> str:
    """What the model is told of an answer that was not heard to its end."""
    asked, heard = (shorten(text, REMEMBERED) for text in (cut.question, cut.heard))
    what = f"had heard of it only: {heard!r}" if heard else "had heard nothing of it"
    return f"The person interrupted your last answer, which was to {asked!r}, and {what}."
