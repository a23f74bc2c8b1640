"""Rows that say what an earlier one says: exactly, by normal text, or nearly, by the pieces that two texts share.

Near: the Jaccard similarity of the sets of pieces of three words: those in both over those in either. Pairs are found
by MinHash with one permutation in 64 bins, empty ones filled by the next (Shrivastava & Li 2014, ICML 32, 557-565), in
16 bands of 4: two texts of similarity s meet with a chance of about 1 - (1 - s^4)^16, 0.9998 at 0.8, and each pair that
meets is then compared exactly.
"""

from __future__ import annotations

import json
from array import array
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pydantic import Field

from nis_backend.capabilities.datasets.kinds import Kind, words_of
from nis_backend.capabilities.datasets.normal import normal, shingles
from nis_backend.capabilities.datasets.work import POOL
from nis_backend.capabilities.datasets.writing import Lines, Written
from nis_backend.operation import Json, Model, operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.drivers.compute.base import WorkerContext

BINS, BANDS = 64, 16
ROWS_OF_BAND = BINS // BANDS
MOST_COMPARED = 16
"""Earlier rows of one bucket that a row is compared with: of thousands of alike ones the first are enough."""
MOST_TOLD = 20
ALL = 2**64 - 1
SPREAD = 2_654_435_761
FILL = 0x9E3779B1
"""Makes a bin that was filled from the next differ from that: 2^32 divided by the golden ratio."""


class DropDuplicates(Model):
    """A version's file, the file to write, and what counts as a duplicate."""

    kind: Kind
    path: str
    out: str
    threshold: float | None = Field(description="From which similarity a row goes; None: exact ones alone.")


class Pair(Model):
    """A row that is gone, and the one that stays."""

    row: int = Field(description="Its number from 1.")
    kept: int = Field(description="The earlier row's.")
    similarity: float = Field(description="1 of exact ones; else Jaccard's of pieces of three words.")


class Dropped(Written):
    """What is left."""

    exact: int
    near: int
    pairs: list[Pair]


@operation("datasets.drop_duplicates", effect="reads", pool=POOL, time_limit=3600.0)
def drop_duplicates(request: DropDuplicates, ctx: WorkerContext) -> Dropped:
    """Write the rows that say nothing that an earlier one says."""
    gone: dict[int, tuple[int, float]] = {}
    places, keys = _exact(request, gone, ctx)
    exact = len(gone)
    if request.threshold is not None:
        with Path(request.path).open("rb") as file:
            _near(request, file, places, keys, gone, ctx)
    with Path(request.path).open("rb") as file, Path(request.out).open("wb") as out:
        lines = Lines(file=out)
        for number, line in enumerate(file):
            if number not in gone:
                lines.add(line)
        pairs = [
            Pair(row=row + 1, kept=kept + 1, similarity=round(similarity, 4))
            for row, (kept, similarity) in sorted(gone.items())[:MOST_TOLD]
        ]
        return Dropped(**lines.done().model_dump(), exact=exact, near=len(gone) - exact, pairs=pairs)


def _said(kind: Kind, row: Json) -> str:
    """All that tells a row from another: its words and its label or answer."""
    more = json.dumps([row.get("label"), row.get("expected"), row.get("rubric"), row.get("schema")])
    words = words_of(kind, row)
    return f"{words if kind in {'images', 'table'} else normal(words)}\0{more}"


def _exact(
    request: DropDuplicates, gone: dict[int, tuple[int, float]], ctx: WorkerContext
) -> tuple[array[int], array[int]]:
    """Where each row begins, and the keys of its bands; rows that say exactly what an earlier one says are gone."""
    places, keys = array("Q"), array("Q")
    first: dict[int, int] = {}
    near = request.threshold is not None
    for number, (place, line) in enumerate(_placed(request.path)):
        places.append(place)
        row: Json = json.loads(line)
        key = int.from_bytes(blake2b(_said(request.kind, row).encode(), digest_size=8).digest())
        kept = first.setdefault(key, number)
        if kept != number:
            gone[number] = kept, 1.0
        if near:
            keys.extend(bands(shingles(normal(words_of(request.kind, row)))) if kept == number else [0] * BANDS)
        if number % 2000 == 0:
            ctx.progress(0.1, f"{number} rows")
    return places, keys


def _placed(path: str) -> Iterator[tuple[int, bytes]]:
    place = 0
    with Path(path).open("rb") as file:
        for line in file:
            yield place, line
            place += len(line)


def bands(pieces: frozenset[int]) -> list[int]:
    """The keys of a text's bands: equal ones are likely where texts are alike."""
    least = [-1] * BINS
    for piece in pieces:
        # Mixed, for CRC-32 of alike pieces is alike: by Knuth's multiplicative hash.
        mixed = (piece * SPREAD) & 0xFFFFFFFF
        place, value = mixed & (BINS - 1), mixed >> 6
        if least[place] < 0 or value < least[place]:
            least[place] = value
    filled = [_filled(least, place) for place in range(BINS)]
    return [hash((band, *filled[band * ROWS_OF_BAND : (band + 1) * ROWS_OF_BAND])) & ALL for band in range(BANDS)]


def _filled(least: list[int], place: int) -> int:
    for further in range(BINS):
        value = least[(place + further) % BINS]
        if value >= 0:
            return value + further * FILL
    return 0


def _near(  # noqa: PLR0913, PLR0917 - what is compared, by what
    request: DropDuplicates,
    file: BinaryIO,
    places: array[int],
    keys: array[int],
    gone: dict[int, tuple[int, float]],
    ctx: WorkerContext,
) -> None:
    """Rows that nearly say what an earlier one says are gone; the first of them stays."""
    meeting = _meeting(keys, len(places), gone)
    threshold = request.threshold or 1.0
    for count, number in enumerate(sorted(meeting)):
        own = _pieces(request.kind, file, places[number])
        for other in sorted(meeting[number]):
            if other in gone:
                continue
            theirs = _pieces(request.kind, file, places[other])
            similarity = len(own[0] & theirs[0]) / len(own[0] | theirs[0])
            if similarity >= threshold and own[1] == theirs[1]:
                gone[number] = other, similarity
                break
        if count % 500 == 0:
            ctx.progress(0.5 + 0.4 * count / len(meeting), f"{count} of {len(meeting)} compared")


def _meeting(keys: array[int], rows: int, gone: dict[int, tuple[int, float]]) -> dict[int, set[int]]:
    """The earlier rows that each row has a band in common with, a few of each bucket."""
    meeting: dict[int, set[int]] = {}
    for band in range(BANDS):
        buckets: dict[int, list[int]] = {}
        for number in range(rows):
            if number in gone:
                continue
            bucket = buckets.setdefault(keys[number * BANDS + band], [])
            if bucket:
                meeting.setdefault(number, set()).update(bucket)
            if len(bucket) < MOST_COMPARED:
                bucket.append(number)
    return meeting


def _pieces(kind: Kind, file: BinaryIO, place: int) -> tuple[frozenset[int], str]:
    """A row's pieces, and its label, which near duplicates must have in common."""
    file.seek(place)
    row: Json = json.loads(file.readline())
    return shingles(normal(words_of(kind, row))), json.dumps([row.get("label"), row.get("expected")])
