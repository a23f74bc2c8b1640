"""Answers that are kept, in the cache that the processes of one nis may share, and what this one knows of them."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic_core import from_json, to_json

from nis_backend.drivers.cache.base import LARGEST_VALUE
from nis_backend.drivers.gateway.base import Cached
from nis_backend.drivers.gateway.route import Target
from nis_backend.errors import Unavailable
from nis_backend.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.cache.base import Cache

log = logging.getLogger("nis.gateway")

MOST_KEPT = 10_000
"""Entries of a route that this process knows of."""
EPOCH_SECONDS = 30 * 86_400.0
"""How long a route's entries are found at most."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An answer that is kept."""

    kind: str
    target: Target
    media_type: str
    body: bytes
    cost: int | None
    """In nano-dollars, what its call cost."""
    at: float

    def written(self) -> bytes:
        """For the cache."""
        told = [self.kind, self.target.provider, self.target.model, self.media_type, self.cost, self.at]
        return to_json(told) + b"\n" + self.body

    @classmethod
    def read(cls, written: bytes) -> Kept | None:
        """From the cache; None when it is nothing that this version has written."""
        told, _, body = written.partition(b"\n")
        try:
            kind, provider, model, media_type, cost, at = from_json(told)
        except (ValueError, TypeError):
            return None
        target = Target(provider=provider, model=model)
        return cls(kind=kind, target=target, media_type=media_type, body=body, cost=cost, at=at)


@dataclass(kw_only=True)
class Figures:
    """What this process knows of one route's answers."""

    hits: int = 0
    misses: int = 0
    shared: int = 0
    saved: int = 0
    entries: OrderedDict[str, tuple[float, float, int]] = field(
        default_factory=OrderedDict[str, "tuple[float, float, int]"]
    )
    """When each was kept, until when, and its bytes."""


class Shelf:
    """Where the answers are. While the cache is away none is found and none is put down; no caller hears of it."""

    def __init__(self, cache: Cache, clock: Callable[[], float] = time.time) -> None:
        self._cache = cache
        self._clock = clock
        self._routes: dict[str, Figures] = {}
        self._away = Outage(log, "answers are neither kept nor found")

    def known(self, route: str) -> Figures:
        """What is known of a route's answers."""
        return self._routes.setdefault(route, Figures())

    async def epoch(self, route: str) -> str | None:
        """What the keys of a route have in common until they are forgotten together; None while the cache is away."""
        name = f"answers:{route}"
        try:
            found = await self._cache.get(name)
            if found is None:
                found = secrets.token_hex(8).encode()
                await self._cache.set(name, found, EPOCH_SECONDS)
        except Unavailable as away:
            self._away.met(away)
            return None
        self._away.over()
        return found.decode()

    async def find(self, key: str) -> Kept | None:
        """The answer that is kept under this key."""
        try:
            found = await self._cache.get(key)
        except Unavailable as away:
            self._away.met(away)
            return None
        return None if found is None else Kept.read(found)

    async def keep(self, key: str, kept: Kept, route: str, seconds: float) -> bool:
        """Put an answer down for so long; whether that was done: what is larger than the cache takes is not."""
        written = kept.written()
        if len(written) > LARGEST_VALUE:
            return False
        try:
            await self._cache.set(key, written, seconds)
        except Unavailable as away:
            self._away.met(away)
            return False
        entries = self.known(route).entries
        entries[key] = (kept.at, kept.at + seconds, len(written))
        if len(entries) > MOST_KEPT:
            entries.popitem(last=False)
        return True

    async def clear(self, route: str) -> int:
        """Forget every answer of a route, in every process; how many of them this one knew.

        Raises:
            Unavailable: the cache is away.
        """
        await self._cache.delete(f"answers:{route}")
        known = self._routes.get(route)
        keys = [] if known is None else [*known.entries]
        await asyncio.gather(*(self._cache.delete(key) for key in keys))
        if known is not None:
            known.entries.clear()
        return len(keys)

    def figures(self) -> list[Cached]:
        """How the routes' answers do, as this process has seen since its start."""
        return [self._figures(name, known) for name, known in sorted(self._routes.items())]

    def _figures(self, name: str, known: Figures) -> Cached:
        now = self._clock()
        for key in [key for key, (_, until, _) in known.entries.items() if until <= now]:
            del known.entries[key]
        return Cached(
            route=name,
            hits=known.hits,
            misses=known.misses,
            shared=known.shared,
            saved=known.saved,
            entries=len(known.entries),
            size=sum(size for _, _, size in known.entries.values()),
            oldest=min((at for at, _, _ in known.entries.values()), default=None),
        )
