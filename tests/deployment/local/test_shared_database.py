"""A deployment whose data are in a database: they outlive its tasks, and are brought forward before a switch."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from builds import GOOD, build
from deployed import Deployed, wanted


def test_rows_survive_a_deploy_and_a_build_that_cannot_migrate_changes_nothing(
    tmp_path: Path, deployed: Deployed, database: str
) -> None:
    """Nobody has to say --ephemeral; api and worker share what is there, and a one-off task migrates first."""
    target = deployed.target()
    shared = wanted(GOOD, ephemeral=False, script=deployed.script, NIS_DATABASE_URL=database)
    first = target.apply(shared, deployed.tell)
    assert first.ended == "done", first
    assert (first.steps[0].what, first.steps[0].ok) == ("migrations", True)
    assert "schema version" in first.steps[0].told
    assert [(one.service, one.healthy) for one in target.status().services] == [("api", 1), ("worker", 1)]
    address = target.status().address
    asked = urllib.request.Request(
        f"{address}/chat", json.dumps({"message": "Are you there?"}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked) as answer:
        run = json.load(answer)["run_id"]
    before = deployed.tasks()
    failed = target.apply(
        wanted(build(tmp_path, "exits"), ephemeral=False, script=deployed.script, NIS_DATABASE_URL=database),
        deployed.tell,
    )
    assert (failed.ended, failed.revision) == ("failed", "1")
    assert "a module is missing" in failed.told
    assert deployed.tasks() == before
    assert target.apply(shared, deployed.tell).ended == "done"
    deployed.settle(target)
    assert not deployed.are_there(before)
    with urllib.request.urlopen(f"{address}/runs/{run}") as answer:
        assert json.load(answer)["id"] == run
