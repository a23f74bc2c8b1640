"""Numbers in words: "twenty-five", "half an", "one hundred and fifty", "two and three eighths", "ten to the sixth"."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_TO_NINETEEN = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
_NTHS = {
    word: 1 / under
    for under, words in (
        (2, "half halves"),
        (3, "third thirds"),
        (4, "quarter quarters fourth fourths"),
        (5, "fifth fifths"),
        (6, "sixth sixths"),
        (7, "seventh sevenths"),
        (8, "eighth eighths"),
        (9, "ninth ninths"),
        (10, "tenth tenths"),
        (12, "twelfth twelfths"),
        (16, "sixteenth sixteenths"),
        (100, "hundredth hundredths"),
        (1000, "thousandth thousandths"),
    )
    for word in words.split()
}
_TOPS = {"a": 1.0, "an": 1.0, "one": 1.0} | {
    word: float(value) for value, word in enumerate(_TO_NINETEEN.split()[2:10], start=2)
}
_NTH = "|".join(sorted(_NTHS, key=len, reverse=True))
PARTS = rf"(?:{'|'.join(_TOPS)})[\s-](?:{_NTH})"
"""What a whole number and its part are joined by "and" of: "a half", "three eighths"."""

_FROM_TWENTY = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: float(value) for value, word in enumerate(_TO_NINETEEN.split())}
_TENS = {word: 10.0 * tens for tens, word in enumerate(_FROM_TWENTY.split(), start=2)}
MANY = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_NAMED = "|".join(sorted([*_ONES, *_TENS, *MANY], key=len, reverse=True))
_ALONE = re.compile(rf"\b(?:{_NAMED})\b", re.IGNORECASE)
_DIGIT = "|".join(_TO_NINETEEN.split()[:10])
_WORDS = re.compile(
    rf"""
    (?<![^\W_])(?<!-)
    (?P<sign>(?:minus|negative)\s+)?
    (?:
        (?P<half>half\s+an?(?!\s+dozen)|half\s+of\s+an?|one\s+half|half(?!\s+a\s+dozen))
      | (?P<nths>{PARTS})(?:\s+of\s+an?)?
      | (?P<quarter>quarters?(?:\s+of\s+an?)?)
      | (?P<pi>(?:(?P<times>\d+(?:\.\d+)?)\s?[*·]?\s?)?(?:pi|π)(?:\s?/\s?(?P<below>\d+))?)
      | (?P<ten>(?:(?P<by>\d+(?:\.\d+)?)\s+times\s+)?(?:ten|10)\s+to\s+the\s+(?:power\s+(?:of\s+)?)?
            (?P<power>(?:(?:minus|negative)\s+|[-\u2212])?(?:\d{{1,2}}|{"|".join(_ONES)})))(?:th)?
      | (?P<couple>an?\s+couple\s+of)
      | (?P<dozen>(?:(?:an?|half\s+a|two|three)\s+)?dozen)
      | (?P<point>(?P<before>(?:{_NAMED}|nought)(?:(?:\s|-|\s+and\s+)(?:{_NAMED})\b){{0,7}})\s+point
            (?P<after>(?:\s+(?:{_DIGIT}))+))(?:\s+(?P<scale>million|billion|trillion))?
      | (?P<count>(?:(?:an?\s+)(?=hundred|thousand|million|billion)|(?=(?:{_NAMED})\b))
            (?:{_NAMED})(?:(?:\s|-|\s+and\s+)(?:{_NAMED})\b(?![\s-](?:{_NTH})\b)){{0,11}})
        (?:\s+and\s+(?P<plus>{PARTS}))?(?:\s+(?P<many>hundred|thousand|million|billion|trillion))?
    )
    (?![^\W_])
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number in a text. One in words counts only with a unit behind it; "one end" is no quantity."""

    value: float
    start: int
    end: int
    spelt: bool = False


def nths(words: str | None) -> float:
    """What "a half" and "three eighths" say; 0 for nothing."""
    if not words:
        return 0.0
    top, under = re.split(r"[\s-]+", words.lower())
    return _TOPS[top] * _NTHS[under]


def spelt_numbers(text: str) -> list[Number]:
    """Every number in words, in order."""
    found: list[Number] = []
    for match in _WORDS.finditer(text):
        value = _count(_letters(match["count"])) if match["count"] else _part(match)
        if value is None:
            # Several numbers side by side: "one and two".
            for one in _ALONE.finditer(text[match.start() : match.end()]):
                alone = _count([one.group().lower()])
                start, end = match.start() + one.start(), match.start() + one.end()
                found.append(Number(value=alone or 0.0, start=start, end=end, spelt=True))
            continue
        value += nths(match["plus"]) * _scale(match)
        value *= MANY[match["many"].lower()] if match["many"] else 1.0
        value = -value if match["sign"] else value
        found.append(Number(value=value, start=match.start(), end=match.end(), spelt=True))
    return found


def _letters(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def _scale(match: re.Match[str]) -> float:
    """What a half is of: of "a million and a half", a million."""
    last = _letters(match["count"] or "one")[-1]
    return MANY[last] if last in MANY and last != "hundred" else 1.0


def _part(match: re.Match[str]) -> float:
    """What "half an", "three quarters of a", "a dozen", "two point five", "pi/4" and "ten to the minus three" say."""
    if match["pi"]:
        return float(match["times"] or 1) * math.pi / float(match["below"] or 1)
    if match["nths"]:
        return nths(match["nths"])
    if match["ten"]:
        return _ten(match)
    if match["point"]:
        whole = _count([word for word in _letters(match["before"]) if word not in ("and", "nought")]) or 0.0
        digits = "".join(f"{_ONES[word]:.0f}" for word in _letters(match["after"]))
        return float(f"{whole:.0f}.{digits}") * (MANY[match["scale"].lower()] if match["scale"] else 1.0)
    if match["dozen"]:
        return {"half": 6.0, "two": 24.0, "three": 36.0}.get(_letters(match["dozen"])[0], 12.0)
    return 2.0 if match["couple"] else 0.5 if match["half"] else 0.25


def _ten(match: re.Match[str]) -> float:
    """What "2 times ten to the minus three" says."""
    power = match["power"].lower()
    word = _letters(power)[-1:]
    exponent = int(_ONES[word[0]]) if word and word[0] in _ONES else int(re.sub(r"\D", "", power))
    below = power.startswith(("minus", "negative", "-", "\u2212"))
    return float(f"{match['by'] or 1}e{'-' if below else ''}{exponent}")


def _count(words: list[str]) -> float | None:
    """150 for "one hundred and fifty"; None for words that do not add up: "ten five"."""
    total, part, room = 0.0, 0.0, math.inf
    for word in words:
        if word in MANY:
            if word == "hundred":
                part, room = (part or 1) * 100, 100
            else:
                total, part, room = total + (part or 1) * MANY[word], 0.0, math.inf
        elif word in _TENS or word in _ONES:
            value = _TENS[word] if word in _TENS else _ONES[word]
            if value >= room:
                return None
            part, room = part + value, 10 if word in _TENS else 0
    return total + part
