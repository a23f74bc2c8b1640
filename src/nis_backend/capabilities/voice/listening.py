"""Speech in a sound that is still being made: what an open microphone sends.

The sound goes to a worker of the pool `listening` a few windows at a time, and what the detector remembers comes back
with each answer: so any worker, also one that takes another's place, goes on where the last one was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.voice.endpoint import Endpoint, Heard, Limits

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Json


POOL = "listening"


class Listener:
    """What is heard in one sound: samples of 16 bits, one channel, `rate` a second."""

    def __init__(self, ctx: Context, rate: int, limits: Limits) -> None:
        self._compute = ctx.drivers.compute
        self._rate = rate
        self._endpoint = Endpoint(limits)
        self._remembered: Json = {}

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks."""
        return self._endpoint.speaking

    @property
    def speech(self) -> float:
        """Seconds of speech in what is said now."""
        return self._endpoint.speech

    @property
    def at(self) -> float:
        """Seconds of the sound that were looked at."""
        return self._endpoint.at

    async def wake(self) -> None:
        """Have the detector loaded before somebody speaks.

        Raises:
            Unavailable: its package or weight is missing.
        """
        await self._compute.call(POOL, {"pcm": b"", "rate": self._rate})

    async def hear(self, pcm: bytes) -> list[Heard]:
        """What the next samples tell.

        Raises:
            Unavailable: the detector's package or weight is missing.
            WorkerLost: its process died; the next samples start another.
        """
        answer = await self._compute.call(POOL, {"pcm": pcm, "rate": self._rate, **self._remembered})
        probabilities: list[float] = answer.pop("probabilities")
        self._remembered = answer
        return [heard for one in probabilities for heard in self._endpoint.step(one)]

    def stop(self) -> list[Heard]:
        """What is said ends here, whoever says so."""
        return self._endpoint.stop()
