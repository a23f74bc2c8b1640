"""The contract of contents: bytes under a key. What they are and whose is in the store's rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

HEAD_BYTES = 4096
"""Bytes at the beginning by which a media type is told."""


@dataclass(frozen=True, kw_only=True)
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
        """
        ...

    async def local(self, key: str) -> Path:
        """A file of this machine with the bytes, to be read and not changed.

        Raises:
            NotFound: there are none under this key.
        """
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
