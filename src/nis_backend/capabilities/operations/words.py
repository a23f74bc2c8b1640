"""Words of a sentence, as the router and the reader of arguments compare them: English, and of no subject."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def listed(words: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(words.split())


FUNCTION_WORDS = listed("""
    a about after again all also am an and another any are as at back be been being big both but by can cold
    could did do does doing done each else every exactly far fast for from get gets give given go goes going had
    has have having he heavy her here high him his hot how i if in into is it its itself just large let like
    long lot make many may me might more most much must my near no not now of off old on one only or other our
    out over own per please roughly same see she should show small so some such take takes tell than that the
    their them then there these they this those through to too two under until up upon us very want warm was we
    well were what whats when where whether which while will with within would you your yourself
    hello hi hey greetings evening afternoon thanks thank thx cheers sorry bother kindly pls plz wondering wonder
    curious appreciate quick quickly re ve ll isn aren doesn don didn won got getting lets keep keeps actually really
    simply maybe perhaps single tell telling rush dose wen wat wich hows wheres ur im ive id hav
    """)
"""Words that join others or ask how much; they say nothing of the subject."""

_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*|[=:]|[,;()]|[.!?](?=\s|$)")
_POSSESSIVE = re.compile(r"['\u2019]s\b")


class Token(NamedTuple):
    """A word, a number or a mark, and where it stands."""

    text: str
    start: int
    end: int

    @property
    def word(self) -> bool:
        """Whether it is a word."""
        return self.text[0].isalpha()

    @property
    def stem(self) -> str:
        """What the forms of the word have in common; a number or a mark is itself."""
        return stem(self.text) if self.word else self.text


def tokens(text: str) -> list[Token]:
    """The words, numbers and marks of `text` in order, in lowercase, possessive endings left out."""
    # Blanked, not cut: places must stay those of the sentence.
    plain = _POSSESSIVE.sub(lambda found: " " * len(found.group()), text)
    return [Token(found.group().lower(), found.start(), found.end()) for found in _TOKEN.finditer(plain)]


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """What the forms of an English word have in common: `released`, `releases`, `release` → `releas`."""
    word = _cut_plural(word)
    if word.endswith("own") and len(word) > 4:  # noqa: PLR2004 - "thrown" is of "throw", "own" and "down" are whole
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and not word.endswith("eed") and len(word) - len(ending) >= 3:  # noqa: PLR2004 - "sing" and "red" are whole
            word = word.removesuffix(ending)
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word.removesuffix("e") if len(word) > 3 else word  # noqa: PLR2004 - as above


def _cut_plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 3:  # noqa: PLR2004 - "ties" is not "ty", "lies" not "ly"
        return f"{word[:-3]}y"
    for ending in ("sses", "xes", "ches", "shes"):
        if word.endswith(ending):
            return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:  # noqa: PLR2004
        return word[:-1]
    return word


def stems(text: str) -> list[str]:
    """The stems of the words of `text`; function words and single letters are left out."""
    words = [found.group().lower() for found in _TOKEN.finditer(_POSSESSIVE.sub(" ", text))]
    return [stem(word) for word in words if word[0].isalpha() and len(word) > 1 and word not in FUNCTION_WORDS]


def telling(token: Token) -> bool:
    """Whether it is a word that says something of the subject."""
    return token.word and len(token.text) > 1 and token.text not in FUNCTION_WORDS


def same_word(wanted: str, said: str) -> bool:
    """Whether `said` is a form of `wanted`; a plural is not met by its singular, for "ends" are not "the end"."""
    if wanted == said:
        return True
    if stem(wanted) != stem(said):
        return False
    return not (wanted.endswith("s") and _cut_plural(wanted) == said)


def find_phrase(phrase: Sequence[str], said: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Each place, as a range of tokens, at which the words of `phrase` follow one another."""
    for first in range(len(said) - len(phrase) + 1):
        if all(same_word(wanted, said[at].text) for at, wanted in enumerate(phrase, first)):
            yield first, first + len(phrase)
