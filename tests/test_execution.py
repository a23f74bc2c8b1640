"""How a run is carried on and left: commands that race it, and a store that cannot take what it writes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from opened import RUN, opened
from typing_extensions import override

from nis_backend.caller import LOCAL
from nis_backend.catalog import Catalog
from nis_backend.context import Context
from nis_backend.drivers.blobs.folder import FolderContents
from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.dispatch.base import CANCELLED, PAUSED, Left
from nis_backend.drivers.dispatch.in_process import InProcess
from nis_backend.drivers.gateway.direct import Direct
from nis_backend.drivers.store.base import Append, Row, Table, Taken
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Forbidden, Unavailable
from nis_backend.event import ToolCalled
from nis_backend.execution import execute
from nis_backend.journal import MOST_HELD, Journal
from nis_backend.opened import Drivers
from nis_backend.operation import Model, Operation, Recorded, operation
from nis_backend.owned import Scope
from nis_backend.run import RunHandle, RunLog, Tail, Terms
from nis_backend.settings import read_settings

PATIENCE = 60.0


class Nothing(Model):
    """A request or a result without fields."""


class World:
    """A store, the process that executes its runs, and what its operations are told."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "nis.db")
        self.catalog = Catalog(())
        self.log = RunLog(self.store, Tail(self.store), LOCAL.owner, ["*"], self._submit)
        self.dispatch = InProcess(self.store, self.execute, {"default": 4})
        self.drivers = Drivers(
            settings=read_settings({}, data=folder),
            store=self.store,
            contents=FolderContents(folder / "blobs"),
            tail=Tail(self.store),
            compute=WorkerPools([]),
            dispatch=self.dispatch,
            operations=self.catalog,
            metered=Direct,
        )

    async def _submit(self, owner: str, run_id: str) -> None:
        await self.dispatch.submit(owner, run_id)

    async def execute(self, owner: str, run_id: str, attempt: int) -> Left:
        """As `app.py` has it."""
        return await execute(self.drivers, owner, run_id, attempt)

    async def submit(self, target: Operation[Any, Any] | None = None, **terms: Any) -> RunHandle:
        """A run of this operation; of one that is not there without."""
        if target is not None:
            self.catalog.add([target])
        name = target.name if target else "tests.gone_away"
        row, _ = await self.log.write_down("run-1", name, Nothing(), None, Terms(**terms))
        await self.dispatch.submit(LOCAL.owner, row["id"])
        return RunHandle(id=row["id"], log=self.log)

    async def take(self) -> int:
        """Take the run by hand; its attempt."""
        [row] = (await self.store.take({"default": 1}, self.dispatch.holding.holder, 1e12)).rows
        return int(row["attempt"])

    async def until(self, *states: str) -> Row:
        """The run's row once it is in one of these states."""
        grown = asyncio.Event()
        self.store.listen(lambda _: grown.set())
        async with asyncio.timeout(PATIENCE):
            while True:
                grown.clear()
                row = await self.store.get("runs", LOCAL.owner, "run-1")
                if row is not None and row["state"] in states:
                    return row
                await grown.wait()

    async def open(self) -> None:
        """Begin to take runs, and have looked for some once."""
        await self.dispatch.open()
        await self.store.looked.wait()
        # What it has found is taken in before the next write is answered.
        await self.store.tidy(None)

    def context(self) -> Context:
        """A call of the owner's."""
        return Context(drivers=self.drivers, caller=LOCAL)


class Store(SqliteStore):
    """A store whose reads may be held, and whose disk may be full."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reading = asyncio.Event()
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.full = False
        self.refused = asyncio.Event()
        self.looked = asyncio.Event()

    @override
    async def take(self, room: Mapping[str, int], holder: str, now: float, only: Sequence[str] | None = None) -> Taken:
        taken = await super().take(room, holder, now, only)
        self.looked.set()
        return taken

    @override
    async def events(self, owner: str, run_id: str, after: int, limit: int = 500) -> list[Row]:
        self.reading.set()
        await self.may_read.wait()
        return await super().events(owner, run_id, after, limit)

    @override
    async def append(self, append: Append) -> tuple[int, float]:
        if self.full:
            self.refused.set()
            raise Unavailable("The disk is full.")
        return await super().append(append)


@contextlib.asynccontextmanager
async def world(folder: Path) -> AsyncGenerator[World]:
    """A world whose process does not take runs by itself yet."""
    one = World(folder)
    try:
        async with asyncio.timeout(PATIENCE):
            yield one
    finally:
        one.store.full = False
        await one.dispatch.close(0.0)
        await one.store.close()


@pytest.mark.parametrize(("message", "state"), [(CANCELLED, "cancelled"), (PAUSED, "paused"), ("", "queued")])
def test_a_command_that_meets_a_run_while_its_log_is_read_is_heeded(tmp_path: Path, message: str, state: str) -> None:
    """No run stays `running` without a holder, whenever it is told to stop."""

    @operation("tests.carry_run", effect="reads")
    async def carry_run(request: Nothing, ctx: Context) -> Nothing:
        """Carry."""
        return request

    async def body() -> None:
        async with world(tmp_path) as here:
            await here.submit(carry_run)
            await here.log.pause("run-1")
            await here.log.resume("run-1")
            attempt = await here.take()
            here.store.may_read.clear()
            task = asyncio.create_task(here.execute(LOCAL.owner, "run-1", attempt))
            await here.store.reading.wait()
            task.cancel(message)
            await asyncio.wait([task])
            assert (await here.log.get("run-1")).state == state

    asyncio.run(body())


def test_a_cancel_is_heeded_though_a_pause_was_asked_before(tmp_path: Path) -> None:
    """What is not repeatable is finished for a pause, and cut by the cancel that follows."""
    begun = asyncio.Event()

    @operation("tests.write_slowly", effect="writes")
    async def write_slowly(request: Nothing, ctx: Context) -> Nothing:
        """Write for long."""
        begun.set()
        await asyncio.Event().wait()
        return request

    @operation("tests.carry_run", effect="writes")
    async def carry_run(request: Nothing, ctx: Context) -> Recorded[Nothing]:
        """Carry."""
        return await ctx.step(write_slowly, request)

    async def body() -> None:
        async with world(tmp_path) as here:
            await here.dispatch.open()
            await here.submit(carry_run)
            await begun.wait()
            await here.log.pause("run-1")
            await here.log.cancel("run-1")
            await here.until("cancelled")

    asyncio.run(body())


@pytest.mark.parametrize("commands", [("pause", "cancel"), ("cancel",)])
def test_a_cancel_wins_over_how_the_run_is_left_meanwhile(tmp_path: Path, commands: Sequence[str]) -> None:
    """A cancel that was taken is never undone by the pause that was under way."""

    async def body() -> None:
        async with world(tmp_path) as here:
            await here.submit(asks)
            attempt = await here.take()
            for name in commands:
                await getattr(here.log, name)("run-1")
            task = asyncio.create_task(here.execute(LOCAL.owner, "run-1", attempt))
            if "pause" in commands:
                asyncio.get_running_loop().call_soon(task.cancel, PAUSED)
            await task
            assert (await here.log.get("run-1")).state == "cancelled"

    asyncio.run(body())


@pytest.mark.parametrize("command", ["", "approve"])
def test_a_cancel_is_heeded_though_its_process_died_as_the_run_was_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """A cancel that was taken is never lost: not by a death, nor by an answer that comes before it is heeded."""

    async def nothing(_: Journal) -> None:
        """As of a process that is gone."""

    monkeypatch.setattr(Journal, "heed", nothing)

    async def body() -> None:
        async with world(tmp_path) as here:

            @operation("tests.ask_late", effect="reads")
            async def asks_late(request: Nothing, ctx: Context) -> Recorded[Nothing]:
                """Ask a person, though the run is to be cancelled."""
                await here.log.cancel("run-1")
                await ctx.approve("May I?")
                return request

            await here.submit(asks_late)
            attempt = await here.take()
            await here.execute(LOCAL.owner, "run-1", attempt)
            row = await here.until("waiting", "cancelled")
            assert (row["state"], row["wanted"]) == ("waiting", "cancel")
            if command:
                await getattr(here.log, command)("run-1")
            await here.dispatch.open()
            await here.until("cancelled", "succeeded")
            assert (await here.log.get("run-1")).state == "cancelled"

    asyncio.run(body())


@operation("tests.ask_first", effect="reads")
async def asks(request: Nothing, ctx: Context) -> Recorded[Nothing]:
    """Ask a person."""
    await ctx.approve("May I?")
    return request


def test_a_run_that_was_told_to_rest_rests_though_it_has_come_to_a_question(tmp_path: Path) -> None:
    """A pause that was taken holds: the question stays, and is answered after the run is resumed."""

    async def body() -> None:
        async with world(tmp_path) as here:

            @operation("tests.ask_late", effect="reads")
            async def asks_late(request: Nothing, ctx: Context) -> Recorded[Nothing]:
                """Ask a person, though the run is to rest."""
                if ctx.run.attempt == 1:
                    await here.log.pause("run-1")
                await ctx.approve("May I?")
                return request

            handle = await here.submit(asks_late)
            attempt = await here.take()
            await here.execute(LOCAL.owner, "run-1", attempt)
            row = await here.until("paused", "waiting")
            assert (row["state"], row["wanted"]) == ("paused", None)
            await here.log.resume("run-1")
            await here.log.approve("run-1")
            await here.dispatch.open()
            assert await handle.result() == {}

    asyncio.run(body())


def test_a_command_while_the_disk_is_full_leaves_no_run_behind(tmp_path: Path) -> None:
    """The holder goes on until how the run was left is written."""

    async def body() -> None:
        async with world(tmp_path) as here:
            await here.submit(asks)
            attempt = await here.take()
            here.store.full = True
            task = asyncio.create_task(here.execute(LOCAL.owner, "run-1", attempt))
            await here.store.refused.wait()
            here.store.full = False
            await here.log.cancel("run-1")
            here.store.full = True
            task.cancel(CANCELLED)
            # Longer than a stop of the process would wait.
            await asyncio.wait([task], timeout=1.5)
            here.store.full = False
            await here.until("cancelled")

    asyncio.run(body())


def test_a_result_outlasts_a_full_disk(tmp_path: Path) -> None:
    """What was computed while the store could not take it is the run's result once it can."""
    computed = asyncio.Event()

    async def body() -> None:
        async with world(tmp_path) as here:

            @operation("tests.carry_run", effect="reads")
            async def carry_run(request: Nothing, ctx: Context) -> Recorded[Nothing]:
                """Carry."""
                here.store.full = True
                await ctx.run.text(1, "words")
                await here.store.refused.wait()
                await asyncio.sleep(0)
                await ctx.run.text(1, " and more")
                computed.set()
                return request

            handle = await here.submit(carry_run)
            await here.dispatch.open()
            await computed.wait()
            here.store.refused.clear()
            await here.store.refused.wait()
            here.store.full = False
            assert await handle.result() == {}

    asyncio.run(body())


def test_words_that_cannot_be_stored_fail_the_run(tmp_path: Path) -> None:
    """Half of a character, which a model's server may send, loses no event in silence and leaves no run behind."""

    @operation("tests.carry_run", effect="reads")
    async def carry_run(request: Nothing, ctx: Context) -> Recorded[Nothing]:
        """Carry."""
        await ctx.run.text(1, "half \ud800")
        await ctx.run.flush()
        return request

    @operation("tests.fail_oddly", effect="reads")
    async def fail_oddly(request: Nothing, ctx: Context) -> Recorded[Nothing]:
        """Fail."""
        raise Unavailable("half \ud800", field="a", value="\ud800")

    async def body(target: Operation[Any, Any], folder: Path) -> None:
        async with world(folder) as here:
            await here.submit(target)
            await here.dispatch.open()
            await here.until("failed", "succeeded")

    for target in (carry_run, fail_oddly):
        (tmp_path / target.name).mkdir()
        asyncio.run(body(target, tmp_path / target.name))


def test_a_run_of_an_operation_that_is_gone_ends_at_its_deadline(tmp_path: Path) -> None:
    """It is not taken again and again from then on."""

    async def body() -> None:
        async with world(tmp_path) as here:
            await here.dispatch.open()
            await here.submit(deadline=1.0)
            row = await here.until("failed")
            assert row["attempt"] == 1
            assert "deadline" in row["problem"]

    asyncio.run(body())


def test_a_run_that_ends_its_process_at_once_is_given_up(tmp_path: Path) -> None:
    """Each further attempt is in the log before the operation's code begins, so that it is counted."""
    attempts = 0

    class Died(BaseException):
        """The process ended here."""

    @operation("tests.end_process", effect="reads")
    async def end_process(request: Nothing, ctx: Context) -> Recorded[Nothing]:
        """End."""
        nonlocal attempts
        attempts += 1
        # Nothing that was not committed by now is.
        cast("Any", ctx.run)._held.clear()
        raise Died

    async def body() -> None:
        async with world(tmp_path) as here:
            await here.submit(end_process)
            for _ in range(8):
                row = await here.store.get("runs", LOCAL.owner, "run-1")
                assert row is not None
                if row["state"] == "failed":
                    break
                with contextlib.suppress(Died):
                    await here.execute(LOCAL.owner, "run-1", await here.take())
                await here.store.recover("another")
            assert (await here.log.get("run-1")).state == "failed"
            assert attempts < 8

    asyncio.run(body())


def test_a_pause_lets_a_run_that_may_not_be_repeated_finish(tmp_path: Path) -> None:
    """It is one step: nobody has to be asked whether it may have happened."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    @operation("tests.write_slowly", effect="writes")
    async def write_slowly(request: Nothing, ctx: Context) -> Nothing:
        """Write for long."""
        begun.set()
        await go_on.wait()
        return request

    async def body() -> None:
        async with world(tmp_path) as here:
            await here.dispatch.open()
            handle = await here.submit(write_slowly)
            await begun.wait()
            await here.log.pause("run-1")
            for _ in range(10):
                await asyncio.sleep(0)
            go_on.set()
            await here.until("succeeded", "paused")
            assert await handle.result() == {}

    asyncio.run(body())


@pytest.mark.parametrize("allowed", [True, False])
def test_what_may_have_happened_is_asked_of_a_person_once(tmp_path: Path, allowed: bool) -> None:
    """A run that is one call, which may not be repeated and was cut, is asked about once, also when it goes on."""
    made = 0

    class Died(BaseException):
        """The process ended here."""

    @operation("tests.write_once", effect="writes")
    async def write_once(request: Nothing, ctx: Context) -> Nothing:
        """Write, and end the first time."""
        nonlocal made
        made += 1
        if made == 1:
            raise Died
        return request

    async def body() -> None:
        async with world(tmp_path) as here:
            handle = await here.submit(write_once)
            with contextlib.suppress(Died):
                await here.execute(LOCAL.owner, "run-1", await here.take())
            await here.store.recover("another")
            await here.execute(LOCAL.owner, "run-1", await here.take())
            asked = (await here.log.get("run-1")).waiting or {}
            assert (asked["call_id"], asked["operation"]) == ("run", "tests.write_once")
            await (here.log.approve("run-1") if allowed else here.log.reject("run-1", reason="Not again."))
            await here.execute(LOCAL.owner, "run-1", await here.take())
            if allowed:
                assert await handle.result() == {}
            else:
                with pytest.raises(Forbidden, match="Not again"):
                    await handle.result()
            kinds = [event.body.type for event in await here.log.all_events("run-1")]
            assert kinds.count("approval_required") == 1
            assert made == 1 + allowed

    asyncio.run(body())


def test_leave_for_one_call_is_none_for_a_later_one_of_the_same_name(tmp_path: Path) -> None:
    """Some models name their calls alike in each step: a person is asked for each."""

    @operation("tests.write_once", effect="writes")
    async def write_once(request: Nothing, ctx: Context) -> Nothing:
        """Write."""
        return request

    @operation("tests.carry_run", effect="writes")
    async def carry_run(request: Nothing, ctx: Context) -> Recorded[Nothing]:
        """Carry."""
        for step in (1, 2):
            called = ToolCalled(step=step, call_id="call_0", operation="tests.write_once", arguments={})
            await ctx.use(called, operation=write_once, ask="May I?")
        return request

    async def body() -> None:
        async with world(tmp_path) as here:
            await here.dispatch.open()
            handle = await here.submit(carry_run)
            for step in (1, 2):
                row = await here.until("waiting", "succeeded")
                assert row["state"] == "waiting"
                assert json.loads(row["waiting"])["step"] == step
                await here.log.approve("run-1")
            assert await handle.result() == {}

    asyncio.run(body())


def test_a_write_that_is_left_out_the_second_time_takes_no_others_place(tmp_path: Path) -> None:
    """Code that looks before it writes comes to fewer writes when it is executed again: the next one is made."""
    fields = {"title": "", "created": 1.0, "updated": 1.0}

    @operation("tests.carry_run", effect="writes")
    async def carry_run(request: Nothing, ctx: Context) -> Recorded[Nothing]:
        """Carry."""
        if await ctx.store.get("conversations", "conversation-1") is None:
            await ctx.store.insert("conversations", {"id": "conversation-1", **fields})
        await ctx.approve("May I?")
        await ctx.store.update("conversations", "conversation-1", {"title": "approved"})
        return request

    async def body() -> None:
        async with world(tmp_path) as here:
            await here.dispatch.open()
            handle = await here.submit(carry_run)
            await here.until("waiting")
            await here.log.approve("run-1")
            await handle.result()
            row = await here.store.get("conversations", LOCAL.owner, "conversation-1")
            assert row is not None
            assert row["title"] == "approved"

    asyncio.run(body())


def test_notes_without_a_pause_wait_for_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: what a run writes is bounded while it writes it, in memory and by the limits of its log."""
    batches: list[int] = []

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            store = ctx.drivers.store
            append = store.append

            async def counted(given: Append) -> tuple[int, float]:
                batches.append(len(given.events))
                return await append(given)

            monkeypatch.setattr(store, "append", counted)
            inside = replace(ctx, scope=Scope(key=RUN))
            for number in range(3 * MOST_HELD):
                await inside.note(f"number {number}", lambda: 1)
            await ctx.run.flush()

    asyncio.run(body())
    assert sum(batches) == 3 * MOST_HELD
    assert max(batches) <= MOST_HELD


def waiting_one(gate: asyncio.Event) -> Operation[Any, Any]:
    """An operation that waits until it may end."""

    @operation("tests.wait_here", effect="reads")
    async def wait_here(request: Nothing, ctx: Context) -> Recorded[Nothing]:
        """Wait."""
        await gate.wait()
        return Nothing()

    return wait_here


def test_a_run_for_which_there_is_room_begins_with_its_row(tmp_path: Path) -> None:
    """It is committed as held and executed, without being looked for; the next waits its turn, and none is lost."""

    async def body() -> None:
        async with world(tmp_path) as one:
            gate = asyncio.Event()
            target = waiting_one(gate)
            one.catalog.add([target])
            await one.open()
            handles = [await one.context().start_run(target, Nothing()) for _ in range(6)]
            rows = [await one.store.get("runs", LOCAL.owner, handle.id) for handle in handles]
            states = [(row["state"], row["attempt"], row["holder"]) for row in rows if row]
            held = ("running", 1, one.dispatch.holding.holder)
            assert states == [held] * 4 + [("queued", 0, None)] * 2
            gate.set()
            assert [await handle.result() for handle in handles] == [{}] * 6

    asyncio.run(body())


def test_who_leaves_while_their_run_is_written_down_leaves_no_run_without_a_holder(tmp_path: Path) -> None:
    """What is committed as held is executed; a run that was there before takes no place."""

    async def body() -> None:
        async with world(tmp_path) as one:
            gate = asyncio.Event()
            gate.set()
            target = waiting_one(gate)
            one.catalog.add([target])
            await one.open()
            left = asyncio.create_task(replace(one.context(), run_id="run-1").start_run(target, Nothing()))
            await asyncio.sleep(0)
            left.cancel()
            with pytest.raises(asyncio.CancelledError):
                await left
            assert (await one.until("succeeded"))["attempt"] == 1
            for _ in range(5):
                handle = await replace(one.context(), run_id="run-1").start_run(target, Nothing())
                assert await handle.result() == {}
            # Each was looked for as well: once that is over, all four places are there.
            while one.dispatch.seat("default") is None:
                await one.store.tidy(None)
            assert all(one.dispatch.seat("default") for _ in range(3))

    asyncio.run(body())


def test_a_run_is_cancelled_whose_row_is_read_while_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its task is there as soon as its row says that it is held: a slow reader does not lose the command."""

    async def body() -> None:
        async with world(tmp_path) as one:
            target = waiting_one(asyncio.Event())
            one.catalog.add([target])
            await one.open()
            read, go = asyncio.Event(), asyncio.Event()
            get = one.store.get

            async def slowly(table: Table, owner: str, id: str) -> Row | None:  # noqa: A002 - the contract's name
                row = await get(table, owner, id)
                if table == "runs" and not read.is_set():
                    read.set()
                    await go.wait()
                return row

            monkeypatch.setattr(one.store, "get", slowly)
            async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
                group.create_task(replace(one.context(), run_id="run-1").start_run(target, Nothing()))
                await read.wait()
                await one.log.cancel("run-1")
                go.set()
                await one.until("cancelled")

    asyncio.run(body())


def test_a_run_is_cancelled_that_is_told_before_its_task_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wanted of a run when it begins stands in its row."""

    async def body() -> None:
        async with world(tmp_path) as one:
            target = waiting_one(asyncio.Event())
            one.catalog.add([target])
            await one.open()
            insert = one.store.insert

            async def and_cancel(*given: Any) -> None:
                await insert(*given)
                await one.log.cancel("run-1")

            monkeypatch.setattr(one.store, "insert", and_cancel)
            await replace(one.context(), run_id="run-1").start_run(target, Nothing())
            await one.until("cancelled")

    asyncio.run(body())


def test_what_may_not_be_repeated_is_known_to_have_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a death in its middle a person is asked before it is done again: also where nobody reads the run."""
    monkeypatch.setattr("nis_backend.journal.UNREAD", 3600.0)
    logged: list[int] = []

    @operation("tests.read_once", effect="reads", repeatable=False)
    async def read_once(request: Nothing, ctx: Context) -> Nothing:
        """Read what is there once."""
        logged.append(len(await ctx.drivers.store.events(LOCAL.owner, "run-1", 0)))
        return request

    async def body() -> None:
        async with world(tmp_path) as here:
            await here.submit(read_once)
            await here.execute(LOCAL.owner, "run-1", await here.take())
            await here.until("succeeded")

    asyncio.run(body())
    assert logged == [1]
