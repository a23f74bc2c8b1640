"""Documents in chunks: of one page each, no larger than asked, and found again where they say."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import BertWordPieceTokenizer

import nis_backend.drivers.embeddings as home
from nis_backend.capabilities.documents.chunks import Chunking
from nis_backend.capabilities.documents.pages import Chunk, Heading, Page
from nis_backend.capabilities.documents.wordpieces import count_tokens

TEXT = (
    "Guide\n\nIt begins here. Then it goes on for a while.\n\nKnots\n\nA bowline is a loop.\n\nBends\n\n"
    "A sheet bend joins two ropes of different sizes. It is tied fast, and it holds well.\n\nEnds\n\nWhip them."
)
HEADINGS = [("Guide", 1), ("Knots", 2), ("Bends", 3), ("Ends", 2)]
PAGE = Page(
    number=3, text=TEXT, headings=[Heading(text=one, level=level, start=TEXT.index(one)) for one, level in HEADINGS]
)


def chunks(page: Page, size: int, overlap: int = 0) -> list[Chunk]:
    """The page's chunks."""
    return list(Chunking(size=size, overlap=overlap).page(page))


def test_a_chunk_begins_at_a_heading_and_knows_those_above_it() -> None:
    """Promise: by structure, then by size; small lower sections stay with what they stand under."""
    found = chunks(PAGE, 40)
    assert [(one.heading, one.text.partition("\n")[0]) for one in found] == [
        (["Guide"], "Guide"),
        (["Guide", "Knots"], "Knots"),
        (["Guide", "Ends"], "Ends"),
    ]
    assert {one.page for one in found} == {3}
    assert [one.number for one in found] == [1, 2, 3]


def test_headings_of_earlier_pages_stand_above_what_comes_next() -> None:
    """Promise: a chunk's path goes over the ends of pages."""
    parting = Chunking(size=40, overlap=0)
    first = list(parting.page(PAGE))
    (last,) = parting.page(Page(number=4, text="Some more of it."))
    assert last.heading == ["Guide", "Ends"]
    assert last.number == len(first) + 1


def test_what_a_chunk_repeats_is_the_end_of_the_one_before() -> None:
    """Promise: overlap by whole sentences, at most so many word pieces."""
    text = " ".join(f"This is sentence number {number}." for number in range(30))
    found = chunks(Page(number=1, text=text), 40, 12)
    for before, after in itertools.pairwise(found):
        assert before.start < after.start < before.end
        assert count_tokens(text[after.start : before.end]) <= 12


@given(
    text=st.text(st.sampled_from("ab cé.\n!?漢字-,\t"), max_size=600),
    size=st.integers(16, 60),
    overlap=st.integers(0, 30),
)
def test_every_chunk_is_of_its_place_within_its_size_and_nothing_is_lost(text: str, size: int, overlap: int) -> None:
    """Promise: `page.text[start:end]`, at most `size` word pieces, and every sign that is no space is in one."""
    found = chunks(Page(number=1, text=text), size, overlap)
    covered: set[int] = set()
    for one in found:
        assert text[one.start : one.end] == one.text == one.text.strip()
        assert count_tokens(one.text) <= size
        covered |= set(range(one.start, one.end))
    assert {place for place, sign in enumerate(text) if not sign.isspace()} <= covered


def test_one_word_longer_than_a_chunk_is_cut() -> None:
    """Promise: base64 in a text makes no chunk that a collection refuses."""
    found = chunks(Page(number=1, text="x" * 200_000), 220)
    assert max(len(one.text) for one in found) <= 30_000
    assert sum(len(one.text) for one in found) == 200_000


def test_word_pieces_are_counted_as_the_models_own_tokeniser_counts_them() -> None:
    """Promise: exact for ordinary text, without the extra that has the tokeniser.

    Source: the tokenizers library with the same vocabulary.
    """
    own = BertWordPieceTokenizer(f"{next(iter(home.__path__))}/bert_uncased_vocab.txt", lowercase=True)
    for text in (
        TEXT,
        "Öffnet um acht. naïve façade",
        "tokenization of unbelievable words, e.g. 3.14-ish!",
        "漢字 and かな",
    ):
        assert count_tokens(text) == len(own.encode(text, add_special_tokens=False).ids)


def test_marks_that_have_no_word_pieces_are_in_chunks_that_end() -> None:
    """Promise: white space without end is in no chunk, and accents without letters are in chunks of a size."""
    found = chunks(Page(number=1, text="a" + "\n \t" * 10_000 + "b" + "\n\u0301" * 9_000), size=220, overlap=40)
    assert [one.text for one in found[:1]] == ["a"]
    assert len(found) < 100
    assert max(one.tokens for one in found) <= 220
