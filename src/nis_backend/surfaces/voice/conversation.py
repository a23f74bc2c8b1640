"""A live conversation at `/ws/voice`: a person's sound comes in, and each thing said is a turn of chat, spoken back.

Frames of bytes are sound; frames of text are JSON objects with a `type`. `docs/voice.md` tells them all. The client's
are in `wire`; ours:

- `ready`, `error`; `speech_started`, `speech_stopped`, `transcript_partial`, `transcript`;
- of a turn, each with `turn` and `run_id`: `turn_started`, `text_delta`, `text_retracted`, `run_event`,
  `text_completed`, `sentence` and its sound, `interrupted`, `turn_completed`.

A turn is a run of `chat.send_message`, and what is told of it is read from its log: it goes on without the socket, and
`resume` tells it on over another one. A person who speaks while an answer is under way interrupts it. Closes: see
`surfaces.socket`, and 4408 when nothing has happened for long.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from typing_extensions import override

from nis_backend.calling import authorise, call
from nis_backend.capabilities.voice.listening import Listener
from nis_backend.commands import unknown_run
from nis_backend.errors import Busy, Conflict, InternalError, InvalidRequest, NisError, shorten
from nis_backend.run import beyond_end, unknown_conversation
from nis_backend.surfaces.socket import TOO_BIG, Socket
from nis_backend.surfaces.voice import wire
from nis_backend.surfaces.voice.hearing import Hearing, Utterance
from nis_backend.surfaces.voice.speaking import Speaking
from nis_backend.surfaces.voice.speech import SYNTHESISE, TRANSCRIBE, Speech
from nis_backend.surfaces.voice.stages import Stages
from nis_backend.surfaces.voice.turn import Turn
from nis_backend.surfaces.waiting import whole

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from nis_backend.caller import Caller
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.run import Run, RunHandle
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.http")

CHAT, CANCEL, FOLLOW = "chat.send_message", "runs.cancel_run", "runs.stream_events"

IDLE = 4408
"""The code a socket closes with in which nothing has happened for long."""

REMEMBERED = 2000
"""Characters of an interrupted turn that the next one is told of."""


class Conversation(Socket):
    """One socket, what is heard over it, and the turn that is answered now."""

    again = "start again with the conversation_id, and resume the run"

    def __init__(self, process: Process, socket: WebSocket, caller: Caller) -> None:
        super().__init__(process, socket)
        self._caller = caller
        self._start: wire.Start | None = None
        self._speech: Speech | None = None
        self._hearing: Hearing | None = None
        self._conversation: str | None = None
        self._turn: Turn | None = None
        self._turns = 0
        self._muted = 0
        """The last turn whose sound is not sent any more."""
        self._cut: Turn | None = None
        """The turn that was interrupted last, until the next one was told of it."""
        self._clock = asyncio.get_running_loop().time
        self._active = self._clock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._do(self._watch_idle(), "idle")

    # -- the socket ----------------------------------------------------------------------------------------------------

    @override
    def working(self) -> Iterable[asyncio.Task[None]]:
        if self._turn is not None and self._turn.speaking is not None:
            self._turn.speaking.stop()
        return [*self._tasks, *([] if self._hearing is None else [self._hearing.task])]

    @override
    def passes(self, frame: str | bytes) -> bool:
        return isinstance(frame, str) or wire.turn_of(frame) > self._muted

    @override
    async def take(self, text: str) -> None:
        self._active = self._clock()
        try:
            await self._heed(wire.read(text))
        except NisError as error:
            await self.tell(wire.problem_of(error.problem()))

    @override
    async def take_bytes(self, data: bytes) -> None:
        if len(data) > wire.MOST_BYTES:
            self.finish(TOO_BIG, f"A frame of sound has at most {wire.MOST_BYTES} bytes.")
        elif self._hearing is None:
            await self._refuse("There is sound before start.", "Send start first.", len(data))
        elif len(data) % 2:
            await self._refuse(
                "A frame of sound has an odd number of bytes.", "Send whole samples of 16 bits.", len(data)
            )
        elif not self._closed_ears:
            await self._hearing.put(data)

    @property
    def _closed_ears(self) -> bool:
        """Whether nothing is listened to while an answer is under way."""
        return self._turn is not None and self._start is not None and self._start.barge_in == "off"

    async def tell(self, frame: Json) -> None:
        """Send an object."""
        await self.send(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))

    async def _refuse(self, message: str, remedy: str, value: object) -> None:
        error = InvalidRequest(message, field="frame", value=value, remedy=remedy)
        await self.tell(wire.problem_of(error.problem()))

    def _do(self, work: Awaitable[None], name: str) -> None:
        task = asyncio.ensure_future(self._whatever(work, name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _whatever(self, work: Awaitable[None], name: str) -> None:
        """Work that the socket outlives; its failure is told."""
        try:
            await work
        except NisError as error:
            await self.tell(wire.problem_of(error.problem()))
        except Exception:
            log.exception("%s of a conversation failed", name)
            await self.tell(wire.problem_of(InternalError("nis failed to go on.").problem()))

    async def _watch_idle(self) -> None:
        while True:
            most = 300.0 if self._start is None else self._start.idle_seconds
            left = self._active + most - self._clock()
            if self._turn is not None:
                left = most
            elif left <= 0:
                self.finish(IDLE, f"Nothing has happened for {most:g} s; {self.again}.")
                return
            await asyncio.sleep(left)

    # -- what the client says ------------------------------------------------------------------------------------------

    def _context(self) -> Context:
        return self._process.context(self._caller)

    async def _heed(self, message: object) -> None:
        if isinstance(message, wire.Start):
            await self._begin(message)
            return
        hearing = self._hearing
        if hearing is None:
            raise InvalidRequest("The conversation has not begun.", field="type", remedy="Send start first.")
        match message:
            case wire.TextInput():
                self._do(self._ask(message.text, Stages(ended=self._clock())), "a turn")
            case wire.Interrupt():
                await self._interrupt("message", message.played)
            case wire.Commit():
                hearing.commit()
            case wire.Clear():
                hearing.clear()
            case wire.Resume():
                await self._resume(message)
            case _:
                raise InternalError("A frame that is known was not heeded.")

    async def _begin(self, start: wire.Start) -> None:
        if self._start is not None:
            remedy = "Open another socket for other settings."
            raise Conflict("The conversation has begun.", field="type", value="start", remedy=remedy)
        ctx = self._context()
        for name in (CHAT, FOLLOW, TRANSCRIBE, SYNTHESISE):
            authorise(ctx.operations.entry(name), ctx)
        known = start.conversation_id
        if known is not None and await ctx.store.get("conversations", known) is None:
            raise unknown_conversation(known)
        self._start, self._conversation = start, known
        self._speech = Speech(self._process, lambda: replace(self._context(), depth=1), start)
        listener = Listener(ctx, start.sample_rate, start.limits) if start.turn_detection.type == "vad" else None
        self._hearing = Hearing(
            start.sample_rate, listener, self, partials=start.partials, longest=start.longest_utterance
        )
        self._hearing.task.add_done_callback(self.broke)
        settings = start.model_dump(mode="json", exclude={"type", "conversation_id"})
        await self.tell({"type": "ready", "conversation_id": known, "settings": settings})

    async def _resume(self, asked: wire.Resume) -> None:
        ctx = self._context()
        run = await ctx.runs.get(asked.run_id)
        if run.operation != CHAT or (self._conversation or run.conversation_id) != run.conversation_id:
            unknown = unknown_run(asked.run_id)
            unknown.field = "run_id"
            raise unknown
        if asked.last_event > run.last_seq:
            raise beyond_end(run, asked.last_event)
        if self._turn is not None:
            raise Busy("Another turn is under way.", remedy="Resume when it has ended, or interrupt it.")
        self._conversation = run.conversation_id
        self._do(self._tell_run(run, Stages(ended=self._clock()), asked.last_event, asked.spoken), "a resumed turn")

    # -- what is heard -------------------------------------------------------------------------------------------------

    async def transcribe(self, pcm: bytes) -> str:
        """See `hearing.Ear`, as those below."""
        assert self._speech is not None, "nothing is heard before start"
        return await self._speech.transcribe(pcm)

    async def speech_started(self, at: float) -> None:
        """Somebody has begun to speak."""
        await self.tell({"type": "speech_started", "at": round(at, 3)})

    async def speech_goes_on(self, seconds: float) -> None:
        """Somebody speaks: long enough, they interrupt the answer."""
        assert self._start is not None, "nothing is heard before start"
        if self._turn is not None and seconds >= self._start.turn_detection.interrupt_ms / 1000:
            await self._interrupt("speech")

    async def speech_stopped(self, at: float) -> None:
        """Somebody has stopped speaking."""
        await self.tell({"type": "speech_stopped", "at": round(at, 3)})

    async def partly_said(self, text: str) -> None:
        """What is being said, as far as it is known."""
        await self.tell({"type": "transcript_partial", "text": text})

    async def said(self, utterance: Utterance, text: asyncio.Task[str]) -> None:
        """What was said is known soon; the next turn is that."""
        self._do(self._hear_out(utterance, text), "an utterance")

    async def deaf(self, error: NisError) -> None:
        """Nothing can be heard any more."""
        await self.tell(wire.problem_of(error.problem()))

    async def _hear_out(self, utterance: Utterance, text: asyncio.Task[str]) -> None:
        said = await asyncio.shield(text)
        self._active = self._clock()
        stages = Stages(ended=utterance.ended, stopped=utterance.stopped, transcribed=self._active)
        # A word in passing, which was too short to interrupt the answer, is none to be answered.
        passing = self._turn is not None and not self._turn.interrupted
        told = {"text": said, "seconds": round(utterance.seconds, 3), "latency": stages.heard, "answered": not passing}
        await self.tell({"type": "transcript", **told, "answered": bool(said) and not passing})
        if said and not passing:
            await self._ask(said, stages)

    # -- turns ---------------------------------------------------------------------------------------------------------

    async def _ask(self, message: str, stages: Stages) -> None:
        """Begin the next turn, once the one before it has ended."""
        before = self._turn
        if before is not None:
            if not before.interrupted:
                await self._interrupt("message")
            await before.over.wait()
        handle = await whole(self._begun(message, stages))
        run = await handle.log.get(handle.id)
        self._conversation = run.conversation_id
        await self._tell_run(run, stages)

    async def _begun(self, message: str, stages: Stages) -> RunHandle:
        start, cut = self._start, self._cut
        assert start is not None, "nothing is asked before start"
        self._cut = None
        asked: Json = {
            "message": message,
            "conversation_id": self._conversation,
            "context": None if cut is None else {"interruption": _interruption(cut)},
            "labels": {"voice": stages.heard},
            **start.model_dump(include={"model", "provider", "user_id", "operations", "budget"}),
        }
        return await call(self._process.operations.find(CHAT), asked, replace(self._context(), follows=True))

    async def _tell_run(self, run: Run, stages: Stages, after: int = 0, spoken: int = 0) -> None:
        assert self._start is not None, "no run is told before start"
        assert self._speech is not None, "as above"
        self._turns += 1
        speaking = Speaking(self._turns, self._speech.synthesise, self._out, spoken) if self._start.speaks else None
        turn = Turn(
            self._turns, run, ctx=self._context(), tell=self.tell, stages=stages, speaking=speaking, after=after
        )
        self._turn = turn
        try:
            await turn.run()
        finally:
            if self._turn is turn:
                self._turn = None
            self._active = self._clock()

    async def _out(self, frame: Json | bytes) -> None:
        """A part of an answer's sound, or what says of it."""
        await (self.send(frame) if isinstance(frame, bytes) else self.tell(frame))

    async def _interrupt(self, reason: Literal["speech", "message"], played: float | None = None) -> None:
        """End the answer under way; with none, or where it was interrupted, nothing is said."""
        turn, start = self._turn, self._start
        if turn is None or start is None or turn.interrupted:
            return
        turn.interrupt(played)
        self._muted, self._cut = turn.number, turn
        await self.tell(
            {"type": "interrupted", "turn": turn.number, "run_id": turn.run_id, "reason": reason, "heard": turn.heard}
        )
        if start.barge_in != "stop_speaking" and not turn.over.is_set():
            # It may have ended at this moment.
            with suppress(Conflict):
                await call(
                    self._process.operations.find(CANCEL), {"id": turn.run_id}, replace(self._context(), depth=1)
                )


def _interruption(cut: Turn) -> str:
    """What the model is told of an answer that was not heard to its end."""
    asked, heard = (shorten(text, REMEMBERED) for text in (cut.question, cut.heard))
    what = f"had heard of it only: {heard!r}" if heard else "had heard nothing of it"
    return f"The person interrupted your last answer, which was to {asked!r}, and {what}."
