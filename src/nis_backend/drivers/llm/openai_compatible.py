"""Any server that speaks OpenAI's chat completions: OpenAI, NVIDIA, vLLM, Ollama, llama.cpp and others."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, cast

from pydantic_core import from_json

from nis_backend.drivers.http.base import HttpError
from nis_backend.drivers.http.events import Lines
from nis_backend.drivers.llm.base import LanguageModels
from nis_backend.drivers.llm.listing import Listing
from nis_backend.drivers.llm.openai_answer import Answer
from nis_backend.drivers.llm.openai_listing import infos_in
from nis_backend.drivers.llm.openai_parts import THOUGHTS, usage_in
from nis_backend.drivers.llm.openai_refusals import message_in, refusal, too_long, wants_stream
from nis_backend.drivers.llm.openai_wire import IGNORED, OPTIONS, body_of
from nis_backend.drivers.llm.server import (
    LONGEST_ANSWER,
    LONGEST_ERROR,
    RACE,
    REQUEST_AT_FAULT,
    Remembered,
    Server,
    Variables,
    members,
)
from nis_backend.errors import UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from pydantic import SecretStr

    from nis_backend.drivers.http.base import Client, Response
    from nis_backend.drivers.llm.answer import Answered, Item, ReasoningChunk, TextChunk, Usage
    from nis_backend.drivers.llm.base import ModelInfo, Prompt, Wire
    from nis_backend.drivers.llm.openai_answer import Spoken
    from nis_backend.drivers.llm.openai_parts import Json
    from nis_backend.drivers.speech.base import Speech
    from nis_backend.errors import NisError

PATIENCE, SILENCE, FAREWELL = 120.0, 300.0, 2.0
"""Seconds: between two pieces of an answer; for an answer that is sent whole; for what may follow the answer's end."""
OPENAI = "api.openai.com"
"""Takes both names of the most tokens of an answer for every model; its reasoning models take the newer alone."""


class Reads(Protocol):
    """What reads an answer: of chat completions, or of another of OpenAI's formats."""

    broken: str | None
    done: bool
    thoughts: str
    spoken: Spoken

    @property
    def ended(self) -> bool:
        """Whether the server said that this is all."""
        ...

    def feed(self, chunk: Json) -> None:
        """Take one event, or all of an answer."""
        ...

    def whole(self, provider: str, ignored: tuple[str, ...] = ()) -> Answered:
        """The end of the answer; `ignored` of what was asked for was left out."""
        ...


class OpenAICompatible(LanguageModels):
    """One such server. The `…_variable` names are what remedies tell the operator to set."""

    wire: Wire | None = "chat"
    path = "/chat/completions"
    """Where it is asked."""
    answers = "a chat completion"
    """What it then sends."""
    options: Mapping[str, Sequence[str]] = OPTIONS
    """What servers differ about, and how their refusals name it; what is refused is then left out."""

    def __init__(  # noqa: PLR0913 - one argument a setting
        self,
        provider: str,
        url: str,
        key: SecretStr | None = None,
        model: str | None = None,
        *,
        http: Client,
        url_variable: str,
        key_variable: str,
        model_variable: str,
        needs_key: bool = True,
        patience: float = PATIENCE,
        silence: float = SILENCE,
    ) -> None:
        self.provider = provider
        variables = Variables(url=url_variable, key=key_variable, model=model_variable)
        self._server = Server(
            provider, url, key.get_secret_value().strip() if key else "", http, variables, needs_key=needs_key
        )
        self._listing = Listing(self._server, model, self._read_list)
        self._patience = patience
        self._silence = silence
        # Options that a server has refused, by model: not sent to it again.
        self._refused = Remembered[tuple[str, str], bool]()
        # Models that are asked for streams alone: they refuse a whole answer, or are too slow for one.
        self._streams = Remembered[str, bool]()
        # Under which name each model's thoughts come, and go back.
        self._thoughts = Remembered[str, str]()

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`; with a default configured, an unreachable list leaves that alone."""
        self._server.check_key()
        return await self._listing.models()

    async def find(self, name: str | None) -> ModelInfo | None:
        """See `LanguageModels.find`; the default needs no network, and what no list can deny is tried."""
        self._server.check_key()
        return await self._listing.find(name)

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`.

        Raises:
            NotFound: the server has no such model.
            Busy: its limit is reached.
            NotSupported: the model takes no tools, or the format has no place for what a turn holds.
        """
        self._server.check_key()
        if prompt.model in self._streams:
            prompt = replace(prompt, pieces=True)
        answer = self._answer_to(prompt)
        response, prompt, ignored = await self._ask(prompt)
        try:
            if await self._is_whole(response, answer, asked=not prompt.pieces):
                for item in answer.spoken.take():
                    yield item
            else:
                async with aclosing(self._items(response, answer)) as items:
                    async for item in items:
                        yield item
        except (HttpError, TimeoutError) as error:
            # What follows the reason for the end is only the count of tokens.
            if not answer.ended:
                raise self._cut(error, prompt) from error
        finally:
            # Read to its end it has already given its connection back; else the server is to notice.
            response.close()
        if answer.thoughts:
            self._thoughts[prompt.model] = answer.thoughts
        if not answer.ended:
            raise self._server.cut(None, self._patience)
        yield answer.whole(self.provider, ignored)

    async def ask(self, path: str, body: Json, model: str) -> Json:
        """Ask for what is no conversation, such as embeddings, and read all of it; failures are those of `generate`."""
        self._server.check_key()
        data = json.dumps(body, separators=(",", ":")).encode()
        response = await self._server.send("POST", path, self._headers(data), self._patience, data)
        try:
            if response.status != 200:  # noqa: PLR2004 - HTTP's own number
                said = await self._server.read_error(response)
                raise refusal(self._server, response.status, response.headers, said, model)
            answer: Any = json.loads(await self._server.read(response, LONGEST_ANSWER))  # Any: JSON
        except (ValueError, RecursionError):
            raise self._strange("what is not JSON") from None
        except HttpError as error:
            raise self._server.cut(error, self._patience) from error
        finally:
            response.close()
        if not isinstance(answer, dict):
            raise self._strange("what is not a JSON object")
        return cast("Json", answer)

    async def send(self, path: str, body: bytes, headers: Mapping[str, str], patience: float) -> Response:
        """See `LanguageModels.send`."""
        self._server.check_key()
        given = {**self._headers(body), **headers}
        return await self._server.send("POST", path, given, patience, body)

    def speech(self, family: str) -> Speech:
        """See `LanguageModels.speech`."""
        from nis_backend.drivers.llm.openai_speech import OpenAISpeech  # noqa: PLC0415 - loads where it is asked for

        return OpenAISpeech(self, is_openai=family == "openai")

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes, model: str) -> NisError:
        """See `LanguageModels.refusal`."""
        return refusal(self._server, status, headers, body[:LONGEST_ERROR], model, tools=True)

    def used(self, said: Sequence[Json]) -> Usage | None:
        """See `LanguageModels.used`; Groq's streams state it under a name of their own."""
        for one in reversed(said):
            stated = members(one.get("usage")) or members(members(one.get("x_groq")).get("usage"))
            if stated:
                return usage_in(stated)
        return None

    async def close(self) -> None:
        """Nothing: whoever opened the session closes it."""

    # -- asking

    async def _ask(self, prompt: Prompt) -> tuple[Response, Prompt, tuple[str, ...]]:
        """The response with status 200, its body unread; what was asked in the end; and what of it was left out."""
        while True:
            refused = {option for model, option in self._refused if model == prompt.model}
            if self._server.where == OPENAI:
                refused.add("max_completion_tokens")
            response = await self._post(prompt, refused)
            if response.status == 200:  # noqa: PLR2004 - HTTP's own number
                return response, prompt, self._left_out(prompt, refused)
            said = await self._server.read_error(response)
            message = message_in(said)
            if not prompt.pieces and wants_stream(response.status, message):
                self._streams[prompt.model] = True
                prompt = replace(prompt, pieces=True)
                continue
            named = {one for one, signs in self.options.items() if any(sign in message for sign in signs)} - refused
            if not named or response.status not in REQUEST_AT_FAULT or too_long(response.status, message):
                tools = bool(prompt.tools)
                raise refusal(self._server, response.status, response.headers, said, prompt.model, tools=tools)
            for option in named:
                self._refused[prompt.model, option] = True

    def _left_out(self, prompt: Prompt, refused: set[str]) -> tuple[str, ...]:
        """What of the prompt was not asked for."""
        asked = {IGNORED[option] for option in refused & IGNORED.keys()}
        return tuple(sorted(name for name in asked if getattr(prompt, name) is not None))

    async def _post(self, prompt: Prompt, refused: set[str]) -> Response:
        # What shows pictures is megabytes.
        shows = any(message.parts for message in prompt.messages)
        data = await asyncio.to_thread(self._body, prompt, refused) if shows else self._body(prompt, refused)
        patience, begun = self._patience if prompt.pieces else self._silence, time.monotonic()
        try:
            return await self._server.send("POST", self.path, self._headers(data), patience, data)
        except UpstreamFailed as error:
            if not prompt.pieces and (isinstance(error.__cause__, TimeoutError) or time.monotonic() - begun > RACE):
                self._streams[prompt.model] = True
            raise

    def _answer_to(self, prompt: Prompt) -> Reads:
        """What reads the answer."""
        return Answer(prefix=f"call-{len(prompt.messages)}")

    def _body(self, prompt: Prompt, refused: set[str]) -> bytes:
        """The request's body."""
        return body_of(prompt, refused, self.provider, self._thoughts.get(prompt.model, THOUGHTS[0]))

    def _headers(self, data: bytes | None) -> dict[str, str]:
        headers = {"accept": "application/json, text/event-stream"}
        if self._server.sends_key:
            headers["authorization"] = f"Bearer {self._server.key}"
        if data is not None:
            headers["content-type"] = "application/json"
        return headers

    # -- reading

    async def _is_whole(self, response: Response, answer: Reads, *, asked: bool) -> bool:
        """Whether the answer came in one piece, which is then fed to `answer`; `asked` says that it was to."""
        kind = response.content_type
        if kind == "text/html":
            raise self._strange("a web page")
        # Some servers never stream, and some do nothing else.
        if kind != "application/json" and not (asked and kind != "text/event-stream"):
            return False
        body = await self._server.read(response, LONGEST_ANSWER)
        if len(body) > LONGEST_ANSWER:
            raise self._server.too_much(LONGEST_ANSWER)
        self._feed(answer, body)
        return True

    async def _items(self, response: Response, answer: Reads) -> AsyncGenerator[TextChunk | ReasoningChunk, None]:
        """Feed the body to `answer` up to its end, and yield what each piece that arrives says."""
        lines = Lines()
        while True:
            # Some servers leave the connection open after the end.
            async with asyncio.timeout(FAREWELL if answer.ended else None):
                piece = await response.readany()
            for data in lines.feed(piece) if piece else lines.rest():
                self._feed(answer, data)
            for item in answer.spoken.take():
                yield item
            if not piece:
                return
            if lines.read > LONGEST_ANSWER:
                raise self._server.too_much(LONGEST_ANSWER)

    def _feed(self, answer: Reads, data: bytes) -> None:
        if data == b"[DONE]" or answer.done:
            answer.done = True
            return
        try:
            answer.feed(_json(data))
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            quoted = self._server.quote(data.decode(errors="replace"))
            raise self._strange(f"what is not {self.answers}: {quoted}") from None
        if answer.broken is not None:
            why = self._server.quote(answer.broken) or "it does not say why"
            raise UpstreamFailed(f"{self.provider} broke off: {why}.", remedy="Try again.")

    async def _read_list(self) -> list[ModelInfo]:
        response = await self._server.send("GET", "/models", self._headers(None), self._patience)
        self._listing.key_refused = response.status == 401  # noqa: PLR2004 - HTTP's own number
        try:
            if response.status != 200:  # noqa: PLR2004 - HTTP's own number
                raise refusal(
                    self._server, response.status, response.headers, await self._server.read_error(response), None
                )
            return infos_in(self.provider, json.loads(await self._server.read(response, LONGEST_ANSWER)))
        except (ValueError, TypeError, LookupError, AttributeError):
            raise self._strange("what is not a list of models") from None
        except HttpError as error:
            raise self._server.cut(error, self._patience) from error
        finally:
            response.close()

    # -- failing

    def _strange(self, what: str) -> UpstreamFailed:
        return self._server.strange(what, "an OpenAI-compatible server; most end in /v1")

    def _cut(self, error: BaseException, prompt: Prompt) -> UpstreamFailed:
        if not prompt.pieces and isinstance(error, TimeoutError):
            # Cut for its silence, by us or by what stands between: words that come keep a way open.
            self._streams[prompt.model] = True
        return self._server.cut(error, self._patience if prompt.pieces else self._silence)


def _json(data: bytes) -> Any:  # Any: JSON
    """JSON, quickly; of what only Python's reader takes, half a character is a question mark."""
    try:
        return from_json(data)
    except ValueError:
        return from_json(json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace"))
