"""Two rankings made one, and a list made less alike."""

from __future__ import annotations

import math
from array import array
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.items import Found

RANK_CONSTANT = 3
"""k of reciprocal rank fusion: by the source's 60 places 1 and 10 are nearly alike; chosen by `make bench-search`."""
APART = 5
"""The place by words whose score is held against the best's, to see whether that stands out."""
FUSION = (
    f"1/({RANK_CONSTANT} + rank by similarity) + w · (BM25 / best BM25)/({RANK_CONSTANT} + rank by words), 0 for a list"
    " it is not in; w is the greater of told² and apart³, told = best BM25 / (words of the query · ln(1 + items)), 1 at"
    f" most, apart = 1 - BM25 of place {APART} / best"
)


DIVERSITY = "chosen one after the other by (1 - d) · score / best score - d · greatest cosine to those before"


def told_by(words: Sequence[Found], terms: int, items: int) -> float:
    """How much a query's words tell, from 0 to 1: a rare name 1, a question in other words than the texts' nearly 0.

    Told: a word that is in one text of n alone is worth about ln n to BM25, and the best of the ranking is held to that
    of each word of the query. Apart: among texts that all have most of the words, one that alone has the telling one
    stands out. Powers, because words that half a query shares with a text mislead more than they help.
    """
    best = words[0][1] if words else 0.0
    if best <= 0:
        return 0.0
    told = min(1.0, best / (terms * math.log1p(max(items, 1))))
    apart = 1 - (words[APART - 1][1] / best if len(words) >= APART else 0.0)
    return max(told**2, apart**3)


def fuse(vectors: Sequence[Found], words: Sequence[Found], weight: float) -> list[Found]:
    """Numbers by `FUSION`; of equal ones the lower, which came first.

    Source: Cormack, Clarke & Büttcher (2009), Reciprocal rank fusion, SIGIR, 758-759; what weighs the words is ours.
    """
    scores = {number: 1 / (RANK_CONSTANT + rank) for rank, (number, _) in enumerate(vectors, 1)}
    for rank, (number, score) in enumerate(words, 1):
        share = score / words[0][1] if weight else 0.0
        scores[number] = scores.get(number, 0.0) + weight * share / (RANK_CONSTANT + rank)
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))


def diversify(found: Sequence[Found], vectors: Mapping[int, bytes], diversity: float, limit: int) -> list[Found]:
    """Choose one after the other by `DIVERSITY`; one without a vector is like none.

    Source: Carbonell & Goldstein (1998), maximal marginal relevance, SIGIR, 335-336.
    """
    left = dict(found)
    known = {number: array("f", vectors.get(number, b"")) for number in left}
    best = max(left.values(), default=0.0) or 1.0
    alike = dict.fromkeys(left, 0.0)
    chosen: list[Found] = []
    while left and len(chosen) < limit:
        number = max(left, key=lambda one: ((1 - diversity) * left[one] / best - diversity * alike[one], -one))
        chosen.append((number, left.pop(number)))
        for other in left:
            alike[other] = max(alike[other], sum(map(mul, known[number], known[other])))
    return chosen
