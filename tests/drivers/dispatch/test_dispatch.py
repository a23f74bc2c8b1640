"""The contract of dispatch, run over every implementation."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest

from nis_backend.drivers.dispatch.base import CANCELLED, PAUSED, Dispatch, Left, stop_reason
from nis_backend.drivers.dispatch.in_process import InProcess
from nis_backend.drivers.dispatch.leases import Leases
from nis_backend.drivers.store.base import Append, NewEvent, Store, Taken
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Busy, Fenced, InvalidRequest
from nis_backend.operation import Model
from nis_backend.run import RunLog, Tail, Terms

PATIENCE = 60.0

STALL = 3.0
"""Seconds of silence after which a host of these tests is dead, where several share the store."""


EVER = 1e12
"""A moment at which everything is due."""
GUESS = 1.0
"""Seconds by which a process may be wrong about the clock of a database that answers late."""


class Nothing(Model):
    """A request without fields."""


class Place:
    """A store, and hosts that share it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.log = RunLog(store, Tail(store), "ann", ["*"])
        self._hosts: list[Host] = []

    async def host(self, queues: Mapping[str, int] | None = None, *, serves: bool = True) -> Host:
        """A process that executes runs; one that does not serve, its own alone."""
        host = Host(self.store, queues or {"default": 4})
        self._hosts.append(host)
        await host.dispatch.open(idle=not serves)
        return host

    async def submit(self, run_id: str, *, wake: bool = True, **terms: object) -> str:
        """Write a run down, and have every host look at it."""
        how = Terms(**terms)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the fields' own types
        row, _ = await self.log.write_down(run_id, "tests.carry_run", Nothing(), None, how)
        for host in self._hosts if wake else ():
            await host.dispatch.submit(self.log.owner, row["id"])
        return str(row["id"])

    async def change(self, run_id: str, **changes: object) -> None:
        """Change columns of a run's row, as a command does."""
        await self.store.append(Append(owner="ann", run_id=run_id, attempt=None, events=[], changes=changes))

    async def close(self) -> None:
        """Every host at once, without patience."""
        for host in self._hosts:
            host.gate.set()
            await host.dispatch.close(0.0)


class Host:
    """A process: what it was given to execute, and how it was stopped."""

    def __init__(self, store: Store, queues: Mapping[str, int]) -> None:
        self.store = store
        self.dispatch: Dispatch = (
            Leases(store, self.execute, queues, STALL)
            if isinstance(store, PostgresStore)
            else InProcess(store, self.execute, queues)
        )
        self.began: list[tuple[str, int]] = []
        self.stopped: dict[str, str] = {}
        self.gate = asyncio.Event()
        """Runs stand here."""
        self.changed = asyncio.Condition()
        self.under_way: Counter[str] = Counter()
        self.most = 0
        self.broken: set[str] = set()
        """Runs whose execution breaks in a way that nobody foresaw, once."""
        self.again: dict[str, float] = {}
        """Runs that fail at first, and when they are to be tried again."""

    async def execute(self, owner: str, run_id: str, attempt: int) -> Left:
        """What a run of these tests does: it says that it began, waits, and ends."""
        self.began.append((run_id, attempt))
        self.under_way[run_id] += 1
        self.most = max(self.most, self.under_way.total())
        try:
            async with self.changed:
                self.changed.notify_all()
            await self.gate.wait()
            if run_id in self.broken:
                self.broken.discard(run_id)
                raise RuntimeError(run_id)
            at = self.again.pop(run_id, None)
            if at is not None:
                await self.append(owner, run_id, attempt, state="queued", not_before=at, retried=1)
                return Left(how="again", at=at)
            await self.append(owner, run_id, attempt, state="succeeded")
        except asyncio.CancelledError as cancelled:
            self.stopped[run_id] = stop_reason(cancelled)
            state = {CANCELLED: "cancelled", PAUSED: "paused"}.get(stop_reason(cancelled), "queued")
            with contextlib.suppress(Fenced):
                await self.append(owner, run_id, attempt, state=state)
            return Left(how="ended" if state == "cancelled" else "released")
        except Fenced:
            self.stopped[run_id] = "fenced"
        finally:
            self.under_way[run_id] -= 1
            async with self.changed:
                self.changed.notify_all()
        return Left(how="ended")

    async def append(self, owner: str, run_id: str, attempt: int, **changes: object) -> None:
        """An append as a run's holder makes it."""
        event = NewEvent(type="warning", body='{"message": ""}')
        append = Append(owner=owner, run_id=run_id, attempt=attempt, events=[event], changes=changes)
        await self.store.append(append)

    def fall_silent(self) -> None:
        """Hold on, but say no more that it lives, and take no more: as a process does that is stopped."""
        for name in ("_beating", "_loop"):
            task: asyncio.Task[None] | None = getattr(self.dispatch, name, None)
            if task is not None:
                task.cancel()

    async def until(self, number: int) -> None:
        """Wait until as many runs have begun here."""
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(lambda: len(self.began) >= number)


Test = Callable[[Place], Awaitable[None]]


@contextlib.asynccontextmanager
async def place_on(folder: Path, database: str | None) -> AsyncGenerator[Place]:
    """One implementation's store, closed at the end."""
    store = SqliteStore(folder / "nis.db") if database is None else PostgresStore(database)
    place = Place(store)
    try:
        async with asyncio.timeout(PATIENCE):
            yield place
    finally:
        await place.close()
        await store.close()


@pytest.fixture(params=["in_process", "leases"])
def with_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Test], None]:
    """Runs a test's body on each implementation."""
    database = request.getfixturevalue("database") if request.param == "leases" else None

    async def within(body: Test) -> None:
        async with place_on(tmp_path, database) as place:
            await body(place)

    return lambda body: asyncio.run(within(body))


async def state_of(place: Place, run_id: str, *states: str) -> str:
    """The run's state once it is one of these."""
    grown = asyncio.Event()
    place.store.listen(lambda _: grown.set())
    async with asyncio.timeout(PATIENCE):
        while True:
            grown.clear()
            state = (await place.log.get(run_id)).state
            if state in states:
                return state
            await grown.wait()


def test_a_run_is_executed_once_under_its_first_attempt(with_place: Callable[[Test], None]) -> None:
    """A run that was committed is taken, its attempt is one, and its holder's append ends it."""

    async def body(place: Place) -> None:
        host = await place.host()
        host.gate.set()
        await place.submit("run-1")
        assert await state_of(place, "run-1", "succeeded") == "succeeded"
        assert host.began == [("run-1", 1)]

    with_place(body)


def test_a_run_written_down_before_the_start_is_found(with_place: Callable[[Test], None]) -> None:
    """The row is the queue: nobody has to hand it over."""

    async def body(place: Place) -> None:
        await place.submit("run-1")
        host = await place.host()
        await host.until(1)

    with_place(body)


def test_the_highest_priority_goes_first_then_the_longest_waiting(with_place: Callable[[Test], None]) -> None:
    """Within a queue that takes one run at a time."""

    async def body(place: Place) -> None:
        for run_id, priority in (("run-a", 0), ("run-b", 5), ("run-c", 0), ("run-d", 5), ("run-e", -1)):
            await place.submit(run_id, priority=priority)
        host = await place.host({"default": 1})
        host.gate.set()
        await host.until(5)
        assert [run_id for run_id, _ in host.began] == ["run-b", "run-d", "run-a", "run-c", "run-e"]
        assert host.most == 1

    with_place(body)


def test_each_queue_executes_as_many_at_once_as_it_may(with_place: Callable[[Test], None]) -> None:
    """A full queue does not hold up another one."""

    async def body(place: Place) -> None:
        host = await place.host({"default": 3, "compute": 1})
        for number in range(6):
            await place.submit(f"run-{number}")
        await host.until(3)
        await place.submit("run-x", queue="compute")
        await place.submit("run-y", queue="compute")
        await host.until(4)
        assert host.most == 4
        assert sorted(run_id for run_id, _ in host.began) == ["run-0", "run-1", "run-2", "run-x"]
        host.gate.set()
        await host.until(8)

    with_place(body)


def test_a_run_that_waits_for_another_holds_no_place_that_it_needs(with_place: Callable[[Test], None]) -> None:
    """House rule: what begins others in its own queue and waits for them does not wait for ever, however full it is."""

    async def body(place: Place) -> None:
        host = await place.host({"default": 1})
        await place.submit("run-first")
        await host.until(1)
        with host.dispatch.resting("run-first"), host.dispatch.resting("run-first"):
            await place.submit("run-asked")
            await host.until(2)
            assert host.dispatch.under_way() == {"default": (1, 1)}
        assert host.dispatch.under_way() == {"default": (2, 1)}
        await place.submit("run-other")
        host.gate.set()
        await host.until(3)
        for one in ("run-first", "run-asked", "run-other"):
            await state_of(place, one, "succeeded")

    with_place(body)


def test_a_delayed_run_starts_when_it_is_due_and_no_sooner(with_place: Callable[[Test], None]) -> None:
    """Nobody wakes the host: it sleeps until then by itself."""

    async def body(place: Place) -> None:
        host = await place.host()
        due = place.store.now() + 1.5
        await place.submit("run-1", not_before=due)
        await host.until(1)
        assert place.store.now() >= due - GUESS

    with_place(body)


def test_an_open_run_stands_for_others_with_its_key(with_place: Callable[[Test], None]) -> None:
    """Dedupe: by owner, and only while the first is open."""

    async def body(place: Place) -> None:
        host = await place.host()
        assert await place.submit("run-1", dedupe="daily") == "run-1"
        assert await place.submit("run-2", dedupe="daily") == "run-1"
        assert await place.submit("run-3", dedupe="weekly") == "run-3"
        theirs = RunLog(place.store, Tail(place.store), "bob", [])
        row, _ = await theirs.write_down("run-4", "o", Nothing(), None, Terms(dedupe="daily"))
        assert row["id"] == "run-4"
        host.gate.set()
        await state_of(place, "run-1", "succeeded")
        assert await place.submit("run-5", dedupe="daily") == "run-5"

    with_place(body)


def test_a_run_past_its_deadline_is_taken_to_be_ended_without_room(with_place: Callable[[Test], None]) -> None:
    """A queue that is full, or a run that rests, does not keep it open."""

    async def body(place: Place) -> None:
        host = await place.host({"default": 1})
        await place.submit("run-1")
        await host.until(1)
        await place.submit("run-2", deadline=time.time() + 0.2)
        await place.submit("run-3", deadline=time.time() + 0.3)
        await place.change("run-3", state="waiting")
        await host.until(3)
        assert {run_id for run_id, _ in host.began} == {"run-1", "run-2", "run-3"}

    with_place(body)


def test_a_run_that_is_tried_again_waits_for_its_time(with_place: Callable[[Test], None]) -> None:
    """Back-off: the executor names the time, and the next attempt is the second."""

    async def body(place: Place) -> None:
        host = await place.host()
        host.gate.set()
        host.again["run-1"] = at = place.store.now() + 1.5
        await place.submit("run-1", retries=1)
        await host.until(2)
        assert place.store.now() >= at - GUESS
        assert host.began == [("run-1", 1), ("run-1", 2)]
        await state_of(place, "run-1", "succeeded")

    with_place(body)


@pytest.mark.parametrize(
    ("command", "wanted", "reason"),
    [("cancel_requested", "cancel", CANCELLED), ("pause_requested", "pause", PAUSED)],
)
def test_a_command_reaches_the_holder(
    with_place: Callable[[Test], None], command: str, wanted: str, reason: str
) -> None:
    """Its task is cancelled with the reason, once, however often it is asked."""

    async def body(place: Place) -> None:
        host = await place.host()
        await place.submit("run-1")
        await host.until(1)
        ask = Append(
            owner="ann",
            run_id="run-1",
            attempt=None,
            events=[NewEvent(type=command, body="{}")],
            changes={"wanted": wanted},
        )
        await asyncio.gather(*(place.store.append(ask) for _ in range(3)), return_exceptions=True)
        await state_of(place, "run-1", "cancelled", "paused")
        assert host.stopped == {"run-1": reason}

    with_place(body)


def test_a_command_meets_the_next_holder_too(with_place: Callable[[Test], None]) -> None:
    """What was asked of a process that died is in the row, and the run begins with it."""

    async def body(place: Place) -> None:
        await place.submit("run-1")
        await place.store.take({"default": 1}, "dead", EVER)
        await place.change("run-1", wanted="cancel")
        host = await place.host()
        await state_of(place, "run-1", "cancelled")
        assert host.began == [("run-1", 2)]
        assert host.stopped == {"run-1": CANCELLED}

    with_place(body)


def test_two_dispatchers_never_take_one_run_twice(with_place: Callable[[Test], None]) -> None:
    """Each of a hundred runs begins once, on one of both."""

    async def body(place: Place) -> None:
        # Before both: a host that opens takes back what others hold, where a folder has one process.
        first, second = await place.host({"default": 8}), await place.host({"default": 8})
        first.gate.set()
        second.gate.set()
        for number in range(100):
            await place.submit(f"run-{number}")
        async with asyncio.timeout(PATIENCE):
            for number in range(100):
                await state_of(place, f"run-{number}", "succeeded")
        assert Counter([*first.began, *second.began]) == Counter((f"run-{number}", 1) for number in range(100))

    with_place(body)


def test_a_holder_that_stalled_is_refused(with_place: Callable[[Test], None]) -> None:
    """The fence: once another has taken the run, the first one's append adds nothing."""

    async def body(place: Place) -> None:
        stalled = await place.host()
        await place.submit("run-1")
        await stalled.until(1)
        stalled.fall_silent()
        other = await place.host()
        await other.until(1)
        assert other.began == [("run-1", 2)]
        stalled.gate.set()
        other.gate.set()
        await state_of(place, "run-1", "succeeded")
        async with stalled.changed:
            await stalled.changed.wait_for(lambda: not stalled.under_way.total())
        assert stalled.stopped == {"run-1": "fenced"}

    with_place(body)


def test_a_full_queue_is_busy_until_one_is_done(with_place: Callable[[Test], None]) -> None:
    """Sixteen may wait for each that may run; the refusal names the queue and when to try again."""

    async def body(place: Place) -> None:
        host = await place.host({"default": 1})
        for number in range(17):
            await host.dispatch.admit("default")
            await place.submit(f"run-{number}")
            await host.until(1)
        with pytest.raises(Busy, match="default") as busy:
            await host.dispatch.admit("default")
        assert busy.value.retry_after
        host.gate.set()
        await state_of(place, "run-16", "succeeded")
        await host.dispatch.admit("default")

    with_place(body)


def test_a_queue_that_nobody_serves_is_refused(with_place: Callable[[Test], None]) -> None:
    """The message names those there are."""

    async def body(place: Place) -> None:
        host = await place.host({"default": 1, "compute": 1})
        with pytest.raises(InvalidRequest, match="vision") as refused:
            await host.dispatch.admit("vision")
        assert refused.value.field == "queue"
        assert "compute or default" in refused.value.remedy

    with_place(body)


def test_close_releases_what_is_held_and_leaves_what_waits(with_place: Callable[[Test], None]) -> None:
    """A graceful stop fails nothing: both are queued, and the next process goes on."""

    async def body(place: Place) -> None:
        host = await place.host({"default": 1})
        await place.submit("run-1")
        await place.submit("run-2")
        await host.until(1)
        await host.dispatch.close(0.0)
        assert host.stopped == {"run-1": "shutdown"}
        assert [(await place.log.get(run_id)).state for run_id in ("run-1", "run-2")] == ["queued", "queued"]
        following = await place.host()
        await following.until(2)
        assert sorted(following.began) == [("run-1", 2), ("run-2", 1)]

    with_place(body)


def test_another_process_hears_of_a_run_at_its_commit(database: str) -> None:
    """Nobody submits it there: the statement that queues a run tells the other processes' dispatchers."""

    async def body() -> None:
        here, there = PostgresStore(database), PostgresStore(database)
        place, other = Place(here), Place(there)
        try:
            host = await other.host()
            async with asyncio.timeout(PATIENCE):
                await there._listener.listening.wait()  # pyright: ignore[reportPrivateUsage] - what it waits for
            await place.submit("run-1")
            await host.until(1)
            ask = NewEvent(type="cancel_requested", body="{}")
            await here.append(
                Append(owner="ann", run_id="run-1", attempt=None, events=[ask], changes={"wanted": "cancel"})
            )
            await state_of(place, "run-1", "cancelled")
            assert host.stopped == {"run-1": CANCELLED}
        finally:
            await other.close()
            await there.close()
            await here.close()

    asyncio.run(body())


def test_a_host_that_lives_keeps_its_runs(database: str) -> None:
    """However long a run takes: others see that its holder beats, and take nothing."""

    async def body() -> None:
        async with place_on(Path(), database) as place:
            first = await place.host()
            await place.submit("run-1")
            await first.until(1)
            second = await place.host()
            looks = 0
            with_beats = place.store.recover

            async def recover(holder: str) -> list[str]:
                nonlocal looks
                found = await with_beats(holder)
                looks += 1
                assert not found
                async with first.changed:
                    first.changed.notify_all()
                return found

            place.store.recover = recover  # pyright: ignore[reportAttributeAccessIssue] - counted, and carried out
            async with first.changed:
                await first.changed.wait_for(lambda: looks >= 14)
            first.gate.set()
            await state_of(place, "run-1", "succeeded")
            assert (first.began, second.began) == ([("run-1", 1)], [])

    asyncio.run(body())


def test_a_run_whose_execution_breaks_is_taken_anew(with_place: Callable[[Test], None]) -> None:
    """Whatever breaks in a process that goes on, no run stays with it that nobody executes."""

    async def body(place: Place) -> None:
        host = await place.host()
        host.broken.add("run-1")
        host.gate.set()
        await place.submit("run-1")
        assert await state_of(place, "run-1", "succeeded") == "succeeded"
        assert host.began == [("run-1", 1), ("run-1", 2)]

    with_place(body)


def test_runs_go_on_though_a_look_for_them_has_broken(
    with_place: Callable[[Test], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answer of the database that nobody foresaw does not end the dispatcher."""

    async def body(place: Place) -> None:
        take, broken = place.store.take, [True]

        async def breaks(room: Mapping[str, int], holder: str, now: float, only: Sequence[str] | None) -> Taken:
            if broken:
                broken.pop()
                raise RuntimeError
            return await take(room, holder, now, only)

        monkeypatch.setattr(place.store, "take", breaks)
        host = await place.host()
        await place.submit("run-1")
        await host.until(1)

    with_place(body)


def test_a_run_that_was_taken_and_never_begun_is_queued(database: str) -> None:
    """The database has committed that this process holds it, and the answer was lost: the next beats find it."""

    async def body() -> None:
        store = PostgresStore(database)
        place = Place(store)
        try:
            async with asyncio.timeout(PATIENCE):
                host = await place.host({"default": 0})
                dispatch = cast("Leases", host.dispatch)
                await place.submit("run-1", wake=False)
                taken = await store.take({"default": 1}, dispatch.holding.holder, EVER)
                assert len(taken.rows) == 1
                assert await state_of(place, "run-1", "queued") == "queued"
        finally:
            await place.close()
            await store.close()

    asyncio.run(body())


def test_a_command_executes_its_own_run_and_leaves_the_others_as_they_are(with_place: Callable[[Test], None]) -> None:
    """A process that does not serve executes nothing that was cut, queued, overdue, or comes besides."""

    async def body(place: Place) -> None:
        await place.submit("run-held")
        await place.store.take({"default": 1}, "dead", EVER)
        await place.submit("run-queued")
        await place.submit("run-late", deadline=time.time() - 1)
        host = await place.host(serves=False)
        host.gate.set()
        await place.log.write_down("run-besides", "tests.carry_run", Nothing(), None)
        await place.submit("run-own")
        await state_of(place, "run-own", "succeeded")
        assert host.began == [("run-own", 1)]
        states = [(await place.log.get(f"run-{name}")).state for name in ("queued", "late", "besides")]
        assert states == ["queued", "queued", "queued"]
        server = await place.host()
        server.gate.set()
        await server.until(4)

    with_place(body)


def test_each_process_is_judged_by_its_own_promise(database: str) -> None:
    """Who is patient is not taken over from by who is hasty: the time is in the holder's row."""

    async def body() -> None:
        async with place_on(Path(), database) as place:
            for holder, stall in (("patient", 60.0), ("hasty", 0.0)):
                await place.store.beat(holder, stall)
                await place.submit(f"run-{holder}")
                await place.store.take({"default": 1}, holder, EVER)
            assert await place.store.recover("another") == ["run-hasty"]

    asyncio.run(body())
