"""Two rankings made one, and a list made less alike."""

from __future__ import annotations

from array import array
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.items import Found

RANK_CONSTANT = 60
"""k of reciprocal rank fusion, as Cormack, Clarke & Büttcher (2009) chose it."""
FUSION = f"1/({RANK_CONSTANT} + rank by words) + 1/({RANK_CONSTANT} + rank by similarity); 0 for a list it is not in"


def fuse(rankings: Sequence[Sequence[Found]]) -> list[Found]:
    """Numbers by the sum of their reciprocal ranks; of equal ones the lower number, which came first.

    Source: Cormack, Clarke & Büttcher (2009), Reciprocal rank fusion, SIGIR, 758-759.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, (number, _) in enumerate(ranking, 1):
            scores[number] = scores.get(number, 0.0) + 1 / (RANK_CONSTANT + rank)
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))


def diversify(found: Sequence[Found], vectors: Mapping[int, bytes], diversity: float, limit: int) -> list[Found]:
    """Choose one after the other: (1 - d) · score / best score - d · greatest cosine to those chosen before.

    Source: Carbonell & Goldstein (1998), maximal marginal relevance, SIGIR, 335-336.
    """
    left = {number: score for number, score in found if number in vectors}
    known = {number: array("f", vectors[number]) for number in left}
    best = max(left.values(), default=0.0) or 1.0
    alike = dict.fromkeys(left, 0.0)
    chosen: list[Found] = []
    while left and len(chosen) < limit:
        number = max(left, key=lambda one: ((1 - diversity) * left[one] / best - diversity * alike[one], -one))
        chosen.append((number, left.pop(number)))
        for other in left:
            alike[other] = max(alike[other], sum(map(mul, known[number], known[other])))
    return chosen
