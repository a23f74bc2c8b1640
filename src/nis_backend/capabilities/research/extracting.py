"""A page's text without what is around it: trafilatura for the main text, its tree for the rest; in a worker only."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from nis_backend.capabilities.research.pages import LONGEST_ADDRESS, MOST_LINKS, Link, PageText
from nis_backend.errors import InvalidRequest, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.capabilities.research.pages import ExtractPage

trafilatura: Any = import_module("trafilatura")  # Any: its types are partial
etree: Any = import_module("lxml.etree")  # Any: lxml has no types
lxml_html: Any = import_module("lxml.html")

MOST_TAGS = 60_000
"""Tags of a page whose main text is told apart: that takes a square of them, 30,000 paragraphs some ten seconds."""
MOST_TAGS_WHOLE = 1_000_000
"""Tags of a page that is read at all."""
LEAST_MAIN = 80
"""Characters below which what was told apart is no main text, where the page has ten times as many."""
_SILENT = frozenset({"script", "style", "noscript", "template", "head", "svg", "math", "iframe", "object", "select"})
_AROUND = frozenset({"nav", "header", "footer", "aside", "form", "button"})
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label"}
    | {"mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var"}
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def extract(request: ExtractPage) -> PageText:
    """What the page says.

    Raises:
        TooLarge: it has more than a million tags.
        InvalidRequest: there is no text in it.
    """
    tags = request.html.count("<")
    if tags > MOST_TAGS_WHOLE:
        raise TooLarge(
            f"The page has {tags} tags; {MOST_TAGS_WHOLE} are read.",
            field="html",
            value=f"{tags} tags",
            remedy="Give a smaller page, or a part of this one.",
        )
    tree = _tree(request.html)
    found = _told_apart(request) if tags <= MOST_TAGS else None
    whole = _whole(tree)
    main = _tidy(found.text or "") if found is not None else ""
    if len(main) < LEAST_MAIN and len(whole) > 10 * len(main):
        main = ""
    text = main or whole
    if not text:
        raise InvalidRequest(
            "There is no text in the page.",
            field="html",
            value=request.html,
            remedy="It may be made by scripts, which are not run: find another address of it, or its source.",
        )
    day = _DAY.match(str((found is not None and found.date) or ""))
    return PageText(
        title=_line(found is not None and found.title) or _line(tree.findtext(".//title")),
        author=_line(found is not None and found.author),
        date=day[0] if day else None,
        language=_line(tree.get("lang")),
        text=text[: request.max_characters],
        method="article" if main else "whole page",
        truncated=len(text) > request.max_characters,
        links=list(_links(tree, request.url)),
    )


def _tree(html: str) -> Any:  # Any: lxml has no types
    parser = lxml_html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        tree = lxml_html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        tree = None
    return lxml_html.document_fromstring("<html></html>") if tree is None else tree


def _told_apart(request: ExtractPage) -> Any:  # Any: trafilatura's Document, or None
    try:
        return trafilatura.bare_extraction(
            request.html,
            url=request.url,
            with_metadata=True,
            include_comments=False,
            include_tables=True,
            # Dates that a page states: those found in its words may be anybody's.
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError, etree.LxmlError):
        # Its ways through strange trees are many; the whole page is still there.
        return None


def _whole(tree: Any) -> str:  # Any: lxml has no types
    """All words of a page but those of menus and scripts; iteratively, however deep it is."""
    pieces: list[str] = []
    within = 0
    for event, node in etree.iterwalk(tree, events=("start", "end")):
        name = node.tag if isinstance(node.tag, str) else "script"
        hidden = name in _SILENT or name in _AROUND
        if event == "start":
            within += hidden
            if not within and name not in _INLINE:
                pieces.append("\n")
            if not within and node.text:
                pieces.append(_spaced(node.text))
        else:
            within -= hidden
            if not within and name not in _INLINE:
                pieces.append("\n")
            if not within and node.tail:
                pieces.append(_spaced(node.tail))
    return _tidy("".join(pieces))


def _spaced(text: str) -> str:
    """The text with one space for each white space, also at its ends."""
    return re.sub(r"\s+", " ", text)


def _tidy(text: str) -> str:
    """A paragraph a line, without empty ones."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _line(value: object) -> str | None:
    text = " ".join(value.split())[:500] if isinstance(value, str) else ""
    return text or None


def _links(tree: Any, url: str | None) -> Iterator[Link]:  # Any: lxml has no types
    base = tree.find(".//base")
    root = _joined(url or "", (base is not None and base.get("href")) or "")
    seen = set[str]()
    for node in tree.iter("a"):
        where = _joined(root, node.get("href") or "").partition("#")[0]
        words = " ".join("".join(node.itertext()).split())[:200]
        good = words and where not in seen and where != url and len(where) <= LONGEST_ADDRESS
        if good and urlsplit(where).scheme in {"http", "https"}:
            seen.add(where)
            yield Link(text=words, url=where)
            if len(seen) == MOST_LINKS:
                return


def _joined(base: str, href: str) -> str:
    try:
        joined = urljoin(base, href.strip())
        urlsplit(joined)
    except ValueError:
        return ""
    return joined
