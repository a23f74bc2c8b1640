"""Speech to text: silence cut out, the rest heard window by window, and times counted in the sound that came."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.voice.detector import Rules, detector_of, stretches
from nis_backend.capabilities.voice.mel import FRAME_SECONDS, FRAMES, RATE, log_mel
from nis_backend.capabilities.voice.opening import mono
from nis_backend.capabilities.voice.speech import Segment, SpokenWord, Transcription
from nis_backend.capabilities.voice.subtitles import subtitles
from nis_backend.capabilities.voice.whisper import model_of
from nis_backend.capabilities.voice.windows import Window, windows
from nis_backend.capabilities.voice.wording import Word, words_of
from nis_backend.errors import InvalidRequest, NotSupported

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.voice.speech import TranscriptionRequest
    from nis_backend.capabilities.voice.whisper import Whisper
    from nis_backend.drivers.compute.base import ComputingContext

    Floats = NDArray[np.float32]

PAUSES = Rules(min_speech=0.0, min_silence=2.0, pad=0.4)
"""What is cut out: silence of some seconds, but for a little at both ends, in which words begin and end."""

PAD = PAUSES.pad * RATE
"""Samples of that little."""

UNDETERMINED = "und"
"""ISO 639-2: of a sound in which nobody speaks."""


def transcribe(request: TranscriptionRequest, ctx: ComputingContext) -> Transcription:
    """See `operations.transcribe_audio`."""
    model = model_of(ctx)
    _refuse_unknown(model, request)
    samples = mono(request.audio.path, RATE, limits=request.audio.limits)
    kept = _Kept(samples, _spoken(samples, ctx) if request.only_speech else [(0, len(samples))])
    language, probability = request.language or ("" if model.multilingual else "en"), None
    if not language and len(kept.samples):
        language, probability = _heard_language(model, kept.samples)
    segments: list[Segment] = []
    if len(kept.samples):
        start = model.start(language, translate=request.translate)
        for one in windows(model, kept.samples, start, request.prompt, request.temperature):
            if isinstance(one, Window):
                segments += _segments(model, one, kept, language if request.words else None)
            else:
                ctx.progress(one)
    return Transcription(
        text=" ".join(one.text for one in segments),
        language=language or UNDETERMINED,
        language_probability=probability,
        duration=len(samples) / RATE,
        speech_seconds=len(kept.samples) / RATE,
        segments=segments,
        subtitles=subtitles(segments, request.subtitles) if request.subtitles else None,
        model=model.name,
    )


def _refuse_unknown(model: Whisper, request: TranscriptionRequest) -> None:
    if request.translate and not model.multilingual:
        raise NotSupported(
            f"{model.name} hears English alone: there is nothing that it could translate.",
            field="translate",
            value=True,
            remedy="Set NIS_WHISPER=base, which hears many languages.",
        )
    if request.language is not None and not model.knows(request.language):
        several = " Or set NIS_WHISPER=base, which hears many." if not model.multilingual else ""
        raise InvalidRequest(
            f"{model.name} does not hear {request.language!r}.",
            field="language",
            value=request.language,
            remedy=f"Leave the language out.{several}" if model.multilingual else f"Give en.{several}",
        )


def _spoken(samples: Floats, ctx: ComputingContext) -> list[tuple[int, int]]:
    return stretches(detector_of(ctx).listen(samples), len(samples), PAUSES)


def _heard_language(model: Whisper, samples: Floats) -> tuple[str, float]:
    """The language of the first window, and how likely it is."""
    return model.language(model.encode(log_mel(samples[: FRAMES * 160], model.bands)[:, :FRAMES]))


class _Kept:
    """The parts of a sound that are heard, one after the other, and where they were."""

    def __init__(self, samples: Floats, parts: list[tuple[int, int]]) -> None:
        self.samples = np.concatenate([samples[start:end] for start, end in parts] or [samples[:0]])
        lengths = [end - start for start, end in parts]
        self._begins = [0, *np.cumsum(lengths)[:-1].tolist()] if parts else [0]
        self._parts = parts or [(0, 0)]

    def begin(self, seconds: float) -> float:
        """Where what begins at this time among the parts begins in the sound; not in the silence that ends a part."""
        return self._when(min(seconds * RATE + PAD, len(self.samples) - 1), seconds)

    def end(self, seconds: float) -> float:
        """Where what ends at this time among the parts ends in the sound; not in the silence that begins a part."""
        return self._when(max(seconds * RATE - PAD, 0), seconds)

    def _when(self, within: float, seconds: float) -> float:
        """A time among the parts as one of the sound, as near as the part lets that has the sample `within`."""
        part = bisect_right(self._begins, within) - 1
        start, stop = self._parts[part]
        return min(stop, max(start, start + seconds * RATE - self._begins[part])) / RATE


def _segments(model: Whisper, window: Window, kept: _Kept, language: str | None) -> list[Segment]:
    words: list[list[Word]] = [[] for _ in window.pieces]
    if language is not None:
        words = words_of(model, window, language)
    return [
        Segment(
            start=kept.begin(window.at + piece.start),
            end=kept.end(window.at + min(piece.end, window.frames * FRAME_SECONDS)),
            text=model.text(piece.tokens).strip(),
            average_logprob=window.guess.average_logprob,
            no_speech=window.guess.no_speech,
            compression_ratio=window.compression,
            temperature=window.guess.temperature,
            words=[
                SpokenWord(
                    text=word.text,
                    start=kept.begin(window.at + word.start),
                    end=max(kept.begin(window.at + word.start), kept.end(window.at + word.end)),
                    probability=word.probability,
                )
                for word in of_piece
            ],
        )
        for piece, of_piece in zip(window.pieces, words, strict=True)
    ]
