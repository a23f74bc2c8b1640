"""What the operations on speech take and give."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Unit
from nis_backend.blob import Blob
from nis_backend.capabilities.voice.sounds import Audio, Format
from nis_backend.operation import Model

Seconds = Annotated[float, Unit("s")]
Share = Annotated[float, Unit("")]

LONGEST_TEXT = 5000
"""Characters that are spoken at once: some six minutes."""


class DetectionRequest(Model):
    """A sound to be searched for speech."""

    audio: Audio
    threshold: Share = Field(
        default=0.5,
        ge=0.05,
        le=0.95,
        description="Probability from which 32 ms are speech; speech goes on until it is 0.15 lower.",
    )
    min_speech: Seconds = Field(default=0.25, ge=0, le=10, description="Shorter stretches of speech are dropped.")
    min_silence: Seconds = Field(default=0.1, ge=0, le=10, description="Shorter pauses do not end a stretch.")
    pad: Seconds = Field(default=0.03, ge=0, le=2, description="Added before and after each stretch.")


class Stretch(Model):
    """A part of a sound."""

    start: Seconds
    end: Seconds


class DetectedSpeech(Model):
    """Where in a sound somebody speaks."""

    speech: list[Stretch] = Field(description="Stretches of speech, in order.")
    duration: Seconds = Field(description="How long the sound is.")
    speech_seconds: Seconds = Field(description="Sum of the stretches.")
    highest: Share = Field(description="The highest probability of speech that any 32 ms of it have.")
    model: str


class TranscriptionRequest(Model):
    """Speech to be written down."""

    audio: Audio
    language: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2,3}$",
        description="Language that is spoken, as `en` or `de`; unset, a model of many languages finds it.",
    )
    translate: bool = Field(default=False, description="Whether to write English, whatever is spoken.")
    words: bool = Field(default=False, description="Whether to say when each word is spoken.")
    subtitles: Literal["srt", "vtt"] | None = Field(default=None, description="Format of subtitles to make as well.")
    prompt: str = Field(
        default="",
        max_length=1000,
        description="Names and words that occur, or what was said before: it sways spelling.",
    )
    temperature: Share = Field(
        default=0.0, ge=0, le=1, description="Where sampling begins; it rises by 0.2 where what comes out is bad."
    )
    only_speech: bool = Field(
        default=True, description="Whether silence and noise are cut out before; a provider's model hears all of it."
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=512,
        description="A provider's model that hears, as openai:whisper-1, or a route; unset, the model of this server.",
    )


class SpokenWord(Model):
    """One word and when it is spoken."""

    text: str = Field(description="The word, with the punctuation that goes with it.")
    start: Seconds
    end: Seconds
    probability: Share | None = Field(
        description="Mean of the probabilities that the model gives the word's tokens; null where its provider does "
        "not say."
    )


class Segment(Model):
    """A piece of what is said, some seconds long; null is what the model's provider does not say."""

    start: Seconds
    end: Seconds
    text: str
    average_logprob: Share | None = Field(
        description="Mean natural logarithm of the probabilities of the tokens of its window; near 0 is sure."
    )
    no_speech: Share | None = Field(
        description="Probability that the model gives to there being no speech in its window."
    )
    compression_ratio: Share | None = Field(
        description="Bytes of its window's text over those that zlib makes of it; above 2.4 it repeats itself."
    )
    temperature: Share | None = Field(description="At which it was sampled; 0 is a search for the likeliest.")
    words: list[SpokenWord] = Field(description="Its words, where they were asked for.")
    speaker: str | None = Field(
        default=None, description="Who says it, by a label, where a model tells speakers apart."
    )


class Transcription(Model):
    """What is said in a sound."""

    text: str
    language: str = Field(description="Language of what was spoken; `und` where nobody says.")
    language_probability: Share | None = Field(
        description="Probability that the model gives to that language; null where it was given, or it knows one alone."
    )
    duration: Seconds = Field(description="How long the sound is.")
    speech_seconds: Seconds = Field(description="How much of it the model heard: without what was cut out.")
    segments: list[Segment] = Field(description="In their order; none of a provider's model that gives no times.")
    subtitles: str | None = Field(description="The subtitles, where they were asked for.")
    model: str


class SynthesisRequest(Model):
    """A text to be spoken."""

    text: str = Field(min_length=1, max_length=LONGEST_TEXT, description="What to say.")
    voice: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._+/-]{0,63}$",
        description="A voice by its id from the list of voices; unset takes the first for the language that can do "
        "what is asked.",
    )
    language: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9-]{2,16})?$",
        description="Language of the text, as `en` or `pt-br`; unset is the voice's, or English.",
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=512,
        description="A provider's model that speaks, as openai:gpt-4o-mini-tts, or a route; unset, the voices of this "
        "server. Then `voice` is one of that provider's, alloy where it is unset.",
    )
    instructions: str | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="How to say it, in words: for a provider's model that takes them.",
    )
    rate: float = Field(
        default=1.0,
        ge=0.25,
        le=4,
        description="How fast: 1 is the voice's usual pace, 2 twice that; as near to it as the voice can.",
    )
    pitch: int = Field(default=50, ge=0, le=99, description="How high, 50 is usual; only voices of espeak change it.")
    volume: int = Field(default=100, ge=0, le=200, description="How loud, in percent.")
    ssml: bool = Field(default=False, description="Whether the text is SSML; only voices of espeak read it.")
    format: Format = Field(default="wav", description="File to write.")
    sample_rate: int | None = Field(
        default=None, ge=8000, le=48_000, description="Samples a second, Hz; unset is the voice's own."
    )


class SynthesizedSpeech(Model):
    """A text, spoken."""

    audio: Blob = Field(description="The sound, one channel.")
    duration: Seconds = Field(description="How long it plays.")
    sample_rate: int = Field(description="Samples a second, Hz.")
    voice: str = Field(description="Whose voice it is.")
    language: str = Field(description="`und` where a provider's model has found it by itself.")
    rate: Annotated[float, Unit("")] = Field(
        description="How fast it is: 1 is the voice's usual pace. Of a provider's model, what it was asked for."
    )
    engine: Literal["espeak", "piper", "provider"] = Field(description="What spoke it.")
    model: str | None = Field(default=None, description="The provider's model that spoke it, as provider:name.")


class VoicesRequest(Model):
    """Which voices."""

    language: str | None = Field(
        default=None, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9-]{2,16})?$", description="Only those that speak this language."
    )


class Voice(Model):
    """Somebody who speaks."""

    id: str = Field(description="What to give as `voice`.")
    name: str
    language: str = Field(description="Its first language.")
    gender: str = Field(description="M, F, or empty where it is not said.")
    engine: Literal["espeak", "piper"]


class VoiceList(Model):
    """The voices there are; the first of a language is the one that is taken."""

    voices: list[Voice]
