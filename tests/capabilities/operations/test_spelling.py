"""Misspelled words: what they are taken for, and what is left as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.capabilities.operations.spelling import Spelling, distance

WORDS = Spelling(["pendulum", "period", "released", "stone", "speed", "constant", "extract"])


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("peroid", "period"),
        ("pendulm", "pendulum"),
        ("relased", "released"),
        ("constnat", "constant"),
        ("pendulums", "pendulums"),
        ("exact", "exact"),
        ("sped", "sped"),
        ("phone", "phone"),
        ("storage", "storage"),
        ("would", "would"),
    ],
)
def test_a_slip_is_mended_and_another_word_is_not(said: str, meant: str) -> None:
    """One slip in a word, two in a long one; not a short word, another first letter, or a form of a known one."""
    assert WORDS.mend(said) == meant


def test_letters_that_changed_places_are_one_slip() -> None:
    """The definition of the distance: wrong, missing, added, and neighbours exchanged."""
    assert distance("period", "period", 2) == 0
    assert distance("peroid", "period", 2) == 1
    assert distance("pariod", "period", 2) == 1
    assert distance("priod", "period", 2) == 1
    assert distance("peeriod", "period", 2) == 1
    assert distance("paroid", "period", 2) == 2
    assert distance("paroi", "period", 1) == 2


@given(st.text(alphabet="abc", max_size=6), st.text(alphabet="abc", max_size=6))
def test_the_distance_is_symmetric_and_zero_only_of_the_same(one: str, other: str) -> None:
    """What a distance is."""
    assert distance(one, other, 6) == distance(other, one, 6)
    assert (distance(one, other, 6) == 0) == (one == other)
