"""Votes over answers: how many say the same, whether more would change who leads, and how often a vote is right."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.numerics.pairs import mcnemar

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_VOTES = 150
"""Votes of which chances are counted exactly: a double holds no greater factorial than that of 170."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What was voted for, the most first; among as many, what was said first."""

    counts: dict[str, int]
    missing: int
    """Votes in which there was no answer."""

    @property
    def votes(self) -> int:
        """Those with an answer."""
        return sum(self.counts.values())

    @property
    def leader(self) -> str | None:
        """What has the most votes, and of several such the first that was said; None where nothing was."""
        return next(iter(self.counts), None)

    @property
    def tied(self) -> tuple[str, ...]:
        """Those with as many votes as the leader, itself among them, where there is more than one."""
        most = max(self.counts.values(), default=0)
        level = tuple(one for one, count in self.counts.items() if count == most)
        return level if len(level) > 1 else ()

    @property
    def ahead(self) -> int:
        """Votes by which the leader leads."""
        first, second = [*self.counts.values(), 0, 0][:2]
        return first - second

    @property
    def share(self) -> float | None:
        """The leader's votes, out of those with an answer."""
        return next(iter(self.counts.values())) / self.votes if self.counts else None

    @property
    def near_split(self) -> float:
        """How likely a lead as great as this is where the first two are as likely: an exact sign test, two-sided."""
        first, second = [*self.counts.values(), 0, 0][:2]
        return mcnemar(first, second).p_value

    def settled(self, left: int) -> bool:
        """Whether so many more votes cannot change who leads, nor bring another level: exact, whatever they say."""
        return self.ahead > left

    def soonest(self, left: int) -> int:
        """Of so many votes still to come, the fewest after which it could be settled: none of them is one too many.

        With k more, all for the leader, it leads by `ahead` + k while `left` − k are still to come.
        """
        return max(1, min(left, (left - self.ahead) // 2 + 1))

    def entropy(self) -> float:
        """Of the shares, in nats: 0 where all say the same; of classes of one meaning, the discrete semantic entropy.

        Source: Farquhar et al. (2024), Nature 630, 625-630.
        """
        shares = [count / self.votes for count in self.counts.values()]
        return -math.fsum(one * math.log(one) for one in shares) + 0.0


def tally(answers: Sequence[str | None]) -> Tally:
    """The votes of answers, each in its one spelling; None is a vote without an answer."""
    counts = Counter(one for one in answers if one is not None)
    # `most_common` keeps those with as many in the order in which they came.
    return Tally(counts=dict(counts.most_common()), missing=sum(one is None for one in answers))


def chance_right(right: float, wrong: Sequence[float], votes: int) -> float:
    """The chance that the right answer wins a vote of so many independent answers, a tie drawn by lot. Exact.

    `right` and `wrong` are the answers' probabilities, which come to 1. The sum over the multinomial distribution: for
    each number of right answers, the ways in which no wrong one has more, those with j of them level by 1/(1+j).
    """
    if not 1 <= votes <= MOST_VOTES:
        msg = f"a vote has 1 to {MOST_VOTES} answers"
        raise ValueError(msg)
    return math.fsum(_won(right, wrong, votes, count) for count in range(1, votes + 1))


def _won(right: float, wrong: Sequence[float], votes: int, count: int) -> float:
    """With exactly so many right answers."""
    left = votes - count
    # ways[j][n]: the coefficient of xⁿ in the product of the series Σ pᵏxᵏ/k! of the wrong answers so far, k at most
    # `count`, with j of them at that.
    ways = [[1.0] + [0.0] * left]
    for chance in wrong:
        terms = [chance**mine / math.factorial(mine) for mine in range(min(count, left) + 1)]
        following = [[0.0] * (left + 1) for _ in range(len(ways) + 1)]
        for level, row in enumerate(ways):
            for before, way in enumerate(row):
                for mine, term in enumerate(terms[: left - before + 1] if way else ()):
                    following[level + (mine == count)][before + mine] += way * term
        ways = following
    level = math.fsum(row[left] / (1 + at) for at, row in enumerate(ways))
    return math.factorial(votes) * right**count / math.factorial(count) * level
