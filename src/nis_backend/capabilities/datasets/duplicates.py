"""Rows that say what an earlier one says: exactly, by normal text, or nearly, by the pieces that two texts share.

Near: the Jaccard similarity of the sets of pieces of three words: those in both over those in either; of what is asked
and of what is answered each, of which the lower counts. Pairs are found by MinHash with one permutation in 64 bins,
empty ones filled by the next (Shrivastava & Li 2014, ICML 32, 557-565), in 16 bands of 4: two texts of similarity s
meet with a chance of about 1 - (1 - s^4)^16, 0.9998 at 0.8, and each pair that meets is then compared exactly.
"""

from __future__ import annotations

import itertools
import json
from array import array
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pydantic import Field

from nis_backend.capabilities.datasets.kinds import Kind, words_of
from nis_backend.capabilities.datasets.normal import normal, shingles
from nis_backend.capabilities.datasets.work import POOL, opened, writing
from nis_backend.capabilities.datasets.writing import Lines, Written
from nis_backend.operation import Json, Model, operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.drivers.compute.base import WorkerContext

BINS, BANDS = 64, 16
ROWS_OF_BAND = BINS // BANDS
MOST_COMPARED, MOST_MET = 16, 32
"""Earlier rows of one bucket, and of all, that a row is compared with: of thousands of alike ones the first do."""
MOST_HELD = 128
"""Rows whose pieces are kept: of the longest ones these are about a gigabyte."""
NONE = 2**32 - 1
APART = (0, 0x5BD1E995, 0xC2B2AE35)
"""Tell the pieces of what is asked from those of the answers; from MurmurHash's constants, and any others would do."""
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
        with opened(request.path) as file:
            _near(request, file, places, keys, gone, ctx)
    with writing(), opened(request.path) as file, Path(request.out).open("wb") as out:
        lines = Lines(file=out)
        for number, line in enumerate(file):
            if number not in gone:
                lines.add(line)
        pairs = [
            Pair(row=row + 1, kept=kept + 1, similarity=round(similarity, 4))
            for row, (kept, similarity) in sorted(gone.items())[:MOST_TOLD]
        ]
        return Dropped(**lines.done().model_dump(), exact=exact, near=len(gone) - exact, pairs=pairs)


def asked_and_given(kind: Kind, row: Json) -> tuple[str, str]:
    """What is asked, and what is answered or told of it, without what makes no difference: what tells rows apart."""
    match kind:
        case "chat":
            return _of_messages(row["messages"][:-1]), normal(row["messages"][-1]["content"])
        case "preferences":
            return _of_messages(row["messages"]), f"{normal(row['chosen'])}\0{normal(row['rejected'])}"
        case "cases":
            asked = row["input"]
            given = json.dumps([row.get("expected"), row.get("rubric"), row.get("schema")], sort_keys=True)
            return (normal(asked) if isinstance(asked, str) else _of_messages(asked)), given
        case "text":
            return normal(row["text"]), ""
        case "labels":
            return normal(row["text"]), row["label"]
        case "images" | "table":
            return words_of(kind, row), json.dumps(row["label"])


def _of_messages(messages: list[Json]) -> str:
    return "\0".join(f"{one['role']} {normal(one['content'])}" for one in messages)


def pieces_of(kind: Kind, row: Json) -> tuple[tuple[frozenset[int], ...], str]:
    """The pieces of each part that has to be alike, and what has to be the same."""
    match kind:
        case "chat":
            *asked, last = row["messages"]
            # What a system is told stands before thousands of rows, and would make them alike.
            told = [one["content"] for one in asked if one["role"] == "system"]
            said = " ".join(one["content"] for one in asked if one["role"] != "system")
            return _apart(said, last["content"]), json.dumps(told)
        case "preferences":
            return _apart(words_of("chat", row), row["chosen"], row["rejected"]), ""
        case "cases":
            same = json.dumps([row.get("expected"), row.get("rubric"), row.get("schema")], sort_keys=True)
            return _apart(words_of(kind, row)), same
        case _:
            return _apart(words_of(kind, row)), json.dumps(row.get("label"))


def _apart(*texts: str) -> tuple[frozenset[int], ...]:
    return tuple(
        frozenset(piece ^ mark for piece in shingles(normal(text))) for text, mark in zip(texts, APART, strict=False)
    )


def similarity(one: tuple[frozenset[int], ...], other: tuple[frozenset[int], ...]) -> float:
    """The lowest of the parts."""
    return min(len(mine & theirs) / len(mine | theirs) for mine, theirs in zip(one, other, strict=True))


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
        key = int.from_bytes(blake2b("\0\0".join(asked_and_given(request.kind, row)).encode(), digest_size=8).digest())
        kept = first.setdefault(key, number)
        if kept != number:
            gone[number] = kept, 1.0
        if near:
            keys.extend(
                bands(frozenset(itertools.chain(*pieces_of(request.kind, row)[0]))) if kept == number else [0] * BANDS
            )
        if number % 2000 == 0:
            ctx.progress(0.1, f"{number} rows")
    return places, keys


def _placed(path: str) -> Iterator[tuple[int, bytes]]:
    place = 0
    with opened(path) as file:
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
    rows = len(places)
    met = _meeting(keys, rows, gone)

    # The first rows of a bucket are compared with all that come later.
    @lru_cache(maxsize=MOST_HELD)
    def pieces(number: int) -> tuple[tuple[frozenset[int], ...], str]:
        return _pieces(request.kind, file, places[number])

    threshold = request.threshold or 1.0
    for number in range(rows):
        others = sorted(other for other in met[number * MOST_MET : (number + 1) * MOST_MET] if other != NONE)
        if not others:
            continue
        own, same = pieces(number)
        for other in others:
            if other in gone:
                continue
            theirs, theirs_same = pieces(other)
            alike = similarity(own, theirs)
            if alike >= threshold and same == theirs_same:
                gone[number] = other, alike
                break
        if number % 500 == 0:
            ctx.progress(0.5 + 0.4 * number / rows, f"{number} of {rows} compared")


def _meeting(keys: array[int], rows: int, gone: dict[int, tuple[int, float]]) -> array[int]:
    """The earlier rows that each row has a band in common with: `MOST_MET` places for each, `NONE` in those left."""
    met = array("I", [NONE]) * (rows * MOST_MET)
    for band in range(BANDS):
        buckets: dict[int, list[int]] = {}
        for number in range(rows):
            if number in gone:
                continue
            bucket = buckets.setdefault(keys[number * BANDS + band], [])
            if bucket:
                _note(met, number * MOST_MET, bucket)
            if len(bucket) < MOST_COMPARED:
                bucket.append(number)
    return met


def _note(met: array[int], start: int, others: list[int]) -> None:
    """Have rows be among those that one has met, where there is room."""
    known = met[start : start + MOST_MET]
    place = known.index(NONE) if NONE in known else MOST_MET
    for other in others:
        if place == MOST_MET:
            return
        if other not in known:
            met[start + place] = other
            place += 1


def _pieces(kind: Kind, file: BinaryIO, place: int) -> tuple[tuple[frozenset[int], ...], str]:
    """A row's pieces, and what near duplicates must have in common."""
    file.seek(place)
    row: Json = json.loads(file.readline())
    return pieces_of(kind, row)
