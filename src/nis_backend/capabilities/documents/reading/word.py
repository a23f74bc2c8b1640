"""Word documents (.docx): paragraphs, headings and tables in order."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.documents.reading.archives import checked
from nis_backend.capabilities.documents.reading.building import Flow, Whole
from nis_backend.capabilities.documents.reading.faults import broken, too_large
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

docx: Any = import_module("docx")  # Any: python-docx types its own half
qn: Any = import_module("docx.oxml.ns").qn
TABLE: Any = import_module("docx.table").Table

MOST_CELLS = 200_000

_STYLE = re.compile(r"heading (\d)", re.IGNORECASE)
_BREAK = (qn("w:lastRenderedPageBreak"), qn("w:br"))


def read_word(file: BinaryIO, name: str, *, ignore_macros: bool) -> Whole:
    """See the module. Pages are those that Word has laid out last; where it has not, those that are begun by hand.

    A paragraph stands on the page that it begins on.
    """
    checked(file, name, ignore_macros=ignore_macros)
    file.seek(0)
    try:
        return _Reading(_opened(file), name).whole()
    except (NisError, MemoryError):
        raise
    except Exception as error:  # on hostile bytes python-docx raises whatever it meets: KeyError, AttributeError
        raise broken(name, f"it is no whole Word document ({type(error).__name__})") from error


def _opened(file: BinaryIO) -> Any:  # Any: as above
    try:
        return docx.Document(file)
    except ValueError as error:
        if "macroEnabled" not in str(error):
            raise
    # python-docx refuses the media type of files with macros, of which it would run none.
    file.seek(0)
    package: Any = import_module("docx.package").Package.open(file)
    part = package.main_document_part
    element: Any = import_module("docx.oxml.parser").parse_xml(part.blob)
    own: Any = import_module("docx.parts.document").DocumentPart(part.partname, part.content_type, element, package)
    own.rels.update(part.rels)
    return import_module("docx.document").Document(element, own)


class _Reading:
    """One document, gone through from its beginning."""

    def __init__(self, document: Any, name: str) -> None:  # Any: as above
        self._document = document
        self._name = name
        self._flow = Flow(name)
        self._levels: dict[str, int] = {}
        self._cells = 0
        self._laid_out = document.element.body.find(f".//{_BREAK[0]}") is not None

    def whole(self) -> Whole:
        """Everything in it."""
        for block in self._document.iter_inner_content():
            if isinstance(block, TABLE):
                self._table(block)
            else:
                self._paragraph(block)
        told = (self._document.core_properties.title or "").strip()
        pages = self._flow.done()
        first = next((one.text for page in pages for one in page.headings), None)
        return Whole(kind="word", pages=pages, title=told or first)

    def _paragraph(self, paragraph: Any) -> None:  # Any: as above
        before, after = self._breaks(paragraph)
        for _ in range(before):
            self._flow.turn()
        text = str(paragraph.text)
        level = self._level(paragraph)
        if level and text.strip():
            self._flow.add_heading(text, level)
        else:
            self._flow.add(text)
        for _ in range(after):
            self._flow.turn()

    def _breaks(self, paragraph: Any) -> tuple[int, int]:  # Any: as above
        """Pages that begin before the paragraph's first letter, and within or behind it."""
        before = after = 0
        begun = False
        for one in paragraph._p.iter(*_BREAK, qn("w:t")):  # noqa: SLF001 - its XML, for which there is no other name
            if one.tag == qn("w:t"):
                begun = begun or bool((one.text or "").strip())
            elif one.tag == _BREAK[0] if self._laid_out else one.get(qn("w:type")) == "page":
                before, after = (before, after + 1) if begun else (before + 1, after)
        return before, after

    def _level(self, paragraph: Any) -> int:  # Any: as above
        """1 to 9 for a heading, 0 for what is none."""
        style = paragraph._p.style or ""  # noqa: SLF001 - its id, which says nothing where the style is the usual one
        if not style:
            return 0
        if style not in self._levels:
            called = str(paragraph.style.name or "")
            found = _STYLE.match(called)
            self._levels[style] = int(found[1]) if found else int(called.lower() == "title")
        return self._levels[style]

    def _table(self, table: Any) -> None:  # Any: as above
        self._flow.add_table(self._rows(table))

    def _rows(self, table: Any) -> Iterator[list[str]]:  # Any: as above
        for row in table._tbl.tr_lst:  # noqa: SLF001 - rows by their XML: `row.cells` looks at every cell above each
            cells: list[str] = []
            for cell in row.tc_lst:
                self._cells += 1
                if self._cells > MOST_CELLS:
                    raise too_large(self._name, f"has more than {MOST_CELLS} cells in tables", "Send it in parts.")
                text = " ".join("".join(one.itertext(qn("w:t"))) for one in cell.iter(qn("w:p")))
                # What goes down from the cell above is said there.
                cells.append("" if cell.vMerge == "continue" else text)
                cells += [""] * (min(cell.grid_span, 100) - 1)
            yield cells
