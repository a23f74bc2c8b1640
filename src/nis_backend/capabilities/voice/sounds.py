"""What the operations on sounds take and give."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Unit
from nis_backend.blob import Blob
from nis_backend.errors import InvalidRequest
from nis_backend.limits import Sound
from nis_backend.operation import Model
from nis_backend.view import Grid

Format = Literal["wav", "flac", "ogg", "opus", "mp3"]
"""Files that are written: 16 bits as WAV or FLAC, Vorbis or Opus in Ogg, MPEG layer III."""

Audio = Annotated[Blob, Sound(), Field(description="The sound: WAV, FLAC, Ogg (Vorbis or Opus), MP3 or AIFF.")]
From = Annotated[
    Annotated[float, Unit("s")] | None,
    Field(
        default=None, ge=0, le=86_400, description="Where to begin, in seconds of the sound; unset, at its beginning."
    ),
]
Until = Annotated[
    Annotated[float, Unit("s")] | None,
    Field(default=None, gt=0, le=86_400, description="Where to end, in seconds of the sound; unset, at its end."),
]
Level = Annotated[float, Unit("decibel")] | None


class FactsRequest(Model):
    """A sound to be measured."""

    audio: Audio
    silence: Annotated[float, Unit("decibel")] = Field(
        default=-50.0, ge=-120, le=0, description="Level in dBFS below which 10 ms count as silent."
    )


class AudioFacts(Model):
    """What a sound is like. Levels are in decibels of full scale (dBFS): 0 is the largest number there is."""

    duration: Annotated[float, Unit("s")] = Field(description="How long it plays.")
    sample_rate: int = Field(description="Samples a second in each channel, Hz.")
    channels: int
    samples: int = Field(description="Samples in each channel.")
    container: str = Field(description="The kind of file: WAV, FLAC, OGG, MPEG …")
    codec: str = Field(description="How samples are written in it: PCM_16, VORBIS, OPUS, MPEG_LAYER_III …")
    peak: Level = Field(description="Largest magnitude, dBFS: 20 log10 max|x|. Null where all is zero.")
    rms: Level = Field(description="Root mean square of all channels, dBFS: 10 log10 mean(x²). Null where all is zero.")
    loudness: Annotated[float, Unit("")] | None = Field(
        description="Integrated loudness in LUFS by ITU-R BS.1770-4, gated; null below 0.4 s, and where no block is "
        "above its gates."
    )
    clipped: int = Field(
        description="Samples of full scale, 32767/32768 or more, in runs of three or more in a channel: cut-off tops."
    )
    offset: Annotated[float, Unit("")] = Field(description="Mean of the samples, full scale 1.")
    silent_share: Annotated[float, Unit("")] = Field(
        description="Share of frames of 10 ms whose root mean square over all channels is below `silence`."
    )
    leading_silence: Annotated[float, Unit("s")] = Field(description="Silence before the first frame that is not.")
    trailing_silence: Annotated[float, Unit("s")] = Field(description="Silence after the last frame that is not.")


class ConversionRequest(Model):
    """A sound and what to make of it, in this order.

    Cut, trim, mix channels, resample, make louder, fade, write.
    """

    audio: Audio
    format: Format = Field(default="wav", description="File to write.")
    sample_rate: int | None = Field(
        default=None,
        ge=8000,
        le=192_000,
        description="Samples a second, Hz; unset keeps what it has. Opus and MP3 have few rates, and get the next.",
    )
    channels: Literal[1, 2] | None = Field(
        default=None, description="1 mixes all by their mean, 2 doubles a single one; unset keeps what it has."
    )
    start: From
    end: Until
    trim_silence: bool = Field(default=False, description="Whether silence at both ends goes; 50 ms of it stay.")
    silence: Annotated[float, Unit("decibel")] = Field(
        default=-50.0, ge=-120, le=0, description="Level in dBFS below which 10 ms count as silent."
    )
    gain: Level = Field(default=None, ge=-60, le=60, description="Make it louder by this, dB.")
    loudness: Annotated[float, Unit("")] | None = Field(
        default=None,
        ge=-70,
        le=-5,
        description="Normalise to this integrated loudness, LUFS (ITU-R BS.1770-4): -23 for broadcast, -16 for speech "
        "online. Less where a peak would be above -1 dBFS.",
    )
    peak: Level = Field(default=None, ge=-60, le=0, description="Normalise the largest magnitude to this, dBFS.")
    fade_in: Annotated[float, Unit("s")] = Field(default=0.0, ge=0, le=60, description="Rise from silence, linear.")
    fade_out: Annotated[float, Unit("s")] = Field(default=0.0, ge=0, le=60, description="Fall to silence, linear.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [name for name in ("gain", "loudness", "peak") if getattr(self, name) is not None]
        if len(given) > 1:
            raise InvalidRequest(
                "A sound is made louder in one way: by a gain, to a loudness or to a peak.",
                field=given[1],
                value=getattr(self, given[1]),
                remedy=f"Leave {' and '.join(given[1:])} out, or {given[0]}.",
            )
        refuse_backwards(self.start, self.end)
        return self


class Measured(Model):
    """What a sound is like, in short; levels as in audio facts."""

    duration: Annotated[float, Unit("s")]
    sample_rate: int = Field(description="Samples a second, Hz.")
    channels: int
    peak: Level = Field(description="Largest magnitude, dBFS; null where all is zero.")
    loudness: Annotated[float, Unit("")] | None = Field(
        description="Integrated loudness, LUFS; null where it has none."
    )


class ConvertedAudio(Model):
    """The new sound, and what was done."""

    audio: Blob = Field(description="The file.")
    before: Measured = Field(description="The part that was taken, as it came.")
    after: Measured = Field(description="What was made of it, before a codec took anything away.")
    gain: Annotated[float, Unit("decibel")] = Field(description="By how much it was made louder, dB.")
    clipped: int = Field(description="Samples that were beyond full scale and were cut off.")
    trimmed_start: Annotated[float, Unit("s")] = Field(description="Silence that went from the beginning.")
    trimmed_end: Annotated[float, Unit("s")] = Field(description="Silence that went from the end.")


class SpectrogramRequest(Model):
    """A sound to be drawn: time to the right, frequency upwards, level as colour."""

    audio: Audio
    scale: Literal["mel", "linear"] = Field(default="mel", description="Frequencies as ears space them, or evenly.")
    start: From
    end: Until
    columns: int = Field(default=120, ge=16, le=1000, description="Steps of time.")
    rows: int = Field(default=64, ge=16, le=256, description="Bands of frequency.")
    highest: Annotated[float, Unit("Hz")] | None = Field(
        default=None, ge=200, le=96_000, description="Highest frequency; unset, half of the sample rate."
    )
    range: Annotated[float, Unit("decibel")] = Field(
        default=80.0, ge=10, le=160, description="Decibels below the loudest at which all is as dark."
    )

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        refuse_backwards(self.start, self.end)
        return self


class Spectrogram(Model):
    """The levels, and what they are."""

    chart: Grid = Field(description="A row for each band, the highest first; a number for each step of time, dB.")
    alt: str = Field(description="What it shows, for those who do not see it.")
    frequencies: list[Annotated[float, Unit("Hz")]] = Field(description="Middle of each row's band.")
    loudest: Annotated[float, Unit("decibel")] = Field(description="The greatest level; a sine of full scale has 0 dB.")
    loudest_at: Annotated[float, Unit("s")] = Field(description="Middle of the step that has it.")
    loudest_frequency: Annotated[float, Unit("Hz")] = Field(description="Of the single line that has it.")
    window: int = Field(description="Samples of each spectrum's Hann window.")
    formula: str = Field(description="What a number is.")


def refuse_backwards(start: float | None, end: float | None) -> None:
    """Refuse a part that ends before it begins."""
    if end is not None and end <= (start or 0.0):
        raise InvalidRequest(
            f"The part ends at {end:g} s, where it has not begun.",
            field="end",
            value=end,
            remedy=f"Give an end after {start or 0.0:g} s.",
        )
