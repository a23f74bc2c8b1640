"""Sentences of a text stand where they say, and end where a reader would pause."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.capabilities.documents.sentences import LONGEST, sentences_of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It rained. Then it stopped!  Why? …", ["It rained.", "Then it stopped!", "Why?"]),
        (
            "Mr. J. Smith of Acme Inc. agreed to Sec. 4.2 (e.g. by 3.5 m). Yes.",
            ["Mr. J. Smith of Acme Inc. agreed to Sec. 4.2 (e.g. by 3.5 m).", "Yes."],
        ),
        (
            "“Really?” he said. The U.S. Army left at 5 p.m. It rained…",
            ["“Really?” he said.", "The U.S. Army left at 5 p.m.", "It rained…"],
        ),
        (
            "Terms\n\n- First\n- Second. And more\n2) Third\nand on",
            ["Terms", "- First", "- Second.", "And more", "2) Third\nand on"],
        ),
        ("1. The parties\nagree. 2. They pay.", ["1. The parties\nagree.", "2. They pay."]),
        ("这是一个句子。「这是另一个！」好", ["这是一个句子。", "「这是另一个！」", "好"]),  # noqa: RUF001 - Chinese stops
        (
            "Sir R.A. Fisher kam am 1. Januar 1919. Er blieb.",
            ["Sir R.A. Fisher kam am 1. Januar 1919.", "Er blieb."],
        ),
        ("§ — …\n\n***", []),
    ],
)
def test_a_sentence_ends_where_a_reader_pauses(text: str, said: list[str]) -> None:
    """Promise: not behind an abbreviation, an initial or a list's number; before each point of a list."""
    assert [one.text for one in sentences_of(text)] == said


@given(st.text(st.sampled_from('ab. \n!?-1("”。A\t'), max_size=200))
def test_each_sentence_stands_at_its_place(text: str) -> None:
    """Promise: together they hold every letter and digit of the text, each once and in order."""
    found = sentences_of(text)
    assert all(text[one.start : one.end] == one.text and len(one.text) <= LONGEST for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert "".join(filter(str.isalnum, "".join(one.text for one in found))) == "".join(filter(str.isalnum, text))


def test_a_sentence_without_an_end_is_cut() -> None:
    """Promise: what has no stop for pages is parted between words."""
    found = sentences_of("word " * 1000)
    assert len(found) > 3
    assert all(len(one.text) <= LONGEST and one.text.startswith("word") and one.text.endswith("word") for one in found)
