"""The frames of the WebSocket binding, as JSON: names, parameters, errors. It needs no protocol package."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.errors import CODES, NisError, shorten
from nis_backend.record import record

if TYPE_CHECKING:
    from nis_backend.errors import FieldError
    from nis_backend.operation import Json

BINDING = "urn:nis:a2a-websocket:v1"
REPLAY = "urn:nis:a2a-replay:v1"
"""Our extension: `seq` beside each streamed result, `lastSeq` in SubscribeToTask."""
A2UI = "https://a2ui.org/a2a-extension/a2ui/v0.9"
A2UI_MEDIA_TYPE = "application/json+a2ui"
"""What v0.9 calls its data parts; `application/a2ui+json` came with v0.9.1 and is accepted."""
SUBPROTOCOL = "a2a.v1"

VERSION, OLDER = "1.0", "0.3"
SERVICE_PARAMETERS = "a2a-service-parameters"
VERSION_PARAMETER = "a2a-version"
EXTENSIONS_PARAMETER = "a2a-extensions"
LEGACY_EXTENSIONS = "x-a2a-extensions"
"""The header of 0.3."""
STREAMING = ("SendStreamingMessage", "SubscribeToTask", "message/stream", "tasks/resubscribe")
SUBSCRIBING = ("SubscribeToTask", "tasks/resubscribe")
PARAMETERS = (VERSION_PARAMETER, EXTENSIONS_PARAMETER)

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
CONTENT_TYPE_NOT_SUPPORTED, VERSION_NOT_SUPPORTED = -32005, -32009
REASONS = {
    PARSE_ERROR: "PARSE_ERROR",
    INVALID_REQUEST: "INVALID_REQUEST",
    METHOD_NOT_FOUND: "METHOD_NOT_FOUND",
    INVALID_PARAMS: "INVALID_PARAMS",
    INTERNAL_ERROR: "INTERNAL_ERROR",
    CONTENT_TYPE_NOT_SUPPORTED: "CONTENT_TYPE_NOT_SUPPORTED",
    VERSION_NOT_SUPPORTED: "VERSION_NOT_SUPPORTED",
}

Id = str | int | None
"""Of a call; None over HTTP alone, where an answer needs no number to be known by."""

A2A_DOMAIN = "a2a-protocol.org"
OUR_DOMAIN = "nis-backend"


class Refused(Exception):
    """A frame that gets a JSON-RPC error; its id is null where the frame has none to answer."""

    id: Id = None
    http: int | None = None
    """Its status over HTTP, where it is another than that of its code."""

    def __init__(  # noqa: PLR0913 - the members of one error object
        self,
        code: int,
        message: str,
        *,
        reason: str = "",
        domain: str = A2A_DOMAIN,
        metadata: Mapping[str, str] | None = None,
        fields: Sequence[tuple[str, str]] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        info: Json = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason or REASONS[code],
            "domain": domain,
            "metadata": dict(metadata or {}),
        }
        violations = [{"field": field, "description": description} for field, description in fields]
        bad: Json = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}
        data = [info, bad] if violations else [info]
        if retry_after is not None:
            data.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after}s"})
        self.error: Json = {"code": code, "message": message, "data": data}


def refused(error: NisError) -> Refused:
    """A failure of ours that the protocol has no error of its own for."""
    metadata = {"remedy": error.remedy, "field": error.field or "", "value": error.value or ""}
    return Refused(
        error.codes.jsonrpc,
        error.message,
        reason=error.codes.a2a,
        domain=OUR_DOMAIN,
        metadata={
            **{name: text for name, text in metadata.items() if text},
            "retryable": str(error.codes.retry).lower(),
        },
        fields=[(wrong.field, describe(wrong)) for wrong in error.fields],
        retry_after=error.retry_after,
    )


STATUSES: Mapping[int, tuple[int, str]] = {
    **{codes.jsonrpc: (codes.http, "FAILED_PRECONDITION") for codes in CODES.values()},
    PARSE_ERROR: (400, "INVALID_ARGUMENT"),
    INVALID_REQUEST: (400, "INVALID_ARGUMENT"),
    INVALID_PARAMS: (400, "INVALID_ARGUMENT"),
    METHOD_NOT_FOUND: (404, "NOT_FOUND"),
    INTERNAL_ERROR: (500, "INTERNAL"),
    -32001: (404, "NOT_FOUND"),
    CONTENT_TYPE_NOT_SUPPORTED: (400, "INVALID_ARGUMENT"),
    -32006: (500, "INTERNAL"),
}
"""By code: the status over HTTP, and its name in google.rpc.Code (specification, 5.4)."""
NAMES = {
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    429: "RESOURCE_EXHAUSTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""The same of failures of ours that the protocol has no error for."""


def status_of(code: int) -> tuple[int, str]:
    """The status over HTTP of an error's code, and its name; one of the protocol's that is not named is 400."""
    http, name = STATUSES.get(code, (400, "FAILED_PRECONDITION"))
    return http, NAMES.get(http, name)


def describe(wrong: FieldError) -> str:
    """What is wrong with a field, with its value and what to do, on one line."""
    value = f" (given: {wrong.value})" if wrong.value else ""
    return f"{wrong.message}{value}. {wrong.remedy}"


EXACT = 2**53
"""Beyond it a float is not one whole number."""


@record
class Request:
    """One call."""

    id: Id
    method: str
    params: Json
    parameters: Mapping[str, str]
    """The service parameters that the frame itself carries, by lowercase name."""


@record
class CancelStream:
    """The client wants no more of the stream of this request; the task goes on."""

    id: Id


MOST_VALUES = 20_000
"""Values in a frame: far more than a message or a call has."""


def object_of(text: str | bytes) -> Json:
    """The JSON object; an empty body holds nothing.

    Raises:
        Refused: it is none, or holds too much.
    """
    if not text:
        return {}
    try:
        frame: object = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise Refused(PARSE_ERROR, f"The request is not JSON: {error}.") from None
    if isinstance(frame, list):
        raise Refused(INVALID_REQUEST, "A request is one JSON object; send several requests instead of a batch.")
    if not isinstance(frame, dict):
        raise Refused(INVALID_REQUEST, f"A request is one JSON object, not {shorten(frame)}.")
    given = cast("Json", frame)
    if _has_many(given):
        raise Refused(INVALID_REQUEST, f"The request holds more than {MOST_VALUES} values.")
    return given


def call_of(body: bytes, last_event: str | None = None) -> Request:
    """The call in a request's body; see `made`.

    Raises:
        Refused: as `read`; a notification has no answer to send.
    """
    if not body:
        raise Refused(PARSE_ERROR, "The request has no body; it must be one JSON-RPC object.")
    frame = read(body, numbered=False)
    if isinstance(frame, CancelStream):
        raise invalid_request("method", "cancelStream", "that of a call: close the connection to end its stream")
    return replace(frame, params=_after(frame.method, frame.params, last_event))


def made(method: str, params: Json, last_event: str | None = None) -> Request:
    """A call that a path names; a client that reconnects says which event it has seen last."""
    _check_finite(params)
    return Request(id=None, method=method, params=_after(method, params, last_event), parameters={})


def _after(method: str, params: Json, last_event: str | None) -> Json:
    seen = last_event if method in SUBSCRIBING and "lastSeq" not in params else None
    return {**params, "lastSeq": int(seen)} if seen and seen.isascii() and seen.isdecimal() else params


def read(text: str | bytes, *, numbered: bool = True) -> Request | CancelStream:
    """The frame; unless it is `numbered`, it may have no id.

    Raises:
        Refused: it is not JSON, or not a call; with the id to answer, where it has one.
    """
    given = object_of(text)
    if given.get("method") == "cancelStream" and "id" not in given:
        return CancelStream(id=_id("params.id", _object("params", given.get("params", {})).get("id")))
    request_id = _id("id", given.get("id")) if numbered or given.get("id") is not None else None
    try:
        return _request(request_id, given)
    except Refused as refusal:
        refusal.id = request_id
        raise


def _has_many(frame: Json) -> bool:
    """Whether there are more values in it than are read: the package takes seconds for 100,000, and all else waits."""
    count, within = 0, [cast("object", frame)]
    while within and count <= MOST_VALUES:
        value = within.pop()
        held: Collection[object] = ()
        if isinstance(value, dict):
            held = cast("Json", value).values()
        elif isinstance(value, list):
            held = cast("list[object]", value)
        count += len(held)
        within += islice(held, MOST_VALUES)
    return count > MOST_VALUES


def _request(request_id: Id, frame: Json) -> Request:
    if frame.get("jsonrpc") != "2.0":
        raise invalid_request("jsonrpc", frame.get("jsonrpc"), 'exactly "2.0"')
    method = frame.get("method")
    if not isinstance(method, str) or not method:
        raise invalid_request("method", method, "a method's name")
    params = frame.get("params", {})
    if not isinstance(params, dict):
        raise invalid_params("params", f"{shorten(params)} is not an object of named parameters.")
    _check_finite(cast("Json", params))
    given = _object(SERVICE_PARAMETERS, frame.get(SERVICE_PARAMETERS, {}))
    if not all(isinstance(value, str) for value in given.values()):
        raise invalid_request(SERVICE_PARAMETERS, given, "an object of strings")
    parameters = {name.lower(): str(value) for name, value in given.items()}
    return Request(id=request_id, method=method, params=cast("Json", params), parameters=parameters)


def _id(field: str, value: object) -> str | int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise invalid_request(field, value, "a string or a whole number: answers are matched by it")
    return value


def _object(field: str, value: object) -> Json:
    if not isinstance(value, dict):
        raise invalid_request(field, value, "an object")
    return cast("Json", value)


def _check_finite(params: Json) -> None:
    if not _is_finite(params):
        raise invalid_params("params", "A number in it is beyond the range of numbers.")


def _is_finite(value: object) -> bool:
    """Whether no number has overflowed to infinity, as 1e999 does."""
    if isinstance(value, dict):
        return all(_is_finite(one) for one in cast("Json", value).values())
    if isinstance(value, list):
        return all(_is_finite(one) for one in cast("list[object]", value))
    return not isinstance(value, float) or isfinite(value)


def whole(value: object) -> Any:  # Any: JSON
    """JSON with its whole numbers whole again: protobuf holds every number of a data part as a float."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    if isinstance(value, list):
        return [whole(one) for one in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: whole(one) for name, one in cast("Json", value).items()}
    return value


def invalid_request(field: str, value: object, wanted: str) -> Refused:
    """A member of the frame is wrong."""
    return Refused(
        INVALID_REQUEST,
        f"{field} is {shorten(value)} and must be {wanted}.",
        metadata={"field": field, "value": shorten(value)},
        fields=[(field, f"Must be {wanted}.")],
    )


def invalid_params(field: str, description: str) -> Refused:
    """A parameter is wrong."""
    return Refused(INVALID_PARAMS, f"{field}: {description}", metadata={"field": field}, fields=[(field, description)])


def unknown_method(method: str) -> Refused:
    """Nothing is called that."""
    return Refused(METHOD_NOT_FOUND, f"There is no method {shorten(method)!r}.", metadata={"method": method[:64]})


def response(request_id: Id, result: Any, seq: int | None = None, activated: Iterable[str] = ()) -> Json:  # Any: JSON
    """An answer; `seq` is the event's number where it is one of a stream, `activated` the extensions in use."""
    frame: Json = {"jsonrpc": "2.0", "id": request_id, "result": result}
    if seq is not None:
        frame["seq"] = seq
    if activated:
        frame[SERVICE_PARAMETERS] = {"A2A-Extensions": ",".join(sorted(activated))}
    return frame


def error(refusal: Refused, request_id: Id = None) -> Json:
    """An error, which is also the end of a stream it meets."""
    return {"jsonrpc": "2.0", "id": request_id if refusal.id is None else refusal.id, "error": refusal.error}


def stream_end(request_id: Id) -> Json:
    """The notification that a stream is over; no frame with this id follows."""
    return {"jsonrpc": "2.0", "method": "streamEnd", "params": {"id": request_id}}


def version_of(parameters: Mapping[str, str], spoken: Sequence[str], absent: str) -> str:
    """The version that a request speaks.

    Raises:
        Refused: it is none of those that are spoken there.
    """
    wanted = parameters.get(VERSION_PARAMETER, "").strip()
    # The patch number of a version plays no part (specification, 3.6).
    version = ".".join(wanted.split(".")[:2]) if wanted else absent
    if version not in spoken:
        said = f"A2A {shorten(wanted)} is" if wanted else f"No A2A-Version was sent, which means {absent}, and that is"
        raise Refused(
            VERSION_NOT_SUPPORTED,
            f"{said} not spoken here: send A2A-Version: {spoken[0]}.",
            metadata={"requested": shorten(version), "supported": ", ".join(spoken)},
        )
    return version


def extensions(parameters: Mapping[str, str]) -> set[str]:
    """The extensions asked for that this server has."""
    asked = {one.strip() for one in parameters.get(EXTENSIONS_PARAMETER, "").split(",")}
    return asked & {A2UI, REPLAY}
