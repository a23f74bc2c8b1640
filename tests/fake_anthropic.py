"""A server that speaks Anthropic's messages and says what a test tells it to, byte for byte.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fake_server import Asked, Canned, FakeServer, Json, Reply

MODELS = ("claude-fake-large", "claude-fake-small")


def event(kind: str, **given: Any) -> bytes:
    """One event of a stream, with its name as its official client wants it."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **given})}\n\n".encode()


PING = event("ping")
STOP = event("message_stop")


def starts(input_tokens: int = 7, model: str = MODELS[0], **usage: object) -> bytes:
    """The first event; `usage` may tell more of the tokens."""
    counts = {"input_tokens": input_tokens, "output_tokens": 1, **usage}
    message: Json = {"id": "msg_01fake", "type": "message", "role": "assistant", "model": model, "content": []}
    return event("message_start", message={**message, "stop_reason": None, "stop_sequence": None, "usage": counts})


def begins(index: int, **block: Any) -> bytes:
    """A block begins."""
    return event("content_block_start", index=index, content_block=block)


def delta(index: int, kind: str, **given: Any) -> bytes:
    """More of a block."""
    return event("content_block_delta", index=index, delta={"type": f"{kind}_delta", **given})


def stops(index: int) -> bytes:
    """A block ends."""
    return event("content_block_stop", index=index)


def ends(reason: str = "end_turn", output_tokens: int = 3, *, details: Json | None = None, **usage: object) -> bytes:
    """The reason for the end, with the count of tokens."""
    ended: Json = {"stop_reason": reason, "stop_sequence": None}
    ended |= {"stop_details": details} if details else {}
    return event("message_delta", delta=ended, usage={"output_tokens": output_tokens, **usage})


def text_block(index: int, text: str) -> list[bytes]:
    """Words, in one event each."""
    *words, last = text.split(" ")
    parts = [f"{word} " for word in words] + [last]
    return [begins(index, type="text", text=""), *(delta(index, "text", text=one) for one in parts), stops(index)]


def tool_block(index: int, name: str, given: object, id: str | None = None) -> list[bytes]:  # noqa: A002 - the wire's
    """A call, its input split into pieces, the first of them empty; input that is text is sent as it is."""
    text = given if isinstance(given, str) else json.dumps(given)
    half = len(text) // 2
    block: Json = {"type": "tool_use", "id": id or f"toolu_{name}_{index}", "name": name, "input": {}}
    pieces = ("", text[:half], text[half:]) if given else ()
    return [begins(index, **block), *(delta(index, "input_json", partial_json=one) for one in pieces), stops(index)]


def thinking_block(index: int, text: str, signature: str = "c2lnbmVk") -> list[bytes]:
    """What it thinks, and the proof that it did."""
    first = begins(index, type="thinking", thinking="", signature="")
    thought = [delta(index, "thinking", thinking=f"{word} ") for word in text.split(" ")]
    return [first, *thought, delta(index, "signature", signature=signature), stops(index)]


def redacted_block(index: int, data: str = "ZW5jcnlwdGVk") -> list[bytes]:
    """What it thinks and does not show."""
    return [begins(index, type="redacted_thinking", data=data), stops(index)]


def says(text: str, *, reason: str = "end_turn") -> Canned:
    """Words, with a pause that is filled, and the count of tokens."""
    return Canned(pieces=[starts(), PING, *text_block(0, text), ends(reason), STOP])


def wants(*calls: tuple[str, object], text: str = "", thought: str = "") -> Canned:
    """Calls of tools, after what it thinks and says."""
    pieces = thinking_block(0, thought) if thought else []
    at = 1 if thought else 0
    if text:
        pieces += text_block(at, text)
        at += 1
    for number, (name, given) in enumerate(calls):
        pieces += tool_block(at + number, name, given)
    return Canned(pieces=[starts(), *pieces, ends("tool_use"), STOP])


def error(kind: str, message: str = "") -> Json:
    """An error as the vendor words it."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"}


def fails(status: int, kind: str, message: str = "", **headers: str) -> Canned:
    """A refusal."""
    named = {name.replace("_", "-"): value for name, value in headers.items()} | {"request-id": "req_fake"}
    body = json.dumps(error(kind, message)).encode()
    return Canned(pieces=[body], status=status, content_type="application/json", headers=named)


def overloaded(**headers: str) -> Canned:
    """Too many others ask."""
    return fails(529, "overloaded_error", "Overloaded", **headers)


def whole(canned: Canned) -> Canned:
    """What is answered to who asked for no stream: the same as one message; broken off in its middle when `cut`."""
    message: Json = {}
    for line in b"".join(canned.pieces).splitlines():
        if not line.startswith(b"data: {"):
            continue
        given = json.loads(line.removeprefix(b"data: "))
        if given["type"] == "message_start":
            message = given["message"]
        elif given["type"] == "content_block_start":
            message["content"].append(given["content_block"])
        elif given["type"] == "content_block_delta":
            _add(message["content"][given["index"]], given["delta"])
        elif given["type"] == "message_delta":
            message |= given["delta"]
            message["usage"] |= given["usage"]
    for block in message["content"]:
        if isinstance(block.get("input"), str):
            block["input"] = json.loads(block["input"] or "{}")
    body = json.dumps(message).encode()
    pieces = [body[: len(body) // 2]] if canned.cut else [body]
    return replace(canned, pieces=pieces, content_type="application/json")


def _add(block: Json, given: Json) -> None:
    kind = given["type"]
    if kind == "input_json_delta":
        block["input"] = (block["input"] or "") + given["partial_json"]
    else:
        name = kind.removesuffix("_delta")
        block[name] = block.get(name, "") + given[name]


class FakeAnthropic(FakeServer):
    """Answers messages and counts of tokens; who asks for no stream gets a reply that is one in one piece."""

    asks = ("/messages", "/messages/count_tokens")

    def __init__(self, *replies: Reply, models: Sequence[str] | Canned = MODELS) -> None:
        super().__init__(*replies, models=models)

    def whole(self, canned: Canned, asked: Asked) -> Canned:
        """See `FakeServer.whole`."""
        streams = canned.status == 200 and not canned.held and any(b"message_start" in one for one in canned.pieces)
        return whole(canned) if streams and not asked.body.get("stream") else canned

    def listing(self, names: Sequence[str]) -> Json:
        """See `FakeServer.listing`."""
        return {"data": [card(name) for name in names], "has_more": False, "first_id": None, "last_id": None}

    def spent(self) -> Canned:
        """See `FakeServer.spent`."""
        return fails(500, "api_error", "The test has no reply left.")


def card(name: str, **given: object) -> Json:
    """A model in the list."""
    yes, no = {"supported": True}, {"supported": False}
    able = {"image_input": yes, "pdf_input": no, "structured_outputs": yes}
    card: Json = {"type": "model", "id": name, "display_name": name.title(), "created_at": "2026-09-01T00:00:00Z"}
    card |= {"lifecycle": "active", "max_input_tokens": 200_000, "max_tokens": 8192, "capabilities": able}
    return card | given
