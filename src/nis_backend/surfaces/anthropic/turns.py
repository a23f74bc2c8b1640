"""A conversation of blocks as the turns of an operation's request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nis_backend.surfaces.anthropic import blocks as read
from nis_backend.surfaces.anthropic import thoughts as thinking

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.operation import Json
    from nis_backend.surfaces.anthropic.blocks import Block, Shown


def turns(role: str, content: Sequence[Block], origin: str) -> Iterator[Json]:
    """The turns of one message: results of tools each have their own, before the words that came with them.

    `origin` is the provider whose thoughts are taken to be those that bear no mark of ours.
    """
    shown: list[Shown] = []
    calls: list[Json] = []
    thoughts: list[Json] = []
    for block in content:
        if isinstance(block, read.ToolResultBlock):
            yield _result(block)
        elif isinstance(block, read.ToolUseBlock):
            calls.append({"id": block.id, "name": block.name, "arguments": json.dumps(block.input)})
        elif isinstance(block, read.ThinkingBlock):
            thoughts.append(thinking.read(block.thinking, block.signature, origin, redacted=False))
        elif isinstance(block, read.RedactedBlock):
            thoughts.append(thinking.read("", block.data, origin, redacted=True))
        else:
            shown.append(block)
    if shown or calls or thoughts:
        turn: Json = {"role": role, **_said(shown)}
        yield turn | ({"tool_calls": calls, "reasoning": thoughts} if role == "assistant" else {})


def _result(block: read.ToolResultBlock) -> Json:
    failed = [read.TextBlock(type="text", text="Error: ")] if block.is_error else []
    return {"role": "tool", "tool_call_id": block.tool_use_id, **_said([*failed, *block.content])}


def _said(shown: Sequence[Shown]) -> Json:
    """The words, and where there is more than words all of it in its order."""
    parts = [part for block in shown for part in _parts(block)]
    words = "".join(part["text"] for part in parts if part["kind"] == "text")
    only_words = all(part["kind"] == "text" for part in parts)
    return {"content": words} if only_words else {"content": words, "parts": parts}


def _parts(block: Shown) -> Iterator[Json]:
    if isinstance(block, read.TextBlock):
        yield {"kind": "text", "text": block.text}
    elif isinstance(block, read.ImageBlock):
        yield {"kind": "image", **_bytes(block.source, "")}
    elif isinstance(block, read.DocumentBlock):
        yield from _document(block)
    else:
        words = "\n".join(one.text for one in block.content)
        yield {"kind": "text", "text": f"{block.title} ({block.source}):\n{words}\n"}


def _document(block: read.DocumentBlock) -> Iterator[Json]:
    """A document: what is plain text becomes words, which every model reads."""
    if block.context:
        yield {"kind": "text", "text": f"{block.context}\n"}
    source = block.source
    if isinstance(source, read.TextSource | read.ContentSource):
        text = source.data if isinstance(source, read.TextSource) else "\n".join(one.text for one in source.content)
        yield {"kind": "text", "text": f"{block.title}:\n{text}\n" if block.title else f"{text}\n"}
    else:
        yield {"kind": "file", **_bytes(source, block.title or "")}


def _bytes(source: read.Base64Source | read.UrlSource | read.FileSource, name: str) -> Json:
    if isinstance(source, read.UrlSource):
        return {"url": source.url}
    if isinstance(source, read.FileSource):
        return {"blob": source.file_id}
    return {"blob": {"base64": source.data, "media_type": source.media_type, "name": name[:200]}}
