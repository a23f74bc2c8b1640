"""The vectors of collections as files that a worker maps: the light half, which brings them up to date.

A file is what this process has read of the store: it is made anew by each process, and never trusted by another one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from array import array
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.drivers.vectors.base import NearVectors
from nis_backend.drivers.vectors.matrices_pool import POOL
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.store.base import Row, Store
    from nis_backend.drivers.store.items import Found, Side

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
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def numbers(self) -> Path:
        """The file of numbers, int64."""
        return self.path.with_suffix(".numbers")

    def append(self, vectors: Sequence[tuple[int, bytes]]) -> None:
        """Add rows behind those that are known: of one that a full disk has cut nothing stays.

        Raises:
            Unavailable: the files cannot be written.
        """
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

    def remove(self) -> None:
        """Remove the files; a worker that has them mapped keeps its pages."""
        self.path.unlink(missing_ok=True)
        self.numbers.unlink(missing_ok=True)


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
        self._known: dict[str, Matrix] = {}
        _remove_dead(folder)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    async def nearest(
        self, owner: str, collection: Row, vector: bytes, limit: int, among: Sequence[int] | None = None
    ) -> list[Found]:
        """See `NearVectors.nearest`."""
        matrix = await self._fresh(owner, collection)
        if matrix.rows == 0:
            return []
        # As many more as may be gone: whoever asks looks which are there.
        stale = max(0, matrix.rows - int(collection["items"]))
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

    async def _fresh(self, owner: str, collection: Row) -> Matrix:
        """The file, with all that is committed."""
        side: Side = collection["side"]
        dimensions = int(collection["dimensions"] or 0)
        matrix = self._of(collection["id"], side, dimensions, int(collection["flips"]))
        async with matrix.turn:
            gone = matrix.rows - int(collection["items"])
            if gone > max(FEWEST_STALE, min(STALE * int(collection["items"]), MOST_STALE)):
                await asyncio.to_thread(matrix.remove)
                matrix.rows = matrix.last = 0
                matrix.path = self._folder / f"{matrix.path.stem}x"
            while True:
                found = await self._store.vectors_after(owner, collection["id"], side, matrix.last, AT_ONCE)
                whole = [one for one in found if len(one[1]) == dimensions * FLOAT]
                if whole:
                    await asyncio.to_thread(matrix.append, whole)
                if len(found) < AT_ONCE:
                    return matrix

    def _of(self, collection_id: str, side: Side, dimensions: int, flips: int) -> Matrix:
        name = f"{collection_id}-{side}"
        key = f"{name} {dimensions} {flips}"
        if key not in self._known:
            for other in [one for one in self._known if one.startswith(f"{collection_id}-")]:
                self._known.pop(other).remove()
            path = self._folder / f"{name}-{len(self._known)}"
            self._known[key] = Matrix(path=path, dimensions=dimensions)
        return self._known[key]

    def forget(self, collection_id: str) -> None:
        """See `NearVectors.forget`."""
        for key in [one for one in self._known if one.startswith(f"{collection_id}-")]:
            self._known.pop(key).remove()

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
