"""The frames of the WebSocket binding, as JSON: names, parameters, errors. It needs no protocol package."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.errors import NisError, shorten

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

VERSION = "1.0"
SERVICE_PARAMETERS = "a2a-service-parameters"
VERSION_PARAMETER = "a2a-version"
EXTENSIONS_PARAMETER = "a2a-extensions"
STREAMING = ("SendStreamingMessage", "SubscribeToTask")
PARAMETERS = (VERSION_PARAMETER, EXTENSIONS_PARAMETER)

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
VERSION_NOT_SUPPORTED = -32009
REASONS = {
    PARSE_ERROR: "PARSE_ERROR",
    INVALID_REQUEST: "INVALID_REQUEST",
    METHOD_NOT_FOUND: "METHOD_NOT_FOUND",
    INVALID_PARAMS: "INVALID_PARAMS",
    INTERNAL_ERROR: "INTERNAL_ERROR",
    VERSION_NOT_SUPPORTED: "VERSION_NOT_SUPPORTED",
}

Id = str | int

A2A_DOMAIN = "a2a-protocol.org"
OUR_DOMAIN = "nis-backend"


class Refused(Exception):
    """A frame that gets a JSON-RPC error; its id is null where the frame has none to answer."""

    id: Id | None = None

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


def describe(wrong: FieldError) -> str:
    """What is wrong with a field, with its value and what to do, on one line."""
    value = f" (given: {wrong.value})" if wrong.value else ""
    return f"{wrong.message}{value}. {wrong.remedy}"


EXACT = 2**53
"""Beyond it a float is not one whole number."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call."""

    id: Id
    method: str
    params: Json
    parameters: Mapping[str, str]
    """The service parameters that the frame itself carries, by lowercase name."""


@dataclass(frozen=True, kw_only=True)
class CancelStream:
    """The client wants no more of the stream of this request; the task goes on."""

    id: Id


MOST_VALUES = 20_000
"""Values in a frame: far more than a message or a call has."""


def read(text: str) -> Request | CancelStream:
    """The frame.

    Raises:
        Refused: it is not JSON, or not a call; with the id to answer, where it has one.
    """
    try:
        frame: object = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise Refused(PARSE_ERROR, f"The frame is not JSON: {error}.") from None
    if isinstance(frame, list):
        raise Refused(INVALID_REQUEST, "A frame holds one JSON-RPC object; send several frames instead of a batch.")
    if not isinstance(frame, dict):
        raise Refused(INVALID_REQUEST, f"A frame holds one JSON-RPC object, not {shorten(frame)}.")
    given = cast("Json", frame)
    if _has_many(given):
        raise Refused(INVALID_REQUEST, f"The frame holds more than {MOST_VALUES} values.")
    if given.get("method") == "cancelStream" and "id" not in given:
        return CancelStream(id=_id("params.id", _object("params", given.get("params", {})).get("id")))
    request_id = _id("id", given.get("id"))
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
    if not _is_finite(cast("Json", params)):
        raise invalid_params("params", "A number in it is beyond the range of numbers.")
    given = _object(SERVICE_PARAMETERS, frame.get(SERVICE_PARAMETERS, {}))
    if not all(isinstance(value, str) for value in given.values()):
        raise invalid_request(SERVICE_PARAMETERS, given, "an object of strings")
    parameters = {name.lower(): str(value) for name, value in given.items()}
    return Request(id=request_id, method=method, params=cast("Json", params), parameters=parameters)


def _id(field: str, value: object) -> Id:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise invalid_request(field, value, "a string or a whole number: answers are matched by it")
    return value


def _object(field: str, value: object) -> Json:
    if not isinstance(value, dict):
        raise invalid_request(field, value, "an object")
    return cast("Json", value)


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


def response(request_id: Id, result: Json, seq: int | None = None, activated: Iterable[str] = ()) -> Json:
    """An answer; `seq` is the event's number where it is one of a stream, `activated` the extensions in use."""
    frame: Json = {"jsonrpc": "2.0", "id": request_id, "result": result}
    if seq is not None:
        frame["seq"] = seq
    if activated:
        frame[SERVICE_PARAMETERS] = {"A2A-Extensions": ",".join(sorted(activated))}
    return frame


def error(refusal: Refused, request_id: Id | None = None) -> Json:
    """An error, which is also the end of a stream it meets."""
    return {"jsonrpc": "2.0", "id": request_id if refusal.id is None else refusal.id, "error": refusal.error}


def stream_end(request_id: Id) -> Json:
    """The notification that a stream is over; no frame with this id follows."""
    return {"jsonrpc": "2.0", "method": "streamEnd", "params": {"id": request_id}}


def check_version(parameters: Mapping[str, str]) -> None:
    """Refuse another protocol than 1.0; on this socket, which no 0.3 client knows, an absent version means 1.0.

    Raises:
        Refused: naming the version that is spoken.
    """
    wanted = parameters.get(VERSION_PARAMETER, "").strip()
    # The patch number of a version plays no part (specification, 3.6).
    if wanted and wanted.split(".")[:2] != VERSION.split("."):
        raise Refused(
            VERSION_NOT_SUPPORTED,
            f"A2A {shorten(wanted)} is not spoken here; this socket speaks {VERSION}.",
            metadata={"requested": shorten(wanted), "supported": VERSION},
        )


def extensions(parameters: Mapping[str, str]) -> set[str]:
    """The extensions asked for that this server has."""
    asked = {one.strip() for one in parameters.get(EXTENSIONS_PARAMETER, "").split(",")}
    return asked & {A2UI, REPLAY}
