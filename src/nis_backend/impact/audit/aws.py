"""What a note says of AWS: its regions and sizes by name, ECR's price, and settings that have bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nis_backend.impact.audit.checking import Case, finding, regions
from nis_backend.impact.audit.figures import Quantity, agree
from nis_backend.impact.audit.rules import Rule, pattern
from nis_backend.impact.report import Finding
from nis_backend.prices.aws import prices

INSTANCE = re.compile(
    r"(?<![\w.-])((?:[a-z]\d{1,2}[a-z]{0,3}|[a-z]{1,3}\d[a-z-]{0,6})"
    r"\.(?:nano|micro|small|medium|large|\d{0,2}xlarge))(?![\w.-])"
)
HOURS = {"h": 1.0, "d": 24.0, "mo": 730.0, "y": 8760.0}
LEAST_MIB = 512
"""The least memory that a task or an EC2 size has."""
MOST = 500
"""So many tasks or machines at most: a larger count is of something else."""


def region(case: Case, text: str) -> str | None:
    """The one region that a text speaks of, else that its note does; empty where it is one without prices here."""
    for named in (regions(text), case.regions):
        if named:
            return named[0] if len(named) == 1 else ""
    return None


def mib(figure: Quantity) -> float:
    """MiB, a gigabyte taken as 1024 of them, as Fargate and EC2 do."""
    letter = figure.unit[0].lower()
    scale = {"k": 1 / 1024, "m": 1.0, "g": 1024.0, "t": 1048576.0}.get(letter, 1.0)
    base = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}.get(letter, 1.0)
    return round(figure.value / base * scale, 3)


def counts(figures: list[Quantity]) -> list[float]:
    """How many tasks or machines a price may be of, one among them."""
    return [1.0, *(f.value for f in figures if f.kind == "count" and 1 < f.value <= MOST)]


def columns(rule: Rule, head: tuple[str, ...], name: str) -> list[int]:
    """The columns of a table that a pattern names."""
    return [at for at, title in enumerate(head) if pattern(rule.words[name]).search(title)]


def ecr_price(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """What a gigabyte-month in ECR is said to cost."""
    for statement in case.figured:
        if not re.search(r"\bECR\b", statement.text) or pattern(rule.words["unless"]).search(statement.text):
            continue
        for said in case.figures(statement.text):
            unit = pattern(rule.words["unit"]).match(statement.text[said.end : said.end + 30])
            if said.kind != "money" or said.unit != "USD" or not unit:
                continue
            price = prices().ecr[0]
            if agree(said, price.gb_month, price.gb_month):
                yield None
            else:
                right = f"${price.gb_month:.2f} per GB and month, {price.region}, {price.dated}"
                yield finding(
                    rule, statement.line(said.start), statement.text, right=right, source=price.source, said=said.text
                )


def limit(rule: Rule, case: Case) -> Iterator[Finding | None]:
    """Settings that have bounds."""
    for statement in case.figured:
        for bound in rule.cases:
            for match in pattern(bound.pattern).finditer(statement.text):
                if bound.unless and pattern(bound.unless).search(statement.text):
                    continue
                value = float(match["value"])
                if (bound.low is None or value >= bound.low) and (bound.high is None or value <= bound.high):
                    yield None
                else:
                    yield finding(
                        rule, statement.line(match.start("value")), statement.text,
                        right=bound.right, source=bound.source, said=match[0],
                    )  # fmt: skip
