"""A request for a chat completion, read and translated into the operation's."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from nis_backend.errors import InvalidRequest, shorten
from nis_backend.operation import Json, Model
from nis_backend.surfaces.openai.body import (
    HINTS,
    TIERS,
    Refusal,
    model_of,
    refuse_unknown,
    refuse_unsupported,
    wrong,
)
from nis_backend.surfaces.openai.functions import Function, refuse_unoffered
from nis_backend.surfaces.openai.response_items import Part, Parts, said
from nis_backend.surfaces.turn_options import NAME

CHAT_HINTS = HINTS | {"metadata"}
"""Those, and labels of what is not kept."""

REFUSED: dict[str, Refusal] = {
    "store": (
        (None, False),
        "Leave it out: a completion is not kept. What is to be kept is asked for at /v1/responses.",
    ),
    "service_tier": TIERS,
    "moderation": ((None,), "Leave it out: nothing is moderated here by itself."),
    "verbosity": ((None, "medium"), "Say in the messages how long the answer is to be."),
    "logit_bias": ((None, {}), "Leave it out: likelihoods of single tokens cannot be set."),
    "modalities": ((None, ["text"]), 'Ask for ["text"]: nothing else is answered.'),
    "audio": ((None,), "Leave it out: nothing but text is answered."),
    "web_search_options": ((None,), "Leave it out: this server searches nothing by itself."),
    "functions": ((None, []), "Use tools."),
    "function_call": ((None, "auto", "none"), "Use tool_choice."),
}
"""Parameters that would change the answer and cannot be followed: the values that ask for nothing, and the remedy."""


def _parts(content: object) -> object:
    """The parts of a content field, null, a string or a list, as those of a response's input."""
    if content is None:
        return []
    if not isinstance(content, list):
        return content
    return [_part(number, part) for number, part in enumerate(cast("list[object]", content))]


def _part(number: int, part: object) -> Json:
    fields: Json = cast("Json", part) if isinstance(part, dict) else {}
    kind: object = fields.get("type")
    inside: object = fields.get(kind) if isinstance(kind, str) else None
    members: Json = cast("Json", inside) if isinstance(inside, dict) else {}
    if kind in ("text", "refusal") and isinstance(inside, str):
        return fields
    if kind == "image_url":
        address = inside if isinstance(inside, str) else members.get("url")
        return {"type": "input_image", "image_url": address, "detail": members.get("detail")}
    if kind == "input_audio":
        return {"type": kind, "input_audio": inside}
    if kind == "file" and members:
        return {**members, "type": "input_file"}
    shown = shorten(kind if isinstance(kind, str) else repr(cast("object", part)), 40)
    known = "text, image_url, input_audio and file are read"
    raise PydanticCustomError(
        "part", "part {number} is {kind}: {known}", {"number": number, "kind": shown, "known": known}
    )


class Called(Model):
    """A function that an earlier turn wanted called."""

    name: str = Field(min_length=1, max_length=256)
    arguments: str = Field(max_length=400_000)


class CallMade(BaseModel):
    """Such a call; streams that were put together leave their `index` in it."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1, max_length=256)
    type: Literal["function"] = "function"
    function: Called


class Turn(Model):
    """A message. What clients send back of an earlier answer, and is not its words, is taken and not read."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[Parts, BeforeValidator(_parts)] = Field(default_factory=list[Part], max_length=2048)
    tool_calls: list[CallMade] | None = Field(default=None, max_length=128)
    tool_call_id: str | None = Field(default=None, min_length=1, max_length=256)
    refusal: str | None = Field(default=None, max_length=400_000)
    name: str | None = None
    annotations: Any = None  # Any: not read
    reasoning: Any = None  # Any: not read
    reasoning_content: Any = None  # Any: not read
    audio: None = None
    function_call: None = None

    def translated(self) -> Json:
        """The operation's message."""
        calls = [
            {"id": one.id, "name": one.function.name, "arguments": one.function.arguments}
            for one in self.tool_calls or ()
        ]
        words = said(self.content)
        return {
            "role": "system" if self.role == "developer" else self.role,
            **words,
            "content": words["content"] or self.refusal or "",
            "tool_calls": calls,
            "tool_call_id": self.tool_call_id if self.role == "tool" else None,
        }


class ToolOffered(Model):
    """A tool; functions are the one kind."""

    type: Literal["function"]
    function: Function


class FunctionNamed(Model):
    """A function chosen by its name."""

    name: str = Field(min_length=1, max_length=64)


class ToolNamed(Model):
    """The one tool that is to be called."""

    type: Literal["function"]
    function: FunctionNamed


class ChosenTools(Model):
    """The tools that may be chosen from."""

    mode: Literal["auto", "required"]
    tools: list[ToolNamed] = Field(max_length=128)


class ToolsAllowed(Model):
    """Those of the tools that may be chosen from."""

    type: Literal["allowed_tools"]
    allowed_tools: ChosenTools


class SchemaFormat(Model):
    """A schema that the words must follow."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str | None = None
    schema_: dict[str, Any] = Field(alias="schema")  # Any: a JSON schema
    strict: bool | None = None


class ResponseFormat(Model):
    """What the words must be."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaFormat | None = None


class StreamOptions(Model):
    """What a stream carries besides."""

    include_usage: bool = False
    include_obfuscation: Literal[False] = False


class ChatCompletionRequest(Model):
    """The body of a request, without what is ignored or refused."""

    messages: list[Turn] = Field(min_length=1, max_length=2048)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[ToolOffered] | None = Field(default=None, max_length=128)
    tool_choice: Literal["none", "auto", "required"] | ToolNamed | ToolsAllowed | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    max_tokens: int | None = Field(default=None, ge=1, le=131_072)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=131_072)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    stop: Annotated[list[str], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)] | None = (
        Field(default=None, max_length=4)
    )
    n: int | None = Field(default=None, ge=1, le=8)
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    user: str | None = Field(default=None, max_length=512)
    safety_identifier: str | None = Field(default=None, max_length=512)
    nis: dict[str, Any] | None = None  # Any: options of the chat, read for an agent

    def arguments(self, model: str) -> Json:
        """The operation's request."""
        choice, named, tools = self._choice()
        wanted = self.response_format
        given: Json = {
            "messages": [one.translated() for one in self.messages],
            "model": model,
            "tools": [one.function.offered() for one in tools],
            "tool_choice": choice,
            "tool_name": named,
            "parallel_tool_calls": self.parallel_tool_calls is not False,
            "answer_as": "text" if wanted is None or wanted.type == "text" else "json",
            "answer_schema": wanted.json_schema.schema_ if wanted and wanted.json_schema else None,
            "strict": bool(wanted and wanted.json_schema and wanted.json_schema.strict),
            "max_tokens": self.max_completion_tokens or self.max_tokens,
            "stop": [word for word in self.stop or () if word],
            "answers": self.n or 1,
            "reasoning": self.reasoning_effort,
            "logprobs": (self.top_logprobs or 0) if self.logprobs else None,
            "user": self.user or self.safety_identifier,
            **({} if self.nis is None else {NAME: self.nis}),
        }
        same = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed")
        return given | {name: getattr(self, name) for name in same}

    def _choice(self) -> tuple[str, str | None, list[ToolOffered]]:
        """Whether a tool is to be called, the one by its name, and those that may be."""
        tools, choice = self.tools or [], self.tool_choice
        if isinstance(choice, ToolNamed):
            return "required", choice.function.name, tools
        if isinstance(choice, ToolsAllowed):
            names = {one.function.name for one in choice.allowed_tools.tools}
            refuse_unoffered(names, [one.function.name for one in tools])
            return choice.allowed_tools.mode, None, [one for one in tools if one.function.name in names]
        return choice or "auto", None, tools


KNOWN = frozenset({*ChatCompletionRequest.model_fields, "model"})


def read(body: Json) -> tuple[str, ChatCompletionRequest]:
    """The model's name, and the request for it.

    Raises:
        NotFound: no model is named.
        InvalidRequest: a parameter is wrong or unknown.
        NotSupported: a parameter asks for what this server cannot do.
    """
    refuse_unknown(body, KNOWN | CHAT_HINTS | REFUSED.keys())
    refuse_unsupported(body, REFUSED)
    if body.get("top_logprobs") and not body.get("logprobs"):
        raise InvalidRequest(
            "top_logprobs goes with logprobs.",
            field="top_logprobs",
            value=body["top_logprobs"],
            remedy='Set "logprobs": true too.',
        )
    model = model_of(body)
    given = {name: value for name, value in body.items() if name in ChatCompletionRequest.model_fields}
    try:
        asked = ChatCompletionRequest.model_validate(given)
    except ValidationError as error:
        raise wrong(error, ChatCompletionRequest, given) from None
    if asked.response_format and asked.response_format.type == "json_schema" and not asked.response_format.json_schema:
        raise InvalidRequest(
            "response_format of type json_schema has no json_schema.",
            field="response_format.json_schema",
            remedy='Give {"name": …, "schema": {…}}.',
        )
    return model, asked
