"""Votes over answers, against counting every way there is."""

from __future__ import annotations

import itertools
import math

import pytest
from exact_votes import chance_right

from nis_backend.answers.voting import tally


def by_hand(right: float, wrong: list[float], votes: int) -> float:
    """The chance that class 0 wins, by going through every sequence of votes."""
    chances, won = [right, *wrong], 0.0
    for ballot in itertools.product(range(len(chances)), repeat=votes):
        counts = [ballot.count(one) for one in range(len(chances))]
        if counts[0] == max(counts):
            won += math.prod(chances[one] for one in ballot) / counts.count(counts[0])
    return won


@pytest.mark.parametrize("votes", [1, 2, 3, 5, 7])
@pytest.mark.parametrize(("right", "wrong"), [(0.6, [0.4]), (0.4, [0.3, 0.2, 0.1]), (0.3, [0.6, 0.1])])
def test_the_chance_of_a_right_vote_is_that_of_all_ballots(right: float, wrong: list[float], votes: int) -> None:
    """Each ballot by its probability, a tie by lot."""
    assert chance_right(right, wrong, votes) == pytest.approx(by_hand(right, wrong, votes), rel=1e-12)


def test_a_vote_amplifies_what_is_likeliest() -> None:
    """Condorcet (1785): to certainty where the right answer is the likeliest one, to nought where it is not."""
    assert chance_right(0.6, [0.4], 101) == pytest.approx(0.979, abs=1e-3)
    assert chance_right(0.3, [0.6, 0.1], 101) < 1e-3
    assert chance_right(0.25, [0.25] * 3, 100) == pytest.approx(0.25, rel=1e-9)


def test_a_vote_is_settled_when_no_others_can_change_it() -> None:
    """For every beginning of every ballot: settled means that whatever follows, the same one leads alone."""
    for ballot in itertools.product("ab", repeat=5):
        for so_far in range(1, 6):
            seen = tally(ballot[:so_far])
            ends = [tally((*ballot[:so_far], *rest)) for rest in itertools.product("abc", repeat=5 - so_far)]
            stays = all(end.leader == seen.leader and not end.tied for end in ends)
            assert seen.settled(5 - so_far) == stays


def test_who_was_first_leads_among_equals() -> None:
    """A tie is told; what is missing has no vote."""
    seen = tally(["b", "a", None, "a", "b", "c"])
    assert (seen.leader, seen.tied, seen.ahead, seen.missing, seen.votes) == ("b", ("b", "a"), 0, 1, 5)
    assert tally([None]).leader is None


def test_entropy_is_that_of_the_shares() -> None:
    """Ln 4 of four alike, 0 of one, by the formula of two to one."""
    assert tally("abcd").entropy() == pytest.approx(math.log(4))
    assert tally("aaaa").entropy() == 0
    assert tally("aab").entropy() == pytest.approx(-(2 / 3) * math.log(2 / 3) - math.log(1 / 3) / 3)


def test_a_near_split_is_told_by_a_sign_test() -> None:
    """Eight against two: 112 of 1024 ways are as uneven, either way; third parties do not count."""
    assert tally("a" * 8 + "b" * 2).near_split == pytest.approx(112 / 1024)
    assert tally("a" * 8 + "b" * 2 + "c").near_split == pytest.approx(112 / 1024)


def test_a_vote_that_stops_early_looks_surer_than_all_of_it() -> None:
    """What docs/confidence.md says of five answers of chances 1/2, 3/10, 1/10 and 1/10, by all orders of them."""
    chances = (0.5, 0.3, 0.1, 0.1)

    def share(said: tuple[int, ...], *, stops: bool) -> tuple[float, float]:
        """Of the leader, and the entropy, in expectation over what is still to be said."""
        votes = tally([str(one) for one in said])
        if len(said) == 5 or (stops and said and votes.settled(5 - len(said))):
            return max(votes.counts.values()) / len(said), votes.entropy()
        after = [share((*said, kind), stops=stops) for kind in range(4)]
        return tuple(sum(p * one[at] for p, one in zip(chances, after, strict=True)) for at in (0, 1))  # pyright: ignore[reportReturnType] - a pair

    assert share((), stops=False) == (pytest.approx(0.587, abs=5e-4), pytest.approx(0.833, abs=5e-4))
    assert share((), stops=True) == (pytest.approx(0.635, abs=5e-4), pytest.approx(0.729, abs=5e-4))
