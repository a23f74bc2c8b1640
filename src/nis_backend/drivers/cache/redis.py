"""The cache in Redis, or any server that speaks its protocol: shared by every process that is given the same one."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from nis_backend.drivers.cache.base import Cache, checked
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import SecretStr

# Any: the client's methods are typed in part.
Client = Any

log = logging.getLogger("nis.redis")

PREFIX = "nis:"
"""Before every key and channel: the server may hold other programs' things."""

CONNECTIONS = 16
ANSWER_SECONDS = 1.0
"""Time to connect, and to answer: callers wait for it, and go on without."""

AWAY_SECONDS = 1.0
"""After a failure no call waits for the server again for so long."""

LONGEST_PAUSE = 10.0
"""Seconds between two tries to listen again."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the server is, and what it wants to hear first."""

    host: str
    port: int = 6379
    database: int = 0
    username: str | None = None
    password: SecretStr | None = None
    tls: bool = False


class RedisCache(Cache):
    """One pool of at most 16 connections, opened at the first use; a lost one is replaced by itself."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._client: Client | None = None
        self._away_until = 0.0
        self._listening: set[asyncio.Task[None]] = set()

    @override
    async def get(self, key: str) -> bytes | None:
        return await self._ask(lambda client: client.get(PREFIX + key))

    @override
    async def set(self, key: str, value: bytes, seconds: float) -> None:
        checked(value)
        await self._ask(lambda client: client.set(PREFIX + key, value, px=_milliseconds(seconds)))

    @override
    async def delete(self, key: str) -> bool:
        return bool(await self._ask(lambda client: client.delete(PREFIX + key)))

    @override
    async def increment(self, key: str, window: float) -> int:
        def counted(client: Client) -> Awaitable[list[Any]]:
            # The window is set by the first alone: INCR keeps the end that a key has.
            pipeline = client.pipeline(transaction=True)
            pipeline.set(PREFIX + key, 0, px=_milliseconds(window), nx=True)
            pipeline.incr(PREFIX + key)
            return pipeline.execute()

        return int((await self._ask(counted))[1])

    @override
    async def left(self, key: str) -> float:
        # Below 0 it says that there is none.
        return max(0, await self._ask(lambda client: client.pttl(PREFIX + key))) / 1000

    @override
    async def publish(self, channel: str, message: bytes) -> None:
        await self._ask(lambda client: client.publish(PREFIX + channel, message))

    @override
    async def subscribe(self, channel: str, heard: Callable[[bytes | None], None]) -> Callable[[], None]:
        there = asyncio.Event()
        task = asyncio.create_task(self._listen(channel, heard, there), name=f"redis {channel}")
        self._listening.add(task)
        task.add_done_callback(self._listening.discard)
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await there.wait()

        def end() -> None:
            task.cancel()

        return end

    @override
    async def check(self) -> str:
        # Asked in earnest, whatever the last call met.
        self._away_until = 0.0
        await self._ask(lambda client: client.ping())
        return "Redis answers"

    @override
    async def close(self) -> None:
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, ask: Callable[[Client], Awaitable[Any]]) -> Any:  # Any: what the command answers
        try:
            from redis.exceptions import RedisError  # noqa: PLC0415 - only where a server is set
        except ImportError:
            raise Unavailable(
                "Redis is set, and the package that speaks to it is not installed.",
                remedy="pip install 'nis-backend[redis]'",
            ) from None
        if time.monotonic() < self._away_until:
            raise _unavailable("did not answer a moment ago")
        try:
            return await ask(self._opened())
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise _unavailable(f"does not answer: {type(error).__name__}") from error

    def _opened(self) -> Client:
        if self._client is None:
            from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection  # noqa: PLC0415 - see _ask
            from redis.asyncio.retry import Retry  # noqa: PLC0415
            from redis.backoff import NoBackoff  # noqa: PLC0415

            given = self._address
            password = given.password and given.password.get_secret_value()
            # One more try at once: a connection that idled may have been closed by the server.
            again = Retry(NoBackoff(), 1)
            pool = BlockingConnectionPool(
                max_connections=CONNECTIONS,
                timeout=ANSWER_SECONDS,
                host=given.host,
                port=given.port,
                db=given.database,
                username=given.username,
                password=password,
                socket_connect_timeout=ANSWER_SECONDS,
                socket_timeout=ANSWER_SECONDS,
                retry=again,
                connection_class=SSLConnection if given.tls else Connection,
            )
            self._client = Redis.from_pool(pool)
        return self._client

    async def _listen(self, channel: str, heard: Callable[[bytes | None], None], there: asyncio.Event) -> None:
        """Hear the channel until this is cancelled; each time the connection is lost, once more from the start."""
        pause = 0.1
        while True:
            try:
                async with self._opened().pubsub() as wire:
                    await wire.subscribe(PREFIX + channel)
                    async for message in wire.listen():
                        if message["type"] == "message":
                            heard(message["data"])
                        elif message["type"] == "subscribe":
                            pause = 0.1
                            if there.is_set():
                                heard(None)
                            there.set()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever the client meets, listening goes on
                log.warning("Redis is not heard: %s: %s", type(error).__name__, error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _milliseconds(seconds: float) -> int:
    return max(1, round(1000 * seconds))


def _unavailable(what: str) -> Unavailable:
    return Unavailable(
        f"Redis {what}.", remedy="Look to the server that REDIS_HOST and REDIS_PORT name; it is used again by itself."
    )
