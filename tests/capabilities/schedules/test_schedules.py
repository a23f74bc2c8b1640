"""Schedules: written down, checked, changed, set off, and begun as their author."""

from __future__ import annotations

import json
import time
import uuid
from datetime import datetime
from typing import Any

import pytest
from ground import Ground

from nis_backend.caller import Caller
from nis_backend.errors import Conflict, Forbidden, InvalidRequest, NisError, NotFound, NotSupported
from nis_backend.schedule import fire

Json = dict[str, Any]

MORNING: Json = {
    "name": "Every morning",
    "operation": "physics.convert_unit",
    "arguments": {"value": 1, "unit": "km", "to": "m"},
    "cron": "0 7 * * *",
    "timezone": "Europe/Berlin",
}


def created(ground: Ground, **given: Any) -> Json:
    """A schedule of the local caller."""
    return ground.call("schedules.create_schedule", {**MORNING, **given})


def called(ground: Ground, caller: Caller, name: str, request: Json) -> Any:
    """An operation's result, called as somebody else."""

    async def work() -> Any:
        return (await ground.process.context(caller).call_named(name, request)).model_dump(mode="json")

    return ground.run(work())


def row_of(ground: Ground, schedule_id: str, owner: str = "local") -> Json:
    """The schedule as the dispatcher finds it."""
    row = ground.run(ground.process.drivers.store.get("schedules", owner, schedule_id))
    assert row
    return row


def fired(ground: Ground, schedule_id: str, owner: str = "local") -> str | None:
    """What becomes of it when it is due."""
    row = row_of(ground, schedule_id, owner)
    return ground.run(fire(ground.process.drivers, row, f"run-{uuid.uuid4().hex}"))


def test_a_schedule_shows_when_it_is_due(ground: Ground) -> None:
    """Promise: cron with a time zone, the next times shown by that zone's clock."""
    made = created(ground)
    assert made == ground.call("schedules.get_schedule", {"id": made["id"]})
    times = [datetime.fromisoformat(one) for one in made["upcoming"]]
    assert [one.hour for one in times] == [7, 7, 7]
    assert time.time() < times[0].timestamp() < times[1].timestamp()
    assert row_of(ground, made["id"])["next_at"] == times[0].timestamp()
    assert made["id"] in {one["id"] for one in ground.call("schedules.list_schedules", {"limit": 100})["schedules"]}


@pytest.mark.parametrize(
    ("wrong", "kind", "field"),
    [
        ({"cron": "whenever"}, InvalidRequest, "cron"),
        ({"timezone": "Mars/Olympus"}, InvalidRequest, "timezone"),
        ({"operation": "physics.convert_units"}, NotFound, "operation"),
        ({"operation": "runs.stream_events", "arguments": {"id": "run-1"}}, NotSupported, "operation"),
        ({"operation": "identity.create_key", "arguments": {"name": "mine"}}, NotSupported, "operation"),
        ({"arguments": {"value": "much"}}, InvalidRequest, "arguments.value"),
    ],
)
def test_what_cannot_be_run_is_refused_when_it_is_written(
    ground: Ground, wrong: Json, kind: type[NisError], field: str
) -> None:
    """Promise: operation, arguments and times are checked at creation, and nothing is kept of what is wrong."""
    before = ground.call("schedules.list_schedules", {"limit": 100})
    with pytest.raises(kind) as refused:
        created(ground, **wrong)
    assert refused.value.field == field
    assert ground.call("schedules.list_schedules", {"limit": 100}) == before


def test_a_change_is_checked_and_leaves_the_rest(ground: Ground) -> None:
    """Promise: a change that cannot be read is refused, the schedule unharmed."""
    made = created(ground)
    for wrong in ({"cron": "61 * * * *"}, {"arguments": {"value": "much"}}, {}, {"timezone": "Nowhere"}):
        with pytest.raises(InvalidRequest):
            ground.call("schedules.update_schedule", {"id": made["id"], **wrong})
        assert ground.call("schedules.get_schedule", {"id": made["id"]}) == made
    later = ground.call("schedules.update_schedule", {"id": made["id"], "cron": "30 9 * * *"})
    assert (later["name"], later["timezone"]) == (made["name"], made["timezone"])
    assert "T09:30" in later["upcoming"][0]
    stopped = ground.call("schedules.update_schedule", {"id": made["id"], "enabled": False})
    assert (stopped["enabled"], stopped["upcoming"]) == (False, [])


def test_a_schedule_is_set_off_at_once(ground: Ground) -> None:
    """Promise: trigger begins its run, whenever it is due, also while it is disabled."""
    made = created(ground, enabled=False)
    run = ground.call("schedules.trigger_schedule", {"id": made["id"]})
    ground.call("runs.stream_events", {"id": run["id"]})
    assert ground.call("runs.get_run", {"id": run["id"]})["result"]["value"] == 1000
    after = ground.call("schedules.get_schedule", {"id": made["id"]})
    assert (after["last_run_id"], after["last_at"], after["enabled"]) == (run["id"], None, False)
    ground.call("schedules.delete_schedule", {"id": made["id"]})
    for name in ("get_schedule", "trigger_schedule", "delete_schedule", "update_schedule"):
        with pytest.raises(NotFound):
            ground.call(f"schedules.{name}", {"id": made["id"], **({"name": "x"} if "update" in name else {})})


def test_what_is_due_begins_as_its_author(ground: Ground) -> None:
    """Promise: a schedule's runs have the scopes of the caller who wrote it."""
    ann = Caller(owner="ann", scopes=frozenset({"schedules:write", "physics:read"}))
    made = called(ground, ann, "schedules.create_schedule", MORNING)
    run_id = fired(ground, made["id"], "ann") or ""
    run = ground.run(ground.process.context(ann).runs.get(run_id))
    assert run.scopes == ["physics:read", "schedules:write"]
    seen = called(ground, ann, "schedules.get_schedule", {"id": made["id"]})
    assert (seen["last_run_id"], seen["problem"]) == (run_id, None)
    with pytest.raises(Forbidden, match="models:read"):
        called(
            ground, ann, "schedules.create_schedule", {**MORNING, "operation": "models.list_models", "arguments": {}}
        )
    with pytest.raises(NotFound):
        ground.call("schedules.get_schedule", {"id": made["id"]})


def test_a_schedule_ends_with_its_key(ground: Ground) -> None:
    """Promise: what was written with a key that is revoked begins nothing more; another takes it over."""
    key = ground.call("identity.create_key", {"name": "clock", "owner": "bea", "scopes": ["*"]})
    bea = Caller(owner="bea", scopes=frozenset({"*"}), key=key["id"])
    made = called(ground, bea, "schedules.create_schedule", MORNING)
    assert fired(ground, made["id"], "bea")
    ground.call("identity.revoke_key", {"id": key["id"]})
    assert fired(ground, made["id"], "bea") is None
    seen = called(ground, bea, "schedules.get_schedule", {"id": made["id"]})
    assert (seen["enabled"], seen["problem"]["code"]) == (False, "forbidden")
    other = Caller(owner="bea", scopes=frozenset({"schedules:write", "physics:read"}))
    again = called(ground, other, "schedules.update_schedule", {"id": made["id"], "enabled": True})
    assert (again["enabled"], again["problem"]) == (True, None)
    assert fired(ground, made["id"], "bea")
    assert json.loads(row_of(ground, made["id"], "bea")["scopes"]) == ["physics:read", "schedules:write"]


def test_what_cannot_begin_is_told_and_stays(ground: Ground) -> None:
    """A refusal that may pass leaves the schedule as it is, and says what it was."""
    made = created(ground)
    row = {**row_of(ground, made["id"]), "operation": "physics.gone"}
    assert ground.run(fire(ground.process.drivers, row, "run-gone")) is None
    seen = ground.call("schedules.get_schedule", {"id": made["id"]})
    assert (seen["enabled"], seen["problem"]["code"]) == (True, "not_found")
    assert seen["last_at"] >= made["created"]


def test_an_owner_has_a_bounded_number(ground: Ground) -> None:
    """Promise: limits per owner."""
    cid = Caller(owner="cid")

    async def fill() -> None:
        ctx = ground.process.context(cid)
        for number in range(100):
            await ctx.call_named("schedules.create_schedule", {**MORNING, "name": str(number)})

    ground.run(fill())
    with pytest.raises(Conflict, match="100 schedules"):
        called(ground, cid, "schedules.create_schedule", MORNING)
