"""An answer over HTTP: one JSON object, or server-sent events; and failures as each of the two bindings words them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Protocol

from starlette.responses import Response

from nis_backend.errors import NisError, NotFound
from nis_backend.surfaces.a2a import wire
from nis_backend.surfaces.guard import Told
from nis_backend.surfaces.streamed import Streamed
from nis_backend.surfaces.waiting import settled

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping

    from starlette.requests import Request

    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process

JSON = "application/json"


class Binding(Protocol):
    """How one binding writes a frame of `Rpc`."""

    @property
    def media_type(self) -> str:
        """Of a body."""
        ...

    def written(self, frame: Json, http: int | None = None) -> tuple[int, Json]:
        """The status and the body, which is an event's data in a stream; `http` is an error's own status."""
        ...


class JsonRpc:
    """Frames as they are: who reads JSON-RPC looks for the error in the body."""

    media_type = JSON

    def written(self, frame: Json, http: int | None = None) -> tuple[int, Json]:
        """The frame without what the socket says beside it: here headers and the events' ids do."""
        told = {name: value for name, value in frame.items() if name not in {"seq", wire.SERVICE_PARAMETERS}}
        return http or 200, told


class HttpJson:
    """The result alone, or the error as AIP-193 has it (specification, 11.6)."""

    def __init__(self, media_type: str) -> None:
        self.media_type = media_type

    def written(self, frame: Json, http: int | None = None) -> tuple[int, Json]:
        """The result with 200, or the error with its status."""
        if "error" not in frame:
            return 200, frame["result"] or {}
        error = frame["error"]
        status, name = wire.status_of(error["code"])
        told = {"code": http or status, "status": name, "message": error["message"], "details": error["data"]}
        return http or status, {"error": told}


class Events:
    """A stream of frames as server-sent events; see `streamed.Words`. An event's id is its number in the log."""

    pause = b": still here\n\n"
    end = b""

    def __init__(self, binding: Binding, request_id: wire.Id) -> None:
        self._binding = binding
        self._id = request_id

    def of(self, part: Json) -> Iterator[bytes]:
        """One event; the socket's notice of the end is the end of the body here."""
        if "method" in part:
            return
        head = "event: error\n" if "error" in part else f"id: {part['seq']}\n" if "seq" in part else ""
        yield f"{head}data: {_text(self._binding.written(part)[1])}\n\n".encode()

    def failed(self, error: NisError) -> bytes:
        """The error that ends it."""
        return b"".join(self.of(wire.error(wire.refused(error), self._id)))


async def answered(  # noqa: PLR0913, PLR0917 - what came, and how it is answered
    process: Process,
    request: Request,
    call: wire.Request,
    frames: AsyncGenerator[Json],
    binding: Binding,
    headers: Mapping[str, str],
) -> Response:
    """The one frame as a body, or a stream of them; what fails before the first is a body in either case.

    Raises:
        Cancelled: the caller has left; what it began goes on.
        Unavailable: the server is stopping.
    """
    streams = call.method in wire.STREAMING
    first = asyncio.ensure_future(anext(frames))
    there = await settled(process, request, first, process.settings.quiet_seconds if streams else None)
    if not streams or (there and "error" in first.result()):
        await frames.aclose()
        return whole(first.result(), binding, headers)
    streamed = Streamed(process, first, frames, Events(binding, call.id))
    streamed.headers.update(headers)
    return streamed


def whole(frame: Json, binding: Binding, headers: Mapping[str, str] | None = None, http: int | None = None) -> Response:
    """A frame as a whole answer."""
    status, body = binding.written(frame, http)
    kept = {"cache-control": "no-store", **(headers or {})}
    return Response(_text(body), status, kept, media_type=binding.media_type)


def refused(refusal: wire.Refused, binding: Binding) -> Response:
    """What is refused before it is a call."""
    return whole(wire.error(refusal), binding, http=refusal.http)


def tell_rpc(error: NisError, _scope: Mapping[str, Any]) -> Told:
    """For the guard: a failure before there was a call, with a status for who reads only that."""
    return _tell(error, JsonRpc())


def tell_rest(error: NisError, _scope: Mapping[str, Any]) -> Told:
    """For the guard: the same of HTTP+JSON."""
    return _tell(error, HttpJson(JSON))


def _tell(error: NisError, binding: Binding) -> Told:
    refusal = wire.refused(error)
    if isinstance(error, NotFound):
        # Of the path: what is said of a task is said in an answer.
        refusal = wire.Refused(wire.METHOD_NOT_FOUND, f"{error.message} {error.remedy}".strip())
    status, document = binding.written(wire.error(refusal), error.codes.http)
    return Told(status=status, document=document)


def _text(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
