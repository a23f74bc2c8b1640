"""PDF: a page's text in reading order, its headings by their type, its tables by their rules or their columns."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.documents.reading.building import Writing, flat
from nis_backend.capabilities.documents.reading.faults import broken, locked
from nis_backend.capabilities.documents.reading.glyphs import box_of, pieces, placing, rules
from nis_backend.capabilities.documents.reading.layout import Passage, passages, regions
from nis_backend.capabilities.documents.reading.ruled import lattices, merged, table_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from nis_backend.capabilities.documents.pages import Kind, Page
    from nis_backend.capabilities.documents.reading.placed import Box, Piece

pdfium: Any = import_module("pypdfium2")  # Any: pypdfium2 has no types
c: Any = import_module("pypdfium2.raw")

SAMPLED = 8
"""Pages by which the size of the usual type is told."""
LARGER = ((1.7, 1), (1.35, 2), (1.12, 3))
"""How many times as large as the usual type a heading is, and of which level."""
BOLD_LEVEL = 4
LONGEST_HEADING = 160
"""Characters; what is longer is large print."""
LONGEST_WORD = 100
"""Letters before a hyphen at a line's end that are looked at."""
BULLETS = ("•", "◦", "▪", "‣", "\u2013", "\uf0b7")
LEADERS = ". . ."
"""Of a table of contents, whose lines are no headings."""
SCANNED = 0.4
"""Share of a page that its pictures cover, from which one without text is a scan."""
FEW = 24
"""Letters on a scan that count for none: a stamp, a page number."""
SCAN_POINTS = 200 / 72
"""Pixels a point of a page that is drawn to be read: 200 an inch, as scanners have it."""
MOST_PIXELS = 12_000_000
TAIL = 65_536
"""Bytes at the end of a file among which its mark of the end is: some programs write on behind it."""

_WORD = re.compile(r"(\w+)-$")
_NEXT = re.compile(r"([^\W\d_]+)")


def _open(file: BinaryIO, name: str) -> Any:  # Any: as above
    file.seek(0, 2)
    file.seek(max(0, file.tell() - TAIL))
    # PDFium makes what it can of a file without its end: some of its pages, and says nothing of the others.
    if b"%%EOF" not in file.read():
        raise broken(name, "its end is missing")
    file.seek(0)
    try:
        document = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == c.FPDF_ERR_PASSWORD:
            raise locked(name) from None
        raise broken(name, "it begins as a PDF and does not go on as one") from None
    if not len(document):
        raise broken(name, "it has no pages")
    return document


class PdfDocument:
    """See `Opened`: pages are read when they are asked for."""

    kind: Kind = "pdf"

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        self._document = _open(file, name)
        self.total = len(self._document)
        self.title = self._told()
        self.notes: list[str] = []
        self._usual: float | None = None
        self._scans: dict[int, bool] = {}

    def _told(self) -> str | None:
        try:
            return flat(str(self._document.get_metadata_value("Title") or "")) or None
        except UnicodeDecodeError:  # half a character
            return None

    def page(self, number: int) -> Page:
        """See `Opened.page`."""
        page = self._loaded(number)
        try:
            found, scan = self._found(page, number)
        finally:
            page.close()
        self._scans[number] = scan
        writing = Writing(number)
        known = " ".join(one.text for one in found)
        for region in regions(found):
            for passage in passages(region):
                self._write(passage, writing, known)
        return writing.done()

    def is_scan(self, number: int) -> bool:
        """See `Opened.is_scan`."""
        if number and number not in self._scans:
            self.page(number)
        return self._scans.get(number, False)

    def _loaded(self, number: int) -> Any:  # Any: as above
        try:
            return self._document[number - 1]
        except pdfium.PdfiumError:
            raise broken(self._name, f"its page {number} is broken") from None

    def _found(self, page: Any, number: int) -> tuple[list[Piece], bool]:  # Any: as above
        """Pieces of text and tables, and whether the page is a scan."""
        place, width, height = placing(page)
        flat_rules, upright_rules = rules(page, place)
        across, down = merged(flat_rules), merged(upright_rules)
        grids = lattices(across, down)
        found, more = pieces(page, place, down if grids else [])
        if more:
            self.notes.append(f"Page {number} has more letters than are read.")
        letters = sum(len(one.text) for one in found)
        scan = letters <= FEW and _pictured(page, place, width * height) >= SCANNED
        for grid in grids:
            table, found = table_of(grid, found)
            if table is not None:
                found.append(table)
        return found, scan

    @property
    def _size(self) -> float:
        """Of the type that most letters of the document have."""
        if self._usual is None:
            sizes: Counter[float] = Counter()
            step = max(1, self.total // SAMPLED)
            for number in range(1, self.total + 1, step):
                page = self._loaded(number)
                place, _, _ = placing(page)
                for one in pieces(page, place, [])[0]:
                    # Type of no size is seen by nobody, and says nothing of what is large.
                    sizes[max(0.5, round(one.size * 2) / 2)] += len(one.text)
                page.close()
            self._usual = sizes.most_common(1)[0][0] if sizes else 10.0
        return self._usual

    def _write(self, passage: Passage, writing: Writing, known: str) -> None:
        box = _edges(passage.box)
        if passage.table is not None:
            writing.add_table(passage.table, box)
            return
        text = joined(passage.lines, passage.short, known)
        level = self._level(passage, text)
        if level:
            writing.add_heading(flat(text), level, box)
        elif text:
            writing.add(text, box=box)

    def _level(self, passage: Passage, text: str) -> int:
        """Of a heading by its type: 0 for what is none."""
        if (
            len(text) > LONGEST_HEADING
            or text.endswith((".", ",", ";"))
            or not any(map(str.isalpha, text))
            or LEADERS in text
        ):
            return 0
        ratio = passage.size / self._size
        for least, level in LARGER:
            if ratio >= least:
                return level
        return BOLD_LEVEL if passage.bold and len(passage.lines) == 1 and "\t" not in text else 0


def joined(lines: list[str], short: list[bool], known: str) -> str:
    """Lines of a paragraph as one, but for short ones and lists; a word that was parted at a line's end is whole again.

    What stands with its hyphen elsewhere on the page (`known`) keeps it.
    """
    text = ""
    for place, line in enumerate(lines):
        head, tail = _WORD.search(text, max(0, len(text) - LONGEST_WORD)), _NEXT.match(line)
        if head and tail and tail[1][0].islower():
            whole = f"{head[1]}-{tail[1]}"
            text = f"{text if whole in known else text[:-1]}{line}"
        elif place and (short[place - 1] or line.startswith(BULLETS)):
            text = f"{text}\n{line}"
        else:
            text = f"{text} {line}" if text else line
    return text


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def _pictured(page: Any, place: Any, area: float) -> float:  # Any: as above
    """Share of the page that its largest picture, or its pictures in strips, cover."""
    covered = 0.0
    for number, shape in enumerate(page.get_objects(filter=[c.FPDF_PAGEOBJ_IMAGE], max_depth=3)):
        if number >= 1_000:  # noqa: PLR2004 - a scan in so many strips is none
            break
        box = box_of(place, *shape.get_bounds())
        covered += box.width * box.height
    return covered / area if area else 0.0


def draw_page(file: BinaryIO, name: str, number: int) -> bytes:
    """A page as a PNG, at 200 pixels an inch; a large one at fewer."""
    document = _open(file, name)
    page = document[number - 1]
    width, height = page.get_size()
    scale = min(SCAN_POINTS, (MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    bitmap: Any = page.render(scale=scale, grayscale=True)
    return _png(bitmap)


def _png(bitmap: Any) -> bytes:  # Any: as above
    """A grey bitmap as a PNG (RFC 2083): rows without a filter, deflated."""
    import struct  # noqa: PLC0415 - for scans alone
    import zlib  # noqa: PLC0415 - as above

    data = bytes(bitmap.buffer)
    rows = b"".join(
        b"\x00" + data[row * bitmap.stride : row * bitmap.stride + bitmap.width] for row in range(bitmap.height)
    )

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", bitmap.width, bitmap.height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")
