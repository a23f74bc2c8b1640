"""When each word is said: tokens joined to words, and the times of the tokens to those of the words.

After https://github.com/openai/whisper, `timing.py`: a word's end is that of its last letter, not of the punctuation
after it, and a word that lasts much longer than others begins or ends in a pause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nis_backend.capabilities.voice.whisper import Aligned, Whisper
    from nis_backend.capabilities.voice.windows import Window

SPACELESS = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that are written without spaces: each character is a word."""

_MARKS = re.compile(r"^[\W_]+$")
_END = re.compile(r"[.!?\u3002\uff01\uff1f][\W_]*$")
_LONGEST_USUAL = 0.7
"""Seconds; twice the median of a window's words, this at most, is as long as a word gets."""


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word of a window; seconds of the window."""

    text: str
    start: float
    end: float
    probability: float


def words_of(model: Whisper, window: Window, language: str) -> list[list[Word]]:
    """The words of each piece of a window."""
    plain = [[one for one in piece.tokens if one < model.end] for piece in window.pieces]
    tokens = [one for piece in plain for one in piece]
    if not tokens:
        return [[] for _ in plain]
    aligned = model.align(window.encoded, window.start, tokens, window.frames)
    # A piece begins a word, also where no space is before it.
    joint = [joined(model, piece, spaced=language not in SPACELESS) for piece in plain]
    words = capped(_timed([word for piece in joint for word in piece], aligned))
    ends = np.cumsum([len(piece) for piece in joint])
    return [words[end - len(piece) : end] for piece, end in zip(joint, ends, strict=True)]


Letters = tuple[str, int]
"""Some characters that are whole, and how many tokens they take."""


def joined(model: Whisper, tokens: list[int], *, spaced: bool) -> list[list[Letters]]:
    """Tokens as words: where there are spaces each begins with one, else each character is one; marks go with them."""
    words: list[list[Letters]] = []
    held: list[int] = []
    for number, token in enumerate(tokens, 1):
        held.append(token)
        text = model.text(held)
        if "\ufffd" in text and number < len(tokens):
            continue  # the first bytes of a character
        begins = text.startswith(" ") if spaced else not _MARKS.match(text)
        if begins or not words:
            words.append([])
        words[-1].append((text, len(held)))
        held = []
    return words


def _timed(words: list[list[Letters]], aligned: Aligned) -> list[Word]:
    found: list[Word] = []
    at, last = 0, len(aligned.times) - 1
    for word in words:
        size = sum(tokens for _, tokens in word)
        spoken = size
        for text, tokens in reversed(word[1:]):
            if not _MARKS.match(text):
                break
            spoken -= tokens
        found.append(
            Word(
                text="".join(text for text, _ in word).strip(),
                start=float(aligned.times[min(at, last)]),
                end=float(aligned.times[min(at + spoken, last)]),
                probability=float(np.mean(aligned.probabilities[at : at + size])),
            )
        )
        at += size
    return found


def capped(words: list[Word]) -> list[Word]:
    """Words of which none that is beside a pause takes the pause for its own."""
    lengths = [one.end - one.start for one in words if one.end > one.start]
    longest = 2 * min(_LONGEST_USUAL, float(np.median(lengths))) if lengths else _LONGEST_USUAL
    found: list[Word] = []
    for number, one in enumerate(words):
        kept = one
        if one.end - one.start > longest:
            if number == 0 or _END.search(words[number - 1].text):
                kept = replace(one, start=one.end - longest)
            elif _END.search(one.text):
                kept = replace(one, end=one.start + longest)
        found.append(kept)
    return found
