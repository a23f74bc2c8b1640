"""Blobs: bytes that are kept under an id, given to operations and answered by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row


PURPOSE = r"^[a-z0-9_-]{0,32}$"


class CreateBlob(Model):
    """The bytes to keep."""

    content: Blob = Field(description="The bytes; of a blob that is kept already, it is answered as it is.")
    purpose: str = Field(
        default="", pattern=PURPOSE, description="What it is for, in a word of the caller's, to be listed by."
    )


class ListBlobs(Model):
    """Which blobs to list, newest first."""

    purpose: str | None = Field(default=None, pattern=PURPOSE, description="Only those that are for this.")
    cursor: str | None = Field(default=None, max_length=128, description="`next_cursor` of the page before.")
    limit: int = Field(default=20, ge=1, le=100, description="Most blobs to answer.")


class OneBlob(Model):
    """Which blob."""

    id: str = Field(min_length=1, max_length=64, description="The blob's id.")


class StoredBlob(Model):
    """What is known of a blob; its bytes are its content."""

    id: str
    media_type: str = Field(description="What the bytes are, told by themselves where they tell.")
    size: int = Field(description="How many bytes.")
    name: str = Field(description="What a person calls it; nothing is told by it.")
    sha256: str = Field(description="Fingerprint of the bytes, SHA-256 in hexadecimal digits.")
    created: float = Field(description="Seconds since 1970, UTC.")
    purpose: str = Field(description="What it is for, as its owner has said.")


class BlobList(Model):
    """One page of blobs."""

    blobs: list[StoredBlob]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


class DeletedBlob(Model):
    """The blob that is gone."""

    id: str


KEPT = Before(name="kept", operation="blobs.create_blob", request={"content": "data:text/plain,Hello%2C%20world!"})


def _stored(row: Row) -> StoredBlob:
    return StoredBlob(**{name: row[name] for name in StoredBlob.model_fields})


async def _find(blob_id: str, ctx: Context) -> StoredBlob:
    row, _ = await ctx.blobs.find(blob_id)
    return _stored(row)


def _draw_blob(_request: Model, blob: StoredBlob) -> list[View]:
    """One blob, as a row of the list."""
    return _table("Blob", [blob])


def _draw_blobs(_request: ListBlobs, result: BlobList) -> list[View]:
    return _table("Blobs", result.blobs)


def _table(title: str, blobs: Sequence[StoredBlob]) -> list[View]:
    rows: list[list[str | float]] = [[one.id, one.name, one.media_type, one.size, moment(one.created)] for one in blobs]
    return [Table(title=title, columns=["id", "name", "media type", "bytes", "created (UTC)"], rows=rows)]


@operation(
    "blobs.create_blob",
    effect="writes",
    repeatable=True,
    resource="blob",
    view=_draw_blob,
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
    if request.purpose:
        await ctx.store.update("blobs", request.content.id, {"purpose": request.purpose})
    return await _find(request.content.id, ctx)


@operation(
    "blobs.list_blobs",
    effect="reads",
    resource="blob",
    view=_draw_blobs,
    examples=(Example(title="The last blobs", request={"limit": 5}),),
)
async def list_blobs(request: ListBlobs, ctx: Context) -> BlobList:
    """List the caller's blobs, newest first."""
    where = None if request.purpose is None else {"purpose": request.purpose}
    rows, following = await ctx.store.page("blobs", cursor=request.cursor, limit=request.limit, where=where)
    return BlobList(blobs=[_stored(row) for row in rows], next_cursor=following)


@operation(
    "blobs.get_blob",
    effect="reads",
    resource="blob",
    view=_draw_blob,
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
    """Remove a blob and its bytes."""
    await ctx.blobs.delete(request.id)
    return DeletedBlob(id=request.id)


OPERATIONS = (create_blob, list_blobs, get_blob, read_content, delete_blob)
