"""What only a database shared by several processes can show: its loss, its return, and who hears what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from postgresql import PostgreSQL, running_postgresql
from psycopg_pool import AsyncConnectionPool
from store_rows import command, conversation_row, events, run_row

from nis_backend.drivers.store.base import Growth, Store
from nis_backend.drivers.store.migrations.schema import VERSION
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.errors import Fenced, InvalidRequest, NotFound, Unavailable
from nis_backend.operation import Model
from nis_backend.run import RunLog, Tail, Terms

PATIENCE = 60.0


class Nothing(Model):
    """A request without fields."""


@pytest.fixture(scope="module")
def own() -> Iterator[PostgreSQL]:
    """A server that the tests of this file may stop."""
    with running_postgresql() as one:
        yield one


@asynccontextmanager
async def opened(database: str, count: int = 1) -> AsyncGenerator[list[PostgresStore]]:
    """Stores as several processes have them, closed at the end."""
    stores = [PostgresStore(database) for _ in range(count)]
    try:
        yield stores
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def numbers(store: Store, run_id: str) -> list[int]:
    """The numbers of a run's events."""
    return [row["seq"] for row in await store.events("ann", run_id, 0)]


def test_processes_that_start_at_once_make_the_schema_once(postgresql: PostgreSQL, database: str) -> None:
    """The first to take the lock makes it; the others wait, and find it."""

    async def body() -> None:
        async with opened(database, 6) as stores:
            await asyncio.gather(*(store.insert("runs", "ann", run_row(f"run-{n}")) for n, store in enumerate(stores)))
            assert len(await stores[0].select("runs", "ann")) == 6

    asyncio.run(body())
    assert postgresql.execute("select version_num from alembic_version", database) == f"{VERSION:04d}"


def test_a_store_that_is_closed_takes_no_role(database: str) -> None:
    """What still asks in a process that ends would keep the role from those that live."""

    async def body() -> None:
        async with opened(database, 2) as [ends, lives]:
            assert await ends.leads("outbox")
            _, *asked = await asyncio.gather(ends.close(), ends.leads("outbox"), return_exceptions=True)
            assert asked == [True] or isinstance(asked[0], Unavailable)
            with pytest.raises(Unavailable, match="closed"):
                await ends.leads("outbox")
            await until(partial(lives.leads, "outbox"))

    asyncio.run(body())


def test_a_store_whose_database_is_not_there_says_so_and_finds_it_later(own: PostgreSQL) -> None:
    """Promise: an unreachable store delays no start; callers get Unavailable, and it is retried behind them."""
    database = own.database()
    own.stop()

    async def body() -> None:
        async with opened(database) as [store]:
            with pytest.raises(Unavailable) as refused:
                await store.check()
            assert "NIS_DATABASE_URL" in refused.value.remedy
            assert str(own.port) not in refused.value.message
            with pytest.raises(Unavailable):
                await store.insert("runs", "ann", run_row("run-1"))
            await asyncio.to_thread(own.start)
            await until(partial(answers, store))
            await store.insert("runs", "ann", run_row("run-1"))

    asyncio.run(body())


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait, bounded, for what another process or task does."""
    async with asyncio.timeout(PATIENCE):
        while not await true():  # noqa: ASYNC110 - nobody here is told
            await asyncio.sleep(0.01)


async def holds(heard: list[Growth], growth: Growth) -> bool:
    """Whether this was heard."""
    return growth in heard


async def answers(store: Store) -> bool:
    """Whether its database does."""
    try:
        await store.check()
    except Unavailable:
        return False
    return True


def test_another_process_may_change_a_table_that_is_in_use(postgresql: PostgreSQL, database: str) -> None:
    """Promise: after a migration elsewhere the next call of each kind is answered: its prepared plan is made anew."""

    async def body() -> None:
        async with opened(database) as [store]:

            async def each(number: int) -> None:
                """Every kind of statement whose answer has all of a row's columns, on whichever connection."""
                run_id = f"run-{number}"
                await store.insert("runs", "ann", run_row(run_id, state="queued", queue="default", not_before=0.0))
                assert await store.get("runs", "ann", run_id)
                assert await store.select("runs", "ann", where={"id": run_id})
                [taken] = (await store.take({"default": 1}, "host", time.time(), [run_id])).rows
                await store.append(events(run_id, "a", attempt=taken["attempt"]))

            async def often(first: int) -> None:
                for _ in range(8):
                    await asyncio.gather(*(each(number) for number in range(first, first + 8)))
                    first += 8

            await often(0)
            for number in range(2):
                sql = f"alter table runs add column later{number} text"
                await asyncio.to_thread(postgresql.execute, sql, database)
                await often(100 * (number + 1))

    asyncio.run(body())


def test_what_is_due_is_judged_by_the_databases_clock(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: a host an hour ahead begins runs that others may take at once, and takes none before its time."""

    async def body() -> None:
        async with opened(database, 2) as [ahead, right]:
            await ahead.check()
            await right.check()
            log = RunLog(ahead, Tail(ahead), "ann")
            with monkeypatch.context() as wrong:
                wrong.setattr(time, "time", partial(later, time.time))
                await log.write_down("run-1", "tests.carry_run", Nothing(), None)
                assert abs((await log.get("run-1")).created - right.now()) < 60
            due = right.now() + 1800
            await log.write_down("run-2", "tests.carry_run", Nothing(), None, Terms(not_before=due))
            with monkeypatch.context() as wrong:
                wrong.setattr(time, "time", partial(later, time.time))
                taken = await ahead.take({"default": 2}, "ahead", ahead.now(), ["run-2"])
                assert (taken.rows, taken.next_at) == ([], due)
            # Each knows the database's clock as well as it answers in time.
            taken = await right.take({"default": 2}, "right", right.now() + 60)
            assert [row["id"] for row in taken.rows] == ["run-1"]

    asyncio.run(body())


def later(clock: Callable[[], float]) -> float:
    """The time that a host has which is an hour ahead."""
    return clock() + 3600


def test_connections_that_are_cut_are_replaced(postgresql: PostgreSQL, database: str) -> None:
    """An administrator, a proxy or a failover cuts them all: the next call of each kind is answered."""
    cut = (
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = current_database() and application_name = 'nis'"
    )

    async def body() -> None:
        async with opened(database) as [store]:
            await store.insert("runs", "ann", run_row("run-1"))
            for _ in range(5):
                assert int(await asyncio.to_thread(postgresql.execute, cut, database)) > 0
                assert await store.get("runs", "ann", "run-1")
                await asyncio.to_thread(postgresql.execute, cut, database)
                await store.append(events("run-1", "a"))
            assert await numbers(store, "run-1") == [1, 2, 3, 4, 5]

    asyncio.run(body())


def test_appends_whose_connection_is_cut_are_there_once(postgresql: PostgreSQL, database: str) -> None:
    """What a lost connection had committed is asked for: an append is neither lost nor doubled."""
    cut = (
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database()"
        " and application_name = 'nis' and state <> 'idle' and pid <> pg_backend_pid()"
    )

    async def body() -> None:
        async with opened(database) as [store]:
            await store.insert("runs", "ann", run_row("run-1"))
            stopped = asyncio.Event()

            async def cutting() -> None:
                while not stopped.is_set():
                    await asyncio.to_thread(postgresql.execute, cut, database)

            task = asyncio.create_task(cutting())
            answered: list[int] = []
            for number in range(40):
                try:
                    answered.append((await store.append(events("run-1", f"text {number}")))[0])
                except Unavailable:
                    # Cut three times in a row: it says that it has not been written.
                    continue
            stopped.set()
            await task
            assert await numbers(store, "run-1") == answered == list(range(1, len(answered) + 1))

    asyncio.run(body())


def test_growth_is_heard_in_every_process_once(database: str) -> None:
    """The process that appends hears it at its commit, the others by notice; a command is named."""

    async def body() -> None:
        async with opened(database, 2) as [here, there]:
            heard: dict[Store, list[Growth]] = {here: [], there: []}
            await asyncio.gather(here.listening(), there.listening())
            for store, list_ in heard.items():
                store.listen(list_.append)
            await here.insert("runs", "ann", run_row("run-1", state="running"))
            wanted = [
                Growth(run_id="run-1", last_seq=2),
                Growth(run_id="run-1", last_seq=3, command="text_delta"),
            ]
            await here.append(events("run-1", "a", "b"))
            for list_ in heard.values():
                await until(partial(holds, list_, wanted[0]))
            await there.append(events("run-1", "c", attempt=None))
            for list_ in heard.values():
                await until(partial(holds, list_, wanted[-1]))
            assert list(heard.values()) == [wanted, wanted]

    asyncio.run(body())


def test_growth_that_was_missed_while_deaf_is_told_afterwards(postgresql: PostgreSQL, database: str) -> None:
    """A listener looks up what is wanted of runs, and has whoever reads one look, when it has its connection."""
    deafen = (
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and query like '%wanted is not null%'"
    )

    def asked(seq: int) -> Growth:
        return Growth(run_id="run-1", last_seq=seq, command="cancel_requested")

    async def body() -> None:
        async with opened(database) as [here]:
            await here.listening()
            await here.insert("runs", "ann", run_row("run-1", state="running"))
            await here.append(events("run-1", "a", wanted="cancel"))
            async with opened(database) as [there]:
                heard: list[Growth] = []
                there.listen(heard.append)
                await until(partial(holds, heard, asked(1)))
                await there.listening()
                reader = Tail(there).open("run-2")
                assert int(await asyncio.to_thread(postgresql.execute, deafen, database)) >= 2
                await here.append(command("run-1", "cancel_requested"))
                await until(partial(holds, heard, asked(2)))
                assert reader.is_set()

    asyncio.run(body())


def test_a_stale_holder_on_another_host_is_refused(database: str) -> None:
    """The fence holds between processes: one row says whose attempt it is."""

    async def body() -> None:
        async with opened(database, 2) as [first, second]:
            await first.insert("runs", "ann", run_row("run-1"))
            await second.take({"default": 1}, "second", time.time())
            taken, refused = await asyncio.gather(
                second.append(events("run-1", "mine", attempt=2)),
                first.append(events("run-1", "stale")),
                return_exceptions=True,
            )
            assert isinstance(refused, Fenced)
            assert not isinstance(taken, BaseException)
            assert await numbers(first, "run-1") == [1]

    asyncio.run(body())


def test_a_role_is_played_by_one_process_until_it_ends(database: str) -> None:
    """Promise: what must happen once, happens in one of the processes that share a database."""

    async def body() -> None:
        async with opened(database, 2) as [first, second]:
            assert await first.leads("tidying")
            assert await first.leads("tidying")
            assert not await second.leads("tidying")
            assert await second.leads("publishing")
            await first.close()
            await until(partial(second.leads, "tidying"))
            await second.close()

    asyncio.run(body())


def test_a_run_does_not_begin_in_a_conversation_that_is_being_forgotten(database: str) -> None:
    """Two processes at once: either the run is refused, or it is there to keep the conversation."""

    async def body() -> None:
        async with opened(database, 2) as [first, second]:
            for number in range(20):
                talk = f"c-{number}"
                await first.insert("conversations", "ann", conversation_row(talk))
                row = run_row(f"run-{number}", conversation_id=talk)
                forgotten, begun = await asyncio.gather(
                    second.forget("ann", talk), first.insert("runs", "ann", row), return_exceptions=True
                )
                left = await first.get("conversations", "ann", talk), await first.get("runs", "ann", f"run-{number}")
                if forgotten is True:
                    assert isinstance(begun, NotFound)
                    assert left == (None, None)
                else:
                    assert begun is None
                    assert all(left)

    asyncio.run(body())


def test_a_store_that_is_closed_while_it_opens_leaves_nothing_behind(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is stopped before its first connection is there ends: no worker of the pool goes on."""
    waiting = asyncio.Event()

    async def wait(_pool: object, timeout: float) -> None:  # noqa: ASYNC109 - the pool's own
        waiting.set()
        await asyncio.sleep(timeout * 1000)

    monkeypatch.setattr(AsyncConnectionPool, "wait", wait)

    async def body() -> None:
        async with opened(database):
            await waiting.wait()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(body())


def test_what_is_no_address_is_refused_without_being_shown() -> None:
    """An address holds a password."""

    async def body() -> None:
        with pytest.raises(InvalidRequest) as refused:
            PostgresStore("postgresql://ann:secret@[::1/nis")
        assert "secret" not in str(refused.value.problem())

    asyncio.run(body())
