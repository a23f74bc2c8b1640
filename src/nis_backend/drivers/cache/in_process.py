"""The cache in this process's memory, bounded: what was used least lately makes room."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.cache.base import Cache, checked

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 16 * 2**20
"""Bytes of all values and keys together."""

ENTRY_BYTES = 200
"""What an entry costs beside its key and value, about."""


class InProcessCache(Cache):
    """At most 16 MiB."""

    def __init__(self, largest: int = LARGEST, now: Callable[[], float] = time.monotonic) -> None:
        self._largest = largest
        self._now = now
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._size = 0
        self._heard: defaultdict[str, list[Callable[[bytes | None], None]]] = defaultdict(list)

    @override
    async def get(self, key: str) -> bytes | None:
        found = self._find(key)
        return found and found[1]

    @override
    async def set(self, key: str, value: bytes, seconds: float) -> None:
        self._keep(key, checked(value), self._now() + seconds)

    @override
    async def delete(self, key: str) -> bool:
        there = self._find(key) is not None
        self._drop(key)
        return there

    @override
    async def increment(self, key: str, window: float) -> int:
        end, counted = self._find(key) or (self._now() + window, b"0")
        number = int(counted) + 1
        self._keep(key, b"%d" % number, end)
        return number

    @override
    async def left(self, key: str) -> float:
        found = self._find(key)
        return 0.0 if found is None else found[0] - self._now()

    @override
    async def publish(self, channel: str, message: bytes) -> None:
        for heard in tuple(self._heard.get(channel, ())):
            heard(message)

    @override
    async def subscribe(self, channel: str, heard: Callable[[bytes | None], None]) -> Callable[[], None]:
        self._heard[channel].append(heard)

        def end() -> None:
            if heard in self._heard.get(channel, ()):
                self._heard[channel].remove(heard)
            if not self._heard.get(channel):
                self._heard.pop(channel, None)

        return end

    @override
    async def check(self) -> str:
        return "in this process"

    @override
    async def close(self) -> None:
        self._kept.clear()
        self._heard.clear()
        self._size = 0

    def _find(self, key: str) -> tuple[float, bytes] | None:
        found = self._kept.get(key)
        if found is not None and found[0] <= self._now():
            self._drop(key)
            return None
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def _keep(self, key: str, value: bytes, end: float) -> None:
        self._drop(key)
        self._kept[key] = end, value
        self._size += _cost(key, value)
        while self._size > self._largest:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._size -= _cost(key, found[1])


def _cost(key: str, value: bytes) -> int:
    return ENTRY_BYTES + len(key) + len(value)
