"""The run's log: the holder's pen, the readers, the end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from nis_backend.commands import append_of
from nis_backend.drivers.store.base import Append
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Cancelled, InvalidRequest, NotFound, UpstreamFailed
from nis_backend.event import CancelledRun, Event, Failed, StepRetried, Succeeded, TextDelta, Warned, transcript
from nis_backend.journal import Journal
from nis_backend.operation import Model
from nis_backend.run import RunLog, Tail


class Nothing(Model):
    """A request without fields."""


@contextlib.asynccontextmanager
async def begun(folder: Path) -> AsyncGenerator[tuple[RunLog, Journal]]:
    """A run that was written down, and its holder's pen."""
    store = SqliteStore(folder / "nis.db")
    log = RunLog(store, Tail(store), "ann")
    await log.write_down("run-1", "chat.send_message", Nothing(), None)
    try:
        yield log, Journal(store, "ann", "run-1", 0)
    finally:
        await store.close()


def test_what_nobody_reads_is_committed_for_the_first_who_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's events may wait for its end; who asks for it, or begins to follow it, sees all that has happened."""
    monkeypatch.setattr("nis_backend.journal.UNREAD", 3600.0)

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        tail = Tail(store)
        log = RunLog(store, tail, "ann")
        await log.write_down("run-1", "chat.send_message", Nothing(), None)
        journal = Journal(store, "ann", "run-1", 0, tail=tail)
        began = time.time()
        waits = asyncio.create_task(log.result("run-1"))
        await journal.write(Warned(message="one"))
        written = time.time()
        assert await store.events("ann", "run-1", 0) == []
        assert (await log.get("run-1")).last_seq == 1
        await journal.write(Warned(message="two"))
        assert [event.body for event in await log.events("run-1")] == [Warned(message="one"), Warned(message="two")]
        await journal.write(Warned(message="three"))
        following = log.follow("run-1")
        read = [await anext(following) for _ in range(3)]
        # Who follows is told of what comes, too, without asking.
        await journal.write(Warned(message="four"))
        read.append(await anext(following))
        await journal.commit(Succeeded(result=None), state="succeeded", result="null")
        read += [event async for event in following]
        assert [event.seq for event in read] == [1, 2, 3, 4, 5]
        assert began <= read[0].time <= written, "an event has the time at which it happened"
        assert await waits is None
        await store.close()

    async def bounded() -> None:
        async with asyncio.timeout(120):
            await body()

    asyncio.run(bounded())


def test_who_asks_while_events_are_on_their_way_sees_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the run has done is there for who asks, also when its commit has begun and has not ended."""

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        tail = Tail(store)
        log = RunLog(store, tail, "ann")
        await log.write_down("run-1", "chat.send_message", Nothing(), None)
        journal = Journal(store, "ann", "run-1", 0, tail=tail)
        append, begun, go = store.append, asyncio.Event(), asyncio.Event()

        async def slowly(given: Append) -> tuple[int, float]:
            begun.set()
            await go.wait()
            return await append(given)

        monkeypatch.setattr(store, "append", slowly)
        await journal.write(Warned(message="one"))
        async with asyncio.timeout(120):
            first = asyncio.create_task(log.get("run-1"))
            await begun.wait()
            second = asyncio.create_task(log.get("run-1"))
            await store.tidy(None)
            go.set()
            assert [(await first).last_seq, (await second).last_seq] == [1, 1]
        await store.close()

    asyncio.run(body())


def test_what_a_run_does_after_a_death_waits_for_no_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts that leave nothing end a run: each but the first writes down at once how far it has come."""
    monkeypatch.setattr("nis_backend.journal.UNREAD", 3600.0)

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        grown = asyncio.Event()
        store.listen(lambda _: grown.set())
        await RunLog(store, Tail(store), "ann").write_down("run-1", "chat.send_message", Nothing(), None)
        await store.take({"default": 1}, "one", 1e12)
        await store.recover("another")
        await store.take({"default": 1}, "another", 1e12)
        await Journal(store, "ann", "run-1", 2, tail=Tail(store)).write(Warned(message="one"))
        async with asyncio.timeout(120):
            await grown.wait()
        await store.close()

    asyncio.run(body())


def test_a_reader_that_reconnects_misses_and_repeats_nothing(tmp_path: Path) -> None:
    """Readers who leave after any event and come back with its number see the same log as one who stayed."""

    async def body() -> None:
        async with begun(tmp_path) as (log, journal):

            async def read_in_pieces() -> list[int]:
                seen: list[int] = []
                while True:
                    async for event in log.follow("run-1", seen[-1] if seen else 0):
                        seen.append(event.seq)
                        if event.terminal:
                            return seen
                        break

            async def read_through() -> list[int]:
                return [event.seq async for event in log.follow("run-1")]

            readers = [asyncio.create_task(read_in_pieces()) for _ in range(3)]
            readers.append(asyncio.create_task(read_through()))
            for number in range(40):
                await journal.write(Warned(message=str(number)))
            await journal.commit(Succeeded(result=None), state="succeeded", result="null")
            async with asyncio.timeout(120):
                assert await asyncio.gather(*readers) == [list(range(1, 42))] * 4

    asyncio.run(body())


def test_text_is_joined_but_the_first_words_come_at_once(tmp_path: Path) -> None:
    """Two hundred words arrive whole and in order, in far fewer events, before any later event."""

    async def body() -> None:
        async with begun(tmp_path) as (log, journal):
            await journal.text(1, "first ")
            first = await anext(log.follow("run-1"))
            assert first.body == TextDelta(step=1, text="first ")
            for number in range(200):
                await journal.text(1, f"{number} ")
            await journal.write(Warned(message="after the text"))
            await journal.flush()
            events = await log.events("run-1")
            assert transcript(events) == "first " + "".join(f"{number} " for number in range(200))
            assert len(events) < 100
            assert events[-1].body == Warned(message="after the text")

    asyncio.run(body())


def test_held_text_is_committed_without_another_word(tmp_path: Path) -> None:
    """The timer commits what waits, so a reader never waits for the next word."""

    async def body() -> None:
        async with begun(tmp_path) as (log, journal):
            await journal.text(1, "a")
            await journal.text(1, "b")
            texts: list[str] = []
            async with asyncio.timeout(120):
                async for event in log.follow("run-1"):
                    assert isinstance(event.body, TextDelta)
                    texts.append(event.body.text)
                    if "".join(texts) == "ab":
                        return

    asyncio.run(body())


def test_a_retried_step_supersedes_its_own_words_only() -> None:
    """What an earlier step said stands; what the cut step had said is gone."""
    bodies = [
        TextDelta(step=1, text="kept. "),
        TextDelta(step=2, text="cut"),
        StepRetried(step=2, attempt=2, reason="the worker died"),
        TextDelta(step=2, text="whole."),
    ]
    log = [Event(run_id="r", seq=n, time=0.0, attempt=1, body=body) for n, body in enumerate(bodies, 1)]
    assert transcript(log) == "kept. whole."


def test_a_cursor_beyond_the_end_is_refused(tmp_path: Path) -> None:
    """The number and the remedy are named, and another owner's run is not there."""

    async def body() -> None:
        async with begun(tmp_path) as (log, journal):
            await journal.write(Warned(message="one"))
            await journal.flush()
            with pytest.raises(InvalidRequest, match="1 events") as refused:
                await anext(log.follow("run-1", 5))
            assert refused.value.field == "after"
            with pytest.raises(NotFound):
                await anext(log.follow("run-2"))

    asyncio.run(body())


def test_the_result_of_a_failed_run_is_its_failure_as_it_was(tmp_path: Path) -> None:
    """A waiting caller gets the failure's class, message and remedy back."""

    async def body() -> None:
        async with begun(tmp_path) as (log, journal):
            waiting = asyncio.create_task(log.result("run-1"))
            problem = UpstreamFailed("it broke", remedy="try another").problem()
            await journal.commit(
                Failed(problem=problem),
                state="failed",
                problem='{"code": "upstream_failed", "detail": "it broke", "remedy": "try another"}',
            )
            with pytest.raises(UpstreamFailed) as failed:
                await waiting
            assert (failed.value.message, failed.value.remedy) == ("it broke", "try another")

    asyncio.run(body())


def test_the_result_of_a_cancelled_run_is_a_refusal(tmp_path: Path) -> None:
    """There is no result, and no failure to repeat: the caller is told that it was cancelled."""

    async def body() -> None:
        async with begun(tmp_path) as (log, journal):
            await journal.commit(CancelledRun(), state="cancelled")
            with pytest.raises(Cancelled, match="run-1"):
                await log.result("run-1")

    asyncio.run(body())


@pytest.mark.parametrize(("command", "then"), [("cancel", "cancelled"), ("pause", "paused")])
def test_a_command_meets_a_run_that_was_taken_and_let_go_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, then: str
) -> None:
    """Promise: read as queued, taken, told, and queued again: it is no conflict, and what was told counts."""

    async def body() -> None:
        async with begun(tmp_path) as (log, journal):
            store = journal._store  # pyright: ignore[reportPrivateUsage] - what a command meets is between two calls
            append = store.append

            async def meanwhile(told: Append) -> tuple[int, float]:
                monkeypatch.setattr(store, "append", append)
                await store.take({"default": 1}, "other", time.time())
                try:
                    return await append(told)
                finally:
                    await append(append_of("ann", "run-1", 1, [], {"state": "queued"}))

            monkeypatch.setattr(store, "append", meanwhile)
            await getattr(log, command)("run-1")
            assert (await log.get("run-1")).state == then

    asyncio.run(body())
