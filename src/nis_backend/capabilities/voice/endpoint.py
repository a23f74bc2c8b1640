"""Where speech begins, pauses and ends, from how likely each 32 ms of a sound are speech.

A window counts as speech from `threshold` on, and, once somebody speaks, down to 0.15 below it: the hysteresis that
Silero's own iterator has. Source: https://github.com/snakers4/silero-vad, `VADIterator`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

WINDOW = 512
"""Samples of a window at `RATE`."""
RATE = 16_000
"""Samples a second that speech is looked for in."""
WINDOW_SECONDS = WINDOW / RATE

HYSTERESIS = 0.15
PAUSE_SECONDS = 0.2
"""Silence after which what was said may be all of it: whoever transcribes it now has it when the silence lasts."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Something about what is said; `at` is in seconds of the sound: its beginning, or the end of its last word."""

    kind: Literal["started", "paused", "resumed", "stopped"]
    at: float


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What begins and ends an utterance, in seconds."""

    threshold: float = 0.5
    start: float = 0.096
    silence: float = 0.6
    longest: float = 30.0


class Endpoint:
    """The state of one sound; `at` seconds of it were looked at."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.at = 0.0
        self.speech = 0.0
        """Seconds of speech on end, pauses left out, in what is said now."""
        self._began: float | None = None
        """Where what may become an utterance began."""
        self._speaking = False
        self._last = 0.0
        """Where the last window of speech ended."""
        self._paused = False

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks."""
        return self._speaking

    def step(self, probability: float) -> list[Heard]:
        """The next window's probability of being speech; what it tells."""
        begin, self.at = self.at, self.at + WINDOW_SECONDS
        floor = self._limits.threshold - (HYSTERESIS if self._speaking else 0.0)
        told = self._voiced(begin) if probability >= floor else self._silent()
        if self._speaking and self.at - float(self._began or 0.0) >= self._limits.longest:
            told.append(self._stop(self.at))
        return told

    def stop(self) -> list[Heard]:
        """It ends here, whoever says so."""
        return [self._stop(self._last)] if self._speaking else []

    def _voiced(self, begin: float) -> list[Heard]:
        if self._began is None:
            self._began = begin
        self._last = self.at
        self.speech += WINDOW_SECONDS
        told: list[Heard] = []
        if self._paused:
            self._paused = False
            told.append(Heard(kind="resumed", at=begin))
        if not self._speaking and self.speech >= self._limits.start - WINDOW_SECONDS / 2:
            self._speaking = True
            told.append(Heard(kind="started", at=self._began))
        return told

    def _silent(self) -> list[Heard]:
        if not self._speaking:
            self._began, self.speech = None, 0.0
            return []
        silence = self.at - self._last
        if silence >= self._limits.silence:
            return [self._stop(self._last)]
        if silence >= PAUSE_SECONDS and not self._paused:
            self._paused = True
            return [Heard(kind="paused", at=self._last)]
        return []

    def _stop(self, at: float) -> Heard:
        self._speaking = self._paused = False
        self._began, self.speech = None, 0.0
        return Heard(kind="stopped", at=at)
