"""Commands over the bus: done once, answered, or put to the dead letters with the reason and without the key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from engines import PATIENCE
from pydantic import SecretStr

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.drivers.bus.base import COMMANDS, DEAD_LETTERS, REPLIES, Inbox, Message
from nis_backend.errors import Unavailable
from nis_backend.settings import read_settings
from nis_backend.surfaces.bus.commands import Commands
from nis_backend.surfaces.bus.letters import DeadLetter, Reply

Json = dict[str, Any]
KEY = "a-key-for-tests"
BEARER = {"Authorization": f"Bearer {KEY}"}
MILES: Json = {"operation": "physics.convert_unit", "arguments": {"value": 26.2, "unit": "mile", "to": "km"}}
FEEDBACK: Json = {"operation": "blobs.create_blob", "arguments": {"content": "data:text/plain;base64,aGVsbG8="}}


class Bench:
    """A process that does commands, and what it answers, by the commands' ids."""

    def __init__(self, process: Process, replies: Inbox, letters: Inbox) -> None:
        self.process = process
        self._replies = replies
        self._letters = letters

    async def send(self, value: bytes | Json, headers: Mapping[str, str] = BEARER, key: str = "key") -> None:
        """One message."""
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        await self.process.bus.publish(COMMANDS, [Message(key=key, value=raw, headers=headers)])

    async def reply(self) -> Reply:
        """The next reply."""
        taken = await self._replies.take()
        assert taken.key == "key"
        return Reply.model_validate_json(taken.value)

    async def letter(self) -> DeadLetter:
        """The next dead letter."""
        return DeadLetter.model_validate_json((await self._letters.take()).value)


@asynccontextmanager
async def bench(folder: Path, **given: object) -> AsyncGenerator[Bench]:
    """A process over this folder, with a key."""
    settings = read_settings({}, data=folder, **{"api_key": SecretStr(KEY), **given})
    async with asyncio.timeout(PATIENCE), Process(settings).open() as process:
        listening = asyncio.create_task(Commands(process, process.bus).listen())
        yield Bench(
            process, await process.bus.consume(REPLIES, "test"), await process.bus.consume(DEAD_LETTERS, "test")
        )
        listening.cancel()
        await asyncio.wait({listening})


def test_a_command_is_done_and_answered_under_its_id(tmp_path: Path) -> None:
    """Promise: an operation is called by its name; what it answers goes to `nis.replies` under the command's key."""

    async def body() -> None:
        async with bench(tmp_path) as one:
            await one.send({"id": "c-1", "operation": "system.check_live", "arguments": {}})
            reply = await one.reply()
            assert (reply.id, reply.operation, reply.problem) == ("c-1", "system.check_live", None)
            assert reply.result["status"] == "ok"

    asyncio.run(body())


def test_a_write_that_is_sent_again_is_done_once(tmp_path: Path) -> None:
    """Promise: at least once comes with one effect: the command's id is its idempotency key, over a restart too."""
    command = {"id": "c-1", **FEEDBACK}

    async def body() -> None:
        async with bench(tmp_path) as one:
            for _ in range(3):
                await one.send(command)
            replies = [await one.reply() for _ in range(3)]
            assert [(reply.problem, reply.replayed) for reply in replies] == [(None, False), (None, True), (None, True)]
            assert len({reply.result["id"] for reply in replies}) == 1
        async with bench(tmp_path) as one:
            await one.send(command)
            again = await one.reply()
            assert (again.replayed, again.result) == (True, replies[0].result)
            assert await one.process.drivers.store.count("blobs", LOCAL.owner) == 1
            await one.send({**command, "arguments": {"content": "data:text/plain;base64,b3RoZXI="}})
            refused = await one.reply()
            assert refused.problem is not None
            assert (refused.problem["code"], refused.problem["field"]) == ("invalid_request", "id")

    asyncio.run(body())


@pytest.mark.parametrize(
    ("value", "code", "named"),
    [
        (b"\xff\xfe", "malformed", False),
        (b"[1, 2]", "invalid_request", False),
        (b'{"id": "c-1"}', "invalid_request", True),
        (b'{"id": "", "operation": "system.check_live"}', "invalid_request", False),
        (b'{"id": "c-1", "operation": "system.check_live", "more": 1}', "invalid_request", True),
        (b'{"id": "c-1", "operation": "system.check_life"}', "not_found", True),
        (b'{"id": "c-1", "operation": "runs.get_run", "arguments": {"id": "nothing-here"}}', "not_found", True),
        (b'{"id": "c-1", "operation": "runs.get_run", "arguments": {"di": 1}}', "invalid_request", True),
        (b'{"id": "c-1", "operation": "runs.get_run", "arguments": "' + b"a" * 5000 + b'"}', "too_large", True),
    ],
)
def test_what_cannot_be_done_is_a_dead_letter(tmp_path: Path, value: bytes, code: str, named: bool) -> None:
    """Promise: with the problem, the message and where it lay; its sender is told too, where it says its id."""

    async def body() -> None:
        async with bench(tmp_path, max_body=4096) as one:
            await one.send(value, {**BEARER, "source": "test"})
            letter = await one.letter()
            assert letter.problem["code"] == code
            assert letter.problem["remedy"]
            assert (letter.topic, letter.partition, letter.offset, letter.key) == (COMMANDS, 0, 0, "key")
            assert letter.headers == {"source": "test"}
            assert (letter.value or "").encode() == value or letter.value_base64 == "//4="
            # What follows is done: nothing blocks the topic.
            await one.send({"id": "c-2", "operation": "system.check_live"})
            replies = [await one.reply() for _ in range(2 if named else 1)]
            assert [reply.id for reply in replies] == (["c-1", "c-2"] if named else ["c-2"])
            assert not named or (replies[0].problem or {})["code"] == code

    asyncio.run(body())


@pytest.mark.parametrize(
    ("headers", "given", "refused"),
    [
        ({}, {}, "unauthenticated"),
        ({"authorization": "Bearer another"}, {}, "unauthenticated"),
        ({"authorization": "Bearer anything"}, {"api_key": None}, "unauthenticated"),
        ({}, {"api_key": None}, "unauthenticated"),
        ({"authorization": "Bearer another"}, {"bus_owner": "ada"}, "unauthenticated"),
        ({"AUTHORIZATION": f"bearer {KEY}"}, {}, None),
        ({}, {"bus_owner": "ada"}, None),
    ],
)
def test_a_command_wants_a_key_or_a_trusted_topic(
    tmp_path: Path, headers: dict[str, str], given: Json, refused: str | None
) -> None:
    """Promise: who can write to the topic can do nothing by that alone, on loopback too; a wrong key never counts."""

    async def body() -> None:
        async with bench(tmp_path, **given) as one:
            await one.send({"id": "c-1", **FEEDBACK}, headers)
            reply = await one.reply()
            assert (reply.problem or {}).get("code") == refused
            if refused:
                assert "NIS_" in reply.problem["remedy"] if reply.problem else False
                assert (await one.letter()).headers == {}
            owner = "ada" if "bus_owner" in given else LOCAL.owner
            assert await one.process.drivers.store.count("blobs", owner) == (0 if refused else 1)

    asyncio.run(body())


def test_a_long_key_and_a_large_message_leave_a_letter_that_fits(tmp_path: Path) -> None:
    """Promise: no message blocks the topic because what is said of it would be too large to send."""

    async def body() -> None:
        async with bench(tmp_path) as one:
            await one.send(
                {"id": "c-1", "operation": "a" * 2_000_000}, {**BEARER, "long": "b" * 900_000}, "k" * 900_000
            )
            letter = await one.letter()
            assert (letter.value, letter.headers, len(letter.key)) == (None, {}, 256)
            assert (letter.omitted or 0) > 2_000_000

    asyncio.run(body())


def test_a_result_too_large_for_a_message_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: the reply says how large it is; the command is done."""
    monkeypatch.setattr("nis_backend.surfaces.bus.letters.LARGEST_MESSAGE", 200)

    async def body() -> None:
        async with bench(tmp_path) as one:
            await one.send({"id": "c-1", "operation": "system.get_info"})
            reply = await one.reply()
            assert (reply.result, reply.problem) == (None, None)
            assert (reply.omitted or 0) > 200

    asyncio.run(body())


class Away:
    """A part that is away until it is told otherwise."""

    def __init__(self) -> None:
        self.back = asyncio.Event()
        self.asked = 0

    async def check(self) -> str:
        """Its check."""
        self.asked += 1
        if not self.back.is_set():
            raise Unavailable("It is away.", remedy="Wait.")
        return "here"


def test_commands_wait_for_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: while the database is away no command is given up: they are done when it is back."""
    monkeypatch.setattr("nis_backend.surfaces.bus.commands.PAUSES", (0.001,))
    monkeypatch.setattr("nis_backend.surfaces.bus.commands.LONGEST_PAUSE", 0.01)

    async def body() -> None:
        async with bench(tmp_path) as one:
            store = Away()
            original = one.process.drivers.store.get

            async def get(*given: Any) -> Any:
                await store.check()
                return await original(*given)

            monkeypatch.setattr(one.process.drivers.store, "get", get)
            object.__setattr__(one.process.drivers, "checks", {"store": store.check})
            await one.send({"id": "c-1", **FEEDBACK})
            while store.asked < 10:  # noqa: ASYNC110 - another task asks
                await asyncio.sleep(0.001)
            store.back.set()
            assert (await one.reply()).problem is None

    asyncio.run(body())
