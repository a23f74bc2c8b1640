"""Trajectories held against their equations."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hearing import Hearing

from nis_backend.capabilities.physics.claims.claimed import TrajectoryVerdict
from nis_backend.capabilities.physics.claims.operations import verify_trajectory
from nis_backend.errors import InvalidRequest

TIMES = [0.1 * step for step in range(101)]


def verdict(**request: Any) -> TrajectoryVerdict:
    """The answer."""
    return verify_trajectory.function(verify_trajectory.validate(request), Hearing())


def oscillation(frequency: float = 1.0, damping: float = 0.0, digits: int = 16) -> dict[str, Any]:
    """An oscillation of this frequency, and the equations of the one whose frequency is 1."""
    decay = [math.exp(-damping * t) for t in TIMES]
    return {
        "equations": ["x' = v", "v' = -x"],
        "time": TIMES,
        "columns": {
            "x": [round(a * math.cos(frequency * t), digits) for a, t in zip(decay, TIMES, strict=True)],
            "v": [round(-a * math.sin(frequency * t), digits) for a, t in zip(decay, TIMES, strict=True)],
        },
        "invariants": ["x^2 + v^2"],
    }


@pytest.mark.parametrize("digits", [16, 5, 3])
def test_a_solution_is_confirmed_whatever_its_digits(digits: int) -> None:
    """Rounded to what the tolerance allows, it still is one."""
    found = verdict(**oscillation(digits=digits), tolerance=max(1e-6, 4 * 10.0**-digits))
    assert found.verdict == "confirmed", found.reason
    assert found.worst_miss <= max(1e-8, 2 * 10.0**-digits)


@pytest.mark.parametrize("wrong", [{"frequency": 1.002}, {"frequency": 0.9}, {"damping": 0.001}, {"damping": 0.1}])
def test_what_is_a_little_wrong_at_each_sample_adds_up_and_is_refuted(wrong: dict[str, Any]) -> None:
    """No single step need be wrong by the tolerance."""
    found = verdict(**oscillation(**wrong), tolerance=1e-3)
    assert found.verdict == "refuted", found.reason


def test_one_false_sample_is_found() -> None:
    """The verdict names the column and the time."""
    request = oscillation()
    request["columns"]["v"][40] += 0.05
    found = verdict(**request)
    assert found.verdict == "refuted"
    assert found.worst_column == "v"
    assert found.worst_time == pytest.approx(3.9, abs=0.11)


def test_what_should_stay_the_same_is_followed() -> None:
    """An invariant that the samples do not keep refutes them, though each step is right."""
    falls = {
        "equations": ["v' = -v"],
        "time": TIMES,
        "columns": {"v": [math.exp(-t) for t in TIMES]},
        "invariants": ["v^2"],
    }
    found = verdict(**falls)
    assert found.verdict == "refuted"
    assert "v^2" in found.reason
    assert found.receipt.conserved[0].drift == pytest.approx(1, abs=1e-3)


def test_chaos_is_no_refutation() -> None:
    """Two ways that part by themselves are not held against each other for longer than they can be."""
    from nis_backend.capabilities.physics.ode import advance  # noqa: PLC0415 - makes the samples

    def lorenz(state: tuple[float, ...]) -> tuple[float, ...]:
        x, y, z = state
        return 10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z

    state: tuple[float, ...] = (1.0, 1.0, 1.0)
    states: list[tuple[float, ...]] = [state]
    for _ in range(400):
        for _ in range(50):
            state = advance(lorenz, state, 0.001)
        states.append(state)
    found = verdict(
        equations=["x' = 10 (y - x)", "y' = x (28 - z) - y", "z' = x y - 8 z/3"],
        time=[0.05 * step for step in range(401)],
        columns={name: [round(one[at], 5) for one in states] for at, name in enumerate("xyz")},
    )
    assert found.verdict == "confirmed", found.reason


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"equations": ["x' = v"]}, "equations"),
        ({"equations": ["x' = v", "x' = v"]}, "equations.1"),
        ({"equations": ["x' = v", "v'' = -x"]}, "equations.1"),
        ({"equations": ["x' = v", "v' = __import__('os')"]}, "equations.1"),
        ({"equations": ["x' = v", "v' = 9**9**9"]}, "equations.1"),
        ({"equations": ["x' = v", "v' = -k x"]}, "equations.1"),
        ({"equations": ["x' = v", "v' = 1/(x - x)"]}, "equations"),
        ({"time": [0.0] * 101}, "time.1"),
        ({"time": TIMES[:50]}, "columns.x"),
        ({"parameters": {"x": 1}}, "columns"),
        ({"invariants": ["x +"]}, "invariants.0"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    """Hostile texts, columns without equations, times that stand still."""
    with pytest.raises(InvalidRequest) as refused:
        verdict(**{**oscillation(), **change})
    assert refused.value.field == field
    assert refused.value.remedy


def test_samples_too_far_apart_are_not_judged() -> None:
    """What 4096 steps do not resolve is left open; very many of them are refused."""
    stiff = {"equations": ["x' = -1e6 (x - cos(t))"], "time": [0, 100], "columns": {"x": [1, 0.86]}}
    assert verdict(**stiff).verdict == "cannot say"
