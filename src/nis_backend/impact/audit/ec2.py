"""Sizes and prices of EC2 that a note states, against `prices.json`."""

from __future__ import annotations

from collections.abc import Iterator

from nis_backend.impact.audit.aws import HOURS, INSTANCE, LEAST_MIB, columns, counts, mib, region
from nis_backend.impact.audit.checking import Case, finding
from nis_backend.impact.audit.figures import Quantity, agree
from nis_backend.impact.audit.reading import Row, Statement
from nis_backend.impact.audit.rules import Ec2Size, Rule, pattern, prices
from nis_backend.impact.report import Finding

NEAR = 60
"""Characters after a size's name in which its vCPUs and memory are told."""
APART = 0.08
"""By how much a stated memory may differ: GB for GiB."""


def ec2_size(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """What an EC2 size is said to have."""
    for statement in case.asserted:
        names = list(INSTANCE.finditer(statement.text))
        figures = case.figures(statement.text)
        for at, name in enumerate(names):
            size = prices().ec2_size(name[1])
            stop = names[at + 1].start() if at + 1 < len(names) else len(statement.text)
            told = [f for f in figures if name.end() <= f.start < min(stop, name.end() + NEAR)]
            if size is not None and told and not pattern(rule.words["unless"]).search(statement.text):
                yield from _size_of(rule, statement, size, told)
    for table in case.note.tables:
        cpu = columns(rule, table.head, "cpu_column")
        memory = columns(rule, table.head, "memory_column")
        if len(cpu) > 1 or len(memory) > 1 or not (cpu or memory):
            continue
        for row in table.rows:
            found = INSTANCE.search(" ".join(row.cells))
            size = prices().ec2_size(found[1]) if found else None
            if size is not None and len(row.cells) >= len(table.head):
                yield from _row_of(rule, case, size, row, (cpu, memory))


def _size_of(rule: Rule, statement: Statement, size: Ec2Size, figures: list[Quantity]) -> Iterator[Finding | None]:
    said = [f for f in figures if f.kind == "vcpu" or (f.kind == "size" and mib(f) >= LEAST_MIB)]
    cpus, memories = [f for f in said if f.kind == "vcpu"], [f for f in said if f.kind == "size"]
    if not cpus:  # a size alone may be a disk's, or what is used of it
        name = statement.text.rfind(size.size, 0, figures[0].start) + len(size.size)
        has = memories and pattern(rule.words["has"]).fullmatch(statement.text[name : memories[0].start])
        memories = memories if has else []
    if cpus[:1] and cpus[0].value != size.vcpu:
        yield _wrong(rule, statement.line(cpus[0].start), statement.text, size)
    elif memories[:1] and abs(mib(memories[0]) - size.memory_mib) > APART * size.memory_mib:
        yield _wrong(rule, statement.line(memories[0].start), statement.text, size)
    elif cpus or memories:
        yield None


def _row_of(
    rule: Rule, case: Case, size: Ec2Size, row: Row, at: tuple[list[int], list[int]]
) -> Iterator[Finding | None]:
    cpus = [f for n in at[0] for f in case.figures(row.cells[n]) if f.kind in {"vcpu", "count"}]
    memories = [f for n in at[1] for f in case.figures(row.cells[n]) if f.kind in {"size", "count"}]
    bad = len(cpus) == 1 and cpus[0].value != size.vcpu
    if len(memories) == 1:
        one = memories[0]
        bare = one.value * (1024 if one.value < LEAST_MIB else 1)
        bad = bad or abs((mib(one) if one.kind == "size" else bare) - size.memory_mib) > APART * size.memory_mib
    yield _wrong(rule, row.line, " | ".join(row.cells), size) if bad else None


def _wrong(rule: Rule, line: int, quoted: str, size: Ec2Size) -> Finding:
    right = f"{size.size}: {size.vcpu} vCPU, {size.memory_mib / 1024:g} GiB"
    return finding(rule, line, quoted, right=right, source=prices().ec2.source, size=size.size)


def ec2_price(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """What an EC2 size is said to cost, on demand."""
    for statement in case.asserted:
        text = statement.text
        names = {m[1] for m in INSTANCE.finditer(text)}
        if len(names) != 1 or pattern(rule.words["unless"]).search(case.note.around(statement)):
            continue
        size, where = prices().ec2_size(names.pop()), region(text, case.note.text)
        money = [f for f in case.figures(text) if f.kind == "money" and f.unit == "USD" and set(f.per) & set(HOURS)]
        if size is None or where != "us-east-1" or pattern(rule.words["other"]).search(text):
            continue
        many = counts(case.figures(text))
        for said in money[:3]:
            cost = size.us_east_1 * next(HOURS[per] for per in said.per if per in HOURS)
            if any(agree(said, cost * n, cost * n, 0.03) for n in many):
                yield None
            else:
                right = f"${cost:,.4g}, {size.size} in us-east-1, on demand, {prices().ec2.dated}"
                yield finding(
                    rule,
                    statement.line(said.start),
                    text,
                    right=right,
                    source=prices().ec2.source,
                    said=said.text,
                    size=size.size,
                )
