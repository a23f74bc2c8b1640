"""The bytes of a file as header readers see them: few, bounded, never beyond the end."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

PAGE = 8192
"""Bytes that are read at once; headers are walked within them."""

STEPS = 50_000
"""Pieces in a row that are walked at most."""

MOST_LOOKS, MOST_PAGES = 100_000, 10_000
"""Looks at a file, and pages that are read for them: whatever it holds, its header takes some tens of milliseconds."""


class Broken(Exception):
    """The header is not what its beginning promises."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a header tells; None where it does not."""

    width: int | None = None
    height: int | None = None
    frames: int | None = None
    seconds: float | None = None
    rate: int | None = None
    """Samples a second of a sound."""


class Span:
    """A file from its current place on, which is place 0; of its pictures, few more than `most` are counted."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self.most = most
        self._file = file
        self._base = file.tell()
        self.size = file.seek(0, io.SEEK_END) - self._base
        self._start, self._page = 0, b""
        self._looks = self._pages = 0

    def some(self, at: int, size: int) -> bytes:
        """Up to `size` bytes from `at`; fewer at the end.

        Raises:
            Broken: it is beyond the end, or more was looked at than a header is worth.
        """
        self._looks += 1
        if not 0 <= at <= self.size or self._looks > MOST_LOOKS or self._pages > MOST_PAGES:
            raise Broken
        end = min(at + size, self.size)
        if not self._start <= at <= end <= self._start + len(self._page):
            self._pages += 1
            self._file.seek(self._base + at)
            self._start, self._page = at, self._file.read(max(PAGE, size))
        return self._page[at - self._start : end - self._start]

    def exactly(self, at: int, size: int) -> bytes:
        """`size` bytes from `at`.

        Raises:
            Broken: the file ends before.
        """
        found = self.some(at, size)
        if len(found) < size:
            raise Broken
        return found

    def number(self, at: int, size: int, order: str = "big") -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.exactly(at, size), "little" if order == "little" else "big")

    def close(self) -> None:
        """Leave the file where it was."""
        self._file.seek(self._base)
