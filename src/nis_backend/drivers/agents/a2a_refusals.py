"""The failures of remote agents as failures of ours: none repeats a key, or an address with what it may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.drivers.agents.a2a_wire import NOT_CANCELABLE, TASK_NOT_FOUND, UNSUPPORTED, VERSION_UNSUPPORTED
from nis_backend.drivers.gateway.addresses import told
from nis_backend.drivers.http.base import NoAddress, Unreachable, retry_after
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

    from nis_backend.drivers.agents.base import Address, Json
    from nis_backend.drivers.http.base import HttpError

INVALID_PARAMS, METHOD_NOT_FOUND = -32602, -32601
REASONS = {
    "TASK_NOT_FOUND": TASK_NOT_FOUND,
    "TASK_NOT_CANCELABLE": NOT_CANCELABLE,
    "UNSUPPORTED_OPERATION": UNSUPPORTED,
    "VERSION_NOT_SUPPORTED": VERSION_UNSUPPORTED,
}
"""Names of errors over HTTP, as the numbers of JSON-RPC."""


class Failures:
    """What may go wrong with one agent; `what` of it was asked for."""

    def __init__(self, address: Address, what: str, task_id: str = "") -> None:
        self._key = address.key
        self._patience = address.patience
        self._task_id = task_id
        self._where = told(address.url)
        self._name = f"The {what} at {self._where}"

    def of_http(self, error: HttpError) -> NisError:
        """There is no answer, or not all of it."""
        if isinstance(error, NoAddress):
            return InvalidRequest(
                f"{self._name} cannot be asked: that is no address.",
                field="url",
                value=self._where,
                remedy="Give one like https://agents.example.org/.well-known/agent-card.json.",
            )
        if isinstance(error, Unreachable):
            why = getattr(error.__cause__, "strerror", None) or (str(error) if error.__cause__ is None else "")
            return self._unavailable(f"cannot be reached{f': {shorten(why)}' if why else ''}", "See whether it runs.")
        silent = isinstance(error, TimeoutError)
        return self.cut(f"sent nothing for {self._patience:g} s" if silent else "broke off")

    def cut(self, how: str = "ended before its task did") -> UpstreamFailed:
        """An answer without its end."""
        return self._failed(how, "Try again.")

    def too_much(self, most: int) -> UpstreamFailed:
        """An answer that does not come to an end."""
        return self._failed(f"sent more than {most} bytes", "Ask for less, or another agent.")

    def strange(self, what: str) -> UpstreamFailed:
        """An answer that is none."""
        return self._failed(f"sent {what}", "See whether the address is that of an agent's card.")

    def of_status(self, status: int, headers: Mapping[str, str], body: bytes) -> NisError:
        """The failure that a status of HTTP means."""
        error = _error_in(body)
        refused = self.of_error(error)
        if status in {401, 403}:
            # Not quoted: such a message may repeat the key in a shape of its own.
            what = "refuses the key" if self._key else "wants a key"
            return self._unavailable(
                f"{what} ({status})", "Set the key in NIS_AGENT_KEYS, and name it in the agent's key_name.", "key_name"
            )
        if not isinstance(refused, UpstreamFailed):
            return refused
        return self._of_number(status, headers) or self._failed(
            f"failed with {status}{self._quoted(error)}", "Try again, or ask another agent."
        )

    def _of_number(self, status: int, headers: Mapping[str, str]) -> NisError | None:
        if status in {404, 410}:
            return NotFound(
                f"{self._name} is not there ({status}).",
                field="url",
                value=self._where,
                remedy="Update the agent's url, or refresh its card.",
            )
        if status == 429:  # noqa: PLR2004 - HTTP's own number
            return Busy(f"{self._name} is over its limit.", remedy="Try again later.", retry_after=retry_after(headers))
        if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own numbers
            return self._unavailable(f"has moved ({status})", "Give its own address: no redirection is followed.")
        if status == 503:  # noqa: PLR2004 - HTTP's own number
            return self._unavailable(f"is not available ({status})", "Try again later.")
        return None

    def of_error(self, error: Json) -> NisError:
        """The failure that an error of the protocol means, in either binding."""
        code, said = _code(error), self._quoted(error)
        if code == TASK_NOT_FOUND:
            return NotFound(
                f"{self._name} has no such task{said}.",
                field="task_id",
                value=self._task_id,
                remedy="Send the message without a task.",
            )
        if code in {UNSUPPORTED, NOT_CANCELABLE, METHOD_NOT_FOUND}:
            return NotSupported(f"{self._name} does not do that{said}.", field="url", value=self._where)
        if code == VERSION_UNSUPPORTED:
            return NotSupported(
                f"{self._name} does not speak the version that its card names{said}.",
                field="url",
                value=self._where,
                remedy="Refresh its card.",
            )
        if code == INVALID_PARAMS:
            return InvalidRequest(
                f"{self._name} refuses the message{said}.", field="message", remedy="Say it otherwise."
            )
        return self._failed(f"failed{said or f' with {code}'}", "Try again, or ask another agent.")

    def _quoted(self, error: Json) -> str:
        """What it said, as we may repeat it: short, and without the key."""
        said = error.get("message")
        if not isinstance(said, str) or not said:
            return ""
        text = said.replace(self._key, "***") if self._key else said
        return f": {shorten(text, 300).rstrip('.')}"

    def _failed(self, what: str, remedy: str) -> UpstreamFailed:
        return UpstreamFailed(f"{self._name} {what}.", field="url", value=self._where, remedy=remedy)

    def _unavailable(self, what: str, remedy: str, field: str = "url") -> Unavailable:
        return Unavailable(f"{self._name} {what}.", field=field, value=self._where, remedy=remedy)


def _error_in(body: bytes) -> Json:
    try:
        found: Any = from_json(body)
    except ValueError:
        return {}
    error = cast("Json", found).get("error") if isinstance(found, dict) else None
    return cast("Json", error) if isinstance(error, dict) else {}


def _code(error: Json) -> object:
    """Its number in JSON-RPC; over HTTP the reason says which."""
    details = error.get("details")
    for one in cast("list[Any]", details) if isinstance(details, list) else []:
        if isinstance(one, dict) and cast("Json", one).get("reason") in REASONS:
            return REASONS[cast("Json", one)["reason"]]
    return error.get("code")
