"""What a document is, told by its bytes: its name says something only of what is text anyhow."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.reading.faults import broken, locked, unread
from nis_backend.limits import PICTURES, SOUNDS
from nis_backend.media import media_type_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from nis_backend.capabilities.documents.pages import Kind

HEAD = 65_536
"""Bytes by which a kind is told."""

OFFICE: dict[str, tuple[Kind, str]] = {
    "word/document": ("word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/workbook": ("sheet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/presentation": ("slides", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_OTHERS = {
    "application/epub+zip": "an EPUB book",
    "application/vnd.oasis.opendocument.text": "an OpenDocument text",
    "application/vnd.oasis.opendocument.spreadsheet": "an OpenDocument sheet",
    "application/vnd.oasis.opendocument.presentation": "an OpenDocument presentation",
}
WANTED = (
    "Send a PDF, Word (.docx), Excel (.xlsx), PowerPoint (.pptx), HTML, Markdown, e-mail, CSV or plain text, "
    "a picture or a sound. What it is is told by its bytes, not by its name."
)

_HEADER = re.compile(
    rb"(From|To|Cc|Subject|Date|Message-ID|MIME-Version|Received|Return-Path|Delivered-To|Reply-To|Sender|"
    rb"Content-Type|Content-Transfer-Encoding|DKIM-Signature|X-[A-Za-z-]+): ?[^\r\n]*\r?\n([ \t][^\r\n]*\r?\n)*+",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<(html|head|body|div|p|table|h[1-6]|article|section)\b[^>]{0,400}>", re.IGNORECASE)
_HEADING = re.compile(r"^(#{1,6} \S.*\n\s*(\n|\Z)|\S.*\n(={3,}|-{3,})\s*$)", re.MULTILINE)
_MARKS = re.compile(
    r"^#{1,6} \S|^[-*+] \S|^\d+\. \S|^```|^> |\[[^\]\n]{1,300}\]\([^)\n]{1,999}\)|\*\*\S|^\|.+\|\s*$|`[^`\n]+`",
    re.MULTILINE,
)
_CODE = re.compile(r"\.(py|sh|rb|pl|toml|ya?ml|ini|cfg|conf|r|mk|tex|c|h|cpp|js|ts)$", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_DELIMITERS = ",;\t|"


def kind_of(file: BinaryIO, name: str, declared: str = "") -> tuple[Kind, str]:
    """What the file is, and its media type; the file is left at its beginning.

    Raises:
        InvalidRequest: it has no bytes, is encrypted, or begins as an archive and is none.
        WrongMedia: it is of a kind that is not read.
    """
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if not head:
        raise broken(name, "it has no bytes")
    if b"%PDF-" in head[:1024]:
        return "pdf", "application/pdf"
    if head.startswith(b"PK"):
        return _archive(file, name)
    if head.startswith(_OLE):
        raise _old_office(file, name)
    kind = media_type_of(head, declared)
    if kind in PICTURES:
        return "picture", kind
    if kind in SOUNDS:
        return "sound", kind
    if head.startswith(b"{\\rtf"):
        raise unread(name, "rich text (RTF)", "Save it as .docx or PDF.")
    text = text_of(head, cut=True)
    if text is None:
        raise unread(name, kind if kind != "application/octet-stream" else "of no known kind", WANTED)
    return _text(head, text[0], name, declared)


def _archive(file: BinaryIO, name: str) -> tuple[Kind, str]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = {one.filename: one for one in archive.infolist()}
            names = set(members)
            # Where it says something it is not packed: OpenDocument 1.3 part 2, 3.3; OCF 3.3, 4.3.
            said = members.get("mimetype")
            plain = said is not None and said.compress_type == zipfile.ZIP_STORED and said.file_size <= 100  # noqa: PLR2004
            told = archive.read("mimetype").decode("ascii", "replace") if plain else ""
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
        raise broken(name, "the archive that it is is cut short or broken") from None
    finally:
        file.seek(0)
    for part, found in OFFICE.items():
        if any(one.startswith(part) and one.endswith(".xml") for one in names):
            return found
    if told in _OTHERS:
        raise unread(name, _OTHERS[told], "Save it as .docx, .xlsx, .pptx or PDF.")
    if "xl/workbook.bin" in names:
        raise unread(name, "a binary workbook (.xlsb)", "Save it as .xlsx.")
    raise unread(name, "an archive (ZIP)", "Unpack it, and add what is in it with documents.add_files.")


def _old_office(file: BinaryIO, name: str) -> Exception:
    """Encrypted files of today's Office come in the container that older files have."""
    whole = file.read(64 * 2**20)
    file.seek(0)
    if _ENCRYPTED_OFFICE in whole:
        return locked(name)
    return unread(name, "a file of Office 97 to 2003", "Save it as .docx, .xlsx, .pptx or PDF.")


def text_of(data: bytes, *, cut: bool = False) -> tuple[str, str] | None:
    """Bytes as text, and the encoding: by its mark, else UTF-8, else Windows-1252; None where it is no text.

    `cut`: the end may have cut a character.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            whole = data[: len(data) // 2 * 2] if encoding == "utf-16" else data
            return _clean(whole.decode(encoding, "ignore" if cut else "replace"), encoding)
    try:
        return _clean(data.decode(), "utf-8")
    except UnicodeDecodeError as error:
        if cut and error.reason == "unexpected end of data":
            return _clean(data[: error.start].decode(), "utf-8")
    return _clean(data.decode("cp1252", "replace"), "windows-1252")


def _clean(text: str, encoding: str) -> tuple[str, str] | None:
    return None if len(_CONTROL.findall(text)) > len(text) / 1000 else (text, encoding)


def _text(head: bytes, text: str, name: str, declared: str) -> tuple[Kind, str]:
    headers = 0
    place = 0
    while (found := _HEADER.match(head, place)) and headers < 3:  # noqa: PLR2004 - three lines of headers are no prose
        headers, place = headers + 1, found.end()
    if headers >= 3 or (headers and head[place : place + 2] in {b"\r\n", b"\n"} and b"From" in head[:place]):  # noqa: PLR2004
        return "mail", "message/rfc822"
    start = text.lstrip("\ufeff \t\r\n")[:1000].lower()
    if start.startswith(("<!doctype html", "<html")) or (start.startswith("<") and _MARKUP.search(text)):
        return "html", "text/html"
    if declared.startswith("text/markdown") or name.lower().endswith((".md", ".markdown")):
        return "markdown", "text/markdown"
    if delimiter_of(text) is not None:
        return "table", "text/csv"
    plain = _CODE.search(name) or text.startswith("#!")
    if not plain and _HEADING.search(text) and len(_MARKS.findall(text)) > 1:
        return "markdown", "text/markdown"
    return "text", "text/plain"


def delimiter_of(text: str) -> str | None:
    """What parts the cells, where the first lines are rows of a table: as often in each of them."""
    lines = [one for one in text.splitlines()[:60] if one.strip()]
    if len(lines) < 2:  # noqa: PLR2004 - a header and a row
        return None
    lines = lines[:-1] if len(lines) > 2 else lines  # noqa: PLR2004 - the last may be cut
    for mark in _DELIMITERS:
        counts = [_outside_quotes(one).count(mark) for one in lines]
        usual = max(set(counts), key=counts.count)
        if usual and counts.count(usual) >= 0.9 * len(counts) and (usual > 1 or mark == "\t" or _short(lines, mark)):
            return mark
    return None


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _short(lines: list[str], mark: str) -> bool:
    """Two columns by a comma are a table where no cell is a clause: prose has commas too."""
    return all(len(cell) <= 40 and not cell.startswith(" ") for one in lines for cell in one.split(mark))  # noqa: PLR2004
