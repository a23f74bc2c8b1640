"""Word documents (.docx): paragraphs, headings and tables in order, with notes, boxes, and heads and feet of pages.

What is read is the text as it stands: insertions that are tracked are in it, deletions are not.
"""

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
PARAGRAPH: Any = import_module("docx.text.paragraph").Paragraph
parse_xml: Any = import_module("docx.oxml.parser").parse_xml

MOST_CELLS = 200_000

_STYLE = re.compile(r"heading (\d)", re.IGNORECASE)
_P, _TABLE, _TEXT, _BOX = qn("w:p"), qn("w:tbl"), qn("w:t"), qn("w:txbxContent")
# What is said twice for older programs, what was there before, and how it looks.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_PASSED = {qn("w:moveFrom"), qn("w:del"), qn("w:pPr"), qn("w:rPr"), qn("w:sdtPr"), qn("w:tblPr"), _FALLBACK}
_MARKS = {qn("w:tab"): "\t", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_NOTES = {qn(f"w:{kind}Reference"): (f"{kind}s", qn(f"w:{kind}")) for kind in ("footnote", "endnote")}
_EDGES = {"header": "Head of pages", "footer": "Foot of pages"}
_ROW, _CELL, _ID, _TYPE = qn("w:tr"), qn("w:tc"), qn("w:id"), qn("w:type")
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
    element: Any = parse_xml(part.blob)
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
        self._notes = _notes(document.part)
        self._laid_out = document.element.body.find(f".//{_BREAK[0]}") is not None

    def whole(self) -> Whole:
        """Everything in it."""
        for block in _within(self._document.element.body, _P, _TABLE):
            if block.tag == _TABLE:
                self._flow.add_table(self._rows(block))
            else:
                self._paragraph(PARAGRAPH(block, self._document._body))  # noqa: SLF001 - it has the styles
        for edge in _edges(self._document.part):
            self._flow.add(edge)
        told = (self._document.core_properties.title or "").strip()
        pages = self._flow.done()
        first = next((one.text for page in pages for one in page.headings), None)
        return Whole(kind="word", pages=pages, title=told or first)

    def _paragraph(self, paragraph: Any) -> None:  # Any: as above
        before, after = self._breaks(paragraph)
        for _ in range(before):
            self._flow.turn()
        text = "".join(_letters(paragraph._p))  # noqa: SLF001 - as below
        level = self._level(paragraph)
        if level and text.strip():
            self._flow.add_heading(text, level)
        else:
            self._flow.add(text)
        for beside in self._beside(paragraph._p):  # noqa: SLF001 - as below
            self._flow.add(beside)
        for _ in range(after):
            self._flow.turn()

    def _beside(self, paragraph: Any) -> Iterator[str]:  # Any: as above
        """What stands in boxes at the paragraph, and in the notes that it refers to."""
        for box in _within(paragraph, _BOX):
            yield "\n".join("".join(_letters(one)) for one in _within(box, _P))
        for one in _within(paragraph, *_NOTES):
            kind = _NOTES[one.tag][0]
            if told := self._notes.get((kind, one.get(_ID))):
                yield f"{kind[:-1].capitalize()}: {told}"

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

    def _rows(self, table: Any) -> Iterator[list[str]]:  # Any: as above
        for row in _within(table, _ROW):  # by their XML: `row.cells` looks at every cell above each
            cells: list[str] = []
            for cell in _within(row, _CELL):
                self._cells += 1
                if self._cells > MOST_CELLS:
                    raise too_large(self._name, f"has more than {MOST_CELLS} cells in tables", "Send it in parts.")
                text = " ".join(_said(cell))
                # What goes down from the cell above is said there.
                cells.append("" if cell.vMerge == "continue" else text)
                cells += [""] * (min(cell.grid_span, 100) - 1)
            yield cells


def _within(element: Any, *tags: str) -> Iterator[Any]:  # Any: as above
    """The elements of these tags, in order, none within another of them: whatever wraps them, a form's field say."""
    for one in element:
        if one.tag in tags:
            yield one
        elif one.tag not in _PASSED:
            yield from _within(one, *tags)


def _letters(element: Any) -> Iterator[str]:  # Any: as above
    """What a paragraph says, without what stands in boxes at it."""
    for one in element:
        if one.tag == _TEXT:
            yield one.text or ""
        elif one.tag in _MARKS:
            yield _MARKS[one.tag]
        elif one.tag == _BREAK[1]:
            yield "" if one.get(_TYPE) in {"page", "column"} else "\n"
        elif one.tag != _BOX and one.tag not in _PASSED:
            yield from _letters(one)


def _said(element: Any) -> Iterator[str]:  # Any: as above
    """Its paragraphs, those of tables and boxes in it too."""
    for one in _within(element, _P):
        yield "".join(_letters(one))
        for box in _within(one, _BOX):
            yield from _said(box)


def _related(part: Any, kind: str) -> Iterator[Any]:  # Any: as above
    for relation in part.rels.values():
        if not relation.is_external and relation.reltype.endswith(f"/{kind}"):
            yield parse_xml(relation.target_part.blob)


def _notes(part: Any) -> dict[tuple[str, str], str]:  # Any: as above
    """Footnotes and endnotes by their kind and id; lines between them and the text are of a type."""
    return {
        (kind, note.get(_ID)): " ".join(_said(note)).strip()
        for kind, tag in _NOTES.values()
        for root in _related(part, kind)
        for note in _within(root, tag)
        if note.get(_TYPE) in {None, "normal"}
    }


def _edges(part: Any) -> list[str]:  # Any: as above
    """What stands above and below each page, each once."""
    found = (
        f"{called}: {text}"
        for kind, called in _EDGES.items()
        for root in _related(part, kind)
        if (text := " ".join(" ".join(_said(root)).split()))
    )
    return list(dict.fromkeys(found))
