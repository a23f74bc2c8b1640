"""Text to speech: which voice, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.voice import espeak
from nis_backend.capabilities.voice.opening import resampled
from nis_backend.capabilities.voice.speech import SynthesizedSpeech, Voice, VoiceList
from nis_backend.capabilities.voice.writing import written
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.voice.speech import SynthesisRequest, VoicesRequest
    from nis_backend.drivers.compute.base import ComputingContext

LANGUAGE = "en-us"


def speak(request: SynthesisRequest, ctx: ComputingContext) -> SynthesizedSpeech:
    """See `operations.synthesize_speech`."""
    voice = _chosen(request, voices_of(ctx))
    samples, rate, pace = _spoken(request, voice)
    if not samples.any():
        raise InvalidRequest(
            "There is nothing in the text that is spoken.", field="text", value=request.text, remedy="Send words."
        )
    wanted = request.sample_rate or rate
    blob, held, _ = written(resampled(samples, rate, wanted)[:, None], wanted, request.format, "speech")
    return SynthesizedSpeech(
        audio=blob,
        duration=len(samples) / rate,
        sample_rate=held,
        voice=voice.id,
        language=voice.language,
        rate=pace,
        engine=voice.engine,
    )


def list_all(request: VoicesRequest, ctx: ComputingContext) -> VoiceList:
    """See `operations.list_voices`."""
    found = voices_of(ctx)
    return VoiceList(voices=[one for one in found if request.language is None or speaks(one, request.language)])


def voices_of(ctx: ComputingContext) -> list[Voice]:
    """Every voice there is."""
    del ctx
    return [Voice(**one, engine="espeak") for one in espeak.held().get().voices()]


def speaks(voice: Voice, language: str) -> bool:
    """Whether a voice is one of a language, or of its kind of it: `en` is spoken by `en-us`."""
    own, wanted = voice.language.lower(), language.lower()
    return own == wanted or own.startswith(f"{wanted}-")


def _chosen(request: SynthesisRequest, voices: list[Voice]) -> Voice:
    """The voice that is named, or the first of the language.

    Raises:
        InvalidRequest: there is none.
    """
    if request.voice is not None:
        base = request.voice.partition("+")[0].lower()
        for one in voices:
            if base in {one.id.lower(), one.name.lower(), one.language.lower()}:
                # What follows a plus is a variant of eSpeak's: another throat for the same voice.
                return one.model_copy(update={"id": one.id + request.voice[len(base) :]})
        raise espeak.unknown_voice(request.voice)
    language = request.language or LANGUAGE
    # British English is called en-gb and known as en: who asks for a language alone gets the most usual kind of it.
    usual = {"en": LANGUAGE}.get(language.lower(), language)
    for one in voices:
        if speaks(one, usual):
            return one
    raise InvalidRequest(
        f"No voice speaks {language!r}.", field="language", value=language, remedy="See the list of voices."
    )


def _spoken(request: SynthesisRequest, voice: Voice) -> tuple[NDArray[np.float32], int, float]:
    """Samples, how many a second, and the pace that was kept."""
    slowest, fastest = espeak.RATES
    words = min(fastest, max(slowest, round(espeak.USUAL_RATE * request.rate)))
    manner = espeak.Manner(rate=words, pitch=request.pitch, volume=request.volume, ssml=request.ssml)
    program = espeak.held().get()
    return program.speak(request.text, voice.id, manner), program.rate, words / espeak.USUAL_RATE
