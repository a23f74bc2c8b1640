"""A failure as OpenAI words it: `{"error": {"message", "type", "param", "code"}}`.

Source: https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from nis_backend.errors import Busy, InvalidRequest, NisError, NotFound, Unauthenticated
from nis_backend.surfaces.guard import Told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.operation import Json

PARAMS = {
    "message": "messages",
    "tool_name": "tool_choice",
    "answer_as": "response_format",
    "answer_schema": "response_format",
    "answers": "n",
    "texts": "input",
}
"""Fields of the operations, as this dialect calls them."""

ANSWERED_400 = HTTPStatus.UNPROCESSABLE_ENTITY
"""What others answer with 422 is 400 here: clients have a `BadRequestError` for it, and retry neither."""


def tell(error: NisError, _scope: Mapping[str, Any]) -> Told:
    """The failure, its status, and whether the official clients shall try again by themselves."""
    codes = error.codes
    return Told(
        status=HTTPStatus.BAD_REQUEST if codes.http == ANSWERED_400 else codes.http,
        document=document(error),
        headers={"x-should-retry": "true" if codes.retry else "false"},
    )


def document(error: NisError) -> Json:
    """The object, for a body or for an event of a stream."""
    message = f"{error.message} {error.remedy}".strip()
    return {"error": {"message": message, "type": _type(error), "param": param(error.field), "code": _code(error)}}


def param(field: str | None) -> str | None:
    """The parameter at fault: `messages[0].content`."""
    if field is None:
        return None
    head, *rest = field.split(".")
    return PARAMS.get(head, head) + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in rest)


def _type(error: NisError) -> str:
    if isinstance(error, Busy):
        return "rate_limit_error"
    return "server_error" if error.codes.http >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"


def _code(error: NisError) -> str:
    if isinstance(error, Unauthenticated):
        return "invalid_api_key"
    if isinstance(error, NotFound) and error.field == "model":
        return "model_not_found"
    if isinstance(error, Busy):
        return "rate_limit_exceeded"
    if isinstance(error, InvalidRequest) and error.field == "message":
        # The one thing that can be wrong with all messages together.
        return "context_length_exceeded"
    return error.code
