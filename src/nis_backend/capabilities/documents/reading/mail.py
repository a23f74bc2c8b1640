"""E-mail: its headers, what is written in it, and what is attached, read as documents of their own."""

from __future__ import annotations

from email import policy
from email.errors import MessageError
from email.parser import BytesParser
from typing import TYPE_CHECKING, cast

from nis_backend.capabilities.documents.reading.building import Flow, Whole, flat
from nis_backend.capabilities.documents.reading.faults import broken, too_large
from nis_backend.capabilities.documents.reading.markup import read_html
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage

    from nis_backend.capabilities.documents.reading.building import Opened

MOST_BYTES = 64 * 2**20
MOST_ATTACHED = 100
MOST_DEPTH = 6
"""How deep messages and their parts lie in each other: a forwarded one in a forwarded one has four levels."""
MOST_PARTS = 1_000
HEADERS = ("From", "To", "Cc", "Date", "Subject")

Inside = "Callable[[bytes, str, str], Opened]"


def read_mail(data: bytes, name: str, inside: Callable[[bytes, str, str], Opened]) -> Whole:
    """A message; `inside(bytes, name, media type)` opens what is attached to it."""
    if len(data) > MOST_BYTES:
        raise too_large(name, f"has {len(data)} bytes of mail; at most {MOST_BYTES} are read", "Send it in parts.")
    try:
        message = BytesParser(policy=policy.default).parsebytes(data)
        parts = list(_parts(message, name))
    except RecursionError:
        raise _too_deep(name) from None
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, IndexError) as error:
        raise broken(name, f"it is no message ({type(error).__name__})") from None
    flow = Flow(name)
    notes: list[str] = []
    subject = _header(message, "Subject")
    told = [f"{one}: {value}" for one in HEADERS if (value := _header(message, one))]
    flow.add("\n".join(told))
    for part in parts:
        if isinstance(part, _Letter):
            flow.add("\n".join(f"{one}: {value}" for one in HEADERS if (value := _header(part.message, one))))
        elif part.is_body:
            _write_body(part, flow, name, notes)
    attached = [one for one in parts if isinstance(one, _Part) and not one.is_body]
    for place, one in enumerate(attached):
        if place >= MOST_ATTACHED:
            notes.append(f"{len(attached) - place} more attachments were not read.")
            break
        _attach(one, flow, notes, inside)
    return Whole(kind="mail", pages=flow.done(), title=subject or None, notes=notes)


class _Part:
    """A part of a message that holds text or bytes."""

    def __init__(self, message: EmailMessage, *, is_body: bool) -> None:
        self.is_body = is_body
        self.media_type = message.get_content_type()
        self.charset = message.get_content_charset()
        self.name = flat(message.get_filename() or "")
        payload = message.get_payload(decode=True)
        self.content = payload if isinstance(payload, bytes) else b""


class _Letter:
    """A message within a message."""

    def __init__(self, message: EmailMessage) -> None:
        self.message = message


def _parts(message: EmailMessage, name: str) -> Iterator[_Part | _Letter]:
    """Everything in it, in order, none deeper than is read; of alternatives the plainest."""
    waiting: list[tuple[EmailMessage, int]] = [(message, 0)]
    seen = 0
    while waiting:
        one, depth = waiting.pop()
        seen += 1
        if depth > MOST_DEPTH:
            raise _too_deep(name)
        if seen > MOST_PARTS:
            raise too_large(name, f"has more than {MOST_PARTS} parts", "Send what is attached by itself.")
        kind = one.get_content_type()
        if not one.is_multipart():
            yield _Part(one, is_body=not one.is_attachment() and not one.get_filename() and kind.startswith("text/"))
            continue
        below = cast("list[EmailMessage]", one.get_payload())
        if kind == "multipart/alternative" and below:
            plain = next((part for part in below if part.get_content_type() == "text/plain"), below[-1])
            below = [plain]
        if kind == "message/rfc822" and below:
            yield _Letter(below[0])
        waiting += [(part, depth + 1) for part in reversed(below)]


def _too_deep(name: str) -> NisError:
    return too_large(
        name, f"has messages within messages, more than {MOST_DEPTH} deep", "Send the message that matters by itself."
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return flat(str(message.get(name, "")))[:2000]
    except (ValueError, LookupError, AttributeError, IndexError, TypeError):  # what headers say is anything
        return ""


def _write_body(part: _Part, flow: Flow, name: str, notes: list[str]) -> None:
    text = _decoded(part)
    if part.media_type == "text/html":
        try:
            read = read_html(part.content, name) if text is None else read_html(text.encode("utf-8", "replace"), name)
        except NisError:
            notes.append("A part of the message that says it is HTML could not be read.")
            return
        for page in read.pages:
            flow.add(page.text)
        return
    flow.add((part.content.decode("utf-8", "replace") if text is None else text).replace("\r\n", "\n"))


def _decoded(part: _Part) -> str | None:
    """Its text; None where it says of no encoding, or of one that is none, that it is in it."""
    try:
        return part.content.decode(part.charset, "replace") if part.charset else None
    except (LookupError, ValueError):  # what a message says is anything, also a codec that is of no text
        return None


def _attach(part: _Part, flow: Flow, notes: list[str], inside: Callable[[bytes, str, str], Opened]) -> None:
    """Its pages behind the message's, under its name."""
    called = part.name or f"an attachment ({part.media_type})"
    try:
        opened = inside(part.content, called, part.media_type)
    except NisError as error:
        notes.append(f"Attached and not read: {error.message}")
        return
    if opened.kind in {"picture", "sound"}:
        notes.append(f"Attached and not read: {called!r} is a {opened.kind}; send it by itself.")
        return
    scans = 0
    for number in range(1, opened.total + 1):
        flow.turn(called)
        scans += opened.is_scan(number)
        page = opened.page(number)
        flow.take(page)
    if scans:
        notes.append(f"{scans} pages of {called!r} are pictures and were not read; send it by itself.")
    notes += [f"{called}: {one}" for one in opened.notes]
