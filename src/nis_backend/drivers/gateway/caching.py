"""Answers that are kept for a route that says so, and calls that are shared while they are under way.

The same question has the same answer for as long as the route says: who turns the cache on says that this is so.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import secrets
import time
from collections import OrderedDict
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic_core import from_json, to_json

from nis_backend.drivers.cache.base import LARGEST_VALUE
from nis_backend.drivers.gateway.alike import Alike
from nis_backend.drivers.gateway.base import Cached, Passed, Target
from nis_backend.drivers.gateway.flight import Flight
from nis_backend.drivers.gateway.forms import completion_in, is_whole, joined, split
from nis_backend.drivers.gateway.ledger import new_call
from nis_backend.drivers.gateway.outgoing import OPTIONS, counts_added
from nis_backend.drivers.gateway.passing import header, whole_headers
from nis_backend.errors import NisError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from nis_backend.drivers.cache.base import Cache
    from nis_backend.drivers.embeddings.base import Embedders
    from nis_backend.drivers.gateway.alike import Question
    from nis_backend.drivers.gateway.base import Inbound, Json, Route, Who
    from nis_backend.drivers.gateway.ledger import Ledger
    from nis_backend.drivers.gateway.passing import Answer

    Ask = Callable[[], Awaitable[Answer]]

log = logging.getLogger("nis.gateway")

MEANINGLESS = frozenset({"model", "stream", OPTIONS, "user", "metadata", "safety_identifier", "store"})
"""Members of a request that do not change what its answer says."""
LARGE = 2**18
"""Bytes of a body from which on it is read in a thread."""
MOST_KEPT = 10_000
"""Entries of a route that this process knows of."""
EPOCH_SECONDS = 30 * 86_400.0
"""How long a route's entries are found at most."""
_ENDED = re.compile(rb'"stop_reason"\s*:\s*"(?:end_turn|tool_use|max_tokens|stop_sequence)"')
"""How a message ends that is whole."""


@dataclass(kw_only=True)
class _Route:
    """What this process knows of one route's answers."""

    hits: int = 0
    misses: int = 0
    shared: int = 0
    saved: int = 0
    entries: OrderedDict[str, tuple[float, float, int]] = field(
        default_factory=OrderedDict[str, "tuple[float, float, int]"]
    )
    """When each was kept, until when, and its bytes."""


class Answers:
    """The answers of this process's callers, in the cache that it may share with others."""

    def __init__(
        self,
        cache: Cache,
        ledger: Ledger,
        embedders: Callable[[Who], Embedders],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._cache = cache
        self._alike = Alike(embedders)
        self._ledger = ledger
        self._clock = clock
        self._flights: dict[str, Flight] = {}
        self._routes: dict[str, _Route] = {}

    async def passed(self, who: Who, route: Route, inbound: Inbound, ask: Ask) -> Passed:
        """The answer that is kept, or the one that another call is getting, or a new one."""
        asked = _Asked(who=who, route=route, inbound=inbound, begun=self._clock())
        known = self._routes.setdefault(route.name, _Route())
        key = None if inbound.asked.get("store") is True else await self._key(who, route, inbound)
        kept = None if key is None else await self._find(key)
        question = None
        if kept is None and key is not None and route.policy.cache == "semantic":
            question = await self._alike.question(who, _meaning(inbound), await self._place(who, route, inbound))
            near = None if question is None else self._alike.find(question, route.policy.threshold)
            kept = None if near is None else await self._find(near)
        if kept is not None and (body := kept.body_for(inbound)) is not None:
            known.hits += 1
            known.saved += kept.cost or 0
            self._write(asked, kept.target, "hit", kept.cost)
            return _passed_kept(kept, body, route, asked.begun)
        # Who asks for the count of a stream's tokens gets other bytes than who does not.
        place = f"{key} {inbound.streamed} {counts_added(inbound)}"
        flight = self._flights.get(place)
        if key is not None and flight is not None and flight.open:
            try:
                answer = await flight.begun()
            except NisError:
                # Another's cap, say. What this one may, its own call tells.
                flight = None
            else:
                known.shared += 1
                return await self._read(asked, flight, answer, "shared")
        known.misses += 1
        flight = self._fly(place, key, asked, ask, question)
        return await self._read(asked, flight, await flight.begun(), "miss")

    def _fly(self, place: str, key: str | None, asked: _Asked, ask: Ask, question: Question | None) -> Flight:
        """A new call, which others may join."""

        async def landed(flight: Flight) -> None:
            if key is not None and await self._keep(key, asked, flight) and question is not None:
                self._alike.keep(question, key)

        def gone() -> None:
            if self._flights.get(place) is flight:
                del self._flights[place]

        flight = Flight(ask, landed, gone)
        if key is not None:
            self._flights.setdefault(place, flight)
        return flight

    async def _read(self, asked: _Asked, flight: Flight, answer: Answer, how: str) -> Passed:
        headers = [*answer.headers, (b"x-nis-cache", how.encode())]
        items = self._items(asked, flight, answer, how)
        if answer.streams:
            return Passed(status=answer.status, headers=headers, items=items)
        whole = b"".join([piece async for piece in items])
        cost = answer.cost if how == "miss" else 0
        return Passed(status=answer.status, headers=[*headers, *whole_headers(whole, cost)], whole=whole)

    async def _items(self, asked: _Asked, flight: Flight, answer: Answer, how: str) -> AsyncGenerator[bytes, None]:
        async with aclosing(flight.read()) as pieces:
            async for piece in pieces:
                yield piece
        if how == "shared":
            self._routes[asked.route.name].saved += answer.cost or 0
            self._write(asked, answer.target, how, answer.cost)

    # -- what is kept -------------------------------------------------------------------------------------------------

    async def _key(self, who: Who, route: Route, inbound: Inbound) -> str | None:
        """What the answer to this question is kept under; None while the cache is away."""
        try:
            epoch = await self._epoch(route.name)
        except Unavailable as away:
            log.warning("answers are not looked for: %s", away)
            return None
        write = (epoch, "" if route.policy.shared else who.owner, route, inbound)
        return await asyncio.to_thread(_digest, *write) if len(inbound.body) >= LARGE else _digest(*write)

    async def _place(self, who: Who, route: Route, inbound: Inbound) -> str:
        """What questions that are compared have in common beside their requests."""
        owner = "" if route.policy.shared else who.owner
        targets = sorted(target.id for target in route.targets)
        return json.dumps([await self._epoch(route.name), owner, route.name, targets, inbound.kind])

    async def _epoch(self, route: str) -> str:
        """What the keys of a route have in common until they are forgotten together."""
        name = f"answers:{route}"
        found = await self._cache.get(name)
        if found is None:
            found = secrets.token_hex(8).encode()
            await self._cache.set(name, found, EPOCH_SECONDS)
        return found.decode()

    async def _find(self, key: str) -> _Kept | None:
        try:
            found = await self._cache.get(key)
        except Unavailable as away:
            log.warning("answers are not looked for: %s", away)
            return None
        return None if found is None else _Kept.read(found)

    async def _keep(self, key: str, asked: _Asked, flight: Flight) -> bool:
        """Keep an answer that is whole; whether it is kept."""
        answer, policy = flight.answer, asked.route.policy
        assert answer is not None
        form = _form(asked.inbound, answer, b"".join(flight.pieces))
        if form is None:
            return False
        kept = _Kept(
            target=answer.target, media_type=form[0], body=form[1], cost=answer.cost, at=self._clock(), kind=asked.kind
        )
        written = kept.written()
        if len(written) > LARGEST_VALUE:
            return False
        try:
            await self._cache.set(key, written, policy.cache_seconds)
        except Unavailable as away:
            log.warning("an answer is not kept: %s", away)
            return False
        entries = self._routes[asked.route.name].entries
        entries[key] = (kept.at, kept.at + policy.cache_seconds, len(written))
        if len(entries) > MOST_KEPT:
            entries.popitem(last=False)
        return True

    # -- what is told -------------------------------------------------------------------------------------------------

    def figures(self) -> list[Cached]:
        """How the routes' answers do, as this process has seen since its start."""
        found: list[Cached] = []
        now = self._clock()
        for name, known in sorted(self._routes.items()):
            for key in [key for key, (_, until, _) in known.entries.items() if until <= now]:
                del known.entries[key]
            oldest = min((at for at, _, _ in known.entries.values()), default=None)
            found.append(
                Cached(
                    route=name,
                    hits=known.hits,
                    misses=known.misses,
                    shared=known.shared,
                    saved=known.saved,
                    entries=len(known.entries),
                    size=sum(size for _, _, size in known.entries.values()),
                    oldest=oldest,
                )
            )
        return found

    async def clear(self, route: str) -> int:
        """Forget every answer of a route, in every process; how many of them this one knew.

        Raises:
            Unavailable: the cache is away.
        """
        await self._cache.delete(f"answers:{route}")
        known = self._routes.get(route)
        keys = [] if known is None else [*known.entries]
        for key in keys:
            await self._cache.delete(key)
        if known is not None:
            known.entries.clear()
        return len(keys)

    def _write(self, asked: _Asked, target: Target, how: str, cost: int | None) -> None:
        """Have a call in the ledger that no model was asked for."""
        now = self._clock()
        row = self._ledger.open_row(
            who=asked.who,
            route=asked.route.name if asked.route.name != target.id else "",
            target=target,
            kind=asked.kind,
            call_id=new_call(asked.begun),
            attempt=1,
            streamed=asked.inbound.streamed,
        )
        spent = 1e3 * (now - asked.begun)
        ended = {"state": "cached", "status": 200, "cache": how, "saved": cost or 0, "priced": int(cost is not None)}
        self._ledger.write(row | ended | {"first_ms": spent, "total_ms": spent})


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """One call of one caller."""

    who: Who
    route: Route
    inbound: Inbound
    begun: float

    @property
    def kind(self) -> str:
        """What is asked for."""
        return self.inbound.kind


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """An answer that is kept: a chat completion whole, anything else as it came."""

    kind: str
    target: Target
    media_type: str
    body: bytes
    cost: int | None
    at: float

    def written(self) -> bytes:
        """For the cache."""
        told = [self.kind, self.target.provider, self.target.model, self.media_type, self.cost, self.at]
        return to_json(told) + b"\n" + self.body

    @classmethod
    def read(cls, written: bytes) -> _Kept:
        """From the cache."""
        told, _, body = written.partition(b"\n")
        kind, provider, model, media_type, cost, at = from_json(told)
        target = Target(provider=provider, model=model)
        return cls(kind=kind, target=target, media_type=media_type, body=body, cost=cost, at=at)

    def body_for(self, inbound: Inbound) -> bytes | None:
        """It in the form that is asked for; None when it has none."""
        if self.kind != "chat" or not inbound.streamed:
            return self.body
        completion = completion_in(self.body)
        return None if completion is None else split(completion, counts=not counts_added(inbound))


def _passed_kept(kept: _Kept, body: bytes, route: Route, now: float) -> Passed:
    streamed = kept.kind == "chat" and body.startswith(b"data:")
    told = [
        ("content-type", "text/event-stream; charset=utf-8" if streamed else kept.media_type),
        ("x-nis-model", kept.target.id),
        ("x-nis-cache", "hit"),
        ("age", str(max(0, int(now - kept.at)))),
        *([("x-nis-route", route.name)] if route.name != kept.target.id else []),
    ]
    headers = [(name.encode(), header(value)) for name, value in told]
    return Passed(status=200, headers=[*headers, *whole_headers(body, 0)], whole=body)


def _form(inbound: Inbound, answer: Answer, body: bytes) -> tuple[str, bytes] | None:
    """An answer as it is kept, and its media type; None for one that did not come to its end."""
    if inbound.kind == "chat" and answer.streams:
        completion = joined(body, answer.stated())
        return ("application/json", to_json(completion)) if completion is not None and is_whole(completion) else None
    whole = inbound.kind == "embeddings" or _ENDED.search(body) is not None
    if inbound.kind == "chat":
        whole = completion_in(body) is not None
    return (answer.media_type, body) if whole else None


def _meaning(inbound: Inbound) -> Json:
    return {name: value for name, value in inbound.asked.items() if name not in MEANINGLESS}


def _digest(epoch: str, owner: str, route: Route, inbound: Inbound) -> str:
    """Of all that an answer depends on."""
    # A stream of chunks can be made of a whole completion; of other formats the stream is kept as it is.
    form = inbound.kind != "chat" and inbound.streamed
    targets = sorted(target.id for target in route.targets)
    said = [epoch, owner, route.name, targets, inbound.kind, form, sorted(inbound.headers.items()), _meaning(inbound)]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return f"answer:{hashlib.sha256(text.encode()).hexdigest()}"
