"""Any server that speaks OpenAI's chat completions: OpenAI, NVIDIA, vLLM, Ollama, llama.cpp and others."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.drivers.llm.base import Answered, LanguageModels, ModelInfo, TextChunk, ToolCall
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
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from aiohttp import ClientResponse, ClientSession
    from pydantic import SecretStr

    from nis_backend.drivers.llm.base import Message, Prompt

# Any: a JSON object's values differ in type, and what a server sends is checked where it is read.
Json = dict[str, Any]

LISTED, REFUSED = 60.0, 5.0
"""Seconds for which the server's list of models is kept, and its failure to give one."""
CONNECT, LISTING, PATIENCE, FAREWELL = 10.0, 10.0, 120.0, 2.0
"""Seconds: to connect; for the list; between two pieces of an answer; for what may follow the answer's end."""
MOST_MODELS, MOST_CALLS, LONGEST_ERROR, LONGEST_ANSWER = 2000, 128, 16_384, 16 * 2**20
"""What is read of a server's list, of an answer's calls, of an error, of a whole answer (both in bytes)."""


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
    ) -> None:
        self.provider = provider
        self._url = url.rstrip("/")
        # Host and port, without the credentials that an address may hold.
        self._where = url.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
        self._http = http
        self._key = key.get_secret_value().strip() if key else ""
        self._model = model
        self._url_variable = url_variable
        self._key_variable = key_variable
        self._model_variable = model_variable
        self._needs_key = needs_key
        self._patience = patience
        self._asking = asyncio.Lock()
        self._listing: list[ModelInfo] | NisError | None = None
        self._listing_ends = 0.0
        # Options that a server has refused, by model: not sent to it again.
        self._refused: set[tuple[str, str]] = set()

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`; with a default configured, an unreachable list leaves that alone."""
        self._check_key()
        listing = await self._list()
        if self._model is None:
            if isinstance(listing, NisError):
                raise listing
            if not listing:
                raise Unavailable(
                    f"{self.provider} at {self._where} lists no model.",
                    remedy=f"Load one on that server, or set {self._model_variable}.",
                )
            return listing
        if isinstance(listing, NisError):
            # A server may refuse the list and still answer, unless the key itself is wrong.
            if isinstance(listing, _WrongKey):
                raise listing
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
        listing = await self._list()
        if isinstance(listing, _WrongKey):
            raise listing
        if isinstance(listing, NisError):
            return self._info(name)
        return next((info for info in listing if name in (info.name, info.name.replace("/", ":"))), None)

    async def generate(self, prompt: Prompt) -> AsyncIterator[TextChunk | Answered]:
        """See `LanguageModels.generate`.

        Raises:
            NotFound: the server has no such model.
            Busy: its limit is reached.
            NotSupported: the model takes no tools.
        """
        self._check_key()
        answer = _Answer(prefix=f"call-{len(prompt.messages)}")
        response = await self._ask(prompt)
        import aiohttp  # noqa: PLC0415 - loaded with the session

        try:
            async for words in self._words(response, answer):
                if words:
                    yield TextChunk(text=words)
        except (aiohttp.ClientError, TimeoutError) as error:
            # What follows the reason for the end is only the count of tokens.
            if not answer.ended:
                raise self._cut(error) from error
        finally:
            # Read to its end it has already given its connection back; else the server is to notice.
            response.close()
        if not answer.ended:
            raise self._cut(None)
        yield answer.whole(self.provider)

    async def close(self) -> None:
        """Nothing: whoever opened the session closes it."""

    # -- asking

    async def _ask(self, prompt: Prompt) -> ClientResponse:
        """The response with status 200, its body unread."""
        for _ in range(3):
            body = self._body(prompt)
            response = await self._send("POST", "/chat/completions", body, self._patience)
            if response.status == 200:  # noqa: PLR2004 - HTTP's own number
                return response
            message = await self._said(response)
            option = next((one for one in _OPTIONS if one in message and (prompt.model, one) not in self._refused), None)
            if response.status not in _REQUEST_AT_FAULT or option is None or _too_long(response.status, message):
                raise self._refusal(response, message, prompt)
            self._refused.add((prompt.model, option))
        raise UpstreamFailed(f"{self.provider} at {self._where} refused each form of the request.")

    async def _send(self, method: str, path: str, body: Json | None, patience: float) -> ClientResponse:
        session = await self._http()
        import aiohttp  # noqa: PLC0415 - loaded with the session

        headers = {"Accept": "application/json, text/event-stream"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=patience)
        for last in (False, True):
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
                if last:
                    raise self._cut(error) from error
            except aiohttp.ClientError as error:
                raise self._cut(error) from error
        raise AssertionError

    def _body(self, prompt: Prompt) -> Json:
        body: Json = {
            "model": prompt.model,
            "messages": [_message(one) for one in prompt.messages],
            "stream": True,
        }
        if (prompt.model, "stream_options") not in self._refused:
            body["stream_options"] = {"include_usage": True}
        if prompt.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
                }
                for tool in prompt.tools
            ]
        if prompt.max_tokens is not None:
            # OpenAI's reasoning models know only the second name, most other servers only the first.
            renamed = (prompt.model, "max_completion_tokens") in self._refused
            body["max_completion_tokens" if renamed else "max_tokens"] = prompt.max_tokens
        if prompt.temperature is not None:
            body["temperature"] = prompt.temperature
        return body

    # -- reading

    async def _words(self, response: ClientResponse, answer: _Answer) -> AsyncIterator[str]:
        """Feed the body to `answer` up to its end, and yield the words of each piece that arrives."""
        if response.content_type == "application/json":
            # This server does not stream.
            yield self._feed(answer, bytes(await self._read(response, LONGEST_ANSWER)))
            return
        lines = _Lines()
        while True:
            # Some servers leave the connection open after the end.
            piece = await asyncio.wait_for(response.content.readany(), FAREWELL if answer.ended else None)
            yield "".join([self._feed(answer, data) for data in (lines.feed(piece) if piece else lines.rest())])
            if not piece:
                return
            if lines.read > LONGEST_ANSWER:
                raise UpstreamFailed(f"{self.provider} at {self._where} sent more than {LONGEST_ANSWER} bytes.")

    def _feed(self, answer: _Answer, data: bytes) -> str:
        if data == b"[DONE]" or answer.done:
            answer.done = True
            return ""
        try:
            chunk = json.loads(data)
            broken = chunk.get("error")
            words = "" if broken else answer.feed(chunk)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            raise UpstreamFailed(
                f"{self.provider} at {self._where} sent what is not a chat completion: "
                f"{self._quote(data.decode(errors='replace'))}.",
                remedy=f"See whether {self._url_variable} is the address of an OpenAI-compatible server.",
            ) from None
        if broken:
            raise UpstreamFailed(
                f"{self.provider} broke off: {self._quote(_message_of(chunk)) or 'it does not say why'}.", remedy="Try again."
            )
        return words

    async def _read(self, response: ClientResponse, most: int) -> bytearray:
        body = bytearray()
        while len(body) <= most and (piece := await response.content.readany()):
            body += piece
        return body

    # -- listing

    async def _list(self) -> list[ModelInfo] | NisError:
        """What the server lists, or why it lists nothing; asked once by those who ask together."""
        async with self._asking:
            if self._listing is None or time.monotonic() >= self._listing_ends:
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
                kept = REFUSED if isinstance(self._listing, NisError) else LISTED
                self._listing_ends = time.monotonic() + kept
            return self._listing

    async def _read_list(self) -> list[ModelInfo]:
        response = await self._send("GET", "/models", None, LISTING)
        import aiohttp  # noqa: PLC0415 - loaded with the session

        try:
            if response.status != 200:  # noqa: PLR2004 - HTTP's own number
                raise self._refusal(response, await self._said(response), None)
            body = json.loads(bytes(await self._read(response, LONGEST_ANSWER)))
            rows = body["data"] if isinstance(body, dict) else body
            return [
                self._info(row["id"], context=_context(row)) for row in rows[:MOST_MODELS] if isinstance(row["id"], str)
            ]
        except (ValueError, TypeError, KeyError):
            raise UpstreamFailed(
                f"{self.provider} at {self._where} gave a list of models that is none.",
                remedy=f"See whether {self._url_variable} is the address of an OpenAI-compatible server; most end in /v1.",
            ) from None
        except aiohttp.ClientError as error:
            raise self._cut(error) from error
        finally:
            response.close()

    def _info(self, name: str, *, context: int | None = None, detail: str = "") -> ModelInfo:
        return ModelInfo(provider=self.provider, name=name, tools=True, context_tokens=context, detail=detail)

    # -- failing

    def _check_key(self) -> None:
        if self._needs_key and not self._key:
            raise _WrongKey(
                f"{self.provider} needs a key.", remedy=f"Set {self._key_variable}, or choose another provider."
            )
        if not (self._key.isascii() and self._key.isprintable()):
            raise _WrongKey(
                f"{self._key_variable} holds characters that no key has.", remedy=f"Set {self._key_variable} again."
            )

    async def _said(self, response: ClientResponse) -> str:
        """The words of an error; empty when the body is not JSON: a proxy's page tells a caller nothing."""
        import aiohttp  # noqa: PLC0415 - loaded with the session

        try:
            return _message_of(json.loads(bytes(await self._read(response, LONGEST_ERROR))))
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
        lowered = message.lower()
        if status in (401, 403):
            # Not quoted: such a message may repeat the key in a shape of its own.
            kind = _WrongKey if status == 401 else Unavailable  # noqa: PLR2004 - HTTP's own number
            what = "refuses the key" if self._key else "wants a key"
            return kind(f"{name} {what} ({status}).", remedy=f"Set {self._key_variable} to a key that may use it.")
        if status == 404 and prompt is not None:  # noqa: PLR2004 - HTTP's own number
            return NotFound(
                f"{name} has no model {shorten(prompt.model)!r}{said}.",
                field="model",
                value=prompt.model,
                remedy=f"List the models; if there are none, {self._url_variable} is wrong.",
            )
        if status == 429:  # noqa: PLR2004 - HTTP's own number
            after = response.headers.get("Retry-After", "")
            when = f"try again after {shorten(after, 40)}{' s' if after.isdigit() else ''}" if after else "try again later"
            return Busy(f"{name} is over its limit{said}; {when}.", remedy="Wait, or choose another model.")
        if status in _REQUEST_AT_FAULT and prompt is not None:
            if _too_long(status, message):
                return InvalidRequest(
                    f"The prompt is longer than {shorten(prompt.model)} takes{said}.", remedy="Send less, or choose another model."
                )
            if prompt.tools and "tool" in lowered and "support" in lowered:
                return NotSupported(f"{shorten(prompt.model)} takes no tools{said}.", remedy="Choose another model.")
            return InvalidRequest(f"{name} refused the request ({status}){said}.", remedy="Change what it names.")
        if 300 <= status < 400 or status in (402, 404, 405):  # noqa: PLR2004 - HTTP's own numbers
            return Unavailable(
                f"{name} answered {status}{said}.", remedy=f"Set {self._url_variable} to the server's own address."
            )
        return UpstreamFailed(f"{name} failed with {status}{said}.", remedy="Try again, or choose another model.")

    def _cut(self, error: BaseException | None) -> UpstreamFailed:
        silent = isinstance(error, TimeoutError)
        what = f"sent nothing for {self._patience:g} s" if silent else "broke off before its answer was whole"
        return UpstreamFailed(
            f"{self.provider} at {self._where} {what}.", remedy="Try again, or choose another model."
        )


class _WrongKey(Unavailable):
    """The key is missing or refused, so that nothing else of the server can be had either."""


_REQUEST_AT_FAULT = (400, 413, 422)
_OPTIONS = ("stream_options", "max_completion_tokens")
"""What servers differ about, as their refusals name it: the first is then left out, the second takes the place of max_tokens."""
_TOO_LONG = ("context length", "context_length", "context size", "context window", "maximum context", "too long", "too many tokens")
_REASONS: dict[str, Literal["stop", "length", "tool_calls"]] = {
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


def _too_long(status: int, message: str) -> bool:
    return status == 413 or any(sign in message.lower() for sign in _TOO_LONG)  # noqa: PLR2004 - HTTP's own number


class _Lines:
    """Server-sent events from bytes cut anywhere: yields the data of each event.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    """

    def __init__(self) -> None:
        self.read = 0
        self._line = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The events that this piece completes."""
        self.read += len(piece)
        *lines, self._line = (self._line + piece).split(b"\n")
        for line in lines:
            yield from self._take(line.rstrip(b"\r"))

    def rest(self) -> Iterator[bytes]:
        """The event that the end of the body completes: the specification drops it, servers send it."""
        line, self._line = self._line.rstrip(b"\r"), b""
        yield from self._take(line)
        yield from self._take(b"")

    def _take(self, line: bytes) -> Iterator[bytes]:
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        elif not line and self._data:
            data, self._data = b"\n".join(self._data), []
            if data.strip():
                yield data.strip()


@dataclass(kw_only=True)
class _Answer:
    """What has been read of an answer."""

    prefix: str
    """Of the ids made for calls that the server gave none; the length of the conversation keeps them apart."""
    reason: str | None = None
    done: bool = False
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    indexes: list[int | None] = field(default_factory=list[int | None])
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def ended(self) -> bool:
        """Whether the server said that this is all."""
        return self.done or self.reason is not None

    def feed(self, chunk: Json) -> str:
        """Take one chunk, or one whole completion, and answer its words."""
        usage = chunk.get("usage")
        if usage:
            self.input_tokens = _count(usage.get("prompt_tokens"))
            self.output_tokens = _count(usage.get("completion_tokens"))
        choices = chunk.get("choices")
        if not choices:
            return ""
        choice = choices[0]
        reason = choice.get("finish_reason")
        self.reason = str(reason) if reason else self.reason
        delta = choice.get("delta") or choice.get("message") or {}
        for call in delta.get("tool_calls") or ():
            self._call(call)
        return _text(delta.get("content") or delta.get("refusal"))

    def _call(self, part: Json) -> None:
        function = part.get("function") or {}
        given, name, arguments = part.get("id") or "", function.get("name") or "", function.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        at = self._place(part.get("index"), given, name)
        if at == len(self.calls):
            if at >= MOST_CALLS:
                raise ValueError
            self.calls.append(ToolCall(id="", name="", arguments=""))
            self.indexes.append(part.get("index"))
        call = self.calls[at]
        # The name comes whole; some servers repeat it with every part.
        self.calls[at] = replace(
            call, id=call.id or given, name=call.name or name, arguments=call.arguments + _text(arguments)
        )

    def _place(self, index: int | None, given: str, name: str) -> int:
        """Which call a part belongs to: the last of its index, unless its id, or else its name, says otherwise."""
        places = [at for at, one in enumerate(self.indexes) if index in (None, one)]
        if not places:
            return len(self.calls)
        call = self.calls[places[-1]]
        if given and call.id not in ("", given) and (name or index is None):
            # Some servers number every call 0 and tell them apart by id alone.
            return next((at for at, one in enumerate(self.calls) if one.id == given), len(self.calls))
        if index is None and name and not given and call.name:
            return len(self.calls)
        return places[-1]

    def whole(self, provider: str) -> Answered:
        """The end of the answer.

        Raises:
            InvalidRequest: the provider's filter withheld it.
            UpstreamFailed: the provider says that it failed.
        """
        if self.reason == "content_filter":
            raise InvalidRequest(f"The filter of {provider} withheld the answer.", remedy="Ask in other words.")
        if self.reason == "error":
            raise UpstreamFailed(f"{provider} ended its answer with an error.", remedy="Try again.")
        calls: dict[str, ToolCall] = {}
        for number, call in enumerate(self.calls):
            unique = call.id if call.id and call.id not in calls else f"{self.prefix}-{number}"
            calls[unique] = replace(call, id=unique)
        reason = _REASONS.get(self.reason or "", "stop")
        if reason != "length":
            # Some servers end with "stop" and calls nevertheless.
            reason = "tool_calls" if calls else "stop"
        return Answered(
            finish_reason=reason,
            tool_calls=tuple(calls.values()),
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
        )


def _message(message: Message) -> Json:
    """A message as the wire has it."""
    body: Json = {"role": message.role, "content": message.content}
    if message.tool_calls:
        body["content"] = message.content or None
        body["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def _text(value: object) -> str:
    """Text from a content field: null, a string, or a list of parts; half a character becomes a question mark."""
    if isinstance(value, list):
        parts: list[Any] = value
        value = "".join(_text(part.get("text")) for part in parts if isinstance(part, dict))
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode(errors="replace").decode()


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _context(row: Json) -> int | None:
    """How many tokens a listed model takes: vLLM, OpenRouter and Groq each say it, under their own names."""
    names = ("max_model_len", "context_length", "context_window")
    return next((row[name] for name in names if isinstance(row.get(name), int)), None)


def _message_of(body: Any) -> str:  # Any: JSON of any server
    """The message in an error's body, wherever this server puts it."""
    for _ in range(4):
        if isinstance(body, str):
            return body
        if isinstance(body, list):
            body = body[0] if body else ""
        elif isinstance(body, dict):
            body = next((body[key] for key in ("error", "message", "detail", "msg", "code") if body.get(key)), "")
    return ""


def _reason(error: BaseException) -> str:
    """Why a connection failed, without the address that the library puts into its message."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, TimeoutError):
        return f"no connection within {CONNECT:g} s"
    number = getattr(cause, "errno", None)
    # A name that cannot be resolved has a negative number, which is not the system's.
    return os.strerror(number) if number and number > 0 else shorten(getattr(cause, "strerror", None) or type(cause).__name__)
