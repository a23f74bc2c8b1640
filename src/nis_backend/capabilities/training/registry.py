"""Rows of trained models, found by id or by a name that they serve under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import NotFound

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row


async def named(which: str, ctx: Context, *, field: str = "id") -> Row:
    """The row of a model, by its id or by a name that it serves under, with or without `local:`.

    Raises:
        NotFound: the caller has none such; `field` is what it was named in.
    """
    which = which.removeprefix("local:")
    row = await ctx.store.get("trained_models", which)
    if row is None:
        for name in await ctx.store.select("model_names", where={"name": which}, limit=1):
            row = await ctx.store.get("trained_models", name["model_id"])
    if row is not None:
        return row
    for candidate in await ctx.store.select("trained_models", where={"name": which}, limit=1):
        raise NotFound(
            f"No model serves as {which!r} yet.",
            field=field,
            value=which,
            remedy=f"Name it by its id, {candidate['id']}, or have it serve: training.promote_model.",
        )
    raise NotFound(
        f"There is no trained model {which!r}.",
        field=field,
        value=which,
        remedy="training.list_models has what there is.",
    )


async def names_of(model_id: str, ctx: Context) -> list[str]:
    """The names under which a model serves."""
    rows = await ctx.store.select("model_names", where={"model_id": model_id}, limit=100)
    return sorted(row["name"] for row in rows)
