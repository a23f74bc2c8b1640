"""A collection as it is told, and as its row has it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend import found
from nis_backend.annotations import Names, Reads
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.drivers.store.base import Row

MOST_COLLECTIONS = 1000
"""Collections of one owner."""
MOST_EXACT = 100_000
"""Items up to which every vector is looked at within some 20 ms."""
A_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"

Kind = Literal["plain", "documents", "memories"]
Language = Literal["english", "any"]


class OneCollection(Model):
    """Which collection."""

    id: Annotated[str, Reads("called"), Names("collection")] = Field(
        min_length=1, max_length=64, description="The collection's id, or its name."
    )


class Collection(Model):
    """Texts that are searched together."""

    id: str
    name: str = Field(description="Takes the id's place wherever a collection is named.")
    description: str
    kind: Kind = Field(description="What its texts are: the caller's, parts of documents, or memories.")
    language: Language = Field(description="english: words are told apart by their stems; any: as they are written.")
    model: str | None = Field(description="The embedding model of its vectors, provider:name; null: words alone.")
    version: str | None = Field(
        description="The hash of the model's files, null where nobody states it; +purposes behind it where the model"
        " reads a query in another way than a passage."
    )
    dimensions: int | None = Field(description="Numbers in a vector; null before the first.")
    next_model: str | None = Field(description="The model that is to come, while its texts are embedded anew.")
    items: int = Field(description="How many texts there are.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC: when it or its items last changed.")


def collection_of(row: Row) -> Collection:
    """A row as it is told."""
    return Collection.model_validate({name: row[name] for name in Collection.model_fields})


find = partial(found.by_name, "collections", "collection")
"""The row of a collection, by its id or its name."""
