"""Sums and products that a note writes out: `3 × $30.37 = $91.11`, `$60 a month, or $720 a year`, `8 × 180 MB`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from nis_backend.impact.audit.checking import Case, finding, shown
from nis_backend.impact.audit.figures import NOUNS, Quantity, agree
from nis_backend.impact.audit.note import Statement
from nis_backend.impact.audit.rules import Rule, pattern
from nis_backend.impact.report import Finding

OPERATOR = re.compile(r"^[^\d=;:!?×*·÷+]{0,40}?(?:\s([x×*·/÷+−\u2013-])\s|([×*·÷+]))[^\d=;:!?×*·÷+]{0,16}$")
SUM = "+-−\u2013"
EQUALS = re.compile(r"^[^\d=;:.!?×*·÷+]{0,40}?[=≈][^\d=;:!?]{0,16}$")
GROUPED = re.compile(r"\([^()]{0,40}[+×*/−-][^()]{0,40}\)")
"""A part of a formula in parentheses: such are not worked out."""
IN_A_MONTH = {"h": (720, 744), "d": (30, 31), "w": (4, 4.35), "mo": (1, 1), "y": (1 / 12, 1 / 12)}
"""How often each comes in a month: a month is written as 720, 730 or 744 hours."""

LONG = 600
"""Characters of a sentence that is followed: a longer one tells more than one thing."""
WORDS_BETWEEN = 30
"""Characters between a number of things and what one of them takes."""
BESIDE = 16
"""Characters between `together` and the figure it is said of."""
MOST_PARTS = 8

Bounds = tuple[float, float]


def equation(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Work out what stands left of an equals sign."""
    for statement in case.figured:
        if "=" not in statement.text and "≈" not in statement.text:
            continue
        figures = case.figures(statement.text)
        for at in range(2, len(figures)):
            if EQUALS.match(statement.text[figures[at - 1].end : figures[at].start]):
                yield from _worked_out(rule, statement, figures, at)


def _worked_out(rule: Rule, statement: Statement, figures: list[Quantity], at: int) -> Iterator[Finding | None]:
    terms, signs = [figures[at - 1]], list[str]()
    for before in range(at - 2, -1, -1):
        sign = OPERATOR.match(statement.text[figures[before].end : terms[0].start])
        if sign is None:
            break
        terms.insert(0, figures[before])
        signs.insert(0, sign[1] or sign[2])
    lead = statement.text[max(0, terms[0].start - 12) : terms[0].start]
    if not signs or not set(signs) & set(rule.words["signs"]) or re.search(r"[×*/+−(√^=≈-]\s*\S{0,8}$", lead):
        return
    if rule.id == "sum" and set(signs) - set(rule.words["signs"]):
        return  # it has a product too: that rule's
    stated = figures[at]
    if GROUPED.search(statement.text[terms[0].start : stated.start]):
        return
    if set(signs) <= set(SUM) and {t.kind for t in terms} != {stated.kind}:
        return  # a sum of unlike things is no sum
    low, high = _value(terms, signs, stated)
    if _alike(stated, low, high, terms):
        yield None
    else:
        text = statement.text[terms[0].start : stated.end]
        yield finding(rule, statement.line(stated.start), text, right=shown((low + high) / 2, stated), said=stated.text)


def _alike(stated: Quantity, low: float, high: float, terms: list[Quantity]) -> bool:
    """Whether the result is right, 1000 or 1024 to the next unit of size."""
    units = {term.unit for term in (*terms, stated) if term.kind == "size"}
    return agree(stated, low, high, 0.05 if len(units) > 1 else 0.005)


def _value(terms: list[Quantity], signs: list[str], stated: Quantity) -> Bounds:
    """An interval for the value in the result's base units, products before sums."""
    bounds = [_bounds(term, stated) for term in terms]
    sums: list[tuple[str, Bounds]] = [("+", bounds[0])]
    for sign, bound in zip(signs, bounds[1:], strict=True):
        if sign in "x×*·":
            sums[-1] = (sums[-1][0], _times(sums[-1][1], bound))
        elif sign in "/÷":
            inverse = (1 / bound[1], 1 / bound[0]) if bound[0] > 0 else (0.0, 0.0)
            sums[-1] = (sums[-1][0], _times(sums[-1][1], inverse))
        else:
            sums.append(("+" if sign == "+" else "-", bound))
    scale = 1.0 if any(term.kind == stated.kind for term in terms) else stated.scale
    low = sum(b[0] if sign == "+" else -b[1] for sign, b in sums)
    high = sum(b[1] if sign == "+" else -b[0] for sign, b in sums)
    return low * scale, high * scale


def _bounds(term: Quantity, stated: Quantity) -> Bounds:
    """A term's interval: in base units where the result is of its kind, else the number that is written."""
    scale = 100.0 if term.kind == "percent" != stated.kind else 1.0 if term.kind == stated.kind else term.scale
    return term.low / scale, term.high / scale


def _times(one: Bounds, other: Bounds) -> Bounds:
    products = [a * b for a in one for b in other]
    return min(products), max(products)


def period(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """A price of a month beside the same of a year, an hour or a day."""
    for statement in case.figured:
        money = [
            f for f in case.figures(statement.text) if f.kind in {"money", "time"} and set(f.per) & set(IN_A_MONTH)
        ]
        for one, other in pairwise(money):
            between = statement.text[one.end : other.start]
            apart = _period_of(one) != _period_of(other) and one.kind == other.kind and one.unit == other.unit
            if not apart or not pattern(rule.words["link"]).search(_without_periods(between)):
                continue
            low, high = _monthly(one)
            factors = IN_A_MONTH[_period_of(other)]
            bounds = (low / factors[1], high / factors[0])
            if agree(other, *bounds, 0.01):
                yield None
            else:
                right = shown(sum(bounds) / 2, other)
                quoted = statement.text[one.start : other.end + 12]
                yield finding(rule, statement.line(other.start), quoted, right=right, said=other.text)


def _period_of(figure: Quantity) -> str:
    return next(per for per in figure.per if per in IN_A_MONTH)


def _monthly(figure: Quantity) -> Bounds:
    low, high = IN_A_MONTH[_period_of(figure)]
    return figure.low * low, figure.high * high


def _without_periods(between: str) -> str:
    return re.sub(
        r"^\s*(?:/|per |an? |every )?\s*(?:hours?|h|hr|days?|months?|mo|years?|yr|monthly|yearly|annum)\b", "", between
    )


def each(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """So many of something, what one takes, and what they take together."""
    for statement in case.figured:
        text = statement.text
        if len(text) > LONG or not pattern(rule.words["total"]).search(text) or re.search(r"[=×]", text):
            continue
        figures = case.figures(_spelled(text))
        counts = [f for f in figures if f.kind == "count" and f.unit in NOUNS and f.value > 1]
        if len(counts) != 1:
            continue
        yield from _together(rule, statement, counts[0], [f for f in figures if f.kind in {"money", "size"}])


NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMERAL = re.compile(
    rf"\b(?:{'|'.join(NUMERALS[2:])})\b(?=\s+(?:[a-z0-9.]+\s+)?(?:{'|'.join(sorted(NOUNS))})\b)", re.IGNORECASE
)


def _spelled(text: str) -> str:
    """The text with `Eight workers` as `8     workers`: of the same length."""

    def digits(match: re.Match[str]) -> str:
        value = str(NUMERALS.index(match[0].lower()))
        return value.rjust(len(match[0]))

    return NUMERAL.sub(digits, text)


def _together(rule: Rule, statement: Statement, count: Quantity, others: list[Quantity]) -> Iterator[Finding | None]:
    singles = [f for f in others if _is_single(rule, statement.text, count, f)]
    if len(singles) != 1:
        return
    one = singles[0]
    for total in others:
        linked = pattern(rule.words["total"]).search(statement.text[max(one.end, count.end) : total.start])
        if total is one or total.kind != one.kind or total.start < one.end or not linked:
            continue
        factors = [1.0]
        if {"y"} & set(total.per) and "y" not in one.per:
            factors = [12.0]
        mixed = total.kind == "size" and total.unit != one.unit
        if any(
            agree(total, one.low * count.value * f, one.high * count.value * f, 0.05 if mixed else 0.01)
            for f in factors
        ):
            yield None
        else:
            right = shown(one.value * count.value * factors[0], total)
            quoted = statement.text[min(count.start, one.start) : total.end]
            yield finding(
                rule, statement.line(total.start), quoted, right=right, said=total.text, count=count.text, one=one.text
            )
        return


def _is_single(rule: Rule, text: str, count: Quantity, figure: Quantity) -> bool:
    """Whether a figure is what one of them takes: `8 workers at 180 MB`, `$36 per task`, `180 MB each`."""
    if set(figure.per) & ({"each"} | {count.unit, count.unit.rstrip("s")}):
        return True
    if re.match(r"^\s*(?:each|apiece|a piece|je)\b", text[figure.end :]):
        return True
    between = text[count.end : figure.start]
    return (
        count.end <= figure.start and len(between) < WORDS_BETWEEN and bool(pattern(rule.words["at"]).search(between))
    )


def together(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """A list of figures, and their sum: `60 MB, 90 MB and 700 MB, together 850 MB`."""
    for statement in case.figured:
        text = statement.text
        mark = pattern(rule.words["total"]).search(text)
        if mark is None or pattern(rule.words["unless"]).search(text):
            continue
        figures = [
            f
            for f in case.figures(text)
            if f.kind in {"money", "size", "time"} and not (f.kind == "time" and f.unit == "mo")
        ]
        total = _beside(mark, figures)
        if total is None:
            continue
        parts = [f for f in figures if f.start < total.start and f.kind == total.kind and f.per == total.per]
        if not 1 < len(parts) <= MOST_PARTS or len(figures) != len(parts) + 1:
            continue
        low, high = sum(p.low for p in parts), sum(p.high for p in parts)
        mixed = total.kind == "size" and len({f.unit for f in (*parts, total)}) > 1
        if agree(total, low, high, 0.03 if mixed else 0.005):
            yield None
        else:
            right = shown((low + high) / 2, total)
            yield finding(rule, statement.line(total.start), text, right=right, said=total.text)


def _beside(mark: re.Match[str], figures: list[Quantity]) -> Quantity | None:
    """The figure that a word like `together` is said of."""
    by_distance = [(min(abs(f.start - mark.end()), abs(mark.start() - f.end)), f) for f in figures]
    distance, figure = min(by_distance, key=lambda pair: pair[0], default=(BESIDE + 1, None))
    return figure if distance <= BESIDE else None


def units(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """The same figure in two units: `1536 MB (1.5 GB)`, `1024 CPU units (1 vCPU)`, `90 s (1.5 min)`."""
    for statement in case.figured:
        figures = case.figures(statement.text)
        for one, other in pairwise(figures):
            between = statement.text[one.end : other.start]
            closed = statement.text[other.end : other.end + 1]
            same = re.fullmatch(r"\s*\(\s*(?:=|≈|~|about |i\.e\.,? |or )?\s*", between) and closed == ")"
            same = same or re.fullmatch(r"\s*(?:=|≈|, i\.e\.,?|, that is,?)\s*", between)
            within = re.search(r"[×x*·/÷+−-]\s*[~≈$€]?$", statement.text[: one.start])
            if (
                not same
                or within
                or (one.kind, other.kind)
                not in {
                    ("size", "size"),
                    ("time", "time"),
                    ("units", "vcpu"),
                    ("vcpu", "units"),
                }
            ):
                continue
            if {one.unit, other.unit} & {"d", "w", "mo", "y"}:
                continue  # a day may be one of work
            if one.unit == other.unit or (rule.words["kinds"] == "units") != (one.kind in {"units", "vcpu"}):
                continue
            scale = {("units", "vcpu"): 1 / 1024, ("vcpu", "units"): 1024.0}.get((one.kind, other.kind), 1.0)
            if agree(other, one.low * scale, one.high * scale, 0.08 if one.kind == "size" else 0.005):
                yield None
            else:
                right = shown(one.value * scale, other)
                quoted = statement.text[one.start : other.end + 1]
                yield finding(rule, statement.line(one.start), quoted, right=right, said=other.text, one=one.text)
