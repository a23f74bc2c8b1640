"""Transcripts of what is being said: of the sound so far while somebody speaks, and of all of it in the end.

They never queue up: one that is under way is not joined by a second, but for a pause, whose transcript is the final one
when the silence lasts, and for the final one itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

PARTIAL_SECONDS = 0.7
"""Time between two transcripts of what is being said."""
SHORTEST = 0.5
"""Seconds of sound before the first of them."""
MOST_UNDER_WAY = 4
"""Transcripts that are made at once: who says more meanwhile is heard out when one is done."""
AT_A_PAUSE = 2
"""Transcripts that may be under way when a pause begins another."""

Sound = Callable[[float], bytes]
"""The samples of what is said, up to so many seconds."""


@dataclass(frozen=True, kw_only=True)
class _Made:
    upto: float
    task: asyncio.Task[str]
    begun: float


class Transcripts:
    """Of one utterance after the other; `tell` hears what was said so far."""

    def __init__(
        self, transcribe: Callable[[bytes], Awaitable[str]], tell: Callable[[str], Awaitable[None]] | None
    ) -> None:
        self._transcribe = transcribe
        self._tell = tell
        self._clock = asyncio.get_running_loop().time
        self._newest: _Made | None = None
        self._under_way: set[asyncio.Task[str]] = set()

    def partial(self, began: float, upto: float, sound: Sound) -> None:
        """Begin one of what is being said, where it is time for one."""
        due = self._newest is None or self._clock() - self._newest.begun >= PARTIAL_SECONDS
        if self._tell is not None and due and not self._under_way and upto - began >= SHORTEST:
            self._begin(upto, sound)

    def pause(self, upto: float, sound: Sound) -> None:
        """Somebody has paused: this may be all of it."""
        if len(self._under_way) < AT_A_PAUSE:
            self._begin(upto, sound)

    async def room(self) -> None:
        """Wait until one more may be made."""
        while len(self._under_way) >= MOST_UNDER_WAY:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    def final(self, upto: float, sound: Sound) -> asyncio.Task[str]:
        """The transcript of all of it: one that was made of it before, or a new one."""
        made = self._newest
        if made is None or made.upto < upto or (made.task.done() and made.task.exception() is not None):
            made = self._begin(upto, sound)
        self._newest = None
        return made.task

    def forget(self) -> None:
        """Another utterance begins."""
        self._newest = None

    def tasks(self) -> list[asyncio.Task[str]]:
        """Those under way."""
        return list(self._under_way)

    def _begin(self, upto: float, sound: Sound) -> _Made:
        task = asyncio.create_task(self._made(upto, sound(upto)), name="transcribing")
        self._under_way.add(task)
        task.add_done_callback(self._over)
        self._newest = _Made(upto=upto, task=task, begun=self._clock())
        return self._newest

    def _over(self, task: asyncio.Task[str]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            # Whoever needs it hears of the failure; of a partial one nobody does.
            task.exception()

    async def _made(self, upto: float, pcm: bytes) -> str:
        text = await self._transcribe(pcm)
        # One that is the final one, or of an earlier utterance, is told as such or not at all.
        if self._tell is not None and text and self._newest is not None and self._newest.upto <= upto:
            await self._tell(text)
        return text
