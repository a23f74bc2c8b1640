"""Things that are kept in versions: the latest has the thing's id and its name, those before it never change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import Conflict, NotFound
from nis_backend.found import by_name, unknown

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row, Table

MOST_VERSIONS = 200
"""Of one team or plan."""
AGAIN = "Read it again, then change it."


async def find(table: Table, thing: str, which: str, ctx: Context, version: int | None = None) -> Row:
    """The row of a thing's version, the latest when None; `which` is its id or its name.

    Raises:
        NotFound: the caller has none such.
    """
    row = await by_name(table, thing, which, ctx, only={"latest": 1})
    if version in {None, row["version"]}:
        return row
    where = {f"{thing}_id": row[f"{thing}_id"], "version": version}
    rows = await ctx.store.select(table, where=where, limit=1)
    if not rows:
        raise NotFound(
            f"The {thing} {which!r} has no version {version}.",
            field="version",
            value=version,
            remedy=f"Give one from 1 to {row['version']}, or none for the latest.",
        )
    return rows[0]


async def page(  # noqa: PLR0913, PLR0917 - of what, and which part of it
    table: Table, thing: str, which: str, cursor: str | None, limit: int, ctx: Context
) -> tuple[list[Row], str | None]:
    """The versions of a thing, the newest first, and where the next page begins.

    Raises:
        NotFound: the caller has none such.
    """
    head = await find(table, thing, which, ctx)
    where = {f"{thing}_id": head[f"{thing}_id"]}
    return await ctx.store.page(table, where=where, cursor=cursor, limit=limit, order="updated")


async def delete(table: Table, thing: str, head: Row, most: int, ctx: Context) -> None:
    """Delete a thing, of which this is the latest version, with the at most so many before it."""
    where = {f"{thing}_id": head[f"{thing}_id"], "latest": 0}

    async def earlier() -> None:
        for row in await ctx.store.select(table, where=where, limit=most, descending=False):
            await ctx.store.delete(table, row["id"])

    # The latest after those before it: what is cut here can be called again.
    await earlier()
    await ctx.store.delete(table, head["id"])
    # Who has changed it meanwhile has left one more, which nobody could find any more.
    await earlier()


def refuse_stale(thing: str, which: str, head: Row, after: int | None) -> None:
    """Let a change go on that crosses no other: `after` is the version that it was made from, or None.

    Raises:
        Conflict: the latest is another one.
    """
    if after not in {None, head["version"]}:
        told = f"The {thing} {which!r} is at version {head['version']}."
        raise Conflict(told, field="after", value=after, remedy=AGAIN)


async def add_version(table: Table, thing: str, which: str, head: Row, changes: Row, ctx: Context) -> Row:  # noqa: PLR0913, PLR0917 - of what, named how, from what, and what it becomes
    """Write the next version in the place of the latest, which stays beside it; the row as it is then.

    Raises:
        Conflict: it was changed meanwhile.
        NotFound: it was deleted meanwhile.
    """
    before: Row = {**head, "id": ctx.new_id(thing), "latest": 0, "created": head["updated"]}
    before.pop("owner", None)
    meanwhile = Conflict(f"The {thing} {which!r} was changed meanwhile.", field="id", value=which, remedy=AGAIN)
    try:
        # One of two at once finds the version before written down already.
        changed = await ctx.store.update(table, head["id"], changes, [(table, before)], {"version": head["version"]})
    except Conflict:
        raise meanwhile from None
    if not changed:
        raise meanwhile if await ctx.store.get(table, head["id"]) else unknown(thing, which)
    return await _as_written(table, head, changes, ctx)


async def write_next(  # noqa: PLR0913, PLR0917 - of what, named how, from what, and what it becomes
    table: Table, thing: str, which: str, head: Row, definition: str, after: int | None, ctx: Context
) -> Row:
    """Write the next version, as above; a change that is there already, after the version `after`, is not made twice.

    Raises:
        Conflict: it is not at the version `after`, was changed meanwhile, or has `MOST_VERSIONS`.
        NotFound: it was deleted meanwhile.
    """
    if after == head["version"] - 1 and definition == head["definition"]:
        return head
    refuse_stale(thing, which, head, after)
    if head["version"] >= MOST_VERSIONS:
        raise Conflict(
            f"The {thing} {which!r} has {MOST_VERSIONS} versions.",
            field="id",
            value=which,
            remedy=f"Make another {thing} of it, and go on with that.",
        )
    changes: Row = {"version": head["version"] + 1, "definition": definition, "updated": ctx.now()}
    return await add_version(table, thing, which, head, changes, ctx)


async def _as_written(table: Table, head: Row, changes: Row, ctx: Context) -> Row:
    """The row after its change: as it was found where a run had made the change before a death, which made none now."""
    kept = await ctx.store.get(table, head["id"])
    return head if kept is not None and kept["version"] == head["version"] else {**head, **changes}
