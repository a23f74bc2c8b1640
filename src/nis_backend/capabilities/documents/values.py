"""Whether words say a value: its digits, its letters, its day."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.documents.relevance import unbroken
from nis_backend.quoted import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nis_backend.operation import Json

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero",
            "february feb februar février fevrier febrero",
            "march mar märz mars marzo",
            "april apr avril abril",
            "may mai mayo",
            "june jun juni juin junio",
            "july jul juli juillet julio",
            "august aug août aout agosto",
            "september sep sept septembre septiembre",
            "october oct oktober okt octobre octubre",
            "november nov novembre noviembre",
            "december dec dezember dez décembre decembre diciembre",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATES = (
    re.compile(r"\b(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:\b|(?=[Tt]\d))"),
    re.compile(r"(?<![\d.])(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4}|\d{2})\b(?!\.?\d)"),
    re.compile(
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.)?[\s-]+(?:of\s+|de\s+)?(?P<m>{_MONTH})\b\.?,?[\s-]+(?:de\s+)?(?P<y>\d{{4}})\b",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?P<m>{_MONTH})\b\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})\b", re.IGNORECASE),
    re.compile(r"\b(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d{4})\b"),
)
NUMBER = re.compile(
    r"(?<![\w.,])(?<!\d[:/])[-+\u2212]?\s?[$€£¥]?\s?"
    r"(\d{1,3}(?:[.,'\u2019\u00a0\u202f ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)(?!\w*\d|[.,:/]\d)"
)
"""No part of a day, a time, a fraction or a version."""
_COMMAS = re.compile(r"\d,\d{1,2}(?!\d)|\d\.\d{3},\d")
_POINTS = re.compile(r"\d\.\d{1,2}(?![\d.])|\d,\d{3}\.\d")
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u9fff\uf900-\ufaff]")
ALIKE = 1e-9
"""Of a number: what reading it from digits may differ by."""


def days_of(text: str) -> Iterator[tuple[date, int, int]]:
    """The days that a text names, with their places; a day that could be two, as 3/5/2020, is none."""
    for pattern in _DATES:
        for found in pattern.finditer(text):
            day = _day(found)
            if day is not None:
                yield day, found.start(), found.end()


def _day(found: re.Match[str]) -> date | None:
    parts = found.groupdict()
    year = int(parts["y"])
    if year < 100:  # noqa: PLR2004 - two digits
        year += 2000 if year < 50 else 1900  # noqa: PLR2004 - as POSIX and spreadsheets read them, nearly
    if "a" in parts:
        one, other = int(parts["a"]), int(parts["b"])
        if one <= 12 and other <= 12 and one != other:  # noqa: PLR2004 - months
            return None
        day, month = (one, other) if other <= 12 else (other, one)  # noqa: PLR2004 - months
    else:
        said = parts["m"].casefold()
        month = int(said) if said.isdecimal() else MONTHS[said]
        day = int(parts["d"])
    try:
        return date(year, month, day)
    except ValueError:
        return None


def decimal_commas(texts: Iterable[str]) -> bool:
    """Whether these texts part decimals by a comma: of what can be read in one way alone, more than by a point."""
    found = "\n".join(texts)
    return len(_COMMAS.findall(found)) > len(_POINTS.findall(found))


def amounts_of(text: str, *, commas: bool | None = None) -> Iterator[tuple[float, int, int]]:
    """The numbers that a text has in digits, however they are grouped, with their places.

    1,200 is two numbers, unless it is said whether `commas` part decimals.
    """
    for found in NUMBER.finditer(text):
        values = readings(found[1])
        if commas is not None and len(values) > 1:
            values = values[1:] if commas == ("," in found[1]) else values[:1]
        sign = -1 if found[0].lstrip()[0] in "-\u2212" else 1
        yield from ((sign * value, found.start(), found.end()) for value in values)


def readings(digits: str) -> list[float]:
    """The numbers that digits can mean: one, or two where a comma or a full stop may group or part."""
    plain = re.sub("['\u2019\u00a0\u202f ]", "", digits)
    points = [one for one in plain if one in ".,"]
    if not points:
        return [float(plain)]
    last = points[-1]
    grouped = float(re.sub("[.,]", "", plain))
    head, _, tail = plain.rpartition(last)
    parted = float(f"{re.sub('[.,]', '', head)}.{tail}")
    if len(set(points)) > 1:
        return [parted]
    if len(points) > 1:
        return [grouped]
    return [grouped, parted] if len(tail) == 3 and head != "0" else [parted]  # noqa: PLR2004 - a group of thousands


def says(schema: Json, value: Any, words: str) -> str:  # Any: JSON
    """Why the words do not say the value; empty where they do."""
    if isinstance(value, bool):
        # Yes and no are said in many ways; that the words stand there is what is checked.
        return ""
    if isinstance(value, int | float):
        there: list[float] = []
        for one, start, _ in amounts_of(words):
            # A dash with a space behind it may be a list's.
            there += [one, -one] if one < 0 and words[start + 1].isspace() else [one]
        near = any(abs(one - value) <= ALIKE * max(1.0, abs(value)) for one in there)
        return "" if near else f"Its words do not have the number {value}."
    if "enum" in schema:
        return ""
    text = str(value)
    if schema.get("format") == "date" or _is_day(text):
        days = {day.isoformat() for day, *_ in days_of(words)}
        return "" if text in days or Source([words]).find(text) else f"Its words do not name the day {text}."
    said, whole = _plain(text), _plain(unbroken(words))
    found = said in whole if _SPACELESS.search(said) else f" {said} " in f" {whole} "
    return "" if found else f"Its words do not say {text!r}."


def _is_day(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text))


def _plain(text: str) -> str:
    """Words and whole numbers without case and signs."""
    ungrouped = re.sub(r"(?<=\d)[,'\u2019\u00a0\u202f](?=\d{3}(?!\d))", "", text)
    return " ".join(re.findall(r"\d+(?:[.,:/]\d+)+|\w+", unicodedata.normalize("NFKC", ungrouped).casefold()))
