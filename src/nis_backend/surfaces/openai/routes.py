"""What answers below `/v1`. Light: what reads and words its objects is imported with the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    async def models(request: Request) -> Response:
        from nis_backend.surfaces.openai import listing  # noqa: PLC0415 - see above

        return await listing.models(process, request)

    async def model(request: Request) -> Response:
        from nis_backend.surfaces.openai import listing  # noqa: PLC0415 - see above

        return await listing.model(process, request)

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
