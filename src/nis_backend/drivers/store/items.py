"""The contract of the store's part that keeps texts to be searched: items of collections.

An item that changes gets a new number: what is known of a number stays true until it is gone. Within a collection
numbers grow in the order of their commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from nis_backend.errors import Conflict, NotFound
from nis_backend.found import unknown
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.base import Row

Scalar = str | int | float | bool
Comparison = Literal["in", "not", "at_least", "at_most"]
Side = Literal["a", "b"]
"""Which of an item's two vectors."""
Models = tuple[str | None, str | None, str | None, str | None]
"""What vectors are by: a model and its version, and both of the one that is to come; see `models_of`."""
Found = tuple[int, float]
"""An item's number, and how well it was found: more is better."""


@record
class Condition:
    """What a member of the metadata has to be; one that is missing fails each but `not`."""

    key: str
    """Without quotes, backslashes and control characters."""
    comparison: Comparison
    values: Sequence[Scalar]
    """Several for `in` and `not`; one for the others, compared as numbers if it is one, else as text."""


@record
class Which:
    """Which items of a collection: those for which all of it holds."""

    ids: Sequence[str] | None = None
    numbers: Sequence[int] | None = None
    document_id: str | None = None
    where: Sequence[Condition] = ()

    @property
    def all(self) -> bool:
        """Whether it leaves none out."""
        return self.ids is None and self.numbers is None and self.document_id is None and not self.where


EVERY = Which()


@record
class NewItem:
    """An item to be kept."""

    id: str
    text: str
    metadata: str
    """A JSON object."""
    digest: str
    """Of all that is above and `document_id`: what is the same already is left as it is."""
    document_id: str | None = None
    vector: bytes | None = None
    """float32, little-endian, of length 1; None where the collection has no model."""
    only_if: str | None = None
    """The digest that the item of this id must have, empty where there must be none; None: whatever is there."""
    next_vector: bytes | None = None
    """The same by the model that is to come, while a collection is embedded anew."""


@record
class Put:
    """What has become of items, by their places."""

    added: Sequence[int]
    replaced: Sequence[int]


class Items(Protocol):
    """Items of collections. A collection itself is a row of `collections`, changed as any other."""

    @property
    def indexes_vectors(self) -> bool:
        """Whether large collections have an index of their vectors, as far as is known."""
        return False

    async def put_items(
        self,
        owner: str,
        collection_id: str,
        models: Models,
        items: Sequence[NewItem],
        now: float,
    ) -> Put:
        """Keep items, each in place of that with its id, together or not at all; those that are the same stay.

        `models` are the collection's, as they were when the vectors were made.

        Raises:
            NotFound: the owner has no such collection.
            Conflict: its models are others by now, or an item is not what it must be.
        """
        ...

    async def drop_items(self, owner: str, collection_id: str, which: Which, now: float) -> int:
        """Remove items, and their words from the index; answers how many.

        Of many not all go at once: a call that is cut has removed some, and made again removes the rest.
        """
        ...

    async def find_items(
        self, owner: str, collection_id: str, which: Which, *, after: int = 0, limit: int = 100
    ) -> list[Row]:
        """Items by their numbers, above `after`, with all their columns but the vectors."""
        ...

    async def count_items(self, owner: str, collection_id: str, which: Which) -> int:
        """How many there are."""
        ...

    async def sum_items(self, owner: str, collection_id: str) -> Row:
        """What they come to: `characters, longest, documents, vectors` (of the side that serves)."""
        ...

    async def item_numbers(self, owner: str, collection_id: str, which: Which) -> list[int]:
        """All their numbers, in order."""
        ...

    async def items_by_number(self, owner: str, collection_id: str, numbers: Sequence[int]) -> list[Row]:
        """Those of these that are still there, as `find_items` answers them, and `vector` of the side that serves."""
        ...

    async def match_words(
        self, owner: str, collection_id: str, terms: Sequence[str], which: Which, limit: int
    ) -> list[Found]:
        """The items in which a term occurs, by BM25 over this collection alone, the best first.

        A term is a word, a pair of signs of writing without spaces, or several that have to follow each other.
        """
        ...

    async def vectors_after(
        self, owner: str, collection_id: str, side: Side, number: int, limit: int
    ) -> list[tuple[int, bytes]]:
        """Numbers above this one with their vectors on this side, in order; items without one are left out."""
        ...

    async def nearest(  # noqa: PLR0913, PLR0917 - the row's columns it needs
        self, owner: str, collection_id: str, side: Side, vector: bytes, which: Which, limit: int
    ) -> list[Found] | None:
        """The items with the greatest cosine to a vector, the best first, by the database's own index.

        None where it has none: then vectors are compared one by one, outside of it.
        """
        ...

    async def unfilled(self, owner: str, collection_id: str, side: Side, after: int, limit: int) -> list[Row]:
        """Items above a number without a vector on this side, as `find_items` answers them."""
        ...

    async def fill_vectors(
        self, owner: str, collection_id: str, models: Models, side: Side, vectors: Sequence[tuple[int, bytes]]
    ) -> None:
        """Give items that are still there their vectors on this side.

        `models` are the collection's, as they were when the vectors were made.

        Raises:
            NotFound: the owner has no such collection.
            Conflict: its models are others by now.
        """
        ...

    async def name_next(
        self, owner: str, collection_id: str, model: str | None, version: str | None, now: float
    ) -> None:
        """Have what is added from now on get vectors by this model too; None: by no other than the one that serves."""
        ...

    async def flip_side(self, owner: str, collection_id: str, now: float) -> bool:
        """Have the other side and `next_model` serve; False while an item has no vector there, and nothing changes."""
        ...

    async def clear_side(self, owner: str, collection_id: str, side: Side, limit: int) -> bool:
        """Remove a few vectors of a side that does not serve; False when none is left."""
        ...

    async def drop_collection(self, owner: str, collection_id: str) -> bool:
        """Remove a collection with its items, documents and words; False when there is none."""
        ...


def models_of(collection: Row) -> Models:
    """The models of a collection."""
    return collection["model"], collection["version"], collection["next_model"], collection["next_version"]


def no_collection(collection_id: str) -> NotFound:
    """That the owner has no such collection."""
    return unknown("collection", collection_id)


def refuse_other(items: Sequence[NewItem], digests: Mapping[str, str]) -> None:
    """Refuse items in place of others than those that they must replace; what is there already is no other.

    Raises:
        Conflict: with the digest there is.
    """
    for item in items:
        there = digests.get(item.id, "")
        if item.only_if is not None and there not in {item.only_if, item.digest}:
            raise Conflict(
                f"The item {item.id!r} {'has changed' if there else 'is gone'} meanwhile.",
                field="items",
                value=there,
                remedy="Read it, decide anew, and give its digest.",
            )


def other_models(name: str) -> Conflict:
    """That vectors are by a model that a collection no longer has."""
    return Conflict(
        f"The collection {name!r} has changed its model meanwhile.", field="id", value=name, remedy="Send it again."
    )
