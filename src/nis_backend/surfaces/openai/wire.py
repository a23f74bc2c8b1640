"""An answer as a `chat.completion` object, and its parts as the chunks of a stream.

Source: https://platform.openai.com/docs/api-reference/chat/streaming
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from nis_backend.surfaces.openai.body import TIER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.capabilities.models.completion import (
        ChatAnswer,
        ChatCompletion,
        ChatPart,
        FunctionCall,
        TokenChance,
        TokenChances,
    )
    from nis_backend.operation import Json

DEMONSTRATION = "demonstration"
"""The fingerprint of a model that is too small to be relied on."""


def completion(result: ChatCompletion) -> Json:
    """The whole answer."""
    return {
        "id": new_id(),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": result.model,
        "choices": [_choice(number, answer) for number, answer in enumerate(result.answers)],
        "usage": usage(result),
        "service_tier": TIER,
        "system_fingerprint": DEMONSTRATION if result.demonstration else None,
    }


def new_id() -> str:
    """An unused id."""
    return f"chatcmpl-{uuid.uuid4().hex}"


def usage(result: ChatCompletion) -> Json | None:
    """The count of tokens; null when the provider states none."""
    if result.input_tokens is None or result.output_tokens is None:
        return None
    return {
        "prompt_tokens": result.input_tokens,
        "completion_tokens": result.output_tokens,
        "total_tokens": result.input_tokens + result.output_tokens,
        "prompt_tokens_details": {"cached_tokens": result.cached_tokens, "cache_write_tokens": result.written_tokens},
        "completion_tokens_details": {"reasoning_tokens": result.reasoning_tokens},
    }


def _choice(number: int, answer: ChatAnswer) -> Json:
    message: Json = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.refused:
        message |= {"content": None, "refusal": answer.text}
    if answer.thought:
        message["reasoning_content"] = answer.thought
    if answer.tool_calls:
        message["content"] = answer.text or None
        message["tool_calls"] = [_call(one) for one in answer.tool_calls]
    chances = _chances(answer.logprobs)
    return {"index": number, "message": message, "logprobs": chances, "finish_reason": answer.finish_reason}


def _chances(logprobs: Sequence[TokenChances]) -> Json | None:
    """The probabilities of these tokens; null where none were wanted."""
    if not logprobs:
        return None
    rows = [{**_chance(one), "top_logprobs": [_chance(other) for other in one.alternatives]} for one in logprobs]
    return {"content": rows, "refusal": None}


def _chance(one: TokenChance) -> Json:
    return {"token": one.token, "logprob": one.logprob, "bytes": one.bytes}


def _call(call: FunctionCall) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


class Chunks:
    """The parts of one stream, as its chunks: the role first, then words or calls, the reason of the end, the count."""

    def __init__(self, *, include_usage: bool) -> None:
        self._usage = include_usage
        self._id = new_id()
        self._created = int(time.time())
        self._begun: set[int] = set()

    def of(self, part: ChatPart) -> Iterator[Json]:
        """The chunks of one part."""
        if part.whole is not None:
            if self._usage:
                yield {**self._chunk(part), "choices": [], "usage": usage(part.whole)}
            return
        if part.answer not in self._begun:
            self._begun.add(part.answer)
            called = part.ended is not None and part.ended.tool_calls
            yield self._delta(part, {"role": "assistant", "content": None if called else "", "refusal": None})
        if part.thought:
            # The name that servers of models that think have given it; OpenAI's own format has no place for it.
            yield self._delta(part, {"reasoning_content": part.thought})
        if part.text or part.logprobs:
            yield self._delta(part, {"content": part.text})
        if part.ended is not None:
            for index, call in enumerate(part.ended.tool_calls):
                whole = _call(call)
                named = {**whole, "function": {"name": call.name, "arguments": ""}}
                yield self._delta(part, {"tool_calls": [{"index": index, **named}]})
                yield self._delta(part, {"tool_calls": [{"index": index, "function": {"arguments": call.arguments}}]})
            yield self._delta(part, {}, part.ended.finish_reason)

    def _delta(self, part: ChatPart, delta: Json, reason: str | None = None) -> Json:
        chances = _chances(part.logprobs) if "content" in delta and delta.get("role") is None else None
        choice = {"index": part.answer, "delta": delta, "logprobs": chances, "finish_reason": reason}
        chunk = {**self._chunk(part), "choices": [choice]}
        return {**chunk, "usage": None} if self._usage else chunk

    def _chunk(self, part: ChatPart) -> Json:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": part.model,
            "service_tier": TIER,
            "system_fingerprint": DEMONSTRATION if part.demonstration else None,
        }
