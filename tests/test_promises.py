"""What a person is promised of the whole process, on the embedded model and real workers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from fake_openai import Canned, FakeOpenAI, breaks_off, delta, says, wants

from nis_backend.surfaces.a2ui import check

Json = dict[str, Any]

QUESTION = "How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"
LONG = "Write a long story about the sea and a ship."


def post(server: Server, path: str, body: Json) -> Json:
    """A request that succeeds."""
    request = urllib.request.Request(
        f"{server.url}{path}", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def refused(server: Server, path: str, body: Json | None = None) -> tuple[int, Json]:
    """A request that fails: its status and problem."""
    request = urllib.request.Request(
        f"{server.url}{path}", None if body is None else json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=120)
    with error.value as answer:
        return answer.code, json.load(answer)


@contextlib.contextmanager
def stream(server: Server, body: Json | None, path: str = "/chat", after: int = 0) -> Generator[Iterator[Json]]:
    """The events of a chat turn, or of a run's log from a number on."""
    headers = {"accept": "text/event-stream", "content-type": "application/json"} | (
        {"last-event-id": str(after)} if after else {}
    )
    request = urllib.request.Request(
        f"{server.url}{path}", None if body is None else json.dumps(body).encode(), headers
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        yield (json.loads(line[6:]) for line in answer if line.startswith(b'data: {"run_id"'))


def workers(server: Server) -> list[int]:
    """The server's child processes."""
    return [int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]


def kill_workers(server: Server) -> None:
    """That of the model, and that of the vectors which routed the message."""
    for pid in workers(server):
        os.kill(pid, signal.SIGKILL)


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until it is so."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come about"
        pause.wait(0.02)


def until(events: Iterator[Json], kind: str) -> list[Json]:
    """The events up to the first of a kind."""
    seen: list[Json] = []
    for event in events:
        seen.append(event)
        if event["body"]["type"] == kind:
            return seen
    pytest.fail(f"the answer ended without {kind}")


def until_text(events: Iterator[Json]) -> list[Json]:
    """The events up to the first words."""
    return until(events, "text_delta")


@pytest.fixture(scope="module")
def talked(server: Server) -> Server:
    """The shared server, its model loaded."""
    post(server, "/chat", {"message": "hi"})
    return server


def test_a_first_answer_needs_no_key_and_carries_a_valid_surface(talked: Server) -> None:
    """A real model answers, labelled as a demonstration; the surface holds all its words."""
    reply = post(talked, "/chat", {"message": "test", "genui_enabled": True})
    assert (reply["provider"], reply["demonstration"]) == ("embedded", True)
    assert reply["tokens_used"] > 0
    assert check.complaint(reply["a2ui"]) is None
    assert json.dumps(reply["response"])[1:-1] in json.dumps(reply["a2ui"])


def test_a_question_of_physics_is_computed_and_shown(talked: Server) -> None:
    """The number is the operation's own, with its method, error, chart and arguments."""
    reply = post(talked, "/chat/send-message", {"message": QUESTION})
    given = {"speed": 20, "angle": 40, "mass": 0.145, "diameter": 0.074, "drag": True}
    computed = post(talked, "/physics/simulate-projectile", given)
    assert f"{computed['range']:.4g}" in reply["response"]
    assert "Runge-Kutta" in reply["response"]
    assert "error" in reply["response"]
    assert "0.074" in reply["response"]
    assert {"series", "form"} <= {view["kind"] for view in reply["views"]}
    assert reply["tokens_used"] == 0


def test_what_is_missing_is_asked_for_and_the_next_message_completes_it(talked: Server) -> None:
    """Nothing is guessed: a form names the field; the answer to the question is enough."""
    asked = post(talked, "/chat/send-message", {"message": "How far does a ball fly at 20 m/s?"})
    assert asked["pending"]["missing"] == ["angle"]
    assert any(view["kind"] == "form" for view in asked["views"])
    told = post(talked, "/chat/send-message", {"message": "40 degrees", "conversation_id": asked["conversation_id"]})
    assert told["pending"] is None
    exact = 20**2 / 9.80665 * 0.984807753
    assert f"{exact:.4g}" in told["response"]


def test_a_filled_form_is_called_as_it_is(talked: Server) -> None:
    """The form to run again: the arguments come from it, not from the words."""
    call = {"operation": "physics.convert_unit", "arguments": {"value": 3, "unit": "mile", "to": "km"}}
    assert "4.828032" in post(talked, "/chat", {"message": "again", "call": call})["response"]


def test_a_reader_that_reconnects_misses_and_repeats_nothing(talked: Server) -> None:
    """Dropped after each few events and resumed with its last number, it sees the log as it is."""
    with stream(talked, {"message": LONG}) as events:
        seen = until_text(events)
    run_id = seen[0]["run_id"]
    while seen[-1]["body"]["type"] != "succeeded":
        with stream(talked, None, f"/runs/{run_id}/events", after=seen[-1]["seq"]) as events:
            for event, _ in zip(events, range(5), strict=False):
                seen.append(event)
    with stream(talked, None, f"/runs/{run_id}/events") as events:
        assert seen == list(events)
    assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))


def test_an_answer_survives_the_death_of_the_models_worker(serve: Serve) -> None:
    """The cut step is superseded and asked again; a second death is a typed error; the server lives."""
    server = serve()
    with stream(server, {"message": LONG}) as events:
        seen = until_text(events)
        kill_workers(server)
        seen += list(events)
    kinds = [event["body"]["type"] for event in seen]
    assert "step_retried" in kinds
    assert kinds[-1] == "succeeded"
    after = [
        event["body"]["text"] for event in seen[kinds.index("step_retried") :] if event["body"]["type"] == "text_delta"
    ]
    assert seen[-1]["body"]["result"]["response"] == "".join(after)

    with stream(server, {"message": LONG}) as events:
        seen = until_text(events)
        kill_workers(server)
        # Words that were on their way when it died are no sign of the next worker.
        seen += until(events, "step_retried")
        seen += until_text(events)
        kill_workers(server)
        seen += list(events)
    assert seen[-1]["body"]["problem"]["code"] == "worker_lost"
    assert post(server, "/chat", {"message": "hi"})["response"]


def test_a_cancelled_answer_stops(talked: Server) -> None:
    """The command is in the log, and the end after it."""
    with stream(talked, {"message": LONG}) as events:
        seen = until_text(events)
        post(talked, f"/runs/{seen[0]['run_id']}/cancel", {})
        kinds = [event["body"]["type"] for event in events]
    assert kinds[-1] == "cancelled"
    assert "cancel_requested" in kinds


def test_a_killed_server_leaves_a_log_that_the_next_one_goes_on_with(serve: Serve, tmp_path: Path) -> None:
    """What was committed is there; the answer that was cut is given anew, and says so; its workers died with it."""
    first = serve(data=tmp_path)
    with stream(first, {"message": LONG}) as events:
        seen = until_text(events)
        children = workers(first)
        first.kill()
    second = serve(data=tmp_path)
    with stream(second, None, f"/runs/{seen[0]['run_id']}/events") as events:
        log = list(events)
    assert log[: len(seen)] == seen
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    kinds = [event["body"]["type"] for event in log]
    assert kinds[-1] == "succeeded"
    again = log[kinds.index("step_retried") :]
    words = [event["body"]["text"] for event in again if event["body"]["type"] == "text_delta"]
    assert log[-1]["body"]["result"]["response"] == "".join(words)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def test_an_idle_worker_is_gone_and_comes_back(serve: Serve) -> None:
    """Its memory goes back to the machine; the next message starts it again."""
    server = serve(NIS_IDLE_SECONDS="0.5")
    with stream(server, {"message": "hi"}) as events:
        until_text(events)
        # While it answers it is not idle.
        assert workers(server)
        assert list(events)[-1]["body"]["type"] == "succeeded"
    wait_for(lambda: not workers(server))
    assert post(server, "/chat", {"message": "hi"})["response"]


def test_without_weights_chat_says_which_command_mends_it(serve: Serve, tmp_path: Path) -> None:
    """No network, no weights: `Unavailable` with the remedy, here and in the readiness check; nothing stands in."""
    server = serve(NIS_WEIGHTS=str(tmp_path / "none"))
    status, problem = refused(server, "/chat", {"message": "hi"})
    assert (status, problem["code"]) == (503, "unavailable")
    assert "nis weights pull" in problem["remedy"]
    status, problem = refused(server, "/health/ready")
    assert (status, problem["field"]) == (503, "models")
    assert "nis weights pull" in problem["remedy"]


def test_a_weight_with_another_hash_is_refused_by_name(serve: Serve, tmp_path: Path) -> None:
    """A file that is not the one in the manifest is never loaded."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"GGUF" + bytes(98_362_428))
    server = serve(NIS_WEIGHTS=str(folder))
    status, problem = refused(server, "/chat", {"message": "hi"})
    assert status in {422, 502, 503}
    assert "SmolLM2-135M-Instruct.Q4_1.gguf" in problem["detail"] + problem.get("value", "")
    assert str(folder) not in json.dumps(problem)


def test_a_stop_is_told_to_open_streams(serve: Serve) -> None:
    """SIGTERM: the stream ends with a notice and the process in time; the run's log has an end."""
    server = serve()
    with stream(server, {"message": LONG}) as events:
        until_text(events)
        os.kill(server.pid, signal.SIGTERM)
        list(events)
    server.process.wait(60)
    assert server.process.returncode == 0


BALL = "How far does a ball fly at 20 m/s and 40 degrees?"


def provided(serve: Serve, fake: FakeOpenAI) -> Server:
    """A server whose default model is another server's."""
    return serve(NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="fake")


def test_a_providers_model_calls_operations_and_answers_with_their_results(serve: Serve) -> None:
    """Split arguments, two calls at once, an unknown tool, broken JSON: each result goes back to the model."""
    fake = FakeOpenAI(
        wants(("physics-simulate_projectile", {"speed": 20, "angle": 40}), ("physics-guess_range", {})),
        wants(("physics-convert_unit", '{"value": 3, "unit": "mi')),
        wants(("physics-convert_unit", {"value": 3, "unit": "mile", "to": "km"})),
        lambda asked: says(f"The tools said: {asked.tool_results[-1]}"),
    )
    with fake.in_thread():
        server = provided(serve, fake)
        with stream(server, {"message": BALL}) as events:
            seen = list(events)
    called = [event["body"] for event in seen if event["body"]["type"] == "tool_called"]
    answered = [event["body"] for event in seen if event["body"]["type"] == "tool_answered"]
    assert {body["operation"] for body in called} >= {"physics.simulate_projectile", "physics.convert_unit"}
    assert sum(body["problem"] is None for body in answered) == 2
    reply = seen[-1]["body"]["result"]
    assert "4.828032" in reply["response"]
    assert reply["provider"] == "local"


def test_a_provider_that_breaks_off_is_asked_again_and_then_told(serve: Serve) -> None:
    """One cut is superseded; two are a typed error that names the provider."""
    fake = FakeOpenAI(breaks_off("The answer is"), says("The answer is whole."), breaks_off("a"), breaks_off("b"))
    with fake.in_thread():
        server = provided(serve, fake)
        with stream(server, {"message": "hi"}) as events:
            seen = list(events)
        assert "step_retried" in [event["body"]["type"] for event in seen]
        assert seen[-1]["body"]["result"]["response"] == "The answer is whole."
        status, problem = refused(server, "/chat", {"message": "hi"})
    assert (status, problem["code"]) == (502, "upstream_failed")
    assert "local" in problem["detail"]


def test_a_providers_words_are_seen_before_its_answer_ends(serve: Serve) -> None:
    """The first words arrive while the provider still holds its answer open; a cancel closes the connection to it."""
    fake = FakeOpenAI(Canned(pieces=[delta(content="First words")], held=True))
    with fake.in_thread():
        server = provided(serve, fake)
        with stream(server, {"message": "hi"}) as events:
            seen = until_text(events)
            post(server, f"/runs/{seen[0]['run_id']}/cancel", {})
            seen += list(events)
        wait_for(fake.left.is_set)
    assert seen[-1]["body"]["type"] == "cancelled"
