"""The sentences that have the most of a text: near the mean of all vectors, and unlike each other."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.choosing import cosine, vectors_of
from nis_backend.capabilities.documents.relevance import words_of
from nis_backend.capabilities.documents.sentences import is_heading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.capabilities.documents.citing import Passage
    from nis_backend.context import Context

MOST_EMBEDDED = 160
"""Sentences whose vectors are taken: those that have the most of the text by their words."""
DIVERSITY = 0.3
"""What being like a chosen sentence takes away: lambda is 0.7 of maximal marginal relevance.

Source: Carbonell & Goldstein (1998), SIGIR, 335-336.
"""
FIRST, LEADING = 0.05, 3
"""What the first sentences of the text have more, as writers say there what it is about; and how many those are."""
FEWEST_WORDS, MOST_WORDS = 5, 80

CENTRAL = (
    "The document's own sentences, chosen one after the other by 0.7 (cosine with the mean vector of its sentences) - "
    "0.3 (largest cosine with one that is chosen already)"
)
BY_WORDS = (
    "The document's own sentences, chosen one after the other by 0.7 (cosine with the mean of its sentences' weighted "
    "words) - 0.3 (largest cosine with one that is chosen already)"
)
"""Source of both: Radev, Jing, Stys & Tam (2004), Information Processing & Management 40, 919-938."""


@dataclass(frozen=True, kw_only=True)
class Central:
    """Sentences in the text's order, and how they were chosen."""

    passages: Sequence[Passage]
    method: str
    model: str | None


async def central(ctx: Context, sentences: Sequence[Passage], most: int, focus: str | None) -> Central:
    """Choose sentences; with a `focus`, as near to it as to the mean."""
    # What is said again and again, as the foot of each page, is said once.
    once = list({" ".join(one.text.split()): one for one in reversed(sentences)}.values())[::-1]
    told = [one for one in once if _tells(one.text)] or once
    bags = await asyncio.to_thread(_weighted, [one.text for one in told], focus)
    asked = bags.pop() if focus else None
    order = _chosen([_likeness(bags, place) for place in range(len(bags))], _near(bags, asked), MOST_EMBEDDED, 0.0)
    kept = sorted(order)
    texts = [told[place].text for place in kept]
    found = await vectors_of(ctx, [*texts, *([focus] if focus else [])]) if len(kept) > most else None
    if found is None:
        likeness = [_likeness(bags, place) for place in range(len(bags))]
        order = await asyncio.to_thread(_chosen, likeness, _near(bags, asked), most, DIVERSITY)
        return _told(told, order, BY_WORDS, None, focus)
    vectors, model = found
    wanted = vectors.pop() if focus else None
    near = await asyncio.to_thread(_near_mean, vectors, wanted)
    like = [partial(_closeness, vectors, place) for place in range(len(vectors))]
    order = await asyncio.to_thread(_chosen, like, near, most, DIVERSITY)
    return _told(told, [kept[place] for place in order], CENTRAL, model, focus)


def _tells(text: str) -> bool:
    return FEWEST_WORDS <= len(text.split()) <= MOST_WORDS and not is_heading(text)


def _told(told: Sequence[Passage], order: Sequence[int], how: str, model: str | None, focus: str | None) -> Central:
    beside = "; half of the first is the cosine with what the reader wants to know" if focus else ""
    return Central(
        passages=[told[place] for place in sorted(order)],
        method=f"{how}{beside}; {FIRST} more for each of the first three sentences. In their order.",
        model=model,
    )


def _chosen(like: Sequence[Callable[[int], float]], near: Sequence[float], most: int, diversity: float) -> list[int]:
    """Places, the best first."""
    first = [FIRST * (place < LEADING) for place in range(len(near))]
    if not diversity:
        return sorted(range(len(near)), key=lambda place: -near[place] - first[place])[:most]
    worst = [0.0] * len(near)
    left, order = set(range(len(near))), list[int]()
    while left and len(order) < most:
        best = max(
            left, key=lambda place: ((1 - diversity) * near[place] + first[place] - diversity * worst[place], -place)
        )
        order.append(best)
        left.discard(best)
        for place in left:
            worst[place] = max(worst[place], like[best](place))
    return order


def _near_mean(vectors: Sequence[Sequence[float]], wanted: Sequence[float] | None) -> list[float]:
    total = [sum(column) for column in zip(*vectors, strict=True)]
    length = math.sqrt(cosine(total, total)) or 1.0
    mean = [one / length for one in total]
    return [cosine(one, mean) if wanted is None else (cosine(one, mean) + cosine(one, wanted)) / 2 for one in vectors]


def _closeness(vectors: Sequence[Sequence[float]], place: int, other: int) -> float:
    return cosine(vectors[place], vectors[other])


Bag = dict[str, float]


def _weighted(texts: Sequence[str], focus: str | None) -> list[Bag]:
    """Each text's words, weighted by how often it has them and how few others do; of length 1. The focus is last."""
    counts = [Counter(words_of(one)) for one in (*texts, *([focus] if focus else []))]
    having = Counter(word for one in counts for word in one)
    bags: list[Bag] = []
    for one in counts:
        bag = {word: count * math.log1p(len(counts) / having[word]) for word, count in one.items()}
        length = math.sqrt(sum(value * value for value in bag.values())) or 1.0
        bags.append({word: value / length for word, value in bag.items()})
    return bags


def _overlap(one: Bag, other: Bag) -> float:
    few, many = (one, other) if len(one) < len(other) else (other, one)
    return sum(value * many.get(word, 0.0) for word, value in few.items())


def _likeness(bags: Sequence[Bag], place: int) -> Callable[[int], float]:
    return lambda other: _overlap(bags[place], bags[other])


def _near(bags: Sequence[Bag], asked: Bag | None) -> list[float]:
    total: Bag = {}
    for bag in bags:
        for word, value in bag.items():
            total[word] = total.get(word, 0.0) + value
    length = math.sqrt(sum(value * value for value in total.values())) or 1.0
    mean = {word: value / length for word, value in total.items()}
    return [_overlap(one, mean) if asked is None else (_overlap(one, mean) + _overlap(one, asked)) / 2 for one in bags]
