"""What SQLite keeps for collections: items, and for each collection an index of its words.

Each function works within the caller's transaction, or answers a query and its parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store import queries
from nis_backend.drivers.store.items import Put, models_of, no_collection, other_models, refuse_other
from nis_backend.drivers.store.queries import ITEM, Statement

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.items import Condition, Models, NewItem, Scalar, Side, Which

REMOVED = 1000
"""Items that one transaction removes: others who write wait for it, and their texts are in memory."""
MERGED = 64
"""Pages of an index that one transaction merges: a few milliseconds' worth."""
WORDS = "create virtual table if not exists {words} using fts5(text, content='', tokenize='ascii')"
"""It takes words that are told apart already, with spaces between; texts stand in their items alone."""


def index_of(collection_id: str) -> str:
    """The name of a collection's index of words, to be written into SQL."""
    return "words_" + "".join(letter if letter.isalnum() else "_" for letter in collection_id)


def _collection(connection: sqlite3.Connection, owner: str, collection_id: str) -> Row:
    row = connection.execute("select * from collections where id = ? and owner = ?", (collection_id, owner)).fetchone()
    if row is None:
        raise no_collection(collection_id)
    return dict(row)


def _unchanged(connection: sqlite3.Connection, owner: str, collection_id: str, models: Models) -> Row:
    """The collection, whose models are still these."""
    collection = _collection(connection, owner, collection_id)
    if models_of(collection) != models:
        raise other_models(collection["name"])
    return collection


def put_items(  # noqa: PLR0913, PLR0917 - the contract's
    connection: sqlite3.Connection,
    owner: str,
    collection_id: str,
    models: Models,
    items: Sequence[NewItem],
    indexed: Sequence[str],
    now: float,
) -> Put:
    """See `Items.put_items`; `indexed` are the words of the items' texts."""
    collection = _unchanged(connection, owner, collection_id, models)
    conditional = [item for item in items if item.only_if is not None]
    if conditional:
        sql = "select digest from items where collection_id = ? and id = ?"
        there = {item.id: connection.execute(sql, (collection_id, item.id)).fetchone() for item in conditional}
        refuse_other(conditional, {id_: row["digest"] for id_, row in there.items() if row is not None})
    words = index_of(collection_id)
    connection.execute(WORDS.format(words=words))
    added: list[int] = []
    replaced: list[int] = []
    for place, item in enumerate(items):
        old = connection.execute(
            "select number, text, digest, created from items where collection_id = ? and id = ?",
            (collection_id, item.id),
        ).fetchone()
        if old is not None and old["digest"] == item.digest:
            continue
        if old is not None:
            _remove(connection, collection, [old])
        number = _insert(connection, owner, collection, item, now if old is None else old["created"], now)
        connection.execute(f"insert into {words} (rowid, text) values (?, ?)", (number, indexed[place]))  # noqa: S608 - ours
        (added if old is None else replaced).append(place)
    if added or replaced:
        size = next((len(item.vector) // 4 for item in items if item.vector is not None), None)
        connection.execute(
            "update collections set items = items + ?, revision = revision + 1, unmerged = iif(?, 1, unmerged),"
            " updated = ?, dimensions = coalesce(dimensions, ?) where id = ?",
            (len(added), bool(replaced), now, size, collection_id),
        )
    return Put(added=added, replaced=replaced)


def _insert(  # noqa: PLR0913, PLR0917 - what a row is made of
    connection: sqlite3.Connection, owner: str, collection: Row, item: NewItem, created: float, now: float
) -> int | None:
    sides = ("vector_a", "vector_b") if collection["side"] == "a" else ("vector_b", "vector_a")
    return connection.execute(
        f"insert into items (id, owner, collection_id, document_id, text, metadata, digest, created, updated,"  # noqa: S608 - ours
        f" {sides[0]}, {sides[1]}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(item.id, owner, collection["id"], item.document_id, item.text, item.metadata, item.digest, created, now),
            *(item.vector, item.next_vector),
        ),
    ).lastrowid


def _remove(connection: sqlite3.Connection, collection: Row, rows: Sequence[Any]) -> None:  # Any: rows by their columns
    words = index_of(collection["id"])
    connection.executemany(
        f"insert into {words} ({words}, rowid, text) values ('delete', ?, ?)",  # noqa: S608 - ours
        [(row["number"], indexed_as(row["text"], collection["language"])) for row in rows],
    )
    connection.executemany("delete from items where number = ?", [(row["number"],) for row in rows])


def indexed_as(text: str, language: str) -> str:
    """A text as the index takes it."""
    from nis_backend.drivers.store.words import words_of  # noqa: PLC0415 - loads with the first text

    return " ".join(words_of(text, language))


def drop_items(  # noqa: PLR0913, PLR0917 - the contract's
    connection: sqlite3.Connection, owner: str, collection_id: str, which: Which, upto: int, now: float
) -> int:
    """Remove the first `REMOVED` of them, with numbers up to one; answers how many."""
    clauses, given = conditions(owner, collection_id, which)
    sql = f"select number, text from items where {clauses} and number <= ? order by number limit ?"  # noqa: S608 - ours
    rows = connection.execute(sql, [*given, upto, REMOVED]).fetchall()
    if rows:
        _remove(connection, _collection(connection, owner, collection_id), rows)
        connection.execute(
            "update collections set items = items - ?, revision = revision + 1, unmerged = 1, updated = ? where id = ?",
            (len(rows), now, collection_id),
        )
    return len(rows)


def merge_words(connection: sqlite3.Connection) -> bool:
    """Merge a little of an index in which words of removed texts wait; False when none does."""
    row = connection.execute("select id, unmerged from collections where unmerged > 0 limit 1").fetchone()
    if row is None:
        return False
    words, changes = index_of(row["id"]), connection.total_changes
    # A negative number begins to make one of all its parts; a positive one goes on with that.
    connection.execute(
        f"insert into {words} ({words}, rank) values ('merge', ?)",  # noqa: S608 - ours
        (-MERGED if row["unmerged"] == 1 else MERGED,),
    )
    # https://sqlite.org/fts5.html#the_merge_command: fewer than two changes say that there was nothing left to do.
    left = 2 if row["unmerged"] == 1 or connection.total_changes - changes > 1 else 0
    connection.execute("update collections set unmerged = ? where id = ?", (left, row["id"]))
    return True


def drop_collection(connection: sqlite3.Connection, owner: str, collection_id: str) -> bool:
    """See `Items.drop_collection`."""
    ours = (collection_id, owner)
    if connection.execute("delete from collections where id = ? and owner = ?", ours).rowcount == 0:
        return False
    connection.execute(f"drop table if exists {index_of(collection_id)}")
    connection.execute("delete from items where collection_id = ?", (collection_id,))
    connection.execute("delete from documents where collection_id = ?", (collection_id,))
    return True


def match_words(owner: str, collection_id: str, terms: Sequence[Sequence[str]], which: Which, limit: int) -> Statement:
    """See `Items.match_words`; `terms` are of words as they are indexed."""
    words = index_of(collection_id)
    # In quotes a word is only a word: none of the query language's own is read in it.
    query = " OR ".join(f'"{" ".join(words)}"' for words in terms)
    if which.all:
        # The index is this collection's alone, so its items need not be looked at.
        return (
            f"select rowid as number, -rank as score from {words} where {words} match ?"  # noqa: S608 - ours
            " and exists (select 1 from collections where id = ? and owner = ?) order by rank, rowid limit ?"
        ), [query, collection_id, owner, limit]
    clauses, given = conditions(owner, collection_id, which, "i.")
    return (
        f"select i.number, -bm25({words}) as score from {words} join items i on i.number = {words}.rowid"  # noqa: S608 - ours
        f" where {words} match ? and {clauses} order by bm25({words}), i.number limit ?"
    ), [query, *given, limit]


def conditions(owner: str, collection_id: str, which: Which, of: str = "") -> tuple[str, list[Any]]:
    """The clauses of which items, and their values."""
    clauses = [f"{of}collection_id = ?", f"{of}owner = ?"]
    given: list[Any] = [collection_id, owner]
    if which.document_id is not None:
        clauses.append(f"{of}document_id = ?")
        given.append(which.document_id)
    named: dict[str, Sequence[str] | Sequence[int] | None] = {"id": which.ids, "number": which.numbers}
    for column, wanted in named.items():
        if wanted is not None:
            clauses.append(f"{of}{column} in ({', '.join('?' * len(wanted))})")
            given += wanted
    for one in which.where:
        clause, values = _holds(one, f"{of}metadata")
        clauses.append(clause)
        given.extend(values)
    return " and ".join(clauses), given


def _holds(one: Condition, column: str) -> tuple[str, list[Any]]:
    cell, path = f"json_extract({column}, ?)", f'$."{one.key}"'
    marks = ", ".join("?" * len(one.values))
    values: list[Scalar] = [*one.values]
    match one.comparison:
        case "in":
            return f"{cell} in ({marks})", [path, *values]
        case "not":
            return f"coalesce({cell} not in ({marks}), true)", [path, *values]
        case "at_least" | "at_most":
            # A number and a text are never compared: SQLite would put every number first.
            kinds = "('text')" if isinstance(values[0], str) else "('integer', 'real')"
            sign = ">=" if one.comparison == "at_least" else "<="
            return f"(json_type({column}, ?) in {kinds} and {cell} {sign} ?)", [path, path, *values]


def find_items(owner: str, collection_id: str, which: Which, after: int, limit: int) -> Statement:
    """See `Items.find_items`."""
    clauses, given = conditions(owner, collection_id, which)
    return (
        f"select {ITEM} from items where {clauses} and number > ? order by number limit ?"  # noqa: S608 - ours
    ), [*given, after, limit]


def items_by_number(owner: str, collection_id: str, numbers: Sequence[int]) -> Statement:
    """See `Items.items_by_number`."""
    marks = ", ".join("?" * len(numbers))
    return (
        f"select i.{ITEM.replace(', ', ', i.')}, iif(c.side = 'a', vector_a, vector_b) as vector"  # noqa: S608 - ours
        f" from items i join collections c on c.id = i.collection_id"
        f" where i.collection_id = ? and i.owner = ? and i.number in ({marks})"
    ), [collection_id, owner, *numbers]


def fill_vectors(  # noqa: PLR0913, PLR0917 - the contract's
    connection: sqlite3.Connection,
    owner: str,
    collection_id: str,
    models: Models,
    side: Side,
    vectors: Sequence[tuple[int, bytes]],
) -> None:
    """See `Items.fill_vectors`."""
    _unchanged(connection, owner, collection_id, models)
    connection.executemany(
        f"update items set vector_{side} = ? where number = ? and collection_id = ?",  # noqa: S608 - ours
        [(vector, number, collection_id) for number, vector in vectors],
    )


def flip_side(connection: sqlite3.Connection, owner: str, collection_id: str, now: float) -> bool:
    """See `Items.flip_side`."""
    collection = _collection(connection, owner, collection_id)
    other = "b" if collection["side"] == "a" else "a"
    sql, given = queries.unfilled(owner, collection_id, other, 0, 1)
    if collection["next_model"] is None or connection.execute(sql, given).fetchone() is not None:
        return False
    connection.execute(
        "update collections set side = ?, model = next_model, version = next_version,"  # noqa: S608 - ours
        " next_model = null, next_version = null, flips = flips + 1,"
        f" dimensions = (select length(vector_{other}) / 4 from items where collection_id = ? limit 1),"
        " revision = revision + 1, updated = ? where id = ?",
        (other, collection_id, now, collection_id),
    )
    return True


def clear_side(connection: sqlite3.Connection, owner: str, collection_id: str, side: Side, limit: int) -> bool:
    """See `Items.clear_side`."""
    if _collection(connection, owner, collection_id)["side"] == side:
        return False
    return (
        connection.execute(
            f"update items set vector_{side} = null where number in (select number from items"  # noqa: S608 - ours
            f" where collection_id = ? and owner = ? and vector_{side} is not null limit ?)",
            (collection_id, owner, limit),
        ).rowcount
        > 0
    )
