"""A note in parts: sentences, tables and fenced code, each with its lines and its section."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


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
    lines: tuple[int, ...] = ()
    """Where each cell stands, in what is told as a list instead of a table."""

    def at(self, column: int) -> int:
        """The line of a cell."""
        return self.lines[column] if self.lines else self.line


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with its head."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    section: int
    told: bool = False
    """Told as a list of before and after."""


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
