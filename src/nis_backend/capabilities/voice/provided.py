"""Speech by models of providers: asked through the gateway, and answered as the models of this server answer."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

from nis_backend.blob import Blob
from nis_backend.capabilities.voice.languages import UNDETERMINED, code_of
from nis_backend.capabilities.voice.speech import Segment, SpokenWord, SynthesizedSpeech, Transcription
from nis_backend.capabilities.voice.subtitles import subtitles
from nis_backend.errors import NotSupported, TooLarge, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from nis_backend.capabilities.voice.sounds import AudioFacts, ConvertedAudio
    from nis_backend.capabilities.voice.speech import SynthesisRequest, TranscriptionRequest
    from nis_backend.context import Context
    from nis_backend.drivers.speech.base import Heard, SpokenFormat
    from nis_backend.headers.span import Facts

VOICE = "alloy"
"""Of OpenAI's; other servers know it as their own usual one."""
LARGEST = 25_000_000
"""Bytes of a sound that is sent: the most that OpenAI takes, by its guide to speech to text."""
ASKED: dict[str, SpokenFormat] = {"wav": "wav", "mp3": "mp3", "opus": "opus"}
"""What is asked for as it is; FLAC is sent without its length, Vorbis not at all: both are made of WAV here."""
MEDIA = {"wav": "audio/wav", "mp3": "audio/mpeg", "opus": "audio/ogg"}
ENDINGS = {"audio/wav": "wav", "audio/flac": "flac", "audio/ogg": "ogg", "audio/mpeg": "mp3"}
"""What providers take, by the names of files; the rest is made FLAC before."""


def speak(request: SynthesisRequest, ctx: Context) -> Awaitable[SynthesizedSpeech] | None:
    """What a provider's model speaks; None where none is named."""
    return None if request.model is None else _speak(request.model, request, ctx)


def hear(request: TranscriptionRequest, ctx: Context) -> Awaitable[Transcription] | None:
    """What a provider's model hears; None where none is named."""
    return None if request.model is None else _hear(request.model, request, ctx)


# -- speaking ---------------------------------------------------------------------------------------------------------


async def _speak(model: str, request: SynthesisRequest, ctx: Context) -> SynthesizedSpeech:
    from nis_backend.drivers.speech.base import ToSpeak  # noqa: PLC0415 - loads with the first provider that speaks

    for field, unusual in (("pitch", request.pitch != 50), ("volume", request.volume != 100), ("ssml", request.ssml)):  # noqa: PLR2004 - the usual ones
        if unusual:
            raise NotSupported(
                f"A provider's model takes no {field}.",
                field=field,
                value=getattr(request, field),
                remedy=f"Leave {field} out; how it is to be said, instructions say.",
            )
    form = ASKED.get(request.format, "wav")
    voice = request.voice or VOICE
    wanted = ToSpeak(
        text=request.text,
        voice=voice,
        format=form,
        speed=request.rate,
        instructions=request.instructions or "",
    )
    spoken = await ctx.speech.speak(model, wanted)
    data = mended(spoken.data) if form == "wav" else spoken.data
    facts = await _facts(data, MEDIA[form], spoken.model)
    blob = Blob.of(data, media_type=MEDIA[form], name=f"speech.{form}")
    rate = facts.rate or 0
    if request.format != form or request.sample_rate not in (None, rate):
        # One that other numbers are made of goes by the worker that converts sounds.
        rest = {"format": request.format, "sample_rate": request.sample_rate or rate}
        made: ConvertedAudio = await ctx.call_named("voice.convert_audio", {"audio": blob, **rest})
        blob, rate = made.audio, made.after.sample_rate
    return SynthesizedSpeech(
        audio=blob,
        duration=facts.seconds or 0.0,
        sample_rate=rate,
        voice=voice,
        language=request.language or UNDETERMINED,
        rate=request.rate,
        engine="provider",
        model=spoken.model,
    )


def mended(data: bytes) -> bytes:
    """A WAV file with its true sizes, where it says others: it was sent while it was made."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return data
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        left = len(data) - at - 8
        if data[at : at + 4] == b"data":
            if size <= left and size:
                return data
            whole = (len(data) - 8).to_bytes(4, "little")
            return b"".join([data[:4], whole, data[8 : at + 4], left.to_bytes(4, "little"), data[at + 8 :]])
        at += 8 + size + size % 2
    return data


async def _facts(data: bytes, media_type: str, model: str) -> Facts:
    """How long a provider's file plays, and at which rate.

    Raises:
        UpstreamFailed: it is no such file.
    """
    from nis_backend.headers.reading import facts_of  # noqa: PLC0415 - as above
    from nis_backend.headers.span import Broken, Facts  # noqa: PLC0415 - as above

    try:
        facts = await asyncio.to_thread(facts_of, io.BytesIO(data), media_type, 1)
    except Broken:
        facts = Facts()
    if not facts.seconds or not facts.rate:
        raise UpstreamFailed(f"{model} sent what is no {media_type} sound.", remedy="Ask for another format.")
    return facts


# -- hearing ----------------------------------------------------------------------------------------------------------


async def _hear(model: str, request: TranscriptionRequest, ctx: Context) -> Transcription:
    from nis_backend.drivers.speech.base import ToHear  # noqa: PLC0415 - loads with the first provider that hears

    if request.translate and request.language is not None:
        raise NotSupported(
            "A provider's model that translates finds the language by itself.",
            field="language",
            value=request.language,
            remedy="Leave the language out.",
        )
    data, media_type, seconds = await _sendable(request.audio, ctx)
    heard = await ctx.speech.hear(
        model,
        ToHear(
            data=data,
            name=f"sound.{ENDINGS[media_type]}",
            media_type=media_type,
            seconds=seconds,
            language=request.language,
            translate=request.translate,
            words=request.words,
            segments=request.words or request.subtitles is not None,
            prompt=request.prompt,
            temperature=request.temperature,
        ),
    )
    return _told(heard, request, seconds)


async def _sendable(audio: Blob, ctx: Context) -> tuple[bytes, str, float]:
    """A sound's bytes as providers take them, their media type, and its seconds.

    Raises:
        TooLarge: they take none of so many bytes.
    """
    from nis_backend.headers.reading import facts_of  # noqa: PLC0415 - as above

    with audio.path.open("rb") as file:
        seconds = (await asyncio.to_thread(facts_of, file, audio.media_type, 1)).seconds
    if seconds is None:
        facts: AudioFacts = await ctx.call_named("voice.get_audio_facts", {"audio": audio})
        seconds = facts.duration
    if audio.media_type not in ENDINGS:
        made: ConvertedAudio = await ctx.call_named("voice.convert_audio", {"audio": audio, "format": "flac"})
        try:
            _refuse_large(made.audio.size)
            return await ctx.blobs.read(made.audio.id), "audio/flac", seconds
        finally:
            await ctx.blobs.delete(made.audio.id)
    _refuse_large(audio.size)
    return await asyncio.to_thread(audio.path.read_bytes), audio.media_type, seconds


def _refuse_large(size: int) -> None:
    if size > LARGEST:
        raise TooLarge(
            f"The sound has {size} bytes; a provider's model is sent {LARGEST} at most.",
            field="audio",
            value=size,
            remedy="Convert it first, to opus or mp3 by voice.convert_audio, or send a part of it.",
        )


def _told(heard: Heard, request: TranscriptionRequest, seconds: float) -> Transcription:
    words = _by_segment(heard)
    segments = [
        Segment(
            start=max(0.0, one.start),
            end=max(0.0, one.start, one.end),
            text=one.text,
            average_logprob=one.average_logprob,
            no_speech=one.no_speech,
            compression_ratio=one.compression_ratio,
            temperature=one.temperature,
            words=said,
            speaker=one.speaker,
        )
        for one, said in zip(heard.segments, words, strict=True)
    ]
    return Transcription(
        text=heard.text,
        language=code_of(heard.language) if heard.language else request.language or UNDETERMINED,
        language_probability=None,
        duration=seconds,
        speech_seconds=seconds,
        segments=segments,
        subtitles=subtitles(segments, request.subtitles) if request.subtitles else None,
        model=heard.model,
    )


def _by_segment(heard: Heard) -> list[list[SpokenWord]]:
    """The words of each segment: of the last that has begun when a word does."""
    found: list[list[SpokenWord]] = [[] for _ in heard.segments]
    at = 0
    for word in heard.words if found else ():
        while at + 1 < len(found) and heard.segments[at + 1].start <= word.start:
            at += 1
        start, end = max(0.0, word.start), max(0.0, word.start, word.end)
        found[at].append(SpokenWord(text=word.text, start=start, end=end, probability=None))
    return found
