"""A conversation as Anthropic's messages have it: two roles in turn, each turn a list of blocks.

Source: https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.llm.server import object_in
from nis_backend.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.drivers.llm.answer import Reasoning, ToolCall
    from nis_backend.drivers.llm.base import Message, Part

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

TEXTS = ("text/", "application/json", "application/xml", "application/yaml", "application/javascript")
"""How the media types begin of what is sent as plain text."""
IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


def instructions(messages: Sequence[Message]) -> tuple[list[str], Sequence[Message]]:
    """The words of the system that lead, and what follows; where nothing would, the last of them stays a turn."""
    leading = 0
    while leading < len(messages) - 1 and messages[leading].role == "system":
        leading += 1
    return [one.content for one in messages[:leading] if one.content.strip()], messages[leading:]


def turns(messages: Sequence[Message], origin: str, *, thoughts: bool = True) -> list[Json]:
    """The turns; what follows one another in one role is one turn, and the results of tools begin theirs.

    What the model thought goes back where this provider, `origin`, wrote it, unless `thoughts` are not wanted.
    """
    found: list[Json] = []
    for message in messages:
        blocks = list(_blocks(message, origin if thoughts else None))
        role = "assistant" if message.role == "assistant" else "user"
        if found and found[-1]["role"] == role:
            found[-1]["content"] += blocks
        elif blocks:
            found.append({"role": role, "content": blocks})
    for turn in found:
        turn["content"].sort(key=_place)
    return found


def _place(block: Json) -> bool:
    return block["type"] != "tool_result"


def _blocks(message: Message, origin: str | None) -> Iterator[Json]:
    if message.role == "tool":
        yield _result(message)
        return
    if message.role == "system":
        # The role within the turns is one that only some models heed.
        yield {"type": "text", "text": f"<system>\n{message.content}\n</system>"}
        return
    if message.role == "assistant":
        yield from (_thought(one) for one in message.reasoning if one.origin == origin and _proved(one))
    yield from map(_block, _said(message))
    yield from map(_use, message.tool_calls)


def _said(message: Message) -> list[Part]:
    """The parts that say something: blank words are refused."""
    return [part for part in message.in_order if part.kind != "text" or part.text.strip()]


def _proved(one: Reasoning) -> bool:
    return bool(one.signature or one.redacted)


def _thought(one: Reasoning) -> Json:
    if one.redacted:
        return {"type": "redacted_thinking", "data": one.redacted}
    return {"type": "thinking", "thinking": one.text, "signature": one.signature}


def _use(call: ToolCall) -> Json:
    return {"type": "tool_use", "id": _id(call.id), "name": name_of(call.name), "input": _input(call.arguments)}


def _result(message: Message) -> Json:
    result: Json = {"type": "tool_result", "tool_use_id": _id(message.tool_call_id or "")}
    if message.parts:
        return {**result, "content": [_block(part) for part in _said(message)]}
    return {**result, "content": message.content} if message.content else result


def _id(given: str) -> str:
    """An id with the characters that are taken; other providers make ids with more."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", given)


def name_of(tool: str) -> str:
    """A tool's name with the characters that are taken."""
    return tool.replace(".", "_")


def _input(arguments: str) -> Json:
    """The arguments as the object that they must be; what is none is nothing."""
    return object_in(arguments.encode())


def _block(part: Part) -> Json:
    if part.kind == "text":
        return {"type": "text", "text": part.text}
    if part.kind == "image" and (part.url or part.media_type in IMAGES):
        return {"type": "image", "source": _source(part)}
    if part.kind == "file" and (part.url or part.media_type == "application/pdf"):
        return _document(part, _source(part))
    if part.kind == "file" and part.media_type.startswith(TEXTS):
        text = (part.data or b"").decode("utf-8", "replace")
        return _document(part, {"type": "text", "media_type": "text/plain", "data": text})
    raise NotSupported(
        f"Anthropic's models take no {part.kind} of the type {part.media_type or 'unknown'}.",
        field="messages",
        remedy="Send JPEG, PNG, GIF, WebP, PDF or text, or choose another model.",
    )


def _document(part: Part, source: Json) -> Json:
    return {"type": "document", "source": source, **({"title": part.name} if part.name else {})}


def _source(part: Part) -> Json:
    if part.url:
        return {"type": "url", "url": part.url}
    return {"type": "base64", "media_type": part.media_type, "data": b64encode(part.data or b"").decode("ascii")}
