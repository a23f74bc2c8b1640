"""Things that are kept in versions: what two do to one at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from opened import opened

from nis_backend import versioned
from nis_backend.owned import Scope

Json = dict[str, Any]


class Rows:
    """A table, in which a change comes between the look for the versions and the end of the latest."""

    def __init__(self) -> None:
        self.rows: dict[str, Json] = {
            "agent-1": {"id": "agent-1", "agent_id": "agent-1", "latest": 1},
            "agent-2": {"id": "agent-2", "agent_id": "agent-1", "latest": 0},
            "agent-9": {"id": "agent-9", "agent_id": "agent-9", "latest": 0},
        }

    async def select(self, _table: str, *, where: Json, limit: int, descending: bool) -> list[Json]:
        """The rows of which all of this is so."""
        assert (limit, descending) == (200, False)
        found = [row for row in self.rows.values() if all(row[name] == value for name, value in where.items())]
        if "agent-1" in self.rows:
            self.rows["agent-3"] = {"id": "agent-3", "agent_id": "agent-1", "latest": 0}
        return found

    async def delete(self, _table: str, id_: str) -> None:
        """Remove a row."""
        del self.rows[id_]


def test_what_is_deleted_while_it_is_changed_leaves_nothing() -> None:
    """House rule: there are no rows that are never removed; another thing's stay."""
    store = Rows()
    ctx = cast("Any", SimpleNamespace(store=store))
    asyncio.run(versioned.delete("agents", "agent", dict(store.rows["agent-1"]), 200, ctx))
    assert [*store.rows] == ["agent-9"]


def test_a_change_that_was_made_before_a_death_is_told_as_it_is(tmp_path: Path) -> None:
    """Promise of runs: a write that is made again under its key changes nothing, and nobody is told that it has."""

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            named = {"id": "team-1", "team_id": "team-1", "name": "t", "version": 1, "latest": 1}
            await ctx.store.insert("teams", {**named, "definition": "{}", "created": 1.0, "updated": 1.0})
            for _ in range(2):
                head = await ctx.store.get("teams", "team-1")
                assert head is not None
                again = replace(ctx, scope=Scope(key="run-1", call="1:change"))
                told = await versioned.write_next("teams", "team", "t", head, '{"budget": 1}', None, again)
                assert (told["version"], told["definition"]) == (2, '{"budget": 1}')
            assert await ctx.store.count("teams") == 2

    asyncio.run(body())
