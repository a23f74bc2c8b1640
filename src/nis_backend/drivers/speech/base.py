"""The contract of models beyond this machine that speak and hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.llm.answer import Usage

SpokenFormat = Literal["mp3", "opus", "flac", "wav"]


@dataclass(frozen=True, kw_only=True)
class ToSpeak:
    """A text, and how it is to be spoken."""

    text: str
    voice: str
    format: SpokenFormat
    speed: float = 1.0
    instructions: str = ""


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A text that was spoken."""

    model: str
    """Who spoke it, as `provider:name`."""
    data: bytes
    usage: Usage | None
    """None where the provider states none."""


@dataclass(frozen=True, kw_only=True)
class ToHear:
    """A sound, and what is known of it."""

    data: bytes
    name: str
    """A file's name: servers tell by its ending what the bytes are."""
    media_type: str
    seconds: float
    """How long it plays, at most."""
    language: str | None = None
    translate: bool = False
    words: bool = False
    segments: bool = False
    """Whether times are wanted, of words or of segments."""
    prompt: str = ""
    temperature: float = 0.0


@dataclass(frozen=True, kw_only=True)
class HeardWord:
    """A word, and when it is said, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, kw_only=True)
class HeardSegment:
    """A piece of what is said, in seconds; what the provider does not state is None."""

    start: float
    end: float
    text: str
    speaker: str | None = None
    average_logprob: float | None = None
    no_speech: float | None = None
    compression_ratio: float | None = None
    temperature: float | None = None


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What is said in a sound."""

    model: str
    """Who heard it, as `provider:name`."""
    text: str
    language: str
    """As the provider states it; empty where it does not."""
    segments: Sequence[HeardSegment]
    words: Sequence[HeardWord]
    usage: Usage | None
    """None where the provider states none."""


class Speech(Protocol):
    """Models that speak and hear: a provider's by its own names; the gateway's as callers name any model."""

    async def speak(self, model: str, wanted: ToSpeak) -> Spoken:
        """The text, spoken.

        Raises:
            NotFound: no provider has the model.
            NotSupported: it does not speak, or not so.
            BudgetExceeded: a cap would be crossed.
            NisError: what the provider refuses, in our words.
        """
        ...

    async def hear(self, model: str, sound: ToHear) -> Heard:
        """What is said in the sound; raises as `speak` does."""
        ...
