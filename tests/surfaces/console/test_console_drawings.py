"""Drawings of results and the drop zone of a form, in a real browser on a real server that computes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from console_node import browsed
from pictured import jpeg

CALLS = [
    (
        "boxes",
        "visuals.draw_box_plot",
        {
            "label": "time",
            "unit": "ms",
            "groups": [
                {"label": "control", "values": [250, 262, 270, 281, 300, 420]},
                {"label": "<b>caffeine</b>", "values": [210, 222, None, 240, 255]},
            ],
        },
    ),
    (
        "network",
        "visuals.draw_network",
        {
            "links": [{"source": "web", "target": "shop"}, {"source": "shop", "target": "shop"}],
            "nodes": [{"name": "web", "group": "outside"}],
            "directed": True,
        },
    ),
    (
        "heat",
        "visuals.draw_heat_map",
        {"cells": [[1, 2, 3]], "x": {"label": "dose", "unit": "mg", "values": [100, 10, 1]}, "label": "effect"},
    ),
    (
        "points",
        "visuals.draw_scatter_plot",
        {
            "groups": [{"label": "new", "x": [1, 2], "y": [2e8, 4e8]}, {"label": "old", "x": [1, 2], "y": [1, 3e8]}],
            "y": {"label": "pressure", "unit": "Pa"},
        },
    ),
    ("counts", "visuals.draw_histogram", {"values": [1, 2, 2, 3], "label": "waits"}),
]


@pytest.fixture(scope="module")
def seen(root: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:  # Any: JSON
    """What the browser saw."""
    picture = tmp_path_factory.mktemp("pictures") / "coffee.jpg"
    picture.write_bytes(jpeg("coffee"))
    calls = [(name, operation, {**request, "formats": []}) for name, operation, request in CALLS]
    found = browsed(root, "looked.mjs", server.url, str(picture), json.dumps(calls))["looked"]
    assert "failed" not in found, found
    assert (found["trouble"], found["foreign"]) == ([], [])
    return found


def test_groups_are_boxes_with_their_names_and_medians_spoken(seen: dict[str, Any]) -> None:
    """What a group is called is text, whatever is in it; a missing number reaches the server as one."""
    scene = seen["boxes"]
    assert scene["marks"] == 3
    assert {"control", "<b>caffeine</b>"} <= {*scene["words"]}
    assert "control: median 275.5 ms" in scene["spoken"]
    assert scene["sent"]["groups"][1]["values"] == [210, 222, None, 240, 255]


def test_a_network_is_things_with_names_and_groups(seen: dict[str, Any]) -> None:
    """Nodes, links, a legend of groups."""
    scene = seen["network"]
    assert scene["words"] == ["web", "shop"]
    assert "outside" in scene["legend"][0]
    assert "2 things and 2 links" in scene["spoken"]


def test_cells_stand_over_their_own_values(seen: dict[str, Any]) -> None:
    """In the order that was given, with the quantity's unit."""
    scene = seen["heat"]
    assert [word for word in scene["words"] if word in {"100", "10", "1"}][:3] == ["100", "10", "1"]
    assert "dose (mg)" in scene["legend"][0]


def test_an_axis_tells_what_is_measured_and_is_not_cut(seen: dict[str, Any]) -> None:
    """Hundreds of millions fit beside the axis, and counts are whole."""
    assert any("pressure (Pa)" in one for one in seen["points"]["legend"])
    assert {name: seen[name]["cut"] for name, *_ in CALLS if seen[name]["cut"]} == {}
    assert not [word for word in seen["counts"]["words"] if "." in word]


def test_a_file_dropped_on_a_field_is_kept_shown_and_looked_at(seen: dict[str, Any]) -> None:
    """Promise: the field takes its id; its result is drawn once, and no field makes the page wider than its window."""
    scene = seen["dropped"]
    assert (scene["over"], scene["after"]) == (True, False)
    assert scene["note"].startswith("dropped.jpg")
    assert scene["id"].startswith("blob-")
    assert scene["pictures"] == 1
    assert scene["wider"] <= 0
