"""What a person says: the sound as it comes, where words begin and end in it, and what they are.

Sound is looked at in batches, one at a time: what comes meanwhile is the next batch. Times are seconds of the sound,
which is never silent about them: a client that pauses its sound pauses the clock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from nis_backend.errors import NisError, WorkerLost
from nis_backend.surfaces.voice.transcripts import Transcripts

if TYPE_CHECKING:
    from nis_backend.capabilities.voice.endpoint import Heard

BATCH_SECONDS = 0.096
"""Sound that is looked at together, at least: three windows."""
MOST_BATCH = 2.0
MOST_WAITING = 8.0
"""Seconds of sound that may wait; who sends faster waits in turn."""
BEFORE, AFTER = 0.3, 0.2
"""Seconds of sound before the first word and after the last that are transcribed with them."""


class Listener(Protocol):
    """Where words begin and end; see `capabilities.voice.listening.Listener`."""

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks."""
        ...

    @property
    def speech(self) -> float:
        """Seconds of speech in what is said now."""
        ...

    async def hear(self, pcm: bytes) -> list[Heard]:
        """What the next samples tell."""
        ...

    def stop(self) -> list[Heard]:
        """What is said ends here."""
        ...


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """What was said, and when."""

    seconds: float
    """Of its sound."""
    ended: float
    """When its last word had come, by the clock."""
    stopped: float
    """When it was known to have ended."""


class Ear(Protocol):
    """Who is told what is heard."""

    async def transcribe(self, pcm: bytes) -> str:
        """The words of a sound."""
        ...

    def spare(self) -> bool:
        """Whether a transcript that only shows what is being said would hold nobody up."""
        ...

    async def speech_started(self, at: float) -> None:
        """Somebody has begun to speak."""
        ...

    async def speech_goes_on(self, seconds: float) -> None:
        """Somebody speaks, for so long by now."""
        ...

    async def speech_stopped(self, at: float) -> None:
        """Somebody has stopped speaking."""
        ...

    async def partly_said(self, text: str) -> None:
        """What is being said, as far as it is known."""
        ...

    async def said(self, utterance: Utterance, text: asyncio.Task[str]) -> None:
        """What was said; its words are known soon."""
        ...

    async def deaf(self, error: NisError) -> None:
        """Nothing can be heard any more."""
        ...


class Hearing:
    """One sound of samples of 16 bits, `rate` a second; without a listener, `commit` alone ends what is said."""

    def __init__(self, rate: int, listener: Listener | None, ear: Ear, *, partials: bool, longest: float) -> None:
        self._rate = rate
        self._listener = listener
        self._ear = ear
        self._longest = longest
        self._transcripts = Transcripts(ear.transcribe, ear.partly_said if partials else None)
        self._clock = asyncio.get_running_loop().time
        self._new = bytearray()
        self._kept = bytearray()
        """The sound from `_from` on: what is said, or the little before it."""
        self._from = 0.0
        self._came = 0.0
        self._arrived: deque[tuple[float, float]] = deque()
        """Seconds of the sound that had come, and when."""
        self._there, self._room = asyncio.Event(), asyncio.Event()
        self._began: float | None = None
        self._paused = False
        self._put = self._looked = 0
        """Bytes that came, and those of them that were looked at."""
        self._commits: deque[int] = deque()
        """After how many bytes what is said ends, because the client says so."""
        self._deaf = False
        self._listening = asyncio.create_task(self._listen(), name="hearing")

    async def put(self, pcm: bytes) -> None:
        """The next samples; waits while too many of them wait."""
        while len(self._new) > self._bytes(MOST_WAITING):
            self._room.clear()
            await self._room.wait()
        if self._deaf:
            return
        self._new += pcm
        self._put += len(pcm)
        self._came += len(pcm) / (2 * self._rate)
        self._arrived.append((self._came, self._clock()))
        self._there.set()

    def commit(self) -> None:
        """What was said so far is all of it."""
        if not self._commits or self._commits[-1] < self._put:
            self._commits.append(self._put)
        self._there.set()

    def clear(self) -> None:
        """Forget what was said so far."""
        if self._listener is not None:
            self._listener.stop()
        self._came -= len(self._new) / (2 * self._rate)
        self._looked = self._put
        self._commits.clear()
        self._new.clear()
        self._forget(self._end)
        self._room.set()

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks."""
        return self._began is not None

    @property
    def waiting(self) -> int:
        """Bytes that wait to be looked at."""
        return len(self._new)

    @property
    def task(self) -> asyncio.Task[None]:
        """What listens, until it is cancelled."""
        return self._listening

    def tasks(self) -> list[asyncio.Task[str]]:
        """What is transcribed now."""
        return self._transcripts.tasks()

    # -- what is heard -------------------------------------------------------------------------------------------------

    @property
    def _end(self) -> float:
        """Where the sound ends that was looked at."""
        return self._from + len(self._kept) / (2 * self._rate)

    async def _listen(self) -> None:
        while True:
            await self._there.wait()
            self._there.clear()
            try:
                while self._commits or len(self._new) >= self._bytes(BATCH_SECONDS):
                    await self._transcripts.room()
                    await self._look()
                    if self._commits and self._looked == self._commits[0]:
                        self._commits.popleft()
                        await self._finish()
            except NisError as error:
                # What is missing is missing for the next batch too; a process that died is replaced.
                self._deaf = not isinstance(error, WorkerLost)
                self.clear()
                await self._ear.deaf(error)

    async def _look(self) -> None:
        """Look at the next batch."""
        size = self._bytes(MOST_BATCH)
        if self._commits:
            size = min(size, self._commits[0] - self._looked)
        batch = bytes(self._new[:size])
        del self._new[: len(batch)]
        self._looked += len(batch)
        self._room.set()
        self._kept += batch
        if self._listener is None:
            await self._take(batch)
        elif batch:
            for heard in await self._listener.hear(batch):
                await self._heed(heard)
            if self._listener.speaking:
                await self._ear.speech_goes_on(self._listener.speech)
        if self._began is None:
            self._trim(self._end - BEFORE - 1.0)
        elif not self._paused and self._ear.spare():
            self._transcripts.partial(self._began, self._end, self._sound)

    async def _take(self, batch: bytes) -> None:
        """Without a listener, all that comes is said."""
        if batch and self._began is None:
            self._began = self._from
            await self._ear.speech_started(self._from)
        if self._began is not None and self._end - self._began >= self._longest:
            await self._stop(self._end)

    async def _finish(self) -> None:
        """What is said ends here."""
        if self._listener is None and self._began is not None:
            await self._stop(self._end)
        elif self._listener is not None:
            for heard in self._listener.stop():
                await self._heed(heard)

    async def _heed(self, heard: Heard) -> None:
        match heard.kind:
            case "started":
                self._began = heard.at
                self._transcripts.forget()
                await self._ear.speech_started(heard.at)
            case "paused":
                self._paused = True
                self._transcripts.pause(heard.at, self._sound)
            case "resumed":
                self._paused = False
            case "stopped":
                await self._stop(heard.at)

    async def _stop(self, at: float) -> None:
        began = self._from if self._began is None else self._began
        utterance = Utterance(seconds=at - began, ended=self._when(at), stopped=self._clock())
        await self._ear.speech_stopped(at)
        text = self._transcripts.final(at, self._sound)
        self._forget(at)
        await self._ear.said(utterance, text)

    def _forget(self, at: float) -> None:
        self._began, self._paused = None, False
        self._transcripts.forget()
        self._trim(at)

    # -- the sound -----------------------------------------------------------------------------------------------------

    def _bytes(self, seconds: float) -> int:
        return 2 * max(0, round(self._rate * seconds))

    def _sound(self, upto: float) -> bytes:
        """What is said, from a little before its first word to a little after `upto`."""
        began = self._from if self._began is None else self._began
        first, last = (self._bytes(at - self._from) for at in (began - BEFORE, upto + AFTER))
        return bytes(self._kept[first:last])

    def _trim(self, at: float) -> None:
        """Let go of the sound before `at`."""
        gone = min(self._bytes(at - self._from), len(self._kept))
        del self._kept[:gone]
        self._from += gone / (2 * self._rate)
        while self._arrived and self._arrived[0][0] < self._from:
            self._arrived.popleft()

    def _when(self, at: float) -> float:
        """When this place of the sound had come, by the clock."""
        return next((when for came, when in self._arrived if came >= at), self._clock())
