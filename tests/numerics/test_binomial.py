"""The binomial's masses, against fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from nis_backend.numerics.binomial import log_mass


@pytest.mark.parametrize("chance", [Fraction(0), Fraction(1, 1000), Fraction(1, 2), Fraction(9, 10), Fraction(1)])
@pytest.mark.parametrize("of", [0, 1, 12, 1100])
def test_a_mass_is_its_term_of_the_binomial_theorem(chance: Fraction, of: int) -> None:
    """Also where a float holds neither the ways, beyond C(1029, 514), nor the mass, below 1e-308."""
    for count in {0, of // 3, of // 2, of}:
        exact = math.comb(of, count) * chance**count * (1 - chance) ** (of - count)
        found = log_mass(count, of, float(chance))
        if exact:
            wanted = math.log(exact.numerator) - math.log(exact.denominator)
            assert found == pytest.approx(wanted, rel=1e-11, abs=1e-10)
        else:
            assert math.exp(found) == 0
