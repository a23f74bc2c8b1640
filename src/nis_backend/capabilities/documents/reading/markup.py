"""HTML: what a reader of the page would read, in order, without its navigation."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.documents.reading.building import Flow, Whole, flat
from nis_backend.capabilities.documents.reading.faults import broken, too_large

if TYPE_CHECKING:
    from collections.abc import Iterator

etree: Any = import_module("lxml.etree")  # Any: lxml has no types
html: Any = import_module("lxml.html")

MOST_BYTES = 32 * 2**20
LEAST_MAIN = 200
"""Characters from which a page's own main part is taken for all of it."""

_SILENT = {
    *("script", "style", "noscript", "template", "svg", "math", "head", "nav", "footer", "aside", "iframe", "object"),
    *("button", "select", "datalist", "dialog", "canvas", "audio", "video", "map"),
}
_LINES = {"br", "li", "dt", "dd", "tr", "option", "figcaption", "summary"}
_BLOCKS = {
    *("p", "div", "section", "article", "main", "ul", "ol", "dl", "blockquote", "pre", "figure", "header", "form"),
    *("address", "details", "fieldset", "hr", "body", "table", "caption"),
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


def read_html(data: bytes, name: str, declared: str | None = None) -> Whole:
    """See the module; `declared` is the encoding that whoever sent it says."""
    if len(data) > MOST_BYTES:
        raise too_large(name, f"has {len(data)} bytes of HTML; at most {MOST_BYTES} are read", "Send it in parts.")
    root = _parsed(data, name, declared or _encoding(data))
    title = flat(root.findtext(".//title") or "") or None
    main, left_out = _main(root)
    flow = Flow(name)
    _Walk(flow, name).through(main)
    notes = ["Beside the page's main part nothing was read."] if left_out else []
    return Whole(kind="html", pages=flow.done(), title=title, notes=notes)


def _encoding(data: bytes) -> str | None:
    """UTF-8 where it is that: libxml2 takes what says nothing for Latin-1."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _parsed(data: bytes, name: str, encoding: str | None) -> Any:  # Any: lxml has no types
    # Huge: up to 256 elements within each other are too few for answers to answers in an e-mail. HTML has no entities
    # of its own, and this process has its memory.
    parser = html.HTMLParser(encoding=encoding, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, LookupError, ValueError) as error:
        _refuse_cut(parser, name)
        raise broken(name, f"there is no page in it ({error})") from None
    _refuse_cut(parser, name)
    return root


def _refuse_cut(parser: Any, name: str) -> None:  # Any: as above
    """libxml2 answers what it has read until one of its bounds, and tells of that in its log alone."""
    for entry in parser.error_log:
        if entry.type_name == "ERR_NO_MEMORY":
            raise MemoryError
        if entry.type_name == "ERR_RESOURCE_LIMIT":
            what = "has elements within elements, deeper than is read, or a text longer than is read"
            raise too_large(name, what, "Send it as PDF.")


def _main(root: Any) -> tuple[Any, bool]:  # Any: as above
    """The part that the page itself calls its main one, where it says something."""
    body = root.find("body")
    body = root if body is None else body
    for path in (".//main", ".//article"):
        found = root.findall(path)
        if len(found) == 1 and sum(map(len, found[0].itertext())) >= LEAST_MAIN:
            return found[0], True
    return body, False


class _Walk:
    """Goes through a tree without recursion, and writes down what it meets."""

    def __init__(self, flow: Flow, name: str) -> None:
        self._flow = flow
        self._name = name
        self._words: list[str] = []
        self._pre = 0

    def through(self, root: Any) -> None:  # Any: as above
        waiting: list[tuple[Any, bool]] = [(root, False)]
        while waiting:
            element, leaving = waiting.pop()
            if leaving:
                self._leave(element.tag)
                if element is not root:
                    self._say(element.tail)
                continue
            if not self._enter(element):
                if element is not root:
                    self._say(element.tail)
                continue
            waiting.append((element, True))
            waiting += [(child, False) for child in reversed(element)]
            if len(waiting) > 2_000_000:  # noqa: PLR2004 - elements side by side: 32 MB hold more of them than pages do
                raise too_large(self._name, "has more elements than are read", "Send it in parts.")
        self._flush()

    def _enter(self, element: Any) -> bool:  # Any: as above
        """Whether its children are to be gone through."""
        tag = element.tag
        if not isinstance(tag, str) or tag in _SILENT or _hidden(element):
            return False
        if tag in _HEADINGS:
            self._flush()
            self._flow.add_heading(_text(element), _HEADINGS[tag])
            return False
        if tag == "table" and _is_data(element):
            self._flush()
            self._flow.add_table(_rows(element))
            return False
        if tag in _BLOCKS:
            self._flush()
        elif tag in _LINES:
            self._words.append("\n")
        if tag == "pre":
            self._pre += 1
        self._say(element.text)
        return True

    def _leave(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
        elif tag in _LINES and tag != "br":
            self._words.append("\n")
        if tag == "pre":
            self._pre -= 1

    def _say(self, text: str | None) -> None:
        if text:
            self._words.append(text if self._pre else text.replace("\n", " "))

    def _flush(self) -> None:
        text = "".join(self._words)
        self._words = []
        lines = text.split("\n") if self._pre else [flat(one) for one in text.split("\n")]
        self._flow.add("\n".join(one for one in lines if one.strip()))


def _hidden(element: Any) -> bool:  # Any: as above
    """What no reader sees is not what the page says."""
    style = "".join((element.get("style") or "").split()).lower()
    hidden = "display:none" in style or "visibility:hidden" in style
    return hidden or element.get("hidden") is not None or element.get("aria-hidden") == "true"


def _text(element: Any) -> str:  # Any: as above
    return flat("".join(_visible(element)))


def _visible(element: Any) -> Iterator[str]:  # Any: as above
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, one in walk:
        apart = " " if one.tag in _LINES or one.tag in _BLOCKS else ""
        if event == "start" and (not isinstance(one.tag, str) or one.tag in _SILENT):
            walk.skip_subtree()
        elif event == "start":
            yield f"{apart}{one.text or ''}"
        else:
            yield apart if one is element else f"{apart}{one.tail or ''}"


def _is_data(table: Any) -> bool:  # Any: as above
    """A table of cells, not one in which a page is laid out: those hold further tables, headings or long texts."""
    inside = next(table.iterdescendants("table", "h1", "h2", "h3"), None)
    return inside is None and all(len("".join(cell.itertext())) < 2000 for cell in table.iterdescendants("td"))  # noqa: PLR2004


def _rows(table: Any) -> Iterator[list[str]]:  # Any: as above
    for row in table.iterdescendants("tr"):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            cells.append(_text(cell))
            cells += [""] * (_span(cell) - 1)
        yield cells


def _span(cell: Any) -> int:  # Any: as above
    told = cell.get("colspan") or "1"
    return min(int(told), 100) if told.isdecimal() and int(told) > 0 else 1
