"""Routes follow from names and traits: each rule of the design beside the route it gives."""

from __future__ import annotations

import pytest

from nis_backend.entry import Entry
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Json
from nis_backend.surfaces.rest.derive import RestRoute, check_clashes, in_order, routes_of

SCALARS: Json = {"properties": {"id": {"type": "string"}, "limit": {"type": "integer"}}}
LISTS: Json = {"properties": {"id": {"type": "string"}, "values": {"type": "array"}}}

RULES: list[tuple[str, dict[str, object], list[str]]] = [
    ("runs.list_runs", {"resource": "run"}, ["GET /runs"]),
    ("runs.get_run", {"resource": "run"}, ["GET /runs/{id}"]),
    ("budgets.create_budget", {"resource": "budget", "effect": "writes"}, ["POST /budgets"]),
    ("budgets.update_budget", {"resource": "budget", "effect": "writes"}, ["PATCH /budgets/{id}"]),
    ("remote_agents.delete_remote_agent", {"resource": "agent", "effect": "destroys"}, ["DELETE /remote-agents/{id}"]),
    ("identity.list_keys", {"resource": "key"}, ["GET /keys"]),
    ("identity.rotate_key", {"on": "key", "effect": "writes"}, ["POST /keys/{id}/rotate"]),
    ("identity.get_caller", {}, ["GET /identity/get-caller", "POST /identity/get-caller"]),
    ("policies.get_policy", {"resource": "policy"}, ["GET /policies/{id}"]),
    ("runs.cancel_run", {"on": "run", "effect": "writes"}, ["POST /runs/{id}/cancel"]),
    ("runs.provide_input", {"on": "run", "effect": "writes"}, ["POST /runs/{id}/provide-input"]),
    ("runs.stream_events", {"on": "run"}, ["GET /runs/{id}/events"]),
    ("physics.solve_heat", {"request_schema": LISTS}, ["POST /physics/solve-heat"]),
    ("physics.get_constant", {}, ["GET /physics/get-constant", "POST /physics/get-constant"]),
    ("chat.send_message", {"effect": "writes"}, ["POST /chat/send-message"]),
]


def entry(name: str, **given: object) -> Entry:
    """A declaration with these traits."""
    traits = {"effect": "reads", "request_schema": SCALARS, **given}
    return Entry(
        name=name,
        summary="",
        description="",
        shape="model",
        module="",
        result_schema={},
        scopes=(),
        **traits,  # pyright: ignore[reportArgumentType] - the table's values fit
    )


@pytest.mark.parametrize(("name", "traits", "expected"), RULES, ids=[rule[0] for rule in RULES])
def test_a_route_follows_from_name_and_traits(name: str, traits: dict[str, object], expected: list[str]) -> None:
    """DESIGN: operations and REST."""
    assert [f"{route.method} {route.path}" for route in routes_of(entry(name, **traits))] == expected


def test_an_enum_by_reference_is_a_scalar() -> None:
    """A choice among names fits a query."""
    schema: Json = {
        "properties": {"name": {"$ref": "#/$defs/Constant"}},
        "$defs": {"Constant": {"enum": ["c"], "type": "string"}},
    }
    assert routes_of(entry("physics.get_constant", request_schema=schema))[0].method == "GET"


def test_two_operations_on_one_route_are_refused() -> None:
    """A clash names both operations."""
    clash = [
        RestRoute(method="GET", path="/a", operation="a.list_a"),
        RestRoute(method="GET", path="/a", operation="a.get_b"),
    ]
    with pytest.raises(InvalidRequest, match=r"a\.list_a and a\.get_b"):
        check_clashes(clash)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GET /a/{id}", "GET /a/{id}"),
        ("GET /a/{id}/{id}", "GET /{id}/b/{id}"),
    ],
)
def test_two_routes_that_one_request_could_reach_are_refused(one: str, other: str) -> None:
    """DESIGN: overlapping routes fail `make generate`."""
    routes = [
        RestRoute(method=method, path=path, operation=f"a.find_{number}")
        for number, (method, path) in enumerate([one.split(), other.split()])
    ]
    with pytest.raises(InvalidRequest, match=r"a\.find_0 and a\.find_1"):
        check_clashes(routes)


@pytest.mark.parametrize("other", ["POST /a/{id}", "GET /a/b", "GET /a/{id}/c", "GET /b/{id}"])
def test_routes_that_can_be_told_apart_may_stand_beside_each_other(other: str) -> None:
    """By method, by length, by a literal: the more literal one is looked at first."""
    method, path = other.split()
    check_clashes(
        [
            RestRoute(method="GET", path="/a/{id}", operation="a.get_a"),
            RestRoute(method=method, path=path, operation="a.other_a"),
        ]
    )


def test_literal_routes_precede_parameters() -> None:
    """`/models/generate-text` is never read as the id of a model."""
    routes = [RestRoute(method="GET", path=path, operation=path) for path in ("/models/{id}", "/models/find-one")]
    assert [route.path for route in in_order(routes)] == ["/models/find-one", "/models/{id}"]
