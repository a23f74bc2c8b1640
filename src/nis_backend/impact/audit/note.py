"""A note in parts: sentences, tables and fenced code, each with its lines and its section."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

SECTION = 20_000
"""Characters of a section's text, and of its code, that are looked through for how something was measured."""


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
    led: int = 0
    """Of a list's item: the block that introduces the list."""

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
        return " ".join(s.text for s in self._blocks.get(statement.led, ()))

    def block(self, statement: Statement) -> str:
        """The statement's paragraph or item."""
        return " ".join(s.text for s in self._blocks.get(statement.block, ()))

    def in_section(self, section: int) -> str:
        """The prose of a section, its heading first, as far as it is looked through."""
        return self._prose.get(section, self.headings[section])

    @cached_property
    def _blocks(self) -> dict[int, list[Statement]]:
        blocks: dict[int, list[Statement]] = {}
        for statement in self.statements:
            blocks.setdefault(statement.block, []).append(statement)
        return blocks

    @cached_property
    def _prose(self) -> dict[int, str]:
        prose: dict[int, list[str]] = {}
        for statement in self.statements:
            prose.setdefault(statement.section, []).append(statement.text)
        return {n: " ".join([self.headings[n], *texts])[:SECTION] for n, texts in prose.items()}

    @cached_property
    def with_tables(self) -> set[int]:
        """The sections that hold a table."""
        return {table.section for table in self.tables}

    @cached_property
    def code(self) -> dict[int, str]:
        """The code of each section."""
        code: dict[int, list[str]] = {}
        for fence in self.fences:
            code.setdefault(fence.section, []).extend(fence.lines)
        return {n: "\n".join(lines)[:SECTION] for n, lines in code.items()}
