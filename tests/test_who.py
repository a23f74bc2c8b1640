"""For whom a model is asked: what a call tells the gateway, and whose key a run goes on with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ground import Ground
from keyed import holder
from opened import opened
from typing_extensions import override

from nis_backend.caller import LOCAL, NAMED, SERVER_ADMIN, Caller
from nis_backend.calling import admit, call
from nis_backend.context import Context
from nis_backend.drivers.cache.base import CallLimit
from nis_backend.drivers.cache.in_process import InProcessCache
from nis_backend.drivers.embeddings.base import Embedders
from nis_backend.drivers.gateway.base import Who
from nis_backend.drivers.gateway.direct import Direct
from nis_backend.drivers.llm.choice import Models
from nis_backend.errors import Busy, Forbidden, NotFound
from nis_backend.execution import execute
from nis_backend.operation import Model, Recorded, operation
from nis_backend.run import RunLog
from nis_backend.schedule import fire

Json = dict[str, Any]


class Nothing(Model):
    """A request or a result without fields."""


class Heard(Direct):
    """Models that are asked straight; it notes for whom."""

    def __init__(self) -> None:
        super().__init__(Models(()), Embedders())
        self.who: list[Who] = []

    @override
    def models(self, who: Who) -> Models:
        self.who.append(who)
        return super().models(who)

    @override
    def embedders(self, who: Who) -> Embedders:
        self.who.append(who)
        return super().embedders(who)


@operation("tests.read_models", effect="reads")
async def read_models(request: Nothing, ctx: Context) -> Nothing:
    """Look at the models of words and of vectors."""
    assert not ctx.models.providers
    assert not ctx.embedders.providers
    return request


@operation("tests.carry_run", effect="reads")
async def carry_run(request: Nothing, ctx: Context) -> Recorded[Nothing]:
    """Look at the models as a run, and have another operation look."""
    assert not ctx.models.providers
    return await ctx.call(read_models, request)


@asynccontextmanager
async def heard(folder: Path) -> AsyncGenerator[tuple[Context, Heard]]:
    """A call's context, and the gateway that hears it."""
    gateway = Heard()
    async with opened(folder, operations=[read_models, carry_run]) as ctx:
        yield replace(ctx, journal=None, drivers=replace(ctx.drivers, metered=lambda: gateway)), gateway


def test_a_call_asks_models_as_its_caller_and_in_its_operations_name(tmp_path: Path) -> None:
    """What is spent is counted by owner, key and operation, without any of them being handed on by hand."""

    async def body() -> None:
        async with heard(tmp_path) as (ctx, gateway):
            await call(read_models, {}, replace(ctx, caller=replace(LOCAL, owner="ann", key="key-1")))
            assert gateway.who == [Who(owner="ann", key="key-1", operation="tests.read_models")] * 2

    asyncio.run(body())


def test_a_run_asks_models_with_the_key_that_began_it(tmp_path: Path) -> None:
    """A key with a cap cannot spend without end through runs: its id, the run's and the conversation's are told."""

    async def body() -> None:
        async with heard(tmp_path) as (ctx, gateway):
            store, tail = ctx.drivers.store, ctx.drivers.tail
            conversation: Json = {"id": "conversation-1", "title": "", "created": 1.0, "updated": 1.0}
            await store.insert("conversations", "ann", conversation)
            log = RunLog(store, tail, "ann", ["*"], key="key-1")
            await log.write_down("run-2", carry_run.name, Nothing(), "conversation-1")
            [row] = (await store.take({"default": 1}, "me", 1e12, only=["run-2"])).rows
            assert (await execute(ctx.drivers, "ann", "run-2", row["attempt"])).how == "ended"
            assert (await log.get("run-2")).state == "succeeded"
            run = Who(owner="ann", key="key-1", run_id="run-2", conversation_id="conversation-1")
            own, called = (replace(run, operation=one.name) for one in (carry_run, read_models))
            assert gateway.who == [own, called, called]

    asyncio.run(body())


def key_of(ground: Ground, run_id: str) -> str | None:
    """The key with which a run goes on."""
    row = ground.run(ground.process.drivers.store.get("runs", "local", run_id))
    return row["key_id"]


def test_the_key_that_was_sent_is_kept_with_the_run_and_not_with_anothers_fork_of_it(ground: Ground) -> None:
    """Over `/chat`, in a branch, a fork and a schedule: who begins a run pays for it."""
    one, other = holder(ground, scopes=["*"]), holder(ground, scopes=["*"])
    said = one.done("POST", "/chat", {"message": "Hello."})
    assert key_of(ground, said["run_id"]) == one.id
    assert key_of(ground, ground.call("chat.send_message", {"message": "Hello."})["run_id"]) is None
    branch = other.done("POST", f"/conversations/{said['conversation_id']}/branch", {})
    copied = ground.call("runs.list_runs", {"conversation_id": branch["id"]})["runs"]
    assert [key_of(ground, run["id"]) for run in copied] == [one.id]
    forked = other.done("POST", f"/runs/{said['run_id']}/fork", {"after": 1})
    assert key_of(ground, forked["id"]) == other.id
    schedule = one.done(
        "POST",
        "/schedules",
        {
            "name": "Once in a while",
            "operation": "physics.convert_unit",
            "arguments": {"value": 1, "unit": "km", "to": "m"},
            "cron": "0 7 * * *",
        },
    )
    drivers = ground.process.drivers
    row = ground.run(drivers.store.get("schedules", "local", schedule["id"]))
    assert key_of(ground, ground.run(fire(drivers, row, "run-who"))) == one.id


def test_the_scope_to_change_the_server_is_in_no_wildcard(ground: Ground) -> None:
    """Else a key with a cap could raise it; the first key has it."""
    everything = Caller(owner="ann", scopes=frozenset({"*", "server:*", "server:write"}))
    assert everything.lacks([SERVER_ADMIN]) == [SERVER_ADMIN]
    assert not LOCAL.lacks(NAMED)
    assert SERVER_ADMIN not in holder(ground).done("GET", "/identity/get-caller")["scopes"]
    assert SERVER_ADMIN in holder(ground, scopes=["*", SERVER_ADMIN]).done("GET", "/identity/get-caller")["scopes"]


def test_who_is_admitted_has_the_scopes_and_calls_not_too_often(tmp_path: Path) -> None:
    """A surface that hands bytes on in an operation's name applies the operation's own rules."""

    async def body() -> None:
        async with heard(tmp_path) as (unlimited, _):
            limit = CallLimit(2, InProcessCache(), InProcessCache())
            ctx = replace(unlimited, drivers=replace(unlimited.drivers, limit=limit))
            with pytest.raises(Forbidden, match="tests:read"):
                await admit(read_models, replace(ctx, caller=Caller(owner="bob", scopes=frozenset({"runs:*"}))))
            for _ in range(2):
                await admit(read_models, ctx)
            with pytest.raises(Busy):
                await admit(read_models, ctx)
            with pytest.raises(NotFound):
                ctx.operations.entry("tests.unknown")

    asyncio.run(body())
