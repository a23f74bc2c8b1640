"""The most tokens that a question can come to, without the model's tokenizer.

No tokenizer of a language model makes more tokens of a text than it has bytes of UTF-8 (byte-level BPE merges bytes;
SentencePiece falls back to them), and the JSON around a message outweighs the marks that a template puts there. What
is no text is bounded by what its family of models makes of it, or by the whole context.
"""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import InvalidRequest, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nis_backend.drivers.llm.base import Message, Part, Prompt

OPENING = 64
"""Tokens that stand before every answer, and those of a preamble that a provider adds unasked."""
TOOLS_PREAMBLE = 1024
"""Tokens of the preamble that providers add where there are tools (Anthropic's is at most 800), and of each tool of
their own naming that runs at the caller's (a shell, an editor, a screen: at most 750)."""
AROUND = 64
"""Bytes of JSON around a message, a call or a tool; more than the tokens of a template's marks."""
AROUND_TOOL = 256

IMAGE = {
    # 2,833 for an image and 5,667 for each of its tiles, of which there are eight at most: its mini models' figures.
    "openai": 2_833 + 8 * 5_667,
    "anthropic": 5_000,
}
"""The most tokens of one image by the family of models; elsewhere an image may fill the context."""
AUDIO_TOKENS_A_SECOND = 20
"""The densest known: one token for 50 ms."""
AUDIO_OPENING = 1000

UNBOUND = frozenset(
    {
        *("web_search_options", "search_parameters", "plugins"),  # searches have a price of their own
        *("mcp_servers", "container"),  # the provider asks the model again and again
        *("context_management", "prediction"),  # what is billed is not held by the maximum of output
        *("models", "fallbacks"),  # another model may answer, at another price
    }
)
"""Members of a request with which a call may cost more than its tokens by any count that is known before."""
HELD = frozenset({"previous_response_id", "conversation", "prompt"})
"""Members that stand for what the provider has: it may fill the context."""
MOST_OUTPUT = ("max_completion_tokens", "max_tokens", "max_output_tokens")
ANSWERS = ("n", "best_of")
"""Members that say how many answers are written; of those that some servers make, only the best is sent."""
COUNTED = UNBOUND | HELD | {*MOST_OUTPUT, *ANSWERS, "model", "tools", "messages", "service_tier", "speed"}
"""Members on which a price depends. Servers in Go take a name in any case for the same, and the last one counts."""
RUN_BY_CALLER = ("bash_", "text_editor_", "computer_", "memory_")
"""How the types of Anthropic's tools begin that the caller executes."""
PLAIN_TOOLS = frozenset({None, "function", "custom"})
TEXT = frozenset(
    {
        *("text", "input_text", "output_text", "refusal", "tool_use", "tool_result", "thinking", "redacted_thinking"),
        *("message", "function_call", "function_call_output", "reasoning", "custom_tool_call"),
        "custom_tool_call_output",
    }
)
"""Types of parts whose tokens are those of the text that stands in the request."""
PLAIN_WAVE = frozenset({1, 3})
"""Formats of a WAV file whose samples are not compressed: whole numbers and floats."""

_Part = tuple[str, str, str]
"""What a part is, its inline data as it is written, and that data's format."""


class _TooMuch(Exception):
    """A part has no bound of its own."""


def input_bound(body: bytes, asked: Mapping[str, Any], family: str, context: int | None) -> int | None:  # Any: JSON
    """The most input tokens of a request in a provider's own wire; None when there is no such number.

    `asked` is the body as it was read; `family` names the models as in `IMAGE`. `context` is the most input that the
    model takes; give none for embeddings, whose context holds each text by itself.
    """
    tools = [cast("dict[str, Any]", tool) for tool in _list(asked.get("tools")) if isinstance(tool, dict)]
    if not UNBOUND.isdisjoint(asked) or any(map(_hosted, tools)):
        return None
    if not HELD.isdisjoint(asked):
        return context
    tokens = len(body) + OPENING + sum(map(_longer, _texts(asked)))
    tokens += TOOLS_PREAMBLE * (1 + sum(tool.get("type") not in PLAIN_TOOLS for tool in tools)) if tools else 0
    try:
        for part in media(asked):
            tokens += _tokens(part, family) - len(part[1])
    except _TooMuch:
        return context
    return tokens if context is None else min(tokens, context)


def bound_of(prompt: Prompt, family: str, context: int | None) -> int | None:
    """The most input tokens of a prompt; None when there is no such number."""
    tokens = OPENING + sum(map(_message_bytes, prompt.messages))
    for tool in prompt.tools:
        tokens += AROUND_TOOL + _bytes(tool.name) + _bytes(tool.description) + _bytes(json.dumps(tool.parameters))
    if prompt.tools or prompt.json:
        tokens += TOOLS_PREAMBLE
    if prompt.schema is not None:
        tokens += _bytes(json.dumps(prompt.schema))
    try:
        for message in prompt.messages:
            tokens += sum(_tokens(_of(part), family) for part in message.parts if part.kind != "text")
    except _TooMuch:
        return context
    return tokens if context is None else min(tokens, context)


def output_bound(asked: Mapping[str, Any]) -> int | None:  # Any: JSON
    """The most output tokens of one answer that a request itself allows; None when it does not say.

    What is below 1 says nothing: to some servers it is an answer without end.
    """
    given = [asked.get(name) for name in MOST_OUTPUT]
    return max((one for one in given if isinstance(one, int) and not isinstance(one, bool) and one > 0), default=None)


def answers_bound(asked: Mapping[str, Any]) -> int:  # Any: JSON
    """The most answers that are paid for.

    Raises:
        InvalidRequest: it is a number to some servers and none to others, or stands under a name that only some know.
    """
    for name in asked:
        if name != name.casefold() and name.casefold() in COUNTED:
            raise InvalidRequest(
                f"There is no parameter {shorten(name)!r}.", field=name, remedy=f"Write it {name.casefold()}."
            )
    given = [asked.get(name) for name in ANSWERS]
    for name, one in zip(ANSWERS, given, strict=True):
        if one is not None and not isinstance(one, int):
            raise InvalidRequest(
                f"{name} is no whole number.", field=name, value=shorten(str(one)), remedy="Give one, or leave it out."
            )
    return max([1, *(one for one in given if one is not None)])


# -- text -------------------------------------------------------------------------------------------------------------


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass")) + _longer(text)


def _longer(text: str) -> int:
    """By how many bytes a text grows where a tokenizer writes its characters out first (NFKC: ﷺ becomes 18)."""
    if text.isascii() or unicodedata.is_normalized("NFKC", text):
        return 0
    long = len(unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass"))
    return max(0, long - len(text.encode("utf-8", "surrogatepass")))


def _texts(value: Any) -> Iterator[str]:  # Any: JSON
    """Every text in a JSON value, names of members included."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += cast("dict[Any, Any]", one).keys()
            waiting += cast("dict[Any, Any]", one).values()
        elif isinstance(one, list):
            waiting += cast("list[Any]", one)


def _message_bytes(message: Message) -> int:
    size = AROUND + _bytes(message.content) + _bytes(message.tool_call_id or "")
    size += sum(AROUND + _bytes(part.text) for part in message.parts if part.kind == "text")
    size += sum(_bytes(one.text) + len(one.signature) + len(one.redacted) + AROUND for one in message.reasoning)
    return size + sum(
        AROUND + _bytes(call.id) + _bytes(call.name) + _bytes(call.arguments) for call in message.tool_calls
    )


# -- what is no text --------------------------------------------------------------------------------------------------


def _hosted(tool: Mapping[str, Any]) -> bool:  # Any: JSON
    """Whether the provider carries the tool out: what it costs is known when it has."""
    kind = tool.get("type")
    return kind not in PLAIN_TOOLS and not str(kind).startswith(RUN_BY_CALLER)


def _list(value: Any) -> list[Any]:  # Any: JSON
    return cast("list[Any]", value) if isinstance(value, list) else []


def media(asked: Mapping[str, Any]) -> Iterator[_Part]:  # Any: JSON
    """The parts of a request that are no text, by their kinds: `image`, `audio`, or the vendor's own word.

    Only what providers read as parts is looked at: what looks like one in a call's arguments is text.
    """
    waiting = [*_list(asked.get("messages")), *_list(asked.get("system"))]
    waiting += _list(asked.get("input")) if "messages" not in asked else []
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            continue
        part = cast("dict[str, Any]", one)
        kind = part.get("type")
        if kind is None or kind in TEXT:
            waiting += _list(part.get("content")) + _list(part.get("output") if kind != "custom_tool_call" else None)
        elif kind == "document" and _dict(part.get("source")).get("type") in {"text", "content"}:
            waiting += _list(_dict(part.get("source")).get("content"))
        else:
            yield _inline(str(kind), part)


def _dict(value: Any) -> dict[str, Any]:  # Any: JSON
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _inline(kind: str, part: Mapping[str, Any]) -> _Part:  # Any: JSON
    if kind in {"image_url", "input_image", "image"}:
        url = part.get("image_url")
        given = _dict(part.get("source")).get("data") or (_dict(url).get("url") if isinstance(url, dict) else url)
        written = given if isinstance(given, str) else ""
        # An address that is no data stays counted as text.
        return "image", written if kind == "image" or written.startswith("data:") else "", ""
    if kind == "input_audio":
        audio = _dict(part.get("input_audio"))
        data = audio.get("data")
        return "audio", data if isinstance(data, str) else "", str(audio.get("format"))
    return kind, "", ""


def _of(part: Part) -> _Part:
    # As the wire has it, though only the beginning is looked at.
    data = base64.b64encode(part.data).decode() if part.kind == "audio" and part.data else ""
    return part.kind, data, part.media_type.rpartition("/")[2].removeprefix("x-")


def _tokens(part: _Part, family: str) -> int:
    kind, data, form = part
    if kind == "image" and family in IMAGE:
        return IMAGE[family]
    if kind == "audio" and form in {"wav", "wave"}:
        return AUDIO_OPENING + _wave_tokens(data)
    raise _TooMuch


def _wave_tokens(data: str) -> int:
    """Of a plain WAV file in base64, by the seconds that it says it lasts; whoever reads it goes by that too."""
    size = len(data) * 3 // 4
    try:
        head = base64.b64decode(data[:64])
    except (binascii.Error, ValueError):
        raise _TooMuch from None
    plain = head[:4] == b"RIFF" and head[8:16] == b"WAVEfmt " and _number(head[20:22]) in PLAIN_WAVE
    a_second = min(_number(head[28:32]), _number(head[24:28]) * _number(head[32:34]))
    if not plain or a_second == 0:
        raise _TooMuch
    return -(-size * AUDIO_TOKENS_A_SECOND // a_second)


def _number(some: bytes) -> int:
    return int.from_bytes(some, "little")


def several(texts: Iterable[str]) -> int:
    """The most tokens of texts that are embedded."""
    return sum(AROUND + _bytes(text) for text in texts)
