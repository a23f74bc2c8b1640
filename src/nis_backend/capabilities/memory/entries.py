"""Values under keys as operations: set with a time to live, compared before they are set, read, listed, deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, JsonValue

from nis_backend.annotations import Plain
from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Next
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_ENTRIES = 100_000
"""Entries of one owner."""
LONGEST_VALUE = 65_536
"""Characters of a value as JSON."""
LONGEST_LIFE = 10 * 365 * 86_400.0

Namespace = Annotated[
    str,
    Field(min_length=1, max_length=200, description="What the key belongs to; what is kept of one user: user:<id>."),
    Plain,
]


class OneEntry(Model):
    """Which entry."""

    namespace: Namespace
    key: Annotated[str, Plain] = Field(min_length=1, max_length=500, description="Its key there.")


class SetEntry(OneEntry):
    """A value to be kept under a key."""

    value: JsonValue = Field(description="Any JSON, at most 65,536 characters.")
    ttl: float | None = Field(
        default=None, gt=0, le=LONGEST_LIFE, description="Seconds until it is gone; unset, it stays."
    )
    only_if_version: int | None = Field(
        default=None,
        ge=0,
        le=2**53,
        description="Set only if the entry has this version; 0: if there is none. Unset, whatever is there.",
    )


class DeleteEntry(OneEntry):
    """Which entry is to go."""

    only_if_version: int | None = Field(
        default=None, ge=1, le=2**53, description="Delete only if it has this version; unset, whichever it has."
    )


class Entry(Model):
    """A value under a key."""

    namespace: str
    key: str
    value: JsonValue
    version: int = Field(description="1 when the key is new, or was deleted or gone before; one more with each change.")
    expires: float | None = Field(description="When it is gone, seconds since 1970, UTC; null where it stays.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class ListEntries(Model):
    """Which entries, in the order of their keys."""

    namespace: Namespace
    prefix: Annotated[str, Plain] = Field(default="", max_length=500, description="How their keys begin.")
    cursor: Annotated[str, Plain] | None = Field(
        default=None, max_length=500, description="`next_cursor` of the page before."
    )
    limit: int = Field(default=50, ge=1, le=500, description="Most to answer.")


class EntryList(Model):
    """One page of entries."""

    entries: list[Entry]
    next_cursor: Next


class DeletedEntry(Model):
    """It is gone."""

    namespace: str
    key: str


def _entry_of(row: Row) -> Entry:
    given = {name: row[name] for name in Entry.model_fields}
    return Entry.model_validate({**given, "value": json.loads(row["value"])})


def _draw_list(_request: Model, result: EntryList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.key, json.dumps(one.value)[:200], one.version, moment(one.expires) if one.expires else ""]
        for one in result.entries
    ]
    return [Table(title="Entries", columns=["key", "value", "version", "until (UTC)"], rows=rows)]


def _unknown(request: OneEntry) -> NotFound:
    return NotFound(
        f"There is no entry {request.key!r} in {request.namespace!r}.",
        field="key",
        value=request.key,
        remedy="List the namespace to see what there is, or set it.",
    )


KEPT = {"namespace": "{colour.namespace}", "key": "{colour.key}"}
COLOUR = Before(
    name="colour",
    operation="memory.set_entry",
    request={"namespace": "settings", "key": "theme", "value": {"colour": "green", "size": 12}},
)


@operation(
    "memory.set_entry",
    effect="writes",
    repeatable=True,
    examples=(
        Example(title="Keep a value", request={"namespace": "settings", "key": "greeting", "value": "Good morning"}),
        Example(
            title="For an hour, of one user",
            request={"namespace": "user:ada", "key": "basket", "value": ["tea", "milk"], "ttl": 3600},
        ),
    ),
)
async def set_entry(request: SetEntry, ctx: Context) -> Entry:
    """Keep a value under a key, for good or for a time; on request only if its version is the one given.

    Of several that give the same version at once, one sets it.

    Raises:
        Conflict: the entry has another version, which is named, or there are 100,000 entries.
        InvalidRequest: the value is too large.
    """
    value = json.dumps(request.value)
    if len(value) > LONGEST_VALUE:
        raise InvalidRequest(
            f"The value has {len(value)} characters as JSON.",
            field="value",
            value=len(value),
            remedy=f"Give at most {LONGEST_VALUE}, or put it down as a blob and keep its id.",
        )
    if await ctx.store.entry(request.namespace, request.key) is None:
        await _refuse_many(ctx)
    now = ctx.now()
    row: Row = {
        "id": ctx.new_id("entry"),
        "value": value,
        "expires": None if request.ttl is None else now + request.ttl,
        "created": now,
        "updated": now,
    }
    return _entry_of(await ctx.store.put_entry(request.namespace, request.key, row, request.only_if_version))


async def _refuse_many(ctx: Context) -> None:
    if await ctx.store.count("entries") >= MOST_ENTRIES:
        raise Conflict(f"There are {MOST_ENTRIES} entries.", field="key", remedy="Delete some that are not needed.")


@operation(
    "memory.get_entry",
    effect="reads",
    examples=(Example(title="What is kept", request=KEPT, before=(COLOUR,)),),
)
async def get_entry(request: OneEntry, ctx: Context) -> Entry:
    """Get the value under a key, with its version.

    Raises:
        NotFound: there is none, or its time is over.
    """
    row = await ctx.store.entry(request.namespace, request.key)
    if row is None:
        raise _unknown(request)
    return _entry_of(row)


@operation(
    "memory.list_entries",
    effect="reads",
    view=_draw_list,
    examples=(
        Example(title="A namespace", request={"namespace": "{colour.namespace}", "prefix": "th"}, before=(COLOUR,)),
    ),
)
async def list_entries(request: ListEntries, ctx: Context) -> EntryList:
    """List the entries of a namespace whose keys begin alike, in the order of their keys."""
    found = await ctx.store.entries(request.namespace, request.prefix, request.cursor or "", request.limit + 1)
    shown = found[: request.limit]
    more = shown[-1]["key"] if len(found) > request.limit else None
    return EntryList(entries=[_entry_of(row) for row in shown], next_cursor=more)


@operation(
    "memory.delete_entry",
    effect="destroys",
    repeatable=True,
    examples=(Example(title="Drop it", request=KEPT, before=(COLOUR,)),),
)
async def delete_entry(request: DeleteEntry, ctx: Context) -> DeletedEntry:
    """Delete what is kept under a key; on request only if its version is the one given.

    Raises:
        NotFound: there is none, or its time is over.
        Conflict: it has another version, which is named.
    """
    if not await ctx.store.drop_entry(request.namespace, request.key, request.only_if_version):
        raise _unknown(request)
    return DeletedEntry(namespace=request.namespace, key=request.key)


OPERATIONS = (set_entry, get_entry, list_entries, delete_entry)
