"""What is asked and told of blobs that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.annotations import Unit
from nis_backend.blob import NAME_LENGTH, Blob
from nis_backend.operation import Model
from nis_backend.paged import Cursor, Next
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.store.base import Row

PURPOSE = r"^[a-z0-9_-]{0,32}$"
MEDIA_TYPE = r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/([a-z0-9][a-z0-9!#$&^_.+-]{0,63})?$"
LONGEST_KEPT = 10 * 366 * 86_400
"""Seconds; who wants it longer wants it for good."""
LONGEST_URL = 4000

Purpose = Annotated[
    str, Field(pattern=PURPOSE, description="What it is for, in a word of the caller's, to be listed by.")
]
ExpiresAfter = Annotated[
    float | None, Unit("s"), Field(gt=0, le=LONGEST_KEPT, description="Time after which it is gone; null keeps it.")
]


class CreateBlob(Model):
    """The bytes to keep."""

    content: Blob = Field(description="The bytes; of a blob that is kept already, it is answered as it is.")
    purpose: Purpose = ""
    expires_after: ExpiresAfter = None


class FetchBlob(Model):
    """Where the bytes are, and what they are kept as."""

    url: str = Field(
        min_length=5, max_length=LONGEST_URL, description="Address of http or https; a data: address holds them itself."
    )
    name: str = Field(
        default="", max_length=NAME_LENGTH, description="What a person calls it; empty takes the end of the address."
    )
    purpose: Purpose = ""
    expires_after: ExpiresAfter = None


class ListBlobs(Model):
    """Which blobs to list, newest first."""

    purpose: str | None = Field(default=None, pattern=PURPOSE, description="Only those that are for this.")
    media_type: str | None = Field(
        default=None, max_length=128, pattern=MEDIA_TYPE, description="Only those of this type; image/ is of any image."
    )
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="Only those of this fingerprint: are these bytes kept already?",
    )
    cursor: Cursor = None
    limit: int = Field(default=20, ge=1, le=100, description="Most blobs to answer.")


class OneBlob(Model):
    """Which blob."""

    id: str = Field(min_length=1, max_length=64, description="The blob's id.")


class UpdateBlob(Model):
    """Which blob, and what is said of it anew; its bytes never change."""

    id: str = Field(min_length=1, max_length=64, description="The blob's id.")
    name: str | None = Field(default=None, max_length=NAME_LENGTH, description="What a person calls it.")
    purpose: str | None = Field(default=None, pattern=PURPOSE, description="What it is for.")
    expires_after: Annotated[float | None, Unit("s")] = Field(
        default=None, ge=0, le=LONGEST_KEPT, description="Time from now after which it is gone; 0 keeps it."
    )


class StoredBlob(Model):
    """What is known of a blob; its bytes are its content."""

    id: str
    media_type: str = Field(description="What the bytes are, told by themselves where they tell.")
    size: int = Field(description="How many bytes.")
    name: str = Field(description="What a person calls it; nothing is told by it.")
    sha256: str = Field(description="Fingerprint of the bytes, SHA-256 in hexadecimal digits.")
    created: float = Field(description="Seconds since 1970, UTC.")
    purpose: str = Field(description="What it is for, as its owner has said.")
    expires: float | None = Field(description="When it is gone, seconds since 1970, UTC; null: it is kept.")


class BlobList(Model):
    """One page of blobs."""

    blobs: list[StoredBlob]
    next_cursor: Next


class DeletedBlob(Model):
    """The blob that is gone."""

    id: str


def stored(row: Row) -> StoredBlob:
    """What a row tells."""
    return StoredBlob(**{name: row[name] for name in StoredBlob.model_fields})


def draw_blob(_request: Model, blob: StoredBlob) -> list[View]:
    """One blob, as a row of the list."""
    return _table("Blob", [blob])


def draw_blobs(_request: ListBlobs, result: BlobList) -> list[View]:
    """A row for each."""
    return _table("Blobs", result.blobs)


def _table(title: str, blobs: Sequence[StoredBlob]) -> list[View]:
    rows: list[list[str | float]] = [
        [
            *(one.id, one.name, one.media_type, one.size, moment(one.created)),
            "" if one.expires is None else moment(one.expires),
        ]
        for one in blobs
    ]
    columns = ["id", "name", "media type", "bytes", "created (UTC)", "expires (UTC)"]
    return [Table(title=title, columns=columns, rows=rows)]
