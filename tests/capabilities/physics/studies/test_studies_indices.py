"""Sensitivity indices: the points they stand on, and functions whose indices are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import qmc  # pyright: ignore[reportMissingTypeStubs] - scipy has none

from nis_backend.capabilities.physics.studies.indices import (
    MOST_DIMENSIONS,
    morris_design,
    morris_effects,
    saltelli_design,
    sobol_points,
    sobol_shares,
)

FIRST, TOTAL = (0.313905, 0.442411, 0.0), (0.557589, 0.442411, 0.243684)
"""Ishigami's function with a = 7, b = 0.1: Saltelli et al., Global Sensitivity Analysis (2008), 4.4, recomputed."""


def ishigami(row: list[float]) -> float:
    """Its formula: sin x + 7 sin² y + 0.1 z⁴ sin x over (-π, π)³."""
    x, y, z = (math.pi * (2 * one - 1) for one in row)
    return math.sin(x) + 7 * math.sin(y) ** 2 + 0.1 * z**4 * math.sin(x)


def test_the_points_are_sobols() -> None:
    """Source: scipy's sequence, which has Joe & Kuo's direction numbers."""
    theirs = qmc.Sobol(MOST_DIMENSIONS, scramble=False).random(256)
    ours = np.array(sobol_points(256, MOST_DIMENSIONS)) / 2**31
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_known_indices_lie_within_their_intervals(seed: int) -> None:
    """Promise: the interval told holds the truth; the intervals shrink with the samples."""
    widths: list[float] = []
    for samples in (64, 256):
        rows = saltelli_design(samples, 3, seed)
        values = [ishigami(row) for row in rows]
        found = sobol_shares([values[at : at + 5] for at in range(0, len(values), 5)], seed)
        for i in range(3):
            assert abs(found.first[i] - FIRST[i]) <= found.first_interval[i]
            assert abs(found.total[i] - TOTAL[i]) <= found.total_interval[i]
        widths.append(max(found.first_interval))
    assert widths[1] < 0.7 * widths[0]


def test_shares_of_a_sum_are_those_of_its_terms() -> None:
    """Of x + 2y + 3z: 1/14, 4/14, 9/14 of the variance, and nothing by interplay."""
    rows = saltelli_design(256, 3, 0)
    values = [row[0] + 2 * row[1] + 3 * row[2] for row in rows]
    found = sobol_shares([values[at : at + 5] for at in range(0, len(values), 5)], 0)
    for share in (found.first, found.total):
        assert share == pytest.approx([1 / 14, 4 / 14, 9 / 14], abs=0.01)


def test_elementary_effects_of_a_line_are_its_slopes() -> None:
    """A function without curvature has the same effect everywhere, and no spread; a product has one."""
    rows = morris_design(8, 3, 0)
    assert all(0 <= one <= 1 for row in rows for one in row)
    line = [2 * row[0] - 5 * row[1] for row in rows]
    found = morris_effects(rows, [line[at : at + 4] for at in range(0, 32, 4)], 3)
    assert found.effect == pytest.approx([2, 5, 0])
    assert found.spread == pytest.approx([0, 0, 0], abs=1e-12)
    product = [row[0] * row[1] for row in rows]
    assert morris_effects(rows, [product[at : at + 4] for at in range(0, 32, 4)], 3).spread[0] > 0.1
