"""A whole server with brokers that are not there, that hang, that come back; and a server that is killed meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from engines import PATIENCE, Kafka, kafka, valkey
from rest_client import ask

from nis_backend.drivers.bus.base import COMMANDS, DEAD_LETTERS, REPLIES, RUNS, Bus, Message
from nis_backend.drivers.bus.kafka import Brokers, KafkaBus
from nis_backend.event import Event
from nis_backend.surfaces.bus.letters import Reply

Json = dict[str, Any]

SCRIPT = {"replies": [{"text": "One, two, three, four, five.", "pause": 0.02}]}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Kafka]:
    """One cluster for the module."""
    with kafka() as one:
        yield one


@pytest.fixture
def script(tmp_path: Path) -> str:
    """What the model says."""
    path = tmp_path / "script.json"
    path.write_text(json.dumps(SCRIPT))
    return str(path)


@asynccontextmanager
async def reading(servers: str) -> AsyncGenerator[Bus]:
    """A client of the brokers that is no nis."""
    # A group whose reader was killed has another after some time, and servers start meanwhile.
    async with asyncio.timeout(3 * PATIENCE):
        bus = KafkaBus(Brokers(servers=servers))
        try:
            yield bus
        finally:
            await bus.close()


def part(server: Server, name: str, path: str = "/health/ready") -> tuple[int, str, Json]:
    """The status, and what is said of a part."""
    status, _, answer = ask(server, "GET", path)
    (found,) = [one for one in answer["parts"] if one["name"] == name]
    return status, answer["status"], found


def well(server: Server, name: str) -> None:
    """Wait until the part is said to be well: on a busy machine an answer may come too late for a check."""
    deadline = time.monotonic() + PATIENCE
    while not (found := part(server, name)[2])["ok"]:
        assert time.monotonic() < deadline, found


def say(server: Server, count: int) -> list[str]:
    """So many turns; their runs."""
    return [ask(server, "POST", "/chat", {"message": f"Message {number}"})[2]["run_id"] for number in range(count)]


def last_of(server: Server, run_id: str) -> int:
    """The number of the run's last event."""
    return int(ask(server, "GET", f"/runs/{run_id}")[2]["last_seq"])


async def told(bus: Bus, wanted: dict[str, int]) -> dict[str, list[int]]:
    """The numbers of these runs' events as they came, until each has been told up to its last."""
    inbox = await bus.consume(RUNS, f"reader-{min(wanted)}")
    seen: dict[str, list[int]] = {run: [] for run in wanted}
    while any(last not in seen[run] for run, last in wanted.items()):
        event = Event.model_validate_json((await inbox.take()).value)
        if event.run_id in seen:
            seen[event.run_id].append(event.seq)
    await inbox.close()
    return seen


def test_no_broker_and_no_redis_delay_nothing_and_are_named(serve: Serve, free_port: int, script: str) -> None:
    """Promise: the start does not wait for them, requests are served, `/health/ready` names both and what is kept."""
    away = f"127.0.0.1:{free_port}"
    server = serve(KAFKA_BOOTSTRAP_SERVERS=away, REDIS_HOST="127.0.0.1", REDIS_PORT=str(free_port), NIS_SCRIPTED=script)
    say(server, 2)
    status, whole, bus = part(server, "bus")
    assert (status, whole, bus["ok"]) == (200, "degraded", False)
    assert "run events kept" in bus["detail"]
    assert "KAFKA_BOOTSTRAP_SERVERS" in bus["remedy"]
    status, _, cache = part(server, "cache", "/health")
    assert (status, cache["ok"]) == (200, False)
    assert "REDIS_HOST" in cache["remedy"]


def test_a_redis_that_comes_is_used(serve: Serve, free_port: int) -> None:
    """Promise: the limit of calls holds before, and is shared once Redis is there; health follows."""
    server = serve(REDIS_HOST="127.0.0.1", REDIS_PORT=str(free_port), NIS_CALL_LIMIT="3")
    codes = [ask(server, "GET", "/runs")[0] for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    # What it calls by name is counted too.
    assert ask(server, "POST", "/operations/models.list_models/call", {})[0] == 429
    # Probers are not counted.
    assert part(server, "cache")[2]["ok"] is False
    with valkey(free_port) as redis:
        well(server, "cache")
        assert [ask(server, "GET", "/runs")[0] for _ in range(4)] == [200, 200, 200, 429]
        with redis.client() as client:
            assert int(client.get("nis:calls:local")) == 4


def test_brokers_that_hang_get_everything_later(serve: Serve, cluster: Kafka, script: str) -> None:
    """Promise: under load they stop and go on: no event is lost, each run's are in order, health follows."""
    server = serve(KAFKA_BOOTSTRAP_SERVERS=cluster.servers, NIS_SCRIPTED=script)
    runs = say(server, 3)
    cluster.hang()
    runs += say(server, 3)
    status, whole, bus = part(server, "bus")
    assert (status, whole, bus["ok"]) == (200, "degraded", False)
    cluster.go_on()
    runs += say(server, 3)
    wanted = {run: last_of(server, run) for run in runs}

    async def body() -> None:
        async with reading(cluster.servers) as bus:
            seen = await told(bus, wanted)
            assert seen == {run: list(range(1, last + 1)) for run, last in wanted.items()}

    asyncio.run(body())
    well(server, "bus")


def test_a_server_that_is_killed_does_each_command_once(serve: Serve, cluster: Kafka, script: str) -> None:
    """Promise: at least once with one effect: each command begins one run, whose events all go out in order."""
    count = 12

    def start(data: Path | None = None) -> Server:
        return serve(data=data, KAFKA_BOOTSTRAP_SERVERS=cluster.servers, NIS_SCRIPTED=script, NIS_BUS_OWNER="local")

    async def body() -> None:
        async with reading(cluster.servers) as bus:
            replies = await bus.consume(REPLIES, "reader")
            server = start()
            first = [
                Message(key=f"key-{number}", value=json.dumps(command(number)).encode()) for number in range(count)
            ]
            await bus.publish(COMMANDS, first)
            answers: dict[str, set[str]] = {}
            while len(answers) < count // 3:
                keep(answers, (await replies.take()).value)
            await asyncio.to_thread(server.kill)
            # Sent again by a sender that does not know what became of them.
            await bus.publish(COMMANDS, first)
            again = await asyncio.to_thread(start, server.data)
            while len(answers) < count:
                keep(answers, (await replies.take()).value)
            assert {id_: len(runs) for id_, runs in answers.items()} == {f"c-{number}": 1 for number in range(count)}
            runs = {next(iter(found)) for found in answers.values()}
            assert len(runs) == count
            listed = (await asyncio.to_thread(ask, again, "GET", "/runs?limit=100"))[2]["runs"]
            assert {run["id"] for run in listed} == runs
            for run in runs:
                log = (await asyncio.to_thread(ask, again, "GET", f"/runs/{run}/events?wait=60"))[2]["items"]
                assert log[-1]["body"]["type"] == "succeeded", log[-1]
            wanted = {run: await asyncio.to_thread(last_of, again, run) for run in runs}
            for run, numbers in (await told(bus, wanted)).items():
                assert list(dict.fromkeys(numbers)) == list(range(1, wanted[run] + 1))
            await bus.publish(COMMANDS, [Message(key="bad", value=b"not a command")])
            letter = await (await bus.consume(DEAD_LETTERS, "reader")).take()
            assert json.loads(letter.value)["problem"]["code"] == "malformed"

    asyncio.run(body())


def command(number: int) -> Json:
    """One turn of a chat."""
    return {"id": f"c-{number}", "operation": "chat.send_message", "arguments": {"message": f"Message {number}"}}


def keep(answers: dict[str, set[str]], value: bytes) -> None:
    """One reply more."""
    reply = Reply.model_validate_json(value)
    assert reply.problem is None
    answers.setdefault(reply.id, set()).add(str(reply.run_id))
