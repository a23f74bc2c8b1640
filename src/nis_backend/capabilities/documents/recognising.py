"""Text of what is drawn or said: by the operations that recognise it, called for each page that needs it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nis_backend.blob import Blob
from nis_backend.capabilities.documents.extracting import Extracted, PagePicture, PictureRequest, draw_page
from nis_backend.capabilities.documents.pages import Kind, Page, Recognised
from nis_backend.errors import InternalError, NisError, Unavailable
from nis_backend.operation import Json

if TYPE_CHECKING:
    from nis_backend.context import Context


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A page that could not be recognised."""

    note: str
    later: bool
    """Whether it may be another time: what recognises is not here, or was busy."""


async def recognise(ctx: Context, document: Blob, found: Extracted) -> tuple[list[Page], list[Unread]]:
    """The pages of an answer with the text of those that are scans, and what could not be recognised.

    Raises:
        Unavailable: what recognises is not here and nothing else was read; the remedy names the command.
        NisError: the one page that there is cannot be recognised.
    """
    pages, missing = dict(zip((one.number for one in found.pages), found.pages, strict=True)), list[Unread]()
    for number in found.scans:
        try:
            pages[number] = await _recognised(ctx, document, found.kind, pages[number])
        except NisError as error:
            if len(found.pages) == len(found.scans) and (isinstance(error, Unavailable) or len(found.pages) == 1):
                raise _named(error, document.name) from None
            note = f"Page {number} is a picture and was not read: {error.message} {error.remedy}".strip()
            missing.append(Unread(note=note, later=error.codes.retry))
    return list(pages.values()), missing


def _named(error: NisError, name: str) -> NisError:
    """The failure with the file's name, and in the field that it came in."""
    if name:
        error.message = f"{name!r} cannot be read: {error.message}"
    if error.field is not None:
        error.field = "document"
    return error


async def _recognised(ctx: Context, document: Blob, kind: Kind, page: Page) -> Page:
    if kind == "sound":
        # By name, as below: what hears is another capability.
        heard: Any = await ctx.call_named("voice.transcribe_audio", {"audio": document})
        told = Recognised(by="voice.transcribe_audio", confidence=None, lines=len(heard.segments))
        return page.model_copy(update={"text": "\n".join(one.text for one in heard.segments), "ocr": told})
    picture = document if kind == "picture" else await _drawn(ctx, document, page.number)
    read: Any = await ctx.call_named("vision.read_text", {"image": picture})
    lines = [line for block in read.blocks for row in block.rows for line in row.lines]
    length = sum(len(line.text) for line in lines)
    score = round(sum(line.score * len(line.text) for line in lines) / length, 4) if length else None
    told = Recognised(by="vision.read_text", confidence=score, lines=len(lines))
    return page.model_copy(update={"text": read.text, "ocr": told})


async def _drawn(ctx: Context, document: Blob, number: int) -> Blob:
    """The page as a picture, which is not put down yet."""
    answer: Json = await ctx.compute(draw_page, PictureRequest(document=document, page=number))
    data = answer.get(PagePicture.model_validate_json(answer["result"]).picture.sha256)
    if isinstance(data, io.IOBase):
        with data:
            data = data.read()
    if not isinstance(data, bytes):
        raise InternalError("A worker's answer has no picture.", remedy="Report it.")
    return Blob.of(data, media_type="image/png", name=f"page {number}")
