"""Speech of any server that speaks OpenAI's `/audio` endpoints: OpenAI, Groq, Mistral, vLLM, speaches and others.

Source: https://platform.openai.com/docs/api-reference/audio; what is asked of which model stands at each.
"""

from __future__ import annotations

import base64
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from nis_backend.drivers.http.base import HttpError
from nis_backend.drivers.http.events import Lines
from nis_backend.drivers.llm.answer import Usage
from nis_backend.drivers.llm.multipart import form
from nis_backend.drivers.llm.openai_refusals import message_in
from nis_backend.drivers.llm.server import LONGEST_ERROR, REQUEST_AT_FAULT, members, text_in, unsent
from nis_backend.drivers.speech.base import Heard, HeardSegment, HeardWord, Speech, Spoken
from nis_backend.errors import NisError, NotSupported, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.drivers.http.base import Response
    from nis_backend.drivers.llm.base import LanguageModels
    from nis_backend.drivers.speech.base import ToHear, ToSpeak
    from nis_backend.operation import Json

SILENCE = 300.0
"""Seconds in which nothing may come: an hour of sound is long in being heard."""
LONGEST_SOUND, LONGEST_TEXT = 64 * 2**20, 16 * 2**20
"""Bytes that are read of a sound, and of a transcript."""
MOST_PIECES = 200_000
"""Segments, and words, that are read of a transcript."""
WITHOUT_EVENTS = "tts-1"
"""What models begin with that send no events, in which alone tokens are stated."""
STREAM, WHOLE = "text/event-stream", "application/json"


class OpenAISpeech(Speech):
    """One such server, by the driver of its language models, which holds its address and its key."""

    def __init__(self, driver: LanguageModels, *, is_openai: bool) -> None:
        self._driver = driver
        self._is_openai = is_openai

    async def speak(self, model: str, wanted: ToSpeak) -> Spoken:
        """See `Speech.speak`."""
        body: Json = {"model": model, "input": wanted.text, "voice": wanted.voice, "response_format": wanted.format}
        if wanted.speed != 1:
            body["speed"] = wanted.speed
        if wanted.instructions:
            body["instructions"] = wanted.instructions
        if self._is_openai and not model.startswith(WITHOUT_EVENTS):
            body["stream_format"] = "sse"
        response = await self._sent("/audio/speech", json.dumps(body).encode(), WHOLE, model)
        usage: Usage | None = None
        if response.content_type == STREAM:
            data, usage = await self._events(response, model)
        else:
            data = await self._whole(response, LONGEST_SOUND, model)
            if response.content_type in {WHOLE, "text/html"}:
                raise self._strange(model, "what is no sound")
        if not data:
            raise self._strange(model, "no sound")
        return Spoken(model=self._named(model), data=data, usage=usage)

    async def hear(self, model: str, sound: ToHear) -> Heard:
        """See `Speech.hear`; a model that gives no times is asked for its text, where that is enough."""
        wanted = form_of(model)
        while True:
            if wanted == "json" and sound.segments:
                raise self._no_times(model, sound)
            path = "/audio/translations" if sound.translate else "/audio/transcriptions"
            body, kind = form(_fields(model, sound, wanted), sound.name, sound.media_type, sound.data)
            response = await self._driver.send(path, body, {"content-type": kind}, SILENCE)
            if response.status == 200:  # noqa: PLR2004 - HTTP's own number
                break
            said = await self._error(response)
            other = "response_format" in message_in(said) and response.status in REQUEST_AT_FAULT
            if not other or wanted == "json":
                raise self._driver.refusal(response.status, response.headers, said, model)
            wanted = "json"
        return self._read(await self._whole(response, LONGEST_TEXT, model), model)

    def _named(self, model: str) -> str:
        return f"{self._driver.provider}:{model}"

    # -- sending -------------------------------------------------------------------------------------------------------

    async def _sent(self, path: str, body: bytes, kind: str, model: str) -> Response:
        response = await self._driver.send(path, body, {"content-type": kind}, SILENCE)
        if response.status != 200:  # noqa: PLR2004 - as above
            said = await self._error(response)
            raise self._driver.refusal(response.status, response.headers, said, model)
        return response

    async def _error(self, response: Response) -> bytes:
        said = bytearray()
        try:
            while len(said) <= LONGEST_ERROR and (piece := await response.readany()):
                said += piece
        except HttpError:
            return b""
        finally:
            response.close()
        return bytes(said)

    async def _pieces(self, response: Response, most: int, model: str) -> AsyncGenerator[bytes, None]:
        size = 0
        try:
            while piece := await response.readany():
                size += len(piece)
                if size > most:
                    raise UpstreamFailed(f"{self._named(model)} sent more than {most} bytes.")
                yield piece
        except HttpError as error:
            what = "sent nothing for too long" if isinstance(error, TimeoutError) else "broke off before its end"
            raise UpstreamFailed(
                f"{self._named(model)} {what}.", remedy="Try again, or choose another model."
            ) from error
        finally:
            response.close()

    async def _whole(self, response: Response, most: int, model: str) -> bytes:
        async with aclosing(self._pieces(response, most, model)) as pieces:
            return b"".join([piece async for piece in pieces])

    async def _events(self, response: Response, model: str) -> tuple[bytes, Usage | None]:
        """A sound that comes in pieces of base64, and the tokens that its end states."""
        lines, sound = Lines(), bytearray()
        async with aclosing(self._pieces(response, 2 * LONGEST_SOUND, model)) as pieces:
            async for piece in pieces:
                for data in lines.feed(piece):
                    event = self._object(data, model)
                    if event.get("type") == "speech.audio.done":
                        return bytes(sound), usage_of(event.get("usage"))
                    if event.get("error"):
                        raise self._driver.refusal(500, {}, data, model)
                    sound += self._decoded(event.get("audio"), model)
        raise self._strange(model, "a sound without an end")

    # -- reading -------------------------------------------------------------------------------------------------------

    def _object(self, data: bytes, model: str) -> Json:
        try:
            return members(json.loads(data))
        except (ValueError, RecursionError):
            raise self._strange(model, "what is not JSON") from None

    def _decoded(self, given: object, model: str) -> bytes:
        try:
            return base64.b64decode(text_in(given), validate=True)
        except ValueError:
            raise self._strange(model, "what is no base64") from None

    def _read(self, data: bytes, model: str) -> Heard:
        body = self._object(data, model)
        if not isinstance(body.get("text"), str):
            raise self._strange(model, "what is no transcript")
        first = next((members(one).get("code") for one in _some(body.get("languages"))), "")
        text = text_in(body["text"]).strip()
        try:
            words = [_word(one) for one in _some(body.get("words"))]
            segments = [_segment(one) for one in _some(body.get("segments"))]
            if words and not segments:
                segments = [HeardSegment(start=words[0].start, end=words[-1].end, text=text)]
            return Heard(
                model=self._named(model),
                text=text,
                language=text_in(body.get("language") or first),
                segments=segments,
                words=words,
                usage=usage_of(body.get("usage")),
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise self._strange(model, "a transcript with times that are none") from None

    def _strange(self, model: str, what: str) -> UpstreamFailed:
        return UpstreamFailed(f"{self._named(model)} sent {what}.", remedy="See whether it is a model for that.")

    def _no_times(self, model: str, sound: ToHear) -> NisError:
        error = NotSupported(
            f"{self._named(model)} writes down what is said without times.",
            field="words" if sound.words else "subtitles",
            remedy="Leave that out, or ask a model that gives times, such as whisper-1.",
        )
        return unsent(error)


def form_of(model: str) -> str:
    """In which form a model is asked to answer: with times, with speakers, or as a text alone.

    OpenAI's models that are named for transcribing take one form each; every other server's, Whisper's.
    """
    if "diarize" in model:
        return "diarized_json"
    return "json" if model.startswith("gpt-") and "transcribe" in model else "verbose_json"


def _fields(model: str, sound: ToHear, wanted: str) -> list[tuple[str, str]]:
    fields = [("model", model), ("response_format", wanted)]
    if sound.language and not sound.translate:
        fields.append(("language", sound.language))
    if sound.prompt:
        fields.append(("prompt", sound.prompt))
    if sound.temperature:
        fields.append(("temperature", f"{sound.temperature:g}"))
    if wanted == "diarized_json":
        # Wanted by that model for what is longer than half a minute.
        fields.append(("chunking_strategy", "auto"))
    if sound.words and wanted == "verbose_json":
        fields += [("timestamp_granularities[]", "segment"), ("timestamp_granularities[]", "word")]
    return fields


def usage_of(stated: object) -> Usage | None:
    """What a provider says was used: tokens, or seconds of sound."""
    given = members(stated)
    seconds = given.get("seconds")
    if given.get("type") == "duration" and isinstance(seconds, int | float) and 0 <= seconds < 1e7:  # noqa: PLR2004
        return Usage(input=0, output=0, seconds=float(seconds))
    counts = [given.get("input_tokens"), given.get("output_tokens")]
    into, out = (one if isinstance(one, int) and not isinstance(one, bool) and one >= 0 else None for one in counts)
    if into is None and out is None:
        return None
    audio = members(given.get("input_token_details")).get("audio_tokens")
    return Usage(input=into, output=out, audio_in=audio if isinstance(audio, int) and audio >= 0 else 0)


def _some(given: object) -> list[Any]:  # Any: JSON
    return cast("list[Any]", given)[:MOST_PIECES] if isinstance(given, list) else []


def _segment(given: Any) -> HeardSegment:  # Any: JSON
    def number(name: str) -> float | None:
        value = given.get(name)
        return None if value is None else _finite(value)

    return HeardSegment(
        start=_finite(given["start"]),
        end=_finite(given["end"]),
        text=text_in(given["text"]).strip(),
        speaker=text_in(given.get("speaker")) or None,
        average_logprob=number("avg_logprob"),
        no_speech=number("no_speech_prob"),
        compression_ratio=number("compression_ratio"),
        temperature=number("temperature"),
    )


def _word(given: Any) -> HeardWord:  # Any: JSON
    return HeardWord(text=text_in(given["word"]).strip(), start=_finite(given["start"]), end=_finite(given["end"]))


def _finite(value: Any) -> float:  # Any: JSON
    number = float(value)
    if not abs(number) < 1e9:  # noqa: PLR2004 - seconds that no sound has
        raise ValueError
    return number
