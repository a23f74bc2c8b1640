"""How much a passage has of what is asked: by its words alone, in plain Python."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

K1, B = 1.2, 0.75
"""How soon a word said again counts no more, and how much a long passage is held back: the usual ones.

Source: Robertson & Zaragoza (2009), Foundations and Trends in Information Retrieval 3, 333-389.
"""

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_ENDINGS = (
    *(
        "izations",
        "ization",
        "ations",
        "ation",
        "ating",
        "ators",
        "ator",
        "ated",
        "ates",
        "ate",
        "ments",
        "ment",
        "ings",
    ),
    *("ing", "ions", "ion", "ness", "ies", "ied", "ers", "er", "ed", "es", "ly", "s", "e", "y"),
)
_LEAST_STEM = 3
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")

EMPTY = frozenset(
    (  # noqa: SIM905 - words to be read
        "a an and are as at be been being but by can could did do does doing done for from had has have having he her "
        "here hers him his how i if in into is it its itself just me more most my no nor not of off on once only or "
        "other our ours out over own same shall she should so some such than that the their theirs them then there "
        "these they this those through to too under until up us very was we were what when where which while who whom "
        "whose why will with would you your yours please tell give show find any about according say says said state "
        "states stated mention mentions mentioned describe describes described contain contains write written document "
        "documents file files text page pages pdf attached attachment report paper contract there much many does did "
        "der die das den dem des ein eine einer eines und oder ist sind war was wer wie wo wann warum im in zu von mit "
        "auf le la les un une des et ou est sont du de que qui quoi el los las una y es son en del"
    ).split()
)
"""Words that say nothing of what is asked: of questions, and of documents."""


def words_of(text: str) -> list[str]:
    """The stems of a text's words, those that say nothing left out; of scripts without spaces, pairs of signs."""
    found: list[str] = []
    for match in _WORD.finditer(text.casefold()):
        word = match[0]
        if _SPACELESS.search(word):
            found += [word[place : place + 2] for place in range(max(1, len(word) - 1))]
        elif word not in EMPTY:
            found.append(stem(word))
    return found


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """A word without its ending and accents: one stem for "terminate" and "termination". No dictionary's."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", word) if not unicodedata.combining(one))
    plain = re.sub("['\u2019].*", "", plain)
    if plain.isdigit():
        return plain
    cut = next((one for one in _ENDINGS if plain.endswith(one) and len(plain) - len(one) >= _LEAST_STEM), "")
    short = plain[: len(plain) - len(cut)] if cut else plain
    return short[:-1] if len(short) > _LEAST_STEM and short[-1] == short[-2] else short


class Words:
    """Passages by their words."""

    def __init__(self, passages: Sequence[str]) -> None:
        self.counts = [Counter(words_of(one)) for one in passages]
        self._lengths = [max(1, one.total()) for one in self.counts]
        self._mean = sum(self._lengths) / max(1, len(self._lengths))
        self._having = Counter(word for one in self.counts for word in one)

    def rarity(self, word: str) -> float:
        """log(1 + (N - n + 0.5) / (n + 0.5)), of n of N passages that have it."""
        having = self._having[word]
        return math.log1p((len(self.counts) - having + 0.5) / (having + 0.5))

    def scores(self, question: str) -> list[float]:
        """BM25 of each passage."""
        asked = frozenset(words_of(question))
        weights = {word: self.rarity(word) for word in asked if self._having[word]}
        found: list[float] = []
        for counts, length in zip(self.counts, self._lengths, strict=True):
            norm = K1 * (1 - B + B * length / self._mean)
            found.append(
                sum(
                    weight * counts[word] * (K1 + 1) / (counts[word] + norm)
                    for word, weight in weights.items()
                    if counts[word]
                )
            )
        return found


def covered(question: str, text: str) -> float:
    """The share of the question's telling words that a text has, 0 to 1; 0 where the question has none."""
    asked = frozenset(words_of(question))
    return len(asked & frozenset(words_of(text))) / len(asked) if asked else 0.0
