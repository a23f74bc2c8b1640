"""A form in parts: files for the fields that take blobs, text for the others."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from nis_backend.blob import Blob
from nis_backend.errors import InvalidRequest, Malformed, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from nis_backend.entry import Entry
    from nis_backend.operation import Json

MOST_FILES = 32
MOST_PARTS = 200
"""Parts of a form that hold text."""


async def parts_of(request: Request, entry: Entry, blobs: Mapping[str, bool], most: int) -> Json:
    """The fields; `blobs` names those that take a file, and whether several. Text has at most `most` bytes a part.

    Raises:
        Malformed: the form cannot be read, or has too many parts.
        InvalidRequest: a field is given twice.
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
    fields: dict[str, Json] = entry.request_schema.get("properties", {})
    arguments: Json = {}
    for name, part in form.multi_items():
        value = await _blob(part) if isinstance(part, UploadFile) else _value(fields.get(name, {}), part)
        if blobs.get(name):
            arguments.setdefault(name, []).append(value)
        elif name in arguments:
            raise InvalidRequest(
                f"The form gives {shorten(name)} more than once.", field=name, remedy="Give each field once."
            )
        else:
            arguments[name] = value
    return arguments


async def _blob(part: UploadFile) -> Blob:
    return await asyncio.to_thread(Blob.of, part.file, media_type=part.content_type or "", name=part.filename or "")


def _value(schema: Json, text: str) -> Any:  # Any: JSON
    """A part's text as the field's JSON: texts and numbers are read by validation, the rest is JSON here."""
    kinds = {one.get("type", "object") for one in schema.get("anyOf", (schema,))}
    if "$ref" in schema or not kinds & {"array", "object"}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
