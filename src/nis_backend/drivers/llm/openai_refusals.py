"""The refusals of servers that speak OpenAI's format as failures of ours.

Source: https://platform.openai.com/docs/guides/error-codes; where servers depart from it, the place says how.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.drivers.http.base import retry_after
from nis_backend.drivers.llm.server import MAYBE_DONE, REQUEST_AT_FAULT, TOO_SLOW, prompt_too_long
from nis_backend.errors import (
    Busy,
    InvalidRequest,
    NisError,
    NotFound,
    NotSupported,
    Unavailable,
    UpstreamFailed,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.llm.server import Server

_TOO_LONG = re.compile(
    r"context length|context_length|context size|context window|maximum context|too long|too many tokens", re.IGNORECASE
)
_UNPAID = b"insufficient_quota"
_STREAM = re.compile(r"\bstream", re.IGNORECASE)


def message_in(body: bytes) -> str:
    """The words of an error; empty when the body is not JSON: a proxy's page tells a caller nothing."""
    try:
        return message_of(from_json(body))
    except (ValueError, RecursionError):
        return ""


def message_of(body: Any) -> str:  # Any: JSON of any server
    """The message in an error's body, wherever this server puts it."""
    # One look a level: {"error": {"message": …}}, {"detail": [{"msg": …}]}, and others in between.
    for _ in range(4):
        if isinstance(body, list):
            body = next(iter(cast("list[Any]", body)), "")
        elif isinstance(body, dict):
            members = cast("dict[str, Any]", body)
            names = ("error", "message", "detail", "msg", "code")
            body = next((members[name] for name in names if members.get(name)), "")
    return body if isinstance(body, str) else ""


def too_long(status: int, message: str) -> bool:
    """Whether the prompt is longer than the model takes."""
    return status == 413 or bool(_TOO_LONG.search(message))  # noqa: PLR2004 - HTTP's own number


def wants_stream(status: int, message: str) -> bool:
    """Whether a whole answer is what was refused: some models answer in streams alone, some too slowly for a proxy."""
    return status in TOO_SLOW or (status in REQUEST_AT_FAULT and bool(_STREAM.search(message)))


def refusal(  # noqa: PLR0913 - the response, and what was asked
    server: Server, status: int, headers: Mapping[str, str], body: bytes, model: str | None, *, tools: bool = False
) -> NisError:
    """The failure that this status means; `model` is the one that was asked, and `tools` whether it was offered any."""
    error = _refusal(server, status, headers, body, model, tools)
    error.sent = "maybe" if status in MAYBE_DONE else "refused"
    return error


def _refusal(  # noqa: PLR0913, PLR0917 - the response, and what was asked
    server: Server, status: int, headers: Mapping[str, str], body: bytes, model: str | None, tools: bool
) -> NisError:
    message = message_in(body)
    said = f": {server.quote(message)}" if message else ""
    if status in (401, 403):
        # Not quoted: such a message may repeat the key in a shape of its own.
        what = "refuses the key" if server.key else "wants a key"
        return Unavailable(
            f"{server.name} {what} ({status}).", remedy=f"Set {server.variables.key} to a key that may use it."
        )
    if status == 429 and _UNPAID in body:  # noqa: PLR2004 - HTTP's own number
        return Unavailable(f"{server.name} wants to be paid first{said}.", remedy="Fill up the account behind the key.")
    if status in (429, 529):
        return _busy(server, status, headers, said)
    if model is not None and status in (404, *REQUEST_AT_FAULT):
        return _fault(server, status, message, said, model, tools)
    if 300 <= status < 400 or status in (402, 404, 405):  # noqa: PLR2004 - HTTP's own numbers
        return Unavailable(
            f"{server.name} answered {status}{said}.",
            remedy=f"Set {server.variables.url} to the server's own address.",
        )
    return UpstreamFailed(f"{server.name} failed with {status}{said}.", remedy="Try again, or choose another model.")


def _busy(server: Server, status: int, headers: Mapping[str, str], said: str) -> Busy:
    seconds = retry_after(headers)
    when = "later" if seconds is None else f"after {seconds:.3g} s"
    what = "is over its limit" if status == 429 else "is overloaded"  # noqa: PLR2004 - HTTP's own number
    return Busy(
        f"{server.name} {what}{said}; try again {when}.",
        remedy="Wait, or choose another model.",
        retry_after=seconds,
    )


def _fault(  # noqa: PLR0913, PLR0917 - the response, and what was asked
    server: Server, status: int, message: str, said: str, model: str, tools: bool
) -> NisError:
    """The refusal of this request, not of every one."""
    name, lowered = shorten(model), message.lower()
    if status == 404:  # noqa: PLR2004 - HTTP's own number
        return NotFound(
            f"{server.name} has no model {name!r}{said}.",
            field="model",
            value=name,
            remedy=f"List the models; if there are none, {server.variables.url} is wrong.",
        )
    if too_long(status, message):
        return prompt_too_long(model, said)
    if tools and "tool" in lowered and ("support" in lowered or "requires" in lowered):
        return NotSupported(f"{name} takes no tools{said}.", remedy="Choose another model.")
    return InvalidRequest(f"{server.name} refused the request ({status}){said}.", remedy="Change what it names.")
