"""`nis runs watch`: a run's events as they come, from any number on, with the run's outcome as exit code."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from ground import SCRIPT, Ground
from rest_client import ask

from nis_backend.surfaces.cli.commands import command_line
from nis_backend.surfaces.cli.watch import told

STORY = {"message": "Write a long story about the sea and a ship."}


def unused(*_: object) -> Any:
    """Neither a server nor a folder is opened by these commands."""
    raise AssertionError


def watch(ground: Ground, *arguments: str) -> tuple[int, str, str]:
    """The command in this process: exit code, output, errors."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = command_line(ground.read, unused, unused, ["runs", "watch", *arguments])
    return code, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def watching(data: Path, *arguments: str) -> Generator[subprocess.Popen[str]]:
    """The command in a process of its own."""
    command = [sys.executable, "-u", "-m", "nis_backend", "--data", str(data), "runs", "watch", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process


def first_words(process: subprocess.Popen[str]) -> str:
    """What it has printed up to the first word of the answer."""
    assert process.stdout is not None
    seen = ""
    while "[scripted]" not in seen:
        one = process.stdout.read(1)
        assert one, seen
        seen += one
    return seen


def test_a_run_that_has_ended_is_told_from_any_number_on(ground: Ground) -> None:
    """Promise: resume by number; each event has its own, and words are joined."""
    run_id = ground.call("chat.send_message", {"message": "Hello"})["run_id"]
    code, out, _ = watch(ground, run_id)
    assert code == 0
    assert out.splitlines()[0] == "    1  chat.send_message has begun"
    assert "  [scripted] I answer from a script." in out
    assert out.splitlines()[-1].endswith("  succeeded")
    assert "now" not in out, "what the run has noted to be replayed is for --json"
    _, rest, _ = watch(ground, run_id, "--after", "1")
    assert rest.splitlines() == out.splitlines()[1:]
    code, _, told = watch(ground, run_id, "--after", "999")
    assert (code, "999" in told) == (2, True)


def test_a_result_without_words_is_drawn_as_its_operation_draws_it(ground: Ground) -> None:
    """Promise: what the run came to is always seen, as a person reads it."""
    run_id = ground.call("weights.pull_weight", {"id": "smollm2-135m-instruct-q4_1"}, wait=False)["id"]
    code, out, _ = watch(ground, run_id)
    assert (code, "is here and verified" in out, "{" in out) == (0, True, False)


def test_what_a_run_measures_is_told_with_its_progress() -> None:
    """Promise: live values are seen where a run is watched; what an older server wrote has none."""
    body = {"type": "progress", "fraction": 0.25, "message": "step 7"}
    assert told(body) == " 25%  step 7"
    assert told({**body, "values": {"loss": 1.23456e-5, "viscosity": 0.01}}) == (
        " 25%  step 7  loss 1.235e-05  viscosity 0.01"
    )


def test_a_failure_is_the_exit_code(ground: Ground) -> None:
    """Promise: the exit code of the run's own problem, with its words."""
    run_id = ground.call("weights.pull_weight", {"id": "nothing"}, wait=False)["id"]
    code, out, told = watch(ground, run_id)
    assert (code, "failed" in out) == (4, True)
    assert "nothing" in told
    code, out, told = watch(ground, run_id, "--json")
    assert [json.loads(line)["seq"] for line in out.splitlines()] == [1, 2]
    assert json.loads(told)["code"] == "not_found"


def test_leaving_does_not_end_the_run(serve: Serve, tmp_path: Path) -> None:
    """Promise: Ctrl+C ends the watching; the run goes on, is watched again, and its cancel ends that with 130."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps(SCRIPT))
    server = serve(data=tmp_path / "data", NIS_SCRIPTED=str(script))
    run_id = ask(server, "POST", "/chat", STORY, {"prefer": "respond-async"})[2]["id"]
    with watching(server.data, run_id) as left:
        first_words(left)
        left.send_signal(signal.SIGINT)
        _, told = left.communicate(timeout=120)
    assert left.returncode == 130
    assert f"nis runs watch {run_id} --after" in told
    assert "Traceback" not in told
    assert ask(server, "GET", f"/runs/{run_id}")[2]["state"] == "running"
    with watching(server.data, run_id) as again:
        first_words(again)
        assert ask(server, "POST", f"/runs/{run_id}/cancel", {})[0] == 200
        rest, told = again.communicate(timeout=120)
    assert (again.returncode, rest.splitlines()[-1].endswith("cancelled"), "was cancelled" in told) == (130, True, True)


def test_a_run_is_watched_on_after_its_server_was_killed(serve: Serve, tmp_path: Path) -> None:
    """Promise: the next server goes on with the run, and the watching with it; without one, the number is told."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps(SCRIPT))
    server = serve(data=tmp_path / "data", NIS_SCRIPTED=str(script))
    command = [sys.executable, "-m", "nis_backend", "--data", str(server.data)]
    with subprocess.Popen([*command, "chat", STORY["message"]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        runs: list[Any] = []
        while not runs:
            listed = subprocess.run([*command, "runs", "list", "--json"], capture_output=True, check=True, timeout=180)
            runs = json.loads(listed.stdout)["runs"]
        waiting, not_waiting = ("--wait", "600"), ("--wait", "0")
        with (
            watching(server.data, runs[0]["id"], *waiting) as on,
            watching(server.data, runs[0]["id"], *not_waiting) as cut,
        ):
            first_words(on)
            first_words(cut)
            server.kill()
            _, told = cut.communicate(timeout=120)
            assert (cut.returncode, f"nis runs watch {runs[0]['id']} --after" in told) == (69, True)
            left = subprocess.run(
                [*command, "runs", "watch", runs[0]["id"], "--wait", "0"], capture_output=True, check=False, timeout=180
            )
            assert (left.returncode, b"Start one with `nis serve`" in left.stderr) == (69, True)
            script.write_text(json.dumps({"replies": [{"text": "The sea is wide."}]}))
            serve(data=tmp_path / "data", NIS_SCRIPTED=str(script))
            out, told = on.communicate(timeout=600)
    assert (on.returncode, "the next one is waited for" in told) == (0, True), told
    lines = out.splitlines()
    assert any(line.endswith("chat.send_message has begun again, attempt 2") for line in lines)
    assert any("without the words above" in line for line in lines)
    assert any("The sea is wide." in line for line in lines)
    assert lines[-1].endswith("succeeded")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("runz", "list"), "Did you mean 'runs'"),
        (("runs", "wacth"), "Did you mean 'watch'"),
        (("runs", "watch"), "Give ID."),
        (("runs", "get"), "Usage: nis runs get [OPTIONS] ID"),
        (("runs", "list", "--stat", "failed"), "--state"),
        (("runs", "list", "--state", "done"), "'succeeded'"),
        (("conversations", "export", "conversation-0", "--format", "pdf"), "'markdown'"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(
    ground: Ground, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """Promise: errors that help: the nearest name, what is missing, what may stand there."""
    assert command_line(ground.read, unused, unused, [*arguments]) == 2
    assert said in capsys.readouterr().err
