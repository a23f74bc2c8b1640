"""HTTP+JSON: each operation has a method and a path, its parameters in the path, the query and the body.

A client is answered in the media type that it names itself: `application/a2a+json`, which the specification prefers,
to who sends or accepts it, and `application/json` to everyone else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Mount, Route, Router

from nis_backend.surfaces.a2a import told, wire
from nis_backend.surfaces.a2a.http import base_of, check_media, headers_of, parameters_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.operation import Json
    from nis_backend.surfaces.a2a.loading import Loaded
    from nis_backend.surfaces.base import Process

PATH = "/a2a/rest"
MEDIA_TYPE = "application/a2a+json"

TASK, CONFIGS = "/tasks/{id}", "/tasks/{taskId}/pushNotificationConfigs"
OPERATIONS = (
    ("POST", "/message:send", "SendMessage"),
    ("POST", "/message:stream", "SendStreamingMessage"),
    ("GET", "/tasks", "ListTasks"),
    ("POST", f"{TASK}:cancel", "CancelTask"),
    ("GET", f"{TASK}:subscribe", "SubscribeToTask"),
    ("POST", f"{TASK}:subscribe", "SubscribeToTask"),
    ("GET", TASK, "GetTask"),
    ("POST", CONFIGS, "CreateTaskPushNotificationConfig"),
    ("GET", CONFIGS, "ListTaskPushNotificationConfigs"),
    ("GET", f"{CONFIGS}/{{id}}", "GetTaskPushNotificationConfig"),
    ("DELETE", f"{CONFIGS}/{{id}}", "DeleteTaskPushNotificationConfig"),
    ("GET", "/extendedAgentCard", "GetExtendedAgentCard"),
)
"""The specification's table (5.3); what is longer stands before what would match it too."""
FLAGS = {"true": True, "false": False}
"""How a query says what is true or false."""


def routes(process: Process, loaded: Loaded) -> Mount:
    """The operations, and each of them under a tenant's name: a mount of its own, because that name may be any."""
    endpoint = Endpoint(process, loaded)
    own = [Route(path, endpoint.of(name), methods=[method]) for method, path, name in OPERATIONS]
    tenants = Mount("/{tenant}", Router(own, redirect_slashes=False))
    return Mount(PATH, Router([*own, tenants], redirect_slashes=False))


class Endpoint:
    """Answers the operations."""

    def __init__(self, process: Process, loaded: Loaded) -> None:
        self._process = process
        self._loaded = loaded

    def of(self, method: str) -> Callable[[Request], Awaitable[Response]]:
        """What answers one of them."""

        async def answer(request: Request) -> Response:
            binding = told.HttpJson(_media_of(request))
            parameters = parameters_of(request)
            try:
                check_media(request)
                wire.version_of(parameters, (wire.VERSION,), absent=wire.OLDER)
                call = wire.made(method, await _params(request), request.headers.get("last-event-id"))
            except wire.Refused as refusal:
                return told.refused(refusal, binding)
            caller, base = request.scope["state"]["caller"], base_of(self._process, request)
            frames = (await self._loaded.rpc()).answer(call, caller, parameters, base)
            headers = headers_of(wire.VERSION, parameters)
            return await told.answered(self._process, request, call, frames, binding, headers)

        return answer


def _media_of(request: Request) -> str:
    named = f"{request.headers.get('content-type', '')},{request.headers.get('accept', '')}".lower()
    return MEDIA_TYPE if MEDIA_TYPE in named else told.JSON


async def _params(request: Request) -> Json:
    """The parameters; what the path says holds over what the body says."""
    query = {name: value for name, value in request.query_params.items() if name != "A2A-Version"}
    if "includeArtifacts" in query:
        query = {**query, "includeArtifacts": FLAGS.get(query["includeArtifacts"], query["includeArtifacts"])}
    body = wire.object_of(await request.body())
    return {**query, **body, **request.path_params}
