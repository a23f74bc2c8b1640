"""Files on the command line: given with `@`, written with `--output`; by the running server and by the folder alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from PIL import Image

from nis_backend.capabilities.documents.ingesting import add_document
from nis_backend.catalog import entry_of
from nis_backend.errors import TooLarge
from nis_backend.surfaces.cli import files

DATA = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20_000
"""More than a JSON body may hold."""


def nis(data: Path, *arguments: str, given: bytes = b"", code: int = 0) -> tuple[bytes, str]:
    """One command: its output, and what it said beside it."""
    command = [sys.executable, "-m", "nis_backend", "--data", str(data), *arguments]
    done = subprocess.run(command, input=given, capture_output=True, timeout=180, check=False, env=dict(os.environ))
    assert done.returncode == code, done.stderr.decode()
    return done.stdout, done.stderr.decode()


@pytest.fixture(params=["server", "folder"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data folder that a server holds, and one that nobody does."""
    if request.param == "folder":
        return tmp_path / "data"
    server: Server = request.getfixturevalue("server")
    return server.data


def test_a_file_goes_in_and_comes_out(data: Path, tmp_path: Path) -> None:
    """As it was, by its name and through a pipe."""
    picture = tmp_path / "a picture.png"
    picture.write_bytes(DATA)
    stored = json.loads(nis(data, "blobs", "create", f"@{picture}", "--json")[0])
    assert (stored["name"], stored["media_type"], stored["size"]) == ("a picture.png", "image/png", len(DATA))
    assert nis(data, "blobs", "content", stored["id"])[0] == DATA
    copy = tmp_path / "copy.png"
    nis(data, "blobs", "content", stored["id"], "--output", str(copy))
    assert copy.read_bytes() == DATA
    known = json.loads(nis(data, "blobs", "content", stored["id"], "--json")[0])
    assert known["sha256"] == stored["sha256"]


def test_a_pipe_goes_in(data: Path) -> None:
    """`@-` reads what comes in; JSON is bytes like any other."""
    stored = json.loads(nis(data, "blobs", "create", "--content", "@-", "--json", given=b'{"a": 1}')[0])
    assert stored["size"] == 8
    known = json.loads(nis(data, "blobs", "content", stored["id"], "--json")[0])
    assert known["id"] == stored["id"]
    assert nis(data, "blobs", "content", stored["id"])[0] == b'{"a": 1}'


def test_a_text_that_is_a_file_is_written_as_it_is(server: Server, tmp_path: Path) -> None:
    """Promise: `nis runs export RUN > test_turn.py`, and `-o`: a test, not a drawing of one."""
    turn = json.loads(nis(server.data, "chat", "Convert 5 feet to metres", "--json")[0])["run_id"]
    exported = json.loads(nis(server.data, "runs", "export", turn, "--json")[0])
    assert nis(server.data, "runs", "export", turn)[0].decode() == exported["text"]
    nis(server.data, "runs", "export", turn, "-o", str(tmp_path / "test_turn.py"))
    assert (tmp_path / "test_turn.py").read_text("utf-8") == exported["text"]


def test_a_file_that_is_not_there_is_named(data: Path, tmp_path: Path) -> None:
    """And its folder is not."""
    _, said = nis(data, "blobs", "create", f"@{tmp_path}/nothing.png", code=2)
    assert "'nothing.png' cannot be read" in said
    _, said = nis(data, "blobs", "content", "blob-0", code=4)
    assert "blob-0" in said


@pytest.mark.parametrize("given", ["{folder}/picture", "photo.png", "picture"])
def test_a_file_without_its_at_sign_is_told_how_it_is_given(tmp_path: Path, given: str, monkeypatch: Any) -> None:
    """Promise: what is no id, or is a file that lies here, is not looked for among the blobs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "picture").write_bytes(DATA)
    text = given.format(folder=tmp_path)
    _, said = nis(tmp_path / "data", "vision", "assess-quality", "--image", text, code=2)
    assert "is no blob's id" in said
    assert "@FILE" in said
    assert f"@{text}" in said


def test_several_files_stand_in_order_or_under_their_option(data: Path, tmp_path: Path) -> None:
    """Promise: a list of files takes all that follows; no JSON on the command line where names will do."""
    for name, colour in (("red", "red"), ("blue", "blue"), ("again", "red")):
        half = Image.new("RGB", (64, 64), colour)
        half.paste("white", (0, 0, 32, 64 if name == "blue" else 20))
        half.save(tmp_path / f"{name}.png")
    files = [f"@{tmp_path / name}.png" for name in ("red", "blue", "again")]
    named = [word for file in files for word in ("--images", file)]
    for given in (files, named):
        [group] = json.loads(nis(data, "vision", "find-duplicates", *given, "--json")[0])["groups"]
        assert [one["index"] for one in group["images"]] == [0, 2]


def test_a_file_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: no more of it is held than a bound."""
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    with pytest.raises(TooLarge, match="'zero' has more than 1000 bytes"):
        files.given_files(entry_of(add_document), {"document": "@/dev/zero"})
