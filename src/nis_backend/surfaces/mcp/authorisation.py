"""What a client reads that has no key yet: how this resource is protected (RFC 9728)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from nis_backend.surfaces.guard import Told, as_problem, not_found
from nis_backend.surfaces.login import wants_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from nis_backend.errors import NisError
    from nis_backend.settings import Settings
    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.guard import Tell

METADATA = "/.well-known/oauth-protected-resource"
PROTECTED = "/mcp"


def routes(process: Process) -> list[Route]:
    """The document at the root and at the resource's own path; there is none where no key is wanted."""

    class Metadata:
        """The application of both."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            """One request."""
            if not wants_key(process.settings):
                await not_found(scope, receive, send)
                return
            told = document(process.settings, _base(process.settings, scope))
            response = JSONResponse(told, headers={"cache-control": "max-age=3600", "access-control-allow-origin": "*"})
            await response(scope, receive, send)

    return [Route(path, Metadata(), methods=["GET"]) for path in (METADATA, f"{METADATA}{PROTECTED}")]


def document(settings: Settings, base: str) -> dict[str, Any]:  # Any: JSON
    """What is true of this server: it takes its own keys as bearer tokens; others only where they are set."""
    servers = [one.strip() for one in settings.oauth_servers.split(",") if one.strip()]
    return {
        "resource": f"{base}{PROTECTED}",
        "resource_name": "nis",
        "bearer_methods_supported": ["header"],
        **({"authorization_servers": servers} if servers else {}),
    }


def tell(settings: Settings) -> Tell:
    """Failures of the path as everywhere, and with a 401 where the document is."""

    def with_metadata(error: NisError, scope: Mapping[str, Any]) -> Told:
        told = as_problem(error, scope)
        address = f"{_base(settings, scope)}{METADATA}{PROTECTED}"
        return replace(told, challenge=f'resource_metadata="{address}"')

    return with_metadata


def _base(settings: Settings, scope: Mapping[str, Any]) -> str:
    """This server's address, as its clients have it."""
    return (settings.public_url or str(Request(dict(scope)).base_url)).rstrip("/")
