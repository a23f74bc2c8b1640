"""Whether two shares of counts differ beyond chance. Plain Python.

Sources: Fisher (1922), J. R. Stat. Soc. 85, 87-94; (1935), J. R. Stat. Soc. 98, 39-82.
"""

from __future__ import annotations

from math import comb


def fisher(one: int, of_one: int, other: int, of_other: int) -> float:
    """The two-sided p-value of Fisher's exact test: tables of the same margins that are no likelier than this one."""
    ways = _ways(of_one, of_other, one + other)
    # Whole numbers: tables as likely as this one are found without rounding.
    return sum(many for many in ways.values() if many <= ways[one]) / sum(ways.values())


def fisher_greater(one: int, of_one: int, other: int, of_other: int) -> float:
    """The one-sided: the chance that the first has so many or more of all there are, where both have equally often."""
    ways = _ways(of_one, of_other, one + other)
    return sum(many for here, many in ways.items() if here >= one) / sum(ways.values())


def _ways(of_one: int, of_other: int, right: int) -> dict[int, int]:
    """How many ways there are for the first to have each number of all that are right."""
    least, most = max(0, right - of_other), min(of_one, right)
    return {here: comb(of_one, here) * comb(of_other, right - here) for here in range(least, most + 1)}
