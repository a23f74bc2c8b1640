"""Numbers to a sound's file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import soundfile  # pyright: ignore[reportMissingTypeStubs] - it has none

from nis_backend.blob import Blob
from nis_backend.capabilities.voice.opening import resampled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.voice.sounds import Format

_FORMS = {
    "wav": ("WAV", "PCM_16", "audio/wav"),
    "flac": ("FLAC", "PCM_16", "audio/flac"),
    "ogg": ("OGG", "VORBIS", "audio/ogg"),
    "opus": ("OGG", "OPUS", "audio/ogg"),
    "mp3": ("MP3", "MPEG_LAYER_III", "audio/mpeg"),
}
_RATES = {
    "opus": (8_000, 12_000, 16_000, 24_000, 48_000),
    "mp3": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
}
"""The only rates there are of some formats."""

BLOCK = 2**16
"""Samples that are encoded at once: libsndfile's Vorbis takes much of the stack for many."""


def rate_in(form: Format, rate: int) -> int:
    """The rate in which a format holds what has this one: itself, or the next above that there is."""
    rates = _RATES.get(form, (rate,))
    return next((one for one in rates if one >= rate), rates[-1])


def written(samples: NDArray[np.float32], rate: int, form: Format, name: str) -> tuple[Blob, int, int]:
    """Samples, (samples, channels), as a blob; its rate; and how many were beyond full scale and cut off."""
    held = rate_in(form, rate)
    samples = resampled(samples, rate, held)
    container, codec, media_type = _FORMS[form]
    beyond = int((np.abs(samples) > 1).sum())
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", held, samples.shape[1], codec, format=container) as sound:
        for at in range(0, len(samples), BLOCK):
            sound.write(np.clip(samples[at : at + BLOCK], -1, 1))
    return Blob.of(file.getvalue(), media_type=media_type, name=f"{name}.{form}"), held, beyond
