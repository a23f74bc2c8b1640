"""A `RunAgentInput`, read: what is wrong is refused by name, what nothing is made of is named.

Source: https://docs.ag-ui.com/spec/1.0/basic/run-input
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from nis_backend.blob import NAME_LENGTH
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Json
from nis_backend.refusal import few_wrong, invalid
from nis_backend.surfaces.rest.arguments import object_in
from nis_backend.surfaces.turn_options import TurnOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

P = TypeVar("P", bound=BaseModel)

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Part(BaseModel):
    """What is read of an object; the rest is a later version's, or the client's own."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, populate_by_name=True)


class Called(Part):
    """A function that was called, and the text of its arguments."""

    name: Name
    arguments: str = Field(max_length=400_000)


class ToolCall(Part):
    """A call of an earlier turn."""

    id: Name
    function: Called


class TextPart(Part):
    """Words among the parts of a content."""

    type: Literal["text"]
    text: str = Field(max_length=400_000)


class Source(Part):
    """Where the bytes of a part are: in it, at an address, or kept here as a blob."""

    type: Literal["data", "url", "file"]
    value: str = Field(min_length=1)
    mime_type: str = Field(default="", max_length=128, alias="mimeType")


class MediaPart(Part):
    """A picture, a sound or a document among the parts of a content."""

    type: Literal["image", "audio", "document"]
    source: Source


class BinaryPart(Part):
    """The same as versions before 1.0 have it."""

    type: Literal["binary"]
    mime_type: str = Field(default="", max_length=128, alias="mimeType")
    id: str | None = Field(default=None, max_length=64)
    url: str | None = Field(default=None, max_length=8192)
    data: str | None = None
    filename: str = Field(default="", max_length=NAME_LENGTH)

    @model_validator(mode="after")
    def _has_bytes(self) -> Self:
        if not (self.data or self.url or self.id):
            raise PydanticCustomError("bytes", "data, url or id is missing", {})
        return self


class Message(Part):
    """One of the conversation so far; of an activity or a thought, nothing is read."""

    id: Name
    role: Literal["developer", "system", "assistant", "user", "tool", "activity", "reasoning"]
    content: Any = None  # Any: what it may be depends on the role
    tool_calls: list[ToolCall] | None = Field(default=None, max_length=128, alias="toolCalls")
    tool_call_id: Name | None = Field(default=None, alias="toolCallId")
    error: str | None = Field(default=None, max_length=400_000)


class Tool(Part):
    """A function that the client has."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = Field(default="", max_length=16_384)
    parameters: dict[str, Any] | None = None  # Any: a JSON schema


class Fact(Part):
    """What the agent is to know."""

    description: str = Field(min_length=1, max_length=2_000)
    value: str = Field(max_length=20_000)


class Resume(Part):
    """The answer to an interrupt."""

    interrupt_id: Name = Field(alias="interruptId")
    status: Literal["resolved", "cancelled"]
    payload: Any = None  # Any: JSON


class Call(BaseModel):
    """An operation to call, instead of one that a model chooses."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    operation: str = Field(max_length=64)
    arguments: dict[str, Any] = Field(default_factory=dict)  # Any: JSON


class Options(TurnOptions):
    """`forwardedProps.nis`: what this server can be told beyond the protocol."""

    agent: str = Field(default="", max_length=64)
    """The agent that is to answer, by its name; the chat where none is named."""
    model: str | None = Field(default=None, max_length=256)
    provider: str | None = Field(default=None, max_length=64)
    call: Call | None = None
    surfaces: bool = False
    on_disconnect: Literal["continue", "cancel"] = Field(default="continue", alias="onDisconnect")


class Forwarded(Part):
    """What of `forwardedProps` is read."""

    nis: Options = Options()
    a2ui_client_capabilities: dict[str, Any] | None = Field(  # Any: JSON
        default=None, alias="a2uiClientCapabilities"
    )
    a2ui_action: dict[str, Any] | None = Field(default=None, alias="a2uiAction")  # Any: JSON
    inject_a2ui_tool: bool | str | None = Field(default=None, alias="injectA2UITool")

    @property
    def catalogs(self) -> list[str] | None:
        """The catalogs whose surfaces the client draws; None where it wants no surfaces."""
        match self.a2ui_client_capabilities:
            case {"v0.9": {"supportedCatalogIds": [*ids]}}:
                return [str(one) for one in ids][:16]
            case None if not (self.nis.surfaces or self.inject_a2ui_tool):
                return None
            case _:
                return []


class RunInput(Part):
    """The body of a request."""

    thread_id: Name = Field(alias="threadId")
    run_id: Name = Field(alias="runId")
    protocol_version: str | None = Field(default=None, max_length=64, alias="protocolVersion")
    parent_run_id: Name | None = Field(default=None, alias="parentRunId")
    state: dict[str, Any] | None = None  # Any: JSON
    messages: list[Message] = Field(max_length=2048)
    tools: list[Tool] | None = Field(default=None, max_length=128)
    context: list[Fact] | None = Field(default=None, max_length=49)
    forwarded_props: Forwarded | None = Field(default=None, alias="forwardedProps")
    resume: list[Resume] | None = Field(default=None, max_length=16)

    @property
    def forwarded(self) -> Forwarded:
        """What came beside, or nothing."""
        return self.forwarded_props or Forwarded()


class RunNamed(Part):
    """A run of a thread; the newest where none is named."""

    thread_id: Name = Field(alias="threadId")
    run_id: Name | None = Field(default=None, alias="runId")
    catalogs: list[Name] | None = Field(default=None, max_length=16)
    """The catalogs of the surfaces that its reader draws; None where it draws none."""


def json_object(body: bytes | str) -> Json:
    """The body as a JSON object.

    Raises:
        Malformed: it is none.
        TooLarge: it holds too many values.
    """
    return object_in(body, "input", "Send one RunAgentInput as JSON, in UTF-8.")


def read(kind: type[P], given: Json) -> P:
    """An object that a client has sent.

    Raises:
        InvalidRequest: a field is wrong, with its path as the client wrote it.
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise invalid(few_wrong(error, kind, given)) from None


def unread(given: Json) -> Iterator[str]:
    """Names of members that nothing is made of: a later version's, or another server's."""
    known = {field.alias or name for name, field in RunInput.model_fields.items()}
    yield from sorted(name for name in given if name not in known)
    beside = given.get("forwardedProps")
    inside = {field.alias or name for name, field in Forwarded.model_fields.items()}
    if isinstance(beside, dict):
        yield from sorted(f"forwardedProps.{name}" for name in cast("Json", beside) if name not in inside)


def settled(asked: RunInput) -> Iterator[str]:
    """Names of options that change nothing of a run which goes on: it was begun with its own."""
    options = asked.forwarded.nis
    for name in sorted(options.model_fields_set - {"surfaces", "on_disconnect"}):
        yield f"forwardedProps.nis.{Options.model_fields[name].alias or name}"


def words(message: Message, number: int) -> str:
    """What a message says.

    Raises:
        InvalidRequest: its content is not words, which are all that is read here.
    """
    where, content = f"messages.{number}.content", cast("object", message.content)
    if content is None and message.role == "assistant":
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and message.role in {"user", "tool"}:
        parts = [
            (f"{where}.{place}", part)
            for place, part in enumerate(cast("list[object]", content))
            if message.role == "tool" or not _is_media(part)
        ]
        return "\n".join(_text(part, place) for place, part in parts)
    raise InvalidRequest(
        f"The content of a {message.role} message is no text.",
        field=where,
        value=cast("object", content),
        remedy="Give a string.",
    )


def _is_media(part: object) -> bool:
    return isinstance(part, dict) and cast("Json", part).get("type") in {"image", "audio", "document", "binary"}


@dataclass(frozen=True, kw_only=True)
class Attached:
    """What came with a message beside its words: blobs as a request gives them, and addresses of more."""

    blobs: list[Json | str] = field(default_factory=list["Json | str"])
    links: list[str] = field(default_factory=list[str])

    def put(self, value: str, media_type: str, name: str = "", *, kind: Literal["data", "url", "file"]) -> None:
        """Add one."""
        if kind == "data":
            self.blobs.append({"base64": value, "media_type": media_type, "name": name})
        elif kind == "file" or value.startswith("data:"):
            self.blobs.append(value)
        else:
            self.links.append(value)


def attached(message: Message, number: int) -> Attached:
    """What came with a user's message beside its words.

    Raises:
        InvalidRequest: a part says not where its bytes are.
    """
    found = Attached()
    content = cast("object", message.content)
    for place, part in enumerate(cast("list[object]", content) if isinstance(content, list) else ()):
        if message.role != "user" or not _is_media(part):
            continue
        given = cast("Json", part)
        try:
            if given["type"] == "binary":
                _put_binary(found, BinaryPart.model_validate(given))
            else:
                source = MediaPart.model_validate(given).source
                found.put(source.value, source.mime_type, kind=source.type)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, (f"messages.{number}.content.{place}", *wrong["loc"])))
            raise InvalidRequest(
                f"{where}: {wrong['msg']}.",
                field=where,
                remedy='Send {"type": "image", "source": {"type": "data", "value": BASE64, "mimeType": …}}.',
            ) from None
    return found


def _put_binary(found: Attached, part: BinaryPart) -> None:
    if part.data:
        found.put(part.data, part.mime_type, part.filename, kind="data")
    elif part.url:
        found.put(part.url, part.mime_type, part.filename, kind="url")
    else:
        found.put(str(part.id), part.mime_type, kind="file")


def _text(part: object, where: str) -> str:
    try:
        return TextPart.model_validate(part).text
    except ValidationError:
        kind = cast("Json", part).get("type") if isinstance(part, dict) else part
        raise InvalidRequest(
            "Of the parts of a content, text, pictures, sounds and documents are read.",
            field=where,
            value=kind,
            remedy='Send parts {"type": "text", "text": "…"}, or {"type": "image", "source": {…}}.',
        ) from None
