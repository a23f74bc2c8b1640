"""The console's page of documents, in a real browser on a real server that reads them."""

from __future__ import annotations

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
    """What the browser saw: one file that is read, and one that is locked, from their choice to their end."""
    folder = tmp_path_factory.mktemp("kept")
    file, locked = folder / "lease.pdf", folder / "locked.pdf"
    file.write_bytes(made.pdf([_page(*TERMS), _page(*DUTIES)]))
    locked.write_bytes(made.locked_pdf())
    scene = browsed(root, "documents.mjs", server.url, str(file), str(locked))["documents"]
    assert "failed" not in scene, scene
    return scene


def test_a_file_is_added_asked_quoted_on_its_page_and_deleted(seen: dict[str, Any]) -> None:
    """Promise: progress while it is read, an answer with its place, the words marked in their page; then it is gone."""
    assert seen["where"] == "#/documents?in=rooms"
    assert seen["coming"] >= 1
    assert {"ready", "2 pages", "pdf"} <= {*seen["kept"].split("\n")}
    assert "lease.pdf, page 1" in seen["quotes"]
    assert seen["shown"]["quoted"] == TERMS[1]
    assert TERMS[0] in seen["shown"]["page"]
    assert seen["shown"]["title"] == "lease.pdf"
    assert seen["found"]["where"] == "lease.pdf, page 2"
    assert seen["found"]["quote"] == DUTIES[1]
    assert "by its words: place 1" in seen["found"]["why"]


def test_a_file_that_cannot_be_read_says_why_and_what_to_do(seen: dict[str, Any]) -> None:
    """Promise: of a locked file, the failure and its remedy, while the other is read."""
    assert "encrypted" in seen["refused"]
    assert "without the password" in seen["refused"]


def test_the_page_bars_nobody_and_nothing_leaves_the_origin(seen: dict[str, Any]) -> None:
    """Axe finds nothing against WCAG 2.1 AA in light and dark; 390 points hold the page; no error, no foreign request."""
    assert seen["breaches"] == {"light": [], "dark": []}
    assert seen["across"] <= 390
    assert (seen["trouble"], seen["foreign"]) == ([], [])
