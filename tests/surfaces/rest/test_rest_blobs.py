"""Blobs over REST: sent in three ways, answered as they are, and never run."""

from __future__ import annotations

import base64
import json
import sqlite3
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from conftest import Serve, Server, running_server
from rest_client import Json, ask, events_of, send

from nis_backend.drivers.blobs.base import MARK

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
BOUNDARY = "a-boundary"
MAX_BLOB = 300_000

APP = '''
from nis_backend.blob import Blob
from nis_backend.operation import Model, Recorded, operation
from pydantic import Field


class Given(Model):
    """Bytes, and what to do with them."""

    images: list[Blob] = Field(max_length=3)
    times: int = 1
    words: list[str] = []


class Counted(Model):
    """What was given."""

    sizes: list[int]
    words: list[str]


@operation("sheets.count_bytes", effect="reads")
def count_bytes(request: Given, ctx: "Context") -> Counted:
    """Count them."""
    return Counted(sizes=[len(one.path.read_bytes()) * request.times for one in request.images], words=request.words)


@operation("sheets.join_bytes", effect="writes")
def join_bytes(request: Given, ctx: "Context") -> Blob:
    """Join them."""
    return Blob.of(b"".join(one.path.read_bytes() for one in request.images), name="joined \\u00fc.bin")


@operation("sheets.repeat_bytes", effect="writes")
async def repeat_bytes(request: Given, ctx: "Context") -> Recorded[Blob]:
    """Repeat the first of them, as a run."""
    return Blob.of(request.images[0].path.read_bytes() * request.times, media_type="text/plain")


class Sheet(Model):
    """What is asked for, or what is found."""

    kinds: list[str] = []
    rows: list[list[int]] = []
    size: dict[str, int] | None = None


@operation("sheets.list_sheets", effect="reads", resource="sheet")
def list_sheets(request: Sheet, ctx: "Context") -> Sheet:
    """What was asked for."""
    return request


class Marked(Sheet):
    """Bytes, and more."""

    image: Blob


@operation("sheets.mark_bytes", effect="writes")
def mark_bytes(request: Marked, ctx: "Context") -> Sheet:
    """What was asked for, beside bytes."""
    return Sheet(kinds=request.kinds, rows=request.rows, size=request.size)


OPERATIONS = (count_bytes, join_bytes, repeat_bytes, list_sheets, mark_bytes)
'''


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two operations on blobs and a low limit."""
    folder = tmp_path_factory.mktemp("sheets")
    (folder / "sheets.py").write_text(APP)
    limits = {"NIS_MAX_BLOB": str(MAX_BLOB), "NIS_MAX_BODY": "100000"}
    with running_server(folder / "data", ("--app", str(folder / "sheets.py")), limits) as server:
        yield server


Part = tuple[str, str | None, str, bytes]


def form(*parts: Part) -> tuple[bytes, dict[str, str]]:
    """A multipart body of (name, file name, media type, bytes), and its header."""
    pieces: list[bytes] = []
    for name, filename, media, data in parts:
        named = f'; filename="{filename}"' if filename is not None else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n'
        pieces.append(
            head.encode() + (f"Content-Type: {media}\r\n" if media else "").encode() + b"\r\n" + data + b"\r\n"
        )
    body = b"".join(pieces) + f"--{BOUNDARY}--\r\n".encode()
    return body, {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def put(server: Server, data: bytes, media: str = "image/png", name: str = "a.png") -> Json:
    """Keep bytes by a form."""
    body, headers = form(("content", name, media, data))
    status, _, stored = ask(server, "POST", "/blobs", body, headers)
    assert status == 200, stored
    return stored


def fetch(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    """One request for bytes."""
    return send(server, method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_blob_is_made_found_listed_and_removed(blobs: Server) -> None:
    """Each verb of its resource, and the bytes as they were."""
    stored = put(blobs, PNG)
    assert (stored["media_type"], stored["size"], stored["name"]) == ("image/png", len(PNG), "a.png")
    path = f"/blobs/{stored['id']}"
    assert ask(blobs, "GET", path)[2] == stored
    assert ask(blobs, "GET", "/blobs?limit=1")[2]["blobs"] == [stored]
    status, headers, data = fetch(blobs, f"{path}/content")
    assert (status, headers["content-type"], data) == (200, "image/png", PNG)
    assert ask(blobs, "DELETE", path)[2] == {"id": stored["id"]}
    for gone in (path, f"{path}/content"):
        assert ask(blobs, "GET", gone)[0] == 404
    assert ask(blobs, "DELETE", path)[0] == 404


def test_one_request_gives_blobs_in_three_ways(blobs: Server) -> None:
    """By id, as base64 and as an address; or all as parts of a form, beside fields of other kinds."""
    stored = put(blobs, PNG)
    given = [stored["id"], {"base64": base64.b64encode(PNG).decode()}, "data:,abc"]
    counted = {"sizes": [len(PNG), len(PNG), 3], "words": []}
    assert ask(blobs, "POST", "/sheets/count-bytes", {"images": given})[2] == counted
    body, headers = form(
        ("images", "a.png", "image/png", PNG),
        ("images", None, "", stored["id"].encode()),
        ("times", None, "", b"2"),
        ("words", None, "", b'["a", "b"]'),
    )
    answer = ask(blobs, "POST", "/sheets/count-bytes", body, headers)[2]
    assert answer == {"sizes": [2 * len(PNG)] * 2, "words": ["a", "b"]}


LISTS: list[tuple[list[tuple[str, str]], Json]] = [
    ([("kinds", "ean_13")], {"kinds": ["ean_13"]}),
    ([("kinds", "4711"), ("kinds", "b")], {"kinds": ["4711", "b"]}),
    ([("kinds", '["a", "b"]'), ("kinds", "c")], {"kinds": ["a", "b", "c"]}),
    ([("kinds", "[]")], {"kinds": []}),
    ([("kinds", "[a")], {"kinds": ["[a"]}),
    ([("rows", "[1, 2]")], {"rows": [[1, 2]]}),
    ([("rows", "[1, 2]"), ("rows", "[3]")], {"rows": [[1, 2], [3]]}),
    ([("rows", "[[1, 2], [3]]")], {"rows": [[1, 2], [3]]}),
    ([("size", '{"a": 1}')], {"size": {"a": 1}}),
    ([("size", "null")], {"size": None}),
]


@pytest.mark.parametrize(("given", "read"), LISTS, ids=range(len(LISTS)))
def test_a_list_is_given_once_again_and_again_or_as_json(
    blobs: Server, given: list[tuple[str, str]], read: Json
) -> None:
    """Promise: a form and an address are read by the schema: `-F kinds=ean_13` is a list of one."""
    expected: Json = {"kinds": [], "rows": [], "size": None, **read}
    status, _, answer = ask(blobs, "GET", f"/sheets?{urllib.parse.urlencode(given)}")
    assert (status, answer) == (200, expected), answer
    body, headers = form(("image", None, "", b"data:,abc"), *((name, None, "", text.encode()) for name, text in given))
    status, _, answer = ask(blobs, "POST", "/sheets/mark-bytes", body, headers)
    assert (status, answer) == (200, expected), answer


@pytest.mark.parametrize("text", ["[" * 10_000, "7", "true", "[{}]"], ids=["deep", "number", "truth", "list"])
def test_what_is_no_object_is_refused_by_its_field(blobs: Server, text: str) -> None:
    """Promise: a text that is not what its field takes is named, however deep it is."""
    body, headers = form(("image", None, "", b"data:,abc"), ("size", None, "", text.encode()))
    status, _, problem = ask(blobs, "POST", "/sheets/mark-bytes", body, headers)
    assert (status, problem["field"]) == (422, "size")


@pytest.mark.parametrize(("text", "read"), [("{}", None), ('["{}"]', ["{}"])], ids=["object", "text"])
def test_an_object_is_none_of_a_list_of_texts(blobs: Server, text: str, read: list[str] | None) -> None:
    """Promise: what is an object in JSON is no text in a form; the text of one stands in a list in JSON."""
    body, headers = form(("image", None, "", b"data:,abc"), ("kinds", None, "", text.encode()))
    status, _, answer = ask(blobs, "POST", "/sheets/mark-bytes", body, headers)
    assert (status, answer.get("field"), answer.get("kinds")) == (
        (422, "kinds.0", None) if read is None else (200, None, read)
    )


def test_a_blob_that_an_operation_answers_is_its_bytes(blobs: Server) -> None:
    """In its own media type, or what is known of it with a link to them."""
    body = {"images": ["data:,abc", "data:,def"]}
    status, headers, data = send(blobs, "POST", "/sheets/join-bytes", body)
    assert (status, headers["content-type"], data) == (200, "text/plain; charset=utf-8", b"abcdef")
    assert headers["content-disposition"].startswith("inline;")
    assert "filename*=UTF-8''joined%20%C3%BC.bin" in headers["content-disposition"]
    for accept in ("application/json", "image/png", "application/vnd.nis.views+json"):
        status, headers, data = send(blobs, "POST", "/sheets/join-bytes", body, {"accept": accept})
        answer = json.loads(data)
        known = answer.get("result", answer)
        assert (status, known["size"]) == (200, 6)
        link, _, attributes = headers["link"].partition(">")
        assert 'type="text/plain"' in attributes
        assert fetch(blobs, link[1:])[2] == b"abcdef"


def test_a_run_is_given_blobs_and_answers_one(blobs: Server) -> None:
    """What came is kept with the run, by its id; the result is its bytes, its log, or what is known of it."""
    body, headers = form(("images", "a.txt", "text/plain", b"abc"), ("times", None, "", b"2"))
    status, told, data = send(blobs, "POST", "/sheets/repeat-bytes", body, headers)
    assert (status, told["content-type"].partition(";")[0], data) == (200, "text/plain", b"abcabc")
    run = ask(blobs, "GET", told["location"])[2]
    given = run["input"]["images"][0]
    assert (given["name"], given["size"], run["result"]["size"]) == ("a.txt", 3, 6)
    assert fetch(blobs, f"/blobs/{given['id']}/content")[2] == b"abc"
    events = events_of(blobs, "POST", "/sheets/repeat-bytes", {"images": [given["id"]], "times": 3})
    assert (events[-1]["event"], events[-1]["data"]["body"]["result"]["size"]) == ("succeeded", 9)
    assert ask(blobs, "POST", "/sheets/repeat-bytes", {"images": ["blob-0"]})[2]["field"] == "images.0"


SIZE = len(PNG)
RANGES = [
    ("bytes=0-0", (0, 1)),
    ("bytes=3-5", (3, 6)),
    ("bytes=200-", (200, SIZE)),
    ("bytes=-5", (SIZE - 5, SIZE)),
    ("bytes=-99999", (0, SIZE)),
    ("bytes=5-99999", (5, SIZE)),
    # Several, another unit, or none that can be read: the whole.
    ("bytes=0-1,3-4", (0, SIZE)),
    ("lines=0-1", (0, SIZE)),
    ("bytes=5-3", (0, SIZE)),
    ("bytes=-", (0, SIZE)),
    ("bytes=" + "9" * 30 + "-", (0, SIZE)),
]


@pytest.mark.parametrize(("range_", "part"), RANGES)
def test_a_range_is_answered(blobs: Server, range_: str, part: tuple[int, int]) -> None:
    """RFC 9110, 14: 206 with `Content-Range`, or the whole."""
    path = f"/blobs/{put(blobs, PNG)['id']}/content"
    start, end = part
    status, headers, data = fetch(blobs, path, range=range_)
    assert data == PNG[start:end]
    assert headers["content-length"] == str(end - start)
    assert (status, headers.get("content-range")) == (
        (200, None) if part == (0, SIZE) else (206, f"bytes {start}-{end - 1}/{SIZE}")
    )


@pytest.mark.parametrize("range_", [f"bytes={SIZE}-", "bytes=99999-", "bytes=-0"])
def test_a_range_that_is_not_there_is_416(blobs: Server, range_: str) -> None:
    """With the size, and as a problem."""
    status, headers, data = fetch(blobs, f"/blobs/{put(blobs, PNG)['id']}/content", range=range_)
    assert (status, headers["content-range"]) == (416, f"bytes */{SIZE}")
    assert json.loads(data)["field"] == "Range"


def test_who_has_the_bytes_is_not_sent_them_again(blobs: Server) -> None:
    """RFC 9110, 13: the tag is the fingerprint."""
    stored = put(blobs, PNG)
    path, tag = f"/blobs/{stored['id']}/content", f'"{stored["sha256"]}"'
    assert fetch(blobs, path)[1]["etag"] == tag
    for given in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        status, headers, data = fetch(blobs, path, if_none_match=given)
        assert (status, headers["etag"], data) == (304, tag, b"")
    assert fetch(blobs, path, if_none_match='"x"')[0] == 200
    assert fetch(blobs, path, range="bytes=0-1", if_range=tag)[0] == 206
    assert fetch(blobs, path, range="bytes=0-1", if_range='"x"')[0] == 200
    status, headers, data = fetch(blobs, path, "HEAD")
    assert (status, headers["content-length"], data) == (200, str(SIZE), b"")


HOSTILE = [
    (b"<!doctype html><script>alert(1)</script>", "image/png", "x.png"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "image/svg+xml", "x.svg"),
    (b"alert(1)", "application/javascript", "x.js"),
    (b"%PDF-1.7", "application/pdf", "x.pdf"),
    (b"Hello", "text/html", 'a"b\r\nSet-Cookie: x=1.html'),
]


@pytest.mark.parametrize(("data", "media", "name"), HOSTILE, ids=[media for _, media, _ in HOSTILE])
def test_somebodys_bytes_do_not_run_here(blobs: Server, data: bytes, media: str, name: str) -> None:
    """Saved and not shown, not guessed at, and without rights where they are opened all the same."""
    stored = ask(blobs, "POST", "/blobs", {"content": _base64(data, media, name)})[2]
    _, headers, _ = fetch(blobs, f"/blobs/{stored['id']}/content")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["content-disposition"].startswith("attachment;")
    assert "set-cookie" not in headers


def _base64(data: bytes, media: str, name: str) -> Json:
    return {"base64": base64.b64encode(data).decode(), "media_type": media, "name": name}


def test_a_form_may_be_larger_than_a_body_and_not_larger_than_a_blob(blobs: Server, tmp_path: Path) -> None:
    """Streamed to disk; what is over the limit leaves nothing."""
    assert put(blobs, bytes(MAX_BLOB))["size"] == MAX_BLOB
    before = ask(blobs, "GET", "/blobs")[2]["blobs"][0]
    for size in (MAX_BLOB + 1, MAX_BLOB + 200_000):
        body, headers = form(("content", "a", "image/png", bytes(size)))
        status, _, problem = ask(blobs, "POST", "/blobs", body, headers)
        assert (status, problem["code"]) == (413, "too_large")
    assert ask(blobs, "GET", "/blobs")[2]["blobs"][0] == before
    text, headers = form(("content", None, "", b"x" * 100_001))
    assert ask(blobs, "POST", "/blobs", text, headers)[0] in {400, 413}


def test_only_a_route_that_takes_blobs_reads_a_form(blobs: Server) -> None:
    """Elsewhere it is the wrong media type, and the limit of a body holds."""
    body, headers = form(("message", None, "", b"hi"))
    status, _, problem = ask(blobs, "POST", "/operations/route-message", body, headers)
    assert (status, problem["code"]) == (415, "wrong_media")
    body, headers = form(("message", "a", "", bytes(200_000)))
    assert ask(blobs, "POST", "/operations/route-message", body, headers)[0] == 413


BROKEN: list[tuple[bytes, str]] = [
    (b"", f"multipart/form-data; boundary={BOUNDARY}"),
    (b"nonsense", f"multipart/form-data; boundary={BOUNDARY}"),
    (b"--x\r\n", "multipart/form-data"),
    (form(*[("images", "a", "", b"x")] * 40)[0], f"multipart/form-data; boundary={BOUNDARY}"),
    (form(*[(f"f{n}", None, "", b"x") for n in range(300)])[0], f"multipart/form-data; boundary={BOUNDARY}"),
    (form(("times", None, "", b"1"), ("times", None, "", b"2"))[0], f"multipart/form-data; boundary={BOUNDARY}"),
    (form(("words", None, "", b"[1"))[0], f"multipart/form-data; boundary={BOUNDARY}"),
    (form(("words", "a", "", b"x"))[0], f"multipart/form-data; boundary={BOUNDARY}"),
]


@pytest.mark.parametrize(("body", "media"), BROKEN, ids=range(len(BROKEN)))
def test_a_form_that_cannot_be_read_is_refused(blobs: Server, body: bytes, media: str) -> None:
    """Named and bounded: no 500."""
    status, _, problem = ask(blobs, "POST", "/sheets/count-bytes", body, {"content-type": media})
    assert status in {400, 422}, problem
    assert problem["field"]


def test_blobs_that_nobody_uses_are_removed_where_that_is_set(serve: Serve, tmp_path: Path) -> None:
    """`NIS_BLOB_DAYS`: at the start and every hour, bytes and all."""
    server = serve(data=tmp_path / "data", NIS_BLOB_DAYS="1")
    old, new = put(server, b"old"), put(server, b"new")
    server.kill()
    connection = sqlite3.connect(tmp_path / "data" / "nis.db")
    connection.execute("update blobs set updated = updated - 90000 where id = ?", (old["id"],))
    connection.commit()
    connection.close()
    server = serve(data=tmp_path / "data", NIS_BLOB_DAYS="1")
    deadline = time.monotonic() + 30
    # Not by asking for it: that would be a use.
    while _kept(tmp_path) != {new["id"]}:
        assert time.monotonic() < deadline
    assert ask(server, "GET", f"/blobs/{old['id']}")[0] == 404
    assert fetch(server, f"/blobs/{new['id']}/content")[2] == b"new"


def _kept(folder: Path) -> set[str]:
    return {path.name for path in (folder / "data" / "blobs").rglob("*") if path.is_file()} - {MARK}


def test_a_repeated_upload_is_kept_once(blobs: Server) -> None:
    """`Idempotency-Key`: the same bytes under the same key are the same blob, other bytes are refused."""
    body, headers = form(("content", "k.png", "image/png", PNG))
    headers["idempotency-key"] = "upload"
    first = ask(blobs, "POST", "/blobs", body, headers)[2]
    status, replayed, second = ask(blobs, "POST", "/blobs", body, headers)
    assert (status, second, replayed["idempotency-replayed"]) == (200, first, "true")
    other, _ = form(("content", "k.png", "image/png", PNG + b"x"))
    assert ask(blobs, "POST", "/blobs", other, headers)[0] == 422
