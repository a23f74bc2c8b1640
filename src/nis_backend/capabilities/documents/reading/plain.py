"""Plain text, tables of text (CSV) and Markdown."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.pages import LONGEST_PAGE, MOST_PAGES
from nis_backend.capabilities.documents.reading.building import Flow, Whole, Writing, lines_of, trimmed
from nis_backend.capabilities.documents.reading.faults import broken, too_large
from nis_backend.capabilities.documents.reading.kinds import delimiter_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.capabilities.documents.pages import Page

MOST_BYTES = 64 * 2**20
LONGEST_CELL = 131_072
"""Characters of a field, csv's own limit."""
LONGEST_LINE = 2_000
"""Characters of a line that may be a heading of Markdown: one is never parted."""

# What repeats gives nothing back (`++`): lines of a hundred thousand marks would be tried in each of their parts.
_ATX = re.compile(r"(#{1,6})[ \t]++(.*)")
_SETEXT = re.compile(r"(=+|-+)[ \t]*")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_RULE = re.compile(r"\|?[ \t]*+:?-++:?[ \t]*+(\|[ \t]*+:?-++:?[ \t]*+)*+(\|[ \t]*+)?")


def decoded(data: bytes, name: str) -> tuple[str, list[str]]:
    """The text, lines ended by line feeds alone, and what was guessed."""
    if len(data) > MOST_BYTES:
        raise too_large(name, f"has {len(data)} bytes of text; at most {MOST_BYTES} are read", "Send it in parts.")
    found = text_of(data)
    if found is None:
        raise broken(name, "it begins as text and has other bytes in it")
    text, encoding = found
    notes = ["The encoding is not said; it was read as Windows-1252."] if encoding == "windows-1252" else []
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""), notes


def read_text(data: bytes, name: str) -> Whole:
    """Plain text as it is, in pages that end with a line."""
    text, notes = decoded(data, name)
    pages: list[Page] = []
    for part in parts(text, name):
        page = Writing(len(pages) + 1)
        page.add(part)
        pages.append(page.done())
    return Whole(kind="text", pages=pages, notes=notes)


def parts(text: str, name: str) -> Iterator[str]:
    """A text in parts of at most a page, each of whole lines where lines are not longer than that."""
    place = 0
    for _ in range(MOST_PAGES):
        end = place + LONGEST_PAGE
        if end < len(text):
            line = text.rfind("\n", place, end)
            end = line + 1 if line > place else end
        yield text[place:end]
        place = end
        if place >= len(text):
            return
    raise too_large(name, f"has more than {MOST_PAGES * LONGEST_PAGE} characters", "Send it in parts.")


def read_table(data: bytes, name: str) -> Whole:
    """Rows of cells, parted by what parts the first ones."""
    text, notes = decoded(data, name)
    flow = Flow(name)
    try:
        flow.add_table(csv.reader(io.StringIO(text), delimiter=delimiter_of(text[:65_536]) or ",", strict=False))
    except csv.Error as error:
        raise broken(name, f"the table is broken ({error})") from None
    return Whole(kind="table", pages=flow.done(), notes=notes)


def read_markdown(data: bytes, name: str) -> Whole:
    """Markdown as it is; headings and tables are told where they stand."""
    text, notes = decoded(data, name)
    pages: list[Page] = []
    title: str | None = None
    for part in parts(text, name):
        page = Writing(len(pages) + 1)
        page.add(part)
        _mark(page, part)
        pages.append(page.done())
        title = title or next((one.text for one in pages[-1].headings), None)
    return Whole(kind="markdown", pages=pages, title=title, notes=notes)


def _mark(page: Writing, text: str) -> None:
    """Headings and tables of CommonMark and its tables as GitHub has them, outside fenced code."""
    place = 0
    fence = before = ""
    start_before = 0
    rows: list[list[str]] = []
    table = 0
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\n")
        opened = _FENCE.match(bare)
        if rows and (fence or opened or "|" not in bare):
            page.mark_table(rows, table, place - 1)
            rows = []
        if opened and (not fence or bare.strip().startswith(fence)):
            fence = "" if fence else opened[1]
        elif not fence:
            if len(bare) <= LONGEST_LINE and (heading := _ATX.fullmatch(bare)):
                page.mark_heading(_unclosed(heading[2]), len(heading[1]), place)
            elif _may_be_heading(before) and _SETEXT.fullmatch(bare):
                page.mark_heading(before.strip(), 1 if bare[0] == "=" else 2, start_before)
            elif rows:
                rows.append(_cells(bare))
            elif "|" in before and "-" in bare and _RULE.fullmatch(bare):
                rows, table = [_cells(before)], start_before
        before, start_before = ("" if fence else bare), place
        place += len(line)
    if rows:
        page.mark_table(rows, table, len(text.rstrip("\n")))


def _may_be_heading(line: str) -> bool:
    """By the line below it."""
    return 0 < len(line.strip()) <= LONGEST_LINE and "|" not in line and not line.startswith(("#", ">"))


def _unclosed(text: str) -> str:
    """A heading without the marks that close it, which stand behind a space: `C#` ends with no such mark."""
    text = text.rstrip(" \t")
    bare = text.rstrip("#")
    return bare.rstrip(" \t") if not bare or bare[-1] in " \t" else text


def _cells(line: str) -> list[str]:
    return [one.strip() for one in line.strip().strip("|").split("|")]


__all__ = ["decoded", "lines_of", "parts", "read_markdown", "read_table", "read_text", "trimmed"]
