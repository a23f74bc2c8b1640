"""The whole way on this machine, under callers who never stop: deploys, broken builds, ways back, counts, the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from builds import GOOD, build
from crowd import Crowd, Seen
from deployed import Deployed, wanted

from nis_backend.deployment.local.target import LocalTarget
from nis_backend.deployment.target import Wanted
from nis_backend.errors import Conflict, InvalidRequest, NotFound


def check(seen: Seen) -> None:
    """Nobody was failed, and nobody cut off without a word."""
    assert seen.answered["plain"] > 0
    assert seen.failed == []
    assert seen.cut == []


def test_no_caller_is_failed_by_a_deploy_a_broken_build_a_way_back_or_a_count(
    tmp_path: Path, deployed: Deployed
) -> None:
    """What the operator is promised, on real processes."""
    target = deployed.target()
    assert [one.change for one in target.changes(wanted(GOOD, script=deployed.script))] == ["add", "add"]
    first = deployed.apply(target, GOOD)
    assert (first.ended, first.revision) == ("done", "1")
    assert [step.ok for step in first.steps] == [True] * 4
    with Crowd(target.status().address) as crowd:
        for name, quick in (("exits", {}), ("ill", {"start_seconds": 0.5}), ("fails", {})):
            outcome = deployed.apply(deployed.target(**quick), build(tmp_path, name))
            assert (outcome.ended, outcome.revision) == ("rolled_back", "1"), (name, outcome)
            assert outcome.told
            check(crowd.since())
        deploy = deployed.apply(target, GOOD)
        assert deploy.ended == "done"
        serving = deploy.revision
        check(crowd.since())
        back = target.roll_back("", deployed.tell)
        assert (back.ended, back.revision) == ("done", "1")
        assert back.steps[0].what == "revision 1 serves"
        check(crowd.since())
        assert target.scale("api", 2, deployed.tell).ended == "done"
        assert target.status().services[0].healthy == 2
        assert target.scale("api", 1, deployed.tell).ended == "done"
        check(crowd.since())
        changes = {
            one.id: one for one in target.changes(wanted(GOOD, script=deployed.script, NIS_OPENAI_MODEL="hidden"))
        }
        assert (changes["proxy"].change, changes["api"].change) == ("keep", "change")
        assert "NIS_OPENAI_MODEL set" in changes["api"].told
        assert "hidden" not in changes["api"].told
        states = {one.id: one.state for one in target.status().revisions}
        assert states["1"] == "serving"
        assert [states[number] for number in ("2", "3", "4")] == ["failed"] * 3
        assert states[serving] in {"before", "draining"}
    assert crowd.seen.failed + crowd.seen.cut == []
    words = [line.text for line in target.logs("api", since=0, limit=1000, words="a module is missing")]
    assert len(words) == 3
    tasks = deployed.tasks()
    assert target.destroy(deployed.tell).ended == "done"
    assert not deployed.are_there(tasks)
    assert not target.status().exists
    with pytest.raises(NotFound):
        target.roll_back("", deployed.tell)


def test_deaf_builds_are_killed_and_those_that_turn_sour_are_taken_back_by_the_alarm(
    tmp_path: Path, deployed: Deployed
) -> None:
    """No check sees what callers see: they are failed until the alarm has rung and the earlier tasks serve again."""
    target = deployed.target(stop_seconds=0.5)
    assert deployed.apply(target, build(tmp_path, "deaf")).ended == "done"
    deaf = deployed.tasks()
    with Crowd(target.status().address, streams=0, sockets=0) as crowd:
        assert deployed.apply(target, GOOD).ended == "done"
        deployed.settle(target)
        assert not deployed.are_there(deaf)
        check(crowd.since())
        outcome = deployed.apply(deployed.target(bake_seconds=60), build(tmp_path, "sour"))
        assert (outcome.ended, outcome.revision) == ("rolled_back", "2")
        assert "the alarm rang" in outcome.told
        deployed.settle(target)
        assert all(": 500 " in one for one in crowd.since().failed)
        assert target.scale("api", 2, deployed.tell).ended == "done"
        check(crowd.since())


def test_data_on_a_tasks_own_disk_are_not_lost_unasked(deployed: Deployed) -> None:
    """On ECS they would be, and nobody would have said so."""
    with pytest.raises(Conflict) as refused:
        deployed.target().apply(wanted(GOOD, ephemeral=False, script=deployed.script), deployed.tell)
    assert "--ephemeral" in refused.value.remedy


def test_a_parameter_that_the_template_has_not_is_refused(tmp_path: Path) -> None:
    """A misspelt count would be another count, and nobody would have said so."""
    asked = Wanted(profile="small", image=GOOD, parameters={"ApiCuont": "3"}, environment={}, ephemeral=True)
    with pytest.raises(InvalidRequest) as refused:
        LocalTarget(tmp_path).apply(asked, lambda _share, _text: None)
    assert "ApiCount" in refused.value.remedy


def test_a_first_build_that_is_broken_leaves_nothing_running(tmp_path: Path, deployed: Deployed) -> None:
    """There is nothing to go back to: ECS stalls then as well."""
    target = deployed.target()
    outcome = deployed.apply(target, build(tmp_path, "exits"))
    assert outcome.ended == "failed"
    assert "3 tasks of api in a row never came to run" in outcome.told
    deployed.settle(target)
    assert deployed.tasks() == []
