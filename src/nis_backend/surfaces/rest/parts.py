"""A form in parts: files for the fields that take blobs, text for the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from nis_backend.blob import Blob
from nis_backend.errors import Malformed
from nis_backend.surfaces.rest.texts import collected

if TYPE_CHECKING:
    from starlette.requests import Request

    from nis_backend.entry import Entry
    from nis_backend.operation import Json

MOST_FILES = 32
MOST_PARTS = 200
"""Parts of a form that hold text."""


async def parts_of(request: Request, entry: Entry, most: int) -> Json:
    """The fields; text has at most `most` bytes a part.

    Raises:
        Malformed: the form cannot be read, or has too many parts.
        InvalidRequest: a field that is no list is given twice.
    """
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=MOST_PARTS, max_part_size=most)
    except HTTPException as error:
        raise Malformed(
            f"The form cannot be read: {error.detail}",
            field="body",
            value=request.headers.get("content-type"),
            remedy=f"Send multipart/form-data with a boundary, and at most {MOST_FILES} files.",
        ) from None
    parts = [(name, await _blob(part) if isinstance(part, UploadFile) else part) for name, part in form.multi_items()]
    return collected(entry.request_schema, parts, "form")


async def _blob(part: UploadFile) -> Blob:
    return await asyncio.to_thread(Blob.of, part.file, media_type=part.content_type or "", name=part.filename or "")
