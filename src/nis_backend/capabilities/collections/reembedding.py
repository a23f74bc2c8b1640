"""A collection's texts embedded anew, by another model, while the one before serves."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from pydantic import Field

from nis_backend.capabilities.collections import asked, views
from nis_backend.capabilities.collections.collection import OneCollection, find
from nis_backend.capabilities.collections.embedding import chosen_model, embed
from nis_backend.capabilities.collections.operations import FILLED, MADE
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.drivers.store.items import models_of
from nis_backend.errors import Busy, Conflict, InvalidRequest, NisError, NotFound, Unavailable, UpstreamFailed
from nis_backend.event import Progressed
from nis_backend.operation import Example, Model, Recorded, operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.items import Side

AT_ONCE = 128
"""Texts that are embedded in one call: what a death in between costs."""
CLEARED = 500
"""Vectors that are removed in one transaction."""
TRIES, LONGEST_PAUSE = 6, 30.0
"""How often a model that does not answer is asked, and the longest pause in seconds before it is asked again."""


class ReembedItems(OneCollection):
    """Which collection, and by which model."""

    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=512,
        description="The embedding model that is to serve, as provider:name; unset takes the default.",
    )


class Reembedded(Model):
    """By what a collection is searched now."""

    collection: str = Field(description="Its id.")
    items: int = Field(description="Its texts, each with a vector by the new model.")
    model: str = Field(description="The model that serves now.")
    version: str | None = Field(description="The hash of its files; null where nobody states it.")
    dimensions: int | None = Field(description="Numbers in a vector; null where there is no text.")
    before: str | None = Field(description="The model that served before; null: there were no vectors.")
    before_version: str | None = Field(description="The hash of its files.")


class Begun(TypedDict):
    """How the collection was when the run began."""

    side: Side
    flips: int
    model: str | None
    version: str | None


@dataclass(kw_only=True)
class Embedding:
    """The vectors of one collection by one model, on the side that does not serve."""

    ctx: Context
    id: str
    model: str
    version: str | None
    done: int = 0

    async def begin(self) -> Begun:
        """Have what is added from now on get both vectors; what another model has left on that side is removed."""
        ctx = self.ctx
        # Named first: from here on nobody fills that side by another model; what is cleared too much is filled anew.
        await ctx.store.name_next(self.id, self.model, self.version, ctx.now())
        row = await find(self.id, ctx)
        while await ctx.store.clear_side(self.id, _other(row["side"]), CLEARED):
            pass
        return Begun(side=row["side"], flips=row["flips"], model=row["model"], version=row["version"])

    async def fill(self, begun: Begun) -> None:
        """Embed what has no vector yet, and have the new ones serve once each text has one.

        Raises:
            Conflict: another run embeds it by now.
            InvalidRequest: the model reads nothing in a text.
        """
        ctx, after, side = self.ctx, 0, _other(begun["side"])
        while True:
            row = await find(self.id, ctx)
            if row["flips"] != begun["flips"] and self._serves(row):
                return
            if row["flips"] != begun["flips"] or not self._follows(row):
                raise Conflict(
                    f"The collection {row['name']!r} is embedded anew by another run.",
                    field="id",
                    value=row["name"],
                    remedy="Let that one end.",
                )
            rows = await ctx.store.unfilled(self.id, side, after, AT_ONCE)
            if not rows and await ctx.store.flip_side(self.id, ctx.drivers.store.now()):
                return
            if rows:
                vectors = await self._vectors(rows)
                # Another run names another model: the next look at the collection tells.
                with suppress(Conflict):
                    await ctx.store.fill_vectors(self.id, models_of(row), side, vectors)
                    self._tell(len(rows), int(row["items"]))
            # What came meanwhile has its vector; what has none still is looked for from the beginning.
            after = int(rows[-1]["number"]) if rows else 0

    def _serves(self, row: Row) -> bool:
        return (row["model"], row["version"]) == (self.model, self.version)

    def _follows(self, row: Row) -> bool:
        return (row["next_model"], row["next_version"]) == (self.model, self.version)

    def _tell(self, more: int, of: int) -> None:
        self.done += more
        fraction = min(1.0, self.done / max(of, 1))
        self.ctx.run.put(Progressed(fraction=fraction, message=f"{self.done} of {of} texts", values={}))

    async def _vectors(self, rows: Sequence[Row]) -> list[tuple[int, bytes]]:
        pause = 1.0
        for attempt in range(1, TRIES + 1):
            try:
                vectors, _ = await embed([row["text"] for row in rows], self.model, self.version, self.ctx)
            except InvalidRequest as error:
                place = (error.field or "").removeprefix("items.").removesuffix(".text")
                if not place.isdigit():
                    raise
                id_ = rows[int(place)]["id"]
                raise InvalidRequest(
                    f"{self.model} reads nothing in the item {id_!r}.",
                    field="model",
                    value=id_,
                    remedy="Remove the item, or name another model.",
                ) from None
            except (Busy, Unavailable, UpstreamFailed) as away:
                if attempt == TRIES:
                    raise
                await asyncio.sleep(min(away.retry_after or pause, LONGEST_PAUSE))
                pause *= 2
            else:
                return [(int(row["number"]), vector) for row, vector in zip(rows, vectors, strict=True)]
        raise AssertionError

    async def give_up(self, begun: Begun) -> None:
        """Have nothing more get a vector by the new model: the one that serves goes on."""
        ctx = self.ctx
        row = await ctx.store.get("collections", self.id)
        if row is not None and row["flips"] == begun["flips"] and self._follows(row):
            await ctx.store.name_next(self.id, None, None, ctx.drivers.store.now())

    async def clear(self, begun: Begun) -> None:
        """Remove the vectors that served before, unless another run fills their side by now."""
        while (await find(self.id, self.ctx))["next_model"] is None:
            if not await self.ctx.store.clear_side(self.id, begun["side"], CLEARED):
                return


def _other(side: Side) -> Side:
    return "b" if side == "a" else "a"


async def _prepare(request: ReembedItems, ctx: Context) -> ReembedItems:
    """Refuse a collection and a model that there are not, before there is a run."""
    await find(request.id, ctx)
    model, _ = await chosen_model(request.model, ctx)
    return request.model_copy(update={"model": model})


@operation(
    "collections.reembed_items",
    effect="writes",
    on="collection",
    prepare=_prepare,
    outward=True,
    time_limit=86_400.0,
    view=views.draw_reembedded,
    examples=(
        Example(
            title="By the default model",
            request={"id": "{notes.id}"},
            before=(MADE, FILLED),
            question="Re-embed my collection notes.",
            also=asked.REEMBED,
        ),
    ),
)
async def reembed_items(request: ReembedItems, ctx: Context) -> Recorded[Reembedded]:
    """Embed a collection's texts anew, by another model or a new version of it, as a run; the old one serves meanwhile.

    What is added meanwhile gets vectors by both. Once each text has one by the new model, all searches change to it at
    one moment. After a crash it goes on with the texts that have none; cancelled, the old model stays.

    Raises:
        NotFound: there is no such collection, or no such model.
        Unavailable: the model cannot be asked.
        InvalidRequest: it reads nothing in a text.
        Conflict: another run embeds the collection by now.
    """
    row = await find(request.id, ctx)
    model, version = await chosen_model(request.model, ctx)
    embedding = Embedding(ctx=ctx, id=str(row["id"]), model=model, version=version)
    begun: Begun = await ctx.note("begun", embedding.begin)
    await ctx.run.flush()
    try:
        await embedding.fill(begun)
    except asyncio.CancelledError as stopped:
        if stop_reason(stopped) == CANCELLED:
            await asyncio.shield(asyncio.ensure_future(embedding.give_up(begun)))
        raise
    except NisError:
        await embedding.give_up(begun)
        raise
    try:
        row = await find(embedding.id, ctx)
        await embedding.clear(begun)
    except NotFound:
        # It was deleted in the moment after.
        row = {**row, "items": 0, "dimensions": None}
    return Reembedded(
        collection=embedding.id,
        items=int(row["items"] or 0),
        model=model,
        version=version,
        dimensions=row["dimensions"],
        before=begun["model"],
        before_version=begun["version"],
    )


OPERATIONS = (reembed_items,)
