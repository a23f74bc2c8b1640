"""`POST /v1/messages/count_tokens`: one call of an operation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from nis_backend.calling import call
from nis_backend.errors import NotFound
from nis_backend.surfaces.anthropic.problem import named
from nis_backend.surfaces.anthropic.request import HINTS, read, version_of
from nis_backend.surfaces.openai import listing
from nis_backend.surfaces.openai.body import hinted, json_object
from nis_backend.surfaces.waiting import settled

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.surfaces.base import Process

USUAL = {"max_tokens": 1}
"""What a request for a message has, and one for a count has not."""


async def answer(process: Process, request: Request) -> Response:
    """Answer with the count of all that the model would read."""
    named(request.scope["state"])
    version = version_of(request.headers)
    body = json_object(await request.body())
    ctx = process.context(request.state.caller)
    hinted(body, HINTS, request.scope)
    try:
        model, asked = read({**USUAL, **body}, version)
        given = asked.arguments(model)
        counted = {name: given[name] for name in ("messages", "tools", "model")}
        working = asyncio.ensure_future(call(process.operations.find("models.count_tokens"), counted, ctx))
        await settled(process, request, working)
    except NotFound as error:
        raise await listing.unknown(process, ctx, error) if error.field == "model" else error from None
    return JSONResponse({"input_tokens": working.result().tokens})
