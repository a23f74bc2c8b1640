"""Whether two shares of counts differ beyond chance. Plain Python.

Source: Fisher (1922), J. R. Stat. Soc. 85, 87-94.
"""

from __future__ import annotations

from math import comb


def fisher(one: int, of_one: int, other: int, of_other: int) -> float:
    """The two-sided p-value of Fisher's exact test: tables of the same margins that are no likelier than this one."""
    right, both = one + other, of_one + of_other
    ways = {
        here: comb(of_one, here) * comb(of_other, right - here)
        for here in range(max(0, right - of_other), min(of_one, right) + 1)
    }
    # Whole numbers: tables as likely as this one are found without rounding.
    return sum(many for many in ways.values() if many <= ways[one]) / comb(both, right)
