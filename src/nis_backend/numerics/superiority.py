"""Whether one is better than another beyond chance: exact one-sided tests, their power, and looks that are counted.

Plain Python. Sources: McNemar (1947), Psychometrika 12, 153-157; the power of his test, unconditional: Miettinen
(1968), Biometrics 24, 339-352.
"""

from __future__ import annotations

import math

from nis_backend.numerics.binomial import log_mass


def mcnemar_greater(wins: int, losses: int) -> float:
    """The chance of so many wins or more among the pairs that differ, where winning is as likely as losing."""
    return _upper(wins, wins + losses)


def _upper(least: int, of: int) -> float:
    """The chance that of so many fair coins at least `least` show heads."""
    count = sum(math.comb(of, heads) for heads in range(least, of + 1))
    return count / (1 << of)


def fewest_wins(level: float) -> int:
    """How many pairs have to differ before a p below the level is possible: all of them won."""
    wins = 1
    while _upper(wins, wins) >= level:
        wins += 1
    return wins


def mcnemar_power(pairs: int, win: float, loss: float, level: float) -> float:
    """The chance that `mcnemar_greater` comes out below the level, of pairs each won and lost with these chances.

    Exact: over how many pairs differ, and how many of those are won. With `win` and `loss` equal it is the test's size.
    """
    apart, total = min(1.0, win + loss), 0.0
    if apart <= 0:
        return 0.0
    for differ in range(pairs + 1):
        least = next((wins for wins in range(differ + 1) if _upper(wins, differ) < level), None)
        if least is not None:
            won = math.fsum(math.exp(log_mass(wins, differ, win / apart)) for wins in range(least, differ + 1))
            total += math.exp(log_mass(differ, pairs, apart)) * won
    return min(1.0, total)


def level_at(look: int, significance: float) -> float:
    """The level of the n-th look at the same cases: the whole, then a quarter, a ninth.

    One look lets through what is no better with at most `significance`; all looks together, however many come, with
    at most π²/6 of it, by Boole's inequality: Σ 1/n² = π²/6.
    """
    return significance / look**2
