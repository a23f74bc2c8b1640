"""Words on PostgreSQL are told apart, weighed and ranked as SQLite's own index does it."""

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

from nis_backend.drivers.store.base import Store
from nis_backend.drivers.store.items import EVERY
from nis_backend.drivers.store.postgres import matching
from nis_backend.drivers.store.postgres.stems import stem
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.postgres.terms import indexed
from nis_backend.drivers.store.sqlite.store import SqliteStore

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


def test_how_often_a_word_occurs_is_read_from_its_rank(database: str) -> None:
    """Up to as often as a vector tells it."""
    sql = "select " + matching.OF_WORD.format(query="%(query)s").replace("words", "%(words)s::tsvector")
    with psycopg.connect(database) as connection:
        for count in (0, 1, 2, 3, 50, 128, 200, 254, 255, 300):
            text = indexed("tide " * count + "ebb", "english", 10)
            row = connection.execute(sql, {"query": "'a:tide'", "words": text.vector}).fetchone()  # pyright: ignore[reportArgumentType, reportCallIssue] - ours
            assert row == (min(count, 255),)
