"""The frames of the WebSocket binding, as JSON: names, parameters, errors. It needs no protocol package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

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

A2A_DOMAIN = "a2a-protocol.org"
OUR_DOMAIN = "nis-backend"

Id = str | int


class Refused(Exception):
    """A frame that gets a JSON-RPC error; the id is null where the frame has none to answer."""

    def __init__(  # noqa: PLR0913 - the members of one error object
        self,
        code: int,
        message: str,
        *,
        reason: str = "",
        domain: str = A2A_DOMAIN,
        metadata: Mapping[str, str] | None = None,
        fields: Sequence[tuple[str, str]] = (),
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
        self.error: Json = {"code": code, "message": message, "data": [info, bad] if violations else [info]}


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
    )


def describe(wrong: FieldError) -> str:
    """What is wrong with a field, with its value and what to do, on one line."""
    value = f" (given: {wrong.value})" if wrong.value else ""
    return f"{wrong.message}{value}. {wrong.remedy}"


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


Frame = Request | CancelStream | Refused | tuple[Id, Refused]


def read(text: str) -> Frame:
    """The frame, or the error to answer it with: alone when there is no id to answer, else with its id."""
    try:
        frame: object = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        return Refused(PARSE_ERROR, f"The frame is not JSON: {error}.")
    if isinstance(frame, list):
        return Refused(INVALID_REQUEST, "A frame holds one JSON-RPC object; send several frames instead of a batch.")
    if not isinstance(frame, dict):
        return Refused(INVALID_REQUEST, f"A frame holds one JSON-RPC object, not {shorten(frame)}.")
    return _read_object(cast("Json", frame))


def _read_object(frame: Json) -> Frame:
    method, params, request_id = frame.get("method"), frame.get("params", {}), frame.get("id")
    if method == "cancelStream" and "id" not in frame:
        wanted = cast("Json", params).get("id") if isinstance(params, dict) else None
        return (
            CancelStream(id=wanted)
            if is_id(wanted)
            else invalid_request("params.id", wanted, "the id of a request of yours")
        )
    if not is_id(request_id):
        return invalid_request("id", request_id, "a string or a whole number: answers are matched by it")
    if frame.get("jsonrpc") != "2.0":
        return request_id, invalid_request("jsonrpc", frame.get("jsonrpc"), 'exactly "2.0"')
    if not isinstance(method, str) or not method:
        return request_id, invalid_request("method", method, "a method's name")
    if not isinstance(params, dict):
        return request_id, invalid_params("params", f"{shorten(params)} is not an object of named parameters.")
    given = frame.get(SERVICE_PARAMETERS, {})
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in cast("Json", given).values()):
        return request_id, invalid_request(SERVICE_PARAMETERS, given, "an object of strings")
    parameters = {name.lower(): str(value) for name, value in cast("Json", given).items()}
    return Request(id=request_id, method=method, params=cast("Json", params), parameters=parameters)


def is_id(value: object) -> bool:
    """Whether JSON-RPC lets an answer carry it: text, or a whole number."""
    return isinstance(value, str | int) and not isinstance(value, bool)


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


def error(request_id: Id | None, refusal: Refused) -> Json:
    """An error, which is also the end of a stream it meets."""
    return {"jsonrpc": "2.0", "id": request_id, "error": refusal.error}


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
