"""A sound made into another: cut, trimmed, mixed, at another rate, louder, faded, written in another format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.voice.levels import decibels, measured
from nis_backend.capabilities.voice.measuring import FRAME, silent_ends
from nis_backend.capabilities.voice.opening import MOST_NUMBERS, opened, resampled
from nis_backend.capabilities.voice.sounds import ConvertedAudio, Measured
from nis_backend.capabilities.voice.writing import rate_in, written
from nis_backend.errors import InvalidRequest, TooLarge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.voice.levels import Meter
    from nis_backend.capabilities.voice.sounds import ConversionRequest
    from nis_backend.drivers.compute.base import ComputingContext

    Samples = NDArray[np.float32]

STAYS = 0.05
"""Seconds of silence that are left at both ends: a sound that begins at once sounds cut."""
HEADROOM = -1.0
"""dBFS above which loudness is not raised: what a codec adds goes beyond."""
MOST_CHANNELS = {"mp3": 2}


def convert(request: ConversionRequest, ctx: ComputingContext) -> ConvertedAudio:
    """See `operations.convert_audio`."""
    with opened(request.audio.path, limits=request.audio.limits) as sound:
        rate, came = sound.rate, sound.whole(request.start, request.end)
    meter = measured(came, rate, request.silence)
    ctx.progress(0.2)
    start, end = _heard(meter, rate) if request.trim_silence else (0, len(came))
    samples = _mixed(came[start:end], request)
    wanted = rate_in(request.format, request.sample_rate or rate)
    _refuse_many(len(samples) * wanted // rate * samples.shape[1], request)
    samples = resampled(samples, rate, wanted)
    ctx.progress(0.4)
    gain = _gain(measured(samples, wanted, request.silence), request)
    samples = _faded(samples * np.float32(10 ** (gain / 20)), wanted, request)
    ctx.progress(0.6)
    after = _told(measured(samples, wanted, request.silence), wanted, samples.shape[1])
    blob, _, clipped = written(samples, wanted, request.format, request.audio.name.rpartition(".")[0] or "sound")
    return ConvertedAudio(
        audio=blob,
        before=_told(meter, rate, came.shape[1]),
        after=after,
        gain=gain,
        clipped=clipped,
        trimmed_start=start / rate,
        trimmed_end=(len(came) - end) / rate,
    )


def _told(meter: Meter, rate: int, channels: int) -> Measured:
    return Measured(
        duration=meter.samples / rate,
        sample_rate=rate,
        channels=channels,
        peak=decibels(meter.peak),
        loudness=meter.loudness(),
    )


def _heard(meter: Meter, rate: int) -> tuple[int, int]:
    """Samples between which it is not silent, and a little of the silence around them."""
    silent = meter.silent()
    if silent.all():
        raise InvalidRequest(
            "All of it is silent: nothing would be left.",
            field="trim_silence",
            value=True,
            remedy="Lower silence, or leave trim_silence out.",
        )
    before, after = silent_ends(silent)
    start = round((before * FRAME - STAYS) * rate)
    end = round(((len(silent) - after) * FRAME + STAYS) * rate)
    return max(0, start), min(meter.samples, end)


def _mixed(samples: Samples, request: ConversionRequest) -> Samples:
    has = samples.shape[1]
    wanted = request.channels or has
    if wanted == 1 and has > 1:
        return samples.mean(axis=1, keepdims=True)
    most = MOST_CHANNELS.get(request.format, wanted)
    if (wanted != has and has > 1) or wanted > most:
        raise InvalidRequest(
            f"{has} channels are not made {min(wanted, most)}: only one is doubled, and all are mixed to one.",
            field="channels",
            value=request.channels,
            remedy="Set channels to 1, or leave it out and choose wav or flac.",
        )
    return np.repeat(samples, wanted // has, axis=1)


def _refuse_many(numbers: int, request: ConversionRequest) -> None:
    if numbers > MOST_NUMBERS:
        raise TooLarge(
            f"At {request.sample_rate} Hz there would be {numbers} samples; at most {MOST_NUMBERS} are held at once.",
            field="sample_rate",
            value=request.sample_rate,
            remedy="Take a lower rate, or a part of the sound by start and end.",
        )


def _gain(meter: Meter, request: ConversionRequest) -> float:
    """How much louder it is to be, dB."""
    loudest = decibels(meter.peak)
    if request.peak is not None and loudest is not None:
        return request.peak - loudest
    if request.loudness is not None:
        loudness = meter.loudness()
        if loudness is None or loudest is None:
            raise InvalidRequest(
                "It has no loudness: it is shorter than 0.4 s, or too quiet throughout.",
                field="loudness",
                value=request.loudness,
                remedy="Normalise it to a peak.",
            )
        return min(request.loudness - loudness, HEADROOM - loudest)
    return request.gain or 0.0


def _faded(samples: Samples, rate: int, request: ConversionRequest) -> Samples:
    rise, fall = (round(seconds * rate) for seconds in (request.fade_in, request.fade_out))
    if rise:
        samples[:rise] *= (np.arange(min(rise, len(samples)), dtype=np.float32) / rise)[:, None]
    if fall:
        ramp = np.arange(min(fall, len(samples)), dtype=np.float32) / fall
        samples[-fall:] *= ramp[::-1, None]
    return samples
