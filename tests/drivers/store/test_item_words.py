"""Words are told apart in every writing, and weighed and ranked the same on both databases."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import sqlite3
from pathlib import Path

import psycopg
import pytest
from test_items import item, make

from nis_backend.capabilities.collections.searching import terms_of
from nis_backend.drivers.store.base import Store
from nis_backend.drivers.store.items import EVERY, Which
from nis_backend.drivers.store.postgres import matching
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.postgres.terms import indexed
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.drivers.store.stems import stem

DOCS = Path(__file__).parents[3] / "docs"
TEXTS = [
    part
    for page in ("operating", "computing", "voice", "deploying")
    for part in (DOCS / f"{page}.md").read_text().split("\n\n")
    if len(part) > 80
]


def test_english_words_have_the_stems_that_sqlite_gives_them() -> None:
    """Each word of the documentation and of its decisions, and what Porter's paper has as examples."""
    text = " ".join(page.read_text() for page in DOCS.rglob("*.md"))
    words = sorted({*re.findall("[a-z]+", text.lower()), *EXAMPLES.split()})
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create virtual table w using fts5(text, tokenize='porter unicode61')")
        connection.execute("create virtual table v using fts5vocab(w, instance)")
        connection.executemany("insert into w (rowid, text) values (?, ?)", list(enumerate(words)))
        theirs = {words[place]: term for term, place in connection.execute("select term, doc from v")}
    assert len(words) > 3000
    assert {word: stem(word) for word in words} == theirs


EXAMPLES = (
    "caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled sized hopping tanned"
    " falling hissing fizzed failing filing happy sky relational conditional rational valenci hesitanci digitizer"
    " conformabli radicalli differentli vileli analogousli vietnamization predication operator feudalism decisiveness"
    " hopefulness callousness formaliti sensitiviti sensibiliti triplicate formative formalize electriciti electrical"
    " hopeful goodness revival allowance inference airliner gyroscopic adjustable defensible irritant replacement"
    " adjustment dependent adoption homologou communism activate angulariti homologous effective bowdlerize probate"
    " rate cease controll roll yes y ys oed ing"
)


@pytest.mark.parametrize("few", [3, 2000])
def test_the_best_are_the_same_as_sqlites(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Same texts, same words, same order and same scores; also where frequent words are looked at last."""
    monkeypatch.setattr(matching, "FEW", few)
    chance = random.Random(5)  # noqa: S311 - no secret
    items = [item(str(n), text) for n, text in enumerate(TEXTS)]
    asked: list[list[str]] = []
    for _ in range(60):
        words = re.findall(r"[a-z]+", chance.choice(TEXTS).lower())
        terms = chance.sample(words, chance.randint(1, 6))
        at = chance.randrange(max(1, len(words) - 2))
        asked.append([*terms, " ".join(words[at : at + 2])] if chance.random() < 0.3 else terms)

    async def answers(store: Store) -> list[list[tuple[int, float]]]:
        try:
            await make(store)
            await store.put_items("ann", "c-1", (None, None, None, None), items, 2.0)
            first = (await store.item_numbers("ann", "c-1", EVERY))[0]
            found = [await store.match_words("ann", "c-1", [*dict.fromkeys(terms)], EVERY, 10) for terms in asked]
            return [[(number - first, score) for number, score in one] for one in found]
        finally:
            await store.close()

    async def both() -> None:
        theirs = await answers(SqliteStore(tmp_path / "nis.db"))
        ours = await answers(PostgresStore(database))
        for terms, one, other in zip(asked, ours, theirs, strict=True):
            assert [number for number, _ in one] == [number for number, _ in other], terms
            assert [score for _, score in one] == pytest.approx([score for _, score in other], rel=1e-5), terms

    asyncio.run(both())


WRITINGS = (
    "東京都に住む",
    "京都の水",
    "กรุงเทพมหานคร",
    "हिन्दी में",
    "학교에서 만나요",
    "Straße nach İstanbul",
    "ﬁne m² ½",
    "שָׁלוֹם عَرَبِيّ",
    "soft\u00adhyphen",
    "def foo_bar(x_1):",
    "E4711 3.14 state-of-the-art",
    "がく かく",
    "\U0001d401old ①",
)
ASKED: dict[str, list[int]] = {
    "東京": [0],
    "京都": [0, 1],
    "水": [1],
    "มหานคร": [2],
    "हिन्दी": [3],
    "학교": [4],
    "STRASSE": [5],
    "istanbul": [5],
    "fine": [6],
    "m2": [6],
    "שלום": [7],
    "عربي": [7],
    "softhyphen": [8],
    "foo_bar": [9],
    "bar_foo": [],
    "e4711": [10],
    '"state of the art"': [10],
    "がく": [11],
    "bold 1": [6, 9, 12],
    "' OR NEAR(* \\ :*": [],
}


def test_words_of_every_writing_are_found_the_same_on_both(tmp_path: Path, database: str) -> None:
    """Without spaces by pairs of signs, without accents, in other shapes of the same letters; no sign is a command."""

    async def found(store: Store) -> list[list[tuple[int, float]]]:
        try:
            await make(store, language="any")
            items = [item(str(place), text) for place, text in enumerate(WRITINGS)]
            await store.put_items("ann", "c-1", (None, None, None, None), [*items, *items[:2]][::-1], 2.0)
            await store.put_items("ann", "c-1", (None, None, None, None), [item("0", "x"), item("12", "y")], 3.0)
            await store.drop_items("ann", "c-1", Which(ids=["0", "12"]), 3.0)
            await store.put_items("ann", "c-1", (None, None, None, None), [items[0], items[12]], 3.0)
            known = {row["number"]: int(row["id"]) for row in await store.find_items("ann", "c-1", EVERY)}
            every = [await store.match_words("ann", "c-1", terms_of(query, "any"), EVERY, 20) for query in ASKED]
            return [[(known[number], score) for number, score in one] for one in every]
        finally:
            await store.close()

    async def both() -> None:
        theirs, ours = await found(SqliteStore(tmp_path / "nis.db")), await found(PostgresStore(database))
        assert [sorted(place for place, _ in one) for one in theirs] == [*ASKED.values()]
        for one, other in zip(theirs, ours, strict=True):
            assert [place for place, _ in one] == [place for place, _ in other]
            assert [score for _, score in one] == pytest.approx([score for _, score in other], rel=1e-6)

    asyncio.run(both())


def test_how_often_a_word_occurs_is_read_from_its_rank(database: str) -> None:
    """Up to as often as a vector tells it."""
    sql = "select " + matching.OF_WORD.format(query="%(query)s").replace("words", "%(words)s::tsvector")
    with psycopg.connect(database) as connection:
        for count in (0, 1, 2, 3, 50, 128, 200, 254, 255, 300):
            text = indexed("tide " * count + "ebb", "english", 10)
            row = connection.execute(sql, {"query": "'a:tide'", "words": text.vector}).fetchone()  # pyright: ignore[reportArgumentType, reportCallIssue] - ours
            assert row == (min(count, 255),)
