"""`POST /v1/audio/transcriptions` and `/translations`: speech, written down.

Of a segment, `seek` and `tokens` are left out: they belong to another implementation of the model.
Source: https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse

from nis_backend.blob import Blob
from nis_backend.calling import call
from nis_backend.errors import InvalidRequest, NotSupported
from nis_backend.operation import Json, Model
from nis_backend.surfaces.openai.audio import HEARS, named, under
from nis_backend.surfaces.openai.body import wrong
from nis_backend.surfaces.openai.forms import form_of
from nis_backend.surfaces.openai.stream import frame
from nis_backend.surfaces.waiting import settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.capabilities.voice.speech import Segment, Transcription
    from nis_backend.surfaces.base import Process

TRANSLATED = frozenset({"file", "model", "prompt", "response_format", "temperature"})
GRANULARITIES = "timestamp_granularities"
LISTS = (GRANULARITIES, "include", "known_speaker_names", "known_speaker_references", "keywords", "languages")
REFUSED = {
    "include": "Ask for verbose_json, whose segments have their mean log probability.",
    "chunking_strategy": "Leave it out, or give auto: speech is found in the sound before it is transcribed.",
    "known_speaker_names": "Speakers are not told apart; leave it out.",
    "known_speaker_references": "Speakers are not told apart; leave it out.",
    "keywords": "Give them in the prompt.",
    "languages": "Give the one language, or leave it out.",
}
"""What nothing here can do, and what to do instead."""
KNOWN = frozenset({*TRANSLATED, "language", "stream", GRANULARITIES, f"{GRANULARITIES}[]"}) | {
    name for one in REFUSED for name in (one, f"{one}[]", f"{one}[type]")
}
FIELDS = {
    "audio": "file",
    "translate": "model",
    "words": GRANULARITIES,
    "subtitles": "response_format",
}
DIARIZED = "diarized_json"


class TranscriptionForm(Model):
    """The fields beside the file."""

    model: str
    language: str | None = None
    prompt: str = ""
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"] = "json"
    temperature: float = Field(default=0.0, ge=0, le=1)
    timestamp_granularities: list[Literal["word", "segment"]] = Field(default=["segment"], max_length=2)
    stream: bool = False


async def transcribe(process: Process, request: Request) -> Response:
    """Write down what is said, in the language in which it is said."""
    async with form_of(process, request, KNOWN, "file and model", 64) as form:
        return await _answer(process, request, form, translate=False)


async def translate(process: Process, request: Request) -> Response:
    """Write down in English what is said, whatever the language."""
    async with form_of(process, request, TRANSLATED, "file and model", 64) as form:
        return await _answer(process, request, form, translate=True)


async def _answer(process: Process, request: Request, form: FormData, *, translate: bool) -> Response:
    ctx = process.context(request.state.caller)
    asked, file = _read(form)
    model = await named(ctx, form.get("model"), HEARS)
    if model is None and asked.response_format == DIARIZED:
        raise _one_voice()
    sound = await asyncio.to_thread(Blob.of, file.file, media_type=file.content_type or "", name=file.filename or "")
    given: Json = {
        "audio": sound,
        "model": model,
        "language": asked.language or None,
        "translate": translate,
        "words": "word" in asked.timestamp_granularities,
        "subtitles": asked.response_format if asked.response_format in {"srt", "vtt"} else None,
        "prompt": asked.prompt,
        "temperature": asked.temperature,
    }
    with under(FIELDS, HEARS):
        operation = process.operations.find("voice.transcribe_audio")
        working = asyncio.ensure_future(call(operation, given, ctx))
        await settled(process, request, working)
        heard: Transcription = working.result()
    if asked.stream:
        return StreamingResponse(_events(heard), media_type="text/event-stream", headers={"cache-control": "no-store"})
    match asked.response_format:
        case "json":
            return JSONResponse({"text": heard.text, "usage": _usage(heard)})
        case "diarized_json":
            return JSONResponse(_diarized(heard))
        case "verbose_json":
            return JSONResponse(_verbose(heard, asked, "translate" if translate else "transcribe"))
        case "text":
            return PlainTextResponse(f"{heard.text}\n")
        case "srt" | "vtt":
            return PlainTextResponse(heard.subtitles or "")


def _read(form: FormData) -> tuple[TranscriptionForm, UploadFile]:
    """The fields and the file.

    Raises:
        InvalidRequest: one is missing or wrong.
        NotSupported: one asks for what is not done here.
    """
    _refuse(form)
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise InvalidRequest("The form has no file.", field="file", remedy="Send a part file with a filename.")
    given: Json = {}
    for name, value in form.multi_items():
        plain = name.removesuffix("[]")
        if plain in LISTS:
            given.setdefault(plain, []).append(value)
        elif plain != "file":
            given[plain] = value
    try:
        asked = TranscriptionForm.model_validate(given)
    except ValidationError as error:
        raise wrong(error, TranscriptionForm, given) from None
    if GRANULARITIES in given and asked.response_format != "verbose_json":
        raise InvalidRequest(
            f"{asked.response_format} has no {GRANULARITIES}.", field=GRANULARITIES, remedy="Ask for verbose_json."
        )
    if asked.stream and asked.response_format not in {"json", "text"}:
        raise InvalidRequest(
            f"{asked.response_format} is not streamed.", field="stream", remedy="Ask for json, or do without stream."
        )
    return asked, file


def _refuse(form: FormData) -> None:
    """What nothing here can do; `auto` asks for what is done anyway."""
    for name in form:
        plain = name.partition("[")[0]
        if plain in REFUSED and form[name] not in {"", "auto"}:
            raise NotSupported(f"{plain} is not supported here.", field=plain, remedy=REFUSED[plain])


def _one_voice() -> NotSupported:
    return NotSupported(
        "Speakers are not told apart.",
        field="response_format",
        value=DIARIZED,
        remedy="Ask for verbose_json, or a provider's model that tells them apart.",
    )


def _usage(heard: Transcription) -> Json:
    return {"type": "duration", "seconds": round(heard.duration, 2)}


def _verbose(heard: Transcription, asked: TranscriptionForm, task: str) -> Json:
    body: Json = {
        "task": task,
        "language": heard.language,
        "duration": heard.duration,
        "text": heard.text,
        "usage": _usage(heard),
    }
    if "word" in asked.timestamp_granularities:
        words = [word for segment in heard.segments for word in segment.words]
        body["words"] = [{"word": one.text.strip(), "start": one.start, "end": one.end} for one in words]
    if "segment" in asked.timestamp_granularities:
        body["segments"] = [
            {"id": number, "start": one.start, "end": one.end, "text": one.text, **_sure(one)}
            for number, one in enumerate(heard.segments)
        ]
    return body


def _sure(one: Segment) -> Json:
    """How sure the model is of a segment; what its provider does not say is left out."""
    said = {
        "temperature": one.temperature,
        "avg_logprob": one.average_logprob,
        "compression_ratio": one.compression_ratio,
        "no_speech_prob": one.no_speech,
    }
    return {name: value for name, value in said.items() if value is not None}


def _diarized(heard: Transcription) -> Json:
    """Who says what.

    Raises:
        NotSupported: the model does not say who.
    """
    if heard.segments and not any(one.speaker for one in heard.segments):
        raise _one_voice()
    return {
        "task": "transcribe",
        "duration": heard.duration,
        "text": heard.text,
        "segments": [
            {
                "type": "transcript.text.segment",
                "id": f"seg_{number}",
                "start": one.start,
                "end": one.end,
                "text": one.text,
                "speaker": one.speaker or "",
            }
            for number, one in enumerate(heard.segments)
        ],
        "usage": _usage(heard),
    }


def _events(heard: Transcription) -> Iterator[bytes]:
    """The segments one by one, then all of it: it is known as a whole."""
    before = ""
    # A model that gives no times gives its text as one.
    for text in [one.text for one in heard.segments] or [heard.text]:
        delta = f" {text.strip()}" if before else text.strip()
        before += delta
        yield frame({"type": "transcript.text.delta", "delta": delta})
    yield frame({"type": "transcript.text.done", "text": heard.text, "usage": _usage(heard)})
