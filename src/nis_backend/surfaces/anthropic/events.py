"""An answer as a message, and its parts as the events of a stream.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.models.completion import Thought
from nis_backend.surfaces.anthropic.problem import document
from nis_backend.surfaces.anthropic.thoughts import sealed, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.capabilities.models.completion import ChatAnswer, ChatCompletion, ChatPart, FunctionCall
    from nis_backend.errors import NisError
    from nis_backend.operation import Json

REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def message(result: ChatCompletion) -> Json:
    """The whole answer."""
    (answer,) = result.answers
    thoughts = answer.reasoning or ([Thought(text=answer.thought)] if answer.thought else [])
    content = [told(one, result.model) for one in thoughts]
    content += [{"type": "text", "text": answer.text}] if answer.text else []
    content += [{**_call(one), "input": _input(one)} for one in answer.tool_calls]
    return {**_empty(result.model), "content": content, **_end(answer), "usage": usage(result)}


def usage(result: ChatCompletion) -> Json:
    """The tokens: those of the input that the cache had no part in stand alone. What is not stated is 0 here."""
    cached, written = result.cached_tokens, result.written_tokens
    return {
        "input_tokens": max((result.input_tokens or 0) - cached - written, 0),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": cached,
        "output_tokens": result.output_tokens or 0,
        "output_tokens_details": {"thinking_tokens": result.reasoning_tokens},
    }


def _empty(model: str) -> Json:
    return {"id": f"msg_{uuid.uuid4().hex}", "type": "message", "role": "assistant", "model": model}


def _end(answer: ChatAnswer | None) -> Json:
    if answer is None:
        return {"stop_reason": None, "stop_sequence": None}
    reason = "refusal" if answer.refused else REASONS[answer.finish_reason]
    return {"stop_reason": reason, "stop_sequence": None}


def _call(call: FunctionCall) -> Json:
    return {"type": "tool_use", "id": call.id, "name": call.name}


def _input(call: FunctionCall) -> Json:
    """The arguments, which this format wants as an object; what a model wrote that is none is kept in one."""
    try:
        given: object = json.loads(call.arguments or "{}")
    except ValueError:
        given = None
    return given if isinstance(given, dict) else {"arguments": call.arguments}  # pyright: ignore[reportUnknownVariableType] - JSON


class Events:
    """The parts of one stream as its events: the message begins, blocks one after another, and it ends."""

    pause = b'event: ping\ndata: {"type":"ping"}\n\n'
    end = b""

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._index = -1
        self._open = ""
        self._ended: ChatAnswer | None = None

    def of(self, part: ChatPart) -> Iterator[bytes]:
        """The events of one part."""
        if self._index < 0:
            self._index = 0
            begun: Json = {
                **_empty(part.model),
                "content": [],
                **_end(None),
                "usage": {"input_tokens": 0, "output_tokens": 0},
            }
            yield event("message_start", message=begun)
        if part.thought:
            yield from self._more("thinking", {"thinking": part.thought}, part.model)
        if part.text:
            yield from self._more("text", {"text": part.text}, part.model)
        if part.ended is not None:
            yield from self._stop(part.model)
            self._ended = part.ended
            yield from self._proofs(part.ended.reasoning)
            for call in part.ended.tool_calls:
                yield from self._called(call)
        if part.whole is not None:
            yield event("message_delta", delta=_end(self._ended), usage=usage(part.whole))
            yield event("message_stop")

    def failed(self, error: NisError) -> bytes:
        """The last event of a stream that fails."""
        failure = document(error, self._request_id)
        return event("error", error=failure["error"], request_id=self._request_id)

    def _more(self, kind: str, given: Json, model: str) -> Iterator[bytes]:
        if self._open != kind:
            yield from self._stop(model)
            empty: Json = {"type": kind, kind: ""} | ({"signature": ""} if kind == "thinking" else {})
            yield event("content_block_start", index=self._index, content_block=empty)
            self._open = kind
        yield event("content_block_delta", index=self._index, delta={"type": f"{kind}_delta", **given})

    def _stop(self, model: str) -> Iterator[bytes]:
        if self._open == "thinking":
            signed = {"type": "signature_delta", "signature": sealed(Thought(origin=model.partition(":")[0]))}
            yield event("content_block_delta", index=self._index, delta=signed)
        if self._open:
            yield event("content_block_stop", index=self._index)
            self._index += 1
            self._open = ""

    def _proofs(self, thoughts: Sequence[Thought]) -> Iterator[bytes]:
        """What its provider wants back of the thoughts that were told, with its proof, which comes at the end."""
        for one in thoughts:
            if one.signature or one.redacted:
                block = {"type": "redacted_thinking", "data": sealed(one)}
                yield event("content_block_start", index=self._index, content_block=block)
                yield event("content_block_stop", index=self._index)
                self._index += 1

    def _called(self, call: FunctionCall) -> Iterator[bytes]:
        yield event("content_block_start", index=self._index, content_block={**_call(call), "input": {}})
        pieces = {"type": "input_json_delta", "partial_json": json.dumps(_input(call))}
        yield event("content_block_delta", index=self._index, delta=pieces)
        yield event("content_block_stop", index=self._index)
        self._index += 1


def event(kind: str, **given: Any) -> bytes:  # Any: JSON
    """One event, with its name as the official clients want it."""
    data = json.dumps({"type": kind, **given}, separators=(",", ":"), ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()
