"""Numbers as people write them: 1,000 and 1,5; 3.5×10⁻⁴ and 1/2; "twenty-five", "half an", "one hundred and fifty"."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_MINUS = "-\u2212"
_SUPER = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_HALVES = {"½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4, "⅕": 1 / 5, "⅛": 1 / 8}
# Not in the middle of a list: "0,50,100" is three numbers.
_GROUP = (
    r"(?<!\d,)\d{1,3}(?:,\d{3})+(?![,\d])(?:\.\d+)?"
    r"|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![.,]?\d)"
    r"|(?<!\d,)\d+,\d+(?![,.]?\d)"
)

_NUMBER = re.compile(
    rf"""
    (?<![^\W_])(?<!\d[.:])
    (?P<sign>(?:(?<![^\s(\[=:,;~≈<>])[{_MINUS}+]|\b(?:minus|negative)\s+)(?=[\d.]))?
    (?:
        (?P<ten>10(?:\s?(?:\^|\*\*)\s?(?P<tenpower>[{_MINUS}+]?\d+)|(?P<tensuper>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)))
      | (?P<mixed>(?P<whole>\d+)[ \u00a0-](?P<over>\d+)/(?P<under>\d+)(?![\d/.,]))
      | (?P<fraction>(?P<top>\d+)\s?/\s?(?P<bottom>\d+)(?![\d/]|[.,]\d))
      | (?P<vulgar>\d*[{"".join(_HALVES)}])
      | (?P<decimal>{_GROUP}|\d+\.\d+|\d+(?!\d|:\d)|(?<![.\d])\.\d+)
        (?:
            [eE](?P<e>[{_MINUS}+]?\d+)
          | \s?[×x·*⋅]\s?10(?:\s?(?:\^|\*\*)\s?(?P<power>[{_MINUS}+]?\d+)|(?P<super>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))
        )?
    )
    (?:\s(?P<many>hundred|thousand|million|billion|trillion)\b)?
    (?P<half>\s+and\s+a\s+half\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)

_TO_NINETEEN = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
_FROM_TWENTY = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: float(value) for value, word in enumerate(_TO_NINETEEN.split())}
_TENS = {word: 10.0 * tens for tens, word in enumerate(_FROM_TWENTY.split(), start=2)}
_MANY = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_NAMED = "|".join(sorted([*_ONES, *_TENS, *_MANY], key=len, reverse=True))
_WORDS = re.compile(
    rf"""
    (?<![^\W_])(?<!-)
    (?P<sign>(?:minus|negative)\s+)?
    (?:
        (?P<half>half\s+an?(?!\s+dozen)|half\s+of\s+an?|one\s+half|half(?!\s+a\s+dozen))
      | (?P<quarter>(?:(?:an?|one|three)\s+)?quarters?\s+of\s+an?)
      | (?P<dozen>(?:(?:an?|half\s+a|two)\s+)?dozen)
      | (?P<count>(?:(?:an?\s+)(?=hundred|thousand|million|billion)|(?=(?:{_NAMED})\b))
            (?:{_NAMED})(?:(?:\s|-|\s+and\s+)(?:{_NAMED})\b){{0,11}})
        (?P<plus>\s+and\s+a\s+half)?
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


def find_numbers(text: str) -> list[Number]:
    """Every number, in order; numbers beyond the range of a double are left out."""
    found = [*_digits(text), *_words(text)]
    kept: list[Number] = []
    for number in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or number.start >= kept[-1].end:
            kept.append(number)
    return kept


def _digits(text: str) -> list[Number]:
    found: list[Number] = []
    for match in _NUMBER.finditer(text):
        value = _value(match)
        if match["sign"] and match["sign"][0] in f"{_MINUS}mMnN":
            value = -value
        if match["many"]:
            value *= _MANY[match["many"].lower()]
        if match["half"]:
            value += 0.5
        if math.isfinite(value):
            found.append(Number(value=value, start=match.start(), end=match.end()))
    return found


def _value(match: re.Match[str]) -> float:
    if match["ten"]:
        return float(f"1e{_power(match['tenpower'] or match['tensuper'])}")
    if match["mixed"]:
        return float(match["whole"]) + _ratio(match["over"], match["under"])
    if match["fraction"]:
        return _ratio(match["top"], match["bottom"])
    if match["vulgar"]:
        return float(match["vulgar"][:-1] or 0) + _HALVES[match["vulgar"][-1]]
    digits = re.sub(r"[ \u00a0\u202f]", "", match["decimal"])
    # "1,000" is a thousand; "1,5" and "0,145" are decimals: no thousands begin with 0 or come in other than threes.
    grouped = re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", digits)
    digits = digits.replace(",", "" if grouped else ".")
    power = match["e"] or match["power"] or match["super"]
    return float(f"{digits}e{_power(power)}") if power else float(digits)


def _power(text: str) -> str:
    return text.translate(_SUPER).replace("\u2212", "-")


def _ratio(top: str, bottom: str) -> float:
    return float(top) / float(bottom) if float(bottom) else math.nan


def _words(text: str) -> list[Number]:
    found: list[Number] = []
    for match in _WORDS.finditer(text):
        value = _count(re.findall(r"[a-z]+", match["count"].lower())) if match["count"] else _part(match)
        if value is None:
            # Several numbers side by side: "one and two".
            each = re.finditer(rf"\b(?:{_NAMED})\b", text[match.start() : match.end()], re.IGNORECASE)
            for one in each:
                alone = _count([one.group().lower()])
                start, end = match.start() + one.start(), match.start() + one.end()
                found.append(Number(value=alone or 0.0, start=start, end=end, spelt=True))
            continue
        value += 0.5 if match["plus"] else 0.0
        value = -value if match["sign"] else value
        found.append(Number(value=value, start=match.start(), end=match.end(), spelt=True))
    return found


def _part(match: re.Match[str]) -> float:
    """What "half an", "three quarters of a" and "a dozen" say."""
    first = match.group().lower().split()[0]
    if match["dozen"]:
        return {"half": 6.0, "two": 24.0}.get(first, 12.0)
    return 0.5 if match["half"] else 0.75 if first == "three" else 0.25


def _count(words: list[str]) -> float | None:
    """150 for "one hundred and fifty"; None for words that do not add up: "ten five"."""
    total, part, room = 0.0, 0.0, math.inf
    for word in words:
        if word in _MANY:
            if word == "hundred":
                part, room = (part or 1) * 100, 100
            else:
                total, part, room = total + (part or 1) * _MANY[word], 0.0, math.inf
        elif word in _TENS or word in _ONES:
            value = _TENS[word] if word in _TENS else _ONES[word]
            if value >= room:
                return None
            part, room = part + value, 10 if word in _TENS else 0
    return total + part
