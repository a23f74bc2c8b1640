"""A text as whoever reads it sees it: compatible letters as one, no signs without width, one alphabet in a word."""

from __future__ import annotations

import re
import unicodedata

TAGS = range(0xE0020, 0xE007F)
"""Letters of Unicode's tags, which show nothing and stand for those of ASCII."""
SPLITS = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
"""Signs of no width, which part a word for a rule and for nobody who reads it."""
LOOKALIKES = str.maketrans(
    # Cyrillic, then Greek.
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406"
    "\u03b1\u03bf\u03bd\u03c1\u03b9\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7",
    "aeopcyxijshdABEKMHOPCTXI" + "aovpiABEZHIKMNOPTX",
)
"""Letters that look like those of ASCII: from Unicode's table of confusables, https://www.unicode.org/reports/tr39/."""
_MIXED = re.compile(r"\b(?=\w{0,64}[A-Za-z])(?=\w{0,64}[\u0370-\u04ff])\w+")
"""A word of several alphabets, which nobody writes by accident."""
_SHOWN: dict[int, str | None] = {**SPLITS, **{code: chr(code - TAGS.start + ord(" ")) for code in TAGS}}
_HIDDEN = tuple(map(chr, _SHOWN))
_FAR = re.compile("[\u0370-\u04ff]")


def as_seen(text: str) -> str:
    """The text as it is read."""
    if text.isascii():
        return text
    # Each rule asks anew, and most texts hide nothing: to look whether they do is quicker than to translate them.
    shown = text.translate(_SHOWN) if any(sign in text for sign in _HIDDEN) else text
    return _of_one_alphabet(unicodedata.normalize("NFKC", shown))


def seen_with_places(text: str) -> tuple[str, list[int] | None]:
    """The same letter by letter, and where each was in the text; None where each is where it was."""
    if as_seen(text) == text:
        return text, None
    letters: list[str] = []
    origin: list[int] = []
    for place, letter in enumerate(text):
        shown = _SHOWN.get(ord(letter), letter)
        plain = unicodedata.normalize("NFKC", shown) if shown else ""
        letters.append(plain)
        origin += [place] * len(plain)
    return _of_one_alphabet("".join(letters)), origin


def _of_one_alphabet(text: str) -> str:
    return _MIXED.sub(lambda word: word[0].translate(LOOKALIKES), text) if _FAR.search(text) else text
