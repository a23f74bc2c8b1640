"""The console's pages of models, usage and budgets, in a real browser on real servers."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import running_server
from console_node import browsed
from fake_openai import FakeOpenAI, says

KEY = "a key of sixteen letters or more"
READS = ["models:read", "routes:read", "providers:read", "budgets:read", "operations:read", "conversations:read"]
"""What a key may do that is no operator's."""
COST = "$0.0000475"
"""Of 7 tokens in and 3 out, at $2.5 and $10 a million."""


def _post(url: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:  # Any: JSON
    asked = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.loads(answer.read())


@pytest.fixture(scope="module")
def seen(root: Path, tmp_path_factory: pytest.TempPathFactory, _environment: None) -> Iterator[dict[str, Any]]:
    """What the browser saw, by scene: on a server of the module's own, whose calls are known, and on one with keys."""
    folder = tmp_path_factory.mktemp("gateway")
    fake = FakeOpenAI(*[says("A word.")] * 8, models=["fake"])
    with (
        fake.in_thread(),
        running_server(folder / "open", (), {"NIS_LOCAL_URL": fake.url, "NIS_LOCAL_MODEL": "fake"}) as one,
        running_server(folder / "keyed", (), {"NIS_API_KEY": KEY}) as keyed,
    ):
        _post(f"{one.url}/models/set-price", {"model": "local:fake", "input": 2.5, "output": 10})
        made = _post(f"{keyed.url}/keys", {"name": "reader", "scopes": READS}, Authorization=f"Bearer {KEY}")
        yield browsed(root, "gateway.mjs", one.url, keyed.url, made["key"])


def test_nothing_goes_wrong(seen: dict[str, Any]) -> None:
    """In every scene: no error, and no request to anywhere else."""
    assert {name: scene.get("failed") for name, scene in seen.items() if "failed" in scene} == {}
    assert {name: scene["trouble"] for name, scene in seen.items() if scene["trouble"]} == {}
    assert {name: scene["foreign"] for name, scene in seen.items() if scene["foreign"]} == {}


def test_a_call_is_shown_with_its_cost_to_the_last_digit(seen: dict[str, Any]) -> None:
    """Promise: the page shows what was called a moment ago, unasked; the sums and the file say the same."""
    scene = seen["usage"]
    assert scene["status"] == 200
    assert {"ok", "local:fake", COST} <= {*scene["row"].split()}
    assert COST in scene["figures"]
    assert COST in scene["group"]
    assert scene["charts"] == 2
    assert scene["address"] == "#/usage?by=model"
    name, text = scene["file"]
    assert name.startswith("usage-")
    assert "0.000047500" in text
    assert "Give a since that is before until" in scene["mistaken"]


def test_a_budget_is_made_grows_warns_and_goes(seen: dict[str, Any]) -> None:
    """Promise: a refusal is shown at its field, what is spent moves the bar, and from 80 % on it is said in words."""
    scene = seen["budgets"]
    assert "needs a subject" in scene["wrong"]
    assert (scene["from"], scene["status"]) == (0, 200)
    assert scene["to"] == pytest.approx(0.00475)
    assert scene["spent"].startswith(f"{COST} of $0.01")
    assert "Nothing is to change." in scene["unchanged"]
    assert scene["near"].startswith(f"{COST} of $0.00005 95%")


def test_a_route_is_made_explained_changed_and_deleted(seen: dict[str, Any]) -> None:
    """Promise: by the forms of the operations themselves; each change is written down with who made it."""
    scene = seen["routes"]
    assert "There is no provider 'nobody'." in scene["wrong"]
    assert "Set it up, or take one of" in scene["wrong"]
    assert scene["offered"] >= 1, "a field of a model offers those there are"
    assert "local:fake" in scene["explained"]
    assert [change.split()[1] for change in scene["changes"]] == ["deleted", "updated", "created"]


def test_models_are_listed_with_their_prices_and_tested(seen: dict[str, Any]) -> None:
    """Promise: what a model costs, whether it answers, and how its provider does."""
    assert {"$2.50", "$10.00"} <= {*seen["models"]["told"].split()}
    assert "ready" in seen["models"]["providers"]


def test_who_may_not_is_told_which_scope_it_takes(seen: dict[str, Any]) -> None:
    """Promise: what cannot be done has no button, what cannot be seen says which scope is missing."""
    scene = seen["without the scope"]
    assert "server:admin" in scene["routes"]
    assert scene["news"] == 0
    assert "server:admin" in scene["changes"]
    assert "usage:read" in scene["usage"]


def test_no_page_bars_anyone_or_scrolls_sideways(seen: dict[str, Any]) -> None:
    """Axe finds nothing against WCAG 2.1 AA, in light and in dark; 390 points hold each page."""
    looks = {name: scene for name, scene in seen.items() if name.startswith("looks ")}
    assert len(looks) == 4
    assert {name: scene["breaches"] for name, scene in looks.items() if any(scene["breaches"].values())} == {}
    assert {name: scene["across"] for name, scene in looks.items() if scene["across"] > 390} == {}
