"""A conversation as OpenAI's chat completions have it, and what stands beside the words of an answer.

Source: https://platform.openai.com/docs/api-reference/chat; where servers depart from it, the place says how.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, cast

from nis_backend.drivers.llm.answer import TokenLogprob, Usage
from nis_backend.drivers.llm.server import members, text_in
from nis_backend.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.drivers.llm.base import Message, Part

# Any: a JSON object's values differ in type, and what a server sends is checked where it is read.
Json = dict[str, Any]

AUDIO = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
"""The sounds that the format has names for."""
THOUGHTS = ("reasoning_content", "reasoning")
"""Where servers put what a model thinks, and want it back: DeepSeek's and llama.cpp's name, and the other ones'."""


# -- out ---------------------------------------------------------------------------------------------------------------


def messages_of(messages: Sequence[Message], origin: str, thoughts: str = THOUGHTS[0]) -> list[Json]:
    """The turns as the wire has them; `thoughts` is the name under which this provider, `origin`, takes its own back.

    They go back within the turn under way alone: DeepSeek refuses a call's result without them, and refuses them in a
    turn that has ended.
    """
    asked = max((at for at, message in enumerate(messages) if message.role == "user"), default=-1)
    found: list[Json] = []
    shown: list[Json] = []
    for at, message in enumerate(messages):
        if shown and message.role != "tool":
            found.append({"role": "user", "content": shown})
            shown = []
        body = _message(message)
        thought = "".join(one.text for one in message.reasoning if one.origin == origin)
        if thought and at > asked:
            body[thoughts] = thought
        found.append(body)
        if message.role == "tool":
            # A result of a tool is words in this format: what else it shows follows as a turn of the user's.
            shown += [_part(part) for part in message.parts if part.kind != "text"]
    return [*found, {"role": "user", "content": shown}] if shown else found


def _message(message: Message) -> Json:
    body: Json = {"role": message.role, "content": message.content}
    if message.parts and message.role != "tool":
        body["content"] = list(_parts(message))
    if message.tool_calls:
        body["content"] = body["content"] or None
        body["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def _parts(message: Message) -> Iterator[Json]:
    for part in message.in_order:
        if part.kind != "text" and message.role != "user":
            raise NotSupported(
                f"This format takes no {part.kind} in a turn of the {message.role}'s.",
                field="messages",
                remedy="Show it in a turn of the user's.",
            )
        yield _part(part)


def _part(part: Part) -> Json:
    if part.kind == "text":
        return {"type": "text", "text": part.text}
    if part.kind == "image" and (part.url or part.media_type.startswith("image/")):
        url = part.url or address_of(part)
        return {"type": "image_url", "image_url": {"url": url, **({} if part.detail == "auto" else _detail(part))}}
    if part.kind == "audio" and part.data is not None and part.media_type in AUDIO:
        return {"type": "input_audio", "input_audio": {"data": base64_of(part), "format": AUDIO[part.media_type]}}
    if part.kind == "file" and part.data is not None:
        return {"type": "file", "file": {"file_data": address_of(part), "filename": part.name or "file"}}
    raise not_taken(part, "Send images, WAV or MP3, and files with their bytes, or choose another model.")


def not_taken(part: Part, remedy: str) -> NotSupported:
    """The refusal of a part that the format has no place for."""
    kind = part.media_type or "unknown type"
    return NotSupported(
        f"This format takes no {part.kind} {'by its address' if part.url else f'of the type {kind}'}.",
        field="messages",
        remedy=remedy,
    )


def _detail(part: Part) -> Json:
    return {"detail": part.detail}


def address_of(part: Part) -> str:
    """The bytes within an address of their own."""
    return f"data:{part.media_type or 'application/octet-stream'};base64,{base64_of(part)}"


def base64_of(part: Part) -> str:
    """The bytes, as JSON may have them."""
    return b64encode(part.data or b"").decode("ascii")


# -- in ----------------------------------------------------------------------------------------------------------------


def words_in(value: object) -> str:
    """Text from a content field: null, a string, or a list of parts; half a character becomes a question mark."""
    if isinstance(value, list):
        parts = cast("list[Json]", value)
        return "".join(words_in(part.get("text")) for part in parts)
    return text_in(value)


def count_in(value: object) -> int | None:
    """A count of tokens; None where none is stated."""
    return value if isinstance(value, int) and value >= 0 else None


def usage_in(stated: Json) -> Usage:
    """The tokens. Gemini's and xAI's servers count what was thought in the total alone, not in the completion."""
    given, made = members(stated.get("prompt_tokens_details")), members(stated.get("completion_tokens_details"))
    inside, outside = count_in(stated.get("prompt_tokens")), count_in(stated.get("completion_tokens"))
    total = count_in(stated.get("total_tokens"))
    if inside is not None and outside is not None and total is not None:
        outside = max(outside, total - inside)
    # DeepSeek's own name, beside OpenAI's in its newer answers.
    cached = count_in(given.get("cached_tokens")) or count_in(stated.get("prompt_cache_hit_tokens")) or 0
    return Usage(
        input=inside,
        output=outside,
        cached=cached if inside is None else min(cached, inside),
        written=count_in(given.get("cache_write_tokens")) or 0,
        reasoning=count_in(made.get("reasoning_tokens")) or 0,
        audio_in=count_in(given.get("audio_tokens")) or 0,
        audio_out=count_in(made.get("audio_tokens")) or 0,
    )


def logprobs_in(choice: Json) -> list[TokenLogprob]:
    """The probabilities of a choice's tokens, those of a refusal's words too."""
    stated: Json = choice.get("logprobs") or {}
    return [one for name in ("content", "refusal") for one in logprobs_of(stated.get(name))]


def logprobs_of(stated: list[Json] | None) -> list[TokenLogprob]:
    """The probabilities of these tokens."""
    return [_token(one) for one in stated or ()]


def _token(stated: Json) -> TokenLogprob:
    data: list[int] | None = stated.get("bytes")
    return TokenLogprob(
        token=words_in(stated["token"]),
        # In this order, so that what is no number is the least.
        logprob=min(max(LEAST, float(stated["logprob"])), 0.0),
        bytes=None if data is None else tuple(map(int, data)),
        alternatives=tuple(_token(one) for one in stated.get("top_logprobs") or ()),
    )


LEAST = -9999.0
"""What OpenAI states for an unlikely token; some servers state minus infinity, which no JSON has."""
