"""OpenAI's responses on the wire: a conversation as items, and what is asked besides.

Nothing is stored there: what the model thought comes encrypted, and goes back with the turn that it was thought in.

Source: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.llm.openai_parts import AUDIO, address_of, base64_of, not_taken

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from nis_backend.drivers.llm.answer import Reasoning
    from nis_backend.drivers.llm.base import Message, Part, Prompt
    from nis_backend.drivers.llm.openai_parts import Json

OPTIONS = {
    "reasoning.summary": ("reasoning.summary", "reasoning summar"),
    "reasoning.encrypted_content": ("encrypted_content", "Encrypted content"),
    "reasoning.effort": ("reasoning.effort", "reasoning_effort"),
}
"""What models differ about, and how refusals name it: it is then left out."""
UNKNOWN = ("stop", "seed", "frequency_penalty", "presence_penalty")
"""Of a prompt, what the format has no member for."""


def body_of(prompt: Prompt, refused: Container[str], origin: str) -> bytes:
    """The request, without the `OPTIONS` that the model has refused; `origin` is this provider."""
    body: Json = {
        "model": prompt.model,
        "input": [item for message in prompt.messages for item in _items(message, origin)],
        "stream": prompt.pieces,
        "store": False,
        **_options(prompt, refused),
    }
    return json.dumps(body, separators=(",", ":")).encode()


def left_out(prompt: Prompt, refused: Container[str]) -> tuple[str, ...]:
    """What of the prompt was not asked for."""
    unknown = [name for name in UNKNOWN if getattr(prompt, name) not in (None, ())]
    effort = ["reasoning"] if prompt.reasoning is not None and "reasoning.effort" in refused else []
    return tuple(sorted([*unknown, *effort]))


def _options(prompt: Prompt, refused: Container[str]) -> Json:
    body: Json = {}
    include: list[str] = []
    if "reasoning.encrypted_content" not in refused:
        include.append("reasoning.encrypted_content")
    if prompt.reasoning is not None and "reasoning.effort" not in refused:
        summary = {} if "reasoning.summary" in refused else {"summary": "auto"}
        body["reasoning"] = {"effort": prompt.reasoning, **summary}
    if prompt.tools:
        body |= _tools(prompt)
    if prompt.json:
        body["text"] = {"format": _format(prompt)}
    if prompt.logprobs is not None:
        include.append("message.output_text.logprobs")
        body["top_logprobs"] = prompt.logprobs
    names = {"max_output_tokens": "max_tokens", "temperature": "temperature", "top_p": "top_p", "user": "user"}
    body |= {name: value for name, one in names.items() if (value := getattr(prompt, one)) is not None}
    return {**body, "include": include} if include else body


def _tools(prompt: Prompt) -> Json:
    tools: list[Json] = [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
            "strict": tool.strict,
        }
        for tool in prompt.tools
    ]
    body: Json = {"tools": tools}
    if prompt.tool_name is not None:
        body["tool_choice"] = {"type": "function", "name": prompt.tool_name}
    elif prompt.tool_choice != "auto":
        body["tool_choice"] = prompt.tool_choice
    return body if prompt.parallel_tool_calls else {**body, "parallel_tool_calls": False}


def _format(prompt: Prompt) -> Json:
    if prompt.schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "name": "answer", "schema": prompt.schema, "strict": prompt.strict}


def _items(message: Message, origin: str) -> Iterator[Json]:
    if message.role == "tool":
        shown: Any = [_part(part) for part in message.in_order] if message.parts else message.content
        yield {"type": "function_call_output", "call_id": message.tool_call_id, "output": shown}
        return
    yield from (_thought(one) for one in message.reasoning if one.origin == origin and one.redacted)
    if message.role == "assistant":
        if message.content:
            yield {"role": "assistant", "content": [{"type": "output_text", "text": message.content}]}
    else:
        content: Any = [_part(part) for part in message.in_order] if message.parts else message.content
        yield {"role": message.role, "content": content}
    for call in message.tool_calls:
        yield {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}


def _thought(one: Reasoning) -> Json:
    summary = [{"type": "summary_text", "text": one.text}] if one.text else []
    return {"type": "reasoning", "id": one.signature, "summary": summary, "encrypted_content": one.redacted}


def _part(part: Part) -> Json:
    if part.kind == "text":
        return {"type": "input_text", "text": part.text}
    if part.kind == "image" and (part.url or part.media_type.startswith("image/")):
        return {"type": "input_image", "image_url": part.url or address_of(part), "detail": part.detail}
    if part.kind == "audio" and part.data is not None and part.media_type in AUDIO:
        return {"type": "input_audio", "input_audio": {"data": base64_of(part), "format": AUDIO[part.media_type]}}
    if part.kind == "file" and part.url:
        return {"type": "input_file", "file_url": part.url}
    if part.kind == "file" and part.data is not None:
        return {"type": "input_file", "file_data": address_of(part), "filename": part.name or "file"}
    raise not_taken(part, "Send images, WAV or MP3, and files, or choose another model.")
