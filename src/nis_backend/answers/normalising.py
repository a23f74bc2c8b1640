"""Words and numbers of a text, as answers are compared by them."""

from __future__ import annotations

import re
import string
import unicodedata

NORMALISED = (
    "in lower case, without punctuation, articles (a, an, the) and double spaces, as SQuAD has it; but the point "
    "and the minus of a number stay, as do signs between digits (3/4, 12:30), < and > before a number, and articles "
    "or signs that are all there is"
)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_BETWEEN = "/:^*+"
_NO_SIGN = re.escape("".join(one for one in string.punctuation if one not in f".-<=>{_BETWEEN}"))
_PUNCTUATION = re.compile(
    rf"[{_NO_SIGN}]|\.(?!\d)|(?<=[^\W\d])\.|(?<=\.)\.|-(?!\.?\d)|(?<=[\w.])-"
    rf"|(?<!\d)[{re.escape(_BETWEEN)}]|[{re.escape(_BETWEEN)}](?!\d)|[<>](?!=? ?[-.]?\d)"
    r"|(?<![<>])=|(?<=[<>])=(?! ?[-.]?\d)"
)
"""3.14 is not 314, -5 is not 5, 3/4 is not 34, and <5 is not >5; 1990-2000 and U.S. are words."""
MINUS = "-\u2212\u2010\u2011\u2013\ufe63\uff0d"
"""What is written for a minus; between two digits none of them is one."""
NUMBER = re.compile(rf"(?<![\w.])[{MINUS}+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{{1,3}}(?!\d))?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(?![\d,])")
_COMMA = re.compile(r"([-+]?)(\d+),(\d+)((?:[eE][-+]?\d+)?)")
_POINTED = re.compile(r"(?<![\w.,])(\d{1,3}(?:\.\d{3})+)(?:,(\d+)|(?<=\.\d{3}\.\d{3}))(?![\d.,]?\d)")
"""1.234,5 and 1.234.567: groups of three that no other way of writing has."""
_OPEN, _SHUT = "([{", ")]}"
_BEFORE = re.compile(rf"(?<![\w.])[{MINUS}](?=\.?\d)")
_WITHIN = re.compile(rf"(?<=\d) ?[{MINUS}] ?(?=\d)|(?<=\d[eE])[{MINUS}](?=\d)")
_COMMAS = re.compile(r"([(\[{]?)(?<![\d,])\d+(?:,\d+)+(?:\.\d+)?(?:[eE]\d+)?((?:\\?[)\]}])?)")
_POINTS = str.maketrans("\u066b\uff0e\u066c\uff0c", "..,,")
LONGEST_NUMBER = 400
"""Characters: a longer run of digits is no number that anybody expects."""


def normalised(text: str) -> str:
    """The words of a text: `NORMALISED`."""
    words = bare(text)
    # The answer A, of A to D, is not the empty one.
    return " ".join(_ARTICLES.sub(" ", words).split()) or words or " ".join(text.split())


def bare(text: str) -> str:
    """The same with its articles."""
    text = unicodedata.normalize("NFC", text).lower().replace("\u2212", "-")
    return " ".join(_PUNCTUATION.sub("", text).split())


def numbers_written(text: str) -> list[str]:
    """The numbers in a text, as Python writes them: 1,234.5 is one, 2e-3 is one, 1,2,3 are three.

    One comma between digits is a decimal comma where it can part no thousands, as in 3,14, 0,125 and 1.234,5, and does
    not stand in brackets, as in (1,2); 1,234 is always a thousand and more.
    """
    text = _POINTED.sub(lambda one: one[1].replace(".", "") + (f".{one[2]}" if one[2] else ""), text.translate(_POINTS))
    found: list[str] = []
    for one in NUMBER.finditer(text):
        told = one.group()
        told = "-" + told[1:] if told[0] in MINUS else told
        around = text[max(0, one.start() - 1) : one.start()], text[one.end() : one.end() + 2].lstrip("\\")[:1]
        comma = _COMMA.fullmatch(told)
        if _GROUPED.match(told) and not told.lstrip("+-").startswith("0"):
            parts = [told.replace(",", "")]
        elif comma and not (around[0] and around[0] in _OPEN and around[1] and around[1] in _SHUT):
            parts = [f"{comma[1]}{comma[2]}.{comma[3]}{comma[4]}"]
        else:
            parts = [part for part in told.split(",") if part]
        found += [part for part in parts if len(part) <= LONGEST_NUMBER]
    return found


def signs_kept(text: str) -> str:
    """The text with the signs in its numbers, where `normalised` would make others of them, in a spelling that stays.

    3,14 is no 314, 10-20 is no 1020, 2e-3 is no 2e3, and 1,2,3 are three.
    """
    text = _BEFORE.sub("-", text)
    text = _WITHIN.sub("\u2013", text)
    return _COMMAS.sub(_parted, text)


def _parted(found: re.Match[str]) -> str:
    if len(found[0]) > LONGEST_NUMBER:
        return found[0].replace(",", " ")
    return f"{found[1]}{' '.join(numbers_written(found[0]))}{found[2]}"
