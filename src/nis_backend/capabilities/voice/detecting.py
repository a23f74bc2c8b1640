"""Where in a sound somebody speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.voice.detector import NAME, RATE, Rules, detector_of, stretches
from nis_backend.capabilities.voice.opening import mono
from nis_backend.capabilities.voice.speech import DetectedSpeech, Stretch

if TYPE_CHECKING:
    from nis_backend.capabilities.voice.speech import DetectionRequest
    from nis_backend.drivers.compute.base import ComputingContext


def detect(request: DetectionRequest, ctx: ComputingContext) -> DetectedSpeech:
    """See `operations.detect_speech`."""
    model = detector_of(ctx)
    samples = mono(request.audio.path, RATE, limits=request.audio.limits)
    likely = model.listen(samples, ctx.progress)
    rules = Rules(
        threshold=request.threshold,
        min_speech=request.min_speech,
        min_silence=request.min_silence,
        pad=request.pad,
    )
    found = stretches(likely, len(samples), rules)
    return DetectedSpeech(
        speech=[Stretch(start=start / RATE, end=end / RATE) for start, end in found],
        duration=len(samples) / RATE,
        speech_seconds=sum(end - start for start, end in found) / RATE,
        highest=float(likely.max(initial=0.0)),
        model=NAME,
    )
