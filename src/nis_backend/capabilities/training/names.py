"""What `local:NAME` means, and has meant: the newest change that was not rolled back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.evaluations.operations import Gate
from nis_backend.errors import Conflict, NotFound
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_HISTORY = 50
"""Changes of a name that are kept."""


class Change(Model):
    """What a name came to mean, and why."""

    model_id: str
    at: float = Field(description="Seconds since 1970, UTC.")
    gate: Gate | None = Field(description="The test that it passed.")
    unproven: str = Field(description="Why it serves without one.")
    undone: float | None = Field(default=None, description="When it was rolled back; null: it was not.")


async def holder_of(name: str, ctx: Context) -> Row | None:
    """The row of a name, where something serves under it."""
    return next(iter(await ctx.store.select("model_names", where={"name": name}, limit=1)), None)


async def found(name: str, ctx: Context) -> Row:
    """The row of a name.

    Raises:
        NotFound: nothing serves under it.
    """
    row = await holder_of(name, ctx)
    if row is None:
        raise NotFound(
            f"Nothing serves as local:{name}.", field="name", value=name, remedy="training.list_models has what serves."
        )
    return row


def history_of(holder: Row | None) -> list[Change]:
    """What the name has meant, the newest first: what it means now and what was rolled back included."""
    kept: list[Any] = [] if holder is None else json.loads(holder["history"])  # Any: JSON
    return [Change.model_validate(one) for one in kept]


def current(history: list[Change]) -> int:
    """The place of what the name means now: the newest that was not rolled back."""
    return next(place for place, one in enumerate(history) if one.undone is None)


def _trimmed(history: list[Change]) -> list[Change]:
    """As much as is kept: the oldest that were rolled back go first, so that what it means now stays."""
    kept = list(history)
    while len(kept) > MOST_HISTORY:
        undone = [place for place, one in enumerate(kept) if one.undone is not None]
        del kept[undone[-1] if undone else -1]
    return kept


async def put(name: str, holder: Row | None, history: list[Change], now: float, ctx: Context) -> None:
    """Have the name mean what its history says.

    Raises:
        Conflict: somebody else has changed the name, or deleted the model, meanwhile.
    """
    model_id = history[current(history)].model_id
    kept = json.dumps([one.model_dump(mode="json") for one in _trimmed(history)])
    elsewhere = Conflict(
        f"local:{name} was changed by somebody else just now.",
        field="name",
        value=name,
        remedy="Look, and call again.",
    )
    if holder is None:
        row: Row = {
            "id": ctx.new_id("name"),
            "name": name,
            "model_id": model_id,
            "history": kept,
            "created": now,
            "updated": now,
        }
        try:
            await ctx.store.insert("model_names", row)
        except Conflict:
            raise elsewhere from None
    else:
        changes = {"model_id": model_id, "history": kept, "updated": now}
        only_if = {"model_id": holder["model_id"], "updated": holder["updated"]}
        if not await ctx.store.update("model_names", holder["id"], changes, only_if=only_if):
            raise elsewhere
    if await ctx.store.get("trained_models", model_id) is None:
        # Who deletes a model looks for its names once more when it is gone: one of the two sees the other.
        await _take_back(name, holder, ctx)
        raise elsewhere
    await settle([model_id, *([] if holder is None else [holder["model_id"]])], ctx)


async def _take_back(name: str, holder: Row | None, ctx: Context) -> None:
    """Have the name mean what it meant."""
    if holder is None:
        await ctx.store.delete("model_names", (await found(name, ctx))["id"])
    else:
        before = {column: holder[column] for column in ("model_id", "history", "updated")}
        await ctx.store.update("model_names", holder["id"], before)


async def settle(model_ids: list[str], ctx: Context) -> None:
    """Write down of each model whether it serves."""
    for model_id in model_ids:
        serving = await ctx.store.count("model_names", where={"model_id": model_id})
        await ctx.store.update("trained_models", model_id, {"state": "promoted" if serving else "replaced"})


async def undone(history: list[Change], now: float, ctx: Context) -> list[Change] | None:
    """The history with its last change rolled back, and with those before it whose model may not serve; None: all."""
    rolled: list[Change] = []
    for place, one in enumerate(history):
        if one.undone is None and place > current(history) and await _may_serve(one.model_id, ctx):
            return [*rolled, *history[place:]]
        rolled.append(one if one.undone is not None else one.model_copy(update={"undone": now}))
    return None


async def _may_serve(model_id: str, ctx: Context) -> bool:
    """Whether a model is there, and no consent to what it learned was withdrawn."""
    row = await ctx.store.get("trained_models", model_id)
    return row is not None and not row["withdrawn"]
