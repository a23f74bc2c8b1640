"""Quantities in a text: their value, how exactly it was written, their unit and what they are per."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["money", "size", "time", "percent", "factor", "vcpu", "units", "count"]

NUMBER = r"\d{1,3}(?:[,.'\u2019\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
SIZES = {"b": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
TIMES = {
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "mo": 2_628_000.0,  # 730 hours
    "y": 31_536_000.0,
}
WORDS: dict[str, str] = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds", "millisekunden"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sekunde", "sekunden", "sek"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "minuten"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "stunde", "stunden", "std", "hourly"), "h"),
    **dict.fromkeys(("d", "day", "days", "tag", "tage", "tagen", "daily"), "d"),
    **dict.fromkeys(("week", "weeks", "woche", "wochen", "weekly"), "w"),
    **dict.fromkeys(("month", "months", "mo", "mth", "monat", "monate", "monaten", "monthly", "monatlich"), "mo"),
    **dict.fromkeys(("year", "years", "yr", "yrs", "annum", "annually", "yearly"), "y"),
    **dict.fromkeys(("jahr", "jahre", "jahren", "jährlich"), "y"),
}
UNIT = (
    r"(?P<pct>%|percent\b|per cent\b|Prozent\b)"
    r"|(?P<size>[kKMGT]i?[Bb]\b(?!/s|ps)|[KMGT]i\b|[Mm]egabytes?\b|[Gg]igabytes?\b)"
    r"|(?P<vcpu>v?CPUs?\b(?! units?)|vcpus?\b|v?[Cc]ores?\b)|(?P<units>CPU[ -][Uu]nits?\b|CPU-Einheiten\b)"
    r"|(?P<cur>\$|€|USD\b|EUR\b|dollars?\b|euros?\b|US-Dollar\b|Dollar\b|Euro\b)"
    r"|(?P<time>(?:ms|secs?|s|mins?|h|hrs?|d|[Ss]econds?|[Mm]inutes?|[Hh]ours?|[Dd]ays?|[Ww]eeks?|[Mm]onths?|[Yy]ears?"
    r"|Millisekunden|Sekunden?|Minuten?|Stunden?|Tagen?|Tage?|Wochen?|Monaten?|Monate?|Jahren?|Jahre?)\b)"
    r"|(?P<times>(?:(?<=\d)[x×](?![\w])|-fold\b|fold\b|times\b|-fach(?:e[rns]?)?\b)(?!\s*[$€\d]))"
)
QUANTITY = re.compile(
    rf"(?<![\w.,/:@#-])(?P<cur0>US\$|USD ?|EUR ?|\$|€)?(?P<sign>[−-])?(?P<num>{NUMBER})"
    rf"(?:[-\u2013][$€]?(?P<to>{NUMBER})(?![-.:]\d))?(?P<kilo>k\b(?!B))?(?P<open>\+)?"
    rf"(?![\d]|[.,]\d|:\d)(?:[ \u00a0\u202f-]?(?:{UNIT})|(?![\w%]|/\d))"
)
PER = re.compile(
    r"^\s*(?:/\s*|-|per |an? |each |every |pro |im |in der |and |und |je |on )?"
    r"(?P<what>(?:vCPU|GB|GiB|[A-Za-zäöü]+))\b"
)
ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|approx(?:imately|\.)?|some|nearly|almost|over|under|below|above|more than|less than"
    r"|up to|at least|at most|circa|ca\.|etwa|rund|knapp|fast|gut|über|unter|bis zu|mindestens|höchstens|close to"
    r"|order of|an estimated)|[~≈≤≥<>])\s*[$€]?$",
    re.IGNORECASE,
)
BOUND = re.compile(
    r"(?:\b(?:over|under|more than|less than|up to|at least|at most|within)|[<>≤≥])\s*[$€]?$", re.IGNORECASE
)
GERMAN = re.compile(r"\d,\d{1,2}(?![\d,])")
ENGLISH = re.compile(r"(?<![\d.])\d+\.\d{1,2}(?![\d.])")
COUNTED = re.compile(r"[A-Za-zÄÖÜäöü][\w.ÄÖÜäöü-]*")
PLAIN: dict[str, tuple[Kind, str]] = {
    "pct": ("percent", "%"),
    "vcpu": ("vcpu", "vCPU"),
    "units": ("units", "CPU units"),
    "times": ("factor", "times"),
}
THINGS = (
    "box copy container dienst dienste host image instance instanzen job knoten kopien machine maschinen node pod"
    " process prozesse queue replica runner server service shard task vm worker"
)
ENDS = ("", "s", "es")
NOUNS = frozenset(f"{thing}{end}" for thing in THINGS.split() for end in ENDS) | {"copies"}
"""What one runs several of."""
MOST = 60
"""Figures of a sentence or a cell."""
ONE_GROUP = 3
"""Digits of a group of thousands; also how many phrases tell what a figure is per, at most."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A figure: its value in base units (bytes of 1000, seconds, USD or EUR, per cent), and how exactly it is known."""

    value: float
    half: float
    """Half of the last written digit's worth: what rounding may hide."""
    kind: Kind
    unit: str = ""
    per: tuple[str, ...] = ()
    start: int
    end: int
    text: str
    about: bool = False
    scale: float = 1.0
    """Base units in one of the unit that is written."""

    @property
    def low(self) -> float:
        """The least it may stand for."""
        return self.value - self.half - (0.1 * abs(self.value) if self.about else 0)

    @property
    def high(self) -> float:
        """The most it may stand for."""
        return self.value + self.half + (0.1 * abs(self.value) if self.about else 0)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A figure before and after."""

    before: Quantity
    after: Quantity

    @property
    def start(self) -> int:
        """Where the statement of it begins."""
        return min(self.before.start, self.after.start)

    @property
    def end(self) -> int:
        """Where it ends."""
        return max(self.before.end, self.after.end)

    def share(self) -> tuple[float, float]:
        """By how many per cent of the figure before, at least and at most; without sign."""
        low, high = self.ratio()
        shares = sorted((abs(low - 1) * 100, abs(high - 1) * 100))
        return (0.0 if low < 1 < high else shares[0]), shares[1]

    def ratio(self) -> tuple[float, float]:
        """After, by before."""
        if self.before.low <= 0:
            return 0.0, float("inf")
        return self.after.low / self.before.high, self.after.high / self.before.low

    def difference(self) -> tuple[float, float]:
        """How far apart, in base units."""
        gap = (self.before.low - self.after.high, self.before.high - self.after.low)
        least = 0.0 if gap[0] < 0 < gap[1] else min(abs(gap[0]), abs(gap[1]))
        return least, max(abs(gap[0]), abs(gap[1]))


def agree(stated: Quantity, low: float, high: float, slack: float = 0.01) -> bool:
    """Whether a stated figure may stand for one between two bounds, rounding and a hundredth left to it."""
    low, high = min(low, high), max(low, high)
    pad = slack * max(abs(low), abs(high))
    return stated.high >= low - pad and stated.low <= high + pad


def german(text: str) -> bool | None:
    """Whether decimals are written with a comma; None where a text writes both."""
    commas, dots = len(GERMAN.findall(text)), len(ENGLISH.findall(text))
    if commas and dots:
        return None if min(commas, dots) * 4 > max(commas, dots) else commas > dots
    return commas > 0


def number(written: str, *, comma: bool | None) -> tuple[float, float] | None:
    """A written number and half of its last digit's worth; None where its marks can be read in two ways."""
    plain = re.sub(r"['\u2019\u00a0\u202f]", "", written)
    marks = [c for c in plain if c in ".,"]
    if len(set(marks)) > 1:
        decimal = marks[-1]
    elif len(marks) != 1:
        decimal = ""
    else:
        mark = marks[0]
        thousands = len(plain.split(mark)[1]) == ONE_GROUP and not plain.startswith("0")
        if thousands and comma is None:
            return None
        decimal = "" if thousands and (mark == ".") == bool(comma) else mark
    for mark in ".,":
        if mark != decimal:
            plain = plain.replace(mark, "")
    digits = len(plain.split(decimal)[1]) if decimal else 0
    return float(plain.replace(",", ".")), 0.5 * 10.0**-digits


def quantities(text: str, *, comma: bool | None = False) -> list[Quantity]:
    """The figures of a sentence or a cell, in order."""
    found: list[Quantity] = []
    for match in QUANTITY.finditer(text):
        read = number(match["num"], comma=comma)
        end = number(match["to"], comma=comma) if match["to"] else read
        if read is None or end is None or end[0] < read[0]:
            continue
        middle, half = (read[0] + end[0]) / 2, (end[0] - read[0]) / 2 + read[1]
        quantity = _made(text, match, middle, half)
        if quantity is not None:
            found.append(quantity)
        if len(found) == MOST:
            break
    return found


def _made(text: str, match: re.Match[str], value: float, half: float) -> Quantity | None:
    kind, unit, scale = _unit(match)
    if match["sign"] and not (match["cur0"] or match.start() == 0 or text[match.start() - 1] in " (|"):
        return None
    if match["kilo"]:
        scale *= 1000
    bound = match["open"] or BOUND.search(text[max(0, match.start() - 14) : match.start()])
    if kind == "count":
        unit = _noun(text[match.end() : match.end() + 60])
    return Quantity(
        value=value * scale * (-1 if match["sign"] else 1),
        half=(0.3 * value if bound else 0.0 if _exact(kind, match) else half) * scale,
        kind=kind,
        unit=unit,
        per=_pers(text[match.end() : match.end() + 60]) if kind in {"money", "size", "count", "time"} else (),
        start=match.start(),
        end=match.end(),
        text=match[0].strip(),
        about=bool(ABOUT.search(text[max(0, match.start() - 18) : match.start()])),
        scale=scale,
    )


def _exact(kind: Kind, match: re.Match[str]) -> bool:
    """Whether a figure is counted, not rounded."""
    return kind in {"count", "vcpu", "units"} and "." not in match["num"] and not match["to"]


def _noun(rest: str) -> str:
    """What is counted: the first of the next words that is a thing one runs several of, else the next word."""
    clause = re.split(r"[,.;:()|=×+]", rest)[0]
    following = [word.lower() for word in COUNTED.findall(clause)[:3]]
    return next((word for word in following if word in NOUNS), following[0] if following else "")


def _unit(match: re.Match[str]) -> tuple[Kind, str, float]:
    """A figure's kind and unit, and base units in one of it."""
    money = match["cur0"] or match["cur"]
    if money:
        return "money", "EUR" if money.strip().lower() in {"€", "eur", "euro", "euros"} else "USD", 1.0
    if match["size"]:
        return "size", match["size"], SIZES[match["size"][0].lower()]
    if match["time"]:
        word = WORDS[match["time"].lower()]
        return "time", word, TIMES[word]
    for group, kind in PLAIN.items():
        if match[group]:
            return *kind, 1.0
    return "count", "", 1.0


def _pers(rest: str) -> tuple[str, ...]:
    """What a figure is per: `$0.05 per task and month` is per task and per month."""
    pers: list[str] = []
    while len(pers) < ONE_GROUP and (match := PER.match(rest)):
        what = match["what"].lower()
        bare = not re.match(r"^\s*(?:/|-|per |an? |each |every |pro |im |in der |and |und |je )", rest)
        if what == "each" or (bare and what in {"monthly", "yearly", "hourly", "daily", "weekly", "annually"}):
            pers.append(WORDS.get(what, what))
        elif bare or (what not in WORDS and what not in NOUNS and what not in {"vcpu", "gb", "gib"}):
            break
        else:
            pers.append(WORDS.get(what, what.rstrip("s") if what in NOUNS else what))
        rest = rest[match.end() :]
    return tuple(pers)
