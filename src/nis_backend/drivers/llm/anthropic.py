"""Anthropic's models, and those of any server that speaks its messages."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from pydantic_core import from_json

from nis_backend.drivers.http.base import HttpError
from nis_backend.drivers.http.events import Lines
from nis_backend.drivers.llm.answer import ReasoningChunk, TextChunk
from nis_backend.drivers.llm.anthropic_answer import Answer, used_in
from nis_backend.drivers.llm.anthropic_refusals import STATUS, message_in, message_of, refusal
from nis_backend.drivers.llm.anthropic_turns import Json, name_of
from nis_backend.drivers.llm.anthropic_wire import COUNTED, PASSING, VERSION, body_of, check, faults, ignored, written
from nis_backend.drivers.llm.base import LanguageModels, ModelInfo
from nis_backend.drivers.llm.listing import LISTING, Listing, named
from nis_backend.drivers.llm.server import (
    LONGEST_ANSWER,
    LONGEST_ERROR,
    REQUEST_AT_FAULT,
    Remembered,
    Server,
    members,
    object_in,
)
from nis_backend.errors import NisError, NotSupported

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence

    from nis_backend.drivers.http.base import Response
    from nis_backend.drivers.llm.answer import Item, Usage
    from nis_backend.drivers.llm.base import Prompt, Wire

PATIENCE, SILENCE, FAREWELL, DRAIN = 120.0, 600.0, 2.0, 0.1
"""Seconds: between two pieces of an answer, where "ping" fills the pauses; for an answer that is sent whole; for what
may follow the reason of its end; for what may follow its last event."""
MOST_MODELS = 1000
USUAL_OUTPUT, LONGEST_WHOLE = 4096, 16_384
"""Tokens of an answer: asked for where nobody says how many and the server states no most; above which it is streamed
in any case, since a connection that is silent for so long is cut by what stands between."""


def address(url: str) -> str:
    """The address below which the paths are: the vendor's own clients are given it without its version."""
    return url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/v1"


class Anthropic(LanguageModels):
    """One such server."""

    def __init__(
        self, server: Server, model: str | None = None, *, patience: float = PATIENCE, silence: float = SILENCE
    ) -> None:
        self.provider = server.provider
        self.wire: Wire | None = "messages"
        self._server = server
        self._patience = patience
        self._silence = silence
        self._listing = Listing(server, model, self._read_list)
        # The most tokens of an answer, by model.
        self._mosts = Remembered[str, int]()
        # What a model has refused: not sent to it again.
        self._refused = Remembered[tuple[str, str], bool]()

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
            Busy: its limit is reached, or it is overloaded.
            NotSupported: it has no probabilities, takes no sound, or cannot keep to a strict schema.
        """
        self._server.check_key()
        check(prompt, self.provider)
        response, asked, gone = await self._ask(prompt)
        answer = Answer(origin=self.provider, names={name_of(tool.name): tool.name for tool in prompt.tools})
        said = False
        try:
            async with aclosing(self._items(response, answer, whole=not asked.pieces)) as items:
                async for item in items:
                    said = said or isinstance(item, TextChunk)
                    yield item
        except (HttpError, TimeoutError) as error:
            # With the reason for the end came the count of tokens: what follows says nothing.
            if not answer.ended:
                raise self._server.cut(error, self._patience if asked.pieces else self._silence) from error
        finally:
            # Read to its end it has already given its connection back; else the server is to notice.
            response.close()
        if not answer.ended:
            raise self._server.cut(None, self._patience)
        yield answer.whole(said=said, ignored=gone)

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`: the server has a path for it."""
        self._server.check_key()
        response, _ = await self._post(prompt, USUAL_OUTPUT, "/messages/count_tokens")
        try:
            tokens = object_in(await self._server.read(response, LONGEST_ERROR)).get("input_tokens")
        except HttpError as error:
            raise self._server.cut(error, self._patience) from error
        finally:
            response.close()
        if not isinstance(tokens, int):
            raise self._strange("no count of tokens")
        return tokens

    async def send(self, path: str, body: bytes, headers: Mapping[str, str], patience: float) -> Response:
        """See `LanguageModels.send`."""
        self._server.check_key()
        return await self._server.send("POST", path, {**self._headers(), **headers}, patience, body)

    def used(self, said: Sequence[Json]) -> Usage | None:
        """See `LanguageModels.used`."""
        return used_in(said)

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes, model: str) -> NisError:
        """See `LanguageModels.refusal`."""
        return refusal(self._server, status, headers, message_in(body[:LONGEST_ERROR]), model)

    async def close(self) -> None:
        """Nothing: whoever opened the session closes it."""

    # -- asking

    async def _ask(self, prompt: Prompt) -> tuple[Response, Prompt, tuple[str, ...]]:
        """The response with status 200, its body unread; what was asked; and what of it was left out."""
        most = prompt.max_tokens or await self._most(prompt.model)
        if most > LONGEST_WHOLE:
            prompt = replace(prompt, pieces=True)
        response, body = await self._post(prompt, most, "/messages")
        return response, prompt, ignored(body, prompt)

    async def _post(self, prompt: Prompt, most: int, path: str) -> tuple[Response, Json]:
        """The response with status 200, and the body that it answers: without what the model refuses to be told."""
        left_out = {option for model, option in self._refused if model == prompt.model}
        patience = self._patience if prompt.pieces else self._silence
        while True:
            body = body_of(prompt, self.provider, most, left_out)
            if path != "/messages":
                body = {name: value for name, value in body.items() if name in COUNTED}
            data = written(body, prompt, left_out)
            response = await self._server.send("POST", path, self._headers(), patience, data)
            if response.status == 200:  # noqa: PLR2004 - HTTP's own number
                return response, body
            message = message_in(await self._server.read_error(response))
            named = faults(body, prompt, message) - left_out if response.status in REQUEST_AT_FAULT else set[str]()
            failure = refusal(self._server, response.status, response.headers, message, prompt.model)
            if not named:
                raise failure
            if prompt.strict and {"format", "strict"} & named:
                raise NotSupported(failure.message, remedy="Ask without strict, or choose another model.")
            left_out |= named
            for option in named - PASSING:
                self._refused[prompt.model, option] = True

    async def _most(self, model: str) -> int:
        """The most tokens of an answer, which this format wants to be told; asked for once."""
        if model not in self._mosts:
            try:
                info = named(await self._listing.models(), model)
            except NisError:
                # Why there is no list is said by the answer, or it is no matter.
                info = None
            if info is None or info.max_output is None:
                return USUAL_OUTPUT
            self._mosts[model] = info.max_output
        return self._mosts[model]

    def _headers(self) -> dict[str, str]:
        return {
            "x-api-key": self._server.key,
            "anthropic-version": VERSION,
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
        }

    # -- reading

    async def _items(
        self, response: Response, answer: Answer, *, whole: bool
    ) -> AsyncGenerator[TextChunk | ReasoningChunk, None]:
        """Feed the body to `answer` up to its end, and yield what comes."""
        kind = response.content_type
        if kind == "text/html":
            raise self._strange("a web page")
        if kind == "application/json" or (whole and kind != "text/event-stream"):
            body = await self._server.read(response, LONGEST_ANSWER)
            if len(body) > LONGEST_ANSWER:
                raise self._server.too_much()
            for item in self._feed(answer, body):
                yield item
            return
        lines = Lines()
        while True:
            # Past the last event there is only the end of the body, after which the connection is another's to use.
            async with asyncio.timeout(DRAIN if answer.done else FAREWELL if answer.ended else None):
                piece = await response.readany()
            for item in joined(self._feed(answer, data) for data in (lines.feed(piece) if piece else lines.rest())):
                yield item
            if not piece:
                return
            if lines.read > LONGEST_ANSWER:
                raise self._server.too_much()

    def _feed(self, answer: Answer, data: bytes) -> list[TextChunk | ReasoningChunk]:
        try:
            items = list(answer.feed(from_json(data)))
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            quoted = self._server.quote(data.decode(errors="replace"))
            raise self._strange(f"what is not one of its messages: {quoted}") from None
        if answer.broken is not None:
            error: Json = answer.broken.get("error") or {}
            status = STATUS.get(str(error.get("type")), 500)
            failure = refusal(self._server, status, {}, message_of(answer.broken), "the model")
            # Words may have been written, and are paid for.
            failure.sent = "maybe"
            raise failure
        return items

    def _strange(self, what: str) -> NisError:
        return self._server.strange(what, "a server that speaks Anthropic's messages; most end in /v1")

    # -- listing

    async def _read_list(self) -> list[ModelInfo]:
        path = f"/models?limit={MOST_MODELS}"
        response = await self._server.send("GET", path, self._headers(), LISTING)
        self._listing.key_refused = response.status == 401  # noqa: PLR2004 - HTTP's own number
        try:
            body = await self._server.read(response, LONGEST_ANSWER)
            if response.status == 404:  # noqa: PLR2004 - as above
                raise self._strange("no list of models")
            if response.status != 200:  # noqa: PLR2004 - as above
                raise refusal(self._server, response.status, response.headers, message_in(body), "")
            rows = cast("list[Json]", from_json(body)["data"])[:MOST_MODELS]
            # What is retired is listed, and refuses.
            return [self._listed(row) for row in rows if row.get("lifecycle") != "retired"]
        except (ValueError, TypeError, AttributeError, LookupError):
            raise self._strange("what is not a list of models") from None
        except HttpError as error:
            raise self._server.cut(error, LISTING) from error
        finally:
            response.close()

    def _listed(self, row: Json) -> ModelInfo:
        able: Json = row.get("capabilities") or {}
        return ModelInfo(
            provider=self.provider,
            name=str(row["id"]),
            tools=True,
            context_tokens=row.get("max_input_tokens"),
            max_output=row.get("max_tokens"),
            vision=_supports(able, "image_input"),
            files=_supports(able, "pdf_input"),
            json_schema=_supports(able, "structured_outputs"),
            audio=False,
            logprobs=False,
        )


def joined(several: Iterable[list[TextChunk | ReasoningChunk]]) -> list[TextChunk | ReasoningChunk]:
    """What came at once, with words and thoughts that follow one another in one."""
    found: list[TextChunk | ReasoningChunk] = []
    for item in chain.from_iterable(several):
        if found and type(found[-1]) is type(item):
            found[-1] = replace(item, text=found[-1].text + item.text)
        else:
            found.append(item)
    return found


def _supports(able: Mapping[str, Any], name: str) -> bool | None:  # Any: JSON
    said = members(able.get(name)).get("supported")
    return said if isinstance(said, bool) else None
