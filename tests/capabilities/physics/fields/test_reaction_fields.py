"""What reacts and spreads, against exact solutions, theory and its own claims."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.physics.fields.axes import Cut
from nis_backend.capabilities.physics.fields.fields import ReactionSolution
from nis_backend.capabilities.physics.fields.react import react, read_task
from nis_backend.capabilities.physics.fields.reaction import ReactionRequest
from nis_backend.errors import InvalidRequest

# The exact front of Ablowitz & Zeppetella, Bull. Math. Biol. 41 (1979), 835-840: speed 5/√6.
FRONT = "(1 + exp((x - 15)/sqrt(6)))^-2"
GIVEN: dict[str, Any] = {"model": "given", "terms": ["-u^3"], "diffusivities": [0.0], "initial": ["1"]}  # Any: JSON


def reacted(**asked: Any) -> ReactionSolution:
    """What is answered to this request."""
    return react(ReactionRequest.model_validate({"duration": 2, **asked}))


def test_fishers_exact_front_is_met() -> None:
    """Ablowitz and Zeppetella's travelling front, within the error reached."""
    solution = reacted(length=60, duration=8, initial=[FRONT], tolerance=1e-6)
    (u,) = solution.species
    assert u.profile is not None
    x = np.array(u.profile.position)
    exact = (1 + np.exp((x - 15 - 40 / math.sqrt(6)) / math.sqrt(6))) ** -2
    error = float(np.max(np.abs(np.array(u.profile.value) - exact)))
    # The ends are closed, where the endless front goes on by 2e-3 of itself.
    assert error <= 3 * solution.receipt.error_reached + 2e-3
    inner = (x > 15) & (x < 50)
    assert np.max(np.abs(np.array(u.profile.value) - exact)[inner]) <= 5e-5
    assert solution.front_speed == pytest.approx(5 / math.sqrt(6), rel=2e-4)


def test_steps_converge_with_order_four() -> None:
    """Order of `advance`, on two species that react and spread."""
    asked = {"model": "brusselator", "length": 1, "duration": 4, "parameters": {"b": 2.5}}
    task = read_task(ReactionRequest.model_validate({**asked, "initial": ["1 + 0.5*cos(pi*x)", "2"]}))
    ends = [task.advanced(Cut(elements=1, degree=16), times).seen for times in (32, 64, 128, 256)]
    gaps = [float(np.max(np.abs(one - other))) for one, other in pairwise(ends)]
    assert math.log2(gaps[1] / gaps[2]) == pytest.approx(4, abs=0.3)


def test_a_reaction_without_diffusion_is_its_ordinary_equation() -> None:
    """U' = -u³ from 1: (1 + 2t)^(-1/2)."""
    solution = reacted(**GIVEN, tolerance=1e-8)
    assert abs(solution.species[0].centre - 5**-0.5) <= solution.receipt.error_reached
    assert solution.receipt.met


def test_diffusion_alone_is_the_heat_equation() -> None:
    """No reaction: cos πx decays as e^(-π²Dt)."""
    solution = reacted(model="given", terms=["0"], diffusivities=[0.1], initial=["cos(pi*x)"], tolerance=1e-9)
    (u,) = solution.species
    assert u.profile is not None
    exact = np.cos(np.pi * np.array(u.profile.position)) * math.exp(-(math.pi**2) * 0.2)
    assert np.max(np.abs(np.array(u.profile.value) - exact)) <= 1e-10


def test_what_rests_stays() -> None:
    """The Brusselator's point of rest, (a, b/a), in two dimensions."""
    solution = reacted(model="brusselator", width=1, initial=["1", "1.7"], points=5)
    assert [one.centre for one in solution.species] == pytest.approx([1, 1.7], abs=1e-9)


def test_a_jump_starts_a_front_of_the_least_speed() -> None:
    """Fisher from a step: volumes, no value below 0 by more than the error, speed near 2 as the check says."""
    solution = reacted(length=40, duration=12, initial=["heaviside(2 - x)"], tolerance=5e-3)
    (u,) = solution.species
    assert solution.method == "finite volumes"
    assert u.least >= -solution.receipt.error_reached
    assert u.most <= 1 + solution.receipt.error_reached
    assert [one.agrees for one in solution.receipt.checks] == [True]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model": "given"}, "terms"),
        ({"terms": ["u"]}, "terms"),
        ({"parameters": {"q": 1}}, "parameters"),
        ({**GIVEN, "initial": []}, "initial"),
        ({**GIVEN, "diffusivities": [1, 2]}, "diffusivities"),
        ({**GIVEN, "terms": ["v"]}, "terms"),
        ({**GIVEN, "terms": ["1/(u - 1)"]}, "terms"),
        ({**GIVEN, "terms": ["u^2"], "duration": 20}, "duration"),
        ({"parameters": {"r": 1e9}}, "duration"),
    ],
)
def test_reactions_that_cannot_be_solved_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """Bad input: a typed error with the field and the remedy."""
    with pytest.raises(InvalidRequest) as refused:
        reacted(**changes)
    assert refused.value.field == field
    assert refused.value.remedy
