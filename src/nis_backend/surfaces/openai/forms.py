"""A body in parts: one file, and fields of text."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from nis_backend.errors import InvalidRequest, Malformed, WrongMedia, shorten
from nis_backend.surfaces.guard import is_multipart

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from collections.abc import Set as AbstractSet

    from starlette.datastructures import FormData
    from starlette.requests import Request

    from nis_backend.surfaces.base import Process


@asynccontextmanager
async def form_of(
    process: Process, request: Request, known: AbstractSet[str], parts: str, most_fields: int
) -> AsyncGenerator[FormData]:
    """The form, until the block ends; `parts` are those that it must have, in words.

    Raises:
        WrongMedia: the body is no form in parts.
        Malformed: it cannot be read, or has too many parts.
        InvalidRequest: a part is not known.
    """
    media = request.headers.get("content-type", "")
    if not is_multipart(media):
        raise WrongMedia(
            f"The body is {shorten(media)!r}.",
            field="Content-Type",
            value=media,
            remedy=f"Send multipart/form-data with the parts {parts}.",
        )
    settings = process.settings
    request.state.exchange.limit = settings.max_body + settings.max_blob
    try:
        try:
            form = await request.form(max_files=1, max_fields=most_fields, max_part_size=settings.max_body)
        except HTTPException as error:
            told = f"The form cannot be read: {error.detail}"
            raise Malformed(told, field="file", remedy=f"Send the parts {parts}.") from None
        unknown = sorted(form.keys() - known)
        if unknown:
            name = shorten(unknown[0])
            raise InvalidRequest(f"There is no parameter {name!r}.", field=name, remedy="Leave it out.")
        yield form
    finally:
        await request.close()
