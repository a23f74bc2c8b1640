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

_BROKEN = re.compile(r"(?<=[^\W\d_])(?:[-\u2010\u00ad][^\S\n]*\r?\n\s*|\u00ad)(?=[^\W\d_])")
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

GENERAL = frozenset(
    (  # noqa: SIM905 - words to be read
        "long large big small often much many high low fast quick quickly soon old far exact exactly current currently "
        "possible must may might need needed cost costs happen happens use uses used kind kinds sort belong belongs "
        "come comes get gets give gives given take takes taken last lasts keep keeps kept stand stands hold holds make "
        "makes made allow allows allowed per hoch lange lang gross viel viele schnell oft kostet kosten"
    ).split()
)
"""Words of a question that its answer says in others, if at all: how long, it takes, it costs."""

_IRREGULAR = {
    form: word
    for word, forms in {
        "pay": "paid",
        "sell": "sold",
        "buy": "bought",
        "send": "sent",
        "build": "built",
        "spend": "spent",
        "lose": "lost",
        "win": "won",
        "begin": "began begun",
        "grow": "grew grown",
        "rise": "rose risen",
        "draw": "drew drawn",
        "choose": "chose chosen",
        "break": "broke broken",
        "drive": "drove driven",
        "know": "knew known",
        "bring": "brought",
        "teach": "taught",
        "fall": "fell fallen",
        "lead": "led",
        "leave": "left",
        "meet": "met",
        "go": "went gone goes",
        "run": "ran",
        "person": "people",
        "child": "children",
        "man": "men",
        "woman": "women",
    }.items()
    for form in forms.split()
}
"""English words whose forms no ending tells."""


def unbroken(text: str) -> str:
    """Without the hyphens of words at the ends of lines, and the unseen ones within words."""
    return _BROKEN.sub("", text)


def words_of(text: str) -> list[str]:
    """The stems of a text's words, those that say nothing left out; of scripts without spaces, pairs of signs."""
    found: list[str] = []
    for match in _WORD.finditer(unbroken(text).casefold()):
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
    plain = _IRREGULAR.get(plain, plain)
    # The last letter of "iris" and "virus" is no ending.
    if plain.isdigit() or re.search("[iu]s$", plain):
        return plain
    # "water" is no one who "wats".
    least = _LEAST_STEM + plain.endswith(("er", "ers"))
    cut = next((one for one in _ENDINGS if plain.endswith(one) and len(plain) - len(one) >= least), "")
    short = plain[: len(plain) - len(cut)] if cut else plain
    short = short[:-1] if len(short) > _LEAST_STEM and short.endswith("e") else short
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


def unsaid(question: str, text: str) -> float:
    """The share of what a question asks by name that a text has no word for, 0 to 1; a number that it lacks is all."""
    asked = frozenset(words_of(question)) - _general()
    missing = asked - frozenset(words_of(text))
    if any(map(str.isdigit, missing)):
        return 1.0
    return len(missing) / len(asked) if asked else 0.0


@lru_cache(maxsize=1)
def _general() -> frozenset[str]:
    return frozenset(map(stem, GENERAL))


def covered(question: str, text: str) -> float:
    """The share of the question's telling words that a text has, 0 to 1; 0 where the question has none."""
    asked = frozenset(words_of(question))
    return len(asked & frozenset(words_of(text))) / len(asked) if asked else 0.0
