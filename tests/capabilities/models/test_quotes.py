"""A quote stands in a text, or it is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.capabilities.models.quotes import Quote, find_quote

TEXT = "The Argo lies\n  in the harbour. She leaves at noon (by 12.00), “on time”."


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lies in the harbour", "lies\n  in the harbour"),
        ('"She leaves at noon"', "She leaves at noon"),
        ("“on time”", "“on time”"),
        ("(by 12.00)", "(by 12.00)"),
        ("the argo", None),
        ("lies in harbour", None),
        ("12:00", None),
        ("12x00", None),
        ("", None),
        (" \n", None),
        ("“”", None),
    ],
)
def test_only_white_space_may_differ(words: str, found: str | None) -> None:
    """Promise: what is answered is the text's own, with its place; a pattern's signs are signs."""
    quote = find_quote(words, [TEXT])
    assert (None if quote is None else quote.text) == found
    if quote is not None:
        assert TEXT[quote.start : quote.end] == quote.text


def test_the_text_that_is_named_is_looked_at_first() -> None:
    """Promise: another one that has the words is better than none."""
    texts = ["a b", "b c", "c"]
    assert find_quote("b", texts, 1) == Quote(text="b", source=1, start=0, end=1)
    assert find_quote("a b", texts, 2) == Quote(text="a b", source=0, start=0, end=3)
    assert find_quote("d", texts) is None


@given(st.text(min_size=1, max_size=60), st.data())
def test_every_piece_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    """Promise: whatever its characters are."""
    start = data.draw(st.integers(0, len(text) - 1))
    piece = text[start : data.draw(st.integers(start + 1, len(text)))]
    found = find_quote(piece, [text])
    if not piece.split():
        assert found is None
    else:
        assert found is not None
        assert text[found.start : found.end].split() == found.text.split()
        assert found.text.split() in (piece.split(), piece.strip().strip("\"'`“”„‟«»\u2039\u203a\u2018\u2019").split())
