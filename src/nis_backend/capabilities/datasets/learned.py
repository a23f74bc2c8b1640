"""What has learned from rows of a dataset: trainings with the rows that they still hold, and models, also in turn."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.trained.places import rows_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from collections.abc import Set as AbstractSet

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row, Table

LOCAL = "local:"


@dataclass(kw_only=True)
class Learned:
    """The trainings of a caller, and what came of them."""

    trainings: list[Row]
    models: list[Row]
    meant: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])
    """The models that each name has meant."""

    def of(self, dataset_id: str, versions: AbstractSet[str] | None) -> set[str]:
        """Ids of the models that have learned from versions, or from any; those that began with one of them too."""
        reached = {
            model_id
            for row, model_id in self._all()
            if row["dataset_id"] == dataset_id and (versions is None or row["version"] in versions) and model_id
        }
        while more := {model_id for row, model_id in self._all() if model_id and self._begins(row) & reached} - reached:
            reached |= more
        return reached

    def _all(self) -> list[tuple[Row, str | None]]:
        return [*((row, row["model_id"]) for row in self.trainings), *((row, row["id"]) for row in self.models)]

    def _begins(self, row: Row) -> set[str]:
        """The models that one may have begun with."""
        base = str(row["base"] or "")
        name = base.removeprefix(LOCAL)
        return {name, *self.meant.get(name, ())} if base.startswith(LOCAL) else set()


async def learned(ctx: Context) -> Learned:
    """All that the caller's trainings came to."""
    found = Learned(
        trainings=[row async for row in _rows("trainings", ctx)],
        models=[row async for row in _rows("trained_models", ctx)],
    )
    async for row in _rows("model_names", ctx):
        history: list[dict[str, str]] = json.loads(row["history"] or "[]")
        found.meant[row["name"]] = {row["model_id"], *(one["model_id"] for one in history)}
    return found


async def mark(dataset_id: str, versions: AbstractSet[str] | None, ctx: Context) -> list[str]:
    """Mark what has learned from versions, or from any, and remove the rows that trainings hold; answers the models."""
    known = await learned(ctx)
    ids = known.of(dataset_id, versions)
    marked = [row for row in known.models if row["id"] in ids]
    for row in marked:
        if not row["withdrawn"]:
            await ctx.store.update("trained_models", row["id"], {"withdrawn": 1, "updated": ctx.now()})
    for row in known.trainings:
        if row["dataset_id"] == dataset_id and (versions is None or row["version"] in versions):
            await asyncio.to_thread(shutil.rmtree, rows_folder(ctx.settings, row["id"]), ignore_errors=True)
    return [row["id"] for row in marked]


async def _rows(table: Table, ctx: Context) -> AsyncIterator[Row]:
    before: tuple[float, str] | None = None
    while rows := await ctx.store.select(table, before=before, limit=500):
        for row in rows:
            yield row
        before = (rows[-1]["created"], rows[-1]["id"])
