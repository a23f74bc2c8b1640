"""What a note says of a change: `from 2.4 s to 1.9 s, 21 % less`, `310 of 780 ms is 40 %`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from nis_backend.impact.audit.checking import Case, finding, shown
from nis_backend.impact.audit.figures import Change, Quantity, agree
from nis_backend.impact.audit.note import Statement
from nis_backend.impact.audit.rules import Rule, pattern
from nis_backend.impact.report import Finding

FAR = 90
"""Characters between a change and what is said of it."""
MOST = 1000
"""So many of something at most: a larger count is no number of tasks."""
LOOSELY = 0.1
"""By how much `half` or `a third` may be off."""
FRACTIONS = {"half": 0.5, "hälfte": 0.5, "third": 1 / 3, "drittel": 1 / 3, "quarter": 0.25, "viertel": 0.25}
TIMES = {"two": 2, "zwei": 2, "three": 3, "drei": 3}
FRACTION = re.compile(
    r"\b(?P<times>two |three |zwei |drei )?(?P<word>half|third|quarter|hälfte|drittel|viertel)s?\b"
    r"|\b(?P<halved>halves|halved|halving|halbiert)\b|\b(?P<doubled>doubles|doubled|doubling|verdoppelt)\b",
    re.IGNORECASE,
)


def changes(rule: Rule, statement: Statement, figures: list[Quantity]) -> list[Change]:
    """The pairs in a sentence that are said to be before and after."""
    found: list[Change] = []
    for one, other in pairwise(figures):
        if (
            one.kind != other.kind
            or one.kind in {"percent", "factor"}
            or (one.kind == "money" and one.unit != other.unit)
        ):
            continue
        lead = statement.text[max(0, one.start - FAR) : one.start]
        between = statement.text[one.end : other.start]
        tail = statement.text[other.end : other.end + 30]
        if len(between) > FAR:
            continue
        arrow = pattern(rule.words["arrow"]).search(between)
        to = pattern(rule.words["to"]).search(between) and pattern(rule.words["from"]).search(lead)
        if arrow or to or (pattern(rule.words["before"]).search(between) and pattern(rule.words["after"]).search(tail)):
            found.append(Change(before=one, after=other))
        elif pattern(rule.words["instead"]).search(between):
            found.append(Change(before=other, after=one))
    return found


def change(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Check the percentages, factors and differences that stand beside a change."""
    for statement in case.figured:
        figures = case.figures(statement.text)
        pairs = changes(rule, statement, figures)
        if not pairs:
            continue
        taken = {id(q) for pair in pairs for q in (pair.before, pair.after)}
        for said in figures:
            if id(said) in taken:
                continue
            near = _nearest(pairs, said.start, said.end)
            if near is None or _between(pairs, near, said.start):
                continue
            verdict = _fits(rule, statement, near, said, figures)
            if verdict is None:
                continue
            yield None if verdict == "" else _finding(rule, statement, near, (said.text, said.start), verdict)
        yield from _fractions(rule, statement, pairs)


def _nearest(pairs: list[Change], start: int, end: int) -> Change | None:
    """The change that a figure is said of: the last one before it, else the first after."""
    before = [p for p in pairs if p.end <= start and start - p.end < FAR]
    after = [p for p in pairs if p.start >= end and p.start - end < FAR]
    return before[-1] if before else after[0] if after and len(pairs) == 1 else None


def _between(pairs: list[Change], near: Change, start: int) -> bool:
    return any(near.end < other.start < start for other in pairs)


def _fits(rule: Rule, statement: Statement, pair: Change, said: Quantity, figures: list[Quantity]) -> str | None:
    """Empty where it is right, else the right figure; None where it is not said of the change."""
    if said.kind == "percent":
        return _percent(rule, statement, pair, said)
    if said.kind == "factor":
        low, high = pair.ratio()
        inverse = (1 / high, 1 / low) if low > 0 else (0.0, 0.0)
        right = agree(said, low, high, 0.06) or agree(said, *inverse, 0.06)
        right = right or agree(said, inverse[0] - 1, inverse[1] - 1, 0.03)
        middle = pair.before.value / pair.after.value if pair.after.value else 0.0
        return "" if right else f"{max(middle, 1 / middle if middle else 0):.2g} times"
    if said.kind != pair.before.kind or (said.unit != pair.before.unit and said.kind not in {"size", "time"}):
        return None
    tail, lead = statement.text[said.end : said.end + 24], statement.text[max(0, said.start - 24) : said.start]
    if not (pattern(rule.words["less"]).search(tail) or pattern(rule.words["saves"]).search(lead)):
        return None
    low, high = pair.difference()
    counts = [f.value for f in figures if f.kind == "count" and 1 < f.value <= MOST]
    many = [m * n for m in (1.0, *counts) for n in (1.0, 12.0)]
    slack = 0.05 if said.kind == "size" and said.unit != pair.before.unit else 0.02
    sign = -1 if said.value < 0 else 1
    if any(agree(said, sign * low * m, sign * high * m, slack) for m in many):
        return ""
    return shown(abs(pair.before.value - pair.after.value), said)


def _percent(rule: Rule, statement: Statement, pair: Change, said: Quantity) -> str | None:
    tail, lead = statement.text[said.end : said.end + 24], statement.text[max(0, said.start - 40) : said.start]
    if not (pattern(rule.words["by"]).search(lead) or pattern(rule.words["less"]).search(tail)):
        return None
    low, high = pair.share()
    pad = 1.01 if not said.about else 5.0
    size = (min(abs(said.low), abs(said.high)), max(abs(said.low), abs(said.high)))
    if size[1] >= low - pad and size[0] <= high + pad:
        return ""
    ratios = pair.ratio()
    faster = pattern(rule.words["faster"]).search(statement.text)
    if faster and ratios[0] > 0 and agree(said, (1 / ratios[1] - 1) * 100, (1 / ratios[0] - 1) * 100, 0.03):
        return ""
    if pattern(rule.words["of"]).search(tail) and agree(said, ratios[0] * 100, ratios[1] * 100, 0.03):
        return ""
    middle = abs(pair.after.value / pair.before.value - 1) * 100 if pair.before.value else 0.0
    return f"{middle:.0f} %"


def _fractions(rule: Rule, statement: Statement, pairs: list[Change]) -> Iterator[Finding | None]:
    """`halves`, `by a third`, `to a quarter`: within a tenth of it."""
    for match in FRACTION.finditer(statement.text):
        near = _nearest(pairs, match.start(), match.end())
        if near is None or _between(pairs, near, match.start()) or near.before.value <= 0:
            continue
        ratio = near.after.value / near.before.value
        if match["halved"]:
            off = abs(ratio - 0.5)
        elif match["doubled"]:
            off = abs(ratio - 2) / 3
        else:
            part = FRACTIONS[match["word"].lower()] * TIMES.get((match["times"] or "").strip().lower(), 1)
            off = min(abs(ratio - part), abs(1 - ratio - part), abs(1 / ratio - 1 - part) if ratio else 1.0)
        if off < LOOSELY:
            yield None
        else:
            yield _finding(rule, statement, near, (match[0], match.start()), f"{abs(ratio - 1) * 100:.0f} %")


def _finding(rule: Rule, statement: Statement, pair: Change, said: tuple[str, int], right: str) -> Finding:
    text, at = said
    return finding(
        rule, statement.line(at), statement.text, right=right, said=text, before=pair.before.text, after=pair.after.text
    )


def part(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """`310 of 780 ms is 40 %`."""
    for statement in case.figured:
        figures = case.figures(statement.text)
        for one, whole, said in zip(figures, figures[1:], figures[2:], strict=False):
            if said.kind != "percent" or whole.kind == "percent" or one.kind not in {whole.kind, "count"}:
                continue
            of = re.fullmatch(
                r"\s*(?:[\w-]+\s+)?(?:of|out of|von)\s+(?:the\s+|its\s+)?", statement.text[one.end : whole.start]
            )
            links = pattern(rule.words["is"]).search(statement.text[whole.end : said.start])
            rest = re.match(r"\s*(?:headroom|free|left|spare|frei|less|more|margin)", statement.text[said.end :])
            if not of or not links or len(statement.text[whole.end : said.start]) > FAR or whole.value <= 0:
                continue
            scale = whole.scale if one.kind == "count" else 1.0
            share = one.value * scale / whole.value * 100
            share = 100 - share if rest or re.search(r"leaves|bleiben|frees", statement.text) else share
            if agree(said, share, share, 0.03) or abs(said.value - share) <= 1:
                yield None
            else:
                yield finding(
                    rule, statement.line(said.start), statement.text, right=f"{share:.0f} %",
                    said=said.text, before=whole.text, after=one.text,
                )  # fmt: skip
