"""OpenAI's chat completions on the wire: the request's body, the events of a stream.

Source: https://platform.openai.com/docs/api-reference/chat; where servers depart from it, the place says how.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.openai_parts import THOUGHTS, messages_of

if TYPE_CHECKING:
    from collections.abc import Container

    from nis_backend.drivers.llm.base import Prompt, Tool
    from nis_backend.drivers.llm.openai_parts import Json

OPTIONS = {name: (name,) for name in ("stream_options", "max_completion_tokens", "reasoning_effort")}
"""What servers differ about, and how their refusals name it: it is then left out; the second replaces max_tokens."""
IGNORED = {"reasoning_effort": "reasoning"}
"""Of them, what a caller may miss: the field of the prompt."""


def body_of(prompt: Prompt, refused: Container[str], origin: str, thoughts: str = THOUGHTS[0]) -> bytes:
    """The request, for a stream or for one whole answer, without the `OPTIONS` that the server has refused.

    `origin` and `thoughts`: see `messages_of`.
    """
    text = _dumps(
        {"model": prompt.model, "messages": messages_of(prompt.messages, origin, thoughts)} | _options(prompt, refused)
    )
    if prompt.tools:
        # Most of a request, and the same from turn to turn: each tool is written once for as long as it is offered.
        text = f'{text[:-1]},"tools":[{",".join(map(_tool_text, prompt.tools))}]}}'
    return text.encode()


# `json.dumps` would make one anew for each text.
_dumps = json.JSONEncoder(separators=(",", ":")).encode


def _options(prompt: Prompt, refused: Container[str]) -> Json:
    body: Json = {"stream": prompt.pieces}
    if prompt.pieces and "stream_options" not in refused:
        body["stream_options"] = {"include_usage": True}
    body |= _choice(prompt) if prompt.tools else {}
    if prompt.json:
        body["response_format"] = _format(prompt)
    if prompt.max_tokens is not None:
        # OpenAI's reasoning models know only the second name, most other servers only the first.
        body["max_completion_tokens" if "max_completion_tokens" in refused else "max_tokens"] = prompt.max_tokens
    for name in ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "user"):
        if (value := getattr(prompt, name)) is not None:
            body[name] = value
    if prompt.stop:
        body["stop"] = list(prompt.stop)
    if prompt.reasoning is not None and "reasoning_effort" not in refused:
        body["reasoning_effort"] = prompt.reasoning
    if prompt.logprobs is not None:
        body |= {"logprobs": True} | ({"top_logprobs": prompt.logprobs} if prompt.logprobs else {})
    return body


def _choice(prompt: Prompt) -> Json:
    """The choice among the tools; what is the default is left to the server."""
    body: Json = {}
    if prompt.tool_name is not None:
        body["tool_choice"] = {"type": "function", "function": {"name": prompt.tool_name}}
    elif prompt.tool_choice != "auto":
        body["tool_choice"] = prompt.tool_choice
    return body if prompt.parallel_tool_calls else {**body, "parallel_tool_calls": False}


def _tool_text(tool: Tool) -> str:
    text = tool.written.get("chat")
    if text is None:
        text = tool.written["chat"] = _dumps(_tool(tool))
    return text


def _tool(tool: Tool) -> Json:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": {**function, "strict": True} if tool.strict else function}


def _format(prompt: Prompt) -> Json:
    if prompt.schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": prompt.strict, "schema": prompt.schema}}
