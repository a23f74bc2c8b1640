"""A proxy that passes chat completions on unread: the floor of what stands between a caller and a model.

    python benchmarks/passing.py PORT UPSTREAM_PORT

It has the loop, the parser and the HTTP client that `nis serve` uses, and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route


def proxy(upstream: int) -> Starlette:
    """The application in front of the server at this port."""
    url = f"http://127.0.0.1:{upstream}/v1/chat/completions"
    sessions: list[aiohttp.ClientSession] = []

    @asynccontextmanager
    async def opened(_app: Starlette) -> AsyncGenerator[None]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            sessions.append(session)
            yield

    async def chat(request: Request) -> Response:
        headers = {"Content-Type": "application/json"}
        answer = await sessions[0].post(url, data=await request.body(), headers=headers)
        return StreamingResponse(answer.content.iter_any(), answer.status, media_type=answer.content_type)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    routes = [Route("/v1/chat/completions", chat, methods=["POST"]), Route("/health", health)]
    return Starlette(routes=routes, lifespan=opened)


if __name__ == "__main__":
    app = proxy(int(sys.argv[2]))
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="warning", access_log=False)
