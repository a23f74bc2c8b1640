"""Chat completions in their other form: what came in pieces as a whole, and a whole one in pieces.

Source: https://platform.openai.com/docs/api-reference/chat/streaming
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic_core import to_json

from nis_backend.drivers.gateway.events import data_of, events_in, object_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.drivers.llm.base import Json

ENDS = frozenset({"stop", "length", "tool_calls", "function_call"})
"""How an answer ends that is whole."""
DONE = b"data: [DONE]\n\n"
NAMED = ("id", "created", "model", "system_fingerprint", "service_tier")


def is_whole(completion: Json) -> bool:
    """Whether every answer in it came to its end, and was neither withheld nor broken."""
    choices = _list(completion.get("choices"))
    return bool(choices) and all(_object(choice).get("finish_reason") in ENDS for choice in choices)


def is_cut(completion: Json) -> bool:
    """Whether an answer in it ends where it was to be no longer."""
    return any(_object(choice).get("finish_reason") == "length" for choice in _list(completion.get("choices")))


def joined(events: bytes, usage: Json | None) -> Json | None:
    """The completion that the chunks of a stream come to; None when they are no such thing."""
    whole: Json = {}
    choices: dict[int, Json] = {}
    try:
        for event in events_in(events):
            chunk = data_of(event)
            if chunk is None or "choices" not in chunk:
                continue
            whole |= {name: chunk[name] for name in NAMED if chunk.get(name) is not None}
            for part in chunk["choices"]:
                choice = choices.setdefault(part["index"], {"index": part["index"], "message": {}, "logprobs": None})
                _add(choice["message"], part.get("delta") or {})
                choice["finish_reason"] = part.get("finish_reason") or choice.get("finish_reason")
                if part.get("logprobs"):
                    choice["logprobs"] = _longer(choice["logprobs"] or {}, part["logprobs"])
    except (KeyError, TypeError, AttributeError, IndexError):
        return None
    for choice in choices.values():
        choice["message"] = {"role": "assistant", "content": None} | choice["message"]
        for call in choice["message"].get("tool_calls", ()):
            call.pop("index", None)
    found = {**whole, "object": "chat.completion", "choices": [choices[at] for at in sorted(choices)]}
    return {**found, "usage": usage} if usage is not None else found


def _add(message: Json, delta: Json) -> None:
    """Add what is new to a message: words follow words, calls stand at their places."""
    for name, value in delta.items():
        if name == "tool_calls":
            for call in value or ():
                calls = message.setdefault("tool_calls", [])
                at = call.get("index", len(calls))
                if at == len(calls):
                    calls.append({"index": at, "function": {"name": "", "arguments": ""}})
                _call(calls[at], call)
        elif isinstance(value, str) and name != "role":
            message[name] = (message.get(name) or "") + value
        elif value is not None:
            message[name] = value


def _call(call: Json, part: Json) -> None:
    function: Json = part.get("function") or {}
    call |= {name: value for name, value in part.items() if name not in {"index", "function"} and value}
    call["function"]["name"] = call["function"]["name"] or function.get("name") or ""
    call["function"]["arguments"] += function.get("arguments") or ""


def _longer(kept: Json, more: Json) -> Json:
    return {name: [*(kept.get(name) or ()), *(more.get(name) or ())] or None for name in {*kept, *more}}


def split(completion: Json, *, counts: bool) -> bytes:
    """A completion as the events of a stream, with its count of tokens where it is wanted."""
    named = {name: completion[name] for name in NAMED if name in completion} | {"object": "chat.completion.chunk"}
    told = {"usage": None} if counts else {}
    chunks = [
        {**named, "choices": [part], **told}
        for choice in _list(completion.get("choices"))
        for part in _parts(_object(choice))
    ]
    if counts:
        chunks.append({**named, "choices": [], "usage": completion.get("usage")})
    return b"".join(b"data: " + to_json(chunk) + b"\n\n" for chunk in chunks) + DONE


def _parts(choice: Json) -> Iterator[Json]:
    """What begins an answer, all it says, and its end."""
    message = dict(_object(choice.get("message")))
    said = {name: value for name, value in message.items() if name not in {"role", "tool_calls"} and value is not None}
    calls = [{**_object(call), "index": at} for at, call in enumerate(_list(message.get("tool_calls")))]
    part: Json = {"index": choice.get("index", 0), "logprobs": None, "finish_reason": None}
    content = None if calls and not said.get("content") else ""
    yield {**part, "delta": {"role": message.get("role", "assistant"), "content": content}}
    if said:
        yield {**part, "delta": said, "logprobs": choice.get("logprobs")}
    if calls:
        yield {**part, "delta": {"tool_calls": calls}}
    yield {**part, "delta": {}, "finish_reason": choice.get("finish_reason")}


def completion_in(body: bytes) -> Json | None:
    """The completion that a body is; None when it is none, or is not whole."""
    found = object_of(body)
    return found if found is not None and is_whole(found) else None


def _list(value: object) -> list[Any]:  # Any: JSON
    return cast("list[Any]", value) if isinstance(value, list) else []


def _object(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}
