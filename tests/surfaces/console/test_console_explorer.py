"""The explorer in a real browser, on a real server."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from console_node import node_or_skip


@pytest.fixture(scope="module")
def seen(root: Path, server: Server) -> dict[str, Any]:  # Any: JSON
    """What the browser saw, by scene."""
    done = subprocess.run(
        [node_or_skip(root), str(Path(__file__).with_name("explore.mjs")), server.url],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_goes_wrong_and_nothing_leaves_the_origin(seen: dict[str, Any]) -> None:
    """In every scene: no error, no breach of the content policy, no request to anywhere else."""
    assert {name: scene.get("failed") for name, scene in seen.items() if "failed" in scene} == {}
    assert {name: scene["trouble"] for name, scene in seen.items() if scene["trouble"]} == {}
    assert {name: scene["foreign"] for name, scene in seen.items() if scene["foreign"]} == {}


def test_an_operation_is_found_filled_and_its_result_drawn(seen: dict[str, Any]) -> None:
    """A few letters of two words, Enter, a field changed, Run: charts, and the JSON beside them."""
    scene = seen["found"]
    assert scene["all"] > 20
    assert scene["narrowed"][0] == "physics.simulate_projectile"
    assert scene["unit"].split() == ["speed", "m/s", "required"]
    assert scene["charts"] >= 1
    assert len(scene["fields"]) > 3
    assert scene["address"] == "#/explore/physics.simulate_projectile"
