"""What PostgreSQL keeps for collections: items, and how often each word stands in how many of them.

Each coroutine works within the caller's transaction; what is not one answers a query and its parameters.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, LiteralString, cast

from nis_backend.drivers.store import queries
from nis_backend.drivers.store.items import Put, models_of, no_collection, other_models, refuse_other
from nis_backend.drivers.store.postgres.statements import ours
from nis_backend.drivers.store.postgres.terms import marked
from nis_backend.drivers.store.queries import ITEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.items import Condition, Models, NewItem, Scalar, Side, Which
    from nis_backend.drivers.store.postgres.link import Connection
    from nis_backend.drivers.store.postgres.terms import Indexed
    from nis_backend.drivers.store.queries import Statement

LOCK: LiteralString = """
select *, array(select number from vector_graphs where collection_id = collections.id) as graphs
from collections where id = %s and owner = %s for update
"""
"""Whoever changes items holds their collection's row: their numbers grow in the order of commits."""
ABOUT: LiteralString = """
select c.language, c.items, l.mark, l.words from collections c left join item_lengths l on l.collection_id = c.id
where c.id = %s and c.owner = %s
"""
MAKE_MARK = "insert into item_lengths (collection_id, words) values (%s, 0) on conflict (collection_id) do nothing"
KNOWN = "select number, id, digest, created from items where collection_id = %s and id = any(%s)"
# The rows get their numbers in this order.
ADD = """
with added as (
    insert into items (
        id, owner, collection_id, document_id, text, metadata, digest, created, updated, words, length,
        vector_a, vector_b
    )
    select id, %(owner)s, %(collection_id)s, document_id, text, metadata, digest, created, %(now)s, words::tsvector,
        length, vector_a, vector_b
    from unnest(
        %(id)s::text[], %(document_id)s::text[], %(text)s::text[], %(metadata)s::text[], %(digest)s::text[],
        %(created)s::float8[], %(words)s::text[], %(length)s::bigint[], %(a)s::bytea[], %(b)s::bytea[]
    ) with ordinality
        as given (id, document_id, text, metadata, digest, created, words, length, vector_a, vector_b, place)
    order by place returning words, length
), counted as (
    update item_lengths set words = item_lengths.words + (select sum(length) from added)
    where collection_id = %(collection_id)s
)
insert into item_words (word, items)
select word, count(*) from added, unnest(tsvector_to_array(words)) as word group by word order by word
on conflict (word) do update set items = item_words.items + excluded.items
"""
REMOVE = """
with gone as (
    delete from items where collection_id = %(collection_id)s and {which} returning number, words, length
){graphs}, counted as (
    update item_lengths set words = item_lengths.words - (select coalesce(sum(length), 0) from gone)
    where collection_id = %(collection_id)s
), fewer as (
    select word, count(*) as items from gone, unnest(tsvector_to_array(words)) as word group by word
), lowered as (
    update item_words set items = item_words.items - fewer.items from fewer where item_words.word = fewer.word
    returning item_words.word, item_words.items
)
select (select count(*) from gone) as items, array(select word from lowered where items = 0) as words
"""
FORGET_WORDS = "delete from item_words where word = any(%s)"
"""Words that no item has any more: of a text that is gone nothing stays."""


async def _collection(connection: Connection, owner: str, collection_id: str) -> Row:
    row = await (await connection.execute(LOCK, [collection_id, owner])).fetchone()
    if row is None:
        raise no_collection(collection_id)
    return row


async def _unchanged(connection: Connection, owner: str, collection_id: str, models: Models) -> Row:
    """The collection, locked, whose models are still these."""
    collection = await _collection(connection, owner, collection_id)
    if models_of(collection) != models:
        raise other_models(collection["name"])
    return collection


async def make_mark(connection: Connection, owner: str, collection_id: str) -> Row:
    """Give a collection the mark of its words, unless it has one; answers what `ABOUT` does."""
    await _collection(connection, owner, collection_id)
    await connection.execute(MAKE_MARK, [collection_id])
    row = await (await connection.execute(ABOUT, [collection_id, owner])).fetchone()
    assert row is not None, "it is locked"
    return row


async def put_items(  # noqa: PLR0913, PLR0917 - the contract's
    connection: Connection,
    owner: str,
    collection_id: str,
    models: Models,
    items: Sequence[NewItem],
    words: Sequence[Indexed],
    now: float,
) -> Put:
    """See `Items.put_items`; `words` are those of the items' texts."""
    collection = await _unchanged(connection, owner, collection_id, models)
    known = await _known(connection, collection_id, items)
    digests = {id_: row["digest"] for id_, row in known.items()}
    refuse_other(items, digests)
    added: list[int] = []
    replaced: list[int] = []
    last: dict[str, int] = {}
    for place, item in enumerate(items):
        if digests.get(item.id) == item.digest:
            continue
        (replaced if item.id in digests else added).append(place)
        digests[item.id] = item.digest
        last[item.id] = place
    if last:
        gone = [known[id_]["number"] for id_ in last if id_ in known]
        if gone:
            await _remove(connection, collection, "number = any(%(numbers)s)", {"numbers": gone})
        places = sorted(last.values())
        created = [known[items[at].id]["created"] if items[at].id in known else now for at in places]
        await _add(
            connection, owner, collection, [items[at] for at in places], [words[at] for at in places], created, now
        )
        size = next((len(item.vector) // 4 for item in items if item.vector is not None), None)
        await connection.execute(
            "update collections set items = items + %s, revision = revision + 1, updated = %s,"
            " dimensions = coalesce(dimensions, %s) where id = %s",
            [len(added), now, size, collection_id],
        )
    return Put(added=added, replaced=replaced)


async def _known(connection: Connection, collection_id: str, items: Iterable[NewItem]) -> dict[str, Row]:
    cursor = await connection.execute(KNOWN, [collection_id, [item.id for item in items]])
    return {row["id"]: row for row in await cursor.fetchall()}


async def _add(  # noqa: PLR0913, PLR0917 - what rows are made of
    connection: Connection,
    owner: str,
    collection: Row,
    items: Sequence[NewItem],
    words: Sequence[Indexed],
    created: Sequence[float],
    now: float,
) -> None:
    vectors = [item.vector for item in items], [item.next_vector for item in items]
    a, b = vectors if collection["side"] == "a" else reversed(vectors)
    given: dict[str, Any] = {  # Any: see Row
        name: [getattr(item, name) for item in items] for name in ("id", "document_id", "text", "metadata", "digest")
    }
    given |= {"words": [one.vector for one in words], "length": [one.length for one in words], "created": [*created]}
    given |= {"a": a, "b": b, "owner": owner, "collection_id": collection["id"], "now": now}
    await connection.execute(ADD, given)


async def _remove(
    connection: Connection, collection: Row, which: str, given: Mapping[str, Any]
) -> int:  # Any: as above
    # Each by its own name: by their parent's, all collections' graphs would be locked.
    graphs = "".join(
        f", in_{number} as (delete from {graph_table(number)} where number in (select number from gone))"  # noqa: S608 - ours
        for number in collection["graphs"]
    )
    sql = cast("LiteralString", REMOVE.format(which=which, graphs=graphs))
    row = await (await connection.execute(sql, {**given, "collection_id": collection["id"]})).fetchone()
    assert row is not None, "it counts"
    if row["words"]:
        await connection.execute(FORGET_WORDS, [row["words"]])
    return int(row["items"])


async def drop_items(connection: Connection, owner: str, collection_id: str, which: Which, now: float) -> int:
    """See `Items.drop_items`."""
    collection = await (await connection.execute(LOCK, [collection_id, owner])).fetchone()
    if collection is None:
        return 0
    clauses, given = conditions(owner, collection_id, which)
    gone = await _remove(connection, collection, clauses, given)
    if gone:
        await connection.execute(
            "update collections set items = items - %s, revision = revision + 1, updated = %s where id = %s",
            [gone, now, collection_id],
        )
    return gone


async def drop_collection(connection: Connection, owner: str, collection_id: str) -> bool:
    """See `Items.drop_collection`."""
    row = await (await connection.execute(f"{ABOUT} for update of c", [collection_id, owner])).fetchone()
    if row is None:
        return False
    if row["mark"] is not None:
        beginning = marked(row["mark"])
        # The sign that follows the colon comes after every word of the collection.
        ends = f"{beginning[:-1]};"
        await connection.execute("delete from item_words where word >= %s and word < %s", [beginning, ends])
    await _drop_graphs(connection, collection_id)
    for table in ("item_lengths", "items", "documents"):
        await connection.execute(
            f"delete from {table} where collection_id = %s",  # noqa: S608 - ours
            [collection_id],
        )
    await connection.execute("delete from collections where id = %s", [collection_id])
    return True


def conditions(owner: str, collection_id: str, which: Which) -> tuple[str, dict[str, Any]]:  # Any: see Row
    """The clauses of which items, and their values by name."""
    clauses = ["collection_id = %(collection_id)s", "owner = %(owner)s"]
    given: dict[str, Any] = {"collection_id": collection_id, "owner": owner}  # Any: as above
    if which.document_id is not None:
        clauses.append("document_id = %(document_id)s")
        given["document_id"] = which.document_id
    if which.ids is not None:
        clauses.append("id = any(%(ids)s::text[])")
        given["ids"] = [*which.ids]
    if which.numbers is not None:
        clauses.append("number = any(%(numbers)s::bigint[])")
        given["numbers"] = [*which.numbers]
    for place, one in enumerate(which.where):
        if one.comparison == "in":
            # Each by itself: for one of several there is no index.
            same = [json.dumps({one.key: value}) for given_ in one.values for value in _same(given_)]
            names = [f"value_{place}_{number}" for number in range(len(same))]
            clauses.append("(" + " or ".join(f"facts @> %({name})s::jsonb" for name in names) + ")")
            given |= zip(names, same, strict=True)
            continue
        key, values = f"key_{place}", f"values_{place}"
        clauses.append(_holds(one, f"facts -> %({key})s::text", f"%({values})s"))
        given |= {key: one.key, values: _compared(one)}
    return " and ".join(clauses), given


def _holds(one: Condition, cell: str, values: str) -> str:
    match one.comparison:
        case "in":
            return f"{cell} = any({values}::jsonb[])"
        case "not":
            return f"coalesce({cell} <> all({values}::jsonb[]), true)"
        case "at_least" | "at_most":
            sign = ">=" if one.comparison == "at_least" else "<="
            text = isinstance(one.values[0], str)
            kind, read = ("string", 'collate "C"') if text else ("number", "::numeric")
            compared = f"(({cell}) #>> '{{}}') {read} {sign} {values}::{'text' if text else 'numeric'}"
            return f"case when jsonb_typeof({cell}) = '{kind}' then {compared} else false end"


def _compared(one: Condition) -> Any:  # Any: one value or several
    if one.comparison in {"at_least", "at_most"}:
        value = one.values[0]
        return value if isinstance(value, str) else json.dumps(value)
    return [json.dumps(same) for value in one.values for same in _same(value)]


def _same(value: Scalar) -> list[Scalar]:
    """What is true is 1, as in SQLite."""
    if isinstance(value, str) or value not in {0, 1}:
        return [value]
    return [bool(value), int(value)]


def graph_table(number: int) -> str:
    """The name of a graph's table, to be written into SQL."""
    return f"graph_{number:d}"


async def _drop_graphs(connection: Connection, collection_id: str) -> None:
    """Remove what a collection is searched by; one that is being made is not waited for."""
    sql = "delete from vector_graphs where collection_id = %s returning number"
    for row in await (await connection.execute(sql, [collection_id])).fetchall():
        table = graph_table(row["number"])
        making = "select pg_cancel_backend(pid) from pg_stat_progress_create_index where relid = to_regclass(%s)"
        await connection.execute(making, [table])
        await connection.execute(cast("LiteralString", f"drop table {table}"))


def find_items(
    owner: str, collection_id: str, which: Which, after: int, limit: int
) -> tuple[str, dict[str, Any]]:  # Any: see Row
    """See `Items.find_items`."""
    clauses, given = conditions(owner, collection_id, which)
    sql = f"select {ITEM} from items where {clauses} and number > %(after)s order by number limit %(limit)s"  # noqa: S608 - ours
    return sql, {**given, "after": after, "limit": limit}


def items_by_number(owner: str, collection_id: str, numbers: Sequence[int]) -> Statement:
    """See `Items.items_by_number`."""
    return (
        f"select i.{ITEM.replace(', ', ', i.')}, case when c.side = 'a' then vector_a else vector_b end as vector"  # noqa: S608 - ours
        " from items i join collections c on c.id = i.collection_id"
        " where i.number = any(%s::bigint[]) and i.collection_id = %s and i.owner = %s"
    ), [[*numbers], collection_id, owner]


async def fill_vectors(  # noqa: PLR0913, PLR0917 - the contract's
    connection: Connection,
    owner: str,
    collection_id: str,
    models: Models,
    side: Side,
    vectors: Sequence[tuple[int, bytes]],
) -> None:
    """See `Items.fill_vectors`."""
    await _unchanged(connection, owner, collection_id, models)
    sql = (
        f"update items set vector_{side} = given.vector"  # noqa: S608 - ours
        " from unnest(%s::bigint[], %s::bytea[]) as given (number, vector)"
        " where items.number = given.number and collection_id = %s"
    )
    given = [[number for number, _ in vectors], [vector for _, vector in vectors], collection_id]
    await connection.execute(sql, given)


async def flip_side(connection: Connection, owner: str, collection_id: str, now: float) -> bool:
    """See `Items.flip_side`."""
    collection = await _collection(connection, owner, collection_id)
    other: Side = "b" if collection["side"] == "a" else "a"
    if collection["next_model"] is None:
        return False
    sql, given = ours(queries.unfilled(owner, collection_id, other, 0, 1))
    if await (await connection.execute(cast("LiteralString", sql), given)).fetchone() is not None:
        return False
    await _drop_graphs(connection, collection_id)
    await connection.execute(
        "update collections set side = %s, model = next_model, version = next_version,"  # noqa: S608 - ours
        " next_model = null, next_version = null, flips = flips + 1,"
        f" dimensions = (select length(vector_{other}) / 4 from items where collection_id = %s limit 1),"
        " revision = revision + 1, updated = %s where id = %s",
        [other, collection_id, now, collection_id],
    )
    return True


async def clear_side(connection: Connection, owner: str, collection_id: str, side: Side, limit: int) -> bool:
    """See `Items.clear_side`."""
    if (await _collection(connection, owner, collection_id))["side"] == side:
        return False
    sql = (
        f"update items set vector_{side} = null where number in (select number from items"  # noqa: S608 - ours
        f" where collection_id = %s and owner = %s and vector_{side} is not null limit %s) returning 1"
    )
    cursor = await connection.execute(sql, [collection_id, owner, limit])
    return bool(await cursor.fetchall())
