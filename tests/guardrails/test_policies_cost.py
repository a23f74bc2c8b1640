"""What policies cost: nothing is asked of the store by a call of an owner who has none, or whose are known."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opened import Nothing, opened

from nis_backend.calling import call
from nis_backend.capabilities.metacognition.policy.operations import create_policy, get_policy, update_policy
from nis_backend.context import Context
from nis_backend.errors import Conflict, Forbidden, Unavailable, Waiting
from nis_backend.guardrails.held import forget
from nis_backend.guardrails.reviewing import decide
from nis_backend.operation import operation

Json = dict[str, Any]
REFUSES: Json = {"rules": [{"id": "no", "then": "refuse", "why": "No."}], "applies_to": {"operations": ["tests.*"]}}


@operation("tests.do_nothing", effect="reads")
async def do_nothing(request: Nothing, ctx: Context) -> Nothing:
    """Do nothing."""
    del ctx
    return request


@operation("tests.stop_all", effect="writes", urgent=True)
async def stop_all(request: Nothing, ctx: Context) -> Nothing:
    """Stop everything."""
    del ctx
    return request


class Watched:
    """The store, which counts how often each table is read; `during` happens while it is."""

    def __init__(self, store: Any) -> None:  # Any: `Store`, each of whose methods is passed on
        self.reads = Counter[str]()
        self.during: Any = None  # Any: a coroutine function, once
        self._store = store

    def __getattr__(self, name: str) -> Any:  # Any: as above
        return getattr(self._store, name)

    async def select(self, table: str, *arguments: Any, **given: Any) -> Any:  # Any: as above
        """See `Store.select`."""
        self.reads[table] += 1
        rows = await self._store.select(table, *arguments, **given)
        await self._meanwhile()
        return rows

    async def get(self, *arguments: Any) -> Any:  # Any: as above
        """See `Store.get`."""
        row = await self._store.get(*arguments)
        await self._meanwhile()
        return row

    async def _meanwhile(self) -> None:
        if self.during is not None:
            during, self.during = self.during, None
            await during()


def row(id_: str, definition: Json) -> Json:
    """A policy's row."""
    times = {"created": 1.0, "updated": 1.0}
    return {"id": id_, "name": id_, "enabled": 1, "definition": json.dumps(definition), **times}


def plain(ctx: Context, store: Watched) -> Context:
    """The context of a call that is no run, on this store."""
    given: Any = store
    return replace(ctx, journal=None, drivers=replace(ctx.drivers, store=given, guards={}, guards_loading={}))


def test_a_call_costs_no_query_once_its_owner_is_known(tmp_path: Path) -> None:
    """Promise: one query for an owner's first call, none for the next thousand, and one after each change."""

    async def body() -> None:
        async with opened(tmp_path, operations=[do_nothing]) as given:
            store = Watched(given.drivers.store)
            ctx = plain(given, store)
            for _ in range(1000):
                await call(do_nothing, {}, ctx)
            assert store.reads == Counter({"policies": 1})
            await given.drivers.store.insert("policies", ctx.caller.owner, row("policy-1", REFUSES))
            forget(ctx)
            for _ in range(3):
                with pytest.raises(Forbidden):
                    await call(do_nothing, {}, ctx)
            assert store.reads["policies"] == 2

    asyncio.run(body())


def test_what_changes_while_policies_are_read_is_read_again(tmp_path: Path) -> None:
    """Promise: a policy that is made while another call reads them holds from the next call on."""

    async def body() -> None:
        async with opened(tmp_path, operations=[do_nothing]) as given:
            store = Watched(given.drivers.store)
            ctx = plain(given, store)

            async def change() -> None:
                await given.drivers.store.insert("policies", ctx.caller.owner, row("policy-1", REFUSES))
                forget(ctx)

            store.during = change
            await call(do_nothing, {}, ctx)
            with pytest.raises(Forbidden):
                await call(do_nothing, {}, ctx)

    asyncio.run(body())


def test_of_two_changes_at_once_none_is_lost_unseen(tmp_path: Path) -> None:
    """Promise of update_policy: who has not seen what another has changed is told, and changes nothing."""

    async def body() -> None:
        async with opened(tmp_path, operations=[create_policy, update_policy, get_policy, do_nothing]) as given:
            store = Watched(given.drivers.store)
            mine, theirs = plain(given, store), plain(given, Watched(given.drivers.store))
            kept = await call(create_policy, {**REFUSES, "applies_to": {}}, theirs)

            async def change() -> None:
                rules = [*REFUSES["rules"], {"id": "later", "then": "warn", "why": "Look."}]
                await call(update_policy, {"id": kept.id, "change": {"rules": rules}}, theirs)

            await call(get_policy, {"id": kept.id}, mine)
            store.during = change
            with pytest.raises(Conflict, match="meanwhile"):
                await call(update_policy, {"id": kept.id, "change": {"rules": REFUSES["rules"]}}, mine)
            now = await call(get_policy, {"id": kept.id}, mine)
            assert [one.id for one in now.rules] == ["no", "later"]

    asyncio.run(body())


def test_a_yes_that_is_used_while_it_is_given_again_lets_one_call_in(tmp_path: Path) -> None:
    """Promise of decide_review: a plain call is let in once; a decision can be changed until it is used."""

    async def body() -> None:
        async with opened(tmp_path, operations=[do_nothing]) as given:
            store = Watched(given.drivers.store)
            ctx = plain(given, store)
            rules = [{"id": "no", "then": "review", "why": "Ask."}]
            await given.drivers.store.insert("policies", ctx.caller.owner, row("policy-1", {**REFUSES, "rules": rules}))
            with pytest.raises(Waiting) as waiting:
                await call(do_nothing, {}, ctx)
            id_ = str(waiting.value.value)
            await decide(ctx, id_, approved=True, note="")

            async def use() -> None:
                await call(do_nothing, {}, ctx)

            store.during = use
            with pytest.raises(Conflict, match="meanwhile"):
                await decide(ctx, id_, approved=True, note="")
            with pytest.raises(Waiting):
                await call(do_nothing, {}, ctx)

    asyncio.run(body())


def test_a_policy_that_cannot_be_read_lets_nothing_through(tmp_path: Path) -> None:
    """Promise: it fails closed; what stops things is let in all the same, and so are those who probe."""

    async def body() -> None:
        async with opened(tmp_path, operations=[do_nothing, stop_all]) as given:
            ctx = plain(given, Watched(given.drivers.store))
            never = {"id": "no", "then": "refuse", "why": "No.", "conditions": [{"test": "matches", "value": "("}]}
            for broken in ({"rules": [never]}, {"rules": "all of them"}):
                await given.drivers.store.delete("policies", ctx.caller.owner, "broken")
                await given.drivers.store.insert("policies", ctx.caller.owner, row("broken", broken))
                with pytest.raises(Unavailable, match="broken"):
                    await call(do_nothing, {}, ctx)
            await call(stop_all, {}, ctx)
            await call(do_nothing, {}, replace(ctx, probes=True))

    asyncio.run(body())
