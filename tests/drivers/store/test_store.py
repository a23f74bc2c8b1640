"""The contract of the store, run over every implementation."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from store_rows import conversation_row, events, run_row
from stored import cells

from nis_backend.capabilities.runs.timing import spent
from nis_backend.drivers.store.base import ANY_RUN, FOUND, Append, Growth, NewEvent, Row, Store, Table
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.sqlite import writer
from nis_backend.drivers.store.sqlite.conversations import INDEXED, index_said
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Conflict, Fenced, NotFound
from nis_backend.run import event_of

Body = Callable[[Store], Awaitable[None]]


@contextlib.asynccontextmanager
async def opened(folder: Path, database: str | None = None) -> AsyncGenerator[Store]:
    """The store over a folder's file or a database, closed at the end."""
    store = SqliteStore(folder / "nis.db") if database is None else PostgresStore(database)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def with_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Body], None]:
    """Runs a test's body with each implementation."""
    database = request.getfixturevalue("database") if request.param == "postgresql" else None

    async def within(body: Body) -> None:
        async with opened(tmp_path, database) as store:
            await body(store)

    return lambda body: asyncio.run(within(body))


def growths(store: Store) -> list[tuple[str, int]]:
    """The growths of runs that are told from now on."""
    heard: list[tuple[str, int]] = []

    def hear(growth: Growth) -> None:
        if growth.run_id != ANY_RUN:
            heard.append((growth.run_id, growth.last_seq))

    store.listen(hear)
    return heard


def test_numbers_are_dense_and_ordered_under_concurrent_appends(with_store: Callable[[Body], None]) -> None:
    """A hundred appends at once to ten runs give each run the numbers 1, 2, 3, … without a hole."""

    async def body(store: Store) -> None:
        for index in range(10):
            await store.insert("runs", "ann", run_row(f"run-{index}"))
        await asyncio.gather(*(store.append(events(f"run-{n % 10}", "a", "b")) for n in range(100)))
        for index in range(10):
            rows = await store.events("ann", f"run-{index}", 0)
            assert [row["seq"] for row in rows] == list(range(1, 21))

    with_store(body)


def test_an_event_is_read_only_once_its_append_has_returned_its_number(with_store: Callable[[Body], None]) -> None:
    """The number an append answers is the one that readers find, and the listener hears it."""

    async def body(store: Store) -> None:
        heard = growths(store)
        await store.insert("runs", "ann", run_row("run-1"))
        seq, time = await store.append(events("run-1", "a", "b", "c"))
        rows = await store.events("ann", "run-1", 1)
        assert seq == 3
        assert [row["seq"] for row in rows] == [2, 3]
        assert {row["time"] for row in rows} == {time}
        assert heard == [("run-1", 3)]

    with_store(body)


def test_a_stale_holder_is_refused_and_the_rest_of_its_batch_lands(with_store: Callable[[Body], None]) -> None:
    """The fence: an append under an old attempt adds nothing, and the appends that arrived with it are untouched."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1", attempt=2))
        await store.insert("runs", "ann", run_row("run-2"))
        answers = await asyncio.gather(
            store.append(events("run-2", "a")),
            store.append(events("run-1", "stale", attempt=1)),
            store.append(events("run-1", "held", attempt=2)),
            return_exceptions=True,
        )
        assert isinstance(answers[1], Fenced)
        assert [row["body"] for row in await store.events("ann", "run-1", 0)] == ['{"step": 1, "text": "held"}']
        assert len(await store.events("ann", "run-2", 0)) == 1

    with_store(body)


def test_a_command_needs_no_attempt_but_a_run_that_has_not_ended(with_store: Callable[[Body], None]) -> None:
    """Commands come from any host; nothing follows a run's end."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        await store.append(events("run-1", "command", attempt=None))
        await store.append(events("run-1", "end", state="succeeded", result='"done"'))
        row = await store.get("runs", "ann", "run-1")
        assert row is not None
        assert (row["state"], row["result"], row["last_seq"]) == ("succeeded", '"done"', 2)
        for attempt in (1, None):
            with pytest.raises(Conflict):
                await store.append(events("run-1", "late", attempt=attempt))

    with_store(body)


def test_another_owners_rows_are_absent(with_store: Callable[[Body], None]) -> None:
    """Each query carries the owner: reading, listing, changing, appending."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        await store.append(events("run-1", "a"))
        assert await store.get("runs", "bob", "run-1") is None
        assert await store.select("runs", "bob") == []
        assert await store.events("bob", "run-1", 0) == []
        assert not await store.update("runs", "bob", "run-1", {"state": "failed"})
        with pytest.raises(NotFound):
            await store.append(events("run-1", "b", owner="bob"))

    with_store(body)


def test_paging_visits_each_row_once(with_store: Callable[[Body], None]) -> None:
    """Rows with the same time of creation are told apart by their id."""

    async def body(store: Store) -> None:
        for index in range(7):
            await store.insert("runs", "ann", run_row(f"run-{index}", created=float(index // 3)))
        seen: list[str] = []
        place: tuple[float, str] | None = None
        while page := await store.select("runs", "ann", before=place, limit=2):
            seen += [row["id"] for row in page]
            place = (page[-1]["created"], page[-1]["id"])
        assert seen == [f"run-{index}" for index in reversed(range(7))]

    with_store(body)


def test_an_id_is_taken_once(with_store: Callable[[Body], None]) -> None:
    """A second row of the same id is refused by name."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        with pytest.raises(Conflict, match="run-1"):
            await store.insert("runs", "bob", run_row("run-1"))

    with_store(body)


def test_rows_beside_a_row_are_there_with_it_or_not_at_all(with_store: Callable[[Body], None]) -> None:
    """A conversation and the run that begins it are one write, once under one key."""

    async def body(store: Store) -> None:
        row: Row = {"id": "conversation-1", "title": "One", "created": 1.0, "updated": 1.0}
        run = {**run_row("run-1"), "conversation_id": "conversation-1"}
        for _ in range(2):
            await store.insert("runs", "ann", run, "key", [("conversations", row)])
        assert (await store.get("runs", "ann", "run-1") or {})["conversation_id"] == "conversation-1"
        assert (await store.get("conversations", "ann", "conversation-1") or {})["title"] == "One"
        assert await store.get("conversations", "bob", "conversation-1") is None
        with pytest.raises(Conflict):
            await store.insert("runs", "ann", run_row("run-1"), None, [("conversations", {**row, "id": "other"})])
        assert await store.get("conversations", "ann", "other") is None
        await store.insert("runs", "ann", run_row("run-2"), None, [("conversations", {**row, "id": "other"})])
        assert (await store.get("conversations", "ann", "other") or {})["owner"] == "ann"

    with_store(body)


@pytest.mark.parametrize("once", [None, "run-1:change:1"])
def test_rows_beside_a_change_are_there_once_it_is_made(with_store: Callable[[Body], None], once: str | None) -> None:
    """A change and what is noted about it are committed together; a change of nothing leaves no note."""

    def note(number: int) -> tuple[Table, Row]:
        about = {"subject": "route", "subject_id": "fast", "action": "changed", "before": None, "after": '{"n": 1}'}
        return "changes", {
            "id": f"c-{number}",
            "by_owner": "ann",
            "by_key": None,
            **about,
            "created": 1,
            "updated": 1.5,
        }

    async def body(store: Store) -> None:
        await store.insert("conversations", "ann", conversation_row("c-1"))
        assert await store.update("conversations", "ann", "c-1", {"title": "New"}, once, [note(1), note(2)])
        assert not await store.update("conversations", "bob", "c-1", {"title": "Mine"}, None, [note(3)])
        assert [row["id"] for row in await store.select("changes", "ann")] == ["c-2", "c-1"]
        with pytest.raises(Conflict):
            await store.delete("conversations", "ann", "c-1", None, [note(1)])
        assert await store.get("conversations", "ann", "c-1")
        assert await store.delete("conversations", "ann", "c-1", None, [note(4)])
        assert not await store.delete("conversations", "ann", "c-1", None, [note(5)])
        assert await store.count("changes", "ann") == 3
        assert await store.count("changes", "bob") == 0

    with_store(body)


def test_a_change_of_a_row_that_has_become_another_is_not_made(with_store: Callable[[Body], None]) -> None:
    """Promise: of two who take one thing as they have seen it, one has it."""

    async def body(store: Store) -> None:
        await store.insert("conversations", "ada", conversation_row("c-1", title=""))
        taken = [
            await store.update("conversations", "ada", "c-1", {"title": name}, only_if={"title": ""})
            for name in ("first", "second")
        ]
        assert taken == [True, False]
        assert not await store.update("conversations", "ada", "c-1", {"title": "third"}, only_if={"title": None})
        row = await store.get("conversations", "ada", "c-1")
        assert row is not None
        assert row["title"] == "first"

    with_store(body)


def test_what_cannot_be_stored_is_refused_alone(with_store: Callable[[Body], None]) -> None:
    """Half a character is its writer's fault: the writes beside it land, and the next ones too."""

    async def body(store: Store) -> None:
        answers = await asyncio.gather(
            store.insert("runs", "ann", run_row("run-1")),
            store.insert("runs", "ann", run_row("run-2", input="\ud800")),
            store.insert("runs", "ann", run_row("run-3")),
            return_exceptions=True,
        )
        assert [isinstance(answer, Exception) for answer in answers] == [False, True, False]
        assert len(await store.select("runs", "ann")) == 2

    with_store(body)


def test_a_commit_is_heard_though_its_writer_has_left(with_store: Callable[[Body], None]) -> None:
    """A holder that is cancelled while it writes has written: who follows the run is woken."""

    async def body(store: Store) -> None:
        heard = asyncio.Event()
        store.listen(lambda growth: heard.set() if growth.run_id == "run-1" else None)
        await store.insert("runs", "ann", run_row("run-1"))
        writing = asyncio.create_task(store.append(events("run-1", "a")))
        await asyncio.sleep(0)
        writing.cancel()
        async with asyncio.timeout(120):
            await heard.wait()
        assert len(await store.events("ann", "run-1", 0)) == 1

    with_store(body)


def test_what_a_dead_process_held_is_queued_and_taken_under_a_new_attempt(with_store: Callable[[Body], None]) -> None:
    """After a restart the earlier holder's attempt is stale; runs that had ended stay as they were."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        await store.insert("runs", "bob", run_row("run-2", state="succeeded"))
        taken = await store.take({"default": 2}, "dead", 10.0)
        assert [(row["id"], row["owner"], row["attempt"]) for row in taken.rows] == [("run-1", "ann", 2)]
        # Cut after it was let go, before it heeded its cancel.
        await store.insert("runs", "bob", run_row("run-3", state="waiting", wanted="cancel"))
        await store.insert("runs", "bob", run_row("run-4", state="waiting", wanted="pause"))
        assert sorted(await store.recover("alive")) == ["run-1", "run-3"]
        assert await store.recover("alive") == []
        await store.append(Append(owner="bob", run_id="run-3", attempt=None, events=[], changes={"state": "cancelled"}))
        taken = await store.take({"default": 2}, "alive", 10.0)
        assert [(row["id"], row["attempt"], row["state"]) for row in taken.rows] == [("run-1", 3, "running")]
        with pytest.raises(Fenced):
            await store.append(events("run-1", "stale", attempt=2))

    with_store(body)


def test_what_has_expired_is_removed_whoever_owns_it(with_store: Callable[[Body], None]) -> None:
    """The process clears up by age; what was touched since stays."""

    async def body(store: Store) -> None:
        for owner, row_id, updated in (("ann", "old-1", 1.0), ("bob", "old-2", 2.0), ("ann", "new-1", 3.0)):
            row = {"id": row_id, "request": "", "status": "done", "reply": None, "created": 1.0, "updated": updated}
            await store.insert("replies", owner, row)
        expired = await store.expire("replies", 3.0)
        assert {(row["owner"], row["id"]) for row in expired} == {("ann", "old-1"), ("bob", "old-2")}
        assert [row["id"] for row in await store.select("replies", "ann")] == ["new-1"]
        assert await store.select("replies", "bob") == []

    with_store(body)


def test_what_has_its_own_time_goes_by_that(with_store: Callable[[Body], None]) -> None:
    """However lately it was touched; what has no time stays."""

    async def body(store: Store) -> None:
        for row_id, expires in (("gone", 1.0), ("later", 9.0), ("kept", None)):
            row = {"id": row_id, "sha256": "", "media_type": "", "size": 0, "name": "", "expires": expires}
            await store.insert("blobs", "ann", {**row, "created": 5.0, "updated": 5.0})
        assert [row["id"] for row in await store.expire("blobs", 3.0, "expires")] == ["gone"]
        assert {row["id"] for row in await store.select("blobs", "ann")} == {"later", "kept"}

    with_store(body)


def test_what_still_counts_is_not_removed_by_its_age(with_store: Callable[[Body], None]) -> None:
    """A calibration that serves stays, the runs of a canary that still serves, and the looks at cases of an agent."""
    old: Row = {"created": 1.0, "updated": 1.0}
    calibration: Row = {"task": "t", "method": "vote", "definition": "", "metrics": "", "outcomes": 50, **old}
    evolution: Row = {"agent_id": "a", "from_version": 1, "report": "{}", **old}

    async def body(store: Store) -> None:
        for latest in (0, 1):
            await store.insert("calibrations", "ann", {"id": f"latest-{latest}", "latest": latest, **calibration})
        for state in ("canary", "promoted"):
            await store.insert("evolutions", "ann", {"id": state, "state": state, **evolution})
            await store.insert("canary_runs", "ann", {"id": f"of-{state}", "evolution_id": state, "version": 1, **old})
        assert [row["id"] for row in await store.expire("calibrations", 3.0)] == ["latest-0"]
        assert [row["id"] for row in await store.expire("canary_runs", 3.0)] == ["of-promoted"]
        assert [row["id"] for row in await store.select("canary_runs", "ann")] == ["of-canary"]
        agent: Row = {"id": "a-1", "agent_id": "a", "name": "a", "version": 1, "latest": 1, "definition": "", **old}
        await store.insert("agents", "ann", agent)
        assert await store.expire("evolutions", 3.0) == []
        await store.delete("agents", "ann", "a-1")
        assert {row["id"] for row in await store.expire("evolutions", 3.0)} == {"canary", "promoted"}

    with_store(body)


def test_lines_of_a_batch_go_with_its_run(with_store: Callable[[Body], None]) -> None:
    """Promise: of a run that is deleted nothing stays; blobs that are for something else, or of a run there is, do."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        kinds = [("held", "lines", "run-1"), ("gone", "lines", "run-2"), ("other", "", "run-2"), ("own", "lines", "a")]
        for row_id, purpose, name in kinds:
            row = {"id": row_id, "sha256": "", "media_type": "", "size": 0, "purpose": purpose, "name": name}
            await store.insert("blobs", "ann", {**row, "created": 1.0, "updated": 1.0})
        assert [row["id"] for row in await store.expire_unheld("lines")] == ["gone"]
        assert await store.expire_unheld("lines") == []
        assert {row["id"] for row in await store.select("blobs", "ann")} == {"held", "other", "own"}

    with_store(body)


def test_what_is_known_is_told_whoever_owns_it(with_store: Callable[[Body], None]) -> None:
    """The process looks for rows by their ids alone."""

    async def body(store: Store) -> None:
        for owner, row_id in (("ann", "one"), ("bob", "two")):
            row = {"id": row_id, "request": "", "status": "done", "reply": None, "created": 1.0, "updated": 1.0}
            await store.insert("replies", owner, row)
        assert await store.known("replies", ["one", "two", "three"]) == {"one", "two"}
        assert await store.known("replies", ["three"]) == set()

    with_store(body)


def test_what_was_written_is_there_after_closing(tmp_path: Path) -> None:
    """Another process that opens the file finds the log."""

    async def write() -> None:
        async with opened(tmp_path) as store:
            await store.insert("runs", "ann", run_row("run-1"))
            await store.append(events("run-1", "a", "b"))

    async def read() -> list[int]:
        async with opened(tmp_path) as store:
            return [row["seq"] for row in await store.events("ann", "run-1", 0)]

    asyncio.run(write())
    assert asyncio.run(read()) == [1, 2]


def test_keys_are_found_whoevers_they_are(with_store: Callable[[Body], None]) -> None:
    """By hash or id or none, the newest first, page by page; what is None is unset. A hash is there once."""

    async def body(store: Store) -> None:
        for number, owner in enumerate(("ann", "bob", "ann")):
            await store.insert("keys", owner, key_row(number, revoked=5.0 if owner == "bob" else None))
        assert [row["id"] for row in await store.keys({})] == ["key-2", "key-1", "key-0"]
        assert [row["id"] for row in await store.keys({"owner": "ann"}, limit=1)] == ["key-2"]
        assert [row["id"] for row in await store.keys({}, before=(102.0, "key-2"))] == ["key-1", "key-0"]
        assert [row["owner"] for row in await store.keys({"hash": "hash-1"})] == ["bob"]
        assert [row["id"] for row in await store.keys({"revoked": None})] == ["key-2", "key-0"]
        assert await store.keys({"hash": "hash-9"}) == []
        with pytest.raises(Conflict):
            await store.insert("keys", "cid", key_row(3) | {"hash": "hash-1"})

    with_store(body)


def key_row(number: int, revoked: float | None = None) -> Row:
    """A stored key."""
    return {
        "id": f"key-{number}",
        "name": "test",
        "prefix": "nis_",
        "hash": f"hash-{number}",
        "scopes": "[]",
        "revoked": revoked,
        "created": 100.0 + number,
        "updated": 100.0,
    }


def test_a_deleted_row_is_gone_and_only_for_its_owner(with_store: Callable[[Body], None]) -> None:
    """Another owner's row is as absent as one that never was."""

    async def body(store: Store) -> None:
        row: Row = {"id": "c-1", "title": "Tides", "created": 1.0, "updated": 1.0}
        await store.insert("conversations", "ann", row)
        assert not await store.delete("conversations", "bob", "c-1")
        assert await store.delete("conversations", "ann", "c-1")
        assert await store.get("conversations", "ann", "c-1") is None

    with_store(body)


async def say(store: Store, run_id: str, message: str, answer: str, conversation_id: str = "conversation-1") -> None:
    """A turn of ann's that has ended."""
    given = json.dumps({"message": message, "conversation_id": conversation_id})
    await store.insert("runs", "ann", run_row(run_id, conversation_id=conversation_id, input=given))
    result = json.dumps({"response": answer, "run_id": run_id, "conversation_id": conversation_id})
    await store.append(events(run_id, answer, state="succeeded", result=result))


async def found(store: Store, *words: str, owner: str = "ann", **given: int) -> list[tuple[str | None, str]]:
    """What a search answers: runs and marked texts."""
    rows = await store.search(owner, words, given.get("limit", 10), given.get("after", 0))
    return [(row["run_id"], row["text"].replace(FOUND[0], "<").replace(FOUND[1], ">")) for row in rows]


def test_what_was_said_is_found_by_the_beginnings_of_its_words(with_store: Callable[[Body], None]) -> None:
    """Titles, messages and answers, of their owner alone, whatever their accents; the words found are marked."""

    async def body(store: Store) -> None:
        await store.insert("conversations", "ann", conversation_row("conversation-1", "Über Pendel"))
        await say(store, "run-1", "How long does a pendulum swing?", "The pendulum's period is two seconds.")
        assert await found(store, "uber") == [(None, "<Über> Pendel")]
        assert {run for run, _ in await found(store, "pendul")} == {"run-1"}
        assert await found(store, "period", "sec") == [("run-1", "The pendulum's <period> is two <seconds>.")]
        assert await found(store, "period", "minutes") == []
        assert await found(store, "period", owner="bob") == []
        assert len(await found(store, "pend")) == 3
        assert len(await found(store, "pend", after=2)) == 1
        await store.update("conversations", "ann", "conversation-1", {"title": "Swings"})
        assert await found(store, "uber") == []
        assert (None, "<Swings>") in await found(store, "swing")

    with_store(body)


def indexed(folder: Path) -> list[str]:
    """What of all that was said the index of words holds now, read past the store."""
    with contextlib.closing(sqlite3.connect(folder / "nis.db")) as connection:
        connection.execute("insert into said_words (said_words) values ('integrity-check')")
        count = connection.execute("select count(*) from said_words_docsize").fetchone()[0]
        texts = connection.execute("select text from said order by id limit ?", (count,))
        return [str(row[0]) for row in texts]


def test_what_was_said_is_indexed_together_and_found_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn pays for no index; a search does what is left first, and a process that died has lost nothing of it."""
    monkeypatch.setattr(writer, "LATER_SECONDS", 3600.0)

    async def speak() -> None:
        async with opened(tmp_path) as store:
            await store.insert("conversations", "ann", conversation_row("conversation-1", "Tides"))
            for number in range(2 * INDEXED):
                await say(store, f"run-{number}", f"message{number}x", f"answer{number}x")

    async def search() -> None:
        async with opened(tmp_path) as store:
            assert await found(store, "answer7x") == [("run-7", "<answer7x>")]
            assert await found(store, f"answer{2 * INDEXED - 1}x") == [
                (f"run-{2 * INDEXED - 1}", f"<answer{2 * INDEXED - 1}x>")
            ]

    asyncio.run(speak())
    assert indexed(tmp_path) == []
    asyncio.run(search())
    assert len(indexed(tmp_path)) == 4 * INDEXED + 1


def test_what_is_changed_or_removed_before_it_is_indexed_is_right(with_store: Callable[[Body], None]) -> None:
    """Nothing of it is found, nor is what is said later mistaken for it: numbers of rows are given again."""

    async def body(store: Store) -> None:
        await store.insert("conversations", "ann", conversation_row("conversation-1", "Tides"))
        await store.update("conversations", "ann", "conversation-1", {"title": "Currents"})
        assert await found(store, "tides") == []
        assert await found(store, "currents") == [(None, "<Currents>")]
        for number in range(3):
            await store.insert("conversations", "ann", conversation_row(f"conversation-{number + 2}", f"Wave {number}"))
            if number:
                assert len(await found(store, "wave")) == 1
            assert await store.forget("ann", f"conversation-{number + 2}")
        assert await found(store, "wave") == []
        await store.insert("conversations", "ann", conversation_row("conversation-9", "Surf"))
        assert await found(store, "surf") == [(None, "<Surf>")]
        assert await found(store, "currents") == [(None, "<Currents>")]

    with_store(body)


def test_what_takes_the_number_of_what_is_gone_is_found(
    with_store: Callable[[Body], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last rows go, some indexed and some not yet, and what is said next has their numbers."""
    monkeypatch.setattr(writer, "LATER_SECONDS", 3600.0)

    async def body(store: Store) -> None:
        for name in ("Tides", "Waves"):
            await store.insert("conversations", "ann", conversation_row(f"conversation-{name}", name))
        assert await found(store, "waves") == [(None, "<Waves>")]
        await store.insert("conversations", "ann", conversation_row("conversation-Foam", "Foam"))
        for name in ("Waves", "Foam"):
            assert await store.forget("ann", f"conversation-{name}")
        await store.insert("conversations", "ann", conversation_row("conversation-Surf", "Surf"))
        assert await found(store, "surf") == [(None, "<Surf>")]
        assert await store.forget("ann", "conversation-Surf")
        assert await found(store, "surf") == []
        assert await found(store, "tides") == [(None, "<Tides>")]

    with_store(body)


def test_what_was_said_is_indexed_without_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Soon after it was committed, when nothing else is to be written: the first search does not pay for all."""
    monkeypatch.setattr(writer, "LATER_SECONDS", 0.01)
    done = threading.Event()

    def index(connection: sqlite3.Connection) -> bool:
        more = index_said(connection)
        if connection.execute("select upto from said_words_mark").fetchone()[0] == 3:
            done.set()
        return more

    monkeypatch.setattr("nis_backend.drivers.store.sqlite.store.index_said", index)

    async def body() -> None:
        async with opened(tmp_path) as store:
            await store.insert("conversations", "ann", conversation_row("conversation-1", "Tides"))
            await say(store, "run-1", "When is high water?", "At noon.")
            assert await asyncio.to_thread(done.wait, 60)

    asyncio.run(body())
    assert indexed(tmp_path) == ["Tides", "When is high water?", "At noon."]


def test_the_words_of_a_query_language_are_only_words(with_store: Callable[[Body], None]) -> None:
    """`or`, `not` and `near` are looked for like any other word."""

    async def body(store: Store) -> None:
        await store.insert("conversations", "ann", conversation_row("conversation-1", "near OR not"))
        assert await found(store, "OR", "NOT", "NEAR") == [(None, "<near> <OR> <not>")]
        assert await found(store, "AND") == []

    with_store(body)


def test_a_forgotten_conversation_leaves_no_row(tmp_path: Path) -> None:
    """Its messages, logs, feedback and index are gone, and a kept reply about it; others stay."""

    async def body() -> None:
        async with opened(tmp_path) as store:
            for number in (1, 2):
                conversation_id = f"conversation-{number}"
                await store.insert("conversations", "ann", conversation_row(conversation_id, f"word{number}"))
                await say(store, f"run-{number}", f"word{number}", f"word{number}", conversation_id)
                moments = {"created": 1.0, "updated": 1.0}
                judged = {"id": f"f{number}", "run_id": f"run-{number}", "rating": 1, "comment": f"word{number}"}
                await store.insert("feedback", "ann", judged | moments)
                kept = {"id": f"k{number}", "request": "", "status": "200", "reply": f'{{"{conversation_id}": "word"}}'}
                await store.insert("replies", "ann", kept | moments)
            assert not await store.forget("bob", "conversation-1")
            assert await store.forget("ann", "conversation-1")
            assert not await store.forget("ann", "conversation-1")

    asyncio.run(body())
    left = cells(tmp_path)
    assert not [cell for cell in left if "word1" in cell or "run-1" in cell or "conversation-1" in cell]
    assert [cell for cell in left if "word2" in cell]
    assert b"word1" not in (tmp_path / "nis.db").read_bytes(), "nor is it left in the file's free pages"


def test_a_conversation_is_not_forgotten_under_a_run(with_store: Callable[[Body], None]) -> None:
    """Its holder goes on to write; it is told which run, and what to do."""

    async def body(store: Store) -> None:
        await store.insert("conversations", "ann", conversation_row("conversation-1"))
        await store.insert("runs", "ann", run_row("run-1", conversation_id="conversation-1"))
        with pytest.raises(Conflict, match="run-1"):
            await store.forget("ann", "conversation-1")
        assert await store.get("conversations", "ann", "conversation-1")

    with_store(body)


def test_no_run_begins_in_a_conversation_that_is_gone(with_store: Callable[[Body], None]) -> None:
    """Between the check of a message and its run the conversation may be forgotten: nothing is left behind."""

    async def body(store: Store) -> None:
        await store.insert("conversations", "ann", conversation_row("conversation-1"))
        for owner, conversation_id in (("ann", "conversation-2"), ("bob", "conversation-1")):
            with pytest.raises(NotFound) as refused:
                await store.insert("runs", owner, run_row("run-1", conversation_id=conversation_id))
            assert refused.value.field == "conversation_id"

    with_store(body)


def test_a_branch_holds_copies_under_their_own_ids(with_store: Callable[[Body], None]) -> None:
    """The logs are the same but for ids, and stay when the conversation they came from is forgotten."""

    async def body(store: Store) -> None:
        await store.insert("conversations", "ann", conversation_row("conversation-1"))
        await say(store, "run-1", "a question", "an answer")
        branch = conversation_row("conversation-2", branched_from="run-1")
        with pytest.raises(Conflict):
            await store.branch("bob", branch, {"run-1": "run-2"})
        await store.branch("ann", branch, {"run-1": "run-2"})
        assert await store.forget("ann", "conversation-1")
        copied = await store.get("runs", "ann", "run-2")
        assert copied is not None
        assert json.loads(copied["input"]) == {"message": "a question", "conversation_id": "conversation-2"}
        assert json.loads(copied["result"])["run_id"] == "run-2"
        assert [(row["seq"], row["type"]) for row in await store.events("ann", "run-2", 0)] == [(1, "text_delta")]
        row = await store.get("conversations", "ann", "conversation-2")
        assert row
        assert row["branched_from"] is None
        assert {run for run, _ in await found(store, "answer")} == {"run-2"}

    with_store(body)


def test_a_fork_shares_the_log_up_to_a_number_and_goes_on_by_itself(with_store: Callable[[Body], None]) -> None:
    """The same events under the same numbers; what follows in one is not in the other; an owner forks only its own."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        await store.append(events("run-1", "a", "b", "c"))
        # Without an event: what queues it.
        first = events("run-2", attempt=None, state="queued")
        forked = run_row("run-2", state="paused", attempt=1, last_seq=2, parent="run-1", parent_seq=2)
        with pytest.raises(NotFound):
            await store.fork("bob", forked, 2, replace(first, owner="bob"))
        assert await store.get("runs", "bob", "run-2") is None
        await store.fork("ann", forked, 2, first)
        assert await store.events("ann", "run-2", 0) == (await store.events("ann", "run-1", 0))[:2]
        with pytest.raises(Conflict):
            await store.fork("ann", forked, 2, first)
        row = await store.get("runs", "ann", "run-2")
        assert row is not None
        assert (row["state"], row["last_seq"], row["parent"], row["parent_seq"]) == ("queued", 2, "run-1", 2)
        assert (await store.append(events("run-2", "d", attempt=None)))[0] == 3
        assert [one["seq"] for one in await store.events("ann", "run-1", 0)] == [1, 2, 3]
        assert '"d"' in (await store.events("ann", "run-2", 2))[0]["body"]

    with_store(body)


def test_a_run_and_its_first_events_are_one_write(with_store: Callable[[Body], None]) -> None:
    """What begins a log is there with its run, told and kept for the bus; refused, it leaves nothing of the run."""

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1"))
        await store.append(events("run-1", "a", "b"))
        forked = run_row("run-3", state="paused", attempt=0, last_seq=1, parent="run-1", parent_seq=1)
        for wrong in (
            replace(events("run-2", "x", attempt=None), only_in=["running"]),
            events("run-2", "x", attempt=7),
        ):
            with pytest.raises((Conflict, Fenced)):
                await store.insert("runs", "ann", run_row("run-2", state="waiting"), first=wrong)
            with pytest.raises((Conflict, Fenced)):
                await store.fork("ann", forked, 1, replace(wrong, run_id="run-3"))
        assert await store.known("runs", ["run-2", "run-3"]) == set()
        heard = growths(store)
        first = replace(events("run-2", "x", attempt=None), only_in=["waiting"])
        for _ in range(2):
            await store.insert("runs", "ann", run_row("run-2", state="waiting"), "a:key", first=first)
        row = await store.get("runs", "ann", "run-2")
        assert row is not None
        assert (row["last_seq"], row["state"]) == (1, "waiting")
        await store.fork("ann", forked, 1, events("run-3", "y", attempt=None, state="queued"))
        assert [(one["seq"], one["type"]) for one in await store.events("ann", "run-2", 0)] == [(1, "text_delta")]
        assert [one["seq"] for one in await store.events("ann", "run-3", 0)] == [1, 2]
        assert {*heard} == {("run-2", 1), ("run-3", 2)}

    with_store(body)


def test_who_begins_to_read_waits_for_no_writer(tmp_path: Path) -> None:
    """A connection that reads writes nothing, so a long write holds up none; freed space can be given back."""

    async def body() -> None:
        async with opened(tmp_path) as store:
            with contextlib.closing(sqlite3.connect(tmp_path / "nis.db", isolation_level=None)) as other:
                other.execute("begin immediate")
                assert await store.get("runs", "ann", "run-1") is None
                other.execute("rollback")
                assert other.execute("pragma auto_vacuum").fetchone() == (2,)

    asyncio.run(body())


def test_every_table_has_an_owner(tmp_path: Path) -> None:
    """A thing of a user's is reached only by its owner, from the first revision of the schema on."""

    async def body() -> None:
        async with opened(tmp_path):
            pass

    asyncio.run(body())
    with contextlib.closing(sqlite3.connect(tmp_path / "nis.db")) as connection:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        columns = {table: {row[1] for row in connection.execute(f"pragma table_info({table})")} for table in tables}
    # The words of an index have their owner in the rows they are made of; SQLite keeps the last number of a sequence.
    tables = [table for table in tables if not table.startswith(("said_words", "sqlite_"))]
    assert len(tables) >= 3
    assert [table for table in tables if "owner" not in columns[table]] == []


def test_a_run_is_forgotten_once_it_has_ended(with_store: Callable[[Body], None]) -> None:
    """Its log, feedback and kept replies go with it; what was forked from it stays, and says so no more."""

    async def body(store: Store) -> None:
        await store.insert("conversations", "ann", conversation_row("conversation-1"))
        await store.insert("runs", "ann", run_row("run-1", conversation_id="conversation-1"))
        await store.insert("runs", "ann", run_row("run-2", parent="run-1", parent_seq=1))
        moments = {"created": 1.0, "updated": 1.0}
        await store.insert("feedback", "ann", {"id": "f", "run_id": "run-1", "rating": 1, "comment": ""} | moments)
        kept = {"id": "k", "request": "", "status": "done", "reply": '{"run": "run-1"}'}
        await store.insert("replies", "ann", kept | moments)
        texts = dict.fromkeys(("name", "url", "token", "scheme", "credentials", "base", "version"), "t")
        numbers = dict.fromkeys(("public", "sent", "tries", "enabled"), 1)
        pushed = {"id": "p", "run_id": "run-1", **texts, **numbers, "next_at": 0.0, "problem": None}
        await store.insert("push_configs", "ann", pushed | moments)
        assert [row["id"] for row in await store.configured("push_configs", {"enabled": 1})] == ["p"]
        with pytest.raises(Conflict, match="has not ended: queued"):
            await store.forget_run("ann", "run-1")
        await store.append(events("run-1", "word", state="succeeded", result='{"response": "word"}'))
        assert not await store.forget_run("bob", "run-1")
        assert await store.forget_run("ann", "run-1")
        assert not await store.forget_run("ann", "run-1")
        assert await store.events("ann", "run-1", 0) == []
        assert await store.get("feedback", "ann", "f") is None
        assert await store.get("replies", "ann", "k") is None
        assert await store.get("push_configs", "ann", "p") is None
        assert await found(store, "word") == []
        fork = await store.get("runs", "ann", "run-2")
        assert fork
        assert (fork["parent"], fork["parent_seq"]) == (None, None)

    with_store(body)


def test_runs_are_measured_where_they_lie(with_store: Callable[[Body], None]) -> None:
    """States, durations by the nearest rank, tokens by model, of the newest runs of one owner within a time."""

    def called(model: str) -> NewEvent:
        return NewEvent(type="model_called", body=f'{{"step": 1, "provider": "p", "model": "{model}"}}')

    def answered(given: int | None) -> NewEvent:
        tokens = "null" if given is None else given
        return NewEvent(type="model_answered", body=f'{{"step": 1, "input_tokens": {tokens}, "output_tokens": 2}}')

    async def body(store: Store) -> None:
        for number in range(4):
            await store.insert("runs", "ann", run_row(f"run-{number}", created=10.0 + number))
        await store.insert("runs", "bob", run_row("other", created=11.0))
        for number, one in enumerate((called("a"), answered(5), called("a"), answered(7), called("b"), answered(None))):
            run_id = f"run-{number // 2}"
            await store.append(Append(owner="ann", run_id=run_id, attempt=1, events=[one], changes={}))
        for number in range(3):
            await store.append(events(f"run-{number}", "x", state="succeeded"))
        found = await store.measure("ann", 10.0, 20.0, 100)
        counts = {(row["state"], row["runs"]) for row in found.counts}
        assert counts == {("succeeded", 3), ("queued", 1)}
        [durations] = found.durations
        ended = [await store.get("runs", "ann", f"run-{number}") for number in range(3)]
        took = sorted(row["updated"] - row["created"] for row in ended if row)
        assert (durations["runs"], durations["p50"], durations["p95"]) == (3, took[1], took[2])
        assert [tuple(row.values()) for row in found.tokens] == [("p", "a", 2, 0, 12, 4), ("p", "b", 1, 1, 0, 2)]
        assert sum(row["runs"] for row in (await store.measure("ann", 11.0, 13.0, 100)).counts) == 2
        assert [row["state"] for row in (await store.measure("ann", 10.0, 20.0, 1)).counts] == ["queued"]
        assert (await store.measure("ann", 20.0, 30.0, 100)).times == []

    with_store(body)


def test_where_the_time_went_is_one_rule_in_sql_and_in_python(with_store: Callable[[Body], None]) -> None:
    """Promise: a run's own division of its time and that of many runs are the same.

    The time for which nobody held it is not the model's, though its holder was cut while a model was answering.
    """

    def word(kind: str, **fields: object) -> NewEvent:
        return NewEvent(type=kind, body=json.dumps({"step": 1, **fields}))

    asked = word("model_called", provider="p", model="m")
    answered = word("model_answered", finish_reason="stop")
    tool = word("tool_called", call_id="1", operation="o", arguments={})
    used = word("tool_answered", call_id="1", operation="o")
    log = [
        NewEvent(type="started", body='{"operation": "o", "attempt": 1}'),
        *(asked, word("step_retried", attempt=2, reason=""), asked, answered),
        *(tool, tool, used, used, asked, answered),
        *(
            asked,
            NewEvent(type="started", body='{"operation": "o", "attempt": 2}'),
            word("step_retried", attempt=2, reason=""),
        ),
        NewEvent(type="succeeded", body='{"result": null}'),
    ]

    async def body(store: Store) -> None:
        await store.insert("runs", "ann", run_row("run-1", created=time.time()))
        for event in log:
            await store.append(Append(owner="ann", run_id="run-1", attempt=1, events=[event], changes={}))
        row = await store.get("runs", "ann", "run-1")
        assert row
        seen = [event_of("run-1", one) for one in await store.events("ann", "run-1", 0)]
        times = {one["part"]: one["seconds"] for one in (await store.measure("ann", 0, row["created"] + 1, 9)).times}
        divided = spent(row["created"], seen).model_dump()
        assert {name: seconds for name, seconds in divided.items() if seconds} == pytest.approx(times)
        assert {"queued", "waiting", "model", "tools", "own"} <= set(times)
        [cut] = [at for at, one in enumerate(seen) if one.body.type == "started" and at]
        assert divided["waiting"] == pytest.approx(seen[cut].time - seen[cut - 1].time)

    with_store(body)
