"""A request for a response, read and translated into the operation's.

Source: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nis_backend.errors import InvalidRequest, NotFound, NotSupported, shorten
from nis_backend.operation import Json, Model
from nis_backend.surfaces.openai.body import (
    HINTS,
    TIERS,
    UNPADDED,
    model_of,
    refuse_unknown,
    refuse_unsupported,
    wrong,
)
from nis_backend.surfaces.openai.functions import Function, refuse_unoffered
from nis_backend.surfaces.openai.response_items import Items, ReferenceItem, turns
from nis_backend.surfaces.turn_options import NAME

PREFIX = "resp_"
RUN = "run-"


REFUSED: dict[str, tuple[tuple[object, ...], str]] = {
    "conversation": ((None,), "Name the turn before with previous_response_id."),
    "service_tier": TIERS,
    "stream_options": UNPADDED,
    "background_options": ((None, {}, {"completion_window": "soonest"}), "Leave it out: it begins as soon as it can."),
    "truncation": ((None, "disabled"), "Leave it out: what is too long is refused, and nothing is left out of it."),
    "context_management": ((None, []), "Leave it out: nothing is left out of a conversation."),
    "moderation": ((None,), "Leave it out: nothing is moderated here by itself."),
    "image": ((None,), "Leave it out: nothing but text is answered."),
    "access_programs": ((None,), "Leave it out."),
}
"""Parameters that would change the answer and cannot be followed: the values that ask for nothing, and the remedy."""

LOGPROBS = "message.output_text.logprobs"
INCLUDED = frozenset(
    {
        *(LOGPROBS, "reasoning.encrypted_content", "message.input_image.image_url"),
        # Of tools that are not offered here: there is never any of it.
        *("web_search_call.action.sources", "web_search_call.results", "code_interpreter_call.outputs"),
        *("computer_call_output.output.image_url", "file_search_call.results"),
    }
)


class Offered(Function):
    """A function offered, which stands beside its type here."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["function"]


class Named(BaseModel):
    """A function chosen by its name."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["function"]
    name: str = Field(min_length=1, max_length=64)


class Allowed(Model):
    """Those of the tools that may be chosen from."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[Named] = Field(max_length=128)


class Format(Model):
    """What the words must be."""

    type: Literal["text", "json_object", "json_schema"]
    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")  # Any: a JSON schema
    strict: bool | None = None
    description: str | None = None


class Text(BaseModel):
    """How the words are wanted."""

    model_config = ConfigDict(extra="ignore")

    format: Format | None = None
    verbosity: Literal["medium"] | None = None


class Thinking(BaseModel):
    """How much is to be thought."""

    model_config = ConfigDict(extra="ignore")

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    mode: Literal["standard"] | None = None
    context: Literal["auto", "all_turns"] | None = None


Label = Annotated[str, Field(max_length=512)]


class ResponsesRequest(Model):
    """The body of a request, without what is ignored or refused."""

    input: Items = Field(max_length=2048)
    prompt: dict[str, Any] | None = None  # Any: JSON; it was put into the other fields, and is only repeated
    instructions: str | None = Field(default=None, max_length=400_000)
    previous_response_id: str | None = Field(default=None, max_length=80)
    store: bool | None = None
    background: bool | None = None
    stream: bool | None = None
    tools: list[Offered] | None = Field(default=None, max_length=128)
    tool_choice: Literal["none", "auto", "required"] | Named | Allowed | None = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: int | None = Field(default=None, ge=1)
    max_output_tokens: int | None = Field(default=None, ge=1, le=131_072)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    text: Text | None = None
    reasoning: Thinking | None = None
    include: list[str] | None = Field(default=None, max_length=32)
    metadata: dict[Annotated[str, Field(max_length=64)], Label] | None = Field(default=None, max_length=16)
    user: str | None = Field(default=None, max_length=256)
    safety_identifier: str | None = Field(default=None, max_length=256)
    nis: dict[str, Any] | None = None  # Any: options of the chat, read for an agent

    def arguments(self, model: str, body: Json) -> Json:
        """The operation's request; what the answer repeats and nothing reads is kept with it as labels."""
        for number, item in enumerate(self.input):
            if isinstance(item, ReferenceItem):
                raise NotSupported(
                    "An item is not referred to here.", field=f"input.{number}", remedy="Send the item itself."
                )
        wanted = self.text and self.text.format
        choice, named, tools = self._choice()
        kept = ("background", "metadata", "text", "reasoning", "max_tool_calls", "include", "prompt")
        likely = self.top_logprobs or (0 if LOGPROBS in (self.include or ()) else None)
        return {
            "messages": turns(self.input),
            "model": model,
            "instructions": self.instructions or "",
            "previous": self.previous_response_id and run_of(self.previous_response_id, "previous_response_id"),
            "tools": [one.offered() for one in tools],
            "tool_choice": choice,
            "tool_name": named,
            "parallel_tool_calls": self.parallel_tool_calls is not False,
            "answer_as": "text" if wanted is None or wanted.type == "text" else "json",
            "answer_schema": wanted.schema_ if wanted and wanted.type == "json_schema" else None,
            "strict": bool(wanted and wanted.strict),
            "max_tokens": self.max_output_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "reasoning": self.reasoning and self.reasoning.effort,
            "logprobs": likely,
            "user": self.user or self.safety_identifier,
            "labels": {name: body[name] for name in kept if body.get(name) is not None},
            **({} if self.nis is None else {NAME: self.nis}),
        }

    def _choice(self) -> tuple[str, str | None, list[Offered]]:
        tools = self.tools or []
        if isinstance(self.tool_choice, Named):
            return "required", self.tool_choice.name, tools
        if isinstance(self.tool_choice, Allowed):
            names = {one.name for one in self.tool_choice.tools}
            refuse_unoffered(names, [one.name for one in tools])
            return self.tool_choice.mode, None, [one for one in tools if one.name in names]
        return self.tool_choice or "auto", None, tools


KNOWN = frozenset({*ResponsesRequest.model_fields, "model"})


def read(body: Json) -> tuple[str, ResponsesRequest]:
    """The model's name, and the request for it.

    Raises:
        NotFound: no model is named.
        InvalidRequest: a parameter is wrong or unknown.
        NotSupported: a parameter asks for what this server cannot do.
    """
    refuse_unknown(body, KNOWN | HINTS | REFUSED.keys())
    refuse_unsupported(body, REFUSED)
    model = model_of(body)
    _refuse_hosted(body.get("tools"))
    given = {name: value for name, value in body.items() if name in ResponsesRequest.model_fields}
    try:
        asked = ResponsesRequest.model_validate(given)
    except ValidationError as error:
        raise wrong(error, ResponsesRequest, given) from None
    if asked.text and asked.text.format and asked.text.format.type == "json_schema" and not asked.text.format.schema_:
        raise InvalidRequest(
            "text.format of type json_schema has no schema.",
            field="text.format.schema",
            remedy='Give {"type": "json_schema", "name": …, "schema": {…}}.',
        )
    for number, name in enumerate(asked.include or ()):
        if name not in INCLUDED:
            raise InvalidRequest(
                f"There is no {shorten(name)!r} to include.",
                field=f"include.{number}",
                value=shorten(name),
                remedy=f"Give one of: {', '.join(sorted(INCLUDED))}.",
            )
    if asked.background and asked.store is False:
        raise InvalidRequest(
            "What goes on in the background is kept.", field="store", value=False, remedy="Leave store out."
        )
    return model, asked


def _refuse_hosted(tools: object) -> None:
    """Refuse tools that OpenAI's own servers would run."""
    for number, tool in enumerate(cast("list[object]", tools) if isinstance(tools, list) else ()):
        kind = cast("Json", tool).get("type") if isinstance(tool, dict) else None
        if isinstance(kind, str) and kind != "function":
            raise NotSupported(
                f"There is no tool of the type {shorten(kind)!r} here.",
                field=f"tools.{number}.type",
                value=shorten(kind),
                remedy="Offer functions, which you call yourself.",
            )


def run_of(response_id: str, field: str = "response_id") -> str:
    """The run that a response is.

    Raises:
        NotFound: it is no response's id.
    """
    suffix = response_id.removeprefix(PREFIX)
    if suffix == response_id or not suffix:
        raise unknown(response_id, field)
    return f"{RUN}{suffix}"


def suffix_of(run_id: str) -> str:
    """What the ids of a response and its items have of its run's."""
    return run_id.removeprefix(RUN)


def unknown(response_id: str, field: str = "response_id") -> NotFound:
    """The refusal of a response that the caller does not have."""
    return NotFound(
        f"There is no response {shorten(response_id)!r}.",
        field=field,
        value=shorten(response_id),
        remedy="It may have been deleted, or was asked for with store=false.",
    )
