"""A live conversation at `/ws/voice`: a person's sound comes in, and each thing said is a turn of chat, spoken back.

Frames of bytes are sound; frames of text are JSON objects with a `type`. `docs/voice.md` tells them all. The client's
are in `wire`; ours:

- `ready`, `error`; `speech_started`, `speech_stopped`, `transcript_partial`, `transcript`;
- of a turn, each with `turn` and `run_id`: `turn_started`, `text_delta`, `text_retracted`, `run_event`,
  `text_completed`, `sentence` and its sound, `interrupted`, `turn_completed`.

A turn is a run of the chat, or of whom `start` names, and what is told of it is read from its log: it goes on without
the socket, and `resume` tells it on over another one. A person who speaks while an answer is under way interrupts it.
Closes: see `surfaces.socket`, and 4408 when nothing has happened for long.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.calling import authorise
from nis_backend.capabilities.voice.listening import Listener
from nis_backend.errors import Conflict, InvalidRequest, NisError
from nis_backend.run import unknown_conversation
from nis_backend.surfaces.answering import answerer
from nis_backend.surfaces.socket import TOO_BIG, Socket
from nis_backend.surfaces.voice import wire
from nis_backend.surfaces.voice.dialogue import FOLLOW, Dialogue, wanted
from nis_backend.surfaces.voice.hearing import Hearing
from nis_backend.surfaces.voice.speech import SYNTHESISE, TRANSCRIBE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.websockets import WebSocket

    from nis_backend.caller import Caller
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process


IDLE = 4408
"""The code a socket closes with in which nothing has happened for long."""
UNBEGUN_SECONDS = 60.0
"""Time for the first frame."""


class Conversation(Socket):
    """One socket: what the client sends, and where it goes."""

    again = "start again with the conversation_id, and resume the run"

    def __init__(self, process: Process, socket: WebSocket, caller: Caller) -> None:
        super().__init__(process, socket)
        self._caller = caller
        self._dialogue: Dialogue | None = None
        self._hearing: Hearing | None = None
        self._clock = asyncio.get_running_loop().time
        self._opened = self._clock()
        self._watching = asyncio.create_task(self._watch_idle(), name="idle")
        self._watching.add_done_callback(self.broke)

    @override
    def working(self) -> Iterable[asyncio.Task[None]]:
        dialogue = () if self._dialogue is None else self._dialogue.tasks
        return [self._watching, *dialogue, *(() if self._hearing is None else (self._hearing.task,))]

    @override
    def passes(self, frame: str | bytes) -> bool:
        return isinstance(frame, str) or self._dialogue is None or wire.turn_of(frame) > self._dialogue.muted

    @override
    async def take(self, text: str) -> None:
        try:
            await self._heed(wire.read(text))
        except NisError as error:
            await self.tell(wire.problem_of(error.problem()))

    @override
    async def take_bytes(self, data: bytes) -> None:
        if len(data) > wire.MOST_BYTES:
            self.finish(TOO_BIG, f"A frame of sound has at most {wire.MOST_BYTES} bytes.")
        elif self._hearing is None or self._dialogue is None:
            await self._refuse("There is sound before start.", "Send start first.", len(data))
        elif len(data) % 2:
            await self._refuse(
                "A frame of sound has an odd number of bytes.", "Send whole samples of 16 bits.", len(data)
            )
        elif not self._dialogue.deaf_now:
            await self._hearing.put(data)

    async def tell(self, frame: Json | bytes) -> None:
        """Send an object, or a piece of sound."""
        if not isinstance(frame, bytes):
            await self.send(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
        else:
            await self.send(frame)

    async def _refuse(self, message: str, remedy: str, value: object) -> None:
        error = InvalidRequest(message, field="frame", value=value, remedy=remedy)
        await self.tell(wire.problem_of(error.problem()))

    async def _watch_idle(self) -> None:
        while True:
            dialogue = self._dialogue
            most = UNBEGUN_SECONDS if dialogue is None else dialogue.start.idle_seconds
            last = self._opened if dialogue is None else dialogue.active
            left = last + most - self._clock()
            if left <= 0:
                self.finish(IDLE, f"Nothing has happened for {most:g} s; {self.again}.")
                return
            # `start` may have come by then, with another idea of how long is long.
            await asyncio.sleep(min(left, 1.0) if dialogue is None else left)

    # -- what the client says ------------------------------------------------------------------------------------------

    async def _heed(self, message: wire.Message) -> None:
        if isinstance(message, wire.Start):
            await self._begin(message)
            return
        hearing, dialogue = self._hearing, self._dialogue
        if hearing is None or dialogue is None:
            raise InvalidRequest("The conversation has not begun.", field="type", remedy="Send start first.")
        match message:
            case wire.TextInput():
                dialogue.typed(message.text)
            case wire.Interrupt():
                await dialogue.interrupt("message", message.played)
            case wire.Resume():
                await dialogue.resume(message)
            case wire.Commit():
                hearing.commit()
            case wire.Clear():
                hearing.clear()

    async def _begin(self, start: wire.Start) -> None:
        if self._dialogue is not None:
            remedy = "Open another socket for other settings."
            raise Conflict("The conversation has begun.", field="type", value="start", remedy=remedy)
        ctx = self._process.context(self._caller)
        name, _ = start.answers
        one = await answerer(name, ctx)
        # What it would refuse of each turn is refused now.
        one.request(wanted(start), ctx)
        for name in (one.operation, FOLLOW, TRANSCRIBE, *((SYNTHESISE,) if start.speaks else ())):
            authorise(ctx.operations.entry(name), ctx)
        known = start.conversation_id
        if known is not None and await ctx.store.get("conversations", known) is None:
            raise unknown_conversation(known)
        dialogue = Dialogue(self._process, self._caller, start, one, self.tell)
        listener = Listener(ctx, start.sample_rate, start.limits) if start.turn_detection.type == "vad" else None
        self._hearing = Hearing(
            start.sample_rate, listener, dialogue, partials=start.partials, longest=start.longest_utterance
        )
        self._hearing.task.add_done_callback(self.broke)
        self._dialogue = dialogue
        settings = start.model_dump(mode="json", exclude={"type", "conversation_id"})
        await self.tell({"type": "ready", "conversation_id": known, "settings": settings})
        # What is missing is told now, and what is asleep wakes up before somebody waits for it.
        dialogue.wake(listener)
