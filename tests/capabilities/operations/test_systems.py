"""Systems read out of sentences: differential equations, reactions, and the short lists behind a name."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nis_backend.capabilities.operations.arguments import read_arguments
from nis_backend.capabilities.operations.router import pick
from nis_backend.capabilities.operations.sentence import Sentence
from nis_backend.capabilities.physics.quantities import read
from nis_backend.catalog import Catalog

ENTRIES = Catalog.from_index()


def given(operation: str, text: str) -> dict[str, Any]:
    """What a sentence gives an operation."""
    return read_arguments(Sentence(text, read(text, ["s", "degree", "m"])), ENTRIES.entry(operation)).arguments


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x' = v, v' = -x with x(0) = 1, v(0) = 0", {"equations": ["x' = v", "v' = -x"], "initial": {"x": 1, "v": 0}}),
        (
            "dy/dt = -k y, k = 0.5, y(0) = 2",
            {"equations": ["y' = -k y"], "parameters": {"k": 0.5}, "initial": {"y": 2}},
        ),
        ("d²x/dt² = -x until t = 4", {"equations": ["x'' = -x"], "duration": 4}),
        ("m*x'' = -k*x with m = 2 kg, from rest", {"equations": ["m*x'' = -k*x"], "parameters": {"m": 2}}),
        ("x'' = -x from x = 2, x' = 0", {"equations": ["x'' = -x"], "initial": {"x": 2, "x'": 0}}),
        ("x' = 0", {"equations": ["x' = 0"], "initial": {}}),
        ("x'' = -x, at rest, x(0) = pi", {"equations": ["x'' = -x"], "initial": {"x": math.pi, "x'": 0}}),
    ],
)
def test_differential_equations_are_read(text: str, wanted: dict[str, Any]) -> None:
    """Equations, start, constants and the end, each in its field."""
    found = given("physics.solve_ode", text)
    assert {name: found[name] for name in wanted if name != "initial"} == {
        name: value for name, value in wanted.items() if name != "initial"
    }
    assert found.get("initial", {}) == pytest.approx(wanted.get("initial", found.get("initial", {})))


def test_a_constant_in_a_unit_that_does_not_go_with_the_others_is_not_read() -> None:
    """4 N/cm is not 4 in an equation whose other numbers are in SI."""
    assert "parameters" not in given("physics.solve_ode", "x'' = -k*x with k = 4 N/cm and x(0) = 1")


@pytest.mark.parametrize(
    ("text", "reactions", "initial"),
    [
        ("A -> B; 0.5 from A = 1 mol/L", ["A -> B; 0.5"], {"A": 1}),
        ("2 A -> B with a rate constant of 3, 20 mmol/L of A", ["2 A -> B; 3"], {"A": 0.02}),
        ("A <-> B; 3, 1, from 1 mol/L of A", ["A <-> B; 3, 1"], {"A": 1}),
        ("E + S <-> ES; 1e6, 1e3 and ES -> E + P; 100", ["E + S <-> ES; 1e6, 1e3", "ES -> E + P; 100"], None),
    ],
)
def test_reactions_are_read(text: str, reactions: list[str], initial: dict[str, float] | None) -> None:
    """With their rates, and how much there is at the start."""
    found = given("physics.simulate_reactions", text)
    assert found["reactions"] == reactions
    assert found.get("initial") == (pytest.approx(initial) if initial else None)


def test_a_reaction_without_a_rate_is_not_completed() -> None:
    """Nothing is guessed."""
    assert "reactions" not in given("physics.simulate_reactions", "A <-> B with a rate constant of 3")


def test_joint_angles_in_degrees_are_turned() -> None:
    """A list of angles is in radians; degrees are said."""
    wanted = [math.pi / 6, math.pi / 4]
    for text in ("joint angles of 30° and 45°", "joint angles [30, 45] degrees", "joint angles 30 and 45 degrees"):
        assert given("robotics.compute_jacobian", text)["positions"] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("operation", "text", "wanted"),
    [
        ("robotics.compute_pose", "links of 50 cm and 30 cm", {"links": [0.5, 0.3]}),
        ("robotics.compute_pose", "links of 0.4 and 0.3 m", {"links": [0.4, 0.3]}),
        ("robotics.compute_pose", "links of 5 miles", {}),
        (
            "mathematics.interpolate_data",
            "between (0, 1), (1, 2), (2, 4) at 1.5",
            {"x": [0, 1, 2], "y": [1, 2, 4], "at": [1.5]},
        ),
        ("mathematics.fit_curve", "through x = (0, 1) and y = (1, 2)", {"x": [0, 1], "y": [1, 2]}),
        (
            "mathematics.integrate_expression",
            "exp(-x^2) from minus infinity to infinity",
            {"expression": "exp(-x^2)", "lower": "-infinity", "upper": "infinity"},
        ),
        ("mathematics.compute_limit", "sin(x)/x as x approaches zero", {"expression": "sin(x)/x", "towards": "0"}),
    ],
)
def test_lists_points_and_bounds_are_read(operation: str, text: str, wanted: dict[str, Any]) -> None:
    """Lengths in metres whatever their unit, points as x and y, infinity as a bound and no formula."""
    assert given(operation, text) == wanted


@pytest.mark.parametrize("text", ["sqrt of 1764?", "What is the mean of 8 and 12?", "Has F = m*v the right form?"])
def test_numbers_that_an_operation_cannot_use_are_not_for_it(text: str) -> None:
    """What computes with nothing given is not asked by a message that gives something else."""
    picked = pick(Sentence(text, read(text, ["s", "degree", "m"])), ENTRIES.entries())
    assert picked is None or picked.reading.sources
