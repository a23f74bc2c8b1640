"""`POST /v1/messages`: one call of an operation, its answer whole or in events."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from nis_backend.calling import call
from nis_backend.errors import NotFound
from nis_backend.surfaces.anthropic.events import Events, message
from nis_backend.surfaces.anthropic.request import HINTS, read, version_of
from nis_backend.surfaces.openai import listing
from nis_backend.surfaces.openai.agent_answers import told, whole
from nis_backend.surfaces.openai.agents import is_agent
from nis_backend.surfaces.openai.body import hinted, json_object
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
    """Answer with a message, or with a stream of its events; the model stops when the caller leaves."""
    version = version_of(request.headers)
    body = json_object(await request.body())
    ctx = process.context(request.state.caller)
    hinted(body, HINTS, request.scope)
    try:
        model, asked = read(body, version)
        arguments = asked.arguments(model)
        if is_agent(model):
            # It is wanted of every request here, and an agent's answer is as long as the agent says.
            del arguments["max_tokens"]
        if asked.stream:
            return await _stream(process, request, arguments, ctx)
        if is_agent(model):
            return JSONResponse(message(await whole(process, request, model, arguments, ctx)))
        operation = process.operations.find("models.complete_chat")
        working = asyncio.ensure_future(call(operation, arguments, ctx))
        await settled(process, request, working)
        return JSONResponse(message(working.result()))
    except NotFound as error:
        raise await listing.unknown(process, ctx, error) if error.field == "model" else error from None


async def _stream(process: Process, request: Request, arguments: Json, ctx: Context) -> Response:
    parts: AsyncGenerator[ChatPart, None]
    if is_agent(arguments["model"]):
        parts = await told(process, arguments["model"], arguments, replace(ctx, follows=True))
    else:
        parts = await call(process.operations.find("models.stream_chat"), arguments, ctx)
    return await streamed(process, request, parts, Events(request.state.request_id))
