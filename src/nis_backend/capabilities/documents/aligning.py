"""Which sentence of one document belongs to which of another."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.choosing import cosine, vectors_of
from nis_backend.capabilities.documents.relevance import unbroken
from nis_backend.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.documents.citing import Passage
    from nis_backend.capabilities.documents.given import Reading
    from nis_backend.context import Context

MOST_PIECES = 6_000
"""Sentences of a document that is compared."""
MOST_COMPARED = 1000
"""Sentences up to which each is compared with each."""
MOST_EMBEDDED = 200
"""Sentences without another side whose vectors are taken, on each side."""
NEIGHBOURS = 12
"""Sentences that a sentence is compared with, those that share the most of its words."""
LIKE_BY_WORDS, LIKE_BY_MEANING = 0.5, 0.75
"""Likeness from which two are one that was changed."""

ALIGNED = (
    "Sentences that are the same (but for how they are set) are matched in their order (difflib), then wherever they "
    "stand; of the others, the pairs that are the most alike, if at least 0.5 by 2 x shared words / all words of both, "
    "or at least 0.75 by the cosine of their vectors."
)

_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d\u2010\u2011\u2013\u2014\u2212", "''\"\"-----", "\u00ad\u200b\ufeff")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A sentence of each side, or of one; numbers from 0."""

    before: int | None
    after: int | None
    likeness: float | None = None


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """All that differs, in order."""

    pairs: Sequence[Pair]
    unchanged: int
    model: str | None


def pieces(document: Reading) -> list[Passage]:
    """The document's sentences.

    Raises:
        TooLarge: there are more than are compared.
    """
    found = document.sentences()
    if len(found) > MOST_PIECES:
        raise TooLarge(
            f"{document.name} has {len(found)} sentences; {MOST_PIECES} are compared.",
            field="files",
            value=len(found),
            remedy="Compare parts of it.",
        )
    return found


def key(text: str) -> str:
    """A sentence without how it is set: line ends and their hyphens, ligatures, the shape of marks."""
    return " ".join(unicodedata.normalize("NFC", _ligatures(unbroken(text)).translate(_QUOTES)).split())


def _ligatures(text: str) -> str:
    return re.sub("[\ufb00-\ufb06]", lambda one: unicodedata.normalize("NFKC", one[0]), text)


def same(one: str, other: str) -> bool:
    """Whether they differ in how they are set at most."""
    return key(one) == key(other)


async def align(ctx: Context, before: Sequence[Passage], after: Sequence[Passage]) -> Aligned:
    """Match what is the same, pair what is alike, and name what has no other side."""
    one, other = [key(passage.text) for passage in before], [key(passage.text) for passage in after]
    blocks = await asyncio.to_thread(_blocks, one, other)
    held_one = {place + step for place, _, size in blocks for step in range(size)}
    held_other = {place + step for _, place, size in blocks for step in range(size)}
    left = [place for place in range(len(one)) if place not in held_one]
    right = [place for place in range(len(other)) if place not in held_other]
    pairs = _moved(one, other, left, right)
    _remove(pairs, left, right)
    alike = await asyncio.to_thread(_by_words, one, other, left, right)
    pairs += alike
    _remove(alike, left, right)
    meant, model = await _by_meaning(ctx, one, other, left, right)
    pairs += meant
    _remove(meant, left, right)
    pairs += [Pair(before=place, after=None) for place in left] + [Pair(before=None, after=place) for place in right]
    return Aligned(pairs=_ordered(pairs, blocks), unchanged=len(held_one), model=model)


def _blocks(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int, int]]:
    # Of long ones, what is there again and again ("0") begins no match: the time to look at each grows with the square.
    matcher = SequenceMatcher(None, one, other, autojunk=len(other) > MOST_COMPARED)
    return [(block.a, block.b, block.size) for block in matcher.get_matching_blocks() if block.size]


def _remove(pairs: Sequence[Pair], left: list[int], right: list[int]) -> None:
    gone, come = {pair.before for pair in pairs}, {pair.after for pair in pairs}
    left[:] = [place for place in left if place not in gone]
    right[:] = [place for place in right if place not in come]


def _moved(one: Sequence[str], other: Sequence[str], left: Sequence[int], right: Sequence[int]) -> list[Pair]:
    """Those that are the same at another place."""
    places: dict[str, list[int]] = {}
    for place in right:
        places.setdefault(other[place], []).append(place)
    return [Pair(before=place, after=there.pop(0), likeness=1.0) for place in left if (there := places.get(one[place]))]


def _by_words(one: Sequence[str], other: Sequence[str], left: Sequence[int], right: Sequence[int]) -> list[Pair]:
    """Pairs that share half of their words, the most alike first; each sentence once."""
    bags = {place: Counter(one[place].casefold().split()) for place in left}
    others = {place: Counter(other[place].casefold().split()) for place in right}
    having: dict[str, list[int]] = {}
    for place, bag in others.items():
        for word in bag:
            having.setdefault(word, []).append(place)
    found: list[tuple[float, int, int]] = []
    for place, bag in bags.items():
        shared: Counter[int] = Counter()
        # Words that many sentences have tell none of them apart.
        for word in sorted(bag, key=lambda word: len(having.get(word, ())))[:NEIGHBOURS]:
            shared.update(having.get(word, ())[:MOST_EMBEDDED])
        for near, _ in shared.most_common(NEIGHBOURS):
            common = (bag & others[near]).total()
            likeness = 2 * common / (bag.total() + others[near].total())
            if likeness >= LIKE_BY_WORDS:
                found.append((likeness, place, near))
    return _greedy(found)


async def _by_meaning(
    ctx: Context, one: Sequence[str], other: Sequence[str], left: Sequence[int], right: Sequence[int]
) -> tuple[list[Pair], str | None]:
    """Pairs that mean the same in other words, where few enough are left and there is a model."""
    few, many = left[:MOST_EMBEDDED], right[:MOST_EMBEDDED]
    if not few or not many:
        return [], None
    vectors = await vectors_of(ctx, [*(one[place] for place in few), *(other[place] for place in many)])
    if vectors is None:
        return [], None
    mine, theirs = vectors[0][: len(few)], vectors[0][len(few) :]

    def likest() -> list[tuple[float, int, int]]:
        return [
            (value, few[i], many[j])
            for i, vector in enumerate(mine)
            for j, another in enumerate(theirs)
            if (value := cosine(vector, another)) >= LIKE_BY_MEANING
        ]

    return _greedy(await asyncio.to_thread(likest)), vectors[1]


def _greedy(found: Sequence[tuple[float, int, int]]) -> list[Pair]:
    """The most alike first; of equal ones those that stand nearest to each other."""
    pairs: list[Pair] = []
    mine, theirs = set[int](), set[int]()
    for likeness, place, near in sorted(found, key=lambda one: (-one[0], abs(one[1] - one[2]), one[1])):
        if place not in mine and near not in theirs:
            mine.add(place)
            theirs.add(near)
            pairs.append(Pair(before=place, after=near, likeness=round(likeness, 4)))
    return pairs


def _ordered(pairs: Sequence[Pair], blocks: Sequence[tuple[int, int, int]]) -> list[Pair]:
    """In the order of the second document; what was removed stands where it stood, by what is the same before it."""

    def place(pair: Pair) -> tuple[float, int]:
        if pair.after is not None:
            return float(pair.after), 1
        assert pair.before is not None
        here = [(start, after, size) for start, after, size in blocks if start + size <= pair.before]
        return (here[-1][1] + here[-1][2] - 0.5 if here else -0.5), 0

    return sorted(pairs, key=lambda pair: (*place(pair), pair.before or 0))
