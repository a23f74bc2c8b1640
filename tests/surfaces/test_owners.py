"""Owners never cross: every operation that names a thing, called about another owner's; derived from the catalog.

What an example says of a thing that earlier calls made (`"{turn.run_id}"`) is made by one owner and asked for by
another: an operation that is added with its example is walked from then on.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from ground import Ground, prepared
from keyed import Holder, holder, over_routes
from rest_client import ask, done
from test_parity import comparable

from nis_backend.catalog import Catalog
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.entry import Entry

Json = dict[str, Any]

CATALOG = Catalog.from_index()

SHARED = {
    "cache": "answers of the server's routes: told of by figures alone, and forgotten by who administers it",
    "deployment": "deployments that whoever runs the server sets down, for who has their scope",
    "models": "the server's models, the same for every caller",
    "operations": "the catalog, of which a caller sees what its scopes allow",
    "providers": "where the server's models are asked, set up by who administers it, the same for every caller",
    "routes": "the server's routes, as its providers are",
    "weights": "files that the server's models are made of",
}
"""Families of things that no owner has, and why."""

OWNERLESS = {
    "said_words": "words of an index, whose owner is in the rows of `said` that each search joins",
    "sqlite_": "SQLite's own: the last number of a sequence",
    "alembic_version": "the version of the schema",
}
"""Tables without an owner, by how their names begin, and why."""

ONLOOKER = "onlooker"
"""An owner that no other test has things of."""

_REFERENCE = re.compile(r"\{\w+\.\w+\}")
_ID = re.compile(r"\b[a-z]+-[0-9a-f]{24}\b")


def refers(value: Any) -> bool:  # Any: JSON
    """Whether something in it was made by an earlier call."""
    return bool(_REFERENCE.search(json.dumps(value)))


def examples(*, referring: bool) -> Iterator[tuple[Entry, Json]]:
    """Each operation's examples that are about what an owner made, or those that are not."""
    for entry in CATALOG.entries():
        if entry.family not in SHARED:
            yield from ((entry, one) for one in entry.examples if refers(one["request"]) is referring)


WALK = [pytest.param(entry, one, id=f"{entry.name}: {one['title']}") for entry, one in examples(referring=True)]
OWNED = {entry.family for entry, _ in examples(referring=True)}
VIEWS = [
    pytest.param(entry, one, id=f"{entry.name}: {one['title']}")
    for entry, one in examples(referring=False)
    if entry.family in OWNED and entry.effect == "reads" and entry.shape == "model"
]


@pytest.fixture(scope="module")
def bob(ground: Ground) -> Holder:
    """Another owner, who may do all that its own things allow."""
    return holder(ground, owner=ONLOOKER, scopes=["*"])


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holder]:
    """The same owner on a server where nobody has anything."""
    with Ground(tmp_path_factory.mktemp("empty")).open() as one:
        yield holder(one, owner=ONLOOKER, scopes=["*"])


def test_each_operation_that_takes_an_id_is_walked_or_is_about_nobodys() -> None:
    """Promise: none is left out by having no example about something that was made."""
    walked = {entry.name for entry, _ in examples(referring=True)}
    taking = [entry for entry in CATALOG.entries() if "id" in entry.request_schema.get("properties", {})]
    assert len(taking) >= 20
    assert [one.name for one in taking if one.name not in walked and one.family not in SHARED] == []


@pytest.mark.parametrize(("entry", "example"), WALK)
def test_another_owners_thing_is_not_there(ground: Ground, bob: Holder, entry: Entry, example: Json) -> None:
    """Promise: not found, never the thing, a refusal or a fault; a list that it narrows is empty."""
    request = prepared(ground, example)
    known = set(_ID.findall(json.dumps(request)))
    for accept in ("application/json", "*/*", "text/event-stream, application/json;q=0.1"):
        for status, body in over_routes(bob, entry, request, {"accept": accept}):
            assert set(_ID.findall(body)) <= known
            if status == 200 and entry.effect == "reads":
                assert _lists(json.loads(body)) in ([], [[]]), body
            else:
                assert (status, json.loads(body)["code"]) == (404, "not_found"), body
    # And it is still its owner's, as it was: what bob could not see he did not touch either.
    for status, body in over_routes(_owner(ground), entry, request):
        assert status < 300, body
        break


def _owner(ground: Ground) -> Holder:
    """The owner of what examples make, who needs no key here."""
    return Holder(server=ground, id="", key="none")


def _lists(answer: Any) -> list[list[Any]]:  # Any: JSON
    """The lists of an answer."""
    values = cast("Json", answer).values() if isinstance(answer, dict) else [answer]
    return [cast("list[Any]", one) for one in values if isinstance(one, list)]


@pytest.mark.parametrize(("entry", "example"), VIEWS)
def test_what_others_have_changes_nothing_that_an_owner_sees(
    ground: Ground, bob: Holder, empty: Holder, entry: Entry, example: Json
) -> None:
    """Promise: lists, searches and counts answer as on a server where nobody else has anything."""
    # Somebody has something: without it this could not fail.
    assert done(ground, "POST", "/chat", {"message": "Hello! A ship on the sea."})["run_id"]
    for here, there in zip(
        over_routes(bob, entry, example["request"]), over_routes(empty, entry, example["request"]), strict=True
    ):
        assert here[0] == there[0]
        if here[0] == 404:
            # What has a name, and nobody has named: the same to both.
            continue
        assert here[0] == 200
        if entry.family == "identity":
            # Both have the one key that asks.
            assert here[1].count(f'"owner":"{ONLOOKER}"') == there[1].count(f'"owner":"{ONLOOKER}"') == 1
            assert here[1].count('"owner"') == 1
        else:
            assert comparable(json.loads(here[1])) == comparable(json.loads(there[1]))


def test_a_reply_that_is_kept_is_its_owners(ground: Ground) -> None:
    """Promise: one `Idempotency-Key` of two owners is two."""
    bob = holder(ground, owner="bob", scopes=["*"])
    sent, key = {"message": "Hello! Who are you?"}, {"idempotency-key": "the-same-of-both"}
    mine = ask(ground, "POST", "/chat", sent, key)[2]
    status, his = bob.ask("POST", "/chat", {"message": "Something else."}, key)
    assert (status, bob.ask("POST", "/chat", {"message": "Something else."}, key)[1]["run_id"]) == (200, his["run_id"])
    assert mine["run_id"] != his["run_id"]
    assert mine["conversation_id"] != his["conversation_id"]


def test_every_table_has_an_owner_or_says_why_not(tmp_path: Path) -> None:
    """Promise: read from the schema as it is; a table that is added needs the column, or a reason here."""
    SqliteStore(tmp_path / "nis.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "nis.db")) as connection:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        columns = {table: {row[1] for row in connection.execute(f"pragma table_info({table})")} for table in tables}
    assert {"runs", "events", "conversations", "keys", "blobs"} <= set(tables)
    without = [table for table in tables if "owner" not in columns[table]]
    assert [table for table in without if not table.startswith(tuple(OWNERLESS))] == []
