"""Numbers as people write them: 1,000 and 1,5; 3.5×10⁻⁴ and 1/2; and in words."""

from __future__ import annotations

import math
import re

from nis_backend.capabilities.physics.spoken import MANY, PARTS, Number, nths, spelt_numbers

_MINUS = "-\u2212"
_SUPER = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_HALVES = {"½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4, "⅕": 1 / 5, "⅛": 1 / 8}
# Not in the middle of a list: "0,50,100" is three numbers.
_GROUP = (
    r"(?<!\d,)\d{1,3}(?:,\d{3})+(?![,\d])(?:\.\d+)?"
    r"|\d{1,3}(?:\.\d{3})+,\d+(?![,.]?\d)"
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
    (?:\s+and\s+(?P<plus>{PARTS})(?![^\W_]))?
    (?:\s?(?P<many>hundred|thousand|million|billion|trillion)\b|(?P<kilo>k)(?=\s+[^\W\d_]{{2}}))?
    (?:\s+and\s+(?P<half>an?\s+half)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)


def find_numbers(text: str) -> list[Number]:
    """Every number, in order; numbers beyond the range of a double are left out."""
    found = [*_digits(text), *spelt_numbers(text)]
    kept: list[Number] = []
    for number in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or number.start >= kept[-1].end:
            kept.append(number)
    return kept


def _digits(text: str) -> list[Number]:
    found: list[Number] = []
    for match in _NUMBER.finditer(text):
        value = _value(match)
        value += nths(match["plus"])
        scale = MANY[match["many"].lower()] if match["many"] else 1e3 if match["kilo"] else 1.0
        value = value * scale + (0.5 * scale if match["half"] else 0.0)
        if match["sign"] and match["sign"][0] in f"{_MINUS}mMnN":
            value = -value
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
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", digits):
        digits = digits.replace(".", "")
    digits = digits.replace(",", "" if grouped else ".")
    power = match["e"] or match["power"] or match["super"]
    return float(f"{digits}e{_power(power)}") if power else float(digits)


def _power(text: str) -> str:
    return text.translate(_SUPER).replace("\u2212", "-")


def _ratio(top: str, bottom: str) -> float:
    return float(top) / float(bottom) if float(bottom) else math.nan
