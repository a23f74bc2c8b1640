"""Every failure a caller can meet.

    NisError
    ├── InvalidRequest        a field or an argument is wrong
    │   ├── Malformed         the body is not what its media type says
    │   ├── TooLarge          a limit on size was crossed
    │   └── OutOfRange        a part was asked for that is not there
    ├── Unauthenticated       no key, or a wrong one
    ├── Forbidden             the caller may not do this, or comes from a foreign page
    ├── NotFound              no such thing, or it is another owner's
    ├── NotSupported          this surface or model does not do that
    │   ├── WrongMethod       the path answers other methods
    │   ├── NotAcceptable     it is not answered in any media type that the caller accepts
    │   └── WrongMedia        it is not read in the media type that was sent
    ├── Conflict              the state of the thing does not allow it
    │   ├── Fenced            another process holds the run now
    │   └── Waiting           the run waits for a person, who answers it by a command
    ├── BudgetExceeded        a cap on what may be spent would be crossed
    ├── Busy                  a queue is full; try again
    ├── DeadlineExceeded      the time allowed is over
    ├── Cancelled             the caller asked it to stop
    ├── Unavailable           a model, driver, package or device is missing
    ├── WorkerLost            a worker process died under the call
    ├── UpstreamFailed        a provider answered wrongly or not at all
    └── InternalError         a fault of ours

A message says what happened, with which value; `remedy` says what to do.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, cast

from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@record
class Codes:
    """What one class of failure is called on each surface."""

    http: int
    jsonrpc: int
    a2a: str
    exit: int
    retry: bool = False


@record
class FieldError:
    """One wrong field of a request."""

    field: str
    value: str
    message: str
    remedy: str


class NisError(Exception):
    """Any failure that a caller is told about.

    `field` and `value` name the part of the request at fault, where there is one; `retry_after` is in how many seconds
    it may be worth to try again, where that is known.
    """

    soonest: ClassVar[int | None] = None
    """Seconds until the next try, where the failure itself does not know them."""
    sent: Literal["no", "refused", "maybe"] = "maybe"
    """Of a call to a provider: whether it may have done what it bills for. `refused`: it answered that it did not."""
    dropped: bool = False
    """Of a call to a provider: whether its connection was closed at once, as one is that was kept for too long."""
    toolless: bool = False
    """Of a call to a route: whether a model of it is left that takes no tools, and may answer without."""
    too_long: bool = False
    """Of a call to a model: whether it takes no prompt as long as this, which another may."""

    def __init__(  # noqa: PLR0913 - each is a member of the problem document
        self,
        message: str,
        *,
        remedy: str = "",
        field: str | None = None,
        value: object = None,
        fields: Sequence[FieldError] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = _clipped(message, LONGEST_MESSAGE)
        self.remedy = remedy
        self.field = None if field is None else _clipped(field, LONGEST_FIELD)
        self.value = None if value is None else shorten(value)
        self.fields = tuple(fields)
        self.retry_after = self.soonest if retry_after is None else math.ceil(max(1.0, min(retry_after, LONGEST_WAIT)))

    @property
    def code(self) -> str:
        """The class's name as callers see it: `worker_lost`, `not_found`."""
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in type(self).__name__).lstrip("_")

    @property
    def codes(self) -> Codes:
        """The codes of this failure on each surface."""
        for kind in type(self).__mro__:
            if kind in CODES:
                return CODES[kind]
        return CODES[InternalError]

    def retold(self, words: Callable[[str], str]) -> Self:
        """This failure with its texts changed: for whoever is not to hear where things are."""
        self.message, self.remedy = words(self.message), words(self.remedy)
        self.args = (self.message,)
        self.value = None if self.value is None else words(self.value)
        self.fields = tuple(
            replace(one, value=words(one.value), message=words(one.message), remedy=words(one.remedy))
            for one in self.fields
        )
        return self

    def problem(self) -> dict[str, Any]:
        """The failure as an RFC 9457 problem document, without `instance`."""
        codes = self.codes
        document: dict[str, Any] = {  # Any: a problem document's members differ in type
            "type": f"urn:nis:error:{self.code}",
            "title": self.code.replace("_", " "),
            "status": codes.http,
            "detail": self.message,
            "code": self.code,
            "retryable": codes.retry,
        }
        if self.remedy:
            document["remedy"] = self.remedy
        if self.field is not None:
            document["field"] = self.field
        if self.value is not None:
            document["value"] = self.value
        if self.retry_after is not None:
            document["retry_after"] = self.retry_after
        if self.fields:
            document["errors"] = [vars(wrong) for wrong in self.fields]
        return document


class InvalidRequest(NisError):
    """A field or an argument is wrong."""


class Malformed(InvalidRequest):
    """The body is not what its media type says."""


class TooLarge(InvalidRequest):
    """A limit on size was crossed."""


class OutOfRange(InvalidRequest):
    """A part was asked for that is not there."""


class Unauthenticated(NisError):
    """No key, or a wrong one."""


class Forbidden(NisError):
    """The caller may not do this, or comes from a foreign page."""


class NotFound(NisError):
    """No such thing, or it is another owner's."""


class NotSupported(NisError):
    """This surface or model does not do that."""


class WrongMethod(NotSupported):
    """The path answers other methods."""


class NotAcceptable(NotSupported):
    """It is not answered in any media type that the caller accepts."""


class WrongMedia(NotSupported):
    """It is not read in the media type that was sent."""


class Conflict(NisError):
    """The state of the thing does not allow it."""


class Fenced(Conflict):
    """Another process holds the run now."""


class Waiting(Conflict):
    """The run waits for a person, who answers it by a command."""


class BudgetExceeded(NisError):
    """A cap on what may be spent would be crossed; nothing was."""


class Busy(NisError):
    """A queue is full."""

    soonest = 1


class DeadlineExceeded(NisError):
    """The time allowed is over."""


class Cancelled(NisError):
    """The caller asked it to stop."""


class Unavailable(NisError):
    """A model, driver, package or device is missing."""


class WorkerLost(NisError):
    """A worker process died under the call."""


class UpstreamFailed(NisError):
    """A provider answered wrongly or not at all."""


class InternalError(NisError):
    """A fault of ours; the log has the traceback under the same request id."""


# JSON-RPC: -32700 and -32600..-32603 are the protocol's, -32000..-32099 a server's own, -32001..-32009 of them A2A's.
CODES: Mapping[type[NisError], Codes] = {
    InvalidRequest: Codes(http=422, jsonrpc=-32602, a2a="INVALID_PARAMS", exit=2),
    Malformed: Codes(http=400, jsonrpc=-32700, a2a="PARSE_ERROR", exit=2),
    TooLarge: Codes(http=413, jsonrpc=-32602, a2a="INVALID_PARAMS", exit=2),
    OutOfRange: Codes(http=416, jsonrpc=-32602, a2a="INVALID_PARAMS", exit=2),
    Unauthenticated: Codes(http=401, jsonrpc=-32010, a2a="UNAUTHENTICATED", exit=77),
    Forbidden: Codes(http=403, jsonrpc=-32011, a2a="PERMISSION_DENIED", exit=77),
    NotFound: Codes(http=404, jsonrpc=-32001, a2a="TASK_NOT_FOUND", exit=4),
    NotSupported: Codes(http=400, jsonrpc=-32004, a2a="UNSUPPORTED_OPERATION", exit=2),
    WrongMethod: Codes(http=405, jsonrpc=-32601, a2a="UNSUPPORTED_OPERATION", exit=2),
    NotAcceptable: Codes(http=406, jsonrpc=-32004, a2a="UNSUPPORTED_OPERATION", exit=2),
    WrongMedia: Codes(http=415, jsonrpc=-32004, a2a="UNSUPPORTED_OPERATION", exit=2),
    Conflict: Codes(http=409, jsonrpc=-32012, a2a="FAILED_PRECONDITION", exit=5),
    Fenced: Codes(http=409, jsonrpc=-32012, a2a="FAILED_PRECONDITION", exit=5),
    Waiting: Codes(http=409, jsonrpc=-32012, a2a="FAILED_PRECONDITION", exit=5),
    BudgetExceeded: Codes(http=402, jsonrpc=-32019, a2a="RESOURCE_EXHAUSTED", exit=78),
    Busy: Codes(http=429, jsonrpc=-32013, a2a="RESOURCE_EXHAUSTED", exit=75, retry=True),
    DeadlineExceeded: Codes(http=504, jsonrpc=-32014, a2a="DEADLINE_EXCEEDED", exit=75, retry=True),
    Cancelled: Codes(http=409, jsonrpc=-32015, a2a="CANCELLED", exit=130),
    Unavailable: Codes(http=503, jsonrpc=-32016, a2a="UNAVAILABLE", exit=69, retry=True),
    WorkerLost: Codes(http=502, jsonrpc=-32017, a2a="ABORTED", exit=75, retry=True),
    UpstreamFailed: Codes(http=502, jsonrpc=-32018, a2a="ABORTED", exit=75, retry=True),
    InternalError: Codes(http=500, jsonrpc=-32603, a2a="INTERNAL", exit=70),
}


LONGEST_MESSAGE, LONGEST_FIELD = 2000, 200
"""Characters of what is said and of the field's path: both may quote a caller who sends megabytes."""


LONGEST_WAIT = 3600.0
"""Seconds: who is told to wait longer had better be told to go."""


def shorten(value: object, limit: int = 120) -> str:
    """A caller's value as an error may quote it: on one line, never longer than `limit`."""
    text = value if isinstance(value, str) else repr(_beginning(value, limit))
    # What is cut here would be cut below: only the beginning is looked at, however long the rest.
    return _clipped(" ".join(text[: 8 * limit].split()), limit)


def _clipped(text: str, limit: int) -> str:
    if not text.isascii():
        # Half of a character could be told to nobody, nor be written down.
        text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _beginning(value: Any, limit: int, depth: int = 3) -> Any:  # Any: JSON
    """As much of a JSON value as its first `limit` characters may show."""
    if isinstance(value, str):
        return value[:limit]
    if isinstance(value, list | dict) and not depth:
        return ...
    if isinstance(value, list):
        return [_beginning(one, limit, depth - 1) for one in cast("list[Any]", value)[: limit // 3]]
    if isinstance(value, dict):
        first = islice(cast("dict[Any, Any]", value).items(), limit // 3)
        return {_beginning(key, limit): _beginning(one, limit, depth - 1) for key, one in first}
    return value


def from_problem(problem: Mapping[str, Any]) -> NisError:
    """The failure that `problem` describes; an unknown code is an `InternalError`."""
    kinds = {_code(kind): kind for kind in CODES}
    kind = kinds.get(str(problem.get("code")), InternalError)
    return kind(
        str(problem.get("detail", "unknown failure")),
        remedy=str(problem.get("remedy", "")),
        field=problem.get("field"),
        value=problem.get("value"),
        fields=[FieldError(**wrong) for wrong in problem.get("errors", ())],
        retry_after=problem.get("retry_after"),
    )


def _code(kind: type[NisError]) -> str:
    return kind("").code
