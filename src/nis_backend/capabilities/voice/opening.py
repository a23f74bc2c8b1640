"""A sound as numbers, in the worker: opened within its limits, decoded block by block.

    with opened(request.audio.path, limits=request.audio.limits) as sound:
        for block in sound.blocks():              # float32, (samples, channels), full scale 1

`mono` answers a whole sound as one channel at one rate, which is what models listen to.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile  # pyright: ignore[reportMissingTypeStubs] - it has none
import soxr  # pyright: ignore[reportMissingTypeStubs] - as above

from nis_backend.errors import InvalidRequest, TooLarge, WrongMedia
from nis_backend.limits import HEAD, SOUNDS, USUAL
from nis_backend.media import media_type_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.limits import Limits

CONTAINERS = frozenset({"WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3", "MPEG", "AIFF"})
"""What is decoded, by libsndfile's names: what it knows besides is rarely met and little tested."""

REMEDY = "Send WAV, FLAC, Ogg or MP3."

MOST_CHANNELS = 8
RATES = (1_000, 384_000)
"""Hz: what is below or above is a header that was spoilt, not a recording."""
MOST_NUMBERS = 2**27
"""Samples of all channels that are held at once, half a gigabyte: 23 minutes of stereo at 48 kHz."""
BLOCK = 2**16
"""Samples of a channel that are decoded at once."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A file that is being read; `frames` is the number of samples in each channel, as its header says."""

    rate: int
    channels: int
    frames: int
    container: str
    codec: str
    field: str
    limits: Limits
    file: Any  # Any: soundfile's types are partly unknown

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frames / self.rate

    def blocks(self, start: float | None = None, end: float | None = None) -> Iterator[NDArray[np.float32]]:
        """The samples from `start` to `end` seconds, a block at a time: float32, (samples, channels).

        Raises:
            InvalidRequest: it is cut short or broken, or has samples that are no numbers.
            TooLarge: there is more in it than its header said, and than is taken.
        """
        first = 0 if start is None else round(start * self.rate)
        last = int(self.limits.seconds * self.rate) if end is None else round(end * self.rate)
        if first >= self.frames:
            raise InvalidRequest(
                f"{self.field} has {self.duration:.3f} s, and nothing from {start} s on.",
                field="start",
                value=start,
                remedy="Begin before its end.",
            )
        yield from self._from(first, last, whole=end is None)

    def _from(self, first: int, last: int, *, whole: bool) -> Iterator[NDArray[np.float32]]:
        try:
            if first:
                self.file.seek(first)
            at = first
            while True:
                block = self.file.read(min(BLOCK, last - at) if not whole else BLOCK, dtype="float32", always_2d=True)
                at += len(block)
                if whole and at > last:
                    raise _too_long(self.field, at / self.rate, self.limits)
                if not len(block):
                    return
                if not np.isfinite(block).all():
                    raise InvalidRequest(
                        f"{self.field} has samples that are no numbers.", field=self.field, remedy="Write it anew."
                    )
                yield block
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise _broken(self.field) from error

    def whole(self, start: float | None = None, end: float | None = None) -> NDArray[np.float32]:
        """As `blocks`, all at once.

        Raises:
            TooLarge: it is more than is held at once.
            InvalidRequest: the part is shorter than a sample.
        """
        seconds = min(self.duration, end or self.duration) - (start or 0.0)
        if seconds * self.rate * self.channels > MOST_NUMBERS:
            raise TooLarge(
                f"{self.field} has {seconds:.0f} s of {self.channels} channels at {self.rate} Hz; at most "
                f"{MOST_NUMBERS / self.rate / self.channels:.0f} s of that are held at once.",
                field=self.field,
                value=round(seconds, 3),
                remedy="Take a part of it, by start and end.",
            )
        blocks = list(self.blocks(start, end))
        if not blocks:
            raise InvalidRequest(
                f"There is no sample of {self.field} from {start} s to {end} s.",
                field="end",
                value=end,
                remedy="Take a longer part.",
            )
        return np.concatenate(blocks)


@contextmanager
def opened(path: Path, *, field: str = "audio", limits: Limits = USUAL) -> Generator[Opened]:
    """A sound's file, checked by its header before anything is decoded.

    Raises:
        TooLarge: it plays longer than `limits` allow.
        WrongMedia: it is no sound that is read here.
        InvalidRequest: it is cut short, broken, or has nothing in it.
    """
    with path.open("rb") as raw:
        # A call on the field was refused before; whoever hands a file over in another way is told the same.
        if media_type_of(raw.read(HEAD)) not in SOUNDS:
            raise _wrong(field)
    try:
        file = soundfile.SoundFile(str(path), "r")
    except (soundfile.SoundFileError, RuntimeError, TypeError) as error:
        raise _broken(field) from error
    with file:
        yield _checked(file, field, limits)


def mono(path: Path, rate: int, *, field: str = "audio", limits: Limits = USUAL) -> NDArray[np.float32]:
    """The mean of a sound's channels, resampled to `rate`, float32; see `opened` for what it raises."""
    with opened(path, field=field, limits=limits) as sound:
        pieces = [block.mean(axis=1) for block in sound.blocks()]
        joined = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
        return resampled(joined, sound.rate, rate)


def resampled(samples: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """Samples, (samples,) or (samples, channels), at another rate: what is above half of it goes, by 100 dB or more."""
    if rate == wanted or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, rate, wanted, quality="HQ"), dtype=np.float32)


def _checked(file: Any, field: str, limits: Limits) -> Opened:  # Any: as in Opened
    if file.format not in CONTAINERS:
        raise _wrong(field)
    if not RATES[0] <= file.samplerate <= RATES[1] or not 1 <= file.channels <= MOST_CHANNELS:
        raise InvalidRequest(
            f"{field} says that it has {file.channels} channels at {file.samplerate} Hz.",
            field=field,
            value=f"{file.channels} × {file.samplerate} Hz",
            remedy=f"Send 1 to {MOST_CHANNELS} channels at {RATES[0]} to {RATES[1]} Hz.",
        )
    if file.frames / file.samplerate > limits.seconds:
        raise _too_long(field, file.frames / file.samplerate, limits)
    if not file.frames:
        raise InvalidRequest(f"{field} has no samples in it.", field=field, remedy="Send a sound that plays.")
    return Opened(
        rate=file.samplerate,
        channels=file.channels,
        frames=file.frames,
        container=file.format,
        codec=file.subtype,
        field=field,
        limits=limits,
        file=file,
    )


def _too_long(field: str, seconds: float, limits: Limits) -> TooLarge:
    return TooLarge(
        f"{field} plays {seconds:.0f} s; at most {limits.seconds:.0f} s are taken.",
        field=field,
        value=round(seconds, 3),
        remedy="Send a shorter one, or a part of it at a time.",
    )


def _wrong(field: str) -> WrongMedia:
    return WrongMedia(f"{field} is no sound that can be read.", field=field, remedy=REMEDY)


def _broken(field: str) -> InvalidRequest:
    return InvalidRequest(
        f"{field} is a sound that cannot be decoded: it is cut short or broken.",
        field=field,
        remedy="Send the whole file, as it was made.",
    )
