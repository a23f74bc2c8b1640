"""Collections written into files, read from files, and embedded anew, over both databases."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fake_openai import FakeOpenAI
from vectors_served import never, serving, vector_of

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.capabilities.collections import reembedding, transferring
from nis_backend.errors import Cancelled, Conflict, InvalidRequest, NotFound
from nis_backend.run import RunHandle
from nis_backend.settings import read_settings

Json = dict[str, Any]


class Opened:
    """A whole nis in this process, and the server of its models."""

    def __init__(self, process: Process, models: FakeOpenAI) -> None:
        self.process = process
        self.models = models

    async def begin(self, name: str, /, **request: Any) -> RunHandle:
        """A run that goes on."""
        handle = await self.process.context(LOCAL).call_named(name, request)
        assert isinstance(handle, RunHandle)
        return handle

    async def call(self, name: str, /, **request: Any) -> Json:
        """An operation's result; of a run, what came of it."""
        result = await self.process.context(LOCAL).call_named(name, request)
        if isinstance(result, RunHandle):
            return dict(await result.result())
        return dict(result.model_dump(mode="json"))

    async def text_of(self, blob: Json) -> str:
        """What is in a file."""
        return (await self.process.context(LOCAL).blobs.read(blob["id"])).decode()

    async def items(self, collection: str = "notes") -> dict[str, str]:
        """The texts by their ids."""
        listed = await self.call("collections.list_items", id=collection, limit=100)
        return {one["id"]: one["text"] for one in listed["items"]}


Body = Callable[[Opened], Awaitable[None]]


@asynccontextmanager
async def opened(folder: Path, database: str | None, models: FakeOpenAI) -> AsyncGenerator[Opened]:
    """From its start to its end."""
    async with models.running():
        given = read_settings(os.environ, data=folder, local_url=models.url, database_url=database)
        process = Process(given)
        async with process.open():
            yield Opened(process, models)


@pytest.fixture(params=["sqlite", "postgresql"])
def within(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., None]:
    """Runs a test's body with each database; the server of models begins with what is given."""
    database = request.getfixturevalue("database") if request.param == "postgresql" else None

    async def run(body: Body, *first: object) -> None:
        async with opened(tmp_path, database, serving(*first)) as one:
            await body(one)

    def now(body: Body, *first: object) -> None:
        asyncio.run(run(body, *first))

    return now


def file(text: str) -> Json:
    """A file as a caller gives it."""
    return {"base64": base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()}


def lines(*given: object) -> Json:
    """A file of lines of JSON."""
    return file("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in given))


def test_what_was_exported_is_imported_elsewhere_the_same(within: Callable[..., None]) -> None:
    """Promise: a collection goes through a file with its ids, texts, metadata and documents; its vectors stand by."""

    async def body(nis: Opened) -> None:
        await nis.call("collections.create_collection", name="notes", model="local:one")
        items = [
            {"id": "a", "text": "High tide at noon.", "metadata": {"year": 2025, "open": True, "kind": "täglich"}},
            {"id": "b", "text": 'Lines\nand "quotes".', "document_id": "d-1"},
        ]
        await nis.call("collections.add_items", id="notes", items=items)
        told = await nis.call("collections.export_items", id="notes", vectors=True)
        assert (told["items"], told["model"]) == (2, "local:one")
        rows = [json.loads(line) for line in (await nis.text_of(told["file"])).splitlines()]
        assert [{name: row[name] for name in row if name != "vector"} for row in rows] == [
            {**items[0]},
            {**items[1], "metadata": {}},
        ]
        raw = vector_of("one", "High tide at noon.")
        size = sum(number * number for number in raw) ** 0.5
        assert rows[0]["vector"] == pytest.approx([number / size for number in raw], abs=1e-6)
        await nis.call("collections.create_collection", name="copy", model="none")
        done = await nis.call("collections.import_items", id="copy", file=told["file"]["id"])
        assert (done["lines"], done["added"], done["bad"]) == (2, 2, 0)
        again = await nis.call("collections.export_items", id="copy")
        theirs = [json.loads(line) for line in (await nis.text_of(again["file"])).splitlines()]
        assert theirs == [{name: row[name] for name in row if name != "vector"} for row in rows]
        few = await nis.call("collections.export_items", id="notes", document_id="d-1")
        assert few["items"] == 1

    within(body)


def test_bad_lines_are_told_by_their_numbers_and_the_others_kept(
    within: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: one broken line costs itself alone; the same file once more makes no doubles."""
    monkeypatch.setattr(transferring, "ADDED_AT_ONCE", 2)
    given = lines(
        {"id": "a", "text": "Ebb."},
        "not json",
        "",
        {"id": "b", "text": ""},
        {"id": "c", "text": "Flood.", "vector": [1, 2]},
        {"id": "a", "text": "Neap."},
        [1],
        {"text": "x\0y"},
        {"text": "Slack water.", "more": 1},
        {"id": "d", "text": "Spring tide.", "metadata": {'bad"key': 1}},
        {"text": "Slack water."},
    )

    async def body(nis: Opened) -> None:
        await nis.call("collections.create_collection", name="notes", model="none")
        done = await nis.call("collections.import_items", id="notes", file=given)
        assert [one["line"] for one in done["bad_lines"]] == [2, 4, 7, 8, 9, 10]
        assert (done["lines"], done["added"], done["replaced"], done["bad"]) == (10, 3, 1, 6)
        assert sorted((await nis.items()).values()) == ["Flood.", "Neap.", "Slack water."]
        again = await nis.call("collections.import_items", id="notes", file=given)
        assert (again["added"], again["bad"]) == (0, 6)
        assert len(await nis.items()) == 3

    within(body)


def test_a_table_is_read_by_the_names_of_its_columns(within: Callable[..., None]) -> None:
    """Cells that are numbers or truths are such in the metadata, and what begins with 0 is none."""
    table = 'id,Body,plz,price,open\nz,"Two\nlines",01234,1.5,TRUE\ny,only\nx,Caf\udce9,1,2,3\n,"Good, one",99,,no\n'

    async def body(nis: Opened) -> None:
        await nis.call("collections.create_collection", name="notes", model="none")
        with pytest.raises(InvalidRequest, match="no column 'text'"):
            await nis.call("collections.import_items", id="notes", file=file(table))
        done = await nis.call("collections.import_items", id="notes", file=file(table), text_column="Body")
        assert [one["line"] for one in done["bad_lines"]] == [4, 5]
        listed = (await nis.call("collections.list_items", id="notes"))["items"]
        assert {one["text"]: one["metadata"] for one in listed} == {
            "Two\nlines": {"plz": "01234", "price": 1.5, "open": True},
            "Good, one": {"plz": 99, "open": "no"},
        }
        for wrong, why in ((file(" \n"), "no line"), (file("a\0b"), "no text")):
            with pytest.raises(InvalidRequest, match=why):
                await nis.call("collections.import_items", id="notes", file=wrong)
        for wrong, why in (('text,"a\n1,2\n', "first line"), ("text,a,a\n1,2,3\n", "two columns 'a'")):
            with pytest.raises(InvalidRequest, match=why):
                await nis.call("collections.import_items", id="notes", file=file(wrong))
        names = "id,text,Größe in cm\nw,A wide table.,80\n"
        assert (await nis.call("collections.import_items", id="notes", file=file(names)))["added"] == 1
        wide = {"Größe in cm": {"at_least": 80}}
        listed = (await nis.call("collections.list_items", id="notes", where=wide))["items"]
        assert [one["id"] for one in listed] == ["w"]
        by_id = await nis.call("collections.import_items", id="notes", file=file(names), text_column="id")
        assert (by_id["added"], by_id["bad"]) == (1, 0)
        with pytest.raises(NotFound):
            await nis.call("collections.import_items", id="none", file=file(table))

    within(body)


ITEMS = [{"id": str(number), "text": f"Tide number {number}."} for number in range(7)]


async def nearest_to(nis: Opened, model: str, number: int) -> None:
    """A search by vectors finds the text whose vector this model gives, exactly."""
    found = await nis.call(
        "collections.search_collection", id="notes", query=f"Tide number {number}.", mode="vectors", limit=1
    )
    assert found["model"] == f"local:{model}"
    assert found["hits"][0]["id"] == str(number)
    assert found["hits"][0]["similarity"] == pytest.approx(1, abs=1e-5)


def test_the_old_model_serves_until_the_new_one_has_every_text(
    within: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: what is added meanwhile gets both vectors; all searches change at one moment; what served is removed."""
    monkeypatch.setattr(reembedding, "AT_ONCE", 3)

    async def body(nis: Opened) -> None:
        await nis.call("collections.create_collection", name="notes", model="local:one")
        await nis.call("collections.add_items", id="notes", items=ITEMS)
        nis.models.replies.insert(1, never)
        handle = await nis.begin("collections.reembed_items", id="notes", model="local:two")
        await until(lambda: _asked(nis, "two") >= 2)
        between = await nis.call("collections.get_collection", id="notes")
        assert (between["model"], between["next_model"], between["dimensions"]) == ("local:one", "local:two", 3)
        await nearest_to(nis, "one", 4)
        added = {"id": "new", "text": "Tide number 99."}
        await nis.call("collections.add_items", id="notes", items=[added])
        await nearest_to(nis, "one", 5)
        await _stop(nis, handle)
        assert (await nis.call("collections.get_collection", id="notes"))["next_model"] is None
        done = await nis.call("collections.reembed_items", id="notes", model="local:two")
        assert (done["items"], done["model"], done["before"], done["dimensions"]) == (8, "local:two", "local:one", 5)
        for number in range(7):
            await nearest_to(nis, "two", number)
        row = await nis.call("collections.get_statistics", id="notes")
        assert (row["model"], row["without_vector"]) == ("local:two", 0)
        back = await nis.call("collections.reembed_items", id="notes", model="local:one")
        assert back["before"] == "local:two"
        await nearest_to(nis, "one", 3)

    within(body)


def _asked(nis: Opened, model: str) -> int:
    return sum(one.body["model"] == model for one in nis.models.asked)


async def _stop(nis: Opened, handle: RunHandle) -> None:
    await nis.call("runs.cancel_run", id=handle.id)
    with pytest.raises(Cancelled):
        await handle.result()


async def until(true: Callable[[], bool]) -> None:
    """Wait, bounded, for what another task does."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - nobody here is told
            await asyncio.sleep(0.01)


def test_words_alone_become_vectors_too_and_another_run_takes_over(
    within: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collection that was made without a model gets one; of two runs that embed it the later one goes on."""
    monkeypatch.setattr(reembedding, "AT_ONCE", 3)

    async def body(nis: Opened) -> None:
        await nis.call("collections.create_collection", name="notes", model="none")
        await nis.call("collections.add_items", id="notes", items=ITEMS)
        with pytest.raises(NotFound):
            await nis.call("collections.reembed_items", id="none", model="local:one")
        first = await nis.begin("collections.reembed_items", id="notes", model="local:one")
        await until(lambda: _asked(nis, "one") >= 1)
        done = await nis.call("collections.reembed_items", id="notes", model="local:two")
        assert (done["before"], done["model"]) == (None, "local:two")
        nis.models.gone.wait(0)
        await nearest_to(nis, "two", 6)
        await _stop_quietly(nis, first)

    within(body, never)


async def _stop_quietly(nis: Opened, handle: RunHandle) -> None:
    """It has nothing to give up any more."""
    before = await nis.call("collections.get_collection", id="notes")
    await nis.call("runs.cancel_run", id=handle.id)
    with pytest.raises((Cancelled, Conflict)):
        await handle.result()
    assert await nis.call("collections.get_collection", id="notes") == before
