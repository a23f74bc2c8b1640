"""What leaves the store's outbox: every event, in order of its run, whatever becomes of the bus."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from engines import PATIENCE, Kafka, kafka, until
from typing_extensions import override

from nis_backend.drivers.bus.base import LARGEST_MESSAGE, RUNS, Bus, Message
from nis_backend.drivers.bus.in_process import InProcessBus
from nis_backend.drivers.bus.kafka import Brokers, KafkaBus
from nis_backend.drivers.bus.outbox import BATCH, Outbox
from nis_backend.drivers.store.base import Append, NewEvent, Store
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Unavailable
from nis_backend.event import Event

OWNER = "ada"


class Refusing(InProcessBus):
    """A bus that can be made to refuse, after it has taken a part of what it was given."""

    refusing = False
    asked = 0

    @override
    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        self.asked += 1
        if self.refusing:
            await super().publish(topic, messages[: len(messages) // 2])
            raise Unavailable("It refuses.", remedy="Wait.")
        await super().publish(topic, messages)


@asynccontextmanager
async def opened(folder: Path, bus: Bus, database: str | None = None) -> AsyncGenerator[tuple[Store, Outbox]]:
    """A store with an outbox, and what publishes it, under way."""
    async with asyncio.timeout(PATIENCE):
        store = (
            SqliteStore(folder / "nis.db", outbox=True) if database is None else PostgresStore(database, outbox=True)
        )
        outbox = Outbox(store, bus)
        publishing = asyncio.create_task(outbox.publish())
        try:
            yield store, outbox
        finally:
            publishing.cancel()
            await bus.close()
            await store.close()


async def begin(store: Store, run_id: str) -> None:
    """A run's row."""
    row: dict[str, Any] = {
        **dict.fromkeys(("result", "problem", "conversation_id")),
        "id": run_id,
        "operation": "tests.carry_run",
        "state": "running",
        "attempt": 1,
        "last_seq": 0,
        "format": 1,
        "created": 1.0,
        "updated": 1.0,
        "input": "{}",
    }
    await store.insert("runs", OWNER, row)


async def say(store: Store, run_id: str, text: str) -> None:
    """One event more."""
    event = NewEvent(type="text_delta", body=json.dumps({"step": 1, "text": text}))
    await store.append(Append(owner=OWNER, run_id=run_id, attempt=1, events=[event], changes={}))


async def heard(bus: Bus, count: int) -> dict[str, list[int]]:
    """The numbers of each run as they came, until there are so many different ones; repeats are in it."""
    inbox = await bus.consume(RUNS, "reader")
    seen: dict[str, list[int]] = {}
    while sum(len(set(numbers)) for numbers in seen.values()) < count:
        taken = await inbox.take()
        event = json.loads(taken.value)
        assert (taken.key, taken.headers["owner"]) == (event["run_id"], OWNER)
        seen.setdefault(event["run_id"], []).append(event["seq"])
    await inbox.close()
    return seen


async def at_most(store: Store, count: int) -> None:
    """Wait until no more than these are left in the outbox."""
    while await store.count_unsent(1000) > count:  # noqa: ASYNC110 - another task's to do
        await asyncio.sleep(0.005)


def first_times(numbers: list[int]) -> list[int]:
    """What a reader keeps who leaves out what it has seen."""
    return list(dict.fromkeys(numbers))


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> str | None:
    """The address of a database, or none for a file."""
    return request.getfixturevalue("database") if request.param == "postgresql" else None


def test_every_event_goes_out_as_it_is_shown_elsewhere(tmp_path: Path, shared: str | None) -> None:
    """Promise: `nis.runs` carries the events that every surface shows, under their run's id, and then forgets them."""

    async def body() -> None:
        bus = InProcessBus()
        async with opened(tmp_path, bus, shared) as (store, outbox):
            await begin(store, "run-1")
            await say(store, "run-1", "дом \ud800")
            inbox = await bus.consume(RUNS, "reader")
            taken = await inbox.take()
            event = Event.model_validate_json(taken.value)
            (row,) = await store.events(OWNER, "run-1", 0)
            assert (event.run_id, event.seq, event.time, event.attempt) == ("run-1", 1, row["time"], 1)
            assert event.body.model_dump() == {"type": "text_delta", "step": 1, "text": "дом ?"}
            assert taken.headers == {"owner": OWNER, "type": "text_delta"}
            await at_most(store, 0)
            assert "0 run events on the way" in await outbox.check()

    asyncio.run(body())


def test_nothing_is_kept_for_a_bus_that_is_not_set(tmp_path: Path) -> None:
    """Promise: without brokers the outbox stays empty."""

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        await begin(store, "run-1")
        await say(store, "run-1", "word")
        assert await store.unsent(10, 1000) == []
        await store.close()

    asyncio.run(body())


def test_an_event_too_long_for_a_message_goes_without_its_body(tmp_path: Path) -> None:
    """Promise: no event blocks those behind it; its number and type are there, and how long it is."""

    async def body() -> None:
        bus = InProcessBus()
        async with opened(tmp_path, bus) as (store, _):
            await begin(store, "run-1")
            await say(store, "run-1", "a" * LARGEST_MESSAGE)
            await say(store, "run-1", "after")
            inbox = await bus.consume(RUNS, "reader")
            long, after = [json.loads((await inbox.take()).value) for _ in range(2)]
            assert (long["seq"], long["body"]) == (1, {"type": "text_delta"})
            assert long["omitted"] > LARGEST_MESSAGE
            assert after["body"]["text"] == "after"

    asyncio.run(body())


def test_a_bus_that_refuses_is_tried_again_and_nothing_is_overtaken(tmp_path: Path, shared: str | None) -> None:
    """Promise: none lost, the order of each run kept, though a part of a batch was taken before the refusal."""

    async def body() -> None:
        bus = Refusing()
        async with opened(tmp_path, bus, shared) as (store, outbox):
            bus.refusing = True
            for run in ("run-1", "run-2"):
                await begin(store, run)
            for number in range(40):
                await say(store, f"run-{1 + number % 2}", "word")
            await until(lambda: bus.asked > 1)
            with pytest.raises(Unavailable, match=r"It refuses. 40 run events kept"):
                await outbox.check()
            bus.refusing = False
            seen = await heard(bus, 40)
            assert {run: first_times(numbers) for run, numbers in seen.items()} == {
                "run-1": list(range(1, 21)),
                "run-2": list(range(1, 21)),
            }

    asyncio.run(body())


def test_what_a_process_leaves_the_next_one_sends(tmp_path: Path) -> None:
    """Promise: the outbox is in the database: it outlives the process, and a batch bounds what is read of it."""

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db", outbox=True)
        await begin(store, "run-1")
        for _ in range(2 * BATCH // 50 + 1):
            events = [NewEvent(type="text_delta", body='{"step": 1, "text": "word"}')] * 50
            await store.append(Append(owner=OWNER, run_id="run-1", attempt=1, events=events, changes={}))
        assert len(await store.unsent(BATCH, 10**9)) == BATCH
        assert len(await store.unsent(BATCH, 60)) == 3
        assert len(await store.unsent(BATCH, 1)) == 1
        await store.close()
        bus = InProcessBus()
        async with opened(tmp_path, bus) as (store, _):
            assert await heard(bus, 1050) == {"run-1": list(range(1, 1051))}

    asyncio.run(body())


def test_a_run_that_was_deleted_is_told_no_more(tmp_path: Path) -> None:
    """Promise: deleted is deleted: what had not gone out stays here, and blocks nothing."""

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db", outbox=True)
        await store.insert(
            "conversations", OWNER, {"id": "conv-1", "title": "", "created": 1.0, "updated": 1.0, "archived": 0}
        )
        await begin(store, "run-1")
        await store.update("runs", OWNER, "run-1", {"conversation_id": "conv-1"})
        await say(store, "run-1", "secret")
        await store.append(Append(owner=OWNER, run_id="run-1", attempt=1, events=[], changes={"state": "succeeded"}))
        assert await store.forget(OWNER, "conv-1")
        await begin(store, "run-2")
        await say(store, "run-2", "word")
        await store.close()
        bus = InProcessBus()
        async with opened(tmp_path, bus) as (store, _):
            assert await heard(bus, 1) == {"run-2": [1]}
            await at_most(store, 0)

    asyncio.run(body())


def test_of_several_hosts_one_publishes_and_another_takes_over(tmp_path: Path, database: str) -> None:
    """Promise: each event once while all live; when the one that publishes ends, the next goes on, in order."""

    async def body() -> None:
        bus, other_bus = InProcessBus(), InProcessBus()
        async with opened(tmp_path, bus, database) as (store, _):
            await begin(store, "run-1")
            await say(store, "run-1", "first")
            await at_most(store, 0)
            async with opened(tmp_path, other_bus, database) as (other, _):
                for _ in range(20):
                    await say(other, "run-1", "word")
                assert await heard(bus, 21) == {"run-1": list(range(1, 22))}
                assert not await other.leads("outbox")
                await at_most(other, 0)
                await store.close()
                await say(other, "run-1", "last")
                assert await heard(other_bus, 1) == {"run-1": [22]}

    asyncio.run(body())


def test_kafka_hangs_in_the_midst_and_nothing_is_lost(tmp_path: Path) -> None:
    """Promise: writing goes on while the broker is away; back, it has everything, in order, and each event once."""

    async def body(cluster: Kafka) -> None:
        bus = KafkaBus(Brokers(servers=cluster.servers))
        async with opened(tmp_path, bus) as (store, outbox):
            for run in range(4):
                await begin(store, f"run-{run}")
            for number in range(400):
                if number == 100:
                    await at_most(store, 50)
                    cluster.hang()
                await say(store, f"run-{number % 4}", "word")
            with pytest.raises(Unavailable, match="run events kept"):
                await outbox.check()
            cluster.go_on()
            assert await heard(bus, 400) == {f"run-{run}": list(range(1, 101)) for run in range(4)}

    with kafka() as cluster:
        asyncio.run(body(cluster))
