"""A call that several callers read: each from its beginning, as it comes."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from nis_backend.drivers.gateway.until import late
from nis_backend.errors import InternalError, NisError, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from nis_backend.drivers.gateway.base import Who
    from nis_backend.drivers.gateway.route import Target
    from nis_backend.drivers.gateway.until import Until
    from nis_backend.drivers.gateway.wanted import Wanted

log = logging.getLogger("nis.gateway")

JOINED, LONGEST = 2**20, 16 * 2**20
"""Bytes of an answer from which on nobody joins its readers any more, and that are read of one at most."""

How = Literal["hit", "shared", "miss"]

P = TypeVar("P")
Piece_co = TypeVar("Piece_co", covariant=True)


class Items(Protocol[Piece_co]):
    """What comes of a call."""

    def __aiter__(self) -> AsyncIterator[Piece_co]:
        """The pieces, each as soon as it is there."""
        ...

    def aclose(self) -> Awaitable[None]:
        """End the call."""
        ...


class Coming(Protocol[Piece_co]):
    """An answer that has begun."""

    @property
    def items(self) -> Items[Piece_co]:
        """All of it."""
        ...

    @property
    def target(self) -> Target:
        """The model that has answered; known when all of it has come."""
        ...

    @property
    def capped(self) -> bool:
        """Whether a cap of the caller's may have made it another one than others are to have."""
        ...

    @property
    def cost(self) -> int | None:
        """In nano-dollars, once it is settled and where a price is known."""
        ...

    async def settle(self) -> None:
        """Say that it was read to its end."""
        ...


A = TypeVar("A", bound=Coming[Any])


class Flight(Generic[A, P]):
    """One call under way. It has as long as one of its readers has, and is stopped when nobody reads it any more."""

    def __init__(
        self,
        wanted: Wanted[A, P],
        until: Until,
        landed: Callable[[Flight[A, P]], Awaitable[None]],
        gone: Callable[[], None],
    ) -> None:
        """`wanted` is what the first one wants, who has until then.

        `landed` is awaited when all of it has come, before its readers hear so; `gone` is called in any case.
        """
        self._wanted = wanted
        self._until = until
        self._landed = landed
        self._gone = gone
        self._readers = 0
        self._grown = asyncio.Event()
        self.pieces: list[P] = []
        self.size = 0
        self.answer: A | None = None
        self.error: NisError | None = None
        self.done = False
        self.open = True
        """Whether another one may read it from its beginning."""
        self._task = asyncio.create_task(self._fly(), name="shared call")

    async def begun(self, until: float) -> A:
        """Wait for the first of it, as a reader from here on who has until then, by the loop's clock.

        Raises:
            NisError: it failed before.
        """
        self._readers += 1
        if until > self._until.at:
            self._until.put_off(until)
            # Those who have less time look to it themselves.
            self._grow()
        try:
            while self.answer is None and self.error is None:
                await self._wait(until)
        except BaseException:
            self.leave()
            raise
        if self.answer is None:
            assert self.error is not None
            self.leave()
            raise self.error.with_traceback(None)
        return self.answer

    def fits(self, who: Who) -> bool:
        """Whether what has begun is what this one would get: what a cap has made shorter is for who has the same."""
        assert self.answer is not None
        return not self.answer.capped or replace(who, operation="") == replace(self._wanted.who, operation="")

    async def piece(self, at: int, until: float) -> P:
        """The piece of this number, for a reader that has begun; `StopAsyncIteration` tells that there is none.

        Raises:
            NisError: it failed before.
        """
        while at >= len(self.pieces):
            if self.error is not None:
                raise self.error.with_traceback(None)
            if self.done:
                raise StopAsyncIteration
            await self._wait(until)
        return self.pieces[at]

    def leave(self) -> None:
        """Read no more of it, as one reader."""
        self._readers -= 1
        if not self._readers and not self.done:
            self.stop()

    def stop(self) -> asyncio.Task[None]:
        """End the call, whoever reads it yet, and answer what to wait for."""
        self.open = False
        self._task.cancel()
        return self._task

    async def _wait(self, until: float) -> None:
        """Wait for more, as a reader who has until then: who has as long as the call hears of its end from it."""
        try:
            async with asyncio.timeout_at(until if until < self._until.at else None):
                await self._grown.wait()
        except TimeoutError:
            raise late("The answer") from None

    def _grow(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()

    async def _fly(self) -> None:
        try:
            answer = await self._wanted.ask(self._until)
            try:
                async for piece in answer.items:
                    self.pieces.append(piece)
                    self.size += self._wanted.weigh(piece)
                    self.open = self.open and self.size <= JOINED
                    if self.size > LONGEST:
                        raise UpstreamFailed(f"An answer of more than {LONGEST} bytes was sent.")
                    self.answer = answer
                    self._grow()
                await answer.settle()
            finally:
                await answer.items.aclose()
            await self._landed(self)
        except NisError as error:
            self.error = error
        except asyncio.CancelledError:
            self.error = InternalError("The call was stopped.")
            raise
        except Exception:
            log.exception("a shared call failed")
            self.error = InternalError("nis failed to answer.")
        finally:
            self.done, self.open = True, False
            self._gone()
            self._grow()


class Joined(Generic[A, P]):
    """An answer that is on its way, piece by piece: to this caller alone, or to others as well."""

    def __init__(
        self, answer: A, flight: Flight[A, P], until: float, how: How, book: Callable[[A], None] = lambda _: None
    ) -> None:
        self.answer = answer
        self.how: How = how
        self._flight = flight
        self._until = until
        self._book = book
        self._at = 0
        self._left = False

    def __aiter__(self) -> Joined[A, P]:
        return self

    async def __anext__(self) -> P:
        """The next piece, from its beginning on.

        Raises:
            NisError: it broke off.
        """
        try:
            piece = await self._flight.piece(self._at, self._until)
        except StopAsyncIteration:
            if not self._left:
                self._book(self.answer)
            await self.aclose()
            raise
        except BaseException:
            await self.aclose()
            raise
        self._at += 1
        return piece

    async def aclose(self) -> None:
        """Leave, also where nothing was read."""
        if not self._left:
            self._left = True
            self._flight.leave()
