"""Files that are broken, large on purpose, or made to be: refused with what is wrong, and nothing of them is kept."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from datasets_opened import Nis, file, lines, run_in
from outliving import begun
from rest_client import done, followed

from nis_backend.capabilities.datasets.kinds import MOST_FEATURES
from nis_backend.errors import InvalidRequest, NisError, TooLarge, Unavailable, WrongMedia

Json = dict[str, Any]
DEEP = "[" * 100_000
HOSTILE: list[tuple[str, Json, type[NisError], str]] = [
    ("gzip", file(gzip.compress(b"x" * 10_000)), WrongMedia, "gzip"),
    ("zip", file(b"PK\x03\x04" + b"\0" * 50), WrongMedia, "archive"),
    ("UTF-16", file('{"text": "a"}'.encode("utf-16")), WrongMedia, "UTF-16"),
    ("Latin-1", file("text,label\ngrün,a\n".encode("latin-1"), "a.csv"), WrongMedia, "not UTF-8"),
    ("NUL", file(b'{"text": "a\0"}\n'), WrongMedia, "NUL"),
    ("an escaped NUL", lines('{"text": "a\\u0000", "label": "b"}'), InvalidRequest, "NUL"),
    ("half a pair", lines('{"text": "\\ud800", "label": "b"}'), InvalidRequest, "1 of 1"),
    ("nothing", file(b"\n \n"), InvalidRequest, "nothing"),
    ("columns", file(",".join(f"c{n}" for n in range(2000)) + "\n1\n", "a.csv"), InvalidRequest, "2000 columns"),
    ("one twice", file("a,a\n1,2\n", "a.csv"), InvalidRequest, "twice"),
    ("nested", lines('{"text": ' + DEEP), InvalidRequest, "not JSON"),
    ("no number", lines('{"text": "a", "label": NaN}'), InvalidRequest, "not JSON"),
    (
        "a member twice",
        lines('{"text": "a", "text": "b", "label": "c"}'),
        InvalidRequest,
        "'text' is in an object twice",
    ),
    ("a quotation without an end", file('text,label\n"a,b\n', "a.csv"), InvalidRequest, "unexpected end"),
    ("a list of nothing", file("[1, 2]"), InvalidRequest, "not a JSON object"),
    ("broken Parquet", file(b"PAR1" + b"\xff" * 100 + b"PAR1"), InvalidRequest, "Parquet"),
    ("plain text", file("One.\n\nTwo.", "a.txt"), InvalidRequest, "plain text"),
]


def test_hostile_files_are_refused_for_what_they_are(tmp_path: Path) -> None:
    """Promise of import_examples: typed, with the remedy, and the dataset is as it was."""

    async def body(nis: Nis) -> None:
        await nis.dataset("labels")
        for name, content, kind, why in HOSTILE:
            refused = await nis.refused("datasets.import_examples", id="d", file=content)
            assert isinstance(refused, kind), (name, refused)
            assert why in refused.message, name
            assert refused.remedy, name
        both = await nis.refused("datasets.import_examples", id="d", rows=[], file=lines({}))
        assert both.field == "rows"
        assert (await nis.call("datasets.get_dataset", id="d"))["version"] is None
        assert list((nis.data / "made").glob("*")) == []

    run_in(tmp_path, body)


TABLES: dict[str, tuple[str | bytes, list[Json]]] = {
    "Excel's": ("sep=;\na;label\n3,14;x\n", [{"a": 3.14}]),
    "an old Mac's": ("a,label\r1,x\r2,x\r", [{"a": 1}, {"a": 2}]),
    "a name in marks": ('"a,b\nc";label\n1;x\n', [{"a,b\nc": 1}]),
    "spaced": ('a, label\n"1, 2", "x"\n', [{"a": "1, 2"}]),
    "blank before, a comma behind": ("\n\na,label,\n1,x,\n", [{"a": 1}]),
    "a byte order mark": (b'\xef\xbb\xbf"a"\t"label"\r\n01\tx\r\n', [{"a": "01"}]),
}


def test_tables_are_read_however_they_are_parted(tmp_path: Path) -> None:
    """Promise of import_examples: by the first line, whatever wrote it."""

    async def body(nis: Nis) -> None:
        await nis.dataset("table")
        for name, (content, features) in TABLES.items():
            given = file(content, "a.csv")
            await nis.call("datasets.import_examples", id="d", file=given, mode="replace")
            assert await nis.rows() == [{"features": one, "label": "x"} for one in features], name
        refused = await nis.refused(
            "datasets.import_examples", id="d", rows=[{"x": []}], mode="replace", skip_wrong=True
        )
        assert "no row of the kind table: rows.0" in refused.message
        both = [{"features": {"label": 1}, "label": True}]
        await nis.call("datasets.import_examples", id="d", rows=both, mode="replace")
        assert await nis.rows() == [{"features": {"label": 1}, "label": "true"}]
        assert "'label'" in (await nis.refused("datasets.export_dataset", id="d", format="csv")).message
        await nis.dataset("labels", [{"text": "a", "label": label} for label in (0.1, 1.0, False)], name="labels")
        assert [row["label"] for row in await nis.rows("labels")] == ["0.1", "1", "false"]

    run_in(tmp_path, body)


def test_rows_are_bounded(tmp_path: Path) -> None:
    """Promise: features, depth, labels and pictures have their limits, told by field."""

    async def body(nis: Nis) -> None:
        await nis.dataset("table", name="table")
        wide = {"features": {f"f{number}": 1 for number in range(MOST_FEATURES + 1)}, "label": 1}
        refused = await nis.refused("datasets.import_examples", id="table", rows=[wide])
        assert refused.field == "rows.0.features"
        await nis.dataset("cases", name="cases")
        deep: Any = 1
        for _ in range(40):
            deep = [deep]
        refused = await nis.refused("datasets.import_examples", id="cases", rows=[{"input": "a", "expected": deep}])
        assert refused.field == "rows.0.expected"
        await nis.dataset("images", name="images")
        for image in ("no base64!", "aGVsbG8="):
            refused = await nis.refused("datasets.import_examples", id="images", rows=[{"image": image, "label": "x"}])
            assert refused.field == "rows.0.image"
        await nis.dataset("chat", name="chat")
        unanswered = {"messages": [{"role": "user", "content": "?"}]}
        refused = await nis.refused("datasets.import_examples", id="chat", rows=[unanswered])
        assert refused.field == "rows.0.messages"

    run_in(tmp_path, body)


def test_parquet_goes_there_and_back(tmp_path: Path) -> None:
    """Promise: a table is exported as Parquet and imported the same; what its header claims is held to the limits."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    async def body(nis: Nis) -> None:
        rows = [{"features": {"m2": 80 + n, "town": "Ulm", "sun": n / 2}, "label": f"l{n % 3}"} for n in range(20)]
        first = await nis.dataset("table", rows, name="one")
        content = await nis.exported("one", format="parquet")
        await nis.dataset("table", name="two")
        done_ = await nis.call("datasets.import_examples", id="two", file=file(content, "t.parquet"))
        assert done_["version"] == first["version"]
        wide = io.BytesIO()
        parquet.write_table(arrow.table({f"c{n}": [1] for n in range(1500)}), wide)
        refused = await nis.refused("datasets.import_examples", id="two", file=file(wide.getvalue()))
        assert isinstance(refused, TooLarge)
        assert "1500 columns" in refused.message
        for names, cell, why in ((["a", "a"], "x", "'a' twice"), (["a", "b"], b"\xff", "neither UTF-8 nor a picture")):
            twice = io.BytesIO()
            columns = [arrow.array([cell]), arrow.array([1])]
            parquet.write_table(arrow.Table.from_arrays(columns, names=names), twice)
            refused = await nis.refused("datasets.import_examples", id="two", file=file(twice.getvalue()))
            assert why in refused.message

    run_in(tmp_path, body)


def test_without_pyarrow_parquet_is_not_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: a missing package is told with the extra that brings it."""
    from nis_backend.capabilities.datasets import columnar  # noqa: PLC0415 - for this alone

    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(columnar, "import_module", absent)
    with pytest.raises(Unavailable) as caught:
        columnar.arrow("pyarrow")
    assert "nis-backend[datasets]" in caught.value.remedy


def test_an_import_that_was_killed_goes_on_and_has_each_row_once(serve: Serve, tmp_path: Path) -> None:
    """Promise of import_examples: kill -9 in its middle; begun anew, it ends with every row once, and one version."""
    server = serve(data=tmp_path)
    done(server, "POST", "/datasets", {"name": "d", "kind": "text"})
    done(server, "POST", "/datasets/d/import-examples", {"rows": [{"text": "The first."}]})
    rows = ({"text": f"Row {number} of many, each with some words."} for number in range(40_000))
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    run_id = begun(server, "/datasets/d/import-examples", {"file": file(text)})
    for event in followed(server, run_id, 0):
        if event["body"]["type"] == "progress":
            break
    server.kill()
    server = serve(data=tmp_path)
    attempts = 0
    for event in followed(server, run_id, 0):
        attempts += event["body"]["type"] == "started"
        if event["body"]["type"] in {"succeeded", "failed", "cancelled"}:
            assert event["body"]["type"] == "succeeded", event
            break
    assert attempts == 2
    dataset = done(server, "GET", "/datasets/d")
    assert dataset["rows"] == 40_001
    versions = done(server, "GET", "/datasets/d/versions")["versions"]
    assert [one["rows"] for one in versions] == [40_001, 1]
    page = done(server, "GET", "/datasets/d/examples?start=40000&limit=1")
    assert page["examples"] == [{"text": "Row 39999 of many, each with some words."}]
