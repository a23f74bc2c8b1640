"""What answers below `/v1`. Light: what reads and words its objects is imported with the first request."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from nis_backend.surfaces.openai import problem
from nis_backend.surfaces.passed import PassedOn

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.passed import Dialect

PREFIX = "/v1"
TELLS = {PREFIX: problem.tell}
"""For the guard: how failures are worded here."""

DOES = (
    ("POST", "/responses", "responses", "create"),
    ("POST", "/responses/input_tokens", "responses", "count"),
    ("GET", "/responses/{id}", "responses", "retrieve"),
    ("DELETE", "/responses/{id}", "responses", "delete"),
    ("POST", "/responses/{id}/cancel", "responses", "cancel"),
    ("GET", "/responses/{id}/input_items", "responses", "items"),
    ("POST", "/files", "files", "create"),
    ("GET", "/files", "files", "files"),
    ("GET", "/files/{id}", "files", "file"),
    ("DELETE", "/files/{id}", "files", "delete"),
    ("GET", "/files/{id}/content", "files", "content"),
    ("POST", "/audio/speech", "speech", "answer"),
    ("POST", "/audio/transcriptions", "transcriptions", "transcribe"),
    ("POST", "/audio/translations", "transcriptions", "translate"),
    ("POST", "/batches", "batches", "create"),
    ("GET", "/batches", "batches", "batches"),
    ("GET", "/batches/{id}", "batches", "batch"),
    ("POST", "/batches/{id}/cancel", "batches", "cancel"),
)
"""What answers where: a module beside this one, and its function."""

LARGE = frozenset({f"{PREFIX}/{path}" for path in ("chat/completions", "responses", "responses/input_tokens")})
"""Paths whose bodies hold images and files."""


def routes(process: Process) -> list[Route]:
    """The models, chat completions, embeddings, responses, files, batches, and sounds."""

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

    def chat() -> Dialect:
        from nis_backend.surfaces.openai.passing import Chat  # noqa: PLC0415 - see above

        return Chat()

    def embeddings() -> Dialect:
        from nis_backend.surfaces.openai.passing import Embeddings  # noqa: PLC0415 - see above

        return Embeddings()

    return [
        *(_route(process, *one) for one in DOES),
        Route(f"{PREFIX}/models", models, methods=["GET"]),
        # A path: vendors' names have slashes, and clients write them as they are.
        Route(f"{PREFIX}/models/{{id:path}}", model, methods=["GET"]),
        Route(f"{PREFIX}/chat/completions", PassedOn(process, chat), methods=["POST"]),
        Route(f"{PREFIX}/embeddings", PassedOn(process, embeddings), methods=["POST"]),
    ]


def _route(process: Process, method: str, path: str, module: str, name: str) -> Route:
    """One route, whose module is imported with its first request."""

    async def answer(request: Request) -> Response:
        answers = import_module(f"{__package__}.{module}")
        return await getattr(answers, name)(process, request)

    return Route(f"{PREFIX}{path}", answer, methods=[method])
