"""Datasets over both databases: made, filled, versions by what they hold, split, exported, removed."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets_opened import Body, Nis, file, lines, run_in

from nis_backend.capabilities.datasets.asked import CHATS, REVIEWS
from nis_backend.capabilities.datasets.work import writing
from nis_backend.errors import Conflict, InvalidRequest, NotFound, Unavailable

Json = dict[str, Any]
ROWS: list[Json] = [dict(row) for row in REVIEWS]


@pytest.fixture(params=["sqlite", "postgresql"])
def within(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Body], None]:
    """Runs a test's body with each database."""
    database = request.getfixturevalue("database") if request.param == "postgresql" else None
    return lambda body: run_in(tmp_path, body, database)


def test_a_version_is_named_by_what_it_holds(within: Callable[[Body], None]) -> None:
    """Promise of versions: SHA-256 of canonical lines; the same rows are the same version; each can be exported."""

    async def body(nis: Nis) -> None:
        first = await nis.dataset("labels", ROWS)
        text = await nis.exported()
        assert first["version"] == hashlib.sha256(text).hexdigest()
        assert text == b"".join(
            json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in ROWS
        )
        other = {"text": "Grün ist die Tasse.", "label": 3}
        done = await nis.call("datasets.import_examples", id="d", file=lines(other))
        assert (done["read"], done["rows"], done["unchanged"]) == (1, 7, False)
        assert (await nis.rows())[6] == {"label": "3", "text": "Grün ist die Tasse."}
        again = await nis.call("datasets.import_examples", id=first["id"], rows=ROWS, mode="replace")
        assert again["version"] == first["version"]
        unchanged = await nis.call("datasets.import_examples", id="d", rows=ROWS, mode="replace")
        assert unchanged["unchanged"]
        told = (await nis.call("datasets.list_versions", id="d"))["versions"]
        assert [(one["rows"], one["current"], one["parent"]) for one in told] == [
            (7, False, first["version"]),
            (6, True, None),
        ]
        assert told[0]["made_by"] == "datasets.import_examples"
        assert told[1]["note"]["again"][0]["made_by"] == "datasets.import_examples"
        assert await nis.rows(version=done["version"][:8]) == [*ROWS, {"label": "3", "text": other["text"]}]
        back = await nis.call("datasets.update_dataset", id="d", version=done["version"], description="Seven.")
        assert (back["rows"], back["version"], back["description"]) == (7, done["version"], "Seven.")
        page = await nis.call("datasets.list_examples", id="d", start=5, limit=2)
        assert ([row["label"] for row in page["examples"]], page["next"]) == (["good", "3"], None)

    within(body)


def test_rows_that_are_none_are_told_and_nothing_is_kept(within: Callable[[Body], None]) -> None:
    """Promise of import_examples: all rows or none; each wrong one by its number and field."""

    async def body(nis: Nis) -> None:
        await nis.dataset("labels", ROWS)
        wrong: list[Any] = [ROWS[0], {"text": "x"}, {"text": " ", "label": "y"}, {"text": "x", "label": "y", "z": 1}]
        refused = await nis.refused("datasets.import_examples", id="d", rows=wrong)
        assert isinstance(refused, InvalidRequest)
        assert [one.field for one in refused.fields] == ["rows.1.label", "rows.2.text", "rows.3.z"]
        assert "3 of 4 rows" in refused.message
        refused = await nis.refused("datasets.import_examples", id="d", file=lines(*wrong, "{", "[1]"))
        assert [one.field for one in refused.fields] == [
            *("file:2.label", "file:3.text", "file:4.z", "file:5", "file:6"),
        ]
        assert (await nis.call("datasets.get_dataset", id="d"))["rows"] == 6
        assert len((await nis.call("datasets.list_versions", id="d"))["versions"]) == 1
        done = await nis.call("datasets.import_examples", id="d", rows=wrong, skip_wrong=True)
        assert (done["read"], done["left_out"], done["rows"]) == (1, 3, 7)
        assert done["left_out_rows"][0].startswith("rows.1.label: ")

    within(body)


def test_many_add_at_once_and_each_row_is_there_once(tmp_path: Path) -> None:
    """Promise of import_examples: whoever comes second begins anew from what the first has left."""

    async def body(nis: Nis) -> None:
        await nis.dataset("text")
        sent = [[{"text": f"Caller {caller}, row {number}."} for number in range(3)] for caller in range(12)]
        await asyncio.gather(*(nis.call("datasets.import_examples", id="d", rows=rows) for rows in sent))
        assert sorted(row["text"] for row in await nis.rows()) == sorted(row["text"] for rows in sent for row in rows)

    run_in(tmp_path, body)


def test_a_disk_that_is_full_is_told() -> None:
    """Promise: no internal error, and the remedy."""
    with pytest.raises(Unavailable) as caught, writing():
        raise OSError(errno.ENOSPC, "No space left on device")
    assert "Free some space" in caught.value.remedy


def test_a_dataset_is_removed_with_its_bytes(within: Callable[[Body], None]) -> None:
    """Promise of delete_dataset: versions, exports and rows go; what is not there is told as such."""

    async def body(nis: Nis) -> None:
        made = await nis.dataset("labels", ROWS)
        await nis.call("datasets.split_dataset", id="d", train=0.5, validation=0.5, test=0)
        await nis.exported(split="train", format="csv")
        assert len(list((nis.data / "blobs").rglob("blob-*"))) == 2
        await nis.call("datasets.delete_dataset", id="d")
        assert list((nis.data / "blobs").rglob("blob-*")) == []
        for name in ("get_dataset", "list_versions", "list_examples", "export_dataset", "delete_dataset"):
            assert isinstance(await nis.refused(f"datasets.{name}", id=made["id"]), NotFound)
        await nis.call("datasets.create_dataset", name="d", kind="text")
        assert isinstance(await nis.refused("datasets.create_dataset", name="d", kind="text"), Conflict)
        assert isinstance(await nis.refused("datasets.export_dataset", id="d"), Conflict)

    within(body)


def test_a_row_that_comes_later_moves_no_other(within: Callable[[Body], None]) -> None:
    """Promise of split_dataset: the parts are all rows, groups are never parted, another salt parts otherwise."""

    async def body(nis: Nis) -> None:
        rows: list[Json] = [{"text": f"Row {number}.", "group": f"book {number % 10}"} for number in range(200)]
        await nis.dataset("text", rows)
        done = await nis.call("datasets.split_dataset", id="d", train=0.6, validation=0.2, test=0.2)
        assert done["train"] + done["validation"] + done["test"] == 200
        assert abs(done["train"] - 120) < 25
        before = {part: await nis.rows(split=part) for part in ("train", "validation", "test")}
        assert all("group" not in row for row in before["train"])
        more = [{"text": f"More {number}.", "group": "book 1"} for number in range(50)]
        await nis.call("datasets.import_examples", id="d", rows=more)
        for part, some in before.items():
            assert [row for row in await nis.rows(split=part) if row["text"].startswith("Row")] == some
        other = await nis.call("datasets.split_dataset", id="d", train=0.6, validation=0.2, test=0.2, salt="b")
        assert await nis.rows(split="test") != before["test"]
        assert other["groups"] == 250
        grouped = await nis.call("datasets.split_dataset", id="d", train=0.6, validation=0.2, test=0.2, by="group")
        assert grouped["groups"] == 10
        parts = [{str(row["group"]) for row in await nis.rows(split=part, groups=True)} for part in before]
        assert sum(map(len, parts)) == len({one for part in parts for one in part}) == 10
        refused = await nis.refused("datasets.split_dataset", id="d", train=0.9, validation=0.9, test=0)
        assert (refused.field, isinstance(refused, InvalidRequest)) == ("train", True)
        for by in ("colour", "user"):
            refused = await nis.refused("datasets.split_dataset", id="d", by=by)
            assert refused.field == "by"
        assert (await nis.refused("datasets.list_examples", id="d", start=10**20)).field == "start"

    within(body)


def test_rows_are_taken_in_the_forms_of_others(within: Callable[[Body], None]) -> None:
    """Promise of import_examples: prompt and completion, instruction, ShareGPT, OpenAI's files; tables by columns."""

    async def body(nis: Nis) -> None:
        openai = {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}
        openai["messages"].append({"role": "assistant", "content": "b"})
        await nis.dataset("chat", [*map(dict, CHATS), openai], name="chat")
        said = [[one["content"] for one in row["messages"]] for row in await nis.rows("chat")]
        assert said == [
            ["When do you open?", "At nine."],
            ["Translate into French.\n\nGood day.", "Bonjour."],
            ["Is it far?", "Ten minutes on foot."],
            ["a", "b"],
        ]
        both = [{"role": "user", "content": "q"}]
        pairs = [
            {"prompt": "q", "chosen": "c", "rejected": "r"},
            {"chosen": [*both, {"role": "assistant", "content": "c"}], "rejected": [*both, {"content": "r"}]},
            {
                "input": {"messages": both},
                "preferred_output": [{"role": "assistant", "content": "c"}],
                "non_preferred_output": [{"role": "assistant", "content": "r"}],
            },
        ]
        await nis.dataset("preferences", pairs, name="pairs")
        assert await nis.rows("pairs") == [{"messages": both, "chosen": "c", "rejected": "r"}] * 3
        await nis.dataset("table", name="table")
        houses = file("size;town;price;id\n80;Ulm;200.5;1\n;Bonn;90;02\n", "houses.csv")
        given = {"columns": {"label": "price", "features.m2": "size", "features.town": "town"}}
        await nis.call("datasets.import_examples", id="table", file=houses, **given)
        assert await nis.rows("table") == [
            {"features": {"m2": 80, "town": "Ulm"}, "label": 200.5},
            {"features": {"m2": None, "town": "Bonn"}, "label": 90},
        ]
        await nis.dataset("text", name="text")
        text = file("One\nline.\n\n\nTwo.\n", "a.txt")
        await nis.call("datasets.import_examples", id="text", file=text)
        await nis.call("datasets.import_examples", id="text", file=text, parts="whole")
        assert [row["text"] for row in await nis.rows("text")] == ["One\nline.", "Two.", "One\nline.\n\n\nTwo."]
        cases = [{"question": "2 + 2?", "answer": "4"}, {"input": "Say hello.", "rubric": "It is polite."}]
        await nis.dataset("cases", cases, name="cases")
        assert await nis.rows("cases") == [
            {"expected": "4", "input": "2 + 2?"},
            {"expected": None, "input": "Say hello.", "rubric": "It is polite."},
        ]

    within(body)
