"""`POST /v1/chat/completions`: one call of an operation, its answer whole or in parts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from nis_backend.calling import call
from nis_backend.errors import NotFound
from nis_backend.surfaces.openai import listing
from nis_backend.surfaces.openai.agent_answers import told, whole
from nis_backend.surfaces.openai.agents import is_agent
from nis_backend.surfaces.openai.body import hinted, json_object
from nis_backend.surfaces.openai.request import CHAT_HINTS, read
from nis_backend.surfaces.openai.stream import Frames
from nis_backend.surfaces.openai.wire import Chunks, completion
from nis_backend.surfaces.streamed import streamed
from nis_backend.surfaces.waiting import settled

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.capabilities.models.completion import ChatPart
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process


async def answer(process: Process, request: Request) -> Response:
    """Answer with a completion, or with a stream of its chunks; the model stops when the caller leaves."""
    body = json_object(await request.body())
    ctx = process.context(request.state.caller)
    hinted(body, CHAT_HINTS, request.scope)
    try:
        model, asked = read(body)
        arguments = asked.arguments(model)
        if asked.stream:
            options = asked.stream_options
            chunks = Chunks(include_usage=options is not None and options.include_usage)
            return await _stream(process, request, arguments, ctx, chunks)
        if is_agent(model):
            return JSONResponse(completion(await whole(process, request, model, arguments, ctx)))
        working = asyncio.ensure_future(call(process.operations.find("models.complete_chat"), arguments, ctx))
        await settled(process, request, working)
        return JSONResponse(completion(working.result()))
    except NotFound as error:
        raise await listing.unknown(process, ctx, error) if error.field == "model" else error from None


async def _stream(process: Process, request: Request, arguments: Json, ctx: Context, chunks: Chunks) -> Response:
    parts: AsyncGenerator[ChatPart, None]
    if is_agent(arguments["model"]):
        parts = await told(process, arguments["model"], arguments, replace(ctx, follows=True))
    else:
        parts = await call(process.operations.find("models.stream_chat"), arguments, ctx)
    return await streamed(process, request, parts, Frames(chunks))
