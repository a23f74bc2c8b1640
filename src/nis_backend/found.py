"""What a call names is found: a thing of the caller's, by its id or by its name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nis_backend.errors import NisError, NotFound

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
