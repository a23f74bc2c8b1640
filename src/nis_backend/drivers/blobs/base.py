"""The contract of contents: bytes under a key. What they are and whose is in the store's rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Protocol

from nis_backend.errors import NotFound, TooLarge
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

HEAD_BYTES = 4096
"""Bytes at the beginning by which a media type is told."""

PIECE = 256 * 1024
"""Bytes that are read or written at once."""

STALE_SECONDS = 3600.0
"""Age at which what is not whole counts as given up: its writer has died."""

MARK = "place"
"""The name that the mark lies under; no blob has it."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,127}")


@record
class Written:
    """What was put down."""

    size: int
    sha256: str
    head: bytes
    """The first `HEAD_BYTES` of it."""


class Contents(Protocol):
    """Durable bytes. They are there, whole, when `put` returns, and are never changed."""

    async def put(self, key: str, data: bytes | BinaryIO, limit: int) -> Written:
        """Put down what `data` holds from its current place on.

        Raises:
            TooLarge: it is longer than `limit`; nothing of it is left.
            Unavailable: there is no room, or no place.
        """
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """The bytes from `start` up to `end`, in pieces; to their end when `end` is None.

        Raises:
            NotFound: there are none under this key.
            Unavailable: whoever keeps them does not answer.
        """
        ...

    async def local(self, key: str) -> Path:
        """A file of this machine with the bytes, to be read and not changed.

        Raises:
            NotFound: there are none under this key.
        """
        ...

    async def forget(self, key: str) -> None:
        """Let go of the file that `local` answered, where it is but a copy."""
        ...

    def settled(self) -> AsyncGenerator[list[str]]:
        """The keys of what was put down `STALE_SECONDS` ago or longer, a page at a time, in no order."""
        ...

    async def claimed(self, mark: str) -> str:
        """The mark of whose contents these are: `mark`, if nobody had put one."""
        ...

    async def tidy(self) -> None:
        """Remove what was begun long ago and never became whole."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the bytes; nothing when there are none.

        Raises:
            Unavailable: they cannot be removed.
        """
        ...

    async def check(self) -> str:
        """What keeps them, if it answers.

        Raises:
            Unavailable: it does not.
        """
        ...

    async def close(self) -> None:
        """Let go of what keeps them."""
        ...


def checked(key: str) -> str:
    """A key that leads nowhere but to contents.

    Raises:
        NotFound: it is none.
    """
    if not _KEY.fullmatch(key):
        raise missing(key)
    return key


def missing(key: str) -> NotFound:
    """The refusal for contents that are not there."""
    return NotFound(
        f"There is no content {key!r}.", field="id", value=key, remedy="List the blobs to see what there is."
    )


def too_large(size: int, limit: int) -> TooLarge:
    """The refusal for contents that are longer than they may be; `size` is how many bytes were read."""
    return TooLarge(
        f"The blob has more than {limit} bytes.",
        field="content",
        value=size,
        remedy="Send less, or raise NIS_MAX_BLOB.",
    )
