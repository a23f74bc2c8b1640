"""Answers that are kept for a route that says so, and calls that are shared while they are under way.

The same question has the same answer for as long as the route says: who turns the cache on says that this is so.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.gateway.alike import Alike
from nis_backend.drivers.gateway.flight import Flight, Joined
from nis_backend.drivers.gateway.kept import Kept, Shelf
from nis_backend.drivers.gateway.ledger import CLOSE_SECONDS, new_call
from nis_backend.drivers.gateway.until import Until
from nis_backend.drivers.gateway.wanted import Hit, digest_of, place_of
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.drivers.cache.base import Cache
    from nis_backend.drivers.embeddings.base import Embedders
    from nis_backend.drivers.gateway.alike import Question
    from nis_backend.drivers.gateway.base import Cached, Who
    from nis_backend.drivers.gateway.flight import How
    from nis_backend.drivers.gateway.ledger import Ledger
    from nis_backend.drivers.gateway.route import Target
    from nis_backend.drivers.gateway.wanted import A, P, Wanted


class Answers:
    """The answers of this process's callers, in the cache that it may share with others."""

    def __init__(
        self,
        cache: Cache,
        ledger: Ledger,
        embedders: Callable[[Who], Embedders],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._shelf = Shelf(cache, clock)
        self._alike = Alike(embedders)
        self._ledger = ledger
        self._clock = clock
        self._flights: dict[str, Flight[Any, Any]] = {}  # Any: of either form, as their places say
        self._flying: set[Flight[Any, Any]] = set()  # Any: as above
        """These, and those that nobody can join."""

    async def given(self, wanted: Wanted[A, P]) -> Hit[P] | Joined[A, P]:
        """The answer that is kept, or the one that another call is getting, or a new one.

        Raises:
            NisError: no model has answered.
        """
        self._ledger.admit()
        begun, until = self._clock(), Until.within(wanted.route.policy.total)
        known = self._shelf.known(wanted.route.name)
        epoch = await self._shelf.epoch(wanted.route.name) if wanted.kept else None
        digest = await digest_of(wanted) if wanted.kept else ""
        key = None if epoch is None else f"answer:{epoch}:{digest}"
        question, hit = await self._find(wanted, key, epoch)
        if hit is not None:
            known.hits += 1
            known.saved += hit.kept.cost or 0
            self._write(wanted, begun, hit.kept.target, "hit", hit.kept.cost)
            return hit

        def shared(answer: A) -> None:
            known.saved += answer.cost or 0
            self._write(wanted, begun, answer.target, "shared", answer.cost)

        places = [f"{epoch}:{digest}:{form}" for form in wanted.flights()] if wanted.kept else []
        joined = await self._join(wanted, places, until.at)
        if joined is not None:
            known.shared += 1
            return Joined(*joined, until.at, "shared", shared)
        flight = self._fly(wanted, places, key, question, until)
        at = until.at
        return Joined(await flight.begun(at), flight, at, "miss")

    async def _join(self, wanted: Wanted[A, P], places: Sequence[str], until: float) -> tuple[A, Flight[A, P]] | None:
        """An answer such as this caller would get, that has begun, and the call, which it reads from now on."""
        tried: Flight[A, P] | None = None
        for _ in range(2):
            # Twice: who was the first to find that a call is another's alone may have made one that others join.
            flights = [self._flights[place] for place in places if place in self._flights]
            flight = next((one for one in flights if one.open and one is not tried), None)
            if flight is None:
                break
            tried = flight
            try:
                answer = await flight.begun(until)
            except NisError:
                if until <= asyncio.get_running_loop().time():
                    raise
                # Another's cap, say. What this one may, its own call tells.
                break
            if flight.fits(wanted.who):
                return answer, flight
            flight.leave()
        return None

    async def _find(
        self, wanted: Wanted[A, P], key: str | None, epoch: str | None
    ) -> tuple[Question | None, Hit[P] | None]:
        """The answer that is kept; and the question, where it was compared with others."""
        if key is None:
            return None, None
        hit = self._hit(wanted, await self._shelf.find(key))
        if hit is not None or wanted.route.policy.cache != "semantic" or (asked := wanted.question()) is None:
            return None, hit
        words, rest = asked
        question = await self._alike.question(wanted.who, words, [epoch, *place_of(wanted), rest])
        near = None if question is None else self._alike.find(question, wanted.route.policy.threshold)
        return question, None if near is None else self._hit(wanted, await self._shelf.find(near))

    def _hit(self, wanted: Wanted[A, P], kept: Kept | None) -> Hit[P] | None:
        pieces = None if kept is None else wanted.read(kept)
        if kept is None or pieces is None:
            return None
        return Hit(kept=kept, pieces=pieces, age=max(0, int(self._clock() - kept.at)))

    def _fly(
        self, wanted: Wanted[A, P], places: Sequence[str], key: str | None, question: Question | None, until: Until
    ) -> Flight[A, P]:
        """A new call, which others may join."""

        async def landed(flight: Flight[A, P]) -> None:
            self._shelf.known(wanted.route.name).misses += 1
            if key is not None and await self._keep(wanted, key, flight) and question is not None:
                self._alike.keep(question, key)

        def gone() -> None:
            self._flying.discard(flight)
            if places and self._flights.get(places[0]) is flight:
                del self._flights[places[0]]

        flight = Flight(wanted, until, landed, gone)
        self._flying.add(flight)
        if places:
            # One that is there already is such as could not be joined.
            self._flights[places[0]] = flight
        return flight

    async def _keep(self, wanted: Wanted[A, P], key: str, flight: Flight[A, P]) -> bool:
        """Keep an answer that is whole; whether another question may be answered with it."""
        answer = flight.answer
        assert answer is not None
        if answer.target.id not in {target.id for target in wanted.route.targets}:
            # A cap has led the call down the route's ladder: who may pay for the route itself is to get that.
            return False
        form = wanted.write(answer, flight.pieces)
        if form is None:
            return False
        kept = Kept(
            kind=wanted.kind,
            target=answer.target,
            media_type=form[0],
            body=form[1],
            cost=answer.cost,
            at=self._clock(),
        )
        route = wanted.route
        return await self._shelf.keep(key, kept, route.name, route.policy.cache_seconds) and wanted.comparable(
            flight.pieces
        )

    def figures(self) -> list[Cached]:
        """How the routes' answers do, as this process has seen since its start."""
        return self._shelf.figures()

    async def clear(self, route: str) -> int:
        """See `Shelf.clear`."""
        return await self._shelf.clear(route)

    async def close(self) -> None:
        """Stop the calls that are under way; what they have cost is with the ledger when this returns."""
        stopped = [flight.stop() for flight in self._flying]
        if stopped:
            await asyncio.wait(stopped, timeout=CLOSE_SECONDS)

    def _write(self, wanted: Wanted[A, P], begun: float, target: Target, how: How, cost: int | None) -> None:
        """Have a call in the ledger that no model was asked for."""
        row = self._ledger.open_row(
            who=wanted.who,
            route=wanted.route.name if wanted.route.name != target.id else "",
            target=target,
            kind=wanted.kind,
            call_id=new_call(begun),
            attempt=1,
            streamed=wanted.streamed,
        )
        spent = 1e3 * (self._clock() - begun)
        ended = {"state": "cached", "status": 200, "cache": how, "saved": cost or 0, "priced": int(cost is not None)}
        self._ledger.count_cached(row)
        self._ledger.write(row | ended | {"first_ms": spent, "total_ms": spent})
