"""What the conformance suite calls: its tools, prompts and resources, as its scenarios describe them.

None of it is the product's. Answers are written as they travel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fixture_questions import QUESTIONS
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    SamplingMessage,
    TextContent,
)

Json = dict[str, Any]
Asked = ServerRequestContext[Any, Any]
Answer = Callable[[Asked, Json], Awaitable[Json]]

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
OBJECT: Json = {"type": "object", "properties": {}}
TEXT: Json = {"type": "string"}


def text(words: str) -> Json:
    """A text as content."""
    return {"type": "text", "text": words}


def said(*content: Json, wrong: bool = False) -> Json:
    """Content as a result."""
    return {"resultType": "complete", "content": list(content), "isError": wrong}


def always(*content: Json, wrong: bool = False) -> Answer:
    """A tool that always answers the same."""

    async def answer(_asked: Asked, _arguments: Json) -> Json:
        return said(*content, wrong=wrong)

    return answer


def resource(uri: str, kind: str, words: str) -> Json:
    """A text resource as content."""
    return {"type": "resource", "resource": {"uri": uri, "mimeType": kind, "text": words}}


IMAGE: Json = {"type": "image", "data": PNG, "mimeType": "image/png"}


async def log(asked: Asked, _arguments: Json) -> Json:
    """Three log messages, some time apart."""
    for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await asked.session.send_log_message("info", words, related_request_id=asked.request_id)  # pyright: ignore[reportDeprecated] - what is tested
        await asyncio.sleep(0.02)
    return said(text("logged"))


async def progress(asked: Asked, _arguments: Json) -> Json:
    """From nothing to all in three steps."""
    for share in (0, 50, 100):
        await asked.session.report_progress(share, 100)
        await asyncio.sleep(0.02)
    return said(text("done"))


async def sample(asked: Asked, arguments: Json) -> Json:
    """Ask the client's model."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=arguments["prompt"]))
    answer = await asked.session.create_message([message], max_tokens=100, related_request_id=asked.request_id)  # pyright: ignore[reportDeprecated] - what is tested
    assert isinstance(answer.content, TextContent)
    return said(text(f"LLM response: {answer.content.text}"))


def elicit(fields: Json, required: tuple[str, ...] = (), word: str = "Elicitation completed:") -> Answer:
    """Ask the client's person."""

    async def answer(asked: Asked, arguments: Json) -> Json:
        schema = {"type": "object", "properties": fields, "required": list(required)}
        message = arguments.get("message", "Please fill this in")
        given = await asked.session.elicit_form(message, schema, related_request_id=asked.request_id)
        return said(text(f"{word} action={given.action}, content={given.content}"))

    return answer


async def need_sampling(asked: Asked, _arguments: Json) -> Json:
    """Refuse a client that has no model to ask."""
    declared: Json = (asked.meta or {}).get(CLIENT_CAPABILITIES_META_KEY) or {}
    if "sampling" not in declared:
        needed: Json = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "This tool samples.", needed)
    return said(text("sampled"))


USER: Json = {
    "username": {"type": "string", "description": "User's response"},
    "email": {"type": "string", "description": "User's email address"},
}
DEFAULTS: Json = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}


def titled(*titles: str) -> list[Json]:
    """Values with a title each."""
    return [{"const": f"value{number}", "title": title} for number, title in enumerate(titles, 1)]


OPTIONS = ["option1", "option2", "option3"]
ENUMS: Json = {
    "untitledSingle": {"type": "string", "enum": OPTIONS},
    "titledSingle": {"type": "string", "oneOf": titled("First Option", "Second Option", "Third Option")},
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": OPTIONS}},
    "titledMulti": {"type": "array", "items": {"anyOf": titled("First Choice", "Second Choice", "Third Choice")}},
}
WHOLE_VOCABULARY: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": TEXT, "city": TEXT},
        }
    },
    "properties": {
        "name": TEXT,
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": TEXT,
        "email": TEXT,
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
MIRRORED: Json = {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}


def one(name: str) -> Json:
    """A schema with one text that is required."""
    return {"type": "object", "properties": {name: TEXT}, "required": [name]}


MIXED = resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
EMBEDDED = resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")
FAILURE = text("This tool intentionally returns an error for testing")


async def greet(_asked: Asked, arguments: Json) -> Json:
    """At once, and in just these words."""
    return said(text(f"Hello, {arguments['name']}!"))


async def reconnect(asked: Asked, _arguments: Json) -> Json:
    """Close the stream under the call; the client comes back for the answer (SEP-1699)."""
    assert asked.close_sse_stream is not None
    await asked.close_sse_stream()
    await asyncio.sleep(0.1)
    return said(text("here again"))


TOOLS: dict[str, tuple[Json, Answer]] = {
    "greet": ({**OBJECT, "properties": {"name": TEXT}, "required": ["name"]}, greet),
    "test_reconnection": (OBJECT, reconnect),
    "test_simple_text": (OBJECT, always(text("This is a simple text response for testing."))),
    "test_image_content": (OBJECT, always(IMAGE)),
    "test_audio_content": (OBJECT, always({"type": "audio", "data": WAV, "mimeType": "audio/wav"})),
    "test_embedded_resource": (OBJECT, always(EMBEDDED)),
    "test_multiple_content_types": (OBJECT, always(text("Multiple content types test:"), IMAGE, MIXED)),
    "test_tool_with_logging": (OBJECT, log),
    "test_logging_tool": (OBJECT, log),
    "test_error_handling": (OBJECT, always(FAILURE, wrong=True)),
    "test_tool_with_progress": (OBJECT, progress),
    "test_streaming_elicitation": (OBJECT, progress),
    "test_missing_capability": (OBJECT, need_sampling),
    "test_sampling": (one("prompt"), sample),
    "test_elicitation": (one("message"), elicit(USER, ("username", "email"), "User response:")),
    "test_elicitation_sep1034_defaults": (OBJECT, elicit(DEFAULTS)),
    "test_elicitation_sep1330_enums": (OBJECT, elicit(ENUMS)),
    "json_schema_2020_12_tool": (WHOLE_VOCABULARY, always(text("valid"))),
    "test_mirrored_header": (MIRRORED, always(text("mirrored"))),
    **{name: (OBJECT, ask) for name, ask in QUESTIONS.items() if not name.endswith("_prompt")},
}


def spoken(*content: Json) -> Json:
    """Content as a prompt's messages."""
    return {"resultType": "complete", "messages": [{"role": "user", "content": one} for one in content]}


async def prompt(asked: Asked, name: str, given: Json) -> Json:
    """One of the suite's prompts."""
    match name:
        case "test_simple_prompt":
            return spoken(text("This is a simple prompt for testing."))
        case "test_prompt_with_arguments":
            return spoken(text(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'"))
        case "test_prompt_with_embedded_resource":
            embedded = resource(given["resourceUri"], "text/plain", "Embedded resource content for testing.")
            return spoken(embedded, text("Please process the embedded resource above."))
        case "test_prompt_with_image":
            return spoken(IMAGE, text("Please analyze the image above."))
        case _:
            answer = await QUESTIONS[name](asked, given)
            return spoken(*answer["content"]) if "content" in answer else answer


PROMPTS: dict[str, tuple[str, ...]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}
RESOURCES: dict[str, Json] = {
    "test://static-text": {"mimeType": "text/plain", "text": "This is the content of the static text resource."},
    "test://static-binary": {"mimeType": "image/png", "blob": PNG},
    "test://watched-resource": {"mimeType": "text/plain", "text": "watched"},
}
