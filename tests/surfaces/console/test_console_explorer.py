"""The explorer in a real browser on a real server: what is found, filled in, run, drawn, and copied."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Server, running_server
from console_node import browsed

KEY = "a key of sixteen letters or more"
EVENTS = ["Started", "Called", "Answered", "Shown", "Succeeded"]
CALLED = ("physics.simulate_pendulum", "operations.get_operation", "physics.solve_heat")
"""By query, by path, by body; with numbers, a text and a list."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, _environment: None) -> Iterator[tuple[Server, Server]]:
    """A server of the module's own, so that its runs are known, and one that wants a key."""
    folder = tmp_path_factory.mktemp("explorer")
    app = ("--app", str(Path(__file__).with_name("shapes.py")))
    with (
        running_server(folder / "open", app) as one,
        running_server(folder / "keyed", (), {"NIS_API_KEY": KEY}) as keyed,
    ):
        yield one, keyed


@pytest.fixture(scope="module")
def seen(root: Path, servers: tuple[Server, Server]) -> dict[str, Any]:  # Any: JSON
    """What the browser saw, by scene."""
    return browsed(root, "explore.mjs", *(server.url for server in servers))


def test_nothing_goes_wrong_and_nothing_leaves_the_origin(seen: dict[str, Any]) -> None:
    """In every scene: no error, no breach of the content policy, no request to anywhere else."""
    assert {name: scene.get("failed") for name, scene in seen.items() if "failed" in scene} == {}
    assert {name: scene["trouble"] for name, scene in seen.items() if scene["trouble"]} == {}
    assert {name: scene["foreign"] for name, scene in seen.items() if scene["foreign"]} == {}


def test_an_operation_is_found_filled_and_its_result_drawn(seen: dict[str, Any]) -> None:
    """A few letters of two words, Enter, a field changed, Run: charts, and the JSON beside them."""
    scene = seen["found"]
    assert scene["all"] > 20
    assert scene["narrowed"] == ["physics.simulate_projectile"]
    assert scene["unit"].split() == ["speed", "m/s", "required"]
    assert scene["charts"] == 2
    assert {"range", "trajectory"} <= {*scene["fields"]}
    assert scene["address"] == "#/explore/physics.simulate_projectile"


def test_a_quantity_slides_and_its_answer_follows(seen: dict[str, Any]) -> None:
    """After a first answer each quantity has a slider; wherever it stops is what was computed last."""
    scene = seen["slid"]
    assert scene["before"] == 0
    assert scene["after"] >= 2
    assert scene["range"] == [-90, 90, 1]
    assert scene["typed"] == "75"
    assert scene["steepness"] == pytest.approx(1.19, abs=0.05)  # the tangent of 50 degrees, less a little fall
    assert scene["named"] == "Slide angle"


def test_a_sentence_finds_what_its_words_mean(seen: dict[str, Any]) -> None:
    """No operation has all these words in its name: the server's search says which is meant."""
    assert seen["sentence"]["found"][0] == "physics.simulate_pendulum"
    assert seen["sentence"]["address"].startswith("#/explore?q=how+long")


def test_a_family_is_listed_with_what_each_does(seen: dict[str, Any]) -> None:
    """The effect of each, and which of them stream."""
    said = dict(zip(seen["family"]["found"], seen["family"]["badges"], strict=True))
    assert said["runs.cancel_run"].split() == ["writes"]
    assert said["runs.stream_events"].split() == ["reads", "streams"]


def test_a_refusal_is_shown_at_the_field_it_names(seen: dict[str, Any]) -> None:
    """With the focus there, told to a screen reader; a refusal of the whole has its remedy."""
    scene = seen["refused"]
    assert scene["error"] == "Field required."
    assert "error" in scene["told"]
    assert scene["invalid"] == "true"
    assert "nonsense" in scene["failure"]


def test_a_request_is_edited_as_json_and_back(seen: dict[str, Any]) -> None:
    """What is not JSON yet says so; what is becomes the form's fields."""
    assert seen["json"]["broken"] == "This is not a JSON object yet."
    assert "3,000 m" in seen["json"]["result"]
    assert seen["json"]["back"] == "km"


def test_a_link_fills_the_form(seen: dict[str, Any]) -> None:
    """And one to an operation that is not there says what to do."""
    assert seen["linked"]["held"] == "mile"
    assert "There is no operation" in seen["linked"]["unknown"]


def test_a_run_is_watched_from_the_explorer_and_among_the_runs(seen: dict[str, Any]) -> None:
    """Its events live, the same events on its own page, and a line in the list."""
    scene = seen["a run"]
    assert scene["events"] == EVENTS
    assert scene["live"] == EVENTS
    assert scene["state"] == "succeeded"
    assert "chat.send_message" in scene["listed"]
    assert scene["filtered"] == "#/runs?state=failed"


def test_a_run_that_asks_is_answered_on_its_page(seen: dict[str, Any]) -> None:
    """What it waits for, with the ways to answer; then where its time went."""
    scene = seen["a run that asks"]
    assert "A piano leaves the house." in scene["question"]
    assert (scene["state"], scene["ended"]) == ("waiting", "succeeded")
    assert "waiting" in scene["spent"]
    assert "The attic" in scene["result"]


def test_a_run_that_has_not_begun_is_answered_on_its_page(seen: dict[str, Any]) -> None:
    """Promise: what is held for a person's leave, or for what it still wants, says so and has the way to answer."""
    assert "models.list_models" in seen["a run that is held"]["question"]
    assert "It asks every provider." in seen["a run that is held"]["question"]


def test_a_run_is_paused_goes_on_is_stopped_and_tried_again_from_its_page(seen: dict[str, Any]) -> None:
    """Promise: each state has the buttons that mean something in it; what is tried again is a run of its own."""
    scene = seen["a run that rests"]
    assert scene["from"] == scene["later"]
    assert scene["more"] == ["Fork", "Replay", "Export"]
    assert len({*scene["forms"]}) == 1, "each is a form that is filled in"
    assert scene["forms"][0].startswith("run-")
    assert "def test_the_run_is_the_same_again" in scene["file"]["shown"]
    assert scene["file"]["name"].startswith("test_run_")


def test_a_stream_is_shown_as_it_comes(seen: dict[str, Any]) -> None:
    """A run's events, streamed by their operation."""
    assert seen["a stream"]["events"] == EVENTS


def test_a_form_takes_every_shape_of_a_request(seen: dict[str, Any]) -> None:
    """Scalars, choices, lists, tuples, objects in objects, unions, recursion: as typed, and only what was given."""
    scene = seen["shapes"]
    assert scene["asked"] == {
        "text": "words",
        "count": 3,
        "share": 0.001,
        "flag": True,
        "wide": False,
        "colour": "red",
        "tags": ["a, b", "c"],
        "numbers": [1, 2.5, 300],
        "pair": ["left", 4],
        "origin": {"x": -1.5},
        "figure": {"kind": "polygon", "corners": [{"x": 1}, {"x": 2, "y": 3}]},
        "either": "12",
        "free": {"a": 1},
        "tree": {"name": "root", "inner": {"name": "leaf"}},
    }
    assert scene["json"] == scene["asked"]
    assert scene["again"] == "3"
    assert scene["full"] == 0
    assert {*scene["wrong"]} == {"count", "figure.corners.1.x"}


def test_conversations_are_kept_as_a_person_keeps_them(seen: dict[str, Any]) -> None:
    """An answer again and back, judged, branched off; a new name, a search in what was said, a deletion asked about."""
    scene = seen["conversations"]
    assert len({*scene["runs"]}) == 2
    (feedback,) = scene["feedback"]
    told = {"rating": "bad", "comment": "Too short.", "run_id": scene["runs"][1]}
    assert told.items() <= feedback.items()
    assert scene["copied"] == ["What is the Planck constant?"]
    assert any("Planck" in one for one in scene["found"])
    assert scene["address"] == "#/"


def test_a_page_that_could_not_be_read_is_read_once_the_server_is_back(seen: dict[str, Any]) -> None:
    """The list of runs and one run, with nothing pressed."""
    scene = seen["out of reach"]
    assert "failed" not in scene, scene
    assert "connection" in scene["list"].lower()
    assert "connection" in scene["run"].lower()
    assert (scene["list after"], scene["run after"]) == (0, 0)


def test_a_file_is_kept_and_shown_as_what_it_is(seen: dict[str, Any]) -> None:
    """It is sent when it is chosen and named by its id from then on, so a copied call stays short."""
    assert seen["bytes"]["wide"] == 1
    assert "dot.png" in seen["bytes"]["told"]
    assert "blob-" in seen["bytes"]["snippet"]


def test_an_operation_is_found_and_run_by_the_keyboard_alone(seen: dict[str, Any]) -> None:
    """Ctrl K, a few letters, Enter, Tab to Run, Enter."""
    assert seen["palette"]["title"] == "physics.solve_heat · nis"
    assert seen["palette"]["charts"] >= 1


def test_no_page_bars_anyone(seen: dict[str, Any]) -> None:
    """Axe finds nothing against WCAG 2.1 AA, in light and in dark."""
    scenes = {name: scene["breaches"] for name, scene in seen.items() if name.startswith("access ")}
    assert len(scenes) == 8
    assert {name: breaches for name, breaches in scenes.items() if breaches} == {}


def test_no_page_scrolls_sideways_on_a_phone(seen: dict[str, Any]) -> None:
    """390 points wide."""
    assert {scene["across"] for name, scene in seen.items() if name.startswith("phone ")} == {390}


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        *((name, kind) for name in CALLED for kind in ("python", "mcp-json", "cli")),
        # Their clients take seconds to load, and make no difference of where a field goes.
        *((CALLED[-1], kind) for kind in ("mcp", "socket")),
    ],
)
def test_a_copied_call_runs_as_it_is(
    seen: dict[str, Any], servers: tuple[Server, Server], operation: str, kind: str
) -> None:
    """Each snippet, copied from the page and executed, answers what the operation answers."""
    text = seen[f"snippets of {operation}"]["texts"][kind]
    expected = _run(seen[f"snippets of {operation}"]["texts"]["curl"], "curl", servers[0])
    said = _run(text, kind, servers[0])
    if kind == "cli":
        assert said.strip()
    else:
        assert _result(json.loads(said), kind) == json.loads(expected)


@pytest.mark.parametrize("kind", ["curl", "python", "mcp", "mcp-json", "socket"])
def test_a_copied_call_takes_the_key_from_the_environment(
    seen: dict[str, Any], servers: tuple[Server, Server], kind: str
) -> None:
    """It runs on a server that wants a key, and the key is in no snippet, page or address."""
    said = json.loads(_run(seen["keyed snippets"]["texts"][kind], kind, servers[1], NIS_API_KEY=KEY))
    assert _result(said, kind)["value"] == pytest.approx(27.7778, rel=1e-4)
    assert seen["keyed snippets"]["leaks"] is False


def _run(text: str, kind: str, server: Server, **environment: str) -> str:
    command = [sys.executable, "-c", text] if kind in {"python", "mcp", "socket"} else ["bash", "-c", text]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PATH": path, "NIS_DATA": str(server.data), **environment},
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _result(said: Any, kind: str) -> Any:  # Any: JSON
    """The operation's result out of what a protocol wraps it in."""
    if kind == "mcp-json":
        return said["result"]["structuredContent"]
    if kind == "socket":
        artifacts = said["result"]["task"]["artifacts"]
        return next(part["data"] for one in artifacts for part in one["parts"] if one["artifactId"] == "result")
    return said
