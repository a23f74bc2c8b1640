"""What adding, listing and removing items takes and gives, and how they are made ready for the store."""

from __future__ import annotations

import json
from array import array
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from nis_backend.annotations import Plain
from nis_backend.capabilities.collections.collection import OneCollection
from nis_backend.capabilities.collections.filters import MOST_CONDITIONS, MOST_MEMBERS, WHERE, Metadata, Where
from nis_backend.drivers.store import items as store
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.store.base import Row

MOST_ADDED, MOST_LISTED, MOST_NAMED, LONGEST_TEXT = 1000, 100, 1000, 32_768

ItemId = Annotated[str, StringConstraints(min_length=1, max_length=200), Plain]
Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT), Plain]
DocumentId = Annotated[str, StringConstraints(min_length=1, max_length=64), Plain]


class NewItem(Model):
    """A text to be kept."""

    id: ItemId | None = Field(
        default=None, description="Replaces the item of this id, if there is one; unset, it is made from the text."
    )
    text: Text = Field(description="The text.")
    metadata: Metadata = Field(
        default_factory=dict[str, bool | int | float | str],
        max_length=MOST_MEMBERS,
        description="What is known of it, by names: to be filtered by, and answered with it.",
    )
    document_id: DocumentId | None = Field(default=None, description="The document it is of.")
    only_if_digest: str | None = Field(
        default=None,
        max_length=64,
        description="Keep it only where the item of its id has this digest, or, if it is empty, where there is none.",
    )


class AddItems(OneCollection):
    """Texts for a collection."""

    items: list[NewItem] = Field(min_length=1, max_length=MOST_ADDED, description="The texts.")


class Added(Model):
    """What has become of the texts; sent again, they are unchanged."""

    ids: list[str] = Field(description="The items' ids, in the order of the texts.")
    added: int
    replaced: int = Field(description="Those whose id was there, with another text or other metadata.")
    unchanged: int
    model: str | None = Field(description="The embedding model of their vectors; null: by their words alone.")
    truncated: list[int] = Field(
        description="Which texts (0 is the first) are longer than the model reads: the vector is of the beginning."
    )


class Item(Model):
    """A text that is kept."""

    id: str
    text: str
    metadata: dict[str, bool | int | float | str]
    document_id: str | None
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")
    digest: str = Field(description="Of its text, document and metadata: it changes with them.")


class ListItems(OneCollection):
    """Which items of which collection."""

    where: Where | None = Field(default=None, max_length=MOST_CONDITIONS, description=WHERE)
    document_id: DocumentId | None = Field(default=None, description="Only of this document.")
    ids: list[ItemId] | None = Field(default=None, max_length=MOST_NAMED, description="Only these.")
    cursor: int = Field(default=0, ge=0, description="`next_cursor` of the page before.")
    limit: int = Field(default=20, ge=1, le=MOST_LISTED, description="Most to answer.")


class ItemList(Model):
    """One page of items, in the order in which they came or were last changed."""

    items: list[Item]
    next_cursor: int | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


class DeleteItems(OneCollection):
    """Which items of which collection are to go; all that is given has to hold."""

    ids: list[ItemId] | None = Field(default=None, min_length=1, max_length=MOST_NAMED, description="Only these.")
    where: Where | None = Field(default=None, min_length=1, max_length=MOST_CONDITIONS, description=WHERE)
    document_id: DocumentId | None = Field(default=None, description="Only of this document.")


class Deleted(Model):
    """How many have gone."""

    deleted: int


def item_of(row: Row) -> Item:
    """A row as it is told."""
    told = {name: row[name] for name in Item.model_fields}
    return Item.model_validate({**told, "metadata": json.loads(row["metadata"])})


def id_of(item: NewItem) -> str:
    """The item's id: the caller's, or that of its text."""
    return item.id or f"text-{sha256(item.text.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


def digest_of(item: NewItem) -> str:
    """What is the same for items that are the same."""
    whole = json.dumps([item.text, item.document_id, item.metadata], sort_keys=True)
    return sha256(whole.encode()).hexdigest()


def row_of(item: NewItem, vector: bytes | None, next_vector: bytes | None) -> store.NewItem:
    """An item as the store takes it."""
    return store.NewItem(
        id=id_of(item),
        text=item.text,
        metadata=json.dumps(item.metadata, ensure_ascii=False, separators=(",", ":")),
        digest=digest_of(item),
        document_id=item.document_id,
        only_if=item.only_if_digest,
        vector=vector,
        next_vector=next_vector,
    )


def packed(vector: Sequence[float]) -> bytes:
    """A vector as it is kept: float32, little-endian on every machine this runs on."""
    return array("f", vector).tobytes()
