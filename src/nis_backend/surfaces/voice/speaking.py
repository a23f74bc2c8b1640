"""An answer that is spoken while it is written: sentence by sentence, in time, and stopped at once.

One sentence is synthesised while the one before it goes out. What goes out is at most `AHEAD` seconds before its time:
so an interruption has little to take back, and how much was heard is known by the clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nis_backend.operation import Json
from nis_backend.surfaces.voice.sentences import Sentence, Sentences, heard
from nis_backend.surfaces.voice.wire import HEAD, pieces

AHEAD = 1.0
"""Seconds of sound that a client may have before their time: what a network's pauses need."""

PIECE = 0.1
"""Seconds of sound in a frame."""

PREPARED = 1
"""Sentences that are synthesised before their turn."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A sentence's samples: 16 bits, one channel."""

    pcm: bytes
    rate: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm) / (2 * self.rate)


Synthesise = Callable[[str], Awaitable[Sound]]
Send = Callable[["Json | bytes"], Awaitable[None]]


class Speaking:
    """The sound of one answer."""

    def __init__(self, turn: int, synthesise: Synthesise, send: Send, skip: int = 0) -> None:
        self._turn = turn
        self._synthesise = synthesise
        self._send = send
        self._sentences = Sentences(skip)
        self._clock = asyncio.get_running_loop().time
        self._wanted: asyncio.Queue[Sentence | None] = asyncio.Queue()
        self._ready: asyncio.Queue[tuple[Sentence, Sound] | Exception | None] = asyncio.Queue(PREPARED)
        self._number = 1
        self._sent: list[tuple[Sentence, float]] = []
        """Sentences that went out, and their seconds; of the last perhaps a part."""
        self._until = 0.0
        """When all that went out will have been played."""
        self._out = 0.0
        """Seconds that went out."""
        self.first_at: float | None = None
        """When the first of it went out."""
        self._skipped = skip
        self._work: asyncio.Task[None] | None = None

    def grow(self, text: str) -> None:
        """Speak on: this is the answer now."""
        for one in self._sentences.grow(text):
            self._wanted.put_nowait(one)
        self._begin()

    def finish(self, aside: str = "") -> None:
        """Nothing follows but this, which is no part of the answer."""
        for one in self._sentences.finish():
            self._wanted.put_nowait(one)
        if aside:
            self._wanted.put_nowait(Sentence(text=aside, start=len(self._sentences.text), aside=True))
        self._wanted.put_nowait(None)
        self._begin()

    async def ended(self) -> None:
        """Wait until all of it was played, by the clock, or it was stopped.

        Raises:
            NisError: a sentence could not be synthesised.
        """
        if self._work is None:
            return
        await asyncio.wait([self._work])
        if not self._work.cancelled():
            self._work.result()
            await asyncio.sleep(max(0.0, self._until - self._clock()))

    def stop(self) -> None:
        """Say no more."""
        if self._work is not None:
            self._work.cancel()

    @property
    def under_way(self) -> bool:
        """Whether somebody listens to it: some of it went out, and not all of it was played."""
        working = self._work is not None and not self._work.done()
        return self.first_at is not None and (working or self._clock() < self._until)

    def spoken(self, played: float | None = None) -> str:
        """The part of the answer that was heard: by the clock, or by the seconds that its listener has played."""
        left = self._out - max(0.0, self._until - self._clock()) if played is None else min(played, self._out)
        parts = [self._sentences.text[: self._skipped]]
        for sentence, seconds in self._sent:
            parts.append(heard(sentence, left / seconds if seconds else 1.0))
            left -= seconds
            if left <= 0:
                break
        return "".join(parts)

    def _begin(self) -> None:
        if self._work is None:
            self._work = asyncio.create_task(self._speak(), name="speaking")

    async def _speak(self) -> None:
        preparing = asyncio.create_task(self._prepare(), name="synthesising")
        try:
            while (ready := await self._ready.get()) is not None:
                if isinstance(ready, Exception):
                    raise ready
                await self._say(*ready)
        finally:
            preparing.cancel()

    async def _prepare(self) -> None:
        """Sounds in their order; what fails is raised where they go out."""
        try:
            while (sentence := await self._wanted.get()) is not None:
                await self._ready.put((sentence, await self._synthesise(sentence.words)))
            await self._ready.put(None)
        except Exception as failed:  # noqa: BLE001 - see above
            await self._ready.put(failed)

    async def _say(self, sentence: Sentence, sound: Sound) -> None:
        self._sent.append((sentence, sound.seconds))
        told: Json = {
            "type": "sentence",
            "turn": self._turn,
            "sequence": self._number,
            "text": sentence.text,
            "start": sentence.start,
            "end": sentence.end,
            "aside": sentence.aside,
            "seconds": round(sound.seconds, 3),
            "sample_rate": sound.rate,
        }
        await self._send(told)
        for piece in pieces(self._turn, self._number, sound.pcm, sound.rate, PIECE):
            await self._in_time()
            await self._send(piece)
            self._number += 1
            seconds = (len(piece) - HEAD.size) / (2 * sound.rate)
            self._until = max(self._until, self._clock()) + seconds
            self._out += seconds
            self.first_at = self.first_at or self._clock()

    async def _in_time(self) -> None:
        early = self._until - self._clock() - AHEAD
        if early > 0:
            await asyncio.sleep(early)
