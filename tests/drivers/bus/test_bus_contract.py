"""One suite over every bus: what its contract promises, of the one in this process and of a real client's cluster."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import pytest
from engines import PATIENCE, Kafka, kafka, until

from nis_backend.drivers.bus.base import Bus, Inbox, Message, Taken
from nis_backend.drivers.bus.in_process import InProcessBus
from nis_backend.drivers.bus.kafka import Brokers, KafkaBus
from nis_backend.errors import Unavailable


@pytest.fixture(scope="module")
def cluster() -> Iterator[Kafka]:
    """One cluster for the module."""
    with kafka() as one:
        yield one


@pytest.fixture(params=["in process", "kafka"])
def make(request: pytest.FixtureRequest) -> Callable[[], Bus]:
    """Each implementation, made within a loop."""
    if request.param == "in process":
        return InProcessBus
    servers = request.getfixturevalue("cluster").servers
    return lambda: KafkaBus(Brokers(servers=servers))


@asynccontextmanager
async def opened(make: Callable[[], Bus]) -> AsyncGenerator[Bus]:
    """A bus for one test, bounded in time."""
    async with asyncio.timeout(PATIENCE):
        bus = make()
        try:
            yield bus
        finally:
            await bus.close()


async def well(bus: Bus) -> str:
    """What the check says once it has its answer: on a busy machine that may come too late for one check."""
    while True:
        with suppress(Unavailable):
            return await bus.check()


def fresh(kind: str) -> str:
    """A topic or a group that no other test has."""
    return f"{kind}-{uuid.uuid4().hex}"


def numbered(keys: int, each: int) -> list[Message]:
    """Messages of several keys, in turn, each with its number within its key."""
    return [Message(key=f"run-{key}", value=b"%d" % number) for number in range(each) for key in range(keys)]


async def taken(inbox: Inbox, count: int) -> list[Taken]:
    """The next so many."""
    return [await inbox.take() for _ in range(count)]


def in_order(messages: list[Taken]) -> dict[str, list[int]]:
    """The numbers of each key, as they came."""
    seen: dict[str, list[int]] = {}
    for message in messages:
        seen.setdefault(message.key, []).append(int(message.value))
    return seen


def test_messages_arrive_whole_and_in_order_by_key(make: Callable[[], Bus]) -> None:
    """Contract: `publish` keeps the order of each key, over batches; `take` waits for what comes later."""

    async def body() -> None:
        async with opened(make) as bus:
            topic = fresh("topic")
            messages = numbered(7, 60)
            for start in range(0, len(messages), 50):
                await bus.publish(topic, messages[start : start + 50])
            whole = Message(key="ключ", value=bytes(range(256)), headers={"owner": "ada", "word": "слово"})
            await bus.publish(topic, [whole])
            inbox = await bus.consume(topic, fresh("group"))
            got = await taken(inbox, len(messages) + 1)
            (special,) = [one for one in got if one.key == "ключ"]
            assert (special.value, special.headers) == (whole.value, whole.headers)
            got.remove(special)
            assert in_order(got) == {f"run-{key}": list(range(60)) for key in range(7)}
            waiting = asyncio.create_task(inbox.take())
            await bus.publish(topic, [Message(key="late", value=b"1")])
            assert (await waiting).key == "late"

    asyncio.run(body())


def test_what_was_not_committed_is_handed_out_again(make: Callable[[], Bus]) -> None:
    """Contract: at least once; a commit covers the messages before it in its partition."""

    async def body() -> None:
        async with opened(make) as bus:
            topic, group = fresh("topic"), fresh("group")
            await bus.publish(topic, numbered(1, 10))
            first = await bus.consume(topic, group)
            got = await taken(first, 6)
            await first.commit(got[3])
            await first.close()
            second = await bus.consume(topic, group)
            assert in_order(await taken(second, 6)) == {"run-0": [4, 5, 6, 7, 8, 9]}

    asyncio.run(body())


def test_each_group_is_handed_every_message(make: Callable[[], Bus]) -> None:
    """Contract: groups do not see each other; a new one begins with the oldest message."""

    async def body() -> None:
        async with opened(make) as bus:
            topic = fresh("topic")
            await bus.publish(topic, numbered(2, 5))
            for _ in range(2):
                inbox = await bus.consume(topic, fresh("group"))
                assert in_order(await taken(inbox, 10)) == {"run-0": [*range(5)], "run-1": [*range(5)]}

    asyncio.run(body())


def test_members_of_a_group_do_everything_between_them(make: Callable[[], Bus]) -> None:
    """Contract: a second member joins and the first leaves in the midst; all is done, each key in its order."""

    async def body() -> None:
        async with opened(make) as bus:
            topic, group, done = fresh("topic"), fresh("group"), list[Taken]()
            everything = asyncio.Event()

            async def work(inbox: Inbox) -> None:
                while True:
                    message = await inbox.take()
                    done.append(message)
                    await inbox.commit(message)
                    if {(one.key, one.value) for one in done} == wanted:
                        everything.set()

            messages = numbered(16, 40)
            wanted = {(one.key, one.value) for one in messages}
            first = await bus.consume(topic, group)
            one = asyncio.create_task(work(first))
            await bus.publish(topic, messages[:320])
            await until(lambda: done)
            second = await bus.consume(topic, group)
            other = asyncio.create_task(work(second))
            await bus.publish(topic, messages[320:480])
            one.cancel()
            with suppress(asyncio.CancelledError):
                await one
            await first.close()
            await bus.publish(topic, messages[480:])
            await everything.wait()
            other.cancel()
            for numbers in in_order(done).values():
                assert list(dict.fromkeys(numbers)) == list(range(40))

    asyncio.run(body())


def test_a_broker_that_hangs_is_named_and_loses_nothing() -> None:
    """Promise: while it is away `publish` waits and `check` says so; once back, all is there, in order."""

    async def body(servers: Kafka) -> None:
        async with opened(lambda: KafkaBus(Brokers(servers=servers.servers))) as bus:
            await bus.publish("topic", numbered(3, 5))
            assert "Kafka answers, 3 brokers" in await well(bus)
            servers.hang()
            waiting = asyncio.create_task(bus.publish("topic", [Message(key="run-1", value=b"5")]))
            with pytest.raises(Unavailable, match="Kafka does not answer") as refused:
                await bus.check()
            assert "KAFKA_BOOTSTRAP_SERVERS" in refused.value.remedy
            assert not waiting.done()
            servers.go_on()
            await waiting
            inbox = await bus.consume("topic", "group")
            got = in_order(await taken(inbox, 16))
            assert got == {"run-0": [*range(5)], "run-1": [*range(6)], "run-2": [*range(5)]}

    with kafka() as servers:
        asyncio.run(body(servers))


def test_no_broker_at_all_is_unavailable(free_port: int) -> None:
    """Promise: one that was never there is named as well."""

    async def body() -> None:
        async with opened(lambda: KafkaBus(Brokers(servers=f"127.0.0.1:{free_port}"))) as bus:
            with pytest.raises(Unavailable, match="Kafka does not answer"):
                await bus.check()

    asyncio.run(body())


def test_memory_is_bounded() -> None:
    """Promise: a topic that nobody reads cannot fill this process: its oldest messages go."""

    async def body() -> None:
        async with opened(lambda: InProcessBus(largest=10_000)) as bus:
            await bus.publish("topic", numbered(1, 1000))
            inbox = await bus.consume("topic", "group")
            got = [int((await inbox.take()).value) for _ in range(19)]
            assert got == list(range(981, 1000))

    asyncio.run(body())


def test_a_missing_package_is_named_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: what cannot be real is `Unavailable` with the remedy, for whoever publishes, consumes or checks."""
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)

    async def body() -> None:
        async with opened(lambda: KafkaBus(Brokers(servers="127.0.0.1:1"))) as bus:
            for asked in (bus.check(), bus.consume("topic", "group"), bus.publish("topic", numbered(1, 1))):
                with pytest.raises(Unavailable) as refused:
                    await asked
                assert "nis-backend[kafka]" in refused.value.remedy

    asyncio.run(body())


def test_settings_that_the_client_refuses_are_named() -> None:
    """Promise: a wrong setting is a reason that can be read, not a fault of the server."""

    async def body() -> None:
        async with opened(lambda: KafkaBus(Brokers(servers="127.0.0.1:1", protocol="pigeon"))) as bus:
            with pytest.raises(Unavailable, match="as it is set up"):
                await bus.check()

    asyncio.run(body())
