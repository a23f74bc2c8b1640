"""Keeping blobs: sent or fetched, listed, told of, read, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from nis_backend.blob import Blob
from nis_backend.capabilities.blobs.kept import (
    BlobList,
    CreateBlob,
    DeletedBlob,
    FetchBlob,
    ListBlobs,
    OneBlob,
    StoredBlob,
    UpdateBlob,
    draw_blob,
    draw_blobs,
    stored,
)
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.fetched import bytes_kind, fetched
from nis_backend.operation import Before, Example, operation
from nis_backend.shelf import OF_CALL, expired

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row


MOST_PAGES = 20
"""Pages that are looked through for one: what has expired, or is of another type, leaves gaps."""

KEPT = Before(name="kept", operation="blobs.create_blob", request={"content": "data:text/plain,Hello%2C%20world!"})


@operation(
    "blobs.create_blob",
    effect="writes",
    repeatable=True,
    resource="blob",
    view=draw_blob,
    examples=(
        Example(title="Keep a text", request={"content": {"base64": "SGVsbG8sIHdvcmxkIQ==", "name": "hello.txt"}}),
        Example(title="By its address", request={"content": "data:text/plain,Hello%20again"}),
    ),
)
async def create_blob(request: CreateBlob, ctx: Context) -> StoredBlob:
    """Keep bytes under an id, to be given to other operations.

    Send them as a part `content` of a multipart body, as base64, or as a data: address. What they are is told by the
    bytes; the media type that was sent counts where they leave it open, the name never.
    """
    return await _said(request.content.id, request.purpose, request.expires_after, ctx)


@operation(
    "blobs.fetch_blob",
    effect="writes",
    outward=True,
    examples=(Example(title="What an address holds", request={"url": "data:text/plain,Hello%20there"}),),
)
async def fetch_blob(request: FetchBlob, ctx: Context) -> StoredBlob:
    """Fetch the bytes at a web address and keep them under an id, to be given to other operations.

    Public addresses alone are asked, and those that an address leads on to; what they are is told by the bytes.
    """
    if request.url.startswith("data:"):
        content = _held(request.url)
        kept = await ctx.blobs.put(content.content or b"", media_type=content.media_type, name=request.name)
    else:
        async with fetched(request.url, ctx, bytes_kind(ctx)) as came:
            kept = await ctx.blobs.put(came.file, media_type=came.content_type, name=request.name or came.name)
    return await _said(kept.id, request.purpose, request.expires_after, ctx)


def _held(address: str) -> Blob:
    try:
        return Blob.model_validate(address)
    except ValidationError as error:
        raise InvalidRequest(
            f"url: {error.errors()[0]['msg']}.", field="url", value=address, remedy="Give an address that holds bytes."
        ) from None


async def _find(blob_id: str, ctx: Context) -> StoredBlob:
    row, _ = await ctx.blobs.find(blob_id)
    return stored(row)


async def _said(blob_id: str, purpose: str, expires_after: float | None, ctx: Context) -> StoredBlob:
    """A blob, with what its owner says of it."""
    expires = None if expires_after is None else ctx.now() + expires_after
    changes = {**({"purpose": purpose} if purpose else {}), **({} if expires is None else {"expires": expires})}
    await ctx.blobs.settle(blob_id, changes)
    return await _find(blob_id, ctx)


@operation(
    "blobs.list_blobs",
    effect="reads",
    resource="blob",
    view=draw_blobs,
    examples=(Example(title="The last blobs", request={"limit": 5}),),
)
async def list_blobs(request: ListBlobs, ctx: Context) -> BlobList:
    """List the caller's blobs, newest first: all, or those of a purpose, a media type or a fingerprint."""
    asked = {"purpose": request.purpose, "sha256": request.sha256, "media_type": request.media_type}
    where = {name: value for name, value in asked.items() if value is not None and not value.endswith("/")}
    blobs: list[StoredBlob] = []
    cursor = request.cursor
    for _ in range(MOST_PAGES):
        rows, cursor = await ctx.store.page("blobs", cursor=cursor, limit=request.limit - len(blobs), where=where)
        blobs += [stored(row) for row in rows if _listed(row, request, ctx.now())]
        if cursor is None or len(blobs) == request.limit:
            break
    return BlobList(blobs=blobs, next_cursor=cursor)


def _listed(row: Row, request: ListBlobs, now: float) -> bool:
    of_type = request.media_type is None or row["media_type"].startswith(request.media_type)
    return of_type and not expired(row, now) and row["purpose"] != OF_CALL


@operation(
    "blobs.update_blob",
    effect="writes",
    repeatable=True,
    resource="blob",
    view=draw_blob,
    examples=(
        Example(
            title="For a day more",
            request={"id": "{kept.id}", "expires_after": 86_400, "name": "b.txt"},
            before=(KEPT,),
        ),
    ),
)
async def update_blob(request: UpdateBlob, ctx: Context) -> StoredBlob:
    """Change a blob's name or purpose, or when it expires.

    Raises:
        NotFound: the caller has none such.
        Conflict: it holds a version of a dataset, which neither expires nor is for anything else.
    """
    await ctx.blobs.get(request.id)
    if request.expires_after or request.purpose is not None:
        await _refuse_version(request.id, ctx)
    given = {"name": request.name, "purpose": request.purpose}
    changes: Row = {name: value for name, value in given.items() if value is not None}
    if request.expires_after is not None:
        changes["expires"] = ctx.now() + request.expires_after if request.expires_after else None
    if changes:
        await ctx.store.update("blobs", request.id, changes)
    return await _find(request.id, ctx)


@operation(
    "blobs.get_blob",
    effect="reads",
    resource="blob",
    view=draw_blob,
    examples=(Example(title="A text", request={"id": "{kept.id}"}, before=(KEPT,)),),
)
async def get_blob(request: OneBlob, ctx: Context) -> StoredBlob:
    """Get what is known of a blob: its media type, size, name and fingerprint."""
    return await _find(request.id, ctx)


@operation(
    "blobs.read_content",
    effect="reads",
    on="blob",
    examples=(Example(title="A text", request={"id": "{kept.id}"}, before=(KEPT,)),),
)
async def read_content(request: OneBlob, ctx: Context) -> Blob:
    """Read a blob's bytes, whole or a range of them."""
    return await ctx.blobs.get(request.id)


@operation(
    "blobs.delete_blob",
    effect="destroys",
    resource="blob",
    examples=(Example(title="A text", request={"id": "{kept.id}"}, before=(KEPT,)),),
)
async def delete_blob(request: OneBlob, ctx: Context) -> DeletedBlob:
    """Remove a blob and its bytes.

    Raises:
        NotFound: the caller has none such.
        Conflict: it holds a version of a dataset.
    """
    await _refuse_version(request.id, ctx)
    await ctx.blobs.delete(request.id)
    return DeletedBlob(id=request.id)


async def _refuse_version(blob_id: str, ctx: Context) -> None:
    """The bytes of a dataset's version are the dataset: they go with it alone."""
    held = await ctx.store.select("dataset_versions", where={"blob_id": blob_id}, limit=1)
    if held:
        raise Conflict(
            f"The blob holds a version of the dataset {held[0]['dataset_id']}.",
            field="id",
            value=blob_id,
            remedy="Keep it; or delete the dataset: datasets.delete_dataset.",
        )


OPERATIONS = (create_blob, fetch_blob, list_blobs, get_blob, update_blob, read_content, delete_blob)
