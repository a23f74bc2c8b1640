"""Pictures from the composer, in a real browser on a real server that looks at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from console_node import browsed
from pictured import jpeg


@pytest.fixture(scope="module")
def seen(root: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:  # Any: JSON
    """What the browser saw, by scene."""
    folder = tmp_path_factory.mktemp("pictures")
    picture, document = folder / "coffee.jpg", folder / "paper.pdf"
    picture.write_bytes(jpeg("coffee"))
    document.write_bytes(b"%PDF-1.4\n")
    return browsed(root, "attach.mjs", server.url, str(picture), str(document))


def test_nothing_goes_wrong_and_nothing_leaves_the_origin(seen: dict[str, Any]) -> None:
    """In every scene: no error, no breach of the content policy, no request to anywhere else."""
    assert {name: scene.get("failed") for name, scene in seen.items() if "failed" in scene} == {}
    assert {name: scene["trouble"] for name, scene in seen.items() if scene["trouble"]} == {}
    assert {name: scene["foreign"] for name, scene in seen.items() if scene["foreign"]} == {}


def test_a_picture_is_chosen_looked_at_and_shown_with_its_message(seen: dict[str, Any]) -> None:
    """Promise: the message shows its picture, now and when opened again; the answer says what was used."""
    scene = seen["chosen"]
    assert scene["waiting"][0].startswith("coffee.jpg")
    assert "espresso" in scene["text"]
    assert scene["calls"] == ["vision.classify_image", "vision.detect_objects"]
    assert all(name in scene["text"] for name in scene["calls"])
    assert (scene["width"], scene["again"], scene["left"]) == (600, 600, 0)
    assert scene["names"] == scene["named"]
    assert scene["names"][0].startswith("coffee.jpg")


def test_what_is_pasted_or_dropped_may_be_taken_out_and_sent_without_words(seen: dict[str, Any]) -> None:
    """Promise: paste, drop, preview, remove; a picture alone is looked at briefly."""
    scene = seen["pasted"]
    assert [one.split()[0] for one in scene["both"]] == ["paste.jpg", "drop.jpg"]
    assert [one.split()[0] for one in scene["one"]] == ["paste.jpg"]
    assert "vision.assess_quality" in scene["calls"]
    assert scene["names"][0].startswith("paste.jpg")


def test_what_nobody_looks_at_is_refused_with_what_to_do(seen: dict[str, Any]) -> None:
    """Promise: of documents, the refusal says what may be sent instead."""
    assert "application/pdf" in seen["refused"]["told"]
    assert "image/png" in seen["refused"]["told"]
