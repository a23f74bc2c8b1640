"""What the store promises of bounds: of values, of logs, of how long things are kept; each implementation."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
from store_rows import conversation_row, events, run_row

from nis_backend.drivers.store.base import Append, NewEvent, Store
from nis_backend.drivers.store.limits import Limits
from nis_backend.drivers.store.postgres import conversations as postgres_conversations
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.sqlite import retention
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Conflict, InvalidRequest, TooLarge

LIMITS = Limits(events=10, log_bytes=2_000_000, event_bytes=1_000_000)

Body = Callable[[Store], Awaitable[None]]


@pytest.fixture(params=["sqlite", "postgresql"])
def with_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Body], None]:
    """Runs a test's body with each implementation, under small limits."""
    database = request.getfixturevalue("database") if request.param == "postgresql" else None

    @contextlib.asynccontextmanager
    async def opened() -> AsyncGenerator[Store]:
        store = (
            SqliteStore(tmp_path / "nis.db", limits=LIMITS)
            if database is None
            else PostgresStore(database, limits=LIMITS)
        )
        try:
            yield store
        finally:
            await store.close()

    async def within(body: Body) -> None:
        async with opened() as store:
            await body(store)

    return lambda body: asyncio.run(within(body))


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "\udfff"])
def test_characters_that_no_database_keeps_are_refused_by_name(with_store: Callable[[Body], None], text: str) -> None:
    """PostgreSQL keeps no NUL, and neither keeps half a character: both say so, and what arrived with it lands."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        answers = await asyncio.gather(
            store.insert("conversations", "ann", conversation_row("c-1", text)),
            store.update("runs", "ann", "run-1", {"input": text}),
            store.append(
                Append(owner="ann", run_id="run-1", attempt=1, events=[NewEvent(type="x", body=text)], changes={})
            ),
            store.append(events("run-1", "a")),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers[:3]] == [InvalidRequest] * 3
        assert isinstance(answers[0], InvalidRequest)
        assert answers[0].field == "title"
        assert [row["seq"] for row in await store.events("ann", "run-1", 0)] == [1]

    with_store(body)


def test_a_number_beyond_64_bits_is_refused_by_name(with_store: Callable[[Body], None]) -> None:
    """Neither database has room for it."""

    async def body(store: Store) -> None:
        with pytest.raises(InvalidRequest, match="priority"):
            await store.insert("runs", "ann", run_row("run-1", priority=2**70))

    with_store(body)


def test_escaped_characters_in_json_are_kept_and_found(with_store: Callable[[Body], None]) -> None:
    """A message may name NUL or half a pair by its escape: it is found by the words before and after."""

    async def body(store: Store) -> None:
        await store.insert("conversations", "ann", conversation_row("c-1"))
        given = '{"message": "tide \\u0000 and \\ud800 moon"}'
        await store.insert("runs", "ann", run_row("run-1", conversation_id="c-1", input=given))
        row = await store.get("runs", "ann", "run-1")
        assert row
        assert row["input"] == given
        for word in ("tide", "moon"):
            found = await store.search("ann", [word], 5)
            assert [one["run_id"] for one in found] == ["run-1"], word
            assert f"\x02{word}\x03" in found[0]["text"]

    with_store(body)


def test_fifty_writers_of_one_run_leave_no_hole(with_store: Callable[[Body], None]) -> None:
    """Numbers are 1, 2, 3, …; a reader beside them never sees one whose predecessor it has not seen."""

    async def body(store: Store) -> None:
        for number in range(5):
            await store.insert("runs", "ann", run_row(f"run-{number}"))
        done = asyncio.Event()

        async def read() -> None:
            while not done.is_set():
                seen = [row["seq"] for row in await store.events("ann", "run-0", 0)]
                assert seen == list(range(1, len(seen) + 1))
                # A store that answers from memory lets nobody else have a turn.
                await asyncio.sleep(0)

        reading = asyncio.create_task(read())
        await asyncio.gather(*(store.append(events(f"run-{n % 5}", "a")) for n in range(50)))
        done.set()
        await reading
        assert [row["seq"] for row in await store.events("ann", "run-0", 0)] == list(range(1, 11))

    with_store(body)


def test_a_log_has_a_most_of_events_and_can_still_be_ended(with_store: Callable[[Body], None]) -> None:
    """What would cross the limit is refused by name of the setting; how the run ends is written down all the same."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        await store.append(events("run-1", *"123456789"))
        with pytest.raises(TooLarge) as refused:
            await store.append(events("run-1", "a", "b"))
        assert "NIS_MAX_RUN_EVENTS" in refused.value.remedy
        await store.append(events("run-1", "a"))
        assert (await store.append(events("run-1", "end", state="failed")))[0] == 11

    with_store(body)


def test_an_event_and_a_log_have_a_most_of_bytes(with_store: Callable[[Body], None]) -> None:
    """A body just below the limit is kept whole; sizes are those of UTF-8."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        with pytest.raises(TooLarge, match="1000023 bytes"):
            await store.append(events("run-1", "ø" * 500_000))
        await store.append(events("run-1", "ø" * 450_000))
        await store.append(events("run-1", "x" * 900_000))
        with pytest.raises(TooLarge) as refused:
            await store.append(events("run-1", "x" * 900_000))
        assert "NIS_MAX_RUN_BYTES" in refused.value.remedy
        rows = await store.events("ann", "run-1", 0)
        assert [len(row["body"]) for row in rows] == [450_000 + 23, 900_000 + 23]

    with_store(body)


def test_an_append_goes_only_in_the_states_it_names(with_store: Callable[[Body], None]) -> None:
    """A command for a waiting run does nothing to one that is not; the refusal says what it is."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        command = Append(
            owner="ann",
            run_id="run-1",
            attempt=None,
            events=[NewEvent(type="approved", body="{}")],
            changes={"state": "queued"},
            only_in=["waiting"],
        )
        with pytest.raises(Conflict, match="is queued") as refused:
            await store.append(command)
        assert "waiting" in refused.value.remedy
        await store.update("runs", "ann", "run-1", {"state": "waiting"})
        assert (await store.append(command))[0] == 1

    with_store(body)


def test_an_effect_happens_once_and_answers_as_it_did(with_store: Callable[[Body], None]) -> None:
    """A step that is carried out again repeats no write; a refused one leaves its key unused."""

    async def body(store: Store) -> None:
        await asyncio.gather(
            *(store.insert("conversations", "ann", conversation_row("c-1"), once="k-1") for _ in range(5))
        )
        assert await store.count("conversations", "ann") == 1
        assert await store.update("conversations", "ann", "c-1", {"title": "A"}, once="k-2")
        await store.update("conversations", "ann", "c-1", {"title": "B"})
        assert await store.update("conversations", "ann", "c-1", {"title": "A"}, once="k-2")
        row = await store.get("conversations", "ann", "c-1")
        assert row
        assert row["title"] == "B"
        assert not await store.delete("conversations", "ann", "none", once="k-3")
        with pytest.raises(Conflict):
            await store.insert("conversations", "ann", conversation_row("c-1"), once="k-4")
        await store.insert("conversations", "ann", conversation_row("c-2"), once="k-4")
        assert await store.delete("conversations", "ann", "c-2", once="k-5")
        assert await store.delete("conversations", "ann", "c-2", once="k-5")

    with_store(body)


def test_of_open_runs_one_has_a_key(with_store: Callable[[Body], None]) -> None:
    """A second is refused until the first has ended; another owner's key is another."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1", dedupe="nightly"))
        with pytest.raises(Conflict):
            await store.insert("runs", "ann", run_row("run-2", dedupe="nightly"))
        await store.insert("runs", "bob", run_row("run-3", dedupe="nightly"))
        await store.append(events("run-1", "end", state="succeeded"))
        await store.insert("runs", "ann", run_row("run-2", dedupe="nightly"))

    with_store(body)


def test_runs_that_ended_long_ago_go_with_their_logs(with_store: Callable[[Body], None]) -> None:
    """Whoever owns them, and the conversations that this empties; what is open or newer stays."""

    async def body(store: Store) -> None:
        for number, state in enumerate(["succeeded", "failed", "waiting"]):
            talk = f"c-{number}"
            await store.insert("conversations", "ann", conversation_row(talk))
            await store.insert("runs", "ann", run_row(f"run-{number}", conversation_id=talk))
            await store.append(events(f"run-{number}", "a", "b", state=state, result='{"response": "tide"}'))
            await store.update("runs", "ann", f"run-{number}", {"updated": 5.0 + number})
        assert await store.tidy(None) is False
        while await store.tidy(6.0):
            continue
        assert [row["id"] for row in await store.select("runs", "ann")] == ["run-2", "run-1"]
        assert await store.events("ann", "run-0", 0) == []
        assert [row["run_id"] for row in await store.search("ann", ["tide"], 9)] == ["run-2", "run-1"]
        assert await store.count("conversations", "ann") == 2
        while await store.tidy(1e9):
            continue
        assert [row["id"] for row in await store.select("runs", "ann")] == ["run-2"]

    with_store(body)


def test_space_that_was_freed_goes_back_to_the_disk(tmp_path: Path) -> None:
    """A little at a time: the file becomes smaller, also one that an earlier nis has made."""
    path = tmp_path / "nis.db"

    async def fill() -> None:
        store = SqliteStore(path)
        for number in range(20):
            await store.insert("runs", "ann", run_row(f"run-{number}"))
            await store.append(events(f"run-{number}", "x" * 200_000, state="succeeded"))
        await store.close()

    async def tidy() -> int:
        store, steps = SqliteStore(path), 0
        while await store.tidy(1e12):
            steps += 1
        await store.close()
        return steps

    asyncio.run(fill())
    full = path.stat().st_size
    assert full > 4_000_000
    asyncio.run(SqliteStore(tmp_path / "empty.db").close())
    empty = (tmp_path / "empty.db").stat().st_size
    assert asyncio.run(tidy()) > 20
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    assert path.stat().st_size < empty + full / 32


def test_keys_of_writes_go_once_their_run_has_ended(
    with_store: Callable[[Body], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a run that is open stay, however long it waits; the others after their time."""

    async def body(store: Store) -> None:
        await store.insert("conversations", "ann", conversation_row("c-1"))
        for run_id, state in (("run-1", "succeeded"), ("run-2", "waiting")):
            await store.insert("runs", "ann", run_row(run_id))
            await store.update("conversations", "ann", "c-1", {"title": "once"}, once=f"{run_id}:1")
            await store.append(events(run_id, "a", state=state))
        while await store.tidy(None):
            continue
        assert await store.update("conversations", "ann", "none", {"title": "twice"}, once="run-1:1")
        for module in (retention, postgres_conversations):
            monkeypatch.setattr(module, "EFFECT_SECONDS", -60.0)
        while await store.tidy(None):
            continue
        assert not await store.update("conversations", "ann", "none", {"title": "twice"}, once="run-1:1")
        assert await store.update("conversations", "ann", "none", {"title": "twice"}, once="run-2:1")

    with_store(body)
