"""A memory as it is told, and as an item of the owner's collection of memories has it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from nis_backend.annotations import Plain
from nis_backend.capabilities.collections.operations import (
    AddItems,
    CreateCollection,
    ListItems,
    add_items,
    create_collection,
    list_items,
)
from nis_backend.capabilities.memory.saying import tokens
from nis_backend.errors import Conflict, NotFound
from nis_backend.found import unknown
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.collections.operations import Item
    from nis_backend.context import Context

COLLECTION = "memories"
"""The name of each owner's collection of them."""
LONGEST_MEMORY = 4000
MOST_SOURCES = 60
"""Ids that one member of an item's metadata holds."""

State = Literal["active", "superseded", "merged"]
Kind = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9_-]*$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=128), Plain]
Id = Annotated[str, StringConstraints(min_length=1, max_length=64), Plain]
USER = "Whom it is about; unset, nobody in particular."
AGENT = "The agent whose memory it is; unset, every agent's."
ABOUT = "Only those about this user; unset, about anybody."


class Memory(Model):
    """What is remembered, and where it is from."""

    id: str
    text: str
    user: str | None = Field(description=USER)
    agent: str | None = Field(description=AGENT)
    kind: str = Field(description="What it is: fact, preference, event, instruction, or the caller's own word.")
    importance: float = Field(description="0 to 1, as whoever wrote it has said.")
    state: State = Field(
        description="active; superseded: another says otherwise, or more, since; merged: another says the same."
    )
    replaced_by: str | None = Field(description="The memory that superseded or merged it.")
    sources: list[str] = Field(description="Ids of the memories that it has superseded or merged; they are kept.")
    source_run: str | None = Field(description="The run that it was learnt in.")
    source_conversation: str | None = Field(description="The conversation that it was learnt in.")
    created: float = Field(description="When it was first written, seconds since 1970, UTC.")
    at: float = Field(description="When it was last said, seconds since 1970, UTC: recency is counted from it.")
    digest: SkipJsonSchema[str] = Field(default="", exclude=True)
    """Of the item as it was read, empty of one that is new: what has changed since is not written over."""


class Scope(Model):
    """Whose memory."""

    user: Label | None = Field(default=None, description=USER)
    agent: Label | None = Field(default=None, description=AGENT)


def memory_of(item: Item) -> Memory:
    """An item as it is told."""
    known = item.metadata
    return Memory.model_validate(
        {
            "id": item.id,
            "text": item.text,
            "user": known.get("user") or None,
            "agent": known.get("agent") or None,
            "kind": known.get("kind", "fact"),
            "importance": known.get("importance", 0.5),
            "state": known.get("state", "active"),
            "replaced_by": known.get("replaced_by"),
            "sources": str(known.get("sources", "")).split(),
            "source_run": known.get("run"),
            "source_conversation": known.get("conversation"),
            "created": item.created,
            "at": known.get("at", item.created),
            "digest": item.digest,
        }
    )


def item_of(memory: Memory) -> dict[str, object]:
    """A memory as it is kept; sources beyond the last that fit are those of the sources themselves."""
    given: dict[str, bool | int | float | str | None] = {
        "user": memory.user or "",
        "agent": memory.agent or "",
        "kind": memory.kind,
        "importance": memory.importance,
        "state": memory.state,
        "at": memory.at,
        "replaced_by": memory.replaced_by,
        "sources": " ".join(memory.sources[-MOST_SOURCES:]) or None,
        "run": memory.source_run,
        "conversation": memory.source_conversation,
    }
    metadata = {name: one for name, one in given.items() if one is not None}
    return {"id": memory.id, "text": memory.text, "metadata": metadata, "only_if_digest": memory.digest}


def id_of(collection: str, text: str, user: str | None, agent: str | None) -> str:
    """The id of what says this of them: said at the same time elsewhere, it is the same memory.

    It is made with the collection's id, which only its owner knows: nobody can tell what others' memories are called.
    """
    whole = "\n".join([collection, user or "", agent or "", " ".join(one.said for one in tokens(text))])
    return f"memory-{sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


async def write(ctx: Context, memories: Sequence[Memory]) -> None:
    """Keep memories, together or not at all; the collection is made at the first.

    Raises:
        Conflict: one has changed since it was read, or is gone.
    """
    await ensure(ctx)
    await ctx.call(add_items, AddItems.model_validate({"id": COLLECTION, "items": [item_of(one) for one in memories]}))


async def ensure(ctx: Context) -> str:
    """The id of the owner's collection of memories, which is made where there is none."""
    found = await ctx.store.select("collections", where={"name": COLLECTION}, limit=1)
    if not found:
        made = CreateCollection(name=COLLECTION, kind="memories", description="What is remembered.")
        try:
            return (await ctx.call(create_collection, made)).id
        except Conflict:
            # Another call has made it at the same time.
            found = await ctx.store.select("collections", where={"name": COLLECTION}, limit=1)
            if not found:
                raise
    return str(found[0]["id"])


async def page(ctx: Context, request: ListItems) -> tuple[list[Memory], int | None]:
    """Memories and where the next page begins; none where nothing was ever remembered."""
    try:
        found = await ctx.call(list_items, request)
    except NotFound:
        return [], None
    return [memory_of(one) for one in found.items], found.next_cursor


async def named(ctx: Context, ids: Sequence[str]) -> list[Memory]:
    """Those of these that there are."""
    return (await page(ctx, ListItems(id=COLLECTION, ids=list(ids), limit=100)))[0] if ids else []


async def find(ctx: Context, memory_id: str) -> Memory:
    """The memory of this id.

    Raises:
        NotFound: the caller has none.
    """
    found = await named(ctx, [memory_id])
    if not found:
        raise unknown("memory", memory_id, many="memories")
    return found[0]


async def everything(ctx: Context, user: str | None, agent: str | None, most: int, *, active: bool) -> list[Memory]:
    """All memories of a user and an agent, or of any, at most so many, in the order in which they were written.

    One that changes meanwhile comes again at the end, and is told as it is then.
    """
    found: dict[str, Memory] = {}
    cursor: int | None = 0
    while cursor is not None and len(found) < most:
        some, cursor = await page(
            ctx, ListItems(id=COLLECTION, where=where_of(user, agent, active=active), cursor=cursor, limit=100)
        )
        for one in some:
            found.pop(one.id, None)
            found[one.id] = one
    return [*found.values()][:most]


def where_of(
    user: str | None, agent: str | None, *, kind: str | None = None, active: bool = True
) -> dict[str, Any] | None:  # Any: a condition of the collection's
    """The condition on the items' metadata; None where there is none."""
    given = {"user": user, "agent": agent, "kind": kind, "state": "active" if active else None}
    found = {name: one for name, one in given.items() if one is not None}
    return found or None
