"""What a call names is found: a thing of the caller's, by its id or by its name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nis_backend.errors import Conflict, NisError, NotFound

if TYPE_CHECKING:
    from collections.abc import Generator

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row, Table


async def by_id(table: Table, thing: str, which: str, ctx: Context, field: str = "id") -> Row:
    """Its row.

    Raises:
        NotFound: the caller has none of this id; `field` is what it was given in.
    """
    row = await ctx.store.get(table, which)
    if row is None:
        raise unknown(thing, which, field, table)
    return row


async def by_name(  # noqa: PLR0913, PLR0917 - what is looked for, and what is said where there is none
    table: Table,
    thing: str,
    which: str,
    ctx: Context,
    field: str = "id",
    only: Row | None = None,
) -> Row:
    """Its row by its id, else by its name, which an owner has once among the rows with these columns.

    Raises:
        NotFound: the caller has none such.
    """
    row = await ctx.store.get(table, which)
    only = only or {}
    if row is not None and only.items() <= row.items():
        return row
    rows = await ctx.store.select(table, where={"name": which, **only}, limit=1)
    if not rows:
        raise unknown(thing, which, field, table)
    return rows[0]


def unknown(thing: str, which: str, field: str = "id", many: str = "") -> NotFound:
    """That the caller has no such thing; `many` is what several are called, where that is not the thing with an s."""
    several = many.replace("_", " ") or f"{thing}s"
    return NotFound(
        f"There is no {thing} {which!r}.", field=field, value=which, remedy=f"List the {several} to see what there is."
    )


@contextmanager
def named_in(field: str) -> Generator[None]:
    """What fails within was named in this field."""
    try:
        yield
    except NisError as error:
        error.field = field
        raise


async def keep(  # noqa: PLR0913 - what is kept, where, and how many there may be
    table: Table, thing: str, row: Row, most: int, ctx: Context, *, dry_run: bool = False
) -> None:
    """Write down a new thing of the caller's, who has one of its name, and at most so many; `dry_run`, only refuse it.

    Raises:
        Conflict: there is one of this name, or there are too many.
    """
    latest: Row = {"latest": 1} if "latest" in row else {}
    if await ctx.store.count(table, where=latest) >= most:
        told = f"There are {most} {table.replace('_', ' ')}."
        raise Conflict(told, field="name", remedy="Delete one that is not needed.")
    if dry_run:
        if await ctx.store.select(table, where={"name": row["name"], **latest}, limit=1):
            raise taken(thing, row["name"])
        return
    try:
        await ctx.store.insert(table, row)
    except Conflict:
        raise taken(thing, row["name"]) from None


def taken(thing: str, name: str) -> Conflict:
    """That the caller has such a thing of this name."""
    told = f"There is a{'n' if thing[0] in 'aeiou' else ''} {thing} {name!r}."
    return Conflict(told, field="name", value=name, remedy="Go on with that one, or give another name.")
