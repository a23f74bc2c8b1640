"""Rankings made one, and made less alike: by hand, where a person can add up."""

from __future__ import annotations

from array import array
from types import SimpleNamespace
from typing import Any

import pytest

from nis_backend.capabilities.collections.fusion import RANK_CONSTANT, diversify, fuse, told_by
from nis_backend.capabilities.collections.searching import advice

VECTORS = [(7, 0.9), (3, 0.8), (5, 0.1)]
WORDS = [(5, 11.0), (9, 2.0)]


def test_a_place_counts_by_its_reciprocal_and_words_by_their_weight() -> None:
    """Promise: the formula that each answer states."""
    k, weight = RANK_CONSTANT, 0.5
    assert dict(fuse(VECTORS, WORDS, weight)) == pytest.approx(
        {7: 1 / (k + 1), 3: 1 / (k + 2), 5: 1 / (k + 3) + weight / (k + 1), 9: weight * (2 / 11) / (k + 2)}
    )
    assert [number for number, _ in fuse(VECTORS, WORDS, weight)] == [5, 7, 3, 9]


def test_words_that_tell_nothing_move_nothing() -> None:
    """Promise: what is alike in meaning keeps its order; of what is level the lower number comes first."""
    assert [number for number, _ in fuse(VECTORS, WORDS, 0.0)] == [7, 3, 5, 9]
    assert [number for number, _ in fuse([], [(4, 0.0), (2, 0.0)], told_by([(4, 0.0), (2, 0.0)], 1, 9))] == [2, 4]


def test_words_weigh_what_they_tell_of_the_query() -> None:
    """Promise: one rare word found weighs whole, one of many that many texts have weighs little, none nothing."""
    level = [(number, 9.0) for number in range(9)]
    assert told_by(level, 1, 2000) == 1.0
    assert told_by(level, 8, 2000) == pytest.approx((9 / (8 * 7.6014)) ** 2, rel=1e-4)
    assert told_by([], 3, 2000) == 0.0
    # An item that came in between is found in a collection that was counted empty.
    assert 0 < told_by([(1, 0.1)], 1, 0) <= 1


def test_a_text_that_stands_out_by_its_words_weighs_whole() -> None:
    """Promise: of texts that all have most of the words, the one that alone has the telling one."""
    assert told_by([(1, 3.0), (2, 0.01), (3, 0.01), (4, 0.01), (5, 0.01)], 8, 2000) == pytest.approx(0.99, abs=0.001)
    assert told_by([(1, 3.0), (2, 2.9), (3, 2.8), (4, 2.7), (5, 2.4)], 8, 2000) < 0.01
    assert told_by([(1, 3.0), (2, 2.9)], 8, 2000) == 1.0


def test_diversity_takes_the_next_that_is_not_a_copy() -> None:
    """Promise: none: the ranking as it is; some: a copy of what is chosen comes after what is other."""
    vectors = {1: (1.0, 0.0), 2: (1.0, 0.0), 3: (0.0, 1.0)}
    known = {number: array("f", vector).tobytes() for number, vector in vectors.items()}
    found = [(1, 0.9), (2, 0.89), (3, 0.5)]
    assert [number for number, _ in diversify(found, known, 0.0, 3)] == [1, 2, 3]
    assert [number for number, _ in diversify(found, known, 0.7, 3)] == [1, 3, 2]
    assert [number for number, _ in diversify(found, known, 0.7, 2)] == [1, 3]


@pytest.mark.parametrize(
    ("items", "indexes", "database", "told"),
    [
        (100_000, False, None, ""),
        (100_001, False, None, "NIS_DATABASE_URL"),
        (100_001, True, "postgresql://", ""),
        (100_001, False, "postgresql://", "create extension vector"),
    ],
)
def test_beyond_what_is_compared_quickly_the_remedy_is_told(
    items: int, indexes: bool, database: str | None, told: str
) -> None:
    """Promise: PostgreSQL where there is none; its extension where that is missing."""
    store, settings = SimpleNamespace(indexes_vectors=indexes), SimpleNamespace(database_url=database)
    ctx: Any = SimpleNamespace(drivers=SimpleNamespace(store=store, settings=settings))
    said = advice({"items": items}, ctx)
    assert told in said
    assert bool(said) == bool(told)
