"""An answer is cut into sentences while it grows, and nothing of it is spoken twice."""

from __future__ import annotations

import pytest

from nis_backend.surfaces.voice.sentences import FIRST, LONGEST, Sentence, Sentences, heard

STORY = (
    "Dr. Who measured 3.5 metres, and was content. See [the page](https://example.com/a) for **more**!\n"
    "```py\nprint(1.0)\n```\nAfter the code it went on; it had no end"
)


def cut(text: str, step: int) -> list[str]:
    """The sentences of a text that grows by so many characters."""
    sentences, found = Sentences(), list[str]()
    for end in range(step, len(text) + step, step):
        found += [one.text for one in sentences.grow(text[:end])]
    return found + [one.text for one in sentences.finish()]


@pytest.mark.parametrize("step", [1, 3, 7, 1000])
def test_a_text_is_cut_alike_however_it_grows(step: int) -> None:
    """All of it comes, in order, but for the code; short forms and decimals end no sentence."""
    assert cut(STORY, step) == [
        "Dr. Who measured 3.5 metres, and was content.",
        " See [the page](https://example.com/a) for **more**!",
        "\nAfter the code it went on; it had no end",
    ]


def test_what_is_spoken_has_no_marks() -> None:
    """Markdown, addresses and code are for the eye."""
    sentence = Sentence(
        text="- See [the page](https://example.com/a) for **more** `code`, https://example.com!", start=0
    )
    assert sentence.words == "See the page for more code,"


def test_a_first_sentence_that_is_long_is_heard_from_its_first_comma() -> None:
    """The first sound waits for a part of a sentence; later ones for the whole."""
    text = "word " * (FIRST // 5 + 1) + "then, and so on without an end"
    assert [one.text for one in Sentences().grow(text)] == [text[: text.index(",") + 1]]


def test_words_without_an_end_are_cut_between_two() -> None:
    """A sentence's sound is bounded, whatever a model writes."""
    text = "word " * 200
    pieces = cut(text, 11)
    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= LONGEST
    assert all(piece.endswith(" ") for piece in pieces)


def test_a_retried_step_is_not_spoken_twice() -> None:
    """What a step says again as before was spoken; from where it differs on, it is spoken anew."""
    sentences = Sentences()
    first = "One two three four. Five six seven eight. Nine"
    assert len(list(sentences.grow(first))) == 2
    assert not list(sentences.grow(""))
    assert not list(sentences.grow("One two three four. Five"))
    changed = "One two three four. Five six nine eleven. Ten eleven twelve."
    assert [one.text for one in sentences.grow(changed)] == [" Five six nine eleven."]
    assert [one.text for one in sentences.finish()] == [" Ten eleven twelve."]


def test_what_was_heard_over_another_socket_is_skipped() -> None:
    """A reader that comes again goes on within the sentence where it was cut off."""
    sentences = Sentences(skip=26)
    found = list(sentences.grow("One two three four. Five six seven eight. Nine"))
    assert [(one.text, one.start) for one in found] == [("ix seven eight.", 26)]


def test_whole_words_of_a_sentence_were_heard() -> None:
    """Of a sentence that was cut off, what was heard is told to the last whole word."""
    sentence = Sentence(text="One two three four.", start=0)
    assert [heard(sentence, share) for share in (0.0, 0.5, 1.0)] == ["", "One two", "One two three four."]
