"""OpenAI's requests as they pass to providers that speak them: chat completions, and embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import to_json
from typing_extensions import override

from nis_backend.surfaces.openai import chat, embeddings
from nis_backend.surfaces.openai.body import json_object
from nis_backend.surfaces.openai.problem import document
from nis_backend.surfaces.passed import Dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from nis_backend.errors import NisError
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process


class Chat(Dialect):
    """Chat completions."""

    kind = "chat"
    pause = b": still here\n\n"

    @override
    def operation(self, *, streamed: bool) -> str:
        return "models.stream_chat" if streamed else "models.complete_chat"

    @override
    def read(self, body: bytes) -> Json:
        return json_object(body)

    @override
    def end_user(self, asked: Json) -> str:
        return str(asked.get("user") or asked.get("safety_identifier") or "")

    @override
    def headers(self, headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
        return {}

    @override
    def failed(self, error: NisError, scope: Scope) -> bytes:
        return b"data: " + to_json(document(error)) + b"\n\n"

    @override
    async def otherwise(self, process: Process, request: Request) -> Response:
        return await chat.answer(process, request)


class Embeddings(Chat):
    """Embeddings."""

    kind = "embeddings"

    @override
    def operation(self, *, streamed: bool) -> str:
        return "embeddings.embed_texts"

    @override
    async def otherwise(self, process: Process, request: Request) -> Response:
        return await embeddings.answer(process, request)
