"""Where collected rows are from: by each row's digest, the conversation and the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from nis_backend.capabilities.datasets.dataset import Splits
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

AT_ONCE = 500
COLUMNS = {"conversation": "conversation_id", "user": "person"}


async def sources(where: Mapping[str, str], ctx: Context) -> AsyncIterator[Row]:
    """The rows of sources, the newest first."""
    before: tuple[float, str] | None = None
    while rows := await ctx.store.select("example_sources", where=where, before=before, limit=AT_ONCE):
        for row in rows:
            yield row
        before = (rows[-1]["created"], rows[-1]["id"])


async def groups_of(dataset: Row, splits: Splits, ctx: Context) -> dict[str, str] | None:
    """What each collected row is never parted from, by its digest, where the split goes by that.

    Of rows that several conversations or persons have made, these are one: the first of their ids stands for all.
    """
    column = COLUMNS.get(splits.by)
    if column is None:
        return None
    of: dict[str, str] = {}
    joined: dict[str, str] = {}

    def first(value: str) -> str:
        while joined.get(value, value) != value:
            value = joined[value]
        return value

    async for row in sources({"dataset_id": dataset["id"]}, ctx):
        value = first(str(row[column]))
        other = first(of.setdefault(row["digest"], value))
        joined[max(value, other)] = min(value, other)
    return {digest: first(value) for digest, value in of.items()}
