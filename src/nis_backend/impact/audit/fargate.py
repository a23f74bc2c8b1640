"""Sizes and prices of Fargate tasks that a note states, against `aws.json`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from nis_backend.impact.audit.aws import HOURS, INSTANCE, LEAST_MIB, columns, counts, mib, region
from nis_backend.impact.audit.checking import Case, finding
from nis_backend.impact.audit.figures import Quantity, agree
from nis_backend.impact.audit.note import Statement
from nis_backend.impact.audit.rules import Rule, pattern
from nis_backend.impact.report import Finding
from nis_backend.prices.aws import prices

SETTING = re.compile(
    r"(?P<a>(?:--)?[\"'`]?\bcpu\b[\"'`]?\s*[=:]?\s*[\"'`]?)(?P<cpu>\d{3,5})\b(?P<gap>[^\d\n]{1,40}?)"
    r"(?P<b>\bmemory\b[\"'`]?\s*[=:]?\s*[\"'`]?)(?P<memory>\d{3,6})\b",
    re.IGNORECASE,
)
Pair = tuple[float, float, int, int]
"""CPU units, MiB, and where that stands."""
FEW = 8
"""So many sizes of memory are listed; more are told as a range."""
LEAST_UNITS = 128
"""A bare number is CPU units from here on, and vCPUs below."""


def fargate_size(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Pairs of CPU and memory that a Fargate task cannot have."""
    if not pattern(rule.words["fargate"]).search(case.note.text):
        return
    for statement in case.figured:
        on_ec2 = pattern(rule.words["other"]).search(case.note.block(statement)) or INSTANCE.search(statement.text)
        if not on_ec2:
            for pair in _pairs(case, statement, rule):
                yield _size(rule, statement.line(pair[2]), statement.text, pair)
    yield from _size_tables(rule, case)
    yield from _size_code(rule, case)


def _pairs(case: Case, statement: Statement, rule: Rule) -> list[Pair]:
    """The sizes of tasks in a sentence: `2 vCPU and 4 GB`, `cpu 1536 / memory 3072`."""
    found = [(float(m["cpu"]), float(m["memory"]), m.start(), m.end()) for m in SETTING.finditer(statement.text)]
    figures = case.figures(statement.text)
    near = case.note.headings[statement.section] + " " + case.note.around(statement)
    if not pattern(rule.words["task"]).search(near) or pattern(rule.words["usage"]).search(statement.text):
        return found
    for one, other in pairwise(figures):
        between = statement.text[one.end : other.start]
        joined = pattern(rule.words["joined"]).fullmatch(between)
        if joined and one.kind in {"vcpu", "units"} and other.kind == "size" and not one.about and not other.about:
            found.append((_cpu(one), mib(other), one.start, other.end))
        elif joined and one.kind == "size" and other.kind in {"vcpu", "units"} and not one.about and not other.about:
            found.append((_cpu(other), mib(one), one.start, other.end))
    return found


def _cpu(figure: Quantity) -> float:
    return figure.value * 1024 if figure.kind == "vcpu" and figure.value < LEAST_UNITS else figure.value


def _size(rule: Rule, line: int, quoted: str, pair: Pair) -> Finding | None:
    cpu, memory = pair[0], pair[1]
    if prices().pair_is_valid(cpu, memory):
        return None
    sizes = prices().fargate.sizes
    same = next((size for size in sizes if size.cpu == cpu), None)
    if same is None:
        right = "CPU units can be " + ", ".join(str(size.cpu) for size in sizes) + "."
    else:
        memories = same.memories()
        listed = (
            ", ".join(str(m) for m in memories)
            if len(memories) <= FEW
            else f"{memories[0]} to {memories[-1]} in steps of {same.step_mib}"
        )
        right = f"With {same.cpu} CPU units: {listed} MiB."
    return finding(
        rule, line, quoted, right=right, source=prices().fargate.source, cpu=f"{cpu:g}", memory=f"{memory:g}"
    )


def _size_tables(rule: Rule, case: Case) -> Iterator[Finding | None]:
    for table in case.note.tables:
        cpu = columns(rule, table.head, "cpu_column")
        memory = columns(rule, table.head, "memory_column")
        about = " ".join(table.head) + case.note.in_section(table.section)
        if len(cpu) != 1 or len(memory) != 1 or pattern(rule.words["usage"]).search(" ".join(table.head)):
            continue
        if not pattern(rule.words["task"]).search(about):
            continue
        for row in table.rows:
            text = " ".join(row.cells)
            if (
                len(row.cells) <= max(*cpu, *memory)
                or INSTANCE.search(text)
                or pattern(rule.words["other"]).search(text)
            ):
                continue
            pair = _cell_pair(case, row.cells[cpu[0]], table.head[memory[0]], row.cells[memory[0]])
            if pair is not None:
                yield _size(rule, row.line, text, pair)


def _cell_pair(case: Case, cpu_cell: str, memory_head: str, memory_cell: str) -> Pair | None:
    cpus, memories = case.figures(cpu_cell), case.figures(memory_cell)
    if len(cpus) != 1 or len(memories) != 1:
        return None
    cpu, memory = cpus[0], memories[0]
    units = cpu.value if cpu.kind == "units" or cpu.value >= LEAST_UNITS else cpu.value * 1024
    if memory.kind == "size":
        return units, mib(memory), 0, 0
    gib = re.search(r"\bG(?:i?B)?\b", memory_head)
    known = gib or re.search(r"\bM(?:i?B|i)\b", memory_head) or memory.value >= LEAST_MIB
    if memory.kind != "count" or not known:
        return None
    return units, memory.value * 1024 if gib else memory.value, 0, 0


def _size_code(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Task definitions and commands in code."""
    for fence in case.note.fences:
        text = "\n".join(fence.lines)
        about = text + fence.lead + case.note.headings[fence.section]
        if not pattern(rule.words["task"]).search(about) or pattern(rule.words["other"]).search(about):
            continue
        for match in SETTING.finditer(text):
            line = fence.line + text.count("\n", 0, match.start())
            pair = (float(match["cpu"]), float(match["memory"]), match.start(), match.end())
            yield _size(rule, line, match[0], pair)


def fargate_price(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """What a task of a stated size is said to cost."""
    if not pattern(rule.words["fargate"]).search(case.note.text):
        return
    for statement in case.figured:
        text = statement.text
        if pattern(rule.words["unless"]).search(case.note.around(statement)) or INSTANCE.search(text):
            continue
        pairs = [p for p in _pairs(case, statement, rule) if prices().pair_is_valid(p[0], p[1])]
        money = [f for f in case.figures(text) if f.kind == "money" and f.unit == "USD" and set(f.per) & set(HOURS)]
        where = region(case, text)
        if len(pairs) == 1 and len(money) == 1 and where:
            right = _price(pairs[0], money[0], counts(case.figures(text)), where)
            line, source = statement.line(money[0].start), prices().fargate.prices[0].source
            yield finding(rule, line, text, right=right, source=source, said=money[0].text) if right else None


def _price(pair: Pair, said: Quantity, many: list[float], where: str) -> str:
    """Empty where what is said fits one of the region's architectures, else what they cost."""
    hours = next(HOURS[per] for per in said.per if per in HOURS)
    known = [price for price in prices().fargate.prices if price.region == where]
    each = [price.of(pair[0], pair[1]) * hours for price in known]
    if any(agree(said, cost * n, cost * n, 0.03) for cost in each for n in many):
        return ""
    told = zip(each, known, strict=True)
    return "; ".join(f"${cost:,.2f} on {p.architecture} in {p.region}, {p.dated}" for cost, p in told)
