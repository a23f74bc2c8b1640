"""Failures in the protocol's own words: which of its errors is which of ours, and fields by their names on the wire."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from a2a.utils.errors import (
    A2AError,
    ContentTypeNotSupportedError,
    InternalError,
    InvalidParamsError,
    TaskNotFoundError,
    UnsupportedOperationError,
)
from a2a.utils.proto_utils import validate_proto_required_fields

from nis_backend.errors import InvalidRequest, NisError, NotFound, NotSupported, WrongMedia
from nis_backend.surfaces.a2a.wire import describe

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from google.protobuf.message import Message as ProtoMessage

    from nis_backend.operation import Json

FIELDS: Mapping[str, str] = {
    "message": "message.parts",
    "conversation_id": "message.contextId",
    "attachments": "message.parts",
    "links": "message.parts",
    "call": "message.parts",
    "call.operation": "message.parts",
    "operation": "message.parts",
    "after": "lastSeq",
    "values": "message.parts",
    "reason": "message.parts",
}
"""Fields of our requests, by the names that a client of the protocol knows them under."""


class Failure(InternalError):
    """A failure that the protocol has no error for; a transport of ours says which."""

    def __init__(self, error: NisError) -> None:
        super().__init__(f"{error.message} {error.remedy}".strip())  # pyright: ignore[reportUnknownMemberType] - its bare dict
        self.error = error


def check(params: ProtoMessage) -> None:
    """Refuse a request that lacks a required field, by the field's name on the wire.

    Raises:
        InvalidParamsError: naming each of them.
    """
    try:
        validate_proto_required_fields(params)
    except InvalidParamsError as error:
        missing = [
            {"field": camel(one["field"]), "message": one["message"]} for one in data_of(error).get("errors", ())
        ]
        names = ", ".join(one["field"] for one in missing)
        raise InvalidParamsError(f"Missing, empty or unknown: {names}.", data={"errors": missing}) from None


def data_of(error: A2AError) -> Json:
    """What is said about an error beside its message; the package types it as a bare dict."""
    return vars(error)["data"] or {}


def camel(path: str) -> str:
    """`message.message_id` as the wire has it: `message.messageId`."""
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), path)


@contextmanager
def told(fields: Mapping[str, str] | None = None) -> Generator[None]:
    """Failures of ours as the protocol's; `fields` renames the fields at fault."""
    try:
        yield
    except NisError as error:
        raise as_protocol(error, fields or {}) from error


def as_protocol(error: NisError, fields: Mapping[str, str]) -> A2AError:
    """The protocol's error for a failure of ours."""
    text = f"{error.message} {error.remedy}".strip()
    if isinstance(error, NotFound) and error.field == "id":
        return TaskNotFoundError(text, data={"taskId": error.value or ""})
    if isinstance(error, WrongMedia):
        return ContentTypeNotSupportedError(text, data={"field": _named(error.field or "", fields)})
    if isinstance(error, NotSupported):
        return UnsupportedOperationError(text)
    if isinstance(error, InvalidRequest | NotFound):
        some = [(wrong.field, describe(wrong)) for wrong in error.fields] or [(error.field or "", text)]
        named = [{"field": _named(field, fields), "message": description} for field, description in some]
        return InvalidParamsError(text, data={"errors": named})
    return Failure(error)


def _named(field: str, fields: Mapping[str, str]) -> str:
    """A field by the client's name for it; of one of a list, the list's."""
    place = field.partition(".")[0]
    return fields.get(field) or (fields[place] if place in {"attachments", "links"} and place in fields else field)
