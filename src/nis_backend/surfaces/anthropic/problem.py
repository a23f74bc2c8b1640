"""A failure as Anthropic words it: `{"type": "error", "error": {"type", "message"}, "request_id"}`.

Source: https://platform.claude.com/docs/en/api/errors
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from nis_backend.surfaces.guard import Told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.errors import NisError
    from nis_backend.operation import Json

TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
}
"""What each status is called; another one is a fault of the request below 500, and of the server above."""

FIELDS = {
    "tool_name": "tool_choice",
    "answer_schema": "output_config.format",
    "answer_as": "output_config.format",
    "reasoning": "thinking",
    "stop": "stop_sequences",
    "parameters": "input_schema",
}
"""Fields of the operations, as this dialect calls them."""


UNTHREADED: Mapping[str, object] = {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}
"""By which the official clients know to send all turns themselves."""

TURNS = re.compile(r"^\d+\.(parts|tool_calls|tool_call_id|reasoning)\b")
"""Of a path into the messages: that it is one of the operation's, and none of this dialect's."""


def tell(error: NisError, scope: Mapping[str, Any]) -> Told:
    """The failure, its status, and whether the official clients shall try again by themselves."""
    return Told(
        status=status_of(error),
        document=document(error, named(scope["state"])),
        headers={"x-should-retry": "true" if error.codes.retry else "false"},
    )


def named(state: Mapping[str, Any]) -> str:
    """The request's id, which the answer then bears under this dialect's name too."""
    request_id = str(state["request_id"])
    state["exchange"].marks["request-id"] = request_id
    return request_id


def document(error: NisError, request_id: str) -> Json:
    """The object, for a body or for an event of a stream."""
    where = field_of(error.field)
    message = f"{error.message.removeprefix(f'{error.field}: ')} {error.remedy}".strip()
    said = message if where is None or message.startswith(f"{where}: ") else f"{where}: {message}"
    failure: Json = {"type": _type(status_of(error)), "message": said}
    if error.field == "thread":
        failure["details"] = UNTHREADED
    return {"type": "error", "error": failure, "request_id": request_id}


def status_of(error: NisError) -> int:
    """The status: what others answer with 422 is 400 here, which clients have a class for."""
    status = error.codes.http
    return HTTPStatus.BAD_REQUEST if status == HTTPStatus.UNPROCESSABLE_ENTITY else status


def field_of(field: str | None) -> str | None:
    """The field at fault: `messages.0.content`."""
    if field is None:
        return None
    head, dot, rest = field.partition(".")
    # Turns are not messages one by one: how many there are of a message is ours to know.
    return head if head == "messages" and TURNS.search(rest) else FIELDS.get(head, head) + dot + rest


def _type(status: int) -> str:
    fault = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "api_error"
    return TYPES.get(status, fault)
