"""A Markdown note, taken apart: sentences, tables and fenced code, each with its lines and its section."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*$")
ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+")
RULER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
END = re.compile(r"(?<=[.!?])[\"”'*)]{0,2}\s+(?=[\"“'*`(\[]{0,2}[A-Z0-9ÄÖÜ$€`a-z])")
SHORT = re.compile(r"(?:\b(?:e\.g|i\.e|z\.B|d\.h|ca|approx|vs|no|resp|incl|bzw|Nr|[A-Za-z])\.)[\"”'*)]{0,2}$")
TAG = re.compile(r"<!--.{0,2000}?-->|</?[a-zA-Z][^<>]{0,200}>")
STRESS = re.compile(r"\*\*|__|(?<=[\s(])[*_](?=\S)|(?<=\S)[*_](?=[\s).,;:]|$)")
LONGEST = 4000
"""Characters of a line that are read: what comes after them is no prose of a person."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A sentence, as it stands: a heading and a list's item are of their own."""

    text: str
    starts: tuple[int, ...]
    """Offsets in `text` where a line of the note begins."""
    lines: tuple[int, ...]
    """The number of each of these lines, from 1."""
    block: int
    """Its paragraph or list item; statements of one block stand together."""
    section: int
    quoted: bool = False
    """Within a block quote."""
    item: bool = False
    """Of a list."""

    def line(self, offset: int = 0) -> int:
        """The number of the line that holds a place of the text."""
        return self.lines[max(bisect_right(self.starts, offset) - 1, 0)]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with its head."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    section: int


@dataclass(frozen=True, kw_only=True)
class Fence:
    """A block of fenced code."""

    line: int
    """The number of its first line of code."""
    language: str
    lines: tuple[str, ...]
    section: int
    lead: str
    """The text that introduces it: the block right before it."""
    closed: bool


@dataclass(kw_only=True)
class Note:
    """A document in parts."""

    statements: list[Statement] = field(default_factory=list[Statement])
    tables: list[Table] = field(default_factory=list[Table])
    fences: list[Fence] = field(default_factory=list[Fence])
    headings: list[str] = field(default_factory=lambda: [""])
    text: str = ""

    def around(self, statement: Statement) -> str:
        """The statement's whole block, and the blocks right before and after it in its section."""
        near = range(statement.block - 1, statement.block + 2)
        return " ".join(s.text for b in near for s in self._blocks.get(b, ()) if s.section == statement.section)

    def lead(self, statement: Statement) -> str:
        """The paragraph that introduces the list whose item it is; empty for what is no item."""
        block = statement.block
        while statement.item and block > 0:
            block -= 1
            before = self._blocks.get(block, [])
            if not before or before[0].section != statement.section:
                return ""
            if not before[0].item:
                return " ".join(s.text for s in before)
        return ""

    def block(self, statement: Statement) -> str:
        """The statement's paragraph or item."""
        return " ".join(s.text for s in self._blocks.get(statement.block, ()))

    def in_section(self, section: int) -> str:
        """The prose of a section, its heading first."""
        return " ".join([self.headings[section], *self._prose.get(section, [])])

    @cached_property
    def _blocks(self) -> dict[int, list[Statement]]:
        blocks: dict[int, list[Statement]] = {}
        for statement in self.statements:
            blocks.setdefault(statement.block, []).append(statement)
        return blocks

    @cached_property
    def _prose(self) -> dict[int, list[str]]:
        prose: dict[int, list[str]] = {}
        for statement in self.statements:
            prose.setdefault(statement.section, []).append(statement.text)
        return prose


def cells(line: str) -> tuple[str, ...]:
    """The cells of a table's line, without stress and code marks."""
    inner = line.strip().removeprefix("|").removesuffix("|")
    return tuple(STRESS.sub("", cell.replace(r"\|", "¦")).strip(" *`") for cell in re.split(r"(?<!\\)\|", inner))


def read(text: str) -> Note:
    """Take a note apart, in one pass over its lines."""
    return _Reader(text).note


class _Reader:
    """Goes through the lines; `waiting` holds the lines of the paragraph at hand."""

    def __init__(self, text: str) -> None:
        self.lines = [line[:LONGEST].replace("\t", "    ") for line in text.split("\n")]
        self.note = Note(text=text)
        self.waiting: list[tuple[int, str]] = []
        self.block = 0
        self.lead = ""
        self.quoted = self.item = False
        at = 0
        while at < len(self.lines):
            at = self._step(at)
        self._flush()

    def _step(self, at: int) -> int:
        line = self.lines[at].rstrip("\r ")
        if fence := FENCE.match(line):
            return self._fence(at, fence[1], fence[2])
        if "|" in line and at + 1 < len(self.lines) and "|" in self.lines[at + 1] and RULER.match(self.lines[at + 1]):
            return self._table(at)
        quoted = line.lstrip().startswith(">")
        body = re.sub(r"^\s*(?:>\s?)+", "", line) if quoted else line
        if heading := HEADING.match(body):
            self._flush()
            self.note.headings.append(heading[1])
            self.lead = heading[1]
        elif not body.strip():
            self._flush()
        else:
            item = ITEM.match(body) is not None
            if item or quoted != self.quoted:
                self._flush()
            if not self.waiting:
                self.item = item
            self.quoted = quoted
            self.waiting.append((at + 1, TAG.sub(" ", ITEM.sub("", body)).strip()))
        return at + 1

    def _fence(self, at: int, mark: str, language: str) -> int:
        self._flush()
        end = at + 1
        close = re.compile(rf"^ {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}\s*$")
        while end < len(self.lines) and not close.match(self.lines[end]):
            end += 1
        section = len(self.note.headings) - 1
        closed = end < len(self.lines)
        body = tuple(line.rstrip("\r") for line in self.lines[at + 1 : end])
        self.note.fences.append(
            Fence(
                line=at + 2,
                language=language.lower(),
                lines=body,
                section=section,
                lead=self.lead,
                closed=closed,
            )
        )
        return end + 1

    def _table(self, at: int) -> int:
        self._flush()
        head = cells(self.lines[at])
        rows: list[Row] = []
        end = at + 2
        while end < len(self.lines) and "|" in self.lines[end]:
            rows.append(Row(line=end + 1, cells=cells(self.lines[end])))
            end += 1
        self.note.tables.append(Table(head=head, rows=tuple(rows), section=len(self.note.headings) - 1))
        return end

    def _flush(self) -> None:
        """End the paragraph at hand: its lines become sentences."""
        if not self.waiting:
            return
        text, starts, numbers = "", list[int](), list[int]()
        for number, line in self.waiting:
            starts.append(len(text))
            numbers.append(number)
            text += STRESS.sub("", line) + " "
        self.block += 1
        self.lead = text.strip()
        for begin, end in _sentences(text):
            first = max(bisect_right(starts, begin) - 1, 0)
            inside = [n for n in range(first, len(starts)) if starts[n] < end]
            self.note.statements.append(
                Statement(
                    text=text[begin:end].strip(),
                    starts=tuple(max(starts[n] - begin, 0) for n in inside),
                    lines=tuple(numbers[n] for n in inside),
                    block=self.block,
                    section=len(self.note.headings) - 1,
                    quoted=self.quoted,
                    item=self.item,
                )
            )
        self.waiting = []


def _sentences(text: str) -> list[tuple[int, int]]:
    """Where sentences begin and end: not after `e.g.`, nor within a parenthesis or a span of code."""
    spans: list[tuple[int, int]] = []
    begin = 0
    for end in END.finditer(text):
        before = text[max(begin, end.start() - 12) : end.start()]
        piece = text[begin : end.start()]
        if SHORT.search(before) or piece.count("`") % 2 or piece.count("(") > piece.count(")"):
            continue
        spans.append((begin, end.end()))
        begin = end.end()
    spans.append((begin, len(text)))
    return [(b, e) for b, e in spans if text[b:e].strip()]
