"""Claims that cannot be so, or cannot be known: figures of what never ran, memory of what was never loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from nis_backend.impact.audit.changes import changes
from nis_backend.impact.audit.checking import Case, finding
from nis_backend.impact.audit.figures import Quantity
from nis_backend.impact.audit.reading import Statement
from nis_backend.impact.audit.rules import Rule, pattern, words
from nis_backend.impact.report import Finding

NAME = re.compile(r"`([A-Za-z][\w.-]{1,40})(?:==[\w.]+)?`")


def never_started(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Figures of a running service before a change, where the note says that it did not start before."""
    said = [
        s
        for s in case.asserted
        if pattern(rule.words["dead"]).search(s.text) and not pattern(rule.words["if"]).search(s.text)
    ]
    if not said or pattern(rule.words["measured"]).search(case.note.text):
        return
    for statement in case.asserted:
        found = [
            c
            for c in changes(rule, statement, case.figures(statement.text))
            if c.before.kind in {"size", "time", "percent", "vcpu"}
        ]
        for change in found[:1]:
            running = pattern(rule.words["running"]).search(statement.text)
            if (
                running
                and not pattern(rule.words["disk"]).search(statement.text)
                and not pattern(rule.words["if"]).search(statement.text)
            ):
                yield finding(
                    rule,
                    statement.line(change.before.start),
                    statement.text,
                    said=change.before.text,
                    why=said[0].text[:120],
                )
    for table in case.note.tables:
        before = [at for at, head in enumerate(table.head) if pattern(rule.words["before_column"]).search(head)]
        for row in table.rows:
            running = (
                row.cells
                and pattern(rule.words["running"]).search(row.cells[0])
                and not pattern(rule.words["disk"]).search(row.cells[0])
            )
            if not running or len(before) != 1 or before[0] >= len(row.cells):
                continue
            figures = [f for f in case.figures(row.cells[before[0]]) if f.kind != "count"]
            if figures:
                yield finding(rule, row.line, " | ".join(row.cells), said=figures[0].text, why=said[0].text[:120])


@cache
def _named(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.IGNORECASE)


def never_used(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Memory or start-up time that goes away with a package which nothing imports."""
    unused: dict[str, Statement] = {}
    for statement in case.asserted:
        claim = pattern(rule.words["unused"]).search(statement.text)
        if claim is None:
            continue
        names = [m for m in NAME.finditer(statement.text) if not re.search(r"\.(?:txt|toml|py|cfg|lock)$", m[1])]
        ahead = [m for m in names if m.start() < claim.end()] or names
        after = case.note.block(statement).split(statement.text)[-1]
        if ahead and not pattern(rule.words["yet"]).search(statement.text[ahead[-1].start() :] + " " + after):
            unused.setdefault(ahead[-1][1].lower(), statement)
    for statement in case.asserted if unused else ():
        text = statement.text
        hit = pattern(rule.words["saved"]).search(text)
        if (
            hit is None
            or pattern(rule.words["yet"]).search(text)
            or not any(f.kind in {"size", "time", "percent"} for f in case.figures(text))
        ):
            continue
        name = next((n for n in unused if _named(n).search(text)), None)
        same = next((n for n, s in unused.items() if s.block == statement.block and s.line() <= statement.line()), None)
        name = name or (same if pattern(rule.words["removal"]).search(text) else None)
        others = [m[1].lower() for m in NAME.finditer(text) if m[1].lower() not in unused]
        if name is not None and not (others and not _named(name).search(text)):
            figure = next(f for f in case.figures(text) if f.kind in {"size", "time", "percent"})
            yield finding(
                rule, statement.line(hit.start()), text, said=figure.text, name=name, why=str(unused[name].line())
            )


def unmeasured(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """A gain in per cent that no figures, method or command stand behind."""
    for statement in case.asserted:
        text = statement.text
        gains = [f for f in case.figures(text) if f.kind in {"percent", "factor"} and _is_gain(rule, text, f)]
        if not gains:
            continue
        near = f"{case.note.headings[statement.section]} {case.note.lead(statement)} {case.note.block(statement)}"
        backed = pattern(rule.words["method"]).search(near) or words()["estimate"].search(text)
        backed = backed or _figures_behind(case, statement) or _code_behind(rule, case, statement)
        if backed:
            yield None
        else:
            yield finding(rule, statement.line(gains[0].start), text, said=gains[0].text)


def _is_gain(rule: Rule, text: str, figure: Quantity) -> bool:
    near = text[max(0, figure.start - 60) : figure.start], text[figure.end : figure.end + 40]
    return bool(pattern(rule.words["gain_before"]).search(near[0]) or pattern(rule.words["gain_after"]).match(near[1]))


def _figures_behind(case: Case, statement: Statement) -> bool:
    """Whether two figures of one kind stand in the paragraph, or a table in the section."""
    kinds = [f.kind for f in case.figures(case.note.block(statement)[:4000]) if f.kind in {"money", "size", "time"}]
    counted = [f for f in case.figures(statement.text) if f.kind == "count" and f.value > 1]
    tables = [t for t in case.note.tables if t.section == statement.section]
    return any(kinds.count(kind) > 1 for kind in set(kinds)) or len(counted) > 1 or bool(tables)


def _code_behind(rule: Rule, case: Case, statement: Statement) -> bool:
    fences = [f for f in case.note.fences if f.section == statement.section]
    return any(pattern(rule.words["method"]).search("\n".join(f.lines)) for f in fences)


def compressed(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """A change whose one side is a compressed size and whose other is not."""
    for statement in case.asserted:
        figures = [f for f in case.figures(statement.text) if f.kind == "size"]
        for pair in changes(rule, statement, figures):
            split = pair.start + len(statement.text[pair.start : max(pair.before.start, pair.after.start)])
            first = statement.text[min(pair.before.end, pair.after.end) : split]
            second = statement.text[max(pair.before.end, pair.after.end) : max(pair.before.end, pair.after.end) + 60]
            lead = statement.text[max(0, pair.start - 24) : pair.start]
            kinds = _packing(rule, first) or _packing(rule, lead), _packing(rule, second)
            if set(kinds) == {"packed", "plain"}:
                yield finding(
                    rule,
                    statement.line(pair.after.start),
                    statement.text,
                    before=pair.before.text,
                    after=pair.after.text,
                )
            elif kinds[0] == kinds[1] != "":
                yield None
    for table in case.note.tables:
        yield from _packed_columns(rule, case, table.head, [(r.line, r.cells) for r in table.rows])


def _packing(rule: Rule, text: str) -> str:
    plain, packed = pattern(rule.words["plain"]).search(text), pattern(rule.words["packed"]).search(text)
    if plain and (not packed or plain.start() <= packed.start()):
        return "plain"
    return "packed" if packed else ""


def _packed_columns(
    rule: Rule, case: Case, head: tuple[str, ...], rows: list[tuple[int, tuple[str, ...]]]
) -> Iterator[Finding | None]:
    before = [at for at, name in enumerate(head) if pattern(rule.words["before_column"]).search(name)]
    after = [at for at, name in enumerate(head) if pattern(rule.words["after_column"]).search(name)]
    if len(before) != 1 or len(after) != 1:
        return
    for line, row in rows:
        if len(row) <= max(*before, *after):
            continue
        one, other = (_packing(rule, row[at]) or _packing(rule, head[at]) for at in (before[0], after[0]))
        sizes = [f for at in (before[0], after[0]) for f in case.figures(row[at]) if f.kind == "size"]
        if len(sizes) == 2 and {one, other} == {"packed", "plain"}:  # noqa: PLR2004 - one on each side
            yield finding(rule, line, " | ".join(row), before=sizes[0].text, after=sizes[1].text)


def same_size(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """A saving on Fargate or EC2 where the size that is paid for stays as it is."""
    for statement in case.asserted:
        near = case.note.block(statement)
        same = pattern(rule.words["same"]).search(near)
        if not same or not pattern(rule.words["compute"]).search(near) or pattern(rule.words["unless"]).search(near):
            continue
        for said in case.figures(statement.text):
            lead = statement.text[max(0, said.start - 40) : said.start]
            tail = statement.text[said.end : said.end + 40]
            saved = pattern(rule.words["saves"]).search(lead) or pattern(rule.words["saved"]).search(tail)
            if said.kind in {"money", "percent"} and saved and not pattern(rule.words["no"]).search(lead):
                yield finding(rule, statement.line(said.start), statement.text, said=said.text, why=same[0])
                break
