"""Anthropic's refusals as failures of ours.

Source: https://platform.claude.com/docs/en/api/errors
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.http.base import retry_after
from nis_backend.drivers.llm.server import (
    MAYBE_DONE,
    REQUEST_AT_FAULT,
    members,
    object_in,
    prompt_too_long,
)
from nis_backend.errors import Busy, InvalidRequest, NisError, NotFound, Unavailable, UpstreamFailed, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.llm.server import Server

STATUS: Mapping[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status of each kind of error, for those that come within a stream of status 200."""

_TOO_LONG = re.compile(
    r"prompt is too long|exceed\w* (the )?context|context (window|length|limit)|too many tokens", re.IGNORECASE
)
_UNPAID = re.compile(r"credit balance|billing", re.IGNORECASE)


def message_in(body: bytes) -> str:
    """What an error's body says; empty where it is none of this format."""
    return message_of(object_in(body))


def message_of(document: Mapping[str, Any]) -> str:  # Any: JSON
    """What an error says."""
    error: object = document.get("error")
    said: object = error if isinstance(error, str) else members(error).get("message")
    return said if isinstance(said, str) else ""


def refusal(server: Server, status: int, headers: Mapping[str, str], message: str, model: str) -> NisError:
    """The failure that this status means; a request that was refused is not paid for."""
    error = _refusal(server, status, headers, message, model)
    error.sent = "maybe" if status in MAYBE_DONE else "refused"
    return error


def _refusal(server: Server, status: int, headers: Mapping[str, str], message: str, model: str) -> NisError:
    said = f": {server.quote(message)}" if message else ""
    name = server.name
    if status in (401, 403):
        # Not quoted: such a message may repeat the key in a shape of its own.
        return Unavailable(
            f"{name} refuses the key ({status}).", remedy=f"Set {server.variables.key} to a key that may use it."
        )
    if status == 402 or (status in REQUEST_AT_FAULT and _UNPAID.search(message)):  # noqa: PLR2004 - HTTP's own number
        return Unavailable(f"{name} wants to be paid first{said}.", remedy="Fill up the account behind the key.")
    if status in (429, 529):
        return _busy(name, status, headers, said)
    if status in (404, *REQUEST_AT_FAULT):
        return _fault(server, status, message, said, model)
    if 300 <= status < 400 or status == 405:  # noqa: PLR2004 - as above
        return Unavailable(
            f"{name} answered {status}{said}.", remedy=f"Set {server.variables.url} to the server's own address."
        )
    return UpstreamFailed(f"{name} failed with {status}{said}.", remedy="Try again, or choose another model.")


def _fault(server: Server, status: int, message: str, said: str, model: str) -> NisError:
    """The refusal of this request, not of every one."""
    if status == 404:  # noqa: PLR2004 - HTTP's own number
        return NotFound(
            f"{server.name} has no model {shorten(model)!r}{said}.",
            field="model",
            value=model,
            remedy=f"List the models; if there are none, {server.variables.url} is wrong.",
        )
    if status == 413 or _TOO_LONG.search(message):  # noqa: PLR2004 - as above
        return prompt_too_long(model, said)
    return InvalidRequest(f"{server.name} refused the request ({status}){said}.", remedy="Change what it names.")


def _busy(name: str, status: int, headers: Mapping[str, str], said: str) -> Busy:
    seconds = retry_after(headers)
    when = "later" if seconds is None else f"after {seconds:g} s"
    what = "is over its limit" if status == 429 else "is overloaded"  # noqa: PLR2004 - as above
    return Busy(
        f"{name} {what}{said}; try again {when}.",
        remedy="Wait, or choose another model.",
        retry_after=seconds,
    )
