"""What the model in the box is asked, and how its answer to a tool is read."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.llm.answer import Answered, ToolCall
from nis_backend.drivers.llm.base import Prompt, Tool
from nis_backend.drivers.llm.embedded_pool import CONTEXT
from nis_backend.drivers.llm.held import too_long
from nis_backend.drivers.llm.schema import check_schema
from nis_backend.errors import InvalidRequest, NotSupported

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.drivers.compute.base import Json
    from nis_backend.drivers.llm.base import Message

CALLED = "The embedded model"

LONGEST_TOKEN = 128
"""Characters, rounded up from the vocabulary's 81: to count the tokens of what is certainly too long takes seconds."""

MAX_TOKENS = 160
"""Length of an answer when the caller names none: some 3 s of one thread, and a model this small only rambles on."""
MAX_STRUCTURED = 512
"""The same of JSON: it ends by itself, and is of no use before its end."""

INSTRUCTION = "You are a helpful assistant."
"""Where the conversation has none: of 8 plain questions 8 are answered rightly with it, 6 with the template's own."""

NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}  # Any: a JSON schema


def asked(prompt: Prompt, tool: Tool | None) -> Json:
    """The worker's payload; `tool` is the one that is to be called.

    Raises:
        NotSupported: it cannot be held to a schema.
        InvalidRequest: the conversation is certainly too long.
    """
    schema = prompt.schema
    if tool is not None:
        schema = tool.parameters or NO_ARGUMENTS
        check_schema(schema, "tools")
        if schema.get("type") != "object":
            raise InvalidRequest(
                f"The parameters of {tool.name} are no object.",
                field="tools",
                value=schema.get("type"),
                remedy='Give {"type": "object", "properties": {…}}.',
            )
    elif schema is not None:
        check_schema(schema, "answer_schema")
    elif prompt.json:
        schema = {"type": "object"}
    messages = [_instruction(prompt, tool), *_turns(prompt.messages)]
    characters = sum(len(message["content"]) for message in messages)
    if characters > LONGEST_TOKEN * CONTEXT:
        raise too_long(CALLED, f"more than {characters // LONGEST_TOKEN}", CONTEXT)
    usual = MAX_TOKENS if schema is None else MAX_STRUCTURED
    return {
        "messages": messages,
        "max_tokens": min(prompt.max_tokens or usual, CONTEXT),
        "temperature": prompt.temperature,
        "schema": schema,
        "options": _options(prompt, tool),
    }


def tool_of(prompt: Prompt) -> Tool | None:
    """The tool that is to be called.

    Raises:
        NotSupported: it would have to be chosen.
    """
    if not prompt.tools or prompt.tool_choice == "none":
        return None
    named = [tool for tool in prompt.tools if prompt.tool_name in (None, tool.name)]
    if prompt.tool_choice == "auto" or len(named) != 1:
        raise NotSupported(
            f"The model {prompt.model} chooses no tools.",
            field="tool_choice",
            value=prompt.tool_choice,
            remedy="Name the tool to call, or use another provider's model.",
        )
    return named[0]


def called(tool: Tool, arguments: str, end: Answered) -> Answered:
    """The end of an answer that was a tool's arguments; cut, they are as far as they came."""
    if end.finish_reason == "length":
        return replace(end, tool_calls=(_call(tool, arguments),))
    compact = json.dumps(json.loads(arguments), ensure_ascii=False)
    return replace(end, finish_reason="tool_calls", tool_calls=(_call(tool, compact),))


def _call(tool: Tool, arguments: str) -> ToolCall:
    return ToolCall(id=f"call_{uuid.uuid4().hex[:24]}", name=tool.name, arguments=arguments)


def _instruction(prompt: Prompt, tool: Tool | None) -> Json:
    """What it is told before the conversation.

    To call a tool it is told of that alone: of 14 messages 13 become the right arguments so, 12 without the list of
    fields, and 11 with an example or two of other tools.
    """
    if tool is None:
        given = "\n\n".join(message.content for message in prompt.messages if message.role == "system")
        return {"role": "system", "content": _plain(given) or INSTRUCTION}
    fields: dict[str, Any] = tool.parameters.get("properties", {})  # Any: JSON schemas
    lines = [f"- {name}: {one.get('description') or one.get('type', 'any')}" for name, one in fields.items()]
    told = f"You call the function {tool.name}: {tool.description} Its arguments:\n" + "\n".join(lines)
    return {"role": "system", "content": _plain(f"{told}\nWrite them as JSON, taken from the user's message.")}


def _turns(messages: Sequence[Message]) -> Iterator[dict[str, str]]:
    """The conversation in the roles that the model knows."""
    for number, message in enumerate(messages):
        if message.role == "system":
            continue
        if message.role == "tool":
            # Of three results one is repeated rightly so, none when they stand there by themselves.
            last = " Say it in a sentence." if number == len(messages) - 1 else ""
            yield {"role": "user", "content": _plain(f"The result is {message.content}.{last}")}
        elif message.content:
            yield {"role": message.role, "content": _plain(message.content)}
        else:
            calls = " ".join(f"{call.name}({call.arguments})" for call in message.tool_calls)
            yield {"role": message.role, "content": _plain(calls)}


def _plain(text: str) -> str:
    """The template's own marks would end a turn and begin another in any role."""
    return text.replace("<|", "< |")


def _options(prompt: Prompt, tool: Tool | None) -> Json:
    """What the engine is told besides, under its own names."""
    names = ("top_p", "frequency_penalty", "presence_penalty", "seed")
    options: Json = {name: value for name in names if (value := getattr(prompt, name)) is not None}
    # Arguments end by themselves: a word to stop at would only break them.
    return {**options, "stop": list(prompt.stop)} if prompt.stop and tool is None else options
