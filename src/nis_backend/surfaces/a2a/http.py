"""JSON-RPC over HTTP: one call a POST, whose stream comes as server-sent events.

The header `A2A-Version`, or a query parameter of that name, says which version is spoken; absent or empty it is 0.3
(specification, 3.6.2). A stream's events have their number in the log as id: `Last-Event-ID` with `SubscribeToTask`
goes on after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import shorten
from nis_backend.surfaces.a2a import told, wire
from nis_backend.surfaces.a2a.agents import everybodys, named

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response

    from nis_backend.surfaces.a2a.loading import Loaded
    from nis_backend.surfaces.base import Process

BINDING = told.JsonRpc()


class Endpoint:
    """Answers a POST."""

    def __init__(self, process: Process, loaded: Loaded) -> None:
        self._process = process
        self._loaded = loaded

    async def answer(self, request: Request) -> Response:
        """One call."""
        parameters = parameters_of(request)
        try:
            check_media(request)
            version = wire.version_of(parameters, (wire.VERSION, wire.OLDER), absent=wire.OLDER)
            call = wire.call_of(await request.body(), request.headers.get("last-event-id"))
        except wire.Refused as refusal:
            return told.refused(refusal, BINDING)
        agent = request.path_params.get("agent", "")
        caller, base = request.scope["state"]["caller"], base_of(self._process, request)
        if everybodys(agent) is None:
            await named(agent, self._process.context(caller))
        answering = await (self._loaded.older() if version == wire.OLDER else self._loaded.rpc())
        frames = answering.answer(call, caller, {**parameters, **call.parameters}, base, agent)
        headers = headers_of(version, parameters)
        return await told.answered(self._process, request, call, frames, BINDING, headers)


def base_of(process: Process, request: HTTPConnection) -> str:
    """This server's address as its callers know it."""
    return process.settings.public_url or str(request.base_url)


def parameters_of(request: Request) -> dict[str, str]:
    """The service parameters that the request's headers carry, by lowercase name."""
    given = {name: ",".join(request.headers.getlist(name)) for name in wire.PARAMETERS}
    legacy = request.headers.getlist(wire.LEGACY_EXTENSIONS)
    return {
        wire.VERSION_PARAMETER: given[wire.VERSION_PARAMETER] or request.query_params.get("A2A-Version", ""),
        wire.EXTENSIONS_PARAMETER: ",".join([given[wire.EXTENSIONS_PARAMETER], *legacy]).strip(","),
    }


def headers_of(version: str, parameters: dict[str, str]) -> dict[str, str]:
    """What an answer says of the version spoken and of the extensions in use."""
    activated = ",".join(sorted(wire.extensions(parameters)))
    name = wire.LEGACY_EXTENSIONS if version == wire.OLDER else wire.EXTENSIONS_PARAMETER
    return {wire.VERSION_PARAMETER: version, **({name: activated} if activated else {})}


def check_media(request: Request) -> None:
    """Refuse a body that is called something else than JSON.

    Raises:
        Refused: naming its media type.
    """
    media = request.headers.get("content-type", told.JSON).partition(";")[0].strip().lower()
    if media == told.JSON or (media.startswith("application/") and media.endswith("+json")):
        return
    refusal = wire.Refused(
        wire.CONTENT_TYPE_NOT_SUPPORTED,
        f"The body is called {shorten(media)!r} and must be {told.JSON}.",
        metadata={"field": "Content-Type", "value": shorten(media)},
    )
    refusal.http = 415
    raise refusal
