"""How often something happens of so many times, each time with the same chance. Plain Python."""

from __future__ import annotations

import math


def log_mass(count: int, of: int, chance: float) -> float:
    """The logarithm of the chance of exactly `count` of `of`: none of it is lost where floats have no such numbers."""
    if chance in {0, 1}:
        return 0.0 if count == of * chance else -math.inf
    ways = math.lgamma(of + 1) - math.lgamma(count + 1) - math.lgamma(of - count + 1)
    return ways + count * math.log(chance) + (of - count) * math.log1p(-chance)
