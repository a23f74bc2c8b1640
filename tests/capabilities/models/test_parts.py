"""A long text in parts: nothing is lost, nothing is too large, and cuts are where a reader would pause."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.capabilities.models.parts import size, split


@given(st.text(alphabet=st.sampled_from(list("ab.! \n\n\t。é漢🐙")), max_size=300), st.integers(4, 60))
def test_parts_are_the_text_and_fit(text: str, room: int) -> None:
    """Promise: together they are the text, each has at most so many bytes, none is empty."""
    parts = split(text, room)
    assert "".join(parts) == text
    assert all(size(part) <= room for part in parts)
    assert text == "" or all(parts)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One.\n\nTwo is long.\n\nThree.", ["One.\n\n", "Two is long.\n\n", "Three."]),
        ("One two. Three four. Five.", ["One two. ", "Three four. ", "Five."]),
        ("one two three four five", ["one two three ", "four five"]),
        ("一二。三四五。", ["一二。", "三四五。"]),
    ],
    ids=["paragraphs", "sentences", "words", "without spaces"],
)
def test_a_text_is_cut_where_a_reader_pauses(text: str, parts: list[str]) -> None:
    """Promise: between paragraphs, else sentences, else words; never within one that fits."""
    assert split(text, 14) == parts


def test_a_part_holds_as_much_as_fits() -> None:
    """Promise: of 1,000 small paragraphs there are not 1,000 parts."""
    assert len(split("A line.\n\n" * 1000, 900)) == 10
