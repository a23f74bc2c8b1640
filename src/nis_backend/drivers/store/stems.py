"""English words without their endings, by Porter's rules, as SQLite's `porter` takes them off.

Source: Porter (1980), An algorithm for suffix stripping, Program 14 (3), 130-137.
"""

from __future__ import annotations

import re
from functools import lru_cache

SHORTEST, LONGEST = 3, 64
"""Letters of a word that has an ending; others stay as they are."""

# A `y` after a consonant is a vowel.
CONSONANT = "(?:[^aeiouy]|(?<![^aeiou])y)"
VOWEL = "(?:[aeiou]|(?<=[^aeiou])y)"
SEVERAL = re.compile(f"{CONSONANT}*(?:{VOWEL}+{CONSONANT}+){{2}}")
ONE = re.compile(f"{CONSONANT}*{VOWEL}+{CONSONANT}+")
SINGLE = re.compile(f"{CONSONANT}*{VOWEL}+{CONSONANT}+{VOWEL}*")
HAS_VOWEL = re.compile(f"{CONSONANT}*{VOWEL}")
SHORT = re.compile(f".*{CONSONANT}{VOWEL}(?![wxy]){CONSONANT}")

SECOND = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "logi": "log", "bli": "ble",
    "alli": "al", "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize", "ation": "ate", "ator": "ate",
    "alism": "al", "iveness": "ive", "fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive",
    "biliti": "ble",
}  # fmt: skip
THIRD = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
FOURTH: dict[str, str] = dict.fromkeys(
    (
        *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate"),
        *("iti", "ous", "ive", "ize"),
    ),
    "",
)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without its endings; it is in lower case."""
    if not SHORTEST <= len(word.encode()) <= LONGEST:
        return word
    word = _past(_plural(word))
    if word.endswith("y") and HAS_VOWEL.match(word[:-1]):
        word = f"{word[:-1]}i"
    word = _replaced(word, SECOND, ONE)
    word = _replaced(word, THIRD, ONE)
    if not word.endswith("ion") or word[:-3].endswith(("s", "t")):
        word = _replaced(word, FOURTH, SEVERAL)
    return _last(word)


def _plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if ONE.match(word[:-3]) else word
    for ending in ("ed", "ing"):
        if word.endswith(ending) and HAS_VOWEL.match(word[: -len(ending)]):
            return _mended(word[: -len(ending)])
    return word


def _mended(word: str) -> str:
    """What is left of a word whose ending has changed it: hoped, hopping, troubled."""
    if word.endswith(("at", "bl", "iz")):
        return f"{word}e"
    if len(word) > 1 and word[-1] == word[-2] and word[-1] not in "aeioulsz":
        return word[:-1]
    return f"{word}e" if SINGLE.fullmatch(word) and SHORT.fullmatch(word) else word


def _replaced(word: str, endings: dict[str, str], where: re.Pattern[str]) -> str:
    """The word with its longest ending replaced, if what stands before it is long enough."""
    for length in range(min(7, len(word) - 1), 1, -1):
        ending = word[-length:]
        if ending in endings:
            return word[:-length] + endings[ending] if where.match(word[:-length]) else word
    return word


def _last(word: str) -> str:
    if word.endswith("e"):
        rest = word[:-1]
        if SEVERAL.match(rest) or (SINGLE.fullmatch(rest) and not SHORT.fullmatch(rest)):
            word = rest
    return word[:-1] if word.endswith("ll") and SEVERAL.match(word[:-1]) else word
