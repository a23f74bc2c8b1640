"""Sizes and prices of EC2 that a note states, against `aws.json`."""

from __future__ import annotations

from collections.abc import Iterator

from nis_backend.impact.audit.aws import HOURS, INSTANCE, LEAST_MIB, columns, counts, mib, region
from nis_backend.impact.audit.checking import Case, finding
from nis_backend.impact.audit.figures import Quantity, agree
from nis_backend.impact.audit.note import Row, Statement
from nis_backend.impact.audit.rules import Rule, pattern
from nis_backend.impact.report import Finding
from nis_backend.prices.aws import Ec2Size, prices

NEAR = 60
"""Characters after a size's name in which its vCPUs and memory are told."""
PAIR = 2
"""A size before and one after."""
DEARER = 1.8
"""How much dearer than in us-east-1 a size may be elsewhere."""
APART = 0.08
"""By how much a stated memory may differ: GB for GiB."""


def ec2_size(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """What an EC2 size is said to have."""
    for statement in case.figured:
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
    for statement in case.figured:
        text = statement.text
        names = {m[1] for m in INSTANCE.finditer(text)}
        if len(names) != 1 or pattern(rule.words["unless"]).search(case.note.around(statement)):
            continue
        size, where = prices().ec2_size(names.pop()), region(case, text)
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


def ec2_saving(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """What a smaller size is said to save in a month, within what regions differ by where none is named."""
    if not INSTANCE.search(case.note.text):
        return
    for statement in case.figured:
        near = case.note.around(statement)
        names = list(INSTANCE.finditer(near))
        if len(names) != PAIR or not pattern(rule.words["between"]).search(near[names[0].end() : names[1].start()]):
            continue
        before, after = (prices().ec2_size(name[1]) for name in names)
        if before is None or after is None or pattern(rule.words["unless"]).search(near):
            continue
        figures = case.figures(statement.text)
        many = counts(figures)
        hour = abs(before.us_east_1 - after.us_east_1)
        dearer = 1.02 if region(case, statement.text) == "us-east-1" else DEARER
        for said in figures:
            about = statement.text[max(0, said.start - NEAR) : said.end + NEAR]
            period = next((per for per in said.per if per in HOURS), "")
            if said.kind == "money" and period and pattern(rule.words["saves"]).search(about):
                gap = hour * HOURS[period]
                if any(agree(said, gap * n, gap * n * dearer, 0.02) for n in many):
                    yield None
                else:
                    right = f"${gap:,.2f} in us-east-1, on demand, {prices().ec2.dated}"
                    values = {"said": said.text, "before": before.size, "after": after.size}
                    source = prices().ec2.source
                    yield finding(
                        rule, statement.line(said.start), statement.text, right=right, source=source, **values
                    )
