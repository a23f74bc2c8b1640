"""Anthropic's messages as they pass to providers that speak them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from nis_backend.surfaces.anthropic import messages
from nis_backend.surfaces.anthropic.events import Events
from nis_backend.surfaces.anthropic.request import version_of
from nis_backend.surfaces.anthropic.thoughts import unsealed
from nis_backend.surfaces.openai.body import json_object
from nis_backend.surfaces.passed import Dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from nis_backend.drivers.gateway.base import Inbound
    from nis_backend.drivers.gateway.route import Route
    from nis_backend.errors import NisError
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process

PASSED = (b"anthropic-version", b"anthropic-beta")


class Messages(Dialect):
    """Messages."""

    kind = "messages"
    pause = Events.pause

    @override
    def operation(self, *, streamed: bool) -> str:
        return "models.stream_chat" if streamed else "models.complete_chat"

    @override
    def read(self, body: bytes) -> Json:
        return json_object(body)

    @override
    def going(self, inbound: Inbound, route: Route) -> Inbound:
        # The name that was asked says nothing of who answers; of several who may, none has its thoughts back.
        providers = {target.provider for target in route.targets}
        asked, body = unsealed(inbound.body, inbound.asked, providers.pop() if len(providers) == 1 else None)
        return replace(inbound, asked=asked, body=body)

    @override
    def end_user(self, asked: Json) -> str:
        given: Any = asked.get("metadata")  # Any: JSON
        return str(cast("Json", given).get("user_id") or "") if isinstance(given, dict) else ""

    @override
    def headers(self, headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
        found = {name.decode(): value.decode("latin-1") for name, value in headers if name in PASSED}
        if PASSED[0].decode() not in found:
            # A version that is not known here is the provider's to know.
            version_of({})
        return found

    @override
    def failed(self, error: NisError, scope: Scope) -> bytes:
        return Events(str(scope["state"]["request_id"])).failed(error)

    @override
    async def otherwise(self, process: Process, request: Request) -> Response:
        return await messages.answer(process, request)
