"""Exact tests of pairs: published values, and all signs enumerated."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.numerics import pairs
from nis_backend.numerics.pairs import holm, mcnemar, sign_flips


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        # statsmodels 0.15.0, mcnemar([[0, first], [second, 0]], exact=True).
        (12, 2, 0.012939453125),
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 6, 0.03125),
        (400, 300, 0.0001784763144856244),
        (1500, 1400, 0.06598734966518483),
    ],
)
def test_right_and_wrong_are_tested_as_mcnemar_has_it(first: int, second: int, wanted: float) -> None:
    """Promise: exact, two-sided, however many cases differ."""
    assert mcnemar(first, second).p_value == pytest.approx(wanted, rel=1e-10)


def test_ten_thousand_cases_that_differ_are_counted_exactly_too() -> None:
    """The most there may be: even, and as far from even as can be."""
    assert mcnemar(5000, 5000).p_value == 1.0
    assert 0 < mcnemar(5200, 4800).p_value < 1e-4
    assert mcnemar(10_000, 0).p_value == 0.0


@given(st.lists(st.integers(-6, 6).map(lambda one: one / 4), max_size=9))
@settings(max_examples=60)
def test_flipped_signs_are_those_that_there_are(differences: list[float]) -> None:
    """Two halves looked up for each other come to what all signs counted one by one do."""
    total = abs(sum(differences))
    signs = list(product((1, -1), repeat=len(differences)))
    far = sum(abs(sum(s * d for s, d in zip(one, differences, strict=True))) >= total - 1e-9 for one in signs)
    assert sign_flips(differences).p_value == pytest.approx(far / len(signs))


def test_drawn_signs_come_near_to_counted_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond 30 cases that differ signs are drawn: with a fixed seed, and never to a p of nought."""
    differences = [0.3, -0.1, 0.25, 0.4, -0.2, 0.15, 0.3, -0.05, 0.2, 0.1, -0.3, 0.35]
    exact = sign_flips(differences).p_value
    monkeypatch.setattr(pairs, "MOST_EXACT", 5)
    drawn = sign_flips(differences)
    assert drawn.p_value == pytest.approx(exact, abs=0.015)
    assert drawn == sign_flips(differences)
    assert "9999 drawn" in drawn.method
    assert sign_flips([1.0] * 200).p_value == pytest.approx(1e-4)


def test_many_comparisons_are_corrected_as_holm_has_it() -> None:
    """Statsmodels 0.15.0, multipletests([0.01, 0.04, 0.03, 0.005], method="holm")."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_the_least_p_says_what_so_few_cases_can_show() -> None:
    """Five cases that all differ one way are p = 1/16: no evidence at 5 %, whatever the difference."""
    assert mcnemar(5, 0).p_value == mcnemar(5, 0).least == 0.0625
    assert sign_flips([0.5] * 5).p_value == sign_flips([0.5] * 5).least == 0.0625


@pytest.mark.parametrize("of", [6, 9, 14])
def test_what_is_no_difference_is_called_one_as_seldom_as_said(of: int) -> None:
    """Exact: over all that can come of it by chance, p is at most 5 % in at most 5 %."""
    found = sum(math.comb(of, first) for first in range(of + 1) if mcnemar(first, of - first).p_value <= 0.05)
    assert found / 2**of <= 0.05
    sizes = [0.1 + 0.07 * at for at in range(min(of, 9))]
    signs = list(product((1, -1), repeat=len(sizes)))
    p_values = [sign_flips([s * d for s, d in zip(one, sizes, strict=True)]).p_value for one in signs]
    assert sum(p <= 0.05 for p in p_values) / len(signs) <= 0.05
