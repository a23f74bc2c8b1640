"""Any server that speaks OpenAI's chat completions: OpenAI, NVIDIA, vLLM, Ollama, llama.cpp and others."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.drivers.llm.answer import TextChunk
from nis_backend.drivers.llm.base import LanguageModels, ModelInfo, Prompt
from nis_backend.drivers.llm.openai_wire import OPTIONS, Answer, Json, Lines, body_of, message_of
from nis_backend.errors import (
    Busy,
    InvalidRequest,
    NisError,
    NotFound,
    NotSupported,
    Unavailable,
    UpstreamFailed,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from aiohttp import ClientResponse, ClientSession
    from pydantic import SecretStr

    from nis_backend.drivers.llm.answer import Item

LISTED, REFUSED = 60.0, 5.0
"""Seconds for which the server's list of models is kept, and its failure to give one."""
CONNECT, LISTING, PATIENCE, SILENCE, FAREWELL, RACE = 10.0, 10.0, 120.0, 300.0, 2.0, 5.0
"""Seconds: to connect; for the list; between two pieces of an answer; for an answer that is sent whole; for what may
follow the answer's end; within which a kept connection shows that its server had closed it."""
MOST_MODELS, LONGEST_ERROR, LONGEST_ANSWER = 2000, 16_384, 16 * 2**20
"""What is read of a server's list, of an error, of a whole answer; the last two in bytes."""


class OpenAICompatible(LanguageModels):
    """One such server. The `…_variable` names are what remedies tell the operator to set."""

    def __init__(  # noqa: PLR0913 - one argument a setting
        self,
        provider: str,
        url: str,
        key: SecretStr | None = None,
        model: str | None = None,
        *,
        http: Callable[[], Awaitable[ClientSession]],
        url_variable: str,
        key_variable: str,
        model_variable: str,
        needs_key: bool = True,
        patience: float = PATIENCE,
        silence: float = SILENCE,
    ) -> None:
        self.provider = provider
        self._url = url.rstrip("/")
        # An address may hold credentials, which are then sent in place of the key; `_where` is what messages name.
        credentials, _, self._where = url.rpartition("://")[2].partition("/")[0].rpartition("@")
        self._http = http
        self._key = key.get_secret_value().strip() if key else ""
        self._sends_key = bool(self._key) and not credentials
        self._model = model
        self._url_variable = url_variable
        self._key_variable = key_variable
        self._model_variable = model_variable
        self._needs_key = needs_key
        self._patience = patience
        self._silence = silence
        self._asking = asyncio.Lock()
        self._listing: list[ModelInfo] | NisError | None = None
        self._listed_at = 0.0
        self._key_refused = False
        # Options that a server has refused, by model: not sent to it again.
        self._refused: set[tuple[str, str]] = set()
        # Models that are asked for streams alone: they refuse a whole answer, or are too slow for one.
        self._streams: set[str] = set()

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`; with a default configured, an unreachable list leaves that alone."""
        self._check_key()
        listing = await self._list(LISTED)
        # A server may refuse the list and still answer, unless the key itself is wrong.
        if isinstance(listing, NisError) and (self._model is None or self._key_refused):
            raise listing.with_traceback(None)
        if self._model is None:
            assert not isinstance(listing, NisError)
            if not listing:
                raise Unavailable(
                    f"{self.provider} at {self._where} lists no model.",
                    remedy=f"Load one on that server, or set {self._model_variable}.",
                )
            return listing
        if isinstance(listing, NisError):
            return [self._info(self._model, detail=f"Its server gave no list: {listing.message}")]
        default = next((info for info in listing if info.name == self._model), self._info(self._model))
        return [default, *(info for info in listing if info.name != self._model)]

    async def find(self, name: str | None) -> ModelInfo | None:
        """See `LanguageModels.find`; the default needs no network, and what no list can deny is tried."""
        self._check_key()
        if self._model is not None and name in (None, self._model, self._model.replace("/", ":")):
            return self._info(self._model)
        if name is None:
            return (await self.models())[0]
        # A model that was loaded since the list was made is worth another look.
        for age in (LISTED, REFUSED):
            listing = await self._list(age)
            if isinstance(listing, NisError):
                if self._key_refused:
                    raise listing.with_traceback(None)
                return self._info(name)
            for info in listing:
                if name in (info.name, info.name.replace("/", ":")):
                    return info
        return None

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`.

        Raises:
            NotFound: the server has no such model.
            Busy: its limit is reached.
            NotSupported: the model takes no tools.
        """
        self._check_key()
        if prompt.model in self._streams:
            prompt = replace(prompt, pieces=True)
        answer = Answer(prefix=f"call-{len(prompt.messages)}")
        response, prompt = await self._ask(prompt)
        import aiohttp  # noqa: PLC0415 - loaded with the session

        try:
            async with aclosing(self._words(response, answer, whole=not prompt.pieces)) as pieces:
                async for words in pieces:
                    if words:
                        yield TextChunk(text=words)
        except (aiohttp.ClientError, TimeoutError) as error:
            # What follows the reason for the end is only the count of tokens.
            if not answer.ended:
                raise self._cut(error, prompt) from error
        finally:
            # Read to its end it has already given its connection back; else the server is to notice.
            response.close()
        if not answer.ended:
            raise self._cut(None)
        yield answer.whole(self.provider)

    async def ask(self, path: str, body: Json, model: str) -> Json:
        """Ask for what is no conversation, such as embeddings, and read all of it; failures are those of `generate`."""
        self._check_key()
        response = await self._send("POST", path, json.dumps(body, separators=(",", ":")).encode())
        import aiohttp  # noqa: PLC0415 - loaded with the session

        try:
            if response.status != 200:  # noqa: PLR2004 - HTTP's own number
                raise self._refusal(response, await self._said(response), Prompt(model=model, messages=()))
            answer: Any = json.loads(bytes(await self._read(response, LONGEST_ANSWER)))  # Any: JSON
        except (ValueError, RecursionError):
            raise self._strange("what is not JSON") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._cut(error) from error
        finally:
            response.close()
        if not isinstance(answer, dict):
            raise self._strange("what is not a JSON object")
        return cast("Json", answer)

    async def close(self) -> None:
        """Nothing: whoever opened the session closes it."""

    # -- asking

    async def _ask(self, prompt: Prompt) -> tuple[ClientResponse, Prompt]:
        """The response with status 200, its body unread, and what was asked in the end."""
        while True:
            refused = {option for model, option in self._refused if model == prompt.model}
            response = await self._send("POST", "/chat/completions", body_of(prompt, refused), prompt)
            if response.status == 200:  # noqa: PLR2004 - HTTP's own number
                return response, prompt
            message = await self._said(response)
            if not prompt.pieces and _wants_stream(response.status, message):
                self._streams.add(prompt.model)
                prompt = replace(prompt, pieces=True)
                continue
            named = {option for option in OPTIONS if option in message} - refused
            if not named or response.status not in _REQUEST_AT_FAULT or _too_long(response.status, message):
                raise self._refusal(response, message, prompt)
            self._refused |= {(prompt.model, option) for option in named}

    async def _send(
        self, method: str, path: str, data: bytes | None = None, prompt: Prompt | None = None
    ) -> ClientResponse:
        session = await self._http()
        import aiohttp  # noqa: PLC0415 - loaded with the session

        headers = {"Accept": "application/json, text/event-stream"}
        if self._sends_key:
            headers["Authorization"] = f"Bearer {self._key}"
        if data is not None:
            headers["Content-Type"] = "application/json"
        patience = self._silence if prompt is not None and not prompt.pieces else self._patience
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=patience)
        again, begun = True, time.monotonic()
        while True:
            try:
                return await session.request(
                    method, f"{self._url}{path}", data=data, headers=headers, timeout=timeout, allow_redirects=False
                )
            except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
                raise Unavailable(
                    f"{self._url_variable} is not an address: {shorten(self._where)}.",
                    remedy=f"Set {self._url_variable} to something like http://127.0.0.1:11434/v1.",
                ) from None
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                raise Unavailable(
                    f"{self.provider} cannot be reached at {self._where}: {_reason(error)}.",
                    remedy=f"Start that server, or set {self._url_variable} to where it is.",
                ) from error
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                # A kept connection that the server closed while we wrote to it: once more, on another.
                slow = time.monotonic() - begun > RACE
                if slow or not again:
                    raise self._cut(error, prompt, slow=slow) from error
                again = False
            except aiohttp.ClientError as error:
                raise self._cut(error, prompt) from error

    # -- reading

    async def _words(self, response: ClientResponse, answer: Answer, *, whole: bool) -> AsyncGenerator[str, None]:
        """Feed the body to `answer` up to its end, and yield the words of each piece that arrives."""
        kind = response.content_type
        if kind == "text/html":
            raise self._strange("a web page")
        # Some servers never stream, and some do nothing else.
        if kind == "application/json" or (whole and kind != "text/event-stream"):
            body = await self._read(response, LONGEST_ANSWER)
            if len(body) > LONGEST_ANSWER:
                raise self._too_much()
            yield self._feed(answer, bytes(body))
            return
        lines = Lines()
        while True:
            # Some servers leave the connection open after the end.
            async with asyncio.timeout(FAREWELL if answer.ended else None):
                piece = await response.content.readany()
            yield "".join([self._feed(answer, data) for data in (lines.feed(piece) if piece else lines.rest())])
            if not piece:
                return
            if lines.read > LONGEST_ANSWER:
                raise self._too_much()

    def _feed(self, answer: Answer, data: bytes) -> str:
        if data == b"[DONE]" or answer.done:
            answer.done = True
            return ""
        try:
            chunk = _json(data)
            broken = chunk.get("error")
            words = "" if broken else answer.feed(chunk)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            raise self._strange(
                f"what is not a chat completion: {self._quote(data.decode(errors='replace'))}"
            ) from None
        if broken:
            raise UpstreamFailed(
                f"{self.provider} broke off: {self._quote(message_of(chunk)) or 'it does not say why'}.",
                remedy="Try again.",
            )
        return words

    async def _read(self, response: ClientResponse, most: int) -> bytearray:
        body = bytearray()
        while len(body) <= most and (piece := await response.content.readany()):
            body += piece
        return body

    # -- listing

    async def _list(self, age: float) -> list[ModelInfo] | NisError:
        """What the server lists, not older than `age`, or why it lists nothing; those who ask together ask once."""
        async with self._asking:
            kept = REFUSED if isinstance(self._listing, NisError) else age
            if self._listing is None or time.monotonic() - self._listed_at >= kept:
                try:
                    async with asyncio.timeout(LISTING):
                        self._listing = await self._read_list()
                except TimeoutError:
                    self._listing = Unavailable(
                        f"{self.provider} at {self._where} gave no list of models in {LISTING:g} s.",
                        remedy=f"See whether {self._url_variable} is right.",
                    )
                except NisError as error:
                    self._listing = error
                self._listed_at = time.monotonic()
            return self._listing

    async def _read_list(self) -> list[ModelInfo]:
        response = await self._send("GET", "/models")
        import aiohttp  # noqa: PLC0415 - loaded with the session

        self._key_refused = response.status == 401  # noqa: PLR2004 - HTTP's own number
        try:
            if response.status != 200:  # noqa: PLR2004 - HTTP's own number
                raise self._refusal(response, await self._said(response), None)
            body: Any = json.loads(bytes(await self._read(response, LONGEST_ANSWER)))
            rows = cast("list[Json]", body["data"] if isinstance(body, dict) else body)
            return [
                self._info(row["id"], context=_context(row)) for row in rows[:MOST_MODELS] if isinstance(row["id"], str)
            ]
        except (ValueError, TypeError, KeyError):
            raise self._strange("what is not a list of models") from None
        except aiohttp.ClientError as error:
            raise self._cut(error) from error
        finally:
            response.close()

    def _info(self, name: str, *, context: int | None = None, detail: str = "") -> ModelInfo:
        return ModelInfo(provider=self.provider, name=name, tools=True, context_tokens=context, detail=detail)

    # -- failing

    def _check_key(self) -> None:
        if self._needs_key and not self._key:
            raise Unavailable(
                f"{self.provider} needs a key.", remedy=f"Set {self._key_variable}, or choose another provider."
            )
        if not (self._key.isascii() and self._key.isprintable()):
            raise Unavailable(
                f"{self._key_variable} holds characters that no key has.", remedy=f"Set {self._key_variable} again."
            )

    async def _said(self, response: ClientResponse) -> str:
        """The words of an error; empty when the body is not JSON: a proxy's page tells a caller nothing."""
        import aiohttp  # noqa: PLC0415 - loaded with the session

        try:
            return message_of(json.loads(bytes(await self._read(response, LONGEST_ERROR))))
        except (ValueError, RecursionError, aiohttp.ClientError, TimeoutError):
            return ""
        finally:
            response.close()

    def _quote(self, text: str) -> str:
        """What a server said, as we may repeat it: short, and without the key."""
        return shorten(text.replace(self._key, "***") if self._key else text).rstrip(".")

    def _refusal(self, response: ClientResponse, message: str, prompt: Prompt | None) -> NisError:
        status, said = response.status, f": {self._quote(message)}" if message else ""
        name = f"{self.provider} at {self._where}"
        if status in (401, 403):
            # Not quoted: such a message may repeat the key in a shape of its own.
            what = "refuses the key" if self._key else "wants a key"
            return Unavailable(
                f"{name} {what} ({status}).", remedy=f"Set {self._key_variable} to a key that may use it."
            )
        if status == 429:  # noqa: PLR2004 - HTTP's own number
            after = response.headers.get("Retry-After", "")
            seconds = " s" if after.isdigit() else ""
            when = f"after {shorten(after, 40)}{seconds}" if after else "later"
            return Busy(
                f"{name} is over its limit{said}; try again {when}.",
                remedy="Wait, or choose another model.",
                retry_after=float(after) if seconds else None,
            )
        if prompt is not None and status in (404, *_REQUEST_AT_FAULT):
            return self._fault(status, message, said, prompt)
        if 300 <= status < 400 or status in (402, 404, 405):  # noqa: PLR2004 - HTTP's own numbers
            return Unavailable(
                f"{name} answered {status}{said}.", remedy=f"Set {self._url_variable} to the server's own address."
            )
        return UpstreamFailed(f"{name} failed with {status}{said}.", remedy="Try again, or choose another model.")

    def _fault(self, status: int, message: str, said: str, prompt: Prompt) -> NisError:
        """The refusal of this prompt, not of every one."""
        model, lowered = shorten(prompt.model), message.lower()
        if status == 404:  # noqa: PLR2004 - HTTP's own number
            return NotFound(
                f"{self.provider} at {self._where} has no model {model!r}{said}.",
                field="model",
                value=model,
                remedy=f"List the models; if there are none, {self._url_variable} is wrong.",
            )
        if _too_long(status, message):
            return InvalidRequest(
                f"The prompt is longer than {model} takes{said}.", remedy="Send less, or choose another model."
            )
        if prompt.tools and "tool" in lowered and ("support" in lowered or "requires" in lowered):
            return NotSupported(f"{model} takes no tools{said}.", remedy="Choose another model.")
        return InvalidRequest(
            f"{self.provider} at {self._where} refused the request ({status}){said}.", remedy="Change what it names."
        )

    def _strange(self, what: str) -> UpstreamFailed:
        return UpstreamFailed(
            f"{self.provider} at {self._where} sent {what}.",
            remedy=f"See whether {self._url_variable} is the address of an OpenAI-compatible server; most end in /v1.",
        )

    def _too_much(self) -> UpstreamFailed:
        return UpstreamFailed(f"{self.provider} at {self._where} sent more than {LONGEST_ANSWER} bytes.")

    def _cut(self, error: BaseException | None, prompt: Prompt | None = None, *, slow: bool = False) -> UpstreamFailed:
        silent, patience = isinstance(error, TimeoutError), self._patience
        if prompt is not None and not prompt.pieces:
            patience = self._silence
            if silent or slow:
                # Cut for its silence, by us or by what stands between: words that come keep a way open.
                self._streams.add(prompt.model)
        what = f"sent nothing for {patience:g} s" if silent else "broke off before its answer was whole"
        return UpstreamFailed(f"{self.provider} at {self._where} {what}.", remedy="Try again, or choose another model.")


def _json(data: bytes) -> Any:  # Any: JSON
    """JSON, quickly; of what only Python's reader takes, half a character is a question mark."""
    try:
        return from_json(data)
    except ValueError:
        return from_json(json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace"))


_REQUEST_AT_FAULT = (400, 413, 422)
_STREAM = re.compile(r"\bstream", re.IGNORECASE)
_TOO_SLOW = (408, 504, 524)
"""What a server, or a proxy before it, answers for one that is silent for too long; the last is Cloudflare's own."""
_TOO_LONG = (
    "context length",
    "context_length",
    "context size",
    "context window",
    "maximum context",
    "too long",
    "too many tokens",
)


def _too_long(status: int, message: str) -> bool:
    return status == 413 or any(sign in message.lower() for sign in _TOO_LONG)  # noqa: PLR2004 - HTTP's own number


def _wants_stream(status: int, message: str) -> bool:
    """Whether a whole answer is what was refused: some models answer in streams alone, some too slowly for a proxy."""
    return status in _TOO_SLOW or (status in _REQUEST_AT_FAULT and bool(_STREAM.search(message)))


def _context(row: Json) -> int | None:
    """How many tokens a listed model takes: vLLM, OpenRouter and Groq each say it, under their own names."""
    names = ("max_model_len", "context_length", "context_window")
    return next((row[name] for name in names if isinstance(row.get(name), int)), None)


def _reason(error: BaseException) -> str:
    """Why a connection failed, without the address that the library puts into its message."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, TimeoutError):
        return f"no connection within {CONNECT:g} s"
    number = getattr(cause, "errno", None) or 0
    if number > 0:
        return os.strerror(number)
    # A name that cannot be resolved has a negative number, which is not the system's.
    return shorten(getattr(cause, "strerror", None) or type(cause).__name__)
