"""A response as it comes: its head, then its body, which is held back where nobody reads it."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

from nis_backend.drivers.http.base import Lost, Strange

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.drivers.http.base import HttpError
    from nis_backend.drivers.http.connection import Connection

MOST_HELD = 2**17
"""Bytes of a body that wait to be read; then the server has to wait."""
UNFOLDED = 2**18
"""Bytes that are unfolded at a time of what is compressed: a little of it may be very much."""
GZIP, RAW, ZLIB = 31, -15, 15
"""What zlib calls the formats: those of RFC 1952, 1951 and 1950."""


class Incoming:
    """See `base.Response`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pieces: list[bytes] = []
        self._size = 0
        self._waiting: asyncio.Future[None] | None = None
        self._error: HttpError | None = None
        self._unfolding: _Unfolding | None = None
        self.status = 0
        self.headers: dict[str, str] = {}
        self.begun = False
        """Whether the head is there."""
        self.whole = False
        """Whether all of the body has come."""

    @property
    def content_type(self) -> str:
        """See `base.Response.content_type`."""
        return self.headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()

    async def head(self) -> None:
        """Return when the head is there."""
        while not self.begun:
            await self._grown()

    async def readany(self) -> bytes:
        """See `base.Response.readany`."""
        if self._unfolding is not None:
            return await self._unfolded(self._unfolding)
        return await self._read()

    async def iter_any(self) -> AsyncGenerator[bytes, None]:
        """See `base.Response.iter_any`."""
        while piece := await self.readany():
            yield piece

    def close(self) -> None:
        """See `base.Response.close`."""
        if not self.whole and self._error is None:
            self.fail(Lost("it was closed"))
            self._connection.abort()

    # -- as it comes ---------------------------------------------------------------------------------------------------

    def begin(self, status: int) -> None:
        """The head is there.

        Raises:
            Strange: nobody could read the body.
        """
        self.status = status
        folded = self.headers.get("content-encoding", "identity").strip().lower()
        if folded in ("gzip", "x-gzip", "deflate"):
            self._unfolding = _Unfolding(GZIP if folded != "deflate" else ZLIB)
        elif folded not in ("identity", ""):
            raise Strange(f"a body compressed by {folded[:40]}")
        self.begun = True
        self._wake()

    def feed(self, piece: bytes) -> None:
        """A piece of the body."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > MOST_HELD:
            self._connection.hold()
        self._wake()

    def finish(self) -> None:
        """All of it has come."""
        self.whole = True
        self._wake()

    def fail(self, error: HttpError) -> None:
        """No more will come."""
        self._error = error
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def _grown(self) -> None:
        """Return when more has come.

        Raises:
            HttpError: no more will.
        """
        if self._error is not None:
            raise self._error
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None
        if self._error is not None and not self._pieces:
            raise self._error

    async def _read(self) -> bytes:
        while not self._pieces:
            if self.whole:
                return b""
            await self._grown()
        pieces, self._pieces = self._pieces, []
        if self._size > MOST_HELD and not self.whole:
            self._connection.go_on()
        self._size = 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _unfolded(self, unfolding: _Unfolding) -> bytes:
        while True:
            piece = unfolding.take()
            if piece:
                return piece
            folded = await self._read()
            if not folded:
                if unfolding.cut:
                    raise Lost("a compressed body that has no end")
                return b""
            unfolding.feed(folded)


class _Unfolding:
    """What was compressed, made whole a little at a time."""

    def __init__(self, form: int) -> None:
        self._form = form
        self._zlib = zlib.decompressobj(form)
        self._folded = b""
        self._begun = self._more = False

    @property
    def cut(self) -> bool:
        """Whether what has come is the beginning of more."""
        return self._begun and not self._zlib.eof

    def feed(self, folded: bytes) -> None:
        """Take more of it."""
        # Some servers call by this name what has no frame.
        if not self._begun and self._form == ZLIB and folded[0] & 0x0F != 8:  # noqa: PLR2004 - RFC 1950's method
            self._zlib = zlib.decompressobj(RAW)
        self._begun = True
        self._folded += folded

    def take(self) -> bytes:
        """Some of what can be made of what has come; empty when nothing can.

        Raises:
            Strange: it is not compressed as it says.
        """
        if self._zlib.eof or not (self._folded or self._more):
            return b""
        try:
            piece = self._zlib.decompress(self._folded, UNFOLDED)
        except zlib.error as error:
            raise Strange("a body that is not compressed as it says") from error
        self._folded = self._zlib.unconsumed_tail
        self._more = len(piece) == UNFOLDED
        return piece
