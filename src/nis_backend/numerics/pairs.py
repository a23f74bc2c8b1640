"""Whether two differ beyond chance on the same cases: exact tests of pairs, corrected for many. Plain Python.

Sources: McNemar (1947), Psychometrika 12, 153-157; Fisher (1935), The Design of Experiments, 21; Holm (1979), Scand. J.
Stat. 6, 65-70.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from dataclasses import dataclass
from operator import getitem
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_EXACT = 30
"""Pairs that differ, up to which all signs are counted: two halves of 2^15 sums."""
DRAWS = 9999
SEED = 20_260_101
NEAR = 1e-9
"""Sums that differ by less, in parts of the greatest, are the same but for rounding."""


@dataclass(frozen=True, kw_only=True)
class Test:
    """How likely a difference as great as this is, either way, where there is none."""

    p_value: float
    least: float
    """The least that it could have been with as many pairs that differ."""
    method: str


def mcnemar(first: int, second: int) -> Test:
    """Of cases that one alone has right: as often the one as the other, if there is no difference. Exact, two-sided."""
    of, fewer = first + second, min(first, second)
    tail = ways = 1
    for count in range(1, fewer + 1):
        ways = ways * (of - count + 1) // count
        tail += ways
    return Test(
        p_value=min(1.0, _ratio(2 * tail, of)), least=least_p(of), method=f"McNemar's test, exact, {of} cases differ"
    )


def _ratio(count: int, of: int) -> float:
    """`count` out of `2^of`, of whole numbers of any length."""
    return count / (1 << of) if of <= 1000 else math.exp(math.log(count) - of * math.log(2))  # noqa: PLR2004 - doubles end there


def least_p(of: int) -> float:
    """The p-value where all of so many pairs differ the same way."""
    return min(1.0, 2.0 ** (1 - of))


def sign_flips(differences: Sequence[float]) -> Test:
    """Of the sums that the differences have with any signs: how many are as far from nought as theirs.

    All are counted where at most 30 differ from nought; else 9,999 are drawn with a fixed seed, and
    p = (1 + as far) / (1 + drawn).
    """
    apart = [one for one in differences if one]
    greatest = sum(map(abs, apart))
    wanted = abs(math.fsum(apart)) - NEAR * greatest
    if len(apart) <= MOST_EXACT:
        far, of = _counted([abs(one) for one in apart], wanted), 2 ** len(apart)
        return Test(
            p_value=min(1.0, far / of),
            least=least_p(len(apart)),
            method=f"sign flips, exact, {len(apart)} cases differ",
        )
    far = _drawn([abs(one) for one in apart], wanted)
    return Test(
        p_value=(1 + far) / (1 + DRAWS),
        least=1 / (1 + DRAWS),
        method=f"sign flips, {DRAWS} drawn, seed {SEED}, {len(apart)} cases differ",
    )


def _sums(values: Sequence[float]) -> list[float]:
    """What the values come to with each choice of signs."""
    sums = [0.0]
    for one in values:
        sums = [base + sign * one for base in sums for sign in (1, -1)]
    return sums


def _counted(values: Sequence[float], wanted: float) -> int:
    """How many choices of signs come to `wanted` or more, either way: sums of one half, looked up for the other's."""
    if wanted <= 0:
        return 2 ** len(values)
    half = len(values) // 2
    ordered = sorted(_sums(values[:half]))
    return 2 * sum(len(ordered) - bisect_left(ordered, wanted - one) for one in _sums(values[half:]))


def _drawn(values: Sequence[float], wanted: float) -> int:
    """The same of choices drawn: eight signs are a byte, whose sum is looked up."""
    chance = random.Random(SEED)  # noqa: S311 - draws, no secret
    tables = [_sums(values[start : start + 8]) for start in range(0, len(values), 8)]
    # A shorter table at the end is repeated, so that each byte has a place in it.
    tables[-1] *= 256 // len(tables[-1])
    far = 0
    for _ in range(DRAWS):
        far += abs(sum(map(getitem, tables, chance.randbytes(len(tables))))) >= wanted
    return far


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values as they are where all of them are looked at: the least times their number, and so on upwards."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, reached = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        reached = max(reached, min(1.0, (len(p_values) - place) * p_values[index]))
        corrected[index] = reached
    return corrected
