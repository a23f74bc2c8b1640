"""Texts as duplicates are told by, the pieces that near duplicates share, and which language a text is in."""

from __future__ import annotations

import re
import unicodedata
from zlib import crc32

from nis_backend.identifying.small_words import LANGUAGES

SHINGLE = 3
"""Words of a piece."""
WORD = re.compile(r"\w+")
_SIGN = r"[.,;:!?…¿¡\"'\u201a-\u201e\u2018-\u201d«»\u2039\u203a。、]+"
SIGNS = re.compile(rf"(?<!\d){_SIGN}|{_SIGN}(?!\d)")
"""Signs of sentences; a point within a number is none, nor is what stands for something: + or #."""
UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Scripts that put no spaces between words: there a letter is a word."""
PIECES = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")
SCRIPTS = {
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CYRILLIC": "cyrillic",
    "ARABIC": "arabic",
    "HEBREW": "he",
    "DEVANAGARI": "devanagari",
    "GREEK": "el",
    "THAI": "th",
}
LOOKED_AT = 2000
"""Characters from the beginning of a text."""
FEWEST = 3
"""Small words that tell a language."""


def normal(text: str) -> str:
    """A text without what makes no difference: compatible letters, their size, signs of sentences, spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Of nothing but signs, they are what is said.
    return " ".join(SIGNS.sub(" ", folded).split()) or " ".join(folded.split())


def shingles(plain: str) -> frozenset[int]:
    """The pieces of three words that a normal text has, each as its CRC-32; of a shorter one, itself."""
    words = PIECES.findall(plain)
    if len(words) < SHINGLE:
        return frozenset((crc32(plain.encode()),))
    return frozenset(
        crc32(f"{one} {two} {three}".encode()) for one, two, three in zip(words, words[1:], words[2:], strict=False)
    )


def language_of(text: str) -> str:
    """The language of a text by its script, or by its small words; `unknown` where these do not tell."""
    start = text[:LOOKED_AT]
    letters = [letter for letter in start if letter.isalpha()]
    foreign = [letter for letter in letters if not letter.isascii()]
    if len(foreign) * 2 > len(letters) > 0:
        names = [unicodedata.name(letter, "").split()[0:1] for letter in foreign]
        scripts = [SCRIPTS[name[0]] for name in names if name and name[0] in SCRIPTS]
        # Japanese has Chinese signs among its own.
        if scripts:
            return "ja" if "ja" in scripts else max(sorted(set(scripts)), key=scripts.count)
    votes: dict[str, int] = {}
    for word in WORD.findall(start.casefold()):
        for one in LANGUAGES.get(word, ()):
            votes[one] = votes.get(one, 0) + 1
    best = max(sorted(votes), key=lambda one: votes[one], default="unknown")
    return best if votes.get(best, 0) >= FEWEST else "unknown"
