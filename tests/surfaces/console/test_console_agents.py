"""The console's pages of agents and plans, in a real browser on real servers."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import running_server
from console_node import browsed
from fake_openai import Asked, Canned, FakeOpenAI, says, wants

KEY = "a key of sixteen letters or more"
READS = ["agents:read", "operations:read", "conversations:read"]


def model(request: Asked) -> Canned:
    """Says who it is by what it was told before everything, and how much was said since; remembers when asked to."""
    first, *said = request.body["messages"]
    if "remember" in str(said[-1]["content"]) and not request.tool_results:
        return wants(("memory-remember", {"text": "Balls fly.", "user": "mia"}))
    return says(f"I am: {first['content'].rsplit(chr(10), 1)[-1]} {len(said)}")


@pytest.fixture(scope="module")
def seen(root: Path, tmp_path_factory: pytest.TempPathFactory, _environment: None) -> Iterator[dict[str, Any]]:
    """What the browser saw, by scene: on a server with a model that calls tools, and on one with keys."""
    folder = tmp_path_factory.mktemp("agents")
    with (
        FakeOpenAI(*[model] * 12, models=["words"]).in_thread() as fake,
        running_server(folder / "open", (), {"NIS_LOCAL_URL": fake.url}) as one,
        running_server(folder / "keyed", (), {"NIS_API_KEY": KEY}) as keyed,
    ):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
        body = json.dumps({"name": "reader", "scopes": READS}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{keyed.url}/keys", body, headers), timeout=60) as answer:
            made = json.loads(answer.read())
        yield browsed(root, "agents.mjs", one.url, keyed.url, made["key"])


def test_nothing_goes_wrong(seen: dict[str, Any]) -> None:
    """In every scene: no error, and no request to anywhere else."""
    assert {name: scene.get("failed") for name, scene in seen.items() if "failed" in scene} == {}
    assert {name: scene["trouble"] for name, scene in seen.items() if scene["trouble"]} == {}
    assert {name: scene["foreign"] for name, scene in seen.items() if scene["foreign"]} == {}


def test_an_agent_is_made_changed_and_deleted(seen: dict[str, Any]) -> None:
    """Promise: by the fields of the operation that makes one; a change is a version, a refusal is at its field."""
    scene = seen["agents"]
    assert scene["wrong"]
    # Stars with room around them are no emphasis: they name families of operations.
    assert "physics.*, memory.recall; * is all" in scene["hint"]
    assert "version 1" in scene["made"]
    assert scene["dry"] == 0, "what is tried only is no field of the change"
    told = {"version 2", "Throws balls.", "asks before what destroys, and more once it has read others' words"}
    assert told <= {line.strip() for line in scene["changed"].splitlines()}
    assert scene["versions"] == 2


def test_it_is_talked_with_and_asks_before_it_writes(seen: dict[str, Any]) -> None:
    """Promise: what was said is told again with the next message; a person decides on the page."""
    scene = seen["talk"]
    assert "memory.remember" in scene["asked"]
    assert scene["kept"] == ["Balls fly."]
    assert scene["title"] == "thrower · nis"


def test_what_may_not_be_done_has_no_button(seen: dict[str, Any]) -> None:
    """Promise: as on the other pages."""
    assert (seen["plans"]["news"], seen["without the scope"]["news"]) == (1, 0)


def test_what_is_wrong_in_a_long_form_is_seen(seen: dict[str, Any]) -> None:
    """Promise to who has left a field out: what is said of it stands above the buttons."""
    assert seen["plans"]["seen"]


def test_an_empty_page_says_how_to_begin_to_who_may(seen: dict[str, Any]) -> None:
    """Promise to a first visit: the next step, and none that can only be refused."""
    assert "plans.propose_plan" in seen["plans"]["empty"]
    assert seen["without the scope"]["empty"].strip() == "There is no agent yet."


def test_no_page_bars_anyone_or_scrolls_sideways(seen: dict[str, Any]) -> None:
    """Axe finds nothing against WCAG 2.1 AA, in light and in dark; 390 points hold each page and the way to it."""
    looks = {name: scene for name, scene in seen.items() if name.startswith("looks ")}
    assert len(looks) == 3
    assert {name: scene["breaches"] for name, scene in looks.items() if any(scene["breaches"].values())} == {}
    assert {name: scene["across"] for name, scene in looks.items() if scene["across"] > 390} == {}
    assert {name: scene["end"] for name, scene in looks.items() if scene["end"] > 390} == {}
