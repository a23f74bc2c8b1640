"""Fisher's exact test against every way of dealing, and against the book."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from nis_backend.numerics.shares import fisher, fisher_greater


@pytest.mark.parametrize(
    ("one", "of_one", "other", "of_other"), [(3, 3, 0, 3), (5, 6, 1, 6), (2, 4, 2, 4), (1, 5, 6, 7)]
)
def test_fishers_test_counts_every_assignment(one: int, of_one: int, other: int, of_other: int) -> None:
    """Against every way of dealing the successes to the two sides, one by one."""
    right, both = one + other, of_one + of_other
    dealt = Counter(sum(place < of_one for place in places) for places in combinations(range(both), right))
    expected = sum(many for many in dealt.values() if many <= dealt[one]) / dealt.total()
    assert fisher(one, of_one, other, of_other) == pytest.approx(expected, rel=1e-12)


def test_fishers_test_of_the_lady_who_tasted_tea() -> None:
    """Fisher (1935), The Design of Experiments, chapter 2: 3 of 4 cups named rightly, p = 34/70 two-sided."""
    assert fisher(3, 4, 1, 4) == pytest.approx(34 / 70)


def test_fisher_drinking_tea() -> None:
    """Fisher (1935), The Design of Experiments: eight cups, four of each; all right is 1 in 70, three or more 17."""
    assert fisher_greater(4, 4, 0, 4) == pytest.approx(1 / 70)
    assert fisher_greater(3, 4, 1, 4) == pytest.approx(17 / 70)
    assert fisher_greater(0, 4, 0, 4) == 1
