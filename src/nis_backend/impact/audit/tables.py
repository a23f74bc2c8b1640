"""Tables whose columns do not add up, and rows whose difference is not that of their figures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nis_backend.impact.audit.checking import Case, finding, shown
from nis_backend.impact.audit.figures import Change, Quantity, agree
from nis_backend.impact.audit.note import Row, Table
from nis_backend.impact.audit.rules import Rule, pattern
from nis_backend.impact.report import Finding

COLUMNS = 3
"""A count, what one costs, what all cost."""
LETTERS = 14
"""Of a cell that holds a figure: its unit and a word."""


def total(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Each column over a row of totals."""
    for table in case.note.tables:
        words = rule.words
        above: list[Row] = []
        for row in table.rows:
            name = row.cells[0] if row.cells else ""
            if pattern(words["part"]).search(name):
                continue
            if not pattern(words["total"]).search(name):
                above.append(row)
                continue
            for column in range(1, min(len(row.cells), len(table.head))):
                if not pattern(words["not_summed"]).search(table.head[column]):
                    yield from _column(rule, case, row, above, column)
            if not pattern(words["grand"]).search(name):
                above = []


def _column(rule: Rule, case: Case, row: Row, above: list[Row], column: int) -> Iterator[Finding | None]:
    said = one_figure(case, row.cells[column])
    parts = [one_figure(case, r.cells[column]) for r in above if column < len(r.cells) and r.cells[column]]
    known = [p for p in parts if p is not None]
    if (
        said is None
        or len(known) == 1
        or not known
        or len(known) != len(parts)
        or said.kind in {"percent", "factor", "time"}
    ):
        return
    if {p.kind for p in known} != {said.kind}:
        return
    mixed = len({p.unit for p in (*known, said)}) > 1 and said.kind == "size"
    low, high = sum(p.low for p in known), sum(p.high for p in known)
    if agree(said, low, high, 0.03 if mixed else 0.002):
        yield None
    else:
        quoted = " | ".join(cell for cell in row.cells if cell)
        yield finding(rule, row.line, quoted, right=shown((low + high) / 2, said), said=said.text)


def one_figure(case: Case, cell: str) -> Quantity | None:
    """The figure of a cell that holds one and little else."""
    figures = case.figures(re.sub(r"^[+]|\([^()]{0,60}\)", "", cell))
    if len(figures) != 1 or len(re.sub(r"[^A-Za-z]", "", cell)) > LETTERS:
        return None
    return figures[0]


def product(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Rows of a count, what one costs, and what all cost."""
    for table in case.note.tables:
        count, single, result = (_named(rule, table, name) for name in ("count", "single", "result"))
        if count is None or single is None or result is None or len({count, single, result}) != COLUMNS:
            continue
        for row in table.rows:
            if len(row.cells) <= max(count, single, result) or pattern(rule.words["total"]).search(row.cells[0]):
                continue
            n, one, all_ = (one_figure(case, row.cells[at]) for at in (count, single, result))
            if n is None or one is None or all_ is None or n.kind != "count" or one.kind != all_.kind:
                continue
            if one.kind not in {"money", "size", "count"}:
                continue
            factors = (1.0, 12.0, 730.0, 720.0, 744.0, 24.0) if one.kind == "money" else (1.0,)
            if any(
                agree(all_, n.value * one.low * f, n.value * one.high * f, 0.03 if one.kind == "size" else 0.01)
                for f in factors
            ):
                yield None
            else:
                right = shown(n.value * one.value, all_)
                quoted = " | ".join(row.cells)
                yield finding(rule, row.line, quoted, right=right, said=all_.text, count=n.text, one=one.text)


def _named(rule: Rule, table: Table, name: str) -> int | None:
    found = [at for at, head in enumerate(table.head) if pattern(rule.words[name]).search(head)]
    return found[0] if len(found) == 1 else None


def _staged(rule: Rule, case: Case) -> Iterator[tuple[Table, Row, tuple[int, int], Change]]:
    """The rows of tables with a figure before and one after, and the columns of these."""
    for table in case.note.tables:
        columns = _named(rule, table, "before"), _named(rule, table, "after")
        if columns[0] is None or columns[1] is None:
            continue
        for row in table.rows:
            before, after = (
                one_figure(case, row.cells[at]) if at < len(row.cells) else None for at in columns if at is not None
            )
            if before is not None and after is not None and before.kind == after.kind != "percent":
                yield table, row, (columns[0], columns[1]), Change(before=before, after=after)


def changes(rule: Rule, case: Case) -> list[tuple[Change, str]]:
    """All that the note's tables say of before and after, and of what."""
    return [(pair, row.cells[0]) for _, row, _, pair in _staged(rule, case)]


def change(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Rows with a figure before, one after, and what that comes to."""
    for table, row, columns, pair in _staged(rule, case):
        for at, head in enumerate(table.head[: len(row.cells)]):
            if at not in columns and pattern(rule.words["change"]).search(head):
                yield from _cell(rule, case, row, pair, at)


def _cell(rule: Rule, case: Case, row: Row, pair: Change, at: int) -> Iterator[Finding | None]:
    for said in case.figures(row.cells[at].lstrip("+")):
        right = _right(pair, said)
        if right is None:
            continue
        if right == "":
            yield None
        else:
            quoted = " | ".join(row.cells)
            yield finding(
                rule, row.at(at), quoted, right=right, said=said.text, before=pair.before.text, after=pair.after.text
            )


def _right(pair: Change, said: Quantity) -> str | None:
    """Empty where the cell is right, the right figure where not, None where it tells something else."""
    if said.kind == "percent":
        low, high = pair.share()
        size = abs(said.value)
        fits = size + said.half + 1.01 >= low and size - said.half - 1.01 <= high
        middle = abs(pair.after.value / pair.before.value - 1) * 100 if pair.before.value else 0.0
        return "" if fits or not pair.before.value else f"{middle:.0f} %"
    if said.kind == "factor":
        low, high = pair.ratio()
        inverse = (1 / high, 1 / low) if low > 0 else (0.0, 0.0)
        fits = agree(said, low, high, 0.06) or agree(said, *inverse, 0.06)
        return (
            ""
            if fits or low <= 0
            else f"{max(pair.before.value / pair.after.value, pair.after.value / pair.before.value):.2g} times"
        )
    if said.kind != pair.before.kind:
        return None
    low, high = pair.difference()
    mixed = said.kind == "size" and (said.unit != pair.before.unit or said.unit != pair.after.unit)
    stated = (abs(said.value) - said.half, abs(said.value) + said.half)
    pad = (0.05 if mixed else 0.01) * high
    fits = stated[1] >= low - pad and stated[0] <= high + pad
    yearly = stated[1] >= (low - pad) * 12 and stated[0] <= (high + pad) * 12 and said.kind == "money"
    return "" if fits or yearly else shown(abs(pair.before.value - pair.after.value), said)
