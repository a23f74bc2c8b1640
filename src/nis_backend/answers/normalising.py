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
NUMBER = re.compile(r"(?<![\w.])[-+\u2212]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,3}(?!\d))?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(?![\d,])")
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
    """The numbers in a text, as Python writes them: 1,234.5 is one, 1,2 are two, 2e-3 is one."""
    found: list[str] = []
    for one in NUMBER.finditer(text):
        told = one.group().replace("\u2212", "-")
        parts = [told.replace(",", "")] if _GROUPED.match(told) else [part for part in told.split(",") if part]
        found += [part for part in parts if len(part) <= LONGEST_NUMBER]
    return found
