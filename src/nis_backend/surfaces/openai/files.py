"""`/v1/files`: blobs, under this dialect's names.

Source: https://platform.openai.com/docs/api-reference/files
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, StreamingResponse

from nis_backend.blob import Blob
from nis_backend.calling import call
from nis_backend.drivers.store.base import LINES, cursor_of
from nis_backend.errors import InvalidRequest, NotFound, NotSupported, shorten
from nis_backend.surfaces.openai.batches import FILE, file_card, outcomes
from nis_backend.surfaces.openai.forms import form_of
from nis_backend.surfaces.openai.pages import limit_of, page_of
from nis_backend.surfaces.openai.response_items import blob_of, file_of
from nis_backend.surfaces.rest.content import content_of

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.capabilities.blobs.kept import BlobList, StoredBlob
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
KNOWN = frozenset({"file", "purpose", "expires_after", "expires_after[anchor]", "expires_after[seconds]"})
MOST_LISTED = 10_000
EXPIRES = range(3600, 30 * 86_400 + 1)
"""Seconds after which a file may expire, as OpenAI has it."""


async def create(process: Process, request: Request) -> Response:
    """Keep a file."""
    async with form_of(process, request, KNOWN, "file and purpose", 8) as form:
        return await _create(process, request, form)


async def _create(process: Process, request: Request, form: FormData) -> Response:
    seconds = _expiry(form)
    file, purpose = form.get("file"), form.get("purpose")
    if not isinstance(file, UploadFile):
        raise InvalidRequest("The form has no file.", field="file", remedy="Send a part file with a filename.")
    if purpose not in PURPOSES:
        raise InvalidRequest(
            "purpose is none that is known.",
            field="purpose",
            value=shorten(str(purpose)),
            remedy=f"Give one of: {', '.join(PURPOSES)}.",
        )
    blob = await asyncio.to_thread(
        Blob.of, file.file, media_type=file.content_type or "", name=file.filename or "upload"
    )
    ctx = process.context(request.state.caller)
    operation = process.operations.find("blobs.create_blob")
    return JSONResponse(
        _card(await call(operation, {"content": blob, "purpose": purpose, "expires_after": seconds}, ctx))
    )


def _expiry(form: FormData) -> float | None:
    """Seconds from its creation to its end."""
    if not any(name.startswith("expires_after") for name in form):
        return None
    anchor, seconds = form.get("expires_after[anchor]"), form.get("expires_after[seconds]")
    if anchor != "created_at" or not (isinstance(seconds, str) and seconds.isdecimal() and int(seconds) in EXPIRES):
        raise InvalidRequest(
            "A file expires some time after it is created.",
            field="expires_after",
            value=shorten(f"{anchor} {seconds}"),
            remedy=f"Give the anchor created_at, and {EXPIRES.start} to {EXPIRES.stop - 1} seconds.",
        )
    return float(seconds)


async def files(process: Process, request: Request) -> Response:
    """The files, newest first unless it is asked otherwise."""
    ctx, query = process.context(request.state.caller), request.query_params
    limit = limit_of(query, MOST_LISTED, MOST_LISTED)
    after, purpose = query.get("after"), query.get("purpose")
    ascending = query.get("order") == "asc"
    cursor = None
    if after is not None and not ascending:
        last = await _find(process, after, ctx, "after")
        cursor, after = cursor_of(last.created, last.id), None
    most = MOST_LISTED if ascending else limit + 1
    found: list[Json] = []
    # Pages of one call are not counted each.
    within = replace(ctx, depth=1)
    while len(found) < most:
        asked = {"cursor": cursor, "purpose": purpose, "limit": min(100, most - len(found))}
        page: BlobList = await call(process.operations.find("blobs.list_blobs"), asked, within)
        found += [_card(one) for one in page.blobs if one.purpose != LINES]
        cursor = page.next_cursor
        if cursor is None:
            break
    return JSONResponse(page_of(found[::-1] if ascending else found, after, limit))


async def file(process: Process, request: Request) -> Response:
    """What is known of a file."""
    ctx, name = process.context(request.state.caller), request.path_params["id"]
    if FILE.fullmatch(name):
        return JSONResponse(await file_card(process, name, ctx))
    return JSONResponse(_card(await _find(process, name, ctx)))


async def content(process: Process, request: Request) -> Response:
    """Its bytes."""
    ctx, name = process.context(request.state.caller), request.path_params["id"]
    if FILE.fullmatch(name):
        return StreamingResponse(await outcomes(process, name, ctx), media_type="application/jsonl")
    blob: Blob = await _called(process, "blobs.read_content", name, ctx)
    return await content_of(request, blob, ctx.blobs)


async def delete(process: Process, request: Request) -> Response:
    """Remove it."""
    ctx, name = process.context(request.state.caller), request.path_params["id"]
    if FILE.fullmatch(name):
        raise NotSupported(
            "This file is a part of its batch.", field="file_id", value=name, remedy="Delete the batch's run."
        )
    await _called(process, "blobs.delete_blob", name, ctx)
    return JSONResponse({"id": name, "object": "file", "deleted": True})


async def _find(process: Process, name: str, ctx: Context, field: str = "file_id") -> StoredBlob:
    return await _called(process, "blobs.get_blob", name, ctx, field)


async def _called(process: Process, operation: str, name: str, ctx: Context, field: str = "file_id") -> Any:
    """Any: the operation's result."""
    try:
        return await call(process.operations.find(operation), {"id": blob_of(name)}, ctx)
    except (NotFound, InvalidRequest):
        raise NotFound(
            f"There is no file {shorten(name)!r}.", field=field, value=shorten(name), remedy="List the files."
        ) from None


def _card(blob: StoredBlob) -> Json:
    return {
        "id": file_of(blob.id),
        "object": "file",
        "bytes": blob.size,
        "created_at": int(blob.created),
        "filename": blob.name,
        "purpose": blob.purpose or "user_data",
        "status": "processed",
        "expires_at": None if blob.expires is None else int(blob.expires),
        "status_details": None,
    }
