"""What becomes of something that is to be remembered, given what is known: written, or not, or in another's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.collections.operations import SearchCollection, search_collection
from nis_backend.capabilities.memory.memory import COLLECTION, Memory, named, where_of
from nis_backend.capabilities.memory.saying import claim, relation
from nis_backend.errors import NotFound

if TYPE_CHECKING:
    from nis_backend.context import Context

Outcome = Literal["added", "unchanged", "updated", "superseded"]

LOOKED_AT = 30
"""Memories with the most words in common that a new one is compared with."""
LONGEST_QUERY = 1000


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What became of it."""

    memory: Memory
    outcome: Outcome
    because: str
    replaced: Sequence[Memory] = ()
    writes: Sequence[Memory] = ()
    """What has to be written for it."""


async def settle(ctx: Context, new: Memory) -> Settled:
    """Compare something new with what is known of the same user and agent."""
    known = await _known(ctx, new)
    relations = {one.id: relation(one.text, new.text) for one in known}
    for one in known:
        if relations[one.id] in {"same", "less"}:
            return _again(one, new, says_more=relations[one.id] == "less")
    contradicted = [one for one in known if relations[one.id] == "contradicts"]
    extended = [one for one in known if relations[one.id] == "more"]
    replaced = [
        one.model_copy(update={"state": "superseded", "replaced_by": new.id}) for one in (*contradicted, *extended)
    ]
    taken = await named(ctx, [new.id])
    if taken and taken[0].state == "active" and relation(taken[0].text, new.text) == "same":
        # Another has said it since it was looked for.
        return _again(taken[0], new, says_more=False)
    if taken:
        # That memory says something else by now, or was replaced: what it says again is a memory of its own.
        new = new.model_copy(update={"id": ctx.new_id("memory")})
        replaced = [one.model_copy(update={"replaced_by": new.id}) for one in replaced]
    if not replaced:
        return Settled(memory=new, outcome="added", because="Remembered.", writes=[new])
    new = new.model_copy(
        update={
            "sources": [one.id for one in replaced],
            "importance": max(new.importance, *(one.importance for one in replaced)),
        }
    )
    return Settled(
        memory=new,
        outcome="superseded" if contradicted else "updated",
        because=_why(contradicted, extended),
        replaced=replaced,
        writes=[new, *replaced],
    )


def _again(one: Memory, new: Memory, *, says_more: bool) -> Settled:
    """What is known is said again: it is as recent as that, and as important as it was said to be."""
    why = "It is known, and more of it." if says_more else "It is known already."
    kept = one.model_copy(update={"importance": max(one.importance, new.importance), "at": max(one.at, new.at)})
    return Settled(memory=kept, outcome="unchanged", because=why, writes=[kept])


def _why(contradicted: Sequence[Memory], extended: Sequence[Memory]) -> str:
    if not contradicted:
        return f"Remembered in place of what said less: “{extended[0].text}”."
    about = claim(contradicted[0].text)
    of = f" of {about[0]}" if about else ""
    return f"Remembered in place of what said otherwise{of}: “{contradicted[0].text}”."


async def _known(ctx: Context, new: Memory) -> list[Memory]:
    """The memories of the same user and agent with the most words in common."""
    asked = SearchCollection(
        id=COLLECTION,
        query=new.text.replace('"', " ")[:LONGEST_QUERY].strip() or "-",
        mode="words",
        limit=LOOKED_AT,
        where={**(where_of(new.user or "", new.agent or "") or {})},
    )
    while True:
        try:
            hits = (await ctx.call(search_collection, asked)).hits
        except NotFound:
            return []
        found = {one.id: one for one in await named(ctx, [hit.id for hit in hits])}
        known = [found[hit.id] for hit in hits if hit.id in found]
        if all(one.state == "active" for one in known):
            return known
        # Another has replaced one since it was found: what it was replaced by is to be compared with.
