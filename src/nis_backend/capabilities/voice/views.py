"""What is heard, in words first, then as a sound with its stretches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.view import Audio, Segment, Text

if TYPE_CHECKING:
    from nis_backend.blob import Blob
    from nis_backend.capabilities.voice.sounds import (
        ConversionRequest,
        ConvertedAudio,
        Measured,
        Spectrogram,
        SpectrogramRequest,
    )
    from nis_backend.capabilities.voice.speech import (
        DetectedSpeech,
        DetectionRequest,
        SynthesisRequest,
        SynthesizedSpeech,
        Transcription,
        TranscriptionRequest,
    )
    from nis_backend.view import View

MOST = 500
"""Stretches that a drawing holds; what is beyond them is in the result."""


def detected(request: DetectionRequest, found: DetectedSpeech) -> list[View]:
    """Where somebody speaks."""
    if not found.speech:
        return [Text(text=f"Nobody speaks in the {found.duration:.1f} s.")]
    said = f"Speech in {found.speech_seconds:.1f} of {found.duration:.1f} s, in {_stretches(len(found.speech))}."
    segments = [Segment(start=one.start, end=one.end) for one in found.speech]
    return [Text(text=said), _sound(request.audio, found.duration, said, segments, title="Speech")]


def written_down(request: TranscriptionRequest, found: Transcription) -> list[View]:
    """What is said, and when."""
    if not found.text:
        return [Text(text=f"Nobody says anything in the {found.duration:.1f} s.")]
    segments = [Segment(start=one.start, end=one.end, text=one.text) for one in found.segments]
    alt = f"{found.duration:.1f} s of speech, with what is said in {_stretches(len(segments))}."
    return [Text(text=found.text), _sound(request.audio, found.duration, alt, segments, title="Transcript")]


def spoken(request: SynthesisRequest, made: SynthesizedSpeech) -> list[View]:
    """The text, to be listened to."""
    said = f"Spoken by {made.voice} in {made.duration:.1f} s."
    alt = "The text as the machine reads it." if request.ssml else request.text
    return [Text(text=said), _sound(made.audio, made.duration, alt, title="Speech")]


def converted(request: ConversionRequest, made: ConvertedAudio) -> list[View]:
    """What became of the sound, and it."""
    said = f"{_told(made.before)} became {_told(made.after)}, {made.gain:+.1f} dB"
    if made.after.loudness is not None:
        said += f", {made.after.loudness:.1f} LUFS"
        if request.loudness is not None and made.after.loudness < request.loudness - 0.5:
            said += f" and not {request.loudness:g}: its peaks or fades do not let it"
    if made.clipped:
        said += f"; {made.clipped} samples were cut off at full scale"
    alt = f"{made.audio.name}, {made.after.duration:.1f} s."
    return [Text(text=f"{said}."), _sound(made.audio, made.after.duration, alt, title="Sound")]


def _told(one: Measured) -> str:
    return f"{one.duration:.2f} s of {one.channels} channel{'s' * (one.channels != 1)} at {one.sample_rate} Hz"


def pictured(_request: SpectrogramRequest, made: Spectrogram) -> list[View]:
    """What it shows, and the levels as colours."""
    return [Text(text=made.alt), made.chart]


def _stretches(count: int) -> str:
    return f"{count} stretch{'es' * (count != 1)}"


def _sound(blob: Blob, duration: float, alt: str, segments: list[Segment] | None = None, *, title: str) -> Audio:
    return Audio(
        title=title,
        blob=blob.id,
        media_type=blob.media_type,
        duration=duration,
        alt=alt,
        segments=(segments or [])[:MOST],
    )
