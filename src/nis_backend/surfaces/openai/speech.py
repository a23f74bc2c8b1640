"""`POST /v1/audio/speech`: a text, spoken.

Source: https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError
from starlette.responses import StreamingResponse

from nis_backend.calling import call
from nis_backend.errors import NotSupported
from nis_backend.operation import Json, Model
from nis_backend.surfaces.openai.audio import SPEAKS, named, under
from nis_backend.surfaces.openai.body import hinted, json_object, refuse_unknown, wrong
from nis_backend.surfaces.openai.stream import frame
from nis_backend.surfaces.waiting import settled

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.capabilities.voice.speech import SynthesizedSpeech
    from nis_backend.context import Context
    from nis_backend.surfaces.base import Process

MEDIA = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
"""The formats that are written, and what they are; `pcm` is 24 kHz, 16 bits, one channel, the lowest byte first."""
PCM_RATE = 24_000

VOICES = frozenset(
    {
        *("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse"),
        *("marin", "cedar"),
    }
)
"""Voices of OpenAI's, which clients must name one of: where no model of a provider's is named, the usual voice
speaks for each."""

PIECE = 32_768
"""Bytes in an event."""
FIELDS = {"text": "input", "rate": "speed"}


class VoiceId(Model):
    """A voice by its id."""

    id: str


class SpeechRequest(Model):
    """The body."""

    input: str = Field(min_length=1, max_length=4096)
    model: str
    voice: str | VoiceId
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = "mp3"
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    stream_format: Literal["audio", "sse"] = "audio"
    instructions: str | None = None


async def answer(process: Process, request: Request) -> Response:
    """Answer with the sound, or with events that hold it."""
    body = json_object(await request.body())
    refuse_unknown(body, SpeechRequest.model_fields.keys())
    ctx = replace(process.context(request.state.caller), passing=True)
    model = await named(ctx, body.get("model"), SPEAKS)
    try:
        asked = SpeechRequest.model_validate(body)
    except ValidationError as error:
        raise wrong(error, SpeechRequest, body) from None
    if asked.response_format not in MEDIA:
        raise NotSupported(
            f"{asked.response_format} is not written here.",
            field="response_format",
            value=asked.response_format,
            remedy=f"Give one of: {', '.join(MEDIA)}.",
        )
    with under(FIELDS, SPEAKS):
        working = asyncio.ensure_future(
            call(process.operations.find("voice.synthesize_speech"), _arguments(asked, model, request), ctx)
        )
        await settled(process, request, working)
        said: SynthesizedSpeech = working.result()
    sound = _sound(ctx, said, bare=asked.response_format == "pcm")
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    if asked.stream_format == "sse":
        return StreamingResponse(_events(sound), media_type="text/event-stream", headers=headers)
    return StreamingResponse(sound, media_type=MEDIA[asked.response_format], headers=headers)


def _arguments(asked: SpeechRequest, model: str | None, request: Request) -> Json:
    voice = asked.voice if isinstance(asked.voice, str) else asked.voice.id
    if model is None and voice in VOICES:
        hinted({"voice": voice}, {"voice"}, request.scope)
        voice = None
    form: Json = {"format": asked.response_format}
    if asked.response_format == "pcm":
        form = {"format": "wav", "sample_rate": PCM_RATE}
    more = {"model": model, "instructions": asked.instructions or None}
    return {"text": asked.input, "rate": asked.speed, "voice": voice, **more, **form}


async def _sound(ctx: Context, said: SynthesizedSpeech, *, bare: bool) -> AsyncGenerator[bytes]:
    """The bytes, of a WAV file perhaps its samples alone; what was made for one answer is not kept."""
    try:
        async for piece in ctx.blobs.stream(said.audio):
            yield piece[piece.index(b"data") + 8 :] if bare else piece
            bare = False
    finally:
        await ctx.blobs.delete(said.audio.id)


async def _events(sound: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async for piece in sound:
        for start in range(0, len(piece), PIECE):
            audio = b64encode(piece[start : start + PIECE]).decode("ascii")
            yield frame({"type": "speech.audio.delta", "audio": audio})
    # Nothing is counted in tokens here: the usage that it would have is left out.
    yield frame({"type": "speech.audio.done"})
