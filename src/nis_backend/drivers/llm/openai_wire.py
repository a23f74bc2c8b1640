"""OpenAI's chat completions on the wire: the request's body, the events of a stream, the words of an error.

Source: https://platform.openai.com/docs/api-reference/chat; where servers depart from it, the place says how.
"""

from __future__ import annotations

import json
import weakref
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from nis_backend.drivers.llm.answer import Answered, ToolCall
from nis_backend.errors import InvalidRequest, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from nis_backend.drivers.llm.base import Message, Prompt, Tool

# Any: a JSON object's values differ in type, and what a server sends is checked where it is read.
Json = dict[str, Any]

MOST_CALLS = 128
"""Tool calls that are read of one answer."""
OPTIONS = ("stream_options", "max_completion_tokens")
"""What servers differ about, as their refusals name it: the first is then left out, the second replaces max_tokens."""

_REASONS: dict[str, Literal["stop", "length", "tool_calls"]] = {
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


def body_of(prompt: Prompt, refused: Container[str]) -> bytes:
    """The request, for a stream or for one whole answer, without the `OPTIONS` that the server has refused."""
    text = _dumps(_without_tools(prompt, refused))
    if prompt.tools:
        # Most of a request, and the same from turn to turn: each tool is written once for as long as it is offered.
        text = f'{text[:-1]},"tools":[{",".join(map(_tool_text, prompt.tools))}]}}'
    return text.encode()


# `json.dumps` would make one anew for each text.
_dumps = json.JSONEncoder(separators=(",", ":")).encode


def _without_tools(prompt: Prompt, refused: Container[str]) -> Json:
    body: Json = {"model": prompt.model, "messages": [_message(one) for one in prompt.messages]}
    body["stream"] = prompt.pieces
    if prompt.pieces and "stream_options" not in refused:
        body["stream_options"] = {"include_usage": True}
    body |= _choice(prompt) if prompt.tools else {}
    if prompt.json:
        body["response_format"] = _format(prompt)
    if prompt.max_tokens is not None:
        # OpenAI's reasoning models know only the second name, most other servers only the first.
        body["max_completion_tokens" if "max_completion_tokens" in refused else "max_tokens"] = prompt.max_tokens
    for name in ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed"):
        if (value := getattr(prompt, name)) is not None:
            body[name] = value
    if prompt.stop:
        body["stop"] = list(prompt.stop)
    return body


def _choice(prompt: Prompt) -> Json:
    """The choice among the tools; what is the default is left to the server."""
    body: Json = {}
    if prompt.tool_name is not None:
        body["tool_choice"] = {"type": "function", "function": {"name": prompt.tool_name}}
    elif prompt.tool_choice != "auto":
        body["tool_choice"] = prompt.tool_choice
    return body if prompt.parallel_tool_calls else {**body, "parallel_tool_calls": False}


_texts: weakref.WeakKeyDictionary[Tool, str] = weakref.WeakKeyDictionary()
"""Each tool as JSON; gone with the tool."""


def _tool_text(tool: Tool) -> str:
    text = _texts.get(tool)
    if text is None:
        text = _texts[tool] = _dumps(_tool(tool))
    return text


def _tool(tool: Tool) -> Json:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": {**function, "strict": True} if tool.strict else function}


def _format(prompt: Prompt) -> Json:
    if prompt.schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": prompt.strict, "schema": prompt.schema}}


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


_EMPTY = frozenset({b"", b"\r"})


class Lines:
    """Server-sent events from bytes cut anywhere: yields the data of each event.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    """

    def __init__(self) -> None:
        self.read = 0
        self._line = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[bytes]:
        """The events that this piece completes."""
        self.read += len(piece)
        *lines, self._line = (self._line + piece).split(b"\n")
        return self._take(lines)

    def rest(self) -> list[bytes]:
        """The event that the end of the body completes: the specification drops it, servers send it."""
        line, self._line = self._line, b""
        return self._take([line, b""])

    def _take(self, lines: Iterable[bytes]) -> list[bytes]:
        found: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:])
            elif self._data and line in _EMPTY:
                # What surrounds a line says nothing: each is JSON, or a part of some.
                data = b"\n".join([part.strip() for part in self._data]).strip()
                self._data = []
                if data:
                    found.append(data)
        return found


@dataclass(kw_only=True)
class Answer:
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
        delta: Json = choice.get("delta") or choice.get("message") or {}
        for at, call in enumerate(delta.get("tool_calls") or ()):
            # A whole answer's calls are whole, each one of its own.
            self._call(call if "delta" in choice else {**call, "index": at})
        return _text(delta.get("content") or delta.get("refusal"))

    def _call(self, part: Json) -> None:
        function: Json = part.get("function") or {}
        given, name, arguments = _text(part.get("id")), _text(function.get("name")), function.get("arguments")
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


def _text(value: object) -> str:
    """Text from a content field: null, a string, or a list of parts; half a character becomes a question mark."""
    if isinstance(value, list):
        parts = cast("list[Json]", value)
        value = "".join(_text(part.get("text")) for part in parts)
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode(errors="replace").decode()


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def message_of(body: Any) -> str:  # Any: JSON of any server
    """The message in an error's body, wherever this server puts it."""
    # One look a level: {"error": {"message": …}}, {"detail": [{"msg": …}]}, and others in between.
    for _ in range(4):
        if isinstance(body, list):
            body = next(iter(cast("list[Any]", body)), "")
        elif isinstance(body, dict):
            members = cast("Json", body)
            names = ("error", "message", "detail", "msg", "code")
            body = next((members[name] for name in names if members.get(name)), "")
    if isinstance(body, str):
        return body
    return ""
