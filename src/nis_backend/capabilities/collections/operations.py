"""Collections as operations: made, filled, searched, told of, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.collections import asked, views
from nis_backend.capabilities.collections.collection import (
    A_NAME,
    MOST_COLLECTIONS,
    Collection,
    Kind,
    Language,
    OneCollection,
    collection_of,
    find,
)
from nis_backend.capabilities.collections.embedding import chosen_model, embed, hold_dimensions
from nis_backend.capabilities.collections.filters import which_items
from nis_backend.capabilities.collections.items import (
    Added,
    AddItems,
    Deleted,
    DeleteItems,
    Item,
    ItemId,
    ItemList,
    ListItems,
    digest_of,
    id_of,
    item_of,
    row_of,
)
from nis_backend.capabilities.collections.searching import Hits, SearchCollection, advice, search
from nis_backend.drivers.store.items import Which, models_of
from nis_backend.errors import Conflict, InvalidRequest, NotFound, Unavailable
from nis_backend.found import keep, taken
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Limit, Next

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

TRIES = 3
"""How often texts are embedded by the collection's models, where those change meanwhile."""
NO_MODEL = "none"
BYTES_OF_A_NUMBER = 4
WHICH_MODEL = (
    "The embedding model of its vectors, as provider:name; unset takes the default, where there is one; "
    f"{NO_MODEL}: texts are found by their words alone."
)


class CreateCollection(Model):
    """A collection to be made."""

    name: str | None = Field(
        default=None, max_length=64, pattern=A_NAME, description="Takes the id's place; unset, the id is the name."
    )
    description: str = Field(default="", max_length=2000, description="What its texts are.")
    kind: Kind = Field(default="plain", description="What its texts are: the caller's, parts of documents, memories.")
    language: Language = Field(
        default="english", description="english: words are told apart by their stems; any: as they are written."
    )
    model: str | None = Field(default=None, min_length=1, max_length=512, description=WHICH_MODEL)


class UpdateCollection(OneCollection):
    """Which collection, and what changes; what is unset stays."""

    name: str | None = Field(default=None, min_length=1, max_length=64, pattern=A_NAME, description="Its new name.")
    description: str | None = Field(default=None, max_length=2000, description="What its texts are.")


class ListCollections(Model):
    """Which collections, the newest first."""

    kind: Kind | None = Field(default=None, description="Only of this kind.")
    cursor: Cursor = None
    limit: Limit = 20


class CollectionList(Model):
    """One page of collections."""

    collections: list[Collection]
    next_cursor: Next


class Statistics(Model):
    """What a collection holds, and how it is searched."""

    collection: str = Field(description="Its id.")
    items: int
    characters: int = Field(description="Of all texts.")
    longest: int = Field(description="Characters of the longest text.")
    documents: int = Field(description="Documents that texts are of.")
    without_vector: int = Field(description="Texts that are found by their words alone.")
    model: str | None = Field(description="The embedding model of its vectors, provider:name; null: words alone.")
    dimensions: int | None = Field(description="Numbers in a vector.")
    vector_bytes: int = Field(description="Bytes of the vectors that serve.")
    advice: str = Field(description="What to change, if anything; empty otherwise.")


class OneItem(OneCollection):
    """Which item of which collection."""

    item_id: ItemId = Field(description="The item's id.")


NOTES: Sequence[dict[str, Any]] = (
    {"id": "hours", "text": "We open at nine and close at six.", "metadata": {"topic": "shop", "year": 2025}},
    {"id": "refunds", "text": "Money is paid back within five days.", "metadata": {"topic": "orders", "year": 2026}},
    {"id": "parking", "text": "Parking is behind the house.", "metadata": {"topic": "shop", "year": 2026}},
)
MADE = Before(
    name="notes", operation="collections.create_collection", request={"description": "What customers ask for."}
)
FILLED = Before(name="filled", operation="collections.add_items", request={"id": "{notes.id}", "items": list(NOTES)})


@operation(
    "collections.create_collection",
    effect="writes",
    repeatable=True,
    resource="collection",
    examples=(
        Example(
            title="For notes of a shop",
            request={"description": "What customers ask for."},
        ),
    ),
)
async def create_collection(request: CreateCollection, ctx: Context) -> Collection:
    """Make a collection: texts that are kept to be searched, by their words and by what they mean.

    Raises:
        Conflict: there is one of this name, or there are 1,000.
        NotFound: there is no such model.
    """
    now, id_ = ctx.now(), ctx.new_id("collection")
    model, version = await _chosen(request.model, ctx)
    row: Row = {
        "id": id_,
        "name": request.name or id_,
        **request.model_dump(include={"description", "kind", "language"}),
        "model": model,
        "version": version,
        "side": "a",
        "items": 0,
        "revision": 0,
        "created": now,
        "updated": now,
    }
    await keep("collections", "collection", row, MOST_COLLECTIONS, ctx)
    return collection_of({**row, "dimensions": None, "next_model": None})


async def _chosen(model: str | None, ctx: Context) -> tuple[str | None, str | None]:
    """The model that is meant, and its version; where none is named and none can be asked, none."""
    if model == NO_MODEL:
        return None, None
    try:
        return await chosen_model(model, ctx)
    except (NotFound, Unavailable):
        if model is not None:
            raise
        return None, None


@operation(
    "collections.get_collection",
    effect="reads",
    resource="collection",
    examples=(Example(title="By its id", request={"id": "{notes.id}"}, before=(MADE,)),),
)
async def get_collection(request: OneCollection, ctx: Context) -> Collection:
    """Get a collection by its id or its name."""
    return collection_of(await find(request.id, ctx))


@operation(
    "collections.list_collections",
    effect="reads",
    resource="collection",
    view=views.draw_collections,
    examples=(
        Example(
            title="What there is",
            request={"limit": 1},
            before=(MADE,),
            question="Which collections do I have?",
            also=("List my collections of texts.", "What collections are there to search?"),
        ),
    ),
)
async def list_collections(request: ListCollections, ctx: Context) -> CollectionList:
    """List the caller's collections, the newest first."""
    where = {"kind": request.kind} if request.kind else None
    rows, following = await ctx.store.page("collections", where=where, cursor=request.cursor, limit=request.limit)
    return CollectionList(collections=[collection_of(row) for row in rows], next_cursor=following)


@operation(
    "collections.update_collection",
    effect="writes",
    repeatable=True,
    resource="collection",
    examples=(Example(title="Describe it", request={"id": "{notes.id}", "description": "Answers."}, before=(MADE,)),),
)
async def update_collection(request: UpdateCollection, ctx: Context) -> Collection:
    """Change a collection's name or description.

    Raises:
        NotFound: the caller has none such.
        InvalidRequest: nothing is to change.
        Conflict: there is another of this name.
    """
    row = await find(request.id, ctx)
    changes = request.model_dump(include={"name", "description"}, exclude_none=True)
    if not changes:
        raise InvalidRequest("Nothing is to change.", field="name", value="", remedy="Give what is to change.")
    changes["updated"] = ctx.now()
    try:
        await ctx.store.update("collections", row["id"], changes)
    except Conflict:
        raise taken("collection", str(request.name)) from None
    return collection_of({**row, **changes})


@operation(
    "collections.delete_collection",
    effect="destroys",
    repeatable=True,
    resource="collection",
    examples=(Example(title="No more", request={"id": "{notes.id}"}, before=(MADE, FILLED)),),
)
async def delete_collection(request: OneCollection, ctx: Context) -> OneCollection:
    """Delete a collection with all its items; its documents go with their files, as when each is deleted."""
    row = await find(request.id, ctx)
    while documents := await ctx.store.select("documents", where={"collection_id": row["id"]}, limit=100):
        for one in documents:
            await ctx.call_named("documents.delete_document", {"id": one["id"]})
    await ctx.store.drop_collection(row["id"])
    ctx.forget_vectors(row["id"])
    return OneCollection(id=row["id"])


@operation(
    "collections.add_items",
    effect="writes",
    repeatable=True,
    on="collection",
    outward=True,
    time_limit=300,
    examples=(
        Example(title="Three notes", request={"id": "{notes.id}", "items": list(NOTES)}, before=(MADE,)),
        Example(
            title="One that is told apart by its text",
            request={"id": "{notes.id}", "items": [{"text": "Gifts are wrapped at the till."}]},
            before=(MADE,),
        ),
    ),
)
async def add_items(request: AddItems, ctx: Context) -> Added:
    """Keep texts in a collection, each in place of the one with its id; those that are the same already stay.

    Raises:
        NotFound: the caller has no such collection.
        InvalidRequest: two have one id, or a text has nothing in it that the model reads.
        Unavailable: the collection's model cannot be asked.
        Conflict: the collection changed its model meanwhile, or an item is not the one that was to be replaced.
    """
    row = await find(request.id, ctx)
    ids = [id_of(item) for item in request.items]
    if len(set(ids)) < len(ids):
        twice = next(place for place, one in enumerate(ids) if one in ids[:place])
        raise InvalidRequest(
            f"items.{twice} has the id of an earlier one.",
            field=f"items.{twice}.id",
            value=ids[twice],
            remedy="Give each its own id, or each text once.",
        )
    for _ in range(TRIES - 1):
        try:
            return await _add(row, request, ids, ctx)
        except Conflict:
            # It has begun to be embedded anew, or that has ended: then by its models as they are now.
            before, row = models_of(row), await find(row["id"], ctx)
            if models_of(row) == before:
                raise
    return await _add(row, request, ids, ctx)


async def _add(row: Row, request: AddItems, ids: Sequence[str], ctx: Context) -> Added:
    known = {one["id"]: one["digest"] for one in await ctx.store.find_items(row["id"], Which(ids=ids), limit=len(ids))}
    changed = [place for place, item in enumerate(request.items) if known.get(ids[place]) != digest_of(item)]
    served, truncated = await _vectors(row["model"], row["version"], request, changed, ctx)
    hold_dimensions(row, [one for one in served if one is not None])
    following, _ = await _vectors(row["next_model"], row["next_version"], request, changed, ctx)
    items = [row_of(request.items[place], *pair) for place, *pair in zip(changed, served, following, strict=True)]
    put = await ctx.store.put_items(row["id"], models_of(row), items, ctx.now())
    return Added(
        ids=[*ids],
        added=len(put.added),
        replaced=len(put.replaced),
        unchanged=len(ids) - len(put.added) - len(put.replaced),
        model=row["model"],
        truncated=[changed[place] for place in truncated],
    )


async def _vectors(
    model: str | None, version: str | None, request: AddItems, places: Sequence[int], ctx: Context
) -> tuple[Sequence[bytes | None], Sequence[int]]:
    """The vectors of the texts at these places, and which of them are cut; none without a model."""
    if model is None or not places:
        return [None] * len(places), []
    return await embed([request.items[place].text for place in places], model, version, ctx, places)


@operation(
    "collections.list_items",
    effect="reads",
    on="collection",
    view=views.draw_items,
    examples=(
        Example(title="All", request={"id": "{notes.id}"}, before=(MADE, FILLED)),
        Example(
            title="Of one topic, since a year",
            request={"id": "{notes.id}", "where": {"topic": "shop", "year": {"at_least": 2026}}},
            before=(MADE, FILLED),
        ),
    ),
)
async def list_items(request: ListItems, ctx: Context) -> ItemList:
    """List the items of a collection, in the order in which they came or last changed."""
    row = await find(request.id, ctx)
    which = which_items(request.where, request.document_id, request.ids)
    rows = await ctx.store.find_items(row["id"], which, after=request.cursor, limit=request.limit + 1)
    shown = rows[: request.limit]
    following = int(shown[-1]["number"]) if len(rows) > request.limit else None
    return ItemList(items=[item_of(one) for one in shown], next_cursor=following)


@operation(
    "collections.get_item",
    effect="reads",
    on="collection",
    examples=(Example(title="By its id", request={"id": "{notes.id}", "item_id": "hours"}, before=(MADE, FILLED)),),
)
async def get_item(request: OneItem, ctx: Context) -> Item:
    """Get one item of a collection."""
    row = await find(request.id, ctx)
    rows = await ctx.store.find_items(row["id"], Which(ids=[request.item_id]), limit=1)
    if not rows:
        raise NotFound(
            f"There is no item {request.item_id!r}.",
            field="item_id",
            value=request.item_id,
            remedy="List the collection's items to see what there is.",
        )
    return item_of(rows[0])


@operation(
    "collections.delete_items",
    effect="destroys",
    repeatable=True,
    on="collection",
    examples=(
        Example(title="One", request={"id": "{notes.id}", "ids": ["hours"]}, before=(MADE, FILLED)),
        Example(title="Of a topic", request={"id": "{notes.id}", "where": {"topic": "shop"}}, before=(MADE, FILLED)),
    ),
)
async def delete_items(request: DeleteItems, ctx: Context) -> Deleted:
    """Delete items of a collection: those named, of a document, or with such metadata; all that is given has to hold.

    Raises:
        InvalidRequest: nothing says which.
    """
    row = await find(request.id, ctx)
    which = which_items(request.where, request.document_id, request.ids)
    if which.all:
        raise InvalidRequest(
            "Nothing says which items are meant.",
            field="ids",
            value="",
            remedy="Give ids, where or document_id; to delete all, delete the collection.",
        )
    return Deleted(deleted=await ctx.store.drop_items(row["id"], which, ctx.now()))


@operation(
    "collections.search_collection",
    effect="reads",
    on="collection",
    outward=True,
    view=views.draw_hits,
    time_limit=120,
    examples=(
        Example(
            title="By words and meaning",
            request={"id": "{notes.id}", "query": "how long does a refund take", "limit": 2},
            before=(MADE, FILLED),
            question="Search my collection notes for how long a refund takes.",
            also=asked.SEARCH,
        ),
        Example(
            title="By words alone, of one topic",
            request={"id": "{notes.id}", "query": "parking", "mode": "words", "where": {"topic": "shop"}},
            before=(MADE, FILLED),
        ),
    ),
)
async def search_collection(request: SearchCollection, ctx: Context) -> Hits:
    """Find the texts of a collection that answer a query best: by words (BM25), by meaning (cosine), or both, fused.

    Exact: every vector is looked at, where the database has no index of them.

    Raises:
        NotFound: the caller has no such collection.
        Unavailable: by vectors alone, where the collection has none or its model cannot be asked.

    Source: Robertson & Zaragoza (2009), Found. Trends Inf. Retr. 3, 333-389; Cormack, Clarke & Büttcher (2009), SIGIR.
    """
    return await search(await find(request.id, ctx), request, ctx)


@operation(
    "collections.get_statistics",
    effect="reads",
    on="collection",
    examples=(Example(title="Of three notes", request={"id": "{notes.id}"}, before=(MADE, FILLED)),),
)
async def get_statistics(request: OneCollection, ctx: Context) -> Statistics:
    """Say what a collection holds: how many texts, how long, of how many documents, with which vectors."""
    row = await find(request.id, ctx)
    sums = await ctx.store.sum_items(row["id"])
    vectors = int(sums["vectors"])
    return Statistics(
        collection=row["id"],
        items=row["items"],
        characters=sums["characters"],
        longest=sums["longest"],
        documents=sums["documents"],
        without_vector=row["items"] - vectors,
        model=row["model"],
        dimensions=row["dimensions"],
        vector_bytes=vectors * (row["dimensions"] or 0) * BYTES_OF_A_NUMBER,
        advice=advice(row, ctx),
    )


OPERATIONS = (
    create_collection,
    get_collection,
    list_collections,
    update_collection,
    delete_collection,
    add_items,
    list_items,
    get_item,
    delete_items,
    search_collection,
    get_statistics,
)
