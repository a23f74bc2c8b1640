"""The models as this dialect lists them, for those who ask `/v1/models` in its version.

Source: https://platform.claude.com/docs/en/api/models-list
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from nis_backend.calling import call
from nis_backend.surfaces.answering import kept
from nis_backend.surfaces.openai.agents import CHAT, is_agent, named

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.capabilities.models.operations import LanguageModel, ModelList
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process

USUAL, MOST = 20, 1000
"""Models of a page."""


async def models(process: Process, request: Request) -> Response:
    """A page of the models; what is asked for is read leniently, as a number of them and the one before."""
    ctx = process.context(request.state.caller)
    given = request.query_params.get("limit", "")
    limit = min(max(int(given), 1), MOST) if given.isdecimal() and len(given) < len(str(MOST)) + 1 else USUAL
    page = {"limit": limit, "cursor": request.query_params.get("after_id") or None}
    listed: ModelList = await call(process.operations.find("models.list_models"), page, ctx)
    cards = [_card(one) for one in listed.models]
    if listed.next_cursor is None:
        cards += [
            _card_of(CHAT, CHAT),
            *(_card_of(one.model, one.model.partition(":")[2]) for one in await kept(ctx)),
        ]
    ids = [card["id"] for card in cards]
    ends = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
    return JSONResponse({"data": cards, "has_more": listed.next_cursor is not None, **ends})


async def model(process: Process, request: Request) -> Response:
    """One model."""
    ctx = process.context(request.state.caller)
    asked = {"id": request.path_params["id"]}
    if is_agent(asked["id"]):
        found_agent = await named(asked["id"], ctx)
        return JSONResponse(_card_of(asked["id"], found_agent.model))
    found: LanguageModel = await call(process.operations.find("models.get_model"), asked, ctx)
    return JSONResponse(_card(found))


def _card(model: LanguageModel) -> Json:
    return _card_of(model.id, model.name, model.context_tokens)


def _card_of(id_: str, name: str, context_tokens: int | None = None) -> Json:
    # When a model was made is not known; clients want a time.
    return {
        "type": "model",
        "id": id_,
        "display_name": name,
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": context_tokens,
        "max_tokens": None,
        "capabilities": None,
    }
