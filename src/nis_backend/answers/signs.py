"""Numbers as people and LaTeX set them, written as plain digits: fractions, powers of ten, groups of three."""

from __future__ import annotations

import re
import unicodedata

_LATEX = re.compile(r"\\[dt]?frac\s{0,3}\{\s{0,3}(\d{1,100})\s{0,3}\}\s{0,3}\{\s{0,3}(\d{1,100})\s{0,3}\}")
_VULGAR = re.compile("[\u00bc-\u00be\u2150-\u215e]")
_GROUPS = re.compile(r"(?<=\d)(?:\\,|\{,\}|[\u00a0\u2009\u202f'\u2019_])(?=\d{3}(?!\d))")
_COMMA = re.compile(r"(?<=\d)\{,\}(?=\d)")
_SPACED = re.compile(r"(?<![\w.,/])[1-9]\d{0,2}(?: \d{3})+(?![\w/]| ?/|[.,]\d{3}(?!\d))")
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_SCALED = re.compile(rf"(?<![\w./,])(\d[\d,]*(?:\.\d+)?) ({'|'.join(_SCALES)})\b(?! \d)", re.IGNORECASE)
_RAISED = re.compile("(?<=10)\u207b?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{1,3}")
_TIMES = re.compile(
    r"(?<=\d)\s{0,3}(?:[\u00d7x*\u00b7]|\\times|\\cdot)\s{0,3}10\s?\^\s?\{?([-+\u2212]?\d{1,3})\}?(?!\d)"
)
_TEN = re.compile(r"(?<![\w.,])10\s?\^\s?\{?([-+\u2212]?\d{1,3})\}?(?!\d)")
_POWER = re.compile(r"(?<![\w.,])(\d{1,4})\s?\^\s?\{?(\d{1,2})\}?(?!\d)")
_OF_A_UNIT = re.compile(r"(?<=[^\W\d_])\s?\^\s?\{?[-+\u2212]?\d{1,3}\}?")


def plain_fractions(text: str) -> str:
    r"""The text with `\frac{3}{4}` as 3/4, 2½ as 2 1/2, `12\,500` as 12500, `3{,}14` as 3.14."""
    text = _LATEX.sub(lambda one: f"{_apart(one)}{one[1]}/{one[2]}", text)
    text = _VULGAR.sub(lambda one: _apart(one) + unicodedata.normalize("NFKC", one[0]).replace("\u2044", "/"), text)
    return _COMMA.sub(".", _GROUPS.sub("", text))


def plain_numbers(text: str) -> str:
    """The same with 3.5 × 10^6 as 3.5e6, 1.5 million as 1.5e6, 12 500 as 12500, 2^10 as 1024.

    Powers of units and of names are left out: the 2 of m/s^2 is no number of its own.
    """
    text = _SPACED.sub(lambda one: one[0].replace(" ", ""), plain_fractions(text))
    text = _SCALED.sub(lambda one: f"{one[1]}e{_SCALES[one[2].lower()]}", text)
    text = _RAISED.sub(lambda one: "^" + unicodedata.normalize("NFKC", one[0]), text)
    text = _TIMES.sub(lambda one: f"e{_ascii(one[1])}", text)
    text = _TEN.sub(lambda one: f"1e{_ascii(one[1])}", text)
    text = _POWER.sub(lambda one: str(int(one[1]) ** int(one[2])), text)
    return _OF_A_UNIT.sub("", text)


def _apart(found: re.Match[str]) -> str:
    """A space where a whole number stands before a fraction."""
    before = found.string[max(0, found.start() - 1) : found.start()]
    return " " if before.isdecimal() else ""


def _ascii(power: str) -> str:
    return power.replace("\u2212", "-")
