"""All rules over one note."""

from __future__ import annotations

from collections.abc import Mapping

from nis_backend.errors import InvalidRequest, TooLarge
from nis_backend.impact.audit import aws, changes, claims, commands, ec2, equations, fargate, tables
from nis_backend.impact.audit.checking import Case, Check
from nis_backend.impact.audit.figures import german
from nis_backend.impact.audit.reading import read
from nis_backend.impact.audit.rules import rules
from nis_backend.impact.report import Audit, Finding

LONGEST = 1_000_000
"""Characters of a note: far more than anyone writes, and checked within seconds."""

CHECKS: Mapping[str, Check] = {
    "equation": equations.equation,
    "period": equations.period,
    "each": equations.each,
    "together": equations.together,
    "units": equations.units,
    "change": changes.change,
    "part": changes.part,
    "table_total": tables.total,
    "table_product": tables.product,
    "table_change": tables.change,
    "fargate_size": fargate.fargate_size,
    "fargate_price": fargate.fargate_price,
    "ec2_size": ec2.ec2_size,
    "ec2_price": ec2.ec2_price,
    "ec2_saving": ec2.ec2_saving,
    "ecr_price": aws.ecr_price,
    "limit": aws.limit,
    "never_started": claims.never_started,
    "never_used": claims.never_used,
    "unmeasured": claims.unmeasured,
    "compressed": claims.compressed,
    "same_size": claims.same_size,
    "effect": commands.effect,
    "mutable": commands.mutable,
    "invalid_json": commands.invalid_json,
}


def audit(text: str) -> Audit:
    """Check what a note claims. Of several findings on one statement, the first rule's stands.

    Raises:
        TooLarge: The note has more than 1,000,000 characters.
        InvalidRequest: It is no text.
    """
    if len(text) > LONGEST:
        raise TooLarge(
            f"The note has {len(text):,} characters; at most {LONGEST:,} are read.",
            field="document",
            value=f"{len(text):,} characters",
            remedy="Give the note alone, without logs and attachments.",
        )
    if "\0" in text:
        raise InvalidRequest(
            "The note holds NUL characters, so it is no text.",
            field="document",
            value=f"a NUL at character {text.index(chr(0)) + 1}",
            remedy="Give a Markdown file in UTF-8.",
        )
    case = Case(note=read(text), comma=german(text))
    found: dict[tuple[int, str], Finding] = {}
    checked = 0
    for rule in rules():
        for result in CHECKS[rule.by](rule, case):
            checked += 1
            if result is not None:
                found.setdefault((result.line, result.quoted), result)
    ordered = sorted(found.values(), key=lambda f: (f.line, f.rule))
    return Audit(findings=ordered, checked=checked, rules=len(rules()))
