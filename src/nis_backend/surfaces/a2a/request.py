"""What a client's message asks the agent: words, or the operation of a form that was filled in."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, cast

from a2a.types.a2a_pb2 import ROLE_USER, Message, Part
from a2a.utils.errors import ContentTypeNotSupportedError, InvalidParamsError
from google.protobuf.json_format import MessageToDict

from nis_backend.blob import NAME_LENGTH
from nis_backend.errors import NisError
from nis_backend.surfaces.a2a.wire import A2UI_MEDIA_TYPE, whole
from nis_backend.surfaces.a2ui import VERSION, action_of
from nis_backend.surfaces.a2ui.forms import arguments_of
from nis_backend.surfaces.turn_options import NAME, read_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.catalog import Catalog
    from nis_backend.operation import Json

A2UI_MEDIA_TYPES = (A2UI_MEDIA_TYPE, "application/a2ui+json")


def chat_request(message: Message, operations: Catalog) -> Json:
    """The fields `message`, `attachments`, `links` and `call` of the chat's request, and the options `nis`.

    Raises:
        InvalidRequest: naming the option.
        InvalidParamsError: naming the field.
        ContentTypeNotSupportedError: a part is neither text or a file, nor an action or operation with its arguments.
    """
    check_role(message)
    words: list[str] = []
    attachments: list[Json | str] = []
    links: list[str] = []
    call: Json | None = None
    for index, part in enumerate(message.parts):
        field = f"message.parts[{index}]"
        kind = part.WhichOneof("content")
        if kind == "text":
            words.append(part.text)
        elif kind == "data" and (_is_a2ui(part) or _is_call(part)):
            if call is not None:
                raise wrong(field, "One message carries one action.")
            call = _call(part, operations, field) if _is_a2ui(part) else _plain_call(part, operations, field)
        elif kind == "raw":
            attachments.append(_bytes(part))
        elif kind == "url":
            (attachments if part.url.startswith("data:") else links).append(part.url)
        else:
            raise ContentTypeNotSupportedError(
                f"{field} is {kind or 'empty'}; this agent reads text, files, data whose mimeType is "
                f"{A2UI_MEDIA_TYPE}, and data with an operation and its arguments.",
                data={"field": field},
            )
    text = "\n".join(words).strip()
    if call is None and not (text or attachments or links):
        raise wrong("message.parts", "There are no words in it.")
    said = text or (str(call["operation"]) if call else "")
    asked = read_options(whole(MessageToDict(message.metadata)).get(NAME), f"message.metadata.{NAME}")
    return {"message": said, "attachments": attachments, "links": links, "call": call, **asked}


def _bytes(part: Part) -> Json:
    """A file whose bytes came with it."""
    return {
        "base64": base64.b64encode(part.raw).decode("ascii"),
        "media_type": part.media_type,
        "name": part.filename[:NAME_LENGTH],
    }


def check_role(message: Message) -> None:
    """Refuse what no client says.

    Raises:
        InvalidParamsError: naming the role.
    """
    if message.role != ROLE_USER:
        raise wrong("message.role", "A client's message has the role ROLE_USER.")


def _is_a2ui(part: Part) -> bool:
    """Whether it is called A2UI; some clients send an action without a word of what it is."""
    named = MessageToDict(part.metadata).get("mimeType", part.media_type) in A2UI_MEDIA_TYPES
    return named or {"version", "action"} <= {*part.data.struct_value.fields}


def _is_call(part: Part) -> bool:
    """Whether it is `{"operation": NAME, "arguments": {…}}`: how a client without A2UI calls a skill's operation."""
    return "operation" in part.data.struct_value.fields


def _plain_call(part: Part, operations: Catalog, field: str) -> Json:
    call: Json = whole(MessageToDict(part.data))
    unknown = call.keys() - {"operation", "arguments"}
    if unknown:
        raise wrong(f"{field}.data.{min(unknown)}", "A call has an operation and its arguments, nothing else.")
    try:
        operations.entry(str(call["operation"]))
    except NisError as error:
        raise wrong(f"{field}.data.operation", f"{error.message} {error.remedy}") from None
    return call


def _call(part: Part, operations: Catalog, field: str) -> Json:
    """The operation of the one action in a data part, which holds a list of messages or a single one."""
    data: Any = whole(MessageToDict(part.data))
    for sent in cast("list[Any]", data if isinstance(data, list) else [data]):
        if not isinstance(sent, dict) or cast("Json", sent).get("version") != VERSION:
            raise wrong(field, f"An A2UI message is an object with the version {VERSION!r}.")
        try:
            found = action_of(cast("Json", sent))
            if found is not None:
                operation, given = found
                return {
                    "operation": operation,
                    "arguments": arguments_of(operations.entry(operation).request_schema, given),
                }
        except NisError as error:
            raise wrong(f"{field}.data.{error.field or ''}".rstrip("."), f"{error.message} {error.remedy}") from None
    raise wrong(field, "There is no action in it that calls an operation.")


def catalogs(metadata: Mapping[str, Any]) -> tuple[str, ...]:  # Any: JSON
    """The A2UI catalogs that a client says it draws, in the metadata of its message."""
    match metadata:
        case {"a2uiClientCapabilities": {"v0.9": {"supportedCatalogIds": [*ids]}}}:
            return tuple(str(one) for one in ids)
        case _:
            return ()


def wrong(field: str, description: str) -> InvalidParamsError:
    """A parameter is wrong."""
    return InvalidParamsError(f"{field}: {description}", data={"errors": [{"field": field, "message": description}]})
