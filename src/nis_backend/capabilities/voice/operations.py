"""Voice as operations, each computed in the pool `voice`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.voice import examples
from nis_backend.capabilities.voice.sounds import AudioFacts, FactsRequest
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = ["OPERATIONS", "get_audio_facts"]

LONGEST = 600.0
"""Seconds that an hour of sound may take; who does not want to wait for that begins it as a run."""


@operation(
    "voice.get_audio_facts",
    effect="reads",
    pool="voice",
    time_limit=LONGEST,
    examples=(
        Example(
            title="Half a second of a tone",
            request={"audio": examples.TONE},
            question="How long and how loud is this recording?",
            also=(
                "What are the duration, sample rate, channels and codec of this audio file?",
                "Measure the loudness in LUFS, the peak and the RMS level of this sound.",
                "Is the recording clipped, or mostly silent?",
                "Tell me the facts about this audio: its length, format and volume.",
            ),
        ),
    ),
)
def get_audio_facts(request: FactsRequest, ctx: WorkerContext) -> AudioFacts:
    """Measure a sound: duration, sample rate, channels, codec, peak, RMS, loudness in LUFS, clipping and silence.

    Source: loudness by ITU-R BS.1770-4 (2015), annex 1.
    """
    from nis_backend.capabilities.voice.measuring import measure  # noqa: PLC0415 - loads in the worker only

    return measure(request, ctx)


OPERATIONS = (get_audio_facts,)
