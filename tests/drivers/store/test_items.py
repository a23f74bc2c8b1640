"""The contract of the store's part that keeps items of collections, run over every implementation."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nis_backend.drivers.store.base import Row, Store
from nis_backend.drivers.store.items import EVERY, Condition, NewItem, Scalar, Which
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Conflict, InvalidRequest, NotFound

Body = Callable[[Store], Awaitable[None]]
NO_MODEL = (None, None, None, None)
MODEL = ("embedded:mini", None, None, None)


@contextlib.asynccontextmanager
async def opened(folder: Path, database: str | None = None) -> AsyncGenerator[Store]:
    """The store over a folder's file or a database, closed at the end."""
    store = SqliteStore(folder / "nis.db") if database is None else PostgresStore(database)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def with_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Body], None]:
    """Runs a test's body with each implementation."""
    database = request.getfixturevalue("database") if request.param == "postgresql" else None

    async def within(body: Body) -> None:
        async with opened(tmp_path, database) as store:
            await body(store)

    return lambda body: asyncio.run(within(body))


async def make(store: Store, id_: str = "c-1", owner: str = "ann", **given: object) -> str:
    """A collection without items."""
    row: Row = {
        "id": id_,
        "name": id_,
        "description": "",
        "kind": "plain",
        "language": "english",
        "model": None,
        "dimensions": None,
        "side": "a",
        "next_model": None,
        "items": 0,
        "revision": 0,
        "unmerged": 0,
        "created": 1.0,
        "updated": 1.0,
    }
    await store.insert("collections", owner, {**row, **given})
    return id_


def item(id_: str, text: str, vector: tuple[float, ...] | None = None, **metadata: Scalar) -> NewItem:
    """An item; what it is made of is its digest."""
    told = json.dumps(metadata)
    return NewItem(
        id=id_, text=text, metadata=told, digest=f"{text} {told}", vector=floats(*vector) if vector else None
    )


def floats(*numbers: float) -> bytes:
    """A vector of length 1 as it is stored."""
    size = math.hypot(*numbers)
    return struct.pack(f"<{len(numbers)}f", *(number / size for number in numbers))


async def ids_of(store: Store, which: Which = EVERY, collection: str = "c-1") -> list[str]:
    """The ids of items, in the order of their numbers."""
    return [row["id"] for row in await store.find_items("ann", collection, which)]


async def words_of(store: Store, *terms: str, which: Which = EVERY, collection: str = "c-1") -> list[str]:
    """The ids of the items with a term, the best first."""
    found = await store.match_words("ann", collection, terms, which, 10)
    rows = await store.items_by_number("ann", collection, [number for number, _ in found])
    names = {row["number"]: row["id"] for row in rows}
    return [names[number] for number, _ in found]


def test_an_item_that_changes_is_a_new_row_and_one_that_does_not_stays(with_store: Callable[[Body], None]) -> None:
    """Promise: what is known of a number stays true until it is gone; the same item sent again makes nothing."""

    async def body(store: Store) -> None:
        await make(store)
        put = await store.put_items("ann", "c-1", NO_MODEL, [item("x", "high tide"), item("y", "low tide")], 2.0)
        assert (put.added, put.replaced) == ([0, 1], [])
        before = await store.find_items("ann", "c-1", EVERY)
        again = [item("x", "high tide"), item("y", "ebb"), item("z", "spring tide")]
        put = await store.put_items("ann", "c-1", NO_MODEL, again, 3.0)
        assert (put.added, put.replaced) == ([2], [1])
        after = await store.find_items("ann", "c-1", EVERY)
        assert after[0] == before[0]
        assert [row["id"] for row in after] == ["x", "y", "z"]
        assert [row["number"] for row in after] == sorted({row["number"] for row in after})
        assert after[1]["number"] > before[1]["number"]
        assert (after[1]["created"], after[1]["updated"]) == (2.0, 3.0)
        row = await store.get("collections", "ann", "c-1")
        assert row is not None
        assert (row["items"], row["revision"], row["updated"]) == (3, 2, 3.0)
        assert await words_of(store, "low") == []

    with_store(body)


def test_an_item_replaces_only_the_one_that_was_meant(with_store: Callable[[Body], None]) -> None:
    """Promise: all or nothing, by the digest it must have; sent again, what was done already is unchanged."""

    async def body(store: Store) -> None:
        await make(store)
        first = item("x", "high tide")
        await store.put_items("ann", "c-1", NO_MODEL, [replace(first, only_if="")], 2.0)
        second = replace(item("x", "low tide"), only_if=first.digest)
        for _ in range(2):
            await store.put_items("ann", "c-1", NO_MODEL, [second], 3.0)
        for only_if in (first.digest, ""):
            late = [item("y", "ebb"), replace(item("x", "flood"), only_if=only_if)]
            with pytest.raises(Conflict) as refused:
                await store.put_items("ann", "c-1", NO_MODEL, late, 4.0)
            assert refused.value.value == second.digest
        await store.drop_items("ann", "c-1", Which(ids=["x"]), 5.0)
        with pytest.raises(Conflict, match="is gone"):
            await store.put_items("ann", "c-1", NO_MODEL, [replace(item("x", "flood"), only_if=second.digest)], 6.0)
        assert await ids_of(store) == []

    with_store(body)


def test_of_two_items_with_one_id_the_last_is_kept(with_store: Callable[[Body], None]) -> None:
    """What arrives in one call is kept in its order."""

    async def body(store: Store) -> None:
        await make(store)
        put = await store.put_items(
            "ann", "c-1", NO_MODEL, [item("x", "ebb"), item("y", "flood"), item("x", "neap")], 2.0
        )
        assert (put.added, put.replaced) == ([0, 1], [2])
        assert await ids_of(store) == ["y", "x"]
        assert await words_of(store, "neap", "ebb") == ["x"]
        row = await store.get("collections", "ann", "c-1")
        assert row is not None
        assert row["items"] == 2

    with_store(body)


def test_items_are_found_by_words_their_forms_and_phrases(with_store: Callable[[Body], None]) -> None:
    """Case, accents and in English endings do not matter; the words of a phrase follow each other."""

    async def body(store: Store) -> None:
        await make(store)
        texts = ["The ferries of Orléans sail daily.", "A ferry sailed; the daily paper told.", "Nothing floats."]
        await store.put_items("ann", "c-1", NO_MODEL, [item(str(n), text) for n, text in enumerate(texts)], 2.0)
        assert await words_of(store, "FERRY") == ["0", "1"]
        assert await words_of(store, "orleans") == ["0"]
        assert await words_of(store, "sailing daily") == ["0"]
        assert await words_of(store, "floating", "ferries") == ["2", "0", "1"]
        assert await words_of(store, "absent") == []
        assert await words_of(store) == []

    with_store(body)


def test_without_a_language_words_are_as_they_are_written(with_store: Callable[[Body], None]) -> None:
    """A collection of any language takes no endings off."""

    async def body(store: Store) -> None:
        await make(store, language="any")
        await store.put_items("ann", "c-1", NO_MODEL, [item("x", "Fähren fahren"), item("y", "Die Fähre fährt")], 2.0)
        assert await words_of(store, "fahre") == ["y"]
        assert await words_of(store, "fahren") == ["x"]

    with_store(body)


def test_a_score_tells_nothing_of_other_collections(with_store: Callable[[Body], None]) -> None:
    """Promise: how rare a word is, and how long texts are, is counted in the collection alone."""

    async def body(store: Store) -> None:
        await make(store)
        texts = ["tide and wind", "wind", "sun and rain for a whole long day"]
        await store.put_items("ann", "c-1", NO_MODEL, [item(str(n), text) for n, text in enumerate(texts)], 2.0)
        before = await store.match_words("ann", "c-1", ["tide", "wind"], EVERY, 10)
        await make(store, "c-2", owner="bob")
        await store.put_items("bob", "c-2", NO_MODEL, [item(str(n), f"tide {n}") for n in range(50)], 2.0)
        await make(store, "c-3")
        await store.put_items("ann", "c-3", NO_MODEL, [item("0", "tide")], 2.0)
        assert await store.match_words("ann", "c-1", ["tide", "wind"], EVERY, 10) == before
        # By the formula: N = 3; one has tide, two have wind; 3, 1 and 8 words.
        rare, half = math.log(2.5 / 1.5), 1e-6
        length = 1.2 * (0.25 + 0.75 * 3 / 4)
        assert before[0][1] == pytest.approx((rare + half) * 2.2 / (1 + length), rel=1e-6)

    with_store(body)


def test_another_owner_finds_nothing_and_changes_nothing(with_store: Callable[[Body], None]) -> None:
    """Each method takes the owner: another's collection is as absent as one that never was."""

    async def body(store: Store) -> None:
        await make(store, model="embedded:mini")
        await store.put_items("ann", "c-1", MODEL, [item("x", "tide", (1, 0))], 2.0)
        [row] = await store.find_items("ann", "c-1", EVERY)
        assert await store.find_items("bob", "c-1", EVERY) == []
        assert await store.count_items("bob", "c-1", EVERY) == 0
        assert await store.item_numbers("bob", "c-1", EVERY) == []
        assert await store.items_by_number("bob", "c-1", [row["number"]]) == []
        assert await store.match_words("bob", "c-1", ["tide"], EVERY, 10) == []
        assert await store.vectors_after("bob", "c-1", "a", 0, 10) == []
        assert await store.unfilled("bob", "c-1", "b", 0, 10) == []
        assert not await store.nearest("bob", "c-1", "a", floats(1, 0), EVERY, 10)
        assert await store.drop_items("bob", "c-1", EVERY, 3.0) == 0
        assert not await store.drop_collection("bob", "c-1")
        await store.name_next("bob", "c-1", "embedded:maxi", None, 3.0)
        with pytest.raises(NotFound):
            await store.fill_vectors("bob", "c-1", MODEL, "b", [(row["number"], floats(0, 1))])
        assert await store.vectors_after("ann", "c-1", "b", 0, 10) == []
        with pytest.raises(NotFound):
            await store.put_items("bob", "c-1", MODEL, [item("x", "ebb", (1, 0))], 3.0)
        assert await ids_of(store) == ["x"]

    with_store(body)


FACTS: list[tuple[Condition, list[str]]] = [
    (Condition(key="lang", comparison="in", values=["en"]), ["a", "b"]),
    (Condition(key="lang", comparison="in", values=["en", "de"]), ["a", "b", "c"]),
    (Condition(key="lang", comparison="not", values=["en"]), ["c", "d"]),
    (Condition(key="year", comparison="in", values=[2020]), ["a"]),
    (Condition(key="year", comparison="in", values=["2020"]), []),
    (Condition(key="year", comparison="at_least", values=[2020.5]), ["b"]),
    (Condition(key="year", comparison="at_most", values=[2021]), ["a", "b"]),
    (Condition(key="year", comparison="at_least", values=["1"]), ["c"]),
    (Condition(key="lang", comparison="at_least", values=["e"]), ["a", "b"]),
    (Condition(key="draft", comparison="in", values=[True]), ["b"]),
    (Condition(key="draft", comparison="not", values=[True]), ["a", "c", "d"]),
    (Condition(key="a.b-c", comparison="in", values=[1.5]), ["d"]),
    (Condition(key="none", comparison="in", values=["x"]), []),
]


def test_conditions_on_metadata_choose_the_same_items_everywhere(with_store: Callable[[Body], None]) -> None:
    """A text is never a number; what is missing fails each condition but `not`."""

    async def body(store: Store) -> None:
        await make(store)
        items = [
            item("a", "tide", lang="en", year=2020, draft=False),
            item("b", "tide", lang="en", year=2021, draft=True),
            item("c", "tide", lang="de", year="2022"),
            NewItem(id="d", text="tide", metadata='{"a.b-c": 1.5}', digest="d"),
        ]
        await store.put_items("ann", "c-1", NO_MODEL, items, 2.0)
        for condition, found in FACTS:
            which = Which(where=[condition])
            assert await ids_of(store, which) == found, condition
            assert await store.count_items("ann", "c-1", which) == len(found)
            assert len(await store.item_numbers("ann", "c-1", which)) == len(found)
            assert sorted(await words_of(store, "tide", which=which)) == found
        both = Which(where=[FACTS[0][0], FACTS[5][0]], ids=["a", "b", "c"])
        assert await ids_of(store, both) == ["b"]
        assert await ids_of(store, Which(ids=[])) == []

    with_store(body)


def test_what_is_dropped_is_found_no_more_and_counts_no_more(with_store: Callable[[Body], None]) -> None:
    """The words of a text go with it: those that stay are weighed as if it had never been."""

    async def body(store: Store) -> None:
        await make(store)
        await make(store, "c-2")
        kept = [item("x", "tide and wind"), item("y", "wind and sun")]
        await store.put_items("ann", "c-2", NO_MODEL, kept, 2.0)
        await store.put_items("ann", "c-1", NO_MODEL, [*kept, item("z", "tide tide rain", kind="gone")], 2.0)
        which = Which(where=[Condition(key="kind", comparison="in", values=["gone"])])
        assert await store.drop_items("ann", "c-1", which, 3.0) == 1
        assert await words_of(store, "rain") == []
        left = [score for _, score in await store.match_words("ann", "c-1", ["tide", "sun"], EVERY, 10)]
        same = [score for _, score in await store.match_words("ann", "c-2", ["tide", "sun"], EVERY, 10)]
        assert left == pytest.approx(same)
        row = await store.get("collections", "ann", "c-1")
        assert row is not None
        assert (row["items"], row["revision"], row["updated"]) == (2, 2, 3.0)
        assert await store.drop_items("ann", "c-1", which, 4.0) == 0
        assert await store.drop_collection("ann", "c-1")
        assert await store.get("collections", "ann", "c-1") is None
        assert await ids_of(store) == []
        assert await words_of(store, "wind", collection="c-2") == ["x", "y"]
        assert not await store.drop_collection("ann", "c-1")

    with_store(body)


def test_items_are_summed_up(with_store: Callable[[Body], None]) -> None:
    """Characters, not bytes; documents once; vectors of the side that serves."""

    async def body(store: Store) -> None:
        await make(store, model="m")
        nothing = {"characters": 0, "longest": 0, "documents": 0, "vectors": 0}
        assert await store.sum_items("ann", "c-1") == nothing
        few = [item("one", "été", (1.0, 0.0)), item("two", "a"), item("three", "the tide rises", (0.0, 1.0))]
        of_one = [replace(one, document_id="d-1") for one in few]
        await store.put_items("ann", "c-1", ("m", None, None, None), of_one, 2.0)
        expected = {"characters": 18, "longest": 14, "documents": 1, "vectors": 2}
        assert await store.sum_items("ann", "c-1") == expected
        assert await store.sum_items("bob", "c-1") == nothing

    with_store(body)


def test_items_of_a_document_go_together(with_store: Callable[[Body], None]) -> None:
    """A document's chunks are items that name it."""

    async def body(store: Store) -> None:
        await make(store)
        one = NewItem(id="x", text="tide", metadata="{}", digest="1", document_id="d-1")
        await store.put_items("ann", "c-1", NO_MODEL, [one, item("y", "tide")], 2.0)
        assert await ids_of(store, Which(document_id="d-1")) == ["x"]
        assert await words_of(store, "tide", which=Which(document_id="d-1")) == ["x"]
        assert await store.drop_items("ann", "c-1", Which(document_id="d-1"), 3.0) == 1
        assert await ids_of(store) == ["y"]

    with_store(body)


def test_a_collection_is_summed_up(with_store: Callable[[Body], None]) -> None:
    """Characters, the longest text, documents, and vectors of the side that serves."""

    async def body(store: Store) -> None:
        await make(store, model="embedded:mini")
        assert await store.sum_items("ann", "c-1") == dict.fromkeys(SUMS, 0)
        one = NewItem(id="x", text="tide", metadata="{}", digest="1", document_id="d-1", vector=floats(1, 0))
        await store.put_items("ann", "c-1", MODEL, [one, item("y", "ebb"), item("z", "flood", (1, 1))], 2.0)
        assert await store.sum_items("ann", "c-1") == dict(zip(SUMS, (12, 5, 1, 2), strict=True))
        assert await store.sum_items("bob", "c-1") == dict.fromkeys(SUMS, 0)

    with_store(body)


SUMS = ("characters", "longest", "documents", "vectors")


def test_the_new_models_vectors_serve_from_one_moment_on(with_store: Callable[[Body], None]) -> None:
    """Promise: the old serves until each item has a vector by the new, items added meanwhile included."""

    async def body(store: Store) -> None:
        await make(store, model="embedded:mini")
        await store.put_items("ann", "c-1", MODEL, [item("x", "tide", (1, 0)), item("y", "ebb", (0, 1))], 2.0)
        assert not await store.flip_side("ann", "c-1", 3.0)
        await store.name_next("ann", "c-1", "embedded:maxi", "2", 3.0)
        with pytest.raises(Conflict):
            await store.put_items("ann", "c-1", MODEL, [item("z", "flood", (1, 1))], 3.0)
        both = ("embedded:mini", None, "embedded:maxi", "2")
        later = NewItem(
            id="z", text="flood", metadata="{}", digest="z", vector=floats(1, 1), next_vector=floats(1, 1, 1)
        )
        await store.put_items("ann", "c-1", both, [later], 3.0)
        rows = await store.unfilled("ann", "c-1", "b", 0, 10)
        assert [row["id"] for row in rows] == ["x", "y"]
        await store.fill_vectors("ann", "c-1", both, "b", [(rows[0]["number"], floats(1, 0, 0))])
        with pytest.raises(Conflict):
            await store.fill_vectors("ann", "c-1", MODEL, "b", [(rows[1]["number"], floats(1, 1, 1))])
        assert not await store.flip_side("ann", "c-1", 3.0)
        assert await store.vectors_after("ann", "c-1", "a", rows[0]["number"], 10) == [
            (rows[1]["number"], floats(0, 1)),
            (await number_of(store, "z"), floats(1, 1)),
        ]
        rest = [(rows[1]["number"], floats(0, 1, 0)), (10**6, floats(0, 1, 0))]
        await store.fill_vectors("ann", "c-1", both, "b", rest)
        assert not await store.clear_side("ann", "c-1", "a", 10)
        assert await store.flip_side("ann", "c-1", 4.0)
        row = await store.get("collections", "ann", "c-1")
        assert row is not None
        assert (row["side"], row["flips"], row["dimensions"]) == ("b", 1, 3)
        assert (row["model"], row["version"], row["next_model"], row["next_version"]) == (
            "embedded:maxi",
            "2",
            None,
            None,
        )
        found = await store.items_by_number("ann", "c-1", [rows[0]["number"]])
        assert found[0]["vector"] == floats(1, 0, 0)
        assert await store.clear_side("ann", "c-1", "a", 2)
        assert await store.clear_side("ann", "c-1", "a", 2)
        assert not await store.clear_side("ann", "c-1", "a", 2)
        assert len(await store.vectors_after("ann", "c-1", "b", 0, 10)) == 3

    with_store(body)


async def number_of(store: Store, id_: str) -> int:
    """The number of an item."""
    [row] = await store.find_items("ann", "c-1", Which(ids=[id_]))
    return int(row["number"])


def test_numbers_grow_in_the_order_of_commits(with_store: Callable[[Body], None]) -> None:
    """Promise: who has read up to a number misses nothing below it, whoever writes at the same time."""

    async def body(store: Store) -> None:
        await make(store)
        seen: list[int] = []
        writing = [
            asyncio.create_task(
                store.put_items("ann", "c-1", NO_MODEL, [item(f"{n}-{m}", f"tide {n}") for m in range(5)], 2.0)
            )
            for n in range(12)
        ]
        while not all(task.done() for task in writing):
            rows = await store.find_items("ann", "c-1", EVERY, after=seen[-1] if seen else 0, limit=1000)
            seen += [row["number"] for row in rows]
        await asyncio.gather(*writing)
        rows = await store.find_items("ann", "c-1", EVERY, after=seen[-1] if seen else 0, limit=1000)
        seen += [row["number"] for row in rows]
        assert seen == await store.item_numbers("ann", "c-1", EVERY)
        assert len(seen) == 60

    with_store(body)


def test_what_a_database_cannot_keep_is_refused(with_store: Callable[[Body], None]) -> None:
    """NUL in a text is told before anything is written."""

    async def body(store: Store) -> None:
        await make(store)
        with pytest.raises(InvalidRequest, match="NUL"):
            await store.put_items("ann", "c-1", NO_MODEL, [item("x", "tide"), item("y", "a\0b")], 2.0)
        assert await ids_of(store) == []

    with_store(body)
