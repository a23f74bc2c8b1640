"""A call that several callers read: each from its beginning, as it comes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from nis_backend.errors import InternalError, NisError, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from nis_backend.drivers.gateway.passing import Answer

log = logging.getLogger("nis.gateway")

JOINED, LONGEST = 2**20, 16 * 2**20
"""Bytes of an answer from which on nobody joins its readers any more, and that are read of one at most."""


class Flight:
    """One call under way. It is stopped when nobody reads it any more."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[Answer]],
        landed: Callable[[Flight], Awaitable[None]],
        gone: Callable[[], None],
    ) -> None:
        """`landed` is awaited when all of it has come, before its readers hear so; `gone` is called in any case."""
        self._ask = ask
        self._landed = landed
        self._gone = gone
        self._readers = 0
        self._grown = asyncio.Event()
        self.pieces: list[bytes] = []
        self.size = 0
        self.answer: Answer | None = None
        self.error: NisError | None = None
        self.done = False
        self.open = True
        """Whether another one may read it from its beginning."""
        self._task = asyncio.create_task(self._fly(), name="shared call")

    async def begun(self) -> Answer:
        """Wait for the first of it, as a reader from here on.

        Raises:
            NisError: it failed before.
        """
        self._readers += 1
        try:
            while self.answer is None and self.error is None:
                await self._grown.wait()
        except BaseException:
            self._leave()
            raise
        if self.answer is None:
            assert self.error is not None
            self._leave()
            raise self.error.with_traceback(None)
        return self.answer

    async def read(self) -> AsyncGenerator[bytes, None]:
        """All of it, for a reader that has begun; closing this is leaving."""
        at = 0
        try:
            while True:
                while at < len(self.pieces):
                    yield self.pieces[at]
                    at += 1
                if self.error is not None:
                    raise self.error.with_traceback(None)
                if self.done:
                    return
                await self._grown.wait()
        finally:
            self._leave()

    def _leave(self) -> None:
        self._readers -= 1
        if not self._readers and not self.done:
            self.open = False
            self._task.cancel()

    def _grow(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()

    async def _fly(self) -> None:
        try:
            answer = await self._ask()
            try:
                async for piece in answer.items:
                    self.pieces.append(piece)
                    self.size += len(piece)
                    self.open = self.open and self.size <= JOINED
                    if self.size > LONGEST:
                        raise UpstreamFailed(f"{answer.target.id} sent more than {LONGEST} bytes.")
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
