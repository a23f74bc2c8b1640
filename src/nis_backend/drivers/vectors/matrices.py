"""The vectors of collections as files that a worker maps: the light half, which brings them up to date.

A file is what this process has read of the store: it is made anew by each process, and never trusted by another one.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import threading
from array import array
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.drivers.vectors.base import NearVectors
from nis_backend.drivers.vectors.matrices_pool import POOL
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.store.base import Row, Store
    from nis_backend.drivers.store.items import Found

AT_ONCE = 5000
"""Vectors that are read from the store at once: 8 MB of 384 numbers."""
FEWEST_STALE, STALE, MOST_STALE = 256, 0.25, 10_000
"""Rows of a file whose items are gone: beyond a share of the items, within these bounds, the file is made anew."""
FLOAT, NUMBER = 4, 8
"""Bytes of a number of a vector, and of an item's."""


@dataclass(kw_only=True)
class Matrix:
    """A file of vectors beside one of their items' numbers: rows in the order of the numbers."""

    path: Path
    dimensions: int
    rows: int = 0
    last: int = 0
    """The number of the last row."""
    writing: threading.Lock = field(default_factory=threading.Lock)
    """Whoever appends: a caller who gives up does not stop the thread that does."""
    searches: int = 0
    """Those under way: the files stay until they are through."""
    dropped: bool = False

    @property
    def numbers(self) -> Path:
        """The file of numbers, int64."""
        return self.path.with_suffix(".numbers")

    def append(self, vectors: Sequence[tuple[int, bytes]]) -> None:
        """Add rows behind those that are known, each once: of one that a full disk has cut nothing stays.

        Raises:
            Unavailable: the files cannot be written.
        """
        with self.writing:
            later = [one for one in vectors if one[0] > self.last]
            if later:
                self._append(later)

    def _append(self, vectors: Sequence[tuple[int, bytes]]) -> None:
        try:
            _write(self.path, self.rows * self.dimensions * FLOAT, b"".join(vector for _, vector in vectors))
            _write(self.numbers, self.rows * NUMBER, array("q", [number for number, _ in vectors]).tobytes())
        except OSError as error:
            raise Unavailable(
                f"The vectors cannot be put beside each other: {error.strerror}.",
                remedy="Look to the data folder: has its disk space?",
            ) from None
        self.rows += len(vectors)
        self.last = vectors[-1][0]

    @contextmanager
    def searched(self) -> Generator[None]:
        """Have the files stay meanwhile."""
        self.searches += 1
        try:
            yield
        finally:
            self.searches -= 1
            if self.dropped:
                self.drop()

    def drop(self) -> None:
        """Remove the files, at the end of the searches that are under way."""
        self.dropped = True
        if self.searches == 0:
            self.path.unlink(missing_ok=True)
            self.numbers.unlink(missing_ok=True)


@dataclass(kw_only=True)
class Kept:
    """What is kept of a collection."""

    flips: int
    """Which of its sides, as it was then."""
    matrix: Matrix
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Whoever brings it up to date."""


def _write(path: Path, place: int, content: bytes) -> None:
    """Write behind the first bytes of a file, whatever stood there."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.truncate(place)
        file.seek(place)
        file.write(content)


class Matrices(NearVectors):
    """The files of this process, in a folder of its own."""

    def __init__(self, store: Store, compute: Compute, folder: Path) -> None:
        self._store = store
        self._compute = compute
        self._folder = folder / str(os.getpid())
        self._kept: dict[str, Kept] = {}
        self._numbers = itertools.count(1)
        _remove_dead(folder)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    async def nearest(
        self, owner: str, collection: Row, vector: bytes, limit: int, among: Sequence[int] | None = None
    ) -> list[Found]:
        """See `NearVectors.nearest`."""
        if not collection["dimensions"]:
            return []
        kept = self._of(collection)
        with ExitStack() as held:
            async with kept.turn:
                matrix = self._whole(kept, collection)
                held.enter_context(matrix.searched())
                await self._bring(matrix, owner, collection)
            if self._kept.get(collection["id"]) is not kept:
                # It was removed, or another side serves by now: this search is the last.
                matrix.drop()
            return await self._search(matrix, int(collection["items"]), vector, limit, among) if matrix.rows else []

    def _of(self, collection: Row) -> Kept:
        """What is kept of the side that the row has; of one that served before, for this search alone."""
        id_, flips = str(collection["id"]), int(collection["flips"])
        kept = self._kept.get(id_)
        if kept is not None and kept.flips == flips:
            return kept
        made = Kept(flips=flips, matrix=self._empty(collection))
        if kept is None or kept.flips < flips:
            self.forget(id_)
            self._kept[id_] = made
        return made

    def _empty(self, collection: Row) -> Matrix:
        # No two files have one name: a search that is under way reads the one that it was told.
        path = self._folder / f"{collection['id']}-{next(self._numbers)}"
        return Matrix(path=path, dimensions=int(collection["dimensions"]))

    def _whole(self, kept: Kept, collection: Row) -> Matrix:
        """Its file; another one, where that has gone or has too many rows of items that have."""
        items = int(collection["items"])
        gone = kept.matrix.rows - items
        if kept.matrix.dropped or gone > max(FEWEST_STALE, min(STALE * items, MOST_STALE)):
            kept.matrix.drop()
            kept.matrix = self._empty(collection)
        return kept.matrix

    async def _bring(self, matrix: Matrix, owner: str, collection: Row) -> None:
        """Add what was committed since."""
        found: Sequence[tuple[int, bytes]] = [(0, b"")] * AT_ONCE
        while len(found) == AT_ONCE:
            found = await self._store.vectors_after(owner, collection["id"], collection["side"], matrix.last, AT_ONCE)
            whole = [one for one in found if len(one[1]) == matrix.dimensions * FLOAT]
            if whole:
                await asyncio.to_thread(matrix.append, whole)

    async def _search(
        self, matrix: Matrix, items: int, vector: bytes, limit: int, among: Sequence[int] | None
    ) -> list[Found]:
        # As many more as may be gone: whoever asks looks which are there.
        stale = max(0, matrix.rows - items)
        answer = await self._compute.call(
            POOL,
            {
                "path": str(matrix.path),
                "numbers": str(matrix.numbers),
                "dimensions": matrix.dimensions,
                "rows": matrix.rows,
                "vector": vector,
                "top": limit if among is not None else limit + stale,
                "among": b"" if among is None else array("q", among).tobytes(),
                "all": among is None,
            },
        )
        return list(zip(array("q", answer["found"]), array("d", answer["cosines"]), strict=True))

    def forget(self, collection_id: str) -> None:
        """See `NearVectors.forget`."""
        kept = self._kept.pop(collection_id, None)
        if kept is not None:
            kept.matrix.drop()

    def close(self) -> None:
        """See `NearVectors.close`."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _remove_dead(folder: Path) -> None:
    """Remove what processes have left that were killed."""
    for left in folder.glob("*"):
        with suppress(ValueError, PermissionError):
            try:
                os.kill(int(left.name), 0)
            except ProcessLookupError:
                shutil.rmtree(left, ignore_errors=True)
