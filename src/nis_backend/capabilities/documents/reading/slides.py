"""Presentations (.pptx): a page for each slide, with its notes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.documents.pages import LONGEST_PAGE, MOST_PAGES
from nis_backend.capabilities.documents.reading.archives import checked
from nis_backend.capabilities.documents.reading.building import Whole, Writing, flat, trimmed
from nis_backend.capabilities.documents.reading.faults import broken, too_large
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from nis_backend.capabilities.documents.pages import Page

pptx: Any = import_module("pptx")  # Any: python-pptx has no types

MOST_SHAPES = 5_000
"""On a slide."""


def read_slides(file: BinaryIO, name: str, *, ignore_macros: bool) -> Whole:
    """See the module. The title stands first, then the shapes as they lie over each other, then what is to be said."""
    checked(file, name, ignore_macros=ignore_macros)
    file.seek(0)
    try:
        shown: Any = pptx.Presentation(file)
        _refuse_many(len(shown.slides), name)
        pages = [_page(slide, number, name) for number, slide in enumerate(shown.slides, 1)]
        title = (shown.core_properties.title or "").strip()
    except (NisError, MemoryError):
        raise
    except Exception as error:  # on hostile bytes python-pptx raises whatever it meets: KeyError, AttributeError
        raise broken(name, f"it is no whole presentation ({type(error).__name__})") from error
    if title in {"", "PowerPoint Presentation"}:  # what is written where nobody has said one
        title = next((one.title for one in pages if one.title), "")
    return Whole(kind="slides", pages=pages, title=title or None)


def _refuse_many(slides: int, name: str) -> None:
    if slides > MOST_PAGES:
        raise too_large(name, f"has {slides} slides; at most {MOST_PAGES} are read", "Send it in parts.")


def _page(slide: Any, number: int, name: str) -> Page:  # Any: python-pptx has no types
    title = slide.shapes.title
    called = flat(title.text_frame.text) if title is not None and title.has_text_frame else ""
    page = Writing(number, called[:300] or None)
    if called:
        page.add_heading(called, 1)
    for shape in _shapes(slide, name):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if getattr(shape, "has_table", False):
            page.add_table([trimmed([flat(cell.text) for cell in row.cells]) for row in shape.table.rows])
        elif shape.has_text_frame and (text := _lines(shape.text_frame)):
            page.add(text)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None and (text := _lines(frame)):
        page.add(f"Notes: {text}")
    if page.length > LONGEST_PAGE:
        what = f"has a slide of {page.length} characters; at most {LONGEST_PAGE} are read of one"
        raise too_large(name, what, "Part the slide.")
    return page.done()


def _shapes(slide: Any, name: str) -> Iterator[Any]:  # Any: as above
    """Every shape, those of groups too."""
    waiting = list(reversed(list(slide.shapes)))
    for _ in range(MOST_SHAPES):
        if not waiting:
            return
        shape = waiting.pop()
        if hasattr(shape, "shapes"):
            waiting += reversed(list(shape.shapes))
        else:
            yield shape
    raise too_large(name, f"has a slide of more than {MOST_SHAPES} shapes", "Send it as PDF.")


def _lines(frame: Any) -> str:  # Any: as above
    return "\n".join(line for one in frame.paragraphs if (line := one.text.replace("\x0b", "\n").strip()))
