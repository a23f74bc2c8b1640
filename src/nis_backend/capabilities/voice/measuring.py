"""What a sound is like, measured in one pass over its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.voice.levels import Meter, decibels
from nis_backend.capabilities.voice.opening import opened
from nis_backend.capabilities.voice.sounds import AudioFacts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.voice.sounds import FactsRequest
    from nis_backend.drivers.compute.base import ComputingContext

FRAME = 0.01
"""Seconds of a frame that is silent or not."""


def measure(request: FactsRequest, ctx: ComputingContext) -> AudioFacts:
    """See `operations.get_audio_facts`."""
    with opened(request.audio.path, limits=request.audio.limits) as sound:
        meter = Meter(sound.rate, sound.channels, request.silence)
        for block in sound.blocks():
            meter.add(block)
            ctx.progress(meter.samples / sound.frames)
        before, after = silent_ends(meter.silent())
        duration = meter.samples / sound.rate
        return AudioFacts(
            duration=duration,
            sample_rate=sound.rate,
            channels=sound.channels,
            samples=meter.samples,
            container=sound.container,
            codec=sound.codec,
            peak=decibels(meter.peak),
            rms=decibels(meter.rms),
            loudness=meter.loudness(),
            clipped=meter.clipped,
            offset=meter.offset,
            silent_share=float(meter.silent().mean()) if meter.samples else 1.0,
            leading_silence=min(duration, before * FRAME),
            trailing_silence=min(duration, after * FRAME),
        )


def silent_ends(silent: NDArray[np.bool_]) -> tuple[int, int]:
    """How many frames before the first and after the last are silent; all of them count before."""
    heard = np.flatnonzero(~silent)
    return (int(heard[0]), len(silent) - 1 - int(heard[-1])) if len(heard) else (len(silent), 0)
