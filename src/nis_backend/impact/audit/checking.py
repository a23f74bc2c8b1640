"""What every check is given, and what it gives back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from nis_backend.impact.audit.figures import Change, Quantity, quantities
from nis_backend.impact.audit.note import Note, Statement
from nis_backend.impact.audit.rules import Rule, words
from nis_backend.impact.report import Finding

DIGIT = re.compile(r"\d")
REGIONS = {
    "us-east-1": r"us-east-1|virginia",
    "eu-central-1": r"eu-central-1|frankfurt",
    "": (
        r"us-east-2|ohio|us-west|oregon|california|eu-west|ireland|irland|london|paris|stockholm|ap-|sydney|tokyo"
        r"|singapore|mumbai|sa-east|paulo|canada"
    ),
}
THOUSAND = 1000
"""From here on a figure is shown without decimals."""
QUOTED = 300
"""Characters of a statement that a finding quotes."""


def regions(text: str) -> list[str]:
    """The regions that a text names; one empty entry for all those without prices here."""
    return [name for name, words in REGIONS.items() if re.search(words, text, re.IGNORECASE)]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A note under a rule."""

    note: Note
    comma: bool | None
    """Whether the note's decimals are written with a comma; None where it writes both."""

    known: dict[str, list[Quantity]] = field(default_factory=dict[str, list[Quantity]])
    """The quantities of each text that was read for them."""

    found: dict[str, list[tuple[Change, str]]] = field(default_factory=dict[str, list[tuple[Change, str]]])
    """What a check found in the whole note and asks for again."""

    def figures(self, text: str) -> list[Quantity]:
        """The quantities of a text."""
        if text not in self.known:
            self.known[text] = quantities(text, comma=self.comma)
        return self.known[text]

    @cached_property
    def regions(self) -> list[str]:
        """The regions that the note speaks of."""
        return regions(self.note.text)

    @cached_property
    def asserted(self) -> list[Statement]:
        """The statements that the note stands behind: not those that it quotes to refute them."""
        return [statement for statement in self.note.statements if not self._refuted(statement)]

    @cached_property
    def figured(self) -> list[Statement]:
        """Those of them that hold a digit."""
        return [statement for statement in self.asserted if DIGIT.search(statement.text)]

    def _refuted(self, statement: Statement) -> bool:
        """Whether the statement is called wrong, or quoted beside text that calls it so."""
        if words()["refuted"].search(statement.text):
            return True
        return statement.quoted and bool(words()["refuted"].search(self.note.around(statement)))


Check = Callable[[Rule, Case], Iterator[Finding | None]]
"""Yields a finding, or None for each statement that was checked and holds."""


def finding(rule: Rule, line: int, quoted: str, *, right: str = "", source: str = "", **values: str) -> Finding:
    """A finding of a rule, its sentence filled in."""
    return Finding(
        line=line,
        quoted=quoted.strip()[:QUOTED],
        rule=rule.id,
        wrong=rule.wrong.format(**values),
        right=right or rule.right.format(**values),
        source=source or rule.source,
    )


def shown(value: float, like: Quantity) -> str:
    """A value in the unit of a figure, to be read: `$2,594.88`, `1.44 GB`, `56 %`."""
    plain = value / like.scale
    if like.kind == "money":
        return f"${plain:,.2f}" if like.unit == "USD" else f"€{plain:,.2f}"
    text = f"{plain:,.0f}" if abs(plain) >= THOUSAND else f"{plain:,.3g}"
    return f"{text} {like.unit}".strip()
