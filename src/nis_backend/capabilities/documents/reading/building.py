"""Pages as they are written: text that grows by blocks, and what of it is a heading or a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from nis_backend.capabilities.documents.pages import LONGEST_PAGE, MOST_PAGES, Block, Heading, Kind, Page, Table
from nis_backend.capabilities.documents.reading.faults import too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Part = TypeVar("Part", Table, Block)

LONGEST_HEADING = 300
"""Characters of what counts as one."""


class Opened(Protocol):
    """A document whose pages are read one by one."""

    @property
    def kind(self) -> Kind:
        """What it is."""
        ...

    @property
    def title(self) -> str | None:
        """What it says of itself."""
        ...

    @property
    def total(self) -> int:
        """How many pages it has."""
        ...

    @property
    def notes(self) -> list[str]:
        """What was left out or guessed, as far as it was read."""
        ...

    def page(self, number: int) -> Page:
        """The page of this number, counted from 1."""
        ...

    def is_scan(self, number: int) -> bool:
        """Whether the page is a picture or a sound, whose text is to be recognised."""
        ...


class Writing:
    """One page being written."""

    def __init__(self, number: int, title: str | None = None) -> None:
        self.number, self.title = number, title
        self.length = 0
        self._parts: list[str] = []
        self._headings: list[Heading] = []
        self._tables: list[Table] = []
        self._blocks: list[Block] = []

    def add(self, text: str, between: str = "\n\n", box: tuple[float, float, float, float] | None = None) -> int:
        """Put a block behind what is there; answers where it begins."""
        if self._parts:
            self._parts.append(between)
            self.length += len(between)
        start = self.length
        self._parts.append(text)
        self.length += len(text)
        if box is not None:
            left, top, right, bottom = (round(one, 1) for one in box)
            self._blocks.append(
                Block(start=start, end=self.length, left=left, top=top, right=right, bottom=bottom),
            )
        return start

    def add_heading(self, text: str, level: int, box: tuple[float, float, float, float] | None = None) -> None:
        """Put a heading behind what is there."""
        start = self.add(text, box=box)
        self._headings.append(Heading(text=text[:LONGEST_HEADING], level=min(max(level, 1), 6), start=start))

    def add_table(self, rows: Sequence[Sequence[str]], box: tuple[float, float, float, float] | None = None) -> None:
        """Put a table behind what is there, a row a line; its cells are on one line each."""
        cells = [list(row) for row in rows]
        start = self.add(lines_of(cells), box=box)
        self._tables.append(Table(rows=cells, start=start, end=self.length))

    def mark_heading(self, text: str, level: int, start: int) -> None:
        """Say of what is there already that it is a heading."""
        self._headings.append(Heading(text=text[:LONGEST_HEADING], level=level, start=start))

    def mark_table(self, rows: list[list[str]], start: int, end: int) -> None:
        """Say of what is there already that it is a table."""
        self._tables.append(Table(rows=rows, start=start, end=end))

    def take(self, page: Page) -> None:
        """Put another page's text behind what is there, with what is told of it."""
        start = self.add(page.text)
        self._headings += [one.model_copy(update={"start": one.start + start}) for one in page.headings]
        self._tables += [_moved(one, start) for one in page.tables]
        self._blocks += [_moved(one, start) for one in page.blocks]

    def done(self) -> Page:
        """The page."""
        return Page(
            number=self.number,
            title=self.title,
            text="".join(self._parts),
            headings=self._headings,
            tables=self._tables,
            blocks=self._blocks,
        )


def _moved(part: Part, by: int) -> Part:
    return part.model_copy(update={"start": part.start + by, "end": part.end + by})


@dataclass(kw_only=True)
class Whole:
    """A document that was read at once. See `Opened`."""

    kind: Kind
    pages: list[Page]
    title: str | None = None
    notes: list[str] = field(default_factory=list[str])

    @property
    def total(self) -> int:
        """How many pages."""
        return len(self.pages)

    def page(self, number: int) -> Page:
        """See `Opened.page`."""
        return self.pages[number - 1]

    def is_scan(self, number: int) -> bool:
        """See `Opened.is_scan`."""
        return 1 <= number <= self.total and self.kind in {"picture", "sound"}


class Flow:
    """What runs on from page to page: a new one begins where the document says so, or where one would be too long."""

    def __init__(self, name: str, title: str | None = None) -> None:
        self._name = name
        self._pages: list[Page] = []
        self._open = Writing(1, title)

    def turn(self, title: str | None = None) -> None:
        """Begin a new page, also where the one before is empty."""
        self._pages.append(self._open.done())
        if len(self._pages) >= MOST_PAGES:
            raise too_large(self._name, f"has more than {MOST_PAGES} pages", "Send it in parts.")
        self._open = Writing(len(self._pages) + 1, title)

    def name_page(self, title: str) -> None:
        """Call the page that is being written so."""
        self._open.title = title

    def take(self, page: Page) -> None:
        """Add a whole page of another document, as it is."""
        self._open.take(page)

    def add(self, text: str) -> None:
        """Add a paragraph."""
        text = storable(text).strip()
        while text:
            room = self._room(len(text))
            cut = len(text) if len(text) <= room else _line_end(text, room)
            self._open.add(text[:cut])
            text = text[cut:].lstrip("\n")

    def add_heading(self, text: str, level: int) -> None:
        """Add a heading."""
        text = flat(text)
        if len(text) > LONGEST_HEADING:
            self.add(text)
        elif text:
            self._room(len(text))
            self._open.add_heading(text, level)

    def add_table(self, rows: Iterable[Sequence[str]]) -> None:
        """Add a table; a long one goes on on the next page."""
        some: list[list[str]] = []
        length = 0
        for row in rows:
            cells = trimmed([flat(one) for one in row])
            if not cells:
                continue
            size = sum(map(len, cells)) + len(cells)
            if size > LONGEST_PAGE:
                # No row of a page: what it says is there as text.
                self._put_rows(some)
                some, length = [], 0
                self.add("\t".join(cells))
                continue
            if (some or self._open.length) and self._open.length + length + size > LONGEST_PAGE:
                self._put_rows(some)
                self.turn(self._open.title)
                some, length = [], 0
            some.append(cells)
            length += size
        self._put_rows(some)

    def _put_rows(self, rows: Sequence[Sequence[str]]) -> None:
        if rows:
            self._open.add_table(rows)

    def done(self) -> list[Page]:
        """Every page."""
        return [*self._pages, self._open.done()]

    def _room(self, wanted: int) -> int:
        if self._open.length and self._open.length + wanted > LONGEST_PAGE:
            self.turn(self._open.title)
        return LONGEST_PAGE - self._open.length


def _line_end(text: str, room: int) -> int:
    """Where to cut at most `room` characters off: behind a line, a word, or right there."""
    for mark in ("\n", " "):
        place = text.rfind(mark, room // 2, room)
        if place > 0:
            return place + 1
    return room


def storable(text: str) -> str:
    """Without what no database keeps: characters of number 0, and halves of characters, which some encodings let by."""
    text = text.replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def flat(text: str) -> str:
    """On one line, as a cell or a heading is."""
    return " ".join(storable(text).split())


def trimmed(cells: list[str]) -> list[str]:
    """Without what is empty at the end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def lines_of(rows: Sequence[Sequence[str]]) -> str:
    """A row a line, tabs between cells."""
    return "\n".join("\t".join(row) for row in rows)
