"""The contract of the cache: values with an end, counts within a window, words to other processes.

Nothing in it is durable: what must not be lost is in the store. And the limit of calls, which stands on it.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Protocol, TypeVar

from nis_backend.errors import Busy, TooLarge, Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger("nis.cache")

T = TypeVar("T")

LARGEST_VALUE = 1_048_576
"""Bytes of a value: what is larger belongs to the blobs."""

MINUTE = 60.0


def checked(value: bytes) -> bytes:
    """The value, where it may be kept.

    Raises:
        TooLarge: it has more than `LARGEST_VALUE` bytes.
    """
    if len(value) > LARGEST_VALUE:
        raise TooLarge(
            f"A value of {len(value)} bytes; at most {LARGEST_VALUE} are kept.", remedy="Keep it as a blob instead."
        )
    return value


class Cache(Protocol):
    """Values, counts and words that the processes of one nis share.

    Every method but `close` raises `Unavailable` when the server behind it does not answer.
    """

    async def get(self, key: str) -> bytes | None:
        """The value, while it is kept."""
        ...

    async def set(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value for at most that long; one that was there is replaced.

        Raises:
            TooLarge: it has more than `LARGEST_VALUE` bytes.
        """
        ...

    async def delete(self, key: str) -> bool:
        """Forget a value or a count; False when there was none."""
        ...

    async def increment(self, key: str, window: float) -> int:
        """Count one more; the first opens a window of that many seconds, after which counting begins again."""
        ...

    async def left(self, key: str) -> float:
        """Seconds until a value or a count ends; 0 when there is none."""
        ...

    async def publish(self, channel: str, message: bytes) -> None:
        """Tell whoever listens now, at most once; in order for one sender."""
        ...

    async def subscribe(self, channel: str, heard: Callable[[bytes | None], None]) -> Callable[[], None]:
        """Have `heard(message)` called on the event loop for each message from now on; answers what ends it.

        `heard(None)` says that messages may have been missed while the connection was lost. Answers also while the
        server is away: it is subscribed to once it is back.
        """
        ...

    async def check(self) -> str:
        """Say that the server answers."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


class CallLimit:
    """How many calls each owner may make in a minute, over all processes that share the cache.

    While the cache is away each process counts for itself: a limit that stopped all calls would turn a lost cache into
    a lost service.
    """

    def __init__(self, calls: int, cache: Cache, meanwhile: Cache) -> None:
        self._calls = calls
        self._cache = cache
        self._meanwhile = meanwhile
        self._away = False

    async def admit(self, owner: str) -> None:
        """Count a call.

        Raises:
            Busy: the owner has made as many in this minute as it may; `retry_after` is when the next minute begins.
        """
        key = f"calls:{owner}"
        if await self._asked(lambda cache: cache.increment(key, MINUTE)) <= self._calls:
            return
        left = math.ceil(await self._asked(lambda cache: cache.left(key)))
        raise Busy(
            f"More than {self._calls} calls in a minute.",
            remedy=f"Call again in {max(1, left)} s, or have NIS_CALL_LIMIT raised.",
            retry_after=left,
        )

    async def _asked(self, ask: Callable[[Cache], Awaitable[T]]) -> T:
        try:
            answer = await ask(self._cache)
        except Unavailable as away:
            if not self._away:
                log.warning("calls are counted by each process for itself: %s", away)
            self._away = True
            return await ask(self._meanwhile)
        self._away = False
        return answer
