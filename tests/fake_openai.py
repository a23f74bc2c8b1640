"""An OpenAI-compatible server that says what a test tells it to, byte for byte.

Source: https://platform.openai.com/docs/api-reference/chat/streaming
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fake_server import Asked, Canned, FakeServer, Json, Reply

__all__ = ["DONE", "Asked", "Canned", "FakeOpenAI", "Json", "Reply"]


def event(**chunk: Any) -> bytes:
    """One event of a stream."""
    return b"data: " + json.dumps({"object": "chat.completion.chunk", **chunk}).encode() + b"\n\n"


def delta(finish: str | None = None, **delta: Any) -> bytes:
    """An event with a delta of the one choice."""
    return event(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


def usage(input_tokens: int = 7, output_tokens: int = 3) -> bytes:
    """The event with the count of tokens, whose choices are empty."""
    return event(choices=[], usage={"prompt_tokens": input_tokens, "completion_tokens": output_tokens})


DONE = b"data: [DONE]\n\n"


def says(text: str, *, finish: str = "stop") -> Canned:
    """Words, in one event each, with the count of tokens."""
    *words, last = text.split(" ")
    parts = [delta(content=f"{word} ") for word in words]
    return Canned(
        pieces=[delta(role="assistant", content=""), *parts, delta(content=last), delta(finish), usage(), DONE]
    )


def wants(*calls: tuple[str, object], text: str = "") -> Canned:
    """Parallel tool calls, each one's arguments split into two deltas; arguments that are text are sent as they are."""
    parts = [delta(role="assistant", content=text or None)]
    for index, (name, given) in enumerate(calls):
        arguments = given if isinstance(given, str) else json.dumps(given)
        half = len(arguments) // 2
        first = {"index": index, "id": f"call_{name}_{index}", "type": "function"}
        parts.append(delta(tool_calls=[{**first, "function": {"name": name, "arguments": ""}}]))
        halves = (arguments[:half], arguments[half:])
        parts += [delta(tool_calls=[{"index": index, "function": {"arguments": piece}}]) for piece in halves]
    return Canned(pieces=[*parts, delta("tool_calls"), usage(), DONE])


def breaks_off(text: str) -> Canned:
    """Words without an end, and then a connection that is gone."""
    return Canned(pieces=[delta(content=text)], cut=True)


def fails(status: int, message: str = "", *, code: str | None = None, kind: str = "error", **headers: str) -> Canned:
    """An error as OpenAI words it."""
    body = json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Canned(pieces=[body], status=status, content_type="application/json", headers=named)


def rate_limited(after: str, message: str = "Rate limit reached") -> Canned:
    """A refusal for a while, with what OpenAI says of its limits.

    Source: https://platform.openai.com/docs/guides/rate-limits
    """
    limits = {"x_ratelimit_limit_requests": "60", "x_ratelimit_remaining_requests": "0"}
    return fails(429, message, code="rate_limit_exceeded", kind="requests", retry_after=after, **limits)


def malformed() -> Canned:
    """A stream that turns into what is no JSON."""
    return Canned(pieces=[delta(content="half "), b'data: {"choices":[{"delta":{"content"\n\n', DONE])


def thinks(thought: str, text: str, *, name: str = "reasoning_content") -> Canned:
    """What a model thinks, a word an event, and then its words.

    Source: https://api-docs.deepseek.com/guides/reasoning_model; others call the member `reasoning`.
    """
    words = [delta(**{name: f"{word} "}) for word in thought.split(" ")]
    details = {"completion_tokens_details": {"reasoning_tokens": len(words)}}
    counts = {"prompt_tokens": 7, "completion_tokens": 3 + len(words), **details}
    said = [delta(content=text), delta("stop"), event(choices=[], usage=counts), DONE]
    return Canned(pieces=[delta(role="assistant", content=None), *words, *said])


def whole(canned: Canned) -> Canned:
    """What a server answers that was asked for no stream: the same in one piece; broken off in its middle when `cut`.

    Source: https://platform.openai.com/docs/api-reference/chat/object
    """
    message: Json = {"role": "assistant", "content": None}
    end: Json = {}
    counts: Json | None = None
    for line in b"".join(canned.pieces).splitlines():
        if not line.startswith(b"data: {"):
            continue
        chunk = json.loads(line.removeprefix(b"data: "))
        counts = chunk.get("usage") or counts
        for choice in chunk["choices"]:
            end = choice if choice["finish_reason"] else end
            _add(message, choice["delta"])
    choices = [{"index": 0, "message": message, "finish_reason": end.get("finish_reason")}]
    body = json.dumps({"object": "chat.completion", "choices": choices, "usage": counts}).encode()
    pieces = [body[: len(body) // 2]] if canned.cut else [body]
    return replace(canned, pieces=pieces, content_type="application/json")


def _add(message: Json, given: Json) -> None:
    for name in ("content", "refusal", "reasoning_content", "reasoning"):
        if given.get(name):
            message[name] = (message.get(name) or "") + given[name]
    for part in given.get("tool_calls", ()):
        calls = message.setdefault("tool_calls", [])
        if part["index"] == len(calls):
            function = {"name": part["function"]["name"], "arguments": ""}
            calls.append({"id": part["id"], "type": "function", "function": function})
        calls[part["index"]]["function"]["arguments"] += part["function"]["arguments"]


def _streams(canned: Canned) -> bool:
    """Whether it is a stream such as the functions above make, with words or calls."""
    return canned.status == 200 and not canned.held and any(b'"delta"' in piece for piece in canned.pieces)


class FakeOpenAI(FakeServer):
    """Answers chat completions; who asks for no stream gets a reply in one piece, unless it `only_streams`."""

    asks = (
        *("/chat/completions", "/embeddings", "/responses"),
        *("/audio/speech", "/audio/transcriptions", "/audio/translations"),
    )

    def __init__(
        self,
        *replies: Reply,
        models: Sequence[str] | Canned = ("fake-large", "vendor/fake-small"),
        only_streams: bool = False,
    ) -> None:
        super().__init__(*replies, models=models)
        self.only_streams = only_streams

    def whole(self, canned: Canned, asked: Asked) -> Canned:
        """See `FakeServer.whole`."""
        streams = self.only_streams or asked.body.get("stream") is True
        return canned if streams or not _streams(canned) else whole(canned)

    def listing(self, names: Sequence[str]) -> Json:
        """See `FakeServer.listing`."""
        return {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}

    def spent(self) -> Canned:
        """See `FakeServer.spent`."""
        return fails(500, "The test has no reply left.")
