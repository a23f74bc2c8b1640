"""What answers below `/v1`. Light: what reads and words its objects is imported with the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from nis_backend.surfaces.openai import problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.surfaces.base import Process

PREFIX = "/v1"
TELLS = {PREFIX: problem.tell}
"""For the guard: how failures are worded here."""


def routes(process: Process) -> list[Route]:
    """The models, chat completions and embeddings."""

    def listing_for(request: Request) -> Any:  # Any: one of two modules
        """The list in the caller's dialect: Anthropic's clients ask the same path, and say so."""
        if "anthropic-version" in request.headers:
            from nis_backend.surfaces.anthropic import listing  # noqa: PLC0415 - see above
        else:
            from nis_backend.surfaces.openai import listing  # noqa: PLC0415 - see above
        return listing

    async def models(request: Request) -> Response:
        return await listing_for(request).models(process, request)

    async def model(request: Request) -> Response:
        return await listing_for(request).model(process, request)

    async def chat(request: Request) -> Response:
        from nis_backend.surfaces.openai import chat  # noqa: PLC0415 - see above

        return await chat.answer(process, request)

    async def embeddings(request: Request) -> Response:
        from nis_backend.surfaces.openai import embeddings  # noqa: PLC0415 - see above

        return await embeddings.answer(process, request)

    return [
        Route(f"{PREFIX}/models", models, methods=["GET"]),
        # A path: vendors' names have slashes, and clients write them as they are.
        Route(f"{PREFIX}/models/{{id:path}}", model, methods=["GET"]),
        Route(f"{PREFIX}/chat/completions", chat, methods=["POST"]),
        Route(f"{PREFIX}/embeddings", embeddings, methods=["POST"]),
    ]
