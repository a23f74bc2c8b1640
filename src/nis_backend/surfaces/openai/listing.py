"""The models as this dialect lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from nis_backend.calling import call
from nis_backend.errors import NotFound
from nis_backend.surfaces.answering import kept, kept_as
from nis_backend.surfaces.openai.agents import CARD, CHAT, card_of, is_agent, named
from nis_backend.surfaces.openai.audio import CARDS as AUDIO_CARDS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.capabilities.models.operations import LanguageModel, ModelList
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process

CARDS = (CARD, *AUDIO_CARDS)
"""What answers everybody beside the language models."""

MOST_NAMED = 20
"""Models that a refusal names."""


async def models(process: Process, request: Request) -> Response:
    """Every model; providers that cannot be asked now stand beside them, with what mends it."""
    ctx = process.context(request.state.caller)
    listed = await _list(process, ctx)
    agents = [card_of(one, ctx.caller.owner) for one in await kept(ctx)]
    body: Json = {"object": "list", "data": [*(_card(one) for one in listed.models), *CARDS, *agents]}
    if listed.unavailable:
        body["unavailable"] = [one.model_dump() for one in listed.unavailable]
    return JSONResponse(body)


async def model(process: Process, request: Request) -> Response:
    """One model."""
    ctx = process.context(request.state.caller)
    name: str = request.path_params["id"]
    fixed = next((one for one in CARDS if one["id"] == name), None)
    if fixed is not None:
        return JSONResponse(fixed)
    try:
        if is_agent(name):
            one = await named(name, ctx)
            return JSONResponse(card_of(await kept_as(one.name, ctx), ctx.caller.owner))
        found: LanguageModel = await call(process.operations.find("models.get_model"), {"id": name}, ctx)
    except NotFound as error:
        raise await unknown(process, ctx, error) from None
    return JSONResponse(_card(found))


async def unknown(process: Process, ctx: Context, error: NotFound) -> NotFound:
    """The refusal of a model that is not there, with those that are."""
    listed = await _list(process, ctx)
    agents = [CHAT, *(one.model for one in await kept(ctx))]
    ids = [*(one.id for one in listed.models), *agents]
    more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
    named = f"There are: {', '.join(ids[:MOST_NAMED])}{more}." if ids else "None can be asked now."
    mended = " ".join(f"{one.provider}: {one.reason} {one.remedy}" for one in listed.unavailable)
    return NotFound(error.message, field="model", value=error.value, remedy=f"{named} {mended}".strip())


async def _list(process: Process, ctx: Context) -> ModelList:
    listed: ModelList = await call(process.operations.find("models.list_models"), {"limit": 1000}, ctx)
    return listed


def _card(model: LanguageModel) -> Json:
    # When a model was made is not known; clients want the number.
    card: Json = {"id": model.id, "object": "model", "created": 0, "owned_by": model.provider}
    card |= {"context_length": model.context_tokens} if model.context_tokens else {}
    return card | ({"demonstration": True, "description": model.detail} if model.demonstration else {})
