"""The words of a text, told apart in the same way whichever database keeps them.

Writing without spaces has no words that could be told apart without a dictionary. Of it each pair of neighbouring signs
is a word, and each sign that may mean something by itself, as the analysers of Chinese and Japanese in search engines
do it: https://lucene.apache.org/core/9_0_0/analysis/common/org/apache/lucene/analysis/cjk/CJKBigramFilter.html
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from nis_backend.drivers.store.stems import stem

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 100
"""Letters of a word."""
ASCII = re.compile(r"[^\W_]+", re.ASCII)
ACCENTS = (
    *("\u0300-\u036f", "\u0483-\u0489", "\u0591-\u05c7", "\u0610-\u061a", "\u064b-\u065f", "\u0670", "\u06d6-\u06ed"),
    *("\u1ab0-\u1aff", "\u1dc0-\u1dff", "\u20d0-\u20ff", "\ufe20-\ufe2f"),
)
"""Marks without which a word is the same to who looks for it: of Latin, Greek and Cyrillic, of Hebrew and Arabic."""
UNSEEN = "\u00ad\u200c\u200d\u2060\ufe00-\ufe0f\ufeff"
"""What stands within a word and is not seen: where it may be broken, how its letters join."""
LEFT_OUT = re.compile(f"[{''.join(ACCENTS)}{UNSEEN}]")
SIGNS = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
"""Signs that mean something by themselves: Chinese ones, and Korean syllables."""
SPACELESS = f"{SIGNS}\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3\u3041-\u30ff\u31f0-\u31ff"
"""Signs that are written without spaces, or with endings that are no words: also kana, Thai, Lao, Khmer, Burmese."""
SIGN = re.compile(f"[{SIGNS}]")
RUN = re.compile(f"(?P<spaceless>[{SPACELESS}]+)|[^{SPACELESS}]+")
KEPT = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Mn", "Mc"})
"""Categories of letters, digits and marks: the vowels of Indian scripts are such, and no letters."""


def words_of(text: str, language: str) -> list[str]:
    """The text's words in order: lower case, without accents, in English without endings."""
    found: list[str] = []
    for run, spaceless in _runs(text):
        if spaceless:
            found += _signs_and_pairs(run)
        else:
            found.append((stem(run) if language == "english" else run)[:LONGEST])
    return found


def terms_of(text: str) -> list[str]:
    """What a query asks for that has this in it: words as they are written, and pairs of signs."""
    found: list[str] = []
    for run, spaceless in _runs(text):
        found += [run[place : place + 2] for place in range(max(1, len(run) - 1))] if spaceless else [run]
    return found


def words_of_term(term: str, language: str) -> list[str]:
    """A term's words as they are indexed; of a pair of signs the pair alone."""
    runs = [*_runs(term)]
    if len(runs) == 1 and runs[0][1] and len(runs[0][0]) <= len("it"):
        return [runs[0][0]]
    return words_of(term, language)


def _signs_and_pairs(run: str) -> Iterator[str]:
    for place, sign in enumerate(run):
        if SIGN.match(sign) or len(run) == 1:
            yield sign
        if place + 1 < len(run):
            yield run[place : place + 2]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Letters and digits that stand together, and whether they are of writing without spaces."""
    if text.isascii():
        for word in ASCII.findall(text.lower()):
            yield word, False
        return
    apart = unicodedata.normalize("NFKD", text).translate(_LETTERS).casefold()
    for word in unicodedata.normalize("NFC", apart).split():
        if word.isascii():
            yield word, False
        else:
            for match in RUN.finditer(word):
                yield match[0], match.lastgroup == "spaceless"


class _Letters(dict[int, str | int | None]):
    """What becomes of a sign: a letter, a digit or a vowel's mark stays, and what is none parts words."""

    def __missing__(self, code: int) -> str | int | None:
        sign = chr(code)
        kept = unicodedata.category(sign) in KEPT
        self[code] = None if LEFT_OUT.match(sign) else code if kept else " "
        return self[code]


_LETTERS = _Letters()
