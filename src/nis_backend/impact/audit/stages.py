"""What a note lists as before and after, line by line, instead of in a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nis_backend.impact.audit.note import Note, Row, Table

MARKS = re.compile(r"^[\s>]*(?:[-*+]\s+|\d{1,3}[.)]\s+)?|\*\*|__|`")
STAGE = re.compile(
    r"^\W*(?:(?P<before>before|old|previously|currently|current|today|vorher|bisher|alt)"
    r"|(?P<after>after|new|now|proposed|nachher|neu|künftig)"
    r"|(?P<change>savings?|saved|improvement|reduction|difference|change|delta|gain|ersparnis|einsparung|differenz))"
    r"\b(?P<more>[^:]{0,40}):\s*(?P<told>.{0,200})$",
    re.IGNORECASE,
)
POINT = re.compile(r"^\s*[-*+]?\s*(?P<label>[A-Za-zÄÖÜäöü][^:]{1,40}):\s*(?P<told>.{1,200})$")
MOST = 40
"""Lines between a stage and the next that belong to it."""

Told = tuple[int, str]


@dataclass(kw_only=True)
class Stages:
    """Collects the lines of a before, of its after, and what the change is said to come to."""

    stage: str = ""
    since: int = 0
    single: dict[str, Told] = field(default_factory=dict[str, Told])
    """`Before: 8 GB` and its like: what each stage tells on its own line."""
    points: dict[str, dict[str, Told]] = field(default_factory=dict[str, dict[str, Told]])
    """The points listed under each stage, by their label."""

    def see(self, note: Note, number: int, line: str) -> None:
        """Take the next line of the note."""
        text = MARKS.sub("", line).strip()
        match = STAGE.match(text)
        if match is None:
            self._point(note, number, text)
            return
        stage = next(name for name in ("before", "after", "change") if match[name])
        if stage == "before" or (stage in self.single and match["told"]) or number - self.since > MOST:
            self.end(note)
        self.since = number
        if match["told"]:
            self.single[stage] = (number, match["told"])
            self.stage = ""
        else:
            self.stage = stage
            self.points.setdefault(stage, {})

    def _point(self, note: Note, number: int, text: str) -> None:
        point = POINT.match(text)
        if number - self.since > MOST:
            self.end(note)
        elif self.stage and point:
            self.points[self.stage].setdefault(point["label"].strip().lower(), (number, point["told"]))

    def end(self, note: Note) -> None:
        """Hand on what was collected, as the rows of a table."""
        heading, section = note.headings[-1], len(note.headings) - 1
        rows = [self._row(heading, self.single)] if {"before", "after"} <= set(self.single) else []
        before, after = self.points.get("before", {}), self.points.get("after", {})
        change = self.points.get("change", {})
        for label in before:
            if label in after:
                stages = {"before": before[label], "after": after[label]}
                rows.append(self._row(label, stages | ({"change": change[label]} if label in change else {})))
        if rows:
            note.tables.append(
                Table(head=("", "before", "after", "change"), rows=tuple(rows), section=section, told=True)
            )
        self.stage, self.single, self.points = "", {}, {}

    @staticmethod
    def _row(label: str, stages: dict[str, Told]) -> Row:
        before, after = stages["before"], stages["after"]
        change = stages.get("change", (after[0], ""))
        return Row(
            line=before[0],
            cells=(label, before[1], after[1], change[1]),
            lines=(before[0], before[0], after[0], change[0]),
        )
