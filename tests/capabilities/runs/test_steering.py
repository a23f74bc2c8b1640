"""A run is told to stop, to rest, to go on, and what it waits for; what means nothing changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ground import Ground

from nis_backend.caller import Caller
from nis_backend.errors import Conflict, InvalidRequest, NotFound, OutOfRange

Json = dict[str, Any]

FLIGHT: Json = {"speed": 20, "angle": 40, "points": 3}


def start(ground: Ground, **given: Any) -> str:
    """A run of something that reads."""
    return str(ground.call("runs.start_run", {"operation": "models.list_models", **given})["id"])


def tell(ground: Ground, command: str, run_id: str, **given: Any) -> Json:
    """A command to a run."""
    return ground.call(f"runs.{command}", {"id": run_id, **given})


def log(ground: Ground, run_id: str) -> list[str]:
    """The kinds of a run's events, to its end."""
    return [event["body"]["type"] for event in ground.call("runs.stream_events", {"id": run_id})]


def get(ground: Ground, run_id: str) -> Json:
    """The run as it is."""
    return ground.call("runs.get_run", {"id": run_id})


def test_a_queued_run_rests_and_goes_on(ground: Ground) -> None:
    """Promise: pause and resume are events of the log; the run is queued again."""
    run_id = start(ground, delay_seconds=3600)
    paused = tell(ground, "pause_run", run_id)
    assert (paused["state"], get(ground, run_id)["state"]) == ("paused", "paused")
    assert tell(ground, "resume_run", run_id)["state"] == "queued"
    tell(ground, "cancel_run", run_id)
    assert log(ground, run_id) == ["pause_requested", "resume_requested", "cancel_requested", "cancelled"]


def test_a_run_begins_once_it_is_approved(ground: Ground) -> None:
    """Promise: approval: it waits for a person, says for what, and goes on with their yes."""
    run_id = start(ground, operation="physics.simulate_projectile", arguments=FLIGHT, approval="It costs a second.")
    waiting = get(ground, run_id)["waiting"]
    assert (waiting["kind"], waiting["reason"]) == ("approval", "It costs a second.")
    assert waiting["arguments"]["speed"] == 20
    assert tell(ground, "approve_run", run_id)["state"] in {"queued", "running", "succeeded"}
    assert log(ground, run_id)[:3] == ["approval_required", "approved", "started"]
    run = get(ground, run_id)
    assert (run["state"], run["waiting"]) == ("succeeded", None)


def test_a_run_that_is_rejected_ends(ground: Ground) -> None:
    """Promise: a no, with its reason, is the run's end."""
    run_id = start(ground, approval="May I?")
    tell(ground, "reject_run", run_id, reason="Not before noon.")
    log(ground, run_id)
    run = get(ground, run_id)
    assert (run["state"], run["problem"]["code"]) == ("failed", "forbidden")
    assert "Not before noon." in run["problem"]["detail"]


def test_a_run_is_given_what_its_request_wants(ground: Ground) -> None:
    """Promise: input: the missing fields are asked for by their schema, checked as a whole, and then it begins."""
    given = {"operation": "physics.convert_unit", "arguments": {"value": 5, "unit": "mile"}, "ask": True}
    run_id = start(ground, **given)
    waiting = get(ground, run_id)["waiting"]
    assert (waiting["kind"], waiting["missing"], list(waiting["schema"]["properties"])) == ("input", ["to"], ["to"])
    for wrong, field in (({"to": 5}, "values.to"), ({}, "values.to"), ({"from": "km", "to": "m"}, "values.from")):
        with pytest.raises(InvalidRequest) as refused:
            tell(ground, "provide_input", run_id, values=wrong)
        assert refused.value.field == field
        assert get(ground, run_id)["state"] == "waiting"
    tell(ground, "provide_input", run_id, values={"to": "km"})
    assert log(ground, run_id)[:3] == ["input_required", "input_provided", "started"]
    run = get(ground, run_id)
    assert run["result"]["value"] == pytest.approx(8.04672)
    assert run["input"]["to"] == "km"
    whole = ground.call("runs.start_run", {**given, "arguments": {"value": 1, "unit": "km", "to": "m"}})
    assert whole["state"] != "waiting", "nothing is missing"
    with pytest.raises(InvalidRequest, match="valid number"):
        start(ground, **{**given, "arguments": {"value": "much", "unit": "km"}})


def test_what_waits_can_rest_too(ground: Ground) -> None:
    """A run that waited when it was paused waits again: nobody's answer is passed over."""
    run_id = start(ground, approval="May I?")
    tell(ground, "pause_run", run_id)
    with pytest.raises(Conflict, match="paused"):
        tell(ground, "approve_run", run_id)
    assert tell(ground, "resume_run", run_id)["state"] == "waiting"
    tell(ground, "approve_run", run_id)
    assert log(ground, run_id)[-1] == "succeeded"


def test_what_means_nothing_is_refused_and_changes_nothing(ground: Ground) -> None:
    """Promise: unknown run, other owner's run, finished, cancelled, answered twice: typed errors, state unharmed."""
    done = ground.call("chat.send_message", {"message": "Hello."})["run_id"]
    cancelled = start(ground, delay_seconds=3600)
    tell(ground, "cancel_run", cancelled)
    approved = start(ground, approval="May I?")
    tell(ground, "approve_run", approved)
    log(ground, approved)
    queued = start(ground, delay_seconds=3600)
    waiting = start(ground, approval="May I?")
    cases: list[tuple[str, str, Json]] = [
        ("cancel_run", done, {}),
        ("cancel_run", cancelled, {}),
        ("pause_run", done, {}),
        ("resume_run", cancelled, {}),
        ("resume_run", queued, {}),
        ("approve_run", approved, {}),
        ("approve_run", queued, {}),
        ("approve_run", waiting, {"call_id": "another"}),
        ("reject_run", approved, {}),
        ("provide_input", waiting, {"values": {"to": "km"}}),
    ]
    for command, run_id, given in cases:
        before = get(ground, run_id)
        with pytest.raises(Conflict):
            tell(ground, command, run_id, **given)
        assert get(ground, run_id) == before, command
    others: list[tuple[str, Json]] = [("pause_run", {}), ("approve_run", {}), ("provide_input", {"values": {}})]
    for command, more in others:
        with pytest.raises(NotFound):
            tell(ground, command, "run-0", **more)

        async def foreign(name: str = command, given: Json = more) -> None:
            ctx = ground.process.context(Caller(owner="mallory"))
            await ctx.call_named(f"runs.{name}", {"id": waiting, **given})

        with pytest.raises(NotFound):
            ground.run(foreign())
    with pytest.raises((InvalidRequest, OutOfRange), match="none after"):
        ground.call("runs.stream_events", {"id": done, "after": 10_000})
    for run_id in (queued, waiting):
        tell(ground, "cancel_run", run_id)
