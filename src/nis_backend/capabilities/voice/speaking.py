"""Text to speech: which voice, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.voice import espeak, piper
from nis_backend.capabilities.voice.opening import resampled
from nis_backend.capabilities.voice.piper_voices import piper_voices
from nis_backend.capabilities.voice.speech import SynthesizedSpeech, Voice, VoiceList
from nis_backend.capabilities.voice.writing import written
from nis_backend.errors import InvalidRequest, NotSupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nis_backend.capabilities.voice.piper_voices import PiperVoice
    from nis_backend.capabilities.voice.speech import SynthesisRequest, VoicesRequest
    from nis_backend.drivers.compute.base import ComputingContext

    Spoken = tuple[NDArray[np.float32], int, float]
    """Samples, how many a second, and the pace that was kept."""

LANGUAGE = "en-us"
USUAL_PITCH = 50


def speak(request: SynthesisRequest, ctx: ComputingContext) -> SynthesizedSpeech:
    """See `operations.synthesize_speech`."""
    if request.instructions is not None:
        raise NotSupported(
            "The voices of this server take no instructions.",
            field="instructions",
            remedy="Leave them out, or name a provider's model.",
        )
    own = {one.shown.id: one for one in piper_voices(ctx)}
    voice = _chosen(request, own)
    samples, rate, pace = _by_piper(request, own[voice.id], ctx) if voice.id in own else _by_espeak(request, voice)
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
    found = [*(one.shown for one in piper_voices(ctx)), *espeak_voices()]
    return VoiceList(voices=[one for one in found if request.language is None or speaks(one, request.language)])


def espeak_voices() -> list[Voice]:
    """Every voice of eSpeak's."""
    return [Voice(**one, engine="espeak") for one in espeak.held().get().voices()]


def speaks(voice: Voice, language: str) -> bool:
    """Whether a voice is one of a language, or of its kind of it: `en` is spoken by `en-us`."""
    own, wanted = voice.language.lower(), language.lower()
    return own == wanted or own.startswith(f"{wanted}-")


def _chosen(request: SynthesisRequest, own: Mapping[str, PiperVoice]) -> Voice:
    """The voice that is named, or the first of the language that can do what is asked.

    Raises:
        InvalidRequest: there is none, or the one that is named speaks another language.
        NotSupported: the one that is named cannot do what is asked.
    """
    first = [one.shown for one in own.values()]
    if request.voice is not None:
        wanted = request.voice.lower()
        for one in first:
            # Where several speak by a file, the file's own name is the first of them.
            if wanted in {one.id.lower(), one.id.partition("/")[0].lower()}:
                _refuse_beyond(request, one)
                return one
        return _of_espeak(request.voice)
    language = request.language or LANGUAGE
    # British English is called en-gb and known as en: who asks for a language alone gets the most usual kind of it.
    usual = {"en": LANGUAGE}.get(language.lower(), language)
    able = [] if request.ssml or request.pitch != USUAL_PITCH else first
    for one in able:
        if speaks(one, usual) or speaks(one, language):
            return one
    for one in espeak_voices():
        if speaks(one, usual):
            return one
    raise InvalidRequest(
        f"No voice speaks {language!r}.", field="language", value=language, remedy="See the list of voices."
    )


def _of_espeak(named: str) -> Voice:
    base = named.partition("+")[0].lower()
    for one in espeak_voices():
        if base in {one.id.lower(), one.name.lower(), one.language.lower()}:
            # What follows a plus is a variant of eSpeak's: another throat for the same voice.
            return one.model_copy(update={"id": one.id + named[len(base) :]})
    raise espeak.unknown_voice(named)


def _refuse_beyond(request: SynthesisRequest, voice: Voice) -> None:
    """What a voice of Piper's cannot do is not done in silence."""
    if request.pitch != USUAL_PITCH:
        raise _only_espeak(voice, "pitch", request.pitch)
    if request.ssml:
        raise _only_espeak(voice, "ssml", value=True)
    if request.language is not None and not (
        speaks(voice, request.language) or voice.language == request.language.lower().partition("-")[0]
    ):
        raise InvalidRequest(
            f"The voice {voice.id} speaks {voice.language}.",
            field="language",
            value=request.language,
            remedy="Leave the language out, or take another voice.",
        )


def _only_espeak(voice: Voice, field: str, value: object) -> NotSupported:
    return NotSupported(
        f"The voice {voice.id} is one of Piper's, which have no {field}.",
        field=field,
        value=value,
        remedy=f"Leave {field} out, or take a voice whose engine is espeak.",
    )


def _by_piper(request: SynthesisRequest, voice: PiperVoice, ctx: ComputingContext) -> Spoken:
    samples, pace = piper.speak(voice, request.text, request.rate, ctx)
    return samples * np.float32(request.volume / 100), voice.card.audio.sample_rate, pace


def _by_espeak(request: SynthesisRequest, voice: Voice) -> Spoken:
    slowest, fastest = espeak.RATES
    words = min(fastest, max(slowest, round(espeak.USUAL_RATE * request.rate)))
    manner = espeak.Manner(rate=words, pitch=request.pitch, volume=request.volume, ssml=request.ssml)
    program = espeak.held().get()
    return program.speak(request.text, voice.id, manner), program.rate, words / espeak.USUAL_RATE
