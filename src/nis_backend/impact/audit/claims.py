"""Claims that cannot be so, or cannot be known: figures of what never ran, memory of what was never loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from nis_backend.impact.audit.changes import changes
from nis_backend.impact.audit.checking import Case, finding
from nis_backend.impact.audit.figures import Quantity, agree
from nis_backend.impact.audit.note import Statement
from nis_backend.impact.audit.rules import Rule, pattern, words
from nis_backend.impact.audit.tables import changes as table_changes
from nis_backend.impact.report import Finding

FILE = re.compile(r"\.(?:txt|toml|py|cfg|lock|md|ya?ml|json)$")
BARE = re.compile(r"(?<![\w.-])([A-Za-z][\w-]{2,40})\s+(?:(?:is|was|has been|ist|wird|wurde)\s+)?$")
THING = re.compile(r"[A-Za-zÄÖÜäöü]{4,}")
COMMON = re.compile(
    r"it|this|that|which|and|but|code|module|package|packages|library|dependency|we|they|there|are|were|have|has|been"
    r"|variables?|variable|flag|setting|feature|endpoint|import|paket|bibliothek|service|server|these|those|them",
    re.IGNORECASE,
)
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
    for statement in case.figured:
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
                yield finding(
                    rule, row.at(before[0]), " | ".join(row.cells), said=figures[0].text, why=said[0].text[:120]
                )


MOST = 300
"""Changes of a note that a recap is compared with."""
FEW = 30
"""Packages that a note says nothing uses."""


@cache
def _named(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.IGNORECASE)


def never_used(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Memory or start-up time that goes away with a package which nothing imports."""
    unused = _unused(rule, case)
    for statement in case.figured if unused else ():
        hit = pattern(rule.words["saved"]).search(statement.text)
        text = f"{statement.text} ({case.note.lead(statement)[:200]})"
        figures = [f for f in case.figures(statement.text) if f.kind in {"size", "time", "percent"}]
        if hit is None or not figures or pattern(rule.words["yet"]).search(text):
            continue
        name = next((n for n in unused if _named(n).search(text)), None)
        same = [n for n, s in unused.items() if s.block == statement.block and s.line() <= statement.line()]
        others = [m[1] for m in NAME.finditer(text) if m[1].lower() not in unused]
        if name is None and same and not others and pattern(rule.words["removal"]).search(text):
            name = same[0]
        if name is not None:
            line, why = statement.line(hit.start()), str(unused[name].line())
            yield finding(rule, line, statement.text, said=figures[0].text, name=name, why=why)


def _unused(rule: Rule, case: Case) -> dict[str, Statement]:
    """The packages that are said to be used by nothing, and where: not those that something else may import."""
    unused: dict[str, Statement] = {}
    for statement in case.asserted:
        claim = pattern(rule.words["unused"]).search(statement.text)
        if claim is None:
            continue
        names = [m for m in NAME.finditer(statement.text) if not FILE.search(m[1])]
        ahead = [m for m in names if m.start() < claim.end()] or names
        bare = BARE.search(statement.text[: claim.start()])
        ahead = ahead or ([bare] if bare and not COMMON.fullmatch(bare[1]) else [])
        after = case.note.block(statement).split(statement.text)[-1]
        if (
            ahead
            and len(unused) < FEW
            and not pattern(rule.words["yet"]).search(statement.text[ahead[-1].start() :] + " " + after)
        ):
            unused.setdefault(ahead[-1][1].lower(), statement)
    return unused


def unmeasured(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """A gain in per cent that no figures, method or command stand behind."""
    method = pattern(rule.words["method"])
    measured = {section for section, code in case.note.code.items() if method.search(code)}
    for statement in case.figured:
        text = statement.text
        gains = [f for f in case.figures(text) if f.kind in {"percent", "factor"} and _is_gain(rule, text, f)]
        if not gains:
            continue
        near = f"{case.note.headings[statement.section]} {case.note.lead(statement)} {case.note.block(statement)}"
        backed = method.search(near) or words()["estimate"].search(text)
        backed = backed or _figures_behind(case, statement) or statement.section in measured
        backed = (
            backed
            or pattern(rule.words["arrow"]).search(text)
            or all(_follows(rule, case, statement, gain) for gain in gains)
        )
        if backed:
            yield None
        else:
            yield finding(rule, statement.line(gains[0].start), text, said=gains[0].text)


def _is_gain(rule: Rule, text: str, figure: Quantity) -> bool:
    """Whether a figure is said to be won: not one of two between which something went."""
    before, after = text[max(0, figure.start - 60) : figure.start], text[figure.end : figure.end + 40]
    if pattern(rule.words["of_two"]).search(f"{before}§{after}"):
        return False
    return bool(pattern(rule.words["gain_before"]).search(before) or pattern(rule.words["gain_after"]).match(after))


def _figures_behind(case: Case, statement: Statement) -> bool:
    """Whether two figures of one kind stand in the paragraph, or a table in the section."""
    kinds = [f.kind for f in case.figures(case.note.block(statement)[:4000]) if f.kind in {"money", "size", "time"}]
    counted = [f for f in case.figures(statement.text) if f.kind == "count" and f.value > 1]
    return (
        any(kinds.count(kind) > 1 for kind in set(kinds))
        or len(counted) > 1
        or statement.section in case.note.with_tables
    )


def _follows(rule: Rule, case: Case, statement: Statement, gain: Quantity) -> bool:
    """Whether a gain is that of figures which the note states elsewhere of the same thing: it sums them up."""
    if "pairs" not in case.found:
        stated = [(pair, s.text) for s in case.figured for pair in changes(rule, s, case.figures(s.text))]
        case.found["pairs"] = [*stated, *table_changes(rule, case)][:MOST]
    mine = _things(statement.text)
    same = [pair for pair, text in case.found["pairs"] if mine & _things(text)]
    if gain.kind == "percent":
        return any(low - 1.5 <= gain.value <= high + 1.5 for low, high in (pair.share() for pair in same))
    ratios = [
        ratio
        for low, high in (pair.ratio() for pair in same)
        if low > 0
        for ratio in ((low, high), (1 / high, 1 / low))
    ]
    return any(agree(gain, low, high, 0.06) for low, high in ratios)


def _things(text: str) -> set[str]:
    """The longer words of a text."""
    return {word.lower()[:6] for word in THING.findall(text)}


def compressed(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """A change whose one side is a compressed size and whose other is not."""
    for statement in case.figured:
        figures = [f for f in case.figures(statement.text) if f.kind == "size"]
        for pair in changes(rule, statement, figures):
            split = pair.start + len(statement.text[pair.start : max(pair.before.start, pair.after.start)])
            first = statement.text[min(pair.before.end, pair.after.end) : split]
            second = statement.text[max(pair.before.end, pair.after.end) : max(pair.before.end, pair.after.end) + 60]
            lead = statement.text[max(0, pair.start - 24) : pair.start]
            kinds = _packing(rule, first) or _packing(rule, lead), _packing(rule, second)
            if set(kinds) == {"packed", "plain"} and pattern(rule.words["gain"]).search(statement.text):
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
    for statement in case.figured:
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
