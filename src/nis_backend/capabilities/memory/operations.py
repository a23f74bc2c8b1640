"""Memories as operations: remembered once, told with where they are from, changed, forgotten, taken along."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from nis_backend.annotations import Asker, Plain, Reads
from nis_backend.blob import Blob
from nis_backend.capabilities.collections.operations import DeleteItems, ListItems, delete_items
from nis_backend.capabilities.memory import asked
from nis_backend.capabilities.memory.memory import (
    ABOUT,
    COLLECTION,
    LONGEST_MEMORY,
    Id,
    Kind,
    Label,
    Memory,
    Scope,
    ensure,
    everything,
    find,
    id_of,
    named,
    page,
    where_of,
    write,
)
from nis_backend.capabilities.memory.remembering import Outcome, Settled, settle
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Limit
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.context import Context

MOST_EXPORTED = 100_000
AT_ONCE = 100
"""Memories that are looked for, or removed, at once."""
TRIES = 50
"""Times that a memory is settled anew, for what it was compared with has changed: each time another came first."""


class Remember(Scope):
    """What is to be remembered, and of whom."""

    text: Annotated[str, Reads("quote"), Plain] = Field(
        min_length=1, max_length=LONGEST_MEMORY, description="What is to be remembered: one thing, as a sentence."
    )
    kind: Kind = Field(default="fact", description="fact, preference, event, instruction, or a word of your own.")
    importance: float = Field(default=0.5, ge=0, le=1, description="How much it matters, 0 to 1.")
    source_run: Id | None = Field(default=None, description="The run that it was learnt in.")
    source_conversation: Id | None = Field(default=None, description="The conversation.")


class Remembered(Model):
    """What has become of it."""

    id: str = Field(description="The memory's id.")
    memory: Memory
    outcome: Outcome = Field(
        description="added; unchanged: it was known; updated: one that said less is replaced; superseded: one that "
        "said otherwise is."
    )
    because: str = Field(description="Why, in words.")
    replaced: list[Memory] = Field(description="The memories that it replaces: they are kept, and no longer recalled.")


class OneMemory(Model):
    """Which memory."""

    id: Id = Field(description="The memory's id.")


class MemoryHistory(Memory):
    """A memory, and those that it replaces."""

    replaced: list[Memory] = Field(description="The memories named in `sources`, as far as they are still there.")


class UpdateMemory(OneMemory):
    """Which memory, and what changes; what is unset stays."""

    text: Annotated[str, Plain] | None = Field(
        default=None, min_length=1, max_length=LONGEST_MEMORY, description="What it says."
    )
    kind: Kind | None = Field(default=None, description="What it is.")
    importance: float | None = Field(default=None, ge=0, le=1, description="How much it matters.")


class ListMemories(Model):
    """Which memories, in the order in which they were written."""

    user: Annotated[Label | None, Asker()] = Field(default=None, description=ABOUT)
    agent: Label | None = Field(default=None, description="Only this agent's; unset, any agent's.")
    kind: Kind | None = Field(default=None, description="Only of this kind.")
    replaced: bool = Field(default=False, description="Whether those that others have replaced are told too.")
    cursor: int = Field(default=0, ge=0, description="`next_cursor` of the page before.")
    limit: Limit = 20


class MemoryList(Model):
    """One page of memories."""

    memories: list[Memory]
    next_cursor: int | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


class Forgotten(Model):
    """What is gone."""

    id: str
    forgotten: int = Field(description="How many memories: this one, and those that it had replaced.")


class ExportMemories(Scope):
    """Whose memories; what is unset, anybody's."""

    replaced: bool = Field(default=True, description="Whether those that others have replaced are in it.")


class MemoryExport(Model):
    """Memories as a file."""

    blob: Blob = Field(description="JSON Lines: a memory a line, as `get_memory` tells it.")
    memories: int = Field(description="How many there are in it.")
    left_out: bool = Field(description="Whether there are more: the latest of more than 100,000 are not in it.")


def _draw_list(_request: Model, result: MemoryList) -> list[View]:
    if not result.memories:
        return [Text(text="Nothing is remembered.")]
    lines = [f"- {one.text}" for one in result.memories]
    rows: list[list[str | float]] = [
        [one.text, one.kind, one.user or "", one.importance, moment(one.at)] for one in result.memories
    ]
    columns = ["memory", "kind", "user", "importance", "said (UTC)"]
    return [Text(text="\n".join(["What is remembered:", *lines])), Table(title="Memories", columns=columns, rows=rows)]


def _draw_remembered(_request: Model, result: Remembered) -> list[View]:
    return [Text(text=f"{result.because} “{result.memory.text}”")]


TEA = Before(
    name="tea",
    operation="memory.remember",
    request={"text": "Ada drinks her tea without sugar.", "user": "ada", "kind": "preference", "importance": 0.6},
)


@operation(
    "memory.remember",
    effect="writes",
    repeatable=True,
    outward=True,
    time_limit=120,
    view=_draw_remembered,
    examples=(
        Example(
            title="A preference",
            request={"text": "Ada drinks her tea without sugar.", "user": "ada", "kind": "preference"},
        ),
        Example(
            title="What matters",
            request={"text": "The ship leaves on 3 May.", "agent": "planner", "kind": "event", "importance": 0.9},
        ),
    ),
)
async def remember(request: Remember, ctx: Context) -> Remembered:
    """Remember something, once: what is known already is not written twice, and what says otherwise replaces it.

    By rules over words alone; they are narrow, and what they do not know stands beside the other until
    `memory.consolidate_memories`. What is replaced is kept as a source, and no longer recalled.
    """
    now, collection = ctx.now(), await ensure(ctx)
    new = Memory(
        id=id_of(collection, request.text, request.user, request.agent),
        text=request.text.strip(),
        user=request.user,
        agent=request.agent,
        kind=request.kind,
        importance=request.importance,
        state="active",
        replaced_by=None,
        sources=[],
        source_run=request.source_run or (ctx.journal and ctx.journal.run_id),
        source_conversation=request.source_conversation or (ctx.journal and ctx.journal.conversation_id),
        created=now,
        at=now,
    )
    if not new.text:
        raise InvalidRequest("There are no words.", field="text", value=request.text, remedy="Say what to remember.")
    settled = await _settled(ctx, new)
    return Remembered(
        id=settled.memory.id,
        memory=settled.memory,
        outcome=settled.outcome,
        because=settled.because,
        replaced=list(settled.replaced),
    )


async def _settled(ctx: Context, new: Memory) -> Settled:
    """What has become of it, once that is written: by what is known at that moment."""
    for _ in range(TRIES - 1):
        settled = await settle(ctx, new)
        with suppress(Conflict):
            await write(ctx, settled.writes)
            return settled
    settled = await settle(ctx, new)
    await write(ctx, settled.writes)
    return settled


@operation(
    "memory.get_memory",
    effect="reads",
    resource="memory",
    examples=(Example(title="Where it is from", request={"id": "{tea.id}"}, before=(TEA,)),),
)
async def get_memory(request: OneMemory, ctx: Context) -> MemoryHistory:
    """Get a memory, where it is from, and what it has replaced."""
    one = await find(ctx, request.id)
    return MemoryHistory(**one.model_dump(), replaced=await named(ctx, one.sources))


@operation(
    "memory.list_memories",
    effect="reads",
    resource="memory",
    view=_draw_list,
    examples=(
        Example(
            title="Of one user",
            request={"user": "ada", "limit": 1},
            question="Show me everything you remember.",
            also=asked.LIST_MEMORIES,
            before=(TEA,),
        ),
    ),
)
async def list_memories(request: ListMemories, ctx: Context) -> MemoryList:
    """List what is remembered, in the order in which it was written."""
    where = where_of(request.user, request.agent, kind=request.kind, active=not request.replaced)
    found, following = await page(
        ctx, ListItems(id=COLLECTION, where=where, cursor=request.cursor, limit=request.limit)
    )
    return MemoryList(memories=found, next_cursor=following)


@operation(
    "memory.update_memory",
    effect="writes",
    repeatable=True,
    resource="memory",
    outward=True,
    time_limit=120,
    examples=(Example(title="It matters more", request={"id": "{tea.id}", "importance": 0.9}, before=(TEA,)),),
)
async def update_memory(request: UpdateMemory, ctx: Context) -> Memory:
    """Change a memory; what it said before is kept as its source.

    Raises:
        NotFound: the caller has none such.
        InvalidRequest: nothing is to change, or another has replaced it.
    """
    changes = request.model_dump(exclude={"id"}, exclude_none=True)
    if not changes:
        raise InvalidRequest("Nothing is to change.", field="text", value="", remedy="Give what is to change.")
    for _ in range(TRIES - 1):
        with suppress(Conflict):
            return await _update(request, changes, ctx)
    return await _update(request, changes, ctx)


async def _update(request: UpdateMemory, changes: Mapping[str, Any], ctx: Context) -> Memory:  # Any: the model's
    one, now = await find(ctx, request.id), ctx.now()
    if one.state != "active":
        raise InvalidRequest(
            f"{one.replaced_by} has replaced this memory.", field="id", value=one.id, remedy="Change that one."
        )
    writes: list[Memory] = []
    if request.text is not None and request.text != one.text:
        before = one.model_copy(
            update={
                "id": ctx.new_id("memory"),
                "state": "superseded",
                "replaced_by": one.id,
                "sources": [],
                "digest": "",
            }
        )
        writes.append(before)
        changes = {**changes, "sources": [*one.sources, before.id], "at": now}
    changed = one.model_copy(update=changes)
    await write(ctx, [changed, *writes])
    return changed


@operation(
    "memory.forget_memory",
    effect="destroys",
    on="memory",
    examples=(Example(title="No more", request={"id": "{tea.id}"}, before=(TEA,)),),
)
async def forget_memory(request: OneMemory, ctx: Context) -> Forgotten:
    """Forget a memory for good, and all that it has replaced: nothing of it is recalled again.

    Raises:
        NotFound: the caller has none such.
    """
    waiting = [(await find(ctx, request.id)).id]
    gone = dict.fromkeys(waiting)
    while waiting:
        some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        found = [one.id for one in await _replaced_by(ctx, some) if one.id not in gone]
        gone.update(dict.fromkeys(found))
        waiting += found
    ids, forgotten = [*gone], 0
    for start in range(0, len(ids), AT_ONCE):
        which = DeleteItems(id=COLLECTION, ids=ids[start : start + AT_ONCE])
        forgotten += (await ctx.call(delete_items, which)).deleted
    return Forgotten(id=request.id, forgotten=forgotten)


async def _replaced_by(ctx: Context, ids: Sequence[str]) -> list[Memory]:
    """The memories that these have replaced: each names what it was replaced by, also where that names it no more."""
    found: list[Memory] = []
    cursor: int | None = 0
    while cursor is not None:
        where = ListItems(id=COLLECTION, where={"replaced_by": [*ids]}, cursor=cursor, limit=AT_ONCE)
        some, cursor = await page(ctx, where)
        found += some
    return found


@operation(
    "memory.export_memories",
    effect="reads",
    time_limit=300,
    examples=(Example(title="All of one user", request={"user": "ada"}, before=(TEA,)),),
)
async def export_memories(request: ExportMemories, ctx: Context) -> MemoryExport:
    """Export memories as JSON Lines: each with where it is from, those that were replaced included; at most 100,000."""
    found = await everything(ctx, request.user, request.agent, MOST_EXPORTED + 1, active=not request.replaced)
    left_out, found = len(found) > MOST_EXPORTED, found[:MOST_EXPORTED]
    lines = "".join(f"{one.model_dump_json()}\n" for one in found)
    blob = Blob.of(lines.encode("utf-8", "replace"), media_type="application/jsonl", name="memories.jsonl")
    return MemoryExport(blob=blob, memories=len(found), left_out=left_out)


OPERATIONS = (
    remember,
    get_memory,
    list_memories,
    update_memory,
    forget_memory,
    export_memories,
)
