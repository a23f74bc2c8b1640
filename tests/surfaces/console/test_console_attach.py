"""Pictures and documents from the composer, in a real browser on a real server that looks at them."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from console_node import browsed
from pictured import jpeg

from nis_backend.capabilities.documents.asked import INVOICE


@pytest.fixture(scope="module")
def seen(root: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:  # Any: JSON
    """What the browser saw, by scene."""
    folder = tmp_path_factory.mktemp("pictures")
    picture, document, film = folder / "coffee.jpg", folder / "invoice.pdf", folder / "film.mp4"
    picture.write_bytes(jpeg("coffee"))
    document.write_bytes(b64decode(INVOICE.partition(",")[2]))
    film.write_bytes(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")
    return browsed(root, "attach.mjs", server.url, str(picture), str(document), str(film))


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


def test_a_document_is_asked_about_turn_after_turn(seen: dict[str, Any]) -> None:
    """Promise: the answer quotes the document with its page; the next question is about it too."""
    scene = seen["document"]
    assert scene["waiting"][0].startswith("invoice.pdf")
    assert "Payable within 30 days of delivery." in scene["text"]
    assert "invoice.pdf, page 1" in scene["text"]
    assert scene["calls"] == ["documents.ask_documents"]
    assert scene["names"][0].startswith("invoice.pdf")
    assert "54.50" in scene["next"]["text"]


def test_what_nobody_looks_at_is_refused_with_what_to_do(seen: dict[str, Any]) -> None:
    """Promise: of films, the refusal says what may be sent instead."""
    assert "video/mp4" in seen["refused"]["told"]
    assert "image/png" in seen["refused"]["told"]
