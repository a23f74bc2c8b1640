"""A file, opened as what its bytes tell that it is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.pages import Page
from nis_backend.capabilities.documents.reading.building import Whole
from nis_backend.capabilities.documents.reading.kinds import kind_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from nis_backend.capabilities.documents.pages import Kind
    from nis_backend.capabilities.documents.reading.building import Opened


def opened(file: BinaryIO, name: str, declared: str = "", *, ignore_macros: bool = False) -> tuple[Opened, str]:
    """The document, and its media type.

    Raises:
        NisError: it cannot be read; the message has its name and what is wrong, the remedy what to do.
    """
    kind, media_type = kind_of(file, name, declared)
    return _reader(kind, file, name, ignore_macros=ignore_macros), media_type


def _reader(kind: Kind, file: BinaryIO, name: str, *, ignore_macros: bool) -> Opened:  # noqa: PLR0911 - one for each
    # Each is imported where it is wanted: what reads PDF costs nothing where none comes.
    match kind:
        case "pdf":
            from nis_backend.capabilities.documents.reading.pdf import PdfDocument  # noqa: PLC0415

            return PdfDocument(file, name)
        case "word":
            from nis_backend.capabilities.documents.reading.word import read_word  # noqa: PLC0415

            return read_word(file, name, ignore_macros=ignore_macros)
        case "sheet":
            from nis_backend.capabilities.documents.reading.workbook import read_workbook  # noqa: PLC0415

            return read_workbook(file, name, ignore_macros=ignore_macros)
        case "slides":
            from nis_backend.capabilities.documents.reading.slides import read_slides  # noqa: PLC0415

            return read_slides(file, name, ignore_macros=ignore_macros)
        case "html":
            from nis_backend.capabilities.documents.reading.markup import read_html  # noqa: PLC0415

            return read_html(file.read(), name)
        case "mail":
            from nis_backend.capabilities.documents.reading.mail import read_mail  # noqa: PLC0415

            return read_mail(file.read(), name, _attached)
        case "picture" | "sound":
            return Whole(kind=kind, pages=[Page(number=1, text="")])
        case "markdown" | "table" | "text":
            from nis_backend.capabilities.documents.reading import plain  # noqa: PLC0415

            read = {"markdown": plain.read_markdown, "table": plain.read_table, "text": plain.read_text}[kind]
            return read(file.read(), name)


def _attached(data: bytes, name: str, declared: str) -> Opened:
    return opened(io.BytesIO(data), name, declared)[0]
