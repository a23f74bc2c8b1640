"""Another run from a run's log, its replay, and the test that it is exported as."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ground import Ground

from nis_backend.caller import Caller
from nis_backend.errors import Conflict, Forbidden, InvalidRequest, NotFound, NotSupported
from nis_backend.rehearsal import rehearse

Json = dict[str, Any]

CALL: Json = {"operation": "physics.convert_unit", "arguments": {"value": 5, "unit": "mile", "to": "km"}}


def say(ground: Ground, message: str = "Hello.", **given: Any) -> str:
    """A turn, to its end; answers its run."""
    return str(ground.call("chat.send_message", {"message": message, **given})["run_id"])


def bodies(ground: Ground, run_id: str) -> list[Json]:
    """What a run's log says, to its end."""
    return [event["body"] for event in ground.call("runs.stream_events", {"id": run_id})]


def test_a_turn_replays_as_it_was(ground: Ground) -> None:
    """Promise: offline, from recorded model and tool answers, nothing asked and nothing written."""
    for run_id in (say(ground), say(ground, "convert", call=CALL)):
        before = ground.call("runs.get_run", {"id": run_id})
        found = ground.call("runs.get_replay", {"id": run_id})
        assert found == {
            "id": run_id,
            "identical": True,
            "events": before["last_seq"],
            "seq": None,
            "recorded": None,
            "now": None,
        }
        assert ground.call("runs.get_run", {"id": run_id}) == before


def test_an_exported_run_is_a_test_that_passes_and_can_fail(ground: Ground, tmp_path: Path) -> None:
    """Promise: a self-contained pytest file that replays the log with no server; it fails where the log is another."""
    parent = ground.call("chat.send_message", {"message": 'Say """ to me.'})
    run_id = say(ground, "And again?", conversation_id=parent["conversation_id"])
    exported = ground.call("runs.get_export", {"id": run_id})
    assert exported["media_type"] == "text/x-python"
    whole = tmp_path / exported["name"]
    whole.write_text(exported["text"], "utf-8")
    changed = tmp_path / "test_changed.py"
    changed.write_text(exported["text"].replace("I answer from", "I tell you from"), "utf-8")
    assert changed.read_text("utf-8") != exported["text"], exported["text"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    environment = {**os.environ, "NIS_DATA": str(tmp_path / "nowhere")}
    right = subprocess.run(
        [*command, str(whole)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert right.returncode == 0, right.stdout
    wrong = subprocess.run(
        [*command, str(changed)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert wrong.returncode == 1, wrong.stdout
    assert "They part at event" in wrong.stdout


def test_an_exported_run_of_an_app_file_says_how_to_name_it() -> None:
    """Promise: a test that is run without its operation's file fails with what to do."""
    recorded: Json = {"format": 1, "run": "run-1", "owner": "local", "events": [], "rows": {"runs": []}}
    recorded["rows"]["runs"].append({"id": "run-1", "operation": "diary.keep_diary"})
    with pytest.raises(NotFound, match=r'rehearse\(RECORDED, app="FILE"\)'):
        rehearse(recorded)


def test_a_fork_shares_the_events_before_it(ground: Ground) -> None:
    """Promise: from event k with changed input; it differs only after k, and says whose it is."""
    run_id = say(ground, "convert", call=CALL)
    other = {**CALL, "arguments": {**CALL["arguments"], "value": 10}}
    fork = ground.call("runs.fork_run", {"id": run_id, "after": 1, "changes": {"call": other}})
    assert (fork["parent"], fork["parent_seq"], fork["conversation_id"]) == (run_id, 1, None)
    shared, log = bodies(ground, run_id), bodies(ground, fork["id"])
    assert log[0] == shared[0]
    done = ground.call("runs.get_run", {"id": fork["id"]})
    assert done["input"]["call"]["arguments"]["value"] == 10
    assert "16.0934" in done["result"]["response"]
    assert [one["id"] for one in ground.call("runs.list_runs", {"parent": run_id})["runs"]] == [fork["id"]]
    for wrong, field in (({"after": 10_000}, "after"), ({"changes": {"message": 5}}, "changes.message")):
        with pytest.raises(InvalidRequest) as refused:
            ground.call("runs.fork_run", {"id": run_id, **wrong})
        assert refused.value.field == field


def test_a_retry_is_a_run_of_its_own(ground: Ground) -> None:
    """Promise: what was cancelled or has failed goes on in another run; the log that has ended stays ended."""
    begun = ground.call("runs.start_run", {"operation": "models.list_models", "delay_seconds": 3600})["id"]
    with pytest.raises(Conflict, match="queued"):
        ground.call("runs.retry_run", {"id": begun})
    ground.call("runs.cancel_run", {"id": begun})
    before = bodies(ground, begun)
    again = ground.call("runs.retry_run", {"id": begun})
    assert again["parent"] == begun
    assert bodies(ground, again["id"])[-1]["type"] == "succeeded"
    assert bodies(ground, begun) == before


def test_what_cannot_be_gone_on_from_is_refused(ground: Ground) -> None:
    """Promise: unknown, not ended, without steps, or with more rights than the caller's: typed errors."""
    run_id = say(ground)
    with pytest.raises(Conflict, match="succeeded"):
        ground.call("runs.retry_run", {"id": run_id})
    open_run = ground.call("runs.start_run", {"operation": "models.list_models", "delay_seconds": 3600})["id"]
    for name in ("get_replay", "get_export"):
        with pytest.raises(Conflict, match="has not ended"):
            ground.call(f"runs.{name}", {"id": open_run})
    ground.call("runs.cancel_run", {"id": open_run})
    with pytest.raises(NotSupported):
        ground.call("runs.get_replay", {"id": open_run})
    for name in ("get_replay", "get_export", "fork_run", "retry_run"):
        with pytest.raises(NotFound):
            ground.call(f"runs.{name}", {"id": "run-0"})

    async def with_less() -> None:
        ctx = ground.process.context(Caller(owner="local", scopes=frozenset({"runs:write"})))
        await ctx.call_named("runs.fork_run", {"id": run_id})

    with pytest.raises(Forbidden):
        ground.run(with_less())
