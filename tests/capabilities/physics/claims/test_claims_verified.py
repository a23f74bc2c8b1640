"""Claims held against a computation, over the whole server."""

from __future__ import annotations

from typing import Any

import pytest
from ground import Ground
from rest_client import ask

from nis_backend.capabilities.physics.claims import verifying

JSON = {"Content-Type": "application/json"}
PENDULUM = {"operation": "physics.simulate_pendulum", "request": {"length": 1, "angle": 30}}
FLIGHT = {"operation": "physics.simulate_projectile", "request": {"speed": 20, "angle": 45}}


def verify(ground: Ground, **request: Any) -> Any:  # Any: JSON
    """The answer of physics.verify."""
    return ask(ground, "POST", "/physics/verify", request, JSON)[2]


@pytest.mark.parametrize(
    ("given", "path", "value", "verdict"),
    [
        (PENDULUM, "period", "2.04 s", "confirmed"),
        (PENDULUM, "period", "2040 ms", "confirmed"),
        (PENDULUM, "period", 2.04134, "confirmed"),
        (
            {"operation": "physics.convert_unit", "request": {"value": 11.75, "unit": "m", "to": "m"}},
            "value",
            "11.8 m",
            "confirmed",
        ),
        (PENDULUM, "period", "2.02 s", "refuted"),
        (PENDULUM, "period", 2.042, "refuted"),
        (FLIGHT, "range", "41 m", "confirmed"),
        ({"operation": "physics.get_constant", "request": {"name": "speed of light"}}, "value", 3e8, "confirmed"),
        (FLIGHT, "range", "45 m", "refuted"),
        (FLIGHT, "trajectory.height.0", 0, "confirmed"),
        (FLIGHT, "trajectory.height.0", "0e999", "confirmed"),
        (FLIGHT, "reach", "41 m", "cannot say"),
        (FLIGHT, "model", 1, "cannot say"),
    ],
)
def test_a_number_is_held_to_the_digits_it_states(
    ground: Ground, given: dict[str, Any], path: str, value: Any, verdict: str
) -> None:
    """What is right to its last digit is confirmed, what is wrong in it refuted, what is not computed left open."""
    found = verify(ground, **given, claims=[{"path": path, "value": value}])
    assert found["verdict"] == verdict, found["reason"]
    assert found["receipt"] is None or found["receipt"]["method"]


def test_one_wrong_number_refutes_the_whole(ground: Ground) -> None:
    """The reason is that of the wrong one."""
    claims = [{"path": "range", "value": "40.8 m"}, {"path": "flight_time", "value": "3.3 s"}]
    found = verify(ground, **FLIGHT, claims=claims)
    assert [one["verdict"] for one in found["claims"]] == ["confirmed", "refuted"]
    assert found["verdict"] == "refuted"
    assert "3.3 s is claimed" in found["reason"]


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("A pendulum 1 m long released from 30 degrees has a period of 2.04 s.", "confirmed"),
        ("A pendulum 1 m long released from 30 degrees has a period of 3 s.", "refuted"),
        ("A ball thrown at 20 m/s and 45 degrees lands 40.8 m away.", "confirmed"),
        ("A ball thrown at 20 m/s and 45 degrees lands 60 m away.", "refuted"),
        ("A stone thrown at 20 m/s under 45 degrees stays 2.9 s in the air.", "confirmed"),
        ("A stone thrown at 20 m/s under 45 degrees stays 9 s in the air.", "refuted"),
        ("The speed of light is 300000 km/s.", "confirmed"),
        ("The speed of light is 250000 km/s.", "refuted"),
        ("The speed of light is less than 3.1e8 m/s.", "confirmed"),
        ("A pendulum of 1 m released from 30 degrees has a maximum speed of 5.836 km/h.", "confirmed"),
        ("A pendulum 1 m long released from 30 degrees has a period of 2,04 s.", "confirmed"),
        ("A pendulum 1 m long released from 30 degrees has a period between 2000 and 2100 ms.", "confirmed"),
        ("A pendulum 1 m long released from 30 degrees has a period of 3-4 s.", "refuted"),
        ("A pendulum 1 m long released from 30 degrees has a period of 2.03 ± 0.02 s.", "confirmed"),
        ("A pendulum 1 m long released from 30 degrees has a period of 2.13 ± 0.02 s.", "refuted"),
        ("The period of a pendulum 1 m long released from 30 degrees is less than 2.5 s.", "confirmed"),
        ("The period of a pendulum 1 m long released from 30 degrees is less than 2.04 s.", "cannot say"),
        ("The period of a pendulum 1 m long released from 30 degrees is not 2.04 s.", "cannot say"),
        ("Twice the period of a pendulum 1 m long released from 30 degrees is 2.04 s.", "cannot say"),
        ("The period of a pendulum 1 m long released from 30 degrees is 10% longer than 2.04 s.", "cannot say"),
        ("A pendulum 1 m long released from 30 degrees has a period of 2.04 s and a frequency of 3 Hz.", "cannot say"),
        ("A ball thrown at 20 m/s and 45 degrees has a range of 40.8 m and a flight time of 2.88 s.", "confirmed"),
        ("A ball thrown at 20 m/s and 45 degrees has a range of 40.8 m and a flight time of 3.9 s.", "refuted"),
        ("A ball thrown at 20 m/s and 45 degrees has a flight time of 3.9 s and a range of 40.8 m.", "refuted"),
        ("The Lyapunov exponent of the Lorenz system is 0.906.", "cannot say"),
        ("A pendulum has a period of 3 s.", "cannot say"),
        ("The moon is made of cheese.", "cannot say"),
    ],
)
def test_a_statement_is_held_against_what_it_speaks_of(ground: Ground, statement: str, verdict: str) -> None:
    """The claimed number is found in the words, the rest is computed."""
    found = verify(ground, statement=statement)
    assert found["verdict"] == verdict, found["reason"]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({}, "statement"),
        ({"statement": "x", "operation": "physics.solve_heat"}, "statement"),
        ({"operation": "physics.solve_heat", "request": {}}, "claims"),
        ({"operation": "nobody.knows", "claims": [{"path": "x", "value": 1}]}, "operation"),
        ({"operation": "runs.list_runs", "claims": [{"path": "x", "value": 1}]}, "operation"),
        ({"operation": "physics.verify", "claims": [{"path": "x", "value": 1}]}, "operation"),
        ({**PENDULUM, "claims": [{"path": "period", "value": "3 kg"}]}, "claims.0.value"),
        ({**PENDULUM, "claims": [{"path": "period", "value": "soon"}]}, "claims.0.value"),
        (
            {**PENDULUM, "claims": [{"path": "period", "value": 2}, {"path": "period", "value": "1e400"}]},
            "claims.1.value",
        ),
        ({**PENDULUM, "claims": [{"path": "period", "value": "nan"}]}, "claims.0.value"),
        ({**PENDULUM, "request": {"length": -1, "angle": 30}, "claims": [{"path": "period", "value": 1}]}, "length"),
    ],
)
def test_what_cannot_be_checked_is_refused_by_its_field(ground: Ground, request_: dict[str, Any], field: str) -> None:
    """A wrong request is an error and no verdict."""
    _, _, problem = ask(ground, "POST", "/physics/verify", request_, JSON)
    assert problem["field"] == field
    assert problem["remedy"]


def test_what_is_not_computed_in_time_is_left_open_with_the_remedy(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A computation may have more time of its own than a claim has: that is no error, and no verdict."""
    monkeypatch.setattr(verifying, "ROOM", 0.0)
    found = verify(ground, **PENDULUM, claims=[{"path": "period", "value": "2.04 s"}])
    assert found["verdict"] == "cannot say"
    assert "as a run" in found["reason"]


def test_a_finer_computation_that_is_not_done_in_time_leaves_the_receipts_error(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one's answer stands."""
    monkeypatch.setattr(verifying, "FINER_ROOM", 0.0)
    assert verify(ground, **PENDULUM, claims=[{"path": "period", "value": "2.1 s"}])["verdict"] == "refuted"
