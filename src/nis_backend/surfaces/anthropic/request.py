"""A request for a message, read and translated into the operation's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from nis_backend.errors import InvalidRequest, NotFound, NotSupported, shorten
from nis_backend.operation import Json, Model
from nis_backend.surfaces.anthropic.blocks import Blocks, Lenient, Texts, kind_of
from nis_backend.surfaces.anthropic.turns import turns

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSIONS = ("2023-06-01", "2026-10-21")
"""Versions of the format; the later one takes no sampling parameters."""

HINTS = frozenset(
    {
        *("cache_control", "context_management", "diagnostics", "fallback_credit_token"),
        *("user_profile_id", "workspace_id"),
    }
)
"""Parameters that change no answer here: of caching, of what may be left out of a conversation, labels."""

REFUSED: Mapping[str, tuple[tuple[object, ...], str]] = {
    "container": ((None,), "Leave it out: nothing is executed beside the model."),
    "mcp_servers": ((None, []), "Give the tools themselves."),
    "service_tier": ((None, "auto", "standard_only"), "Leave it out: there is one way of serving."),
    "speed": ((None, "standard"), "Leave it out: there is one way of serving."),
    "inference_geo": ((None,), "Leave it out: where a model runs is its provider's matter."),
    "top_k": ((None,), "Use top_p."),
    "thread": ((None,), "Send all turns: a conversation is not kept here."),
    "compaction": ((None,), "Send all turns: none are summed up here."),
    "fallbacks": ((None, []), "Name a route: its models stand in for one another."),
    "billing_policy": ((None,), "Leave it out: who pays is a matter of budgets."),
    "betas": ((None, []), "Send it as the header anthropic-beta."),
}
"""Parameters that would change the answer and cannot be followed: the values that ask for nothing, and the remedy."""

SAMPLING = ("temperature", "top_p", "top_k")
LOW, MEDIUM = 2048, 8192
"""Tokens of a budget up to which it is little, and some, thinking; above it is much."""


class Message(Lenient):
    """One message."""

    role: Literal["user", "assistant", "system"]
    content: Blocks = Field(max_length=2048)


def _own(tool: object) -> object:
    kind = kind_of(tool)
    if kind in (None, "custom"):
        return tool
    raise PydanticCustomError(
        "hosted", "{kind} is a tool that Anthropic's servers run, which this model has not", {"kind": shorten(kind, 60)}
    )


class OwnTool(Lenient):
    """A tool that the caller runs."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = Field(default="", max_length=16_384)
    input_schema: dict[str, Any]  # Any: a JSON schema
    strict: bool | None = None


class ToolChoice(Lenient):
    """Which tool is to be called, if any."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = Field(default=None, min_length=1, max_length=64)
    disable_parallel_tool_use: bool | None = None


class Thinking(Lenient):
    """Whether, and how much, it is to think."""

    type: Literal["enabled", "adaptive", "disabled", "between_tools"]
    budget_tokens: int = Field(default=LOW, ge=1024)


class OutputFormat(Lenient):
    """A schema that the words must follow."""

    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")  # Any: a JSON schema


class OutputConfig(Lenient):
    """What the answer is to be."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: OutputFormat | None = None


class Metadata(Lenient):
    """Labels."""

    user_id: str | None = Field(default=None, max_length=512)


class MessagesRequest(Model):
    """The body of a request, without what is ignored or refused."""

    max_tokens: int = Field(ge=1, le=131_072)
    messages: list[Message] = Field(min_length=1, max_length=2048)
    system: Texts = Field(default_factory=list[Any], max_length=256)
    stream: bool | None = None
    stop_sequences: list[str] | None = Field(default=None, max_length=64)
    temperature: float | None = Field(default=None, ge=0, le=1)
    top_p: float | None = Field(default=None, gt=0, le=1)
    tools: list[Annotated[OwnTool, BeforeValidator(_own)]] | None = Field(default=None, max_length=128)
    tool_choice: ToolChoice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: OutputFormat | None = None
    metadata: Metadata | None = None

    def arguments(self, model: str) -> Json:
        """The operation's request."""
        choice = self.tool_choice
        form = self.output_format or (self.output_config.format if self.output_config else None)
        given: Json = {
            "messages": self.turns(model),
            "model": model,
            "tools": [_offered(tool) for tool in self.tools or ()],
            "tool_choice": {"any": "required", "tool": "required", "none": "none"}.get(
                choice.type if choice else "", "auto"
            ),
            "tool_name": choice.name if choice and choice.type == "tool" else None,
            "parallel_tool_calls": not (choice and choice.disable_parallel_tool_use),
            "answer_as": "json" if form else "text",
            "answer_schema": form.schema_ if form else None,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "stop": [word for word in self.stop_sequences or () if word],
            "reasoning": self.effort(),
            "user": self.metadata.user_id if self.metadata else None,
        }
        return given

    def turns(self, model: str) -> list[Json]:
        """The turns, the instructions first."""
        origin = origin_of(model)
        system = "\n\n".join(block.text for block in self.system)
        first: list[Json] = [{"role": "system", "content": system}] if system else []
        return [*first, *(turn for one in self.messages for turn in turns(one.role, one.content, origin))]

    def effort(self) -> str | None:
        """How much it is to think, in the operation's words."""
        if self.thinking and self.thinking.type in ("disabled", "between_tools"):
            return "none"
        if self.output_config and self.output_config.effort:
            return self.output_config.effort
        if self.thinking and self.thinking.type == "enabled":
            budget = self.thinking.budget_tokens
            return "low" if budget <= LOW else "medium" if budget <= MEDIUM else "high"
        return None


def _offered(tool: OwnTool) -> Json:
    return {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.input_schema,
        "strict": bool(tool.strict),
    }


KNOWN = frozenset({*MessagesRequest.model_fields, "model"})


def version_of(headers: Mapping[str, str]) -> str:
    """The version of the format that the caller writes.

    Raises:
        InvalidRequest: none is named, or one that is not known.
    """
    version = headers.get("anthropic-version", "")
    if version not in VERSIONS:
        said = f"{shorten(version, 40)} is not a version" if version else "header is required"
        raise InvalidRequest(
            f"anthropic-version: {said}.", field="anthropic-version", remedy=f"Send one of {', '.join(VERSIONS)}."
        )
    return version


def model_of(body: Json) -> str:
    """The model's name.

    Raises:
        InvalidRequest: it is no name.
        NotFound: there is none.
    """
    model: object = body.get("model")
    if not isinstance(model, str):
        raise InvalidRequest("model: a string names a model.", field="model", remedy="Give a model's id.")
    if not model:
        raise NotFound("The request names no model.", field="model", remedy="Name one as provider:name.")
    return model


def origin_of(model: str) -> str:
    """The provider whose thoughts those are that bear no mark of ours."""
    provider, colon, _ = model.partition(":")
    return provider if colon else "anthropic"


def read(body: Json, version: str) -> tuple[str, MessagesRequest]:
    """The model's name, and the request for it.

    Raises:
        NotFound: no model is named.
        InvalidRequest: a parameter is wrong or unknown.
        NotSupported: a parameter asks for what this server cannot do.
    """
    model = model_of(body)
    sampled = next((name for name in SAMPLING if name in body and version != VERSIONS[0]), None)
    unknown = sampled or next(iter(sorted(body.keys() - (KNOWN | HINTS | REFUSED.keys()))), None)
    if unknown is not None:
        what = f"not a parameter of the version {version}" if sampled else "not a parameter"
        raise InvalidRequest(f"{shorten(unknown)}: {what}.", field=shorten(unknown), remedy="Leave it out.")
    for name, (neutral, remedy) in REFUSED.items():
        if name in body and body[name] not in neutral:
            raise NotSupported(f"{name}: not supported here.", field=name, remedy=remedy)
    given = {name: value for name, value in body.items() if name in MessagesRequest.model_fields}
    try:
        return model, MessagesRequest.model_validate(given)
    except ValidationError as error:
        raise wrong(error, given) from None


def wrong(error: ValidationError, given: Json) -> InvalidRequest:
    """Pydantic's refusal; the path leads as far as the body does, without the branches of our own types."""
    first = error.errors(include_url=False, include_input=False)[0]
    path: list[str] = []
    at: Any = given  # Any: JSON
    for left, part in enumerate(first["loc"], 1 - len(first["loc"])):
        inside = (isinstance(at, dict) and part in at) or (
            isinstance(at, list) and isinstance(part, int) and part < len(cast("list[Any]", at))
        )
        if inside or (first["type"] == "missing" and not left):
            path.append(str(part))
            at = cast("Any", at)[part] if inside else None
    where = ".".join(path)
    return InvalidRequest(
        f"{where or 'body'}: {first['msg']}.",
        field=where or None,
        remedy="See Anthropic's reference for what it may be.",
    )
