"""Votes over answers: how many say the same, and whether more would change who leads."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.numerics.pairs import mcnemar

if TYPE_CHECKING:
    from collections.abc import Sequence


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
