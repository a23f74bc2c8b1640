"""Plans and teams that are changed: by fields, counted, checked whole, and never across another change."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Serve, Server
from rest_client import ask, done

from nis_backend.capabilities.agents.agent import Definition
from nis_backend.changed import with_changes
from nis_backend.errors import InvalidRequest

Json = dict[str, Any]
STEP: Json = {"id": "km", "operation": "physics.convert_unit", "arguments": {"value": 2, "unit": "km", "to": "m"}}
KEPT: dict[str, Json] = {
    "plans": {"name": "it", "goal": "Metres.", "steps": [STEP], "given": {"far": 1}},
    "teams": {"name": "it", "shape": "parallel", "members": [{"name": "a", "agent": "clerk"}], "seconds": 60},
}
CHANGES: dict[str, Json] = {
    "plans": {"goal": None, "steps": [STEP, {**STEP, "id": "m", "needs": ["km"]}]},
    "teams": {"seconds": None, "members": [{"name": "a", "agent": "clerk"}, {"name": "b", "agent": "clerk"}]},
}
WRONG: dict[str, list[tuple[str, Json]]] = {
    "plans": [
        ("change.steps.0.needs", {"steps": [{**STEP, "needs": ["nothing"]}]}),
        ("change.steps", {"steps": []}),
        ("change.id", {"id": "other"}),
        ("change.steps.0.agent", {"steps": [{"id": "a", "agent": "nobody", "message": "?"}]}),
    ],
    "teams": [
        ("change.members", {"shape": "vote"}),
        ("change.quorum", {"quorum": 2}),
        ("change.version", {"version": 7}),
        ("change.members.0.agent", {"members": [{"name": "a", "agent": "nobody"}]}),
    ],
}


@pytest.fixture
def server(serve: Serve) -> Server:
    """One with an agent, a plan and a team."""
    one = serve()
    done(one, "POST", "/agents", {"name": "clerk", "instructions": "Be brief."})
    for family, kept in KEPT.items():
        done(one, "POST", f"/{family}", kept)
    return one


@pytest.mark.parametrize(
    ("change", "told", "remedy"),
    [
        ({"steps": 0}, "change.steps: Input should be greater than or equal to 1.", "has to be greater than or equal"),
        ({"instructions": None}, "change.instructions: Field required.", "Give instructions."),
        ({"stepz": 1}, "An agent has no field 'stepz'.", "steps"),
    ],
)
def test_a_wrong_change_is_told_what_its_field_takes(change: Json, told: str, remedy: str) -> None:
    """House rule: an error names the field, the value and the remedy, as that of a new definition does."""
    with pytest.raises(InvalidRequest) as refused:
        with_changes(Definition, Definition(instructions="Be brief."), change, "An agent")
    assert refused.value.message == told
    assert remedy in refused.value.remedy


def test_fields_change_and_the_version_is_counted(server: Server) -> None:
    """Promise of update_plan and update_team: null is the default, and what is wrong changes nothing."""
    for family, change in CHANGES.items():
        path = f"/{family}/it"
        first = done(server, "GET", path)
        assert first["version"] == 1
        for field, wrong in WRONG[family]:
            _, _, refused = ask(server, "PATCH", path, {"change": wrong})
            assert refused["field"] == field, refused
        assert done(server, "GET", path) == first
        second = done(server, "PATCH", path, {"change": change, "after": 1})
        assert second == done(server, "GET", path)
        assert second["version"] == 2
        assert (second["id"], second["name"], second["created"]) == (first["id"], "it", first["created"])
        unnamed = [name for name in first if name not in {*change, "version", "updated"}]
        assert [second[name] for name in unnamed] == [first[name] for name in unnamed]
        assert done(server, "PATCH", path, {"change": change, "after": 1}) == second
        status, _, crossed = ask(server, "PATCH", path, {"change": {"budget": 1}, "after": 1})
        assert (status, crossed["field"]) == (409, "after")
    assert done(server, "GET", "/plans/it")["goal"] == ""
    assert done(server, "GET", "/teams/it")["seconds"] == 300
    ran = done(server, "POST", "/plans/it/run", {})
    assert (ran["version"], [one["id"] for one in ran["steps"]]) == (2, ["km", "m"])


def test_versions_stay_and_are_run_by_their_number(server: Server) -> None:
    """Promise of list_plan_versions and list_team_versions: what was is there as it was, under the id of the latest."""
    for family, change in CHANGES.items():
        path = f"/{family}/it"
        first = done(server, "GET", path)
        second = done(server, "PATCH", path, {"change": change})
        page = done(server, "GET", f"{path}/{family[:-1]}-versions?limit=1")
        rest = done(server, "GET", f"{path}/{family[:-1]}-versions?limit=1&cursor={page['next_cursor']}")
        assert page[family] == [second]
        (before,) = rest[family]
        assert before == done(server, "GET", f"{path}?version=1")
        assert {**before, "created": first["created"]} == first
        assert [one["version"] for one in done(server, "GET", f"/{family}")[family]] == [2]
        for call in (("GET", f"{path}?version=3", None), ("POST", f"{path}/run", {"version": 3, "message": "?"})):
            status, _, refused = ask(server, *call)
            assert (status, refused["field"]) in {(404, "version"), (422, "message")}
    ran = done(server, "POST", "/plans/it/run", {"version": 1})
    assert (ran["version"], [one["id"] for one in ran["steps"]]) == (1, ["km"])
    answered = done(server, "POST", "/teams/it/run", {"version": 1, "message": "What is a lever?"})
    assert (answered["version"], [one["member"] for one in answered["said"]]) == (1, ["a"])
    for family, kept in KEPT.items():
        done(server, "DELETE", f"/{family}/it")
        assert done(server, "GET", f"/{family}")[family] == []
        done(server, "POST", f"/{family}", kept)
        assert [one["version"] for one in done(server, "GET", f"/{family}/it/{family[:-1]}-versions")[family]] == [1]
