"""A quote stands in its source, at its place, or it is none."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.quoted import Source, Span

FIRST = (
    "The ofﬁce was un-\nable to pay “on time”, e.g. 1,500 or −500 m² in inter\u00adnational ex-\nchange; "
    "well-\nknown. It cost 5.25 and 3\u20135 days to co-operate. The end of"
)
SET = [FIRST, "page one. The office was unable. 这是\n一个句子。 Cafe\u0301 at 10\u00a0µm…"]
"""Two pages as they come out of files: a ligature, soft and hard hyphens, curly marks, a sentence over a page's end."""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("office was unable to pay", "ofﬁce was un-\nable to pay"),
        ("The office was un- able", "The ofﬁce was un-\nable"),
        ("international exchange", "inter\u00adnational ex-\nchange"),
        ("well-known", "well-\nknown"),
        ('"on time", e.g.', "“on time”, e.g."),
        ("-500 m²", "−500 m²"),
        ("3-5 days", "3\u20135 days"),
        ("- The office was unable.", "The office was unable."),
        ("这是一个句子", "这是\n一个句子"),
        ("The end of page one.", "The end of\npage one."),
        ("Café at 10 \u03bcm...", "Cafe\u0301 at 10\u00a0µm…"),
        ("„on time”", "“on time”"),
    ],
)
def test_how_words_are_set_may_differ(words: str, found: str) -> None:
    """Promise: what is answered is the page's own, from its first to its last character."""
    (place,) = Source(SET).find(words)
    assert place.text == found
    assert _cut(SET, place) == found


@pytest.mark.parametrize(
    "words",
    [
        *(
            "the office",
            "office was able",
            "office is unable",
            "office unable",
            "able to pay",
            "The office was unable!",
        ),
        *("500", "500 m²", "-500 m2", "-500 m", "1500", "5", "25", "5.2", "5 days", "operate", "cooperate", "inter"),
        *("with out", "on  time ,", "wellknown" * 2, "", " \n", '""', "—", "10 m", "10µ"),
    ],
)
def test_another_word_or_number_is_none(words: str) -> None:
    """Promise: another case, a word more or less, half a word, half a number or one without its sign is not quoted."""
    assert Source(SET).find(words) == []


@pytest.mark.parametrize(
    ("text", "words", "halves"),
    [
        ("It can't be done.", ["be done", "can't be done"], ["It can", "can", "t be done"]),
        ("It isn\u2019t; l'école", ["isn't", "école"], ["It isn"]),
        ("At 10:30 h add 1/2 cup.", ["10:30 h", "1/2 cup"], ["10", "30 h", "2 cup"]),
        ("A loss of -$40 or −€5.", ["-$40", "-€5"], ["40", "$40", "5", "€5"]),
        ("In all 1 234 567 or 12\u202f500.", ["1 234 567", "12 500"], ["234 567", "1 234", "567", "500"]),
        ("In 2020 500 people came to room 3.", ["500 people", "In 2020"], []),
    ],
)
def test_half_of_what_is_one_thing_is_no_quote(text: str, words: list[str], halves: list[str]) -> None:
    """Promise: "can" from "can't", the minutes of a time, the thousands of a number, an amount without its sign."""
    assert all(Source([text]).find(one) for one in words)
    assert not any(Source([text]).find(one) for one in halves)


def test_of_many_places_the_nearest_comes_first() -> None:
    """Promise: a passage that is repeated is found wherever it stands."""
    pages = ["Signed by both.", "Nothing.", "It is signed. Signed by both."]
    places = Source(pages).find("Signed by both", near=(2, 0))
    assert [(one.page, one.start) for one in places] == [(2, 14), (0, 0)]
    assert len(Source(["ha " * 5000]).find("ha")) == 32


def test_a_page_of_one_letter_takes_no_longer_than_others() -> None:
    """Promise: what is nearly everywhere is looked for a bounded number of times."""
    assert Source(["a" * 200_000]).find("a" * 1000 + "b") == []
    assert Source(["a" * 200_000]).find("a" * 100_000) == []
    assert Source(["-" * 50_000 + "a"]).find("--- a") == []


WORDS = st.lists(
    st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x24F), min_size=1, max_size=8),
    min_size=2,
    max_size=25,
)
BETWEEN = st.sampled_from([" ", "  ", "\n", " \n ", ", ", ". ", " \u2013 ", "\u00a0", " (", ") ", "; “", "” "])


@st.composite
def paged(draw: st.DrawFn) -> list[list[tuple[str, str]]]:
    """Pages of words, each with what stands behind it."""
    return draw(
        st.lists(
            st.lists(st.tuples(st.text(ALPHABET, min_size=1, max_size=7), BETWEEN), max_size=20), min_size=1, max_size=3
        )
    )


ALPHABET = "abcdeéfiﬁﬂäxyzABÅ\u0e01\u4e2d"


@settings(max_examples=150)
@given(paged(), st.data())
def test_every_piece_of_whole_words_is_found_at_its_place(
    pages: list[list[tuple[str, str]]], data: st.DataObject
) -> None:
    """Promise: whatever its letters are; among the places is the one it was taken from, and each holds its words."""
    texts = ["".join(word + gap for word, gap in page) for page in pages]
    words = [(number, found) for number, text in enumerate(texts) for found in re.finditer(r"[^\W_]+", text)]
    if not words:
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, min(len(words) - 1, first + 8)))
    (page, begin), (end_page, stop) = words[first], words[last]
    whole = "\n".join(texts)
    offsets = [sum(len(text) + 1 for text in texts[:number]) for number in range(len(texts))]
    said = whole[offsets[page] + begin.start() : offsets[end_page] + stop.end()]
    found = Source(texts).find(
        data.draw(st.sampled_from([said, " ".join(said.split()), unicodedata.normalize("NFD", said)]))
    )
    assert (page, begin.start(), end_page, stop.end()) in [
        (one.page, one.start, one.end_page, one.end) for one in found
    ]
    assert all(_bare(_cut(texts, one)) == _bare(said) for one in found)


@settings(max_examples=150)
@given(WORDS, st.data())
def test_every_word_that_is_another_is_refused(words: list[str], data: st.DataObject) -> None:
    """Promise: with one word left out, put in, cut or changed, it is no quote of the page."""
    text = " ".join(words)
    place = data.draw(st.integers(0, len(words) - 1))
    other = data.draw(st.sampled_from([[], [words[place], "zzq"], [words[place] + "q"], [words[place][1:]]]))
    said = " ".join([*words[:place], *other, *words[place + 1 :]])
    found = Source([text]).find(said)
    assert all(one.text == said for one in found)
    # Words that are left out at either end are a shorter quote.
    assert not found or f" {said} " in f" {text} "


def _cut(pages: list[str], place: Span) -> str:
    if place.page == place.end_page:
        return pages[place.page][place.start : place.end]
    between = pages[place.page + 1 : place.end_page]
    return "\n".join([pages[place.page][place.start :], *between, pages[place.end_page][: place.end]])


def _bare(text: str) -> str:
    return "".join(re.findall(r"\w", unicodedata.normalize("NFKC", text)))
