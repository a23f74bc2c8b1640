"""The console's pages of documents and of what is remembered, in a real browser on a real server that reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from console_node import browsed
from scripts import script

made: Any = script("document_files")

TERMS = (
    "This lease begins on 1 March and runs for three years.",
    "Either party may terminate the lease with three months' notice in writing.",
)
DUTIES = ("The tenant insures what is in the rooms.", "Bicycles stand in the yard, never in the hall.")


def _page(*lines: str) -> Any:
    return [(60.0, 760.0 - 24 * number, 11.0, line) for number, line in enumerate(lines)], []


@pytest.fixture(scope="module")
def seen(root: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:  # Any: JSON
    """What the browser saw, by scene: a file that is read and one that is locked from their choice to their end."""
    folder = tmp_path_factory.mktemp("kept")
    file, locked = folder / "lease.pdf", folder / "locked.pdf"
    file.write_bytes(made.pdf([_page(*TERMS), _page(*DUTIES)]))
    locked.write_bytes(made.locked_pdf())
    scenes = browsed(root, "documents.mjs", server.url, str(file), str(locked))
    assert {name: scene["failed"] for name, scene in scenes.items() if "failed" in scene} == {}
    return scenes


def test_a_file_is_added_asked_quoted_on_its_page_and_deleted(seen: dict[str, Any]) -> None:
    """Promise: progress while it is read, an answer with its place, the words marked in their page; then it is gone."""
    scene = seen["documents"]
    assert scene["where"] == "#/documents?in=rooms"
    assert scene["coming"] >= 1
    assert {"ready", "2 pages", "pdf"} <= {*scene["kept"].split("\n")}
    assert "lease.pdf, page 1" in scene["quotes"]
    assert scene["shown"]["quoted"] == TERMS[1]
    assert TERMS[0] in scene["shown"]["page"]
    assert scene["shown"]["title"] == "lease.pdf"
    assert scene["found"]["where"] == "lease.pdf, page 2"
    assert scene["found"]["quote"] == DUTIES[1]
    assert "by its words: place 1" in scene["found"]["why"]


def test_a_file_that_cannot_be_read_says_why_and_what_to_do(seen: dict[str, Any]) -> None:
    """Promise: of a locked file, the failure and its remedy, while the other is read."""
    assert "encrypted" in seen["documents"]["refused"]
    assert "without the password" in seen["documents"]["refused"]


def test_what_is_remembered_is_recalled_with_why_and_forgotten_with_the_proof(seen: dict[str, Any]) -> None:
    """Promise: of whom and where from; the words that matched; afterwards what was there, and that nothing is."""
    scene = seen["memory"]
    (remembered,) = scene["remembered"]
    assert {"fact", "of ida-of-the-page", "written directly"} <= {*remembered.split("\n")}
    assert "“coffee”" in scene["why"]
    assert "Nothing of ida-of-the-page was found afterwards" in scene["proof"]
    assert re.search(r"memories\s+1\s+0\s", scene["proof"])


def test_no_page_bars_anyone_and_nothing_leaves_the_origin(seen: dict[str, Any]) -> None:
    """Axe finds nothing against WCAG 2.1 AA in light and dark; 390 points hold each; no error, no foreign request."""
    for scene in seen.values():
        assert scene["breaches"] == {"light": [], "dark": []}
        assert scene["across"] <= 390
        assert (scene["trouble"], scene["foreign"]) == ([], [])
