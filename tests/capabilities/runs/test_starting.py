"""Any operation as a run: by its own operation, and by `Prefer: respond-async`."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from ground import Ground
from rest_client import ask, events_of, send

from nis_backend.caller import LOCAL, Caller
from nis_backend.calling import begin
from nis_backend.errors import Conflict, Forbidden, InvalidRequest, NotFound, NotSupported

Json = dict[str, Any]

FLIGHT: Json = {"speed": 20, "angle": 40, "points": 3}
LONG: Json = {"length": 1, "angle": 170, "duration": 900}
"""Some seconds of work: what ends at once says nothing on the way."""
ASYNC = {"prefer": "respond-async"}


def ended(ground: Ground, run_id: str) -> Json:
    """The run, once it has ended."""
    ground.call("runs.stream_events", {"id": run_id})
    return ground.call("runs.get_run", {"id": run_id})


def test_a_computation_is_a_run_with_its_result(ground: Ground) -> None:
    """Promise: any operation can be made a run; what its worker says of its progress is in the log."""
    begun = ground.call("runs.start_run", {"operation": "physics.simulate_pendulum", "arguments": LONG})
    assert (begun["operation"], begun["conversation_id"]) == ("physics.simulate_pendulum", None)
    run = ended(ground, begun["id"])
    assert run["result"]["receipt"]["method"]
    kinds = {event["body"]["type"] for event in ground.call("runs.stream_events", {"id": begun["id"]})}
    assert kinds >= {"started", "progress", "succeeded"}


def within(times: int) -> Json:
    """A run that starts a run by way of a call, and so on."""
    request: Json = {"operation": "models.list_models", "arguments": {}}
    for _ in range(times):
        request = {
            "operation": "operations.call_operation",
            "arguments": {"id": "runs.start_run", "arguments": request},
        }
    return request


def test_what_is_started_is_checked_first(ground: Ground) -> None:
    """Promise: a wrong request never becomes a run, and its fields are named as they are in this request."""
    before = len(ground.call("runs.list_runs", {"limit": 100})["runs"])
    for request, kind, field in (
        ({"operation": "physics.simulate_projectil"}, NotFound, "operation"),
        ({"operation": "runs.stream_events", "arguments": {"id": "run-0"}}, NotSupported, "operation"),
        (
            {"operation": "runs.start_run", "arguments": {"operation": "models.list_models"}},
            InvalidRequest,
            "operation",
        ),
        (within(20), InvalidRequest, "arguments"),
        ({"operation": "identity.create_key", "arguments": {"name": "mine"}}, NotSupported, None),
        ({"operation": "physics.simulate_projectile", "arguments": {"speed": -1}}, InvalidRequest, "arguments.speed"),
        ({"operation": "chat.send_message", "arguments": {"message": "x", "model": "none:none"}}, NotFound, None),
    ):
        with pytest.raises(kind) as refused:
            ground.call("runs.start_run", request)
        assert field in {None, refused.value.field}
    assert len(ground.call("runs.list_runs", {"limit": 100})["runs"]) == before


def test_a_caller_needs_the_scopes_of_what_is_started(ground: Ground) -> None:
    """Promise: starting grants nothing: the operation's own scopes are checked."""
    caller = Caller(owner=LOCAL.owner, scopes=frozenset({"runs:write"}))

    async def started() -> Any:
        ctx = ground.process.context(caller)
        return await ctx.call_named("runs.start_run", {"operation": "models.list_models"})

    with pytest.raises(Forbidden, match="models:read"):
        ground.run(started())


def test_a_filter_is_no_conversation(ground: Ground) -> None:
    """A read that is given a conversation does not become a turn of it."""
    turn = ground.call("chat.send_message", {"message": "Hello."})
    given = {"conversation_id": turn["conversation_id"]}
    run = ground.call("runs.start_run", {"operation": "runs.list_runs", "arguments": given})
    assert ended(ground, run["id"])["state"] == "succeeded"
    assert len(ground.call("runs.list_runs", given)["runs"]) == 1


def test_an_operation_is_not_waited_for_where_the_caller_prefers_so(ground: Ground) -> None:
    """Promise: `Prefer: respond-async` is 202 with its `Location`, whichever operation. Source: RFC 7240."""
    for method, path, body in (
        ("POST", "/physics/simulate-projectile", FLIGHT),
        ("POST", "/physics/convert-unit", {"value": 3, "unit": "mile", "to": "km"}),
        ("POST", "/operations/models.list_models/call", {}),
    ):
        status, told, run = ask(ground, method, path, body, ASYNC)
        assert (status, told["preference-applied"]) == (202, "respond-async"), run
        assert told["location"] == f"/runs/{run['id']}"
        events = events_of(ground, "GET", f"{told['location']}/events")
        assert events[-1]["event"] == "succeeded"
        assert ask(ground, "GET", told["location"])[2]["result"] == events[-1]["data"]["body"]["result"]


def test_a_preference_that_cannot_be_met_is_passed_over(ground: Ground) -> None:
    """Source: RFC 7240, section 2; RFC 9110, 9.2.1: a GET is safe. Of a stream nothing is kept."""
    turn = ground.call("chat.send_message", {"message": "Hello."})

    def begun() -> list[str]:
        return [one["id"] for one in ground.call("runs.list_runs", {"limit": 100})["runs"]]

    before = begun()
    convert = "/physics/convert-unit?value=3&unit=mile&to=km"
    for path in (f"/runs/{turn['run_id']}/events", "/health", "/health/live", convert, "/runs"):
        status, told, _ = send(ground, "GET", path, headers=ASYNC)
        assert status == 200
        assert "preference-applied" not in told
    assert begun() == before


def test_a_wrong_request_is_refused_and_not_begun(ground: Ground) -> None:
    """What is wrong is said at once, also to who does not wait."""
    status, _, problem = ask(ground, "POST", "/physics/simulate-projectile", {"speed": "fast"}, ASYNC)
    assert (status, problem["field"]) == (422, "speed")


def test_a_repeated_write_that_is_not_waited_for_is_one_run(ground: Ground) -> None:
    """Promise: one key, one run: the repeat is answered with it, and one that waits gets its result."""
    turn = ground.call("chat.send_message", {"message": "Hello."})
    rating = {"run_id": turn["run_id"], "rating": "good"}
    key = {"idempotency-key": uuid.uuid4().hex}
    first = ask(ground, "POST", "/feedback", rating, {**ASYNC, **key})
    again = ask(ground, "POST", "/feedback", rating, {**ASYNC, **key})
    assert (first[0], again[0]) == (202, 202)
    assert first[2]["id"] == again[2]["id"]
    waited = ask(ground, "POST", "/feedback", rating, key)
    assert (waited[0], waited[2]["run_id"]) == (200, turn["run_id"])
    assert waited[1]["idempotency-replayed"] == "true"


def test_a_stream_is_no_run(ground: Ground) -> None:
    """Said with what to do instead."""

    async def begun() -> None:
        await begin(
            ground.process.operations.find("runs.stream_events"), {"id": "run-0"}, ground.process.context(LOCAL)
        )

    with pytest.raises(NotSupported, match="stream"):
        ground.run(begun())


def start(ground: Ground, **given: Any) -> Json:
    """A run of something that reads."""
    return ground.call("runs.start_run", {"operation": "models.list_models", **given})


def test_a_run_waits_until_it_may_start(ground: Ground) -> None:
    """Promise: delay, queue, priority, deadline and retries are the run's own, and it can be cancelled meanwhile."""
    now = time.time()
    run = start(ground, delay_seconds=3600, priority=7, deadline_seconds=60, retries=2)
    assert (run["state"], run["priority"], run["queue"]) == ("queued", 7, "default")
    assert now + 3600 <= run["not_before"] < run["deadline"] - 59.9
    assert ground.call("runs.cancel_run", {"id": run["id"]})["state"] == "cancelled"
    assert ended(ground, run["id"])["state"] == "cancelled"
    assert start(ground, not_before="2001-01-01T00:00Z")["not_before"] < time.time()


def test_one_open_run_stands_for_its_key(ground: Ground) -> None:
    """Promise: dedupe: while it is open the same run is answered; then another begins."""
    first = start(ground, delay_seconds=3600, dedupe="nightly")
    assert start(ground, dedupe="nightly")["id"] == first["id"]
    with pytest.raises(Conflict, match="has this key"):
        ground.call("runs.start_run", {"operation": "system.get_info", "dedupe": "nightly"})
    ground.call("runs.cancel_run", {"id": first["id"]})
    again = start(ground, delay_seconds=3600, dedupe="nightly")
    assert again["id"] != first["id"]
    ground.call("runs.cancel_run", {"id": again["id"]})


def test_a_computation_waits_in_its_own_queue(ground: Ground) -> None:
    """Promise: a run of a pooled operation waits in the queue compute, unless another is named."""
    asked = {"operation": "physics.simulate_projectile", "arguments": FLIGHT}
    assert ground.call("runs.start_run", asked)["queue"] == "compute"
    assert ground.call("runs.start_run", {**asked, "queue": "default"})["queue"] == "default"
    for wrong, field in (
        ({"queue": "nowhere"}, "queue"),
        ({"delay_seconds": 1, "not_before": "2030-01-01T00:00Z"}, "not_before"),
        ({"not_before": "2999-01-01T00:00Z"}, "not_before"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            ground.call("runs.start_run", {**asked, **wrong})
        assert refused.value.field == field
