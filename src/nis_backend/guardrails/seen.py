"""A text as whoever reads it sees it: compatible letters as one, no signs without width, one alphabet in a word."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TAGS = range(0xE0020, 0xE007F)
"""Letters of Unicode's tags, which show nothing and stand for those of ASCII."""
SPLITS = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Signs of no width, which part a word for a rule and for nobody who reads it: Default_Ignorable_Code_Point of
https://www.unicode.org/reports/tr44/, and what marks notes between lines."""
LOOKALIKES = str.maketrans(
    # Cyrillic, then Greek.
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406"
    "\u03b1\u03bf\u03bd\u03c1\u03b9\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7"
    # Of both, the rarer ones.
    "\u04cf\u051b\u051d\u04af\u0475\u0408\u0405\u0423\u04ae\u0474\u050c\u051c\u04c0\u03c5\u03b3\u03f3\u03a5\u037f",
    "aeopcyxijshdABEKMHOPCTXI" + "aovpiABEZHIKMNOPTX" + "lqwyvJSYYVGWIuyjYJ",
)
"""Letters that look like those of ASCII: from Unicode's table of confusables, https://www.unicode.org/reports/tr39/."""
_MIXED = re.compile(r"\b(?=\w*[A-Za-z])(?=\w*[\u0370-\u052f])\w+")
"""A word of several alphabets, which nobody writes by accident. It begins once, and so is looked through once."""
_TAGGED = {code: chr(code - TAGS.start + ord(" ")) for code in TAGS}
_FAR = re.compile("[\u0370-\u052f]")
_ALIKE = "".join(map(chr, LOOKALIKES))
_WHOLLY = re.compile(rf"\b(?=\d*[{_ALIKE}])[{_ALIKE}\d_]{{2,}}\b")
"""A word of which each letter looks like one of ASCII: one of another language, or one that is to look so."""


def as_seen(text: str) -> str:
    """The text as it is read."""
    if text.isascii():
        return text
    return _of_one_alphabet(unicodedata.normalize("NFKC", _shown(text)))


def readings(text: str) -> Iterator[str]:
    """The text as it is read, in each way in which that is another one: words wholly in look-alikes are of two."""
    if text.isascii():
        return
    seen = as_seen(text)
    if seen != text:
        yield seen
    latin = _WHOLLY.sub(lambda word: word[0].translate(LOOKALIKES), seen)
    if latin != seen:
        yield latin


def seen_with_places(text: str) -> tuple[str, list[int] | None]:
    """The same letter by letter, and where each was in the text; None where each is where it was."""
    if as_seen(text) == text:
        return text, None
    plain = {letter: unicodedata.normalize("NFKC", _shown(letter)) for letter in set(text)}
    origin = [place for place, letter in enumerate(text) for _ in plain[letter]]
    return _of_one_alphabet("".join(map(plain.__getitem__, text))), origin


def _shown(text: str) -> str:
    # Most texts hide nothing: to look whether they do is quicker than to translate them.
    return SPLITS.sub("", text.translate(_TAGGED)) if SPLITS.search(text) else text


def _of_one_alphabet(text: str) -> str:
    return _MIXED.sub(lambda word: word[0].translate(LOOKALIKES), text) if _FAR.search(text) else text
