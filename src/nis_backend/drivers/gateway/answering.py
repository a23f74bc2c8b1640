"""An answer that has begun, as the caller reads it: in time, and settled however it ends."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Generic, TypeVar

from nis_backend.drivers.gateway.until import late
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from nis_backend.drivers.gateway.attempt import Attempt
    from nis_backend.drivers.gateway.route import Target
    from nis_backend.drivers.gateway.until import Until

T = TypeVar("T")


class Answering(Generic[T]):
    """An answer that has begun, from its first item on; closing it ends the call and settles it."""

    def __init__(self, attempt: Attempt[T], until: Until | None) -> None:
        assert attempt.begun is not None
        self._attempt = attempt
        self._first: list[T] = [attempt.begun.first]
        self._rest = attempt.begun.rest
        self._until = until
        """When it has to be whole."""

    @property
    def target(self) -> Target:
        """The model that answers."""
        return self._attempt.target

    @property
    def route(self) -> str:
        """The route that was gone along."""
        return self._attempt.route.name

    @property
    def capped(self) -> bool:
        """See `Attempt.capped`."""
        return self._attempt.capped

    @property
    def attempts(self) -> int:
        """How many calls it took, this one included."""
        return self._attempt.number

    def __aiter__(self) -> Answering[T]:
        return self

    async def __anext__(self) -> T:
        """The next item.

        Raises:
            NisError: it broke off.
        """
        if self._first:
            return self._first.pop()
        try:
            if self._until is None or math.isinf(self._until.at):
                return await anext(self._rest)
            return await self._in_time(self._until)
        except StopAsyncIteration:
            await self._attempt.end("ok")
            raise
        except TimeoutError:
            error = late(self.target.id)
            await self._cut(error)
            raise error from None
        except NisError as error:
            await self._cut(error)
            raise
        except BaseException:
            await self._attempt.end("left")
            raise

    async def settle(self) -> int | None:
        """Say that all of the answer was read; what it cost, in nano-dollars, where a price is known."""
        await self._attempt.end("ok")
        return self._attempt.cost

    async def aclose(self) -> None:
        """End the call; one that was not read to its end was left."""
        try:
            await self._rest.aclose()
        finally:
            await self._attempt.end("left")

    async def _in_time(self, until: Until) -> T:
        async with asyncio.timeout_at(until.at) as limit:
            until.limits.add(limit)
            try:
                return await anext(self._rest)
            finally:
                until.limits.discard(limit)

    async def _cut(self, error: NisError) -> None:
        await self._attempt.end("cut", error)
