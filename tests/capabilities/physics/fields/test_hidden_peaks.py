"""Peaks narrower than any grid: they are solved for, or it is told that they are not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.physics.fields.diffuse import spread
from nis_backend.capabilities.physics.fields.diffusion import DiffusionRequest
from nis_backend.capabilities.physics.fields.oscillation import WaveRequest
from nis_backend.capabilities.physics.fields.poisson import rest
from nis_backend.capabilities.physics.fields.potential import PoissonRequest
from nis_backend.capabilities.physics.fields.react import react
from nis_backend.capabilities.physics.fields.reaction import ReactionRequest
from nis_backend.capabilities.physics.fields.wave import move

PEAK = "exp(-((x - 0.40011)/1e-5)^2)"
AREA = 1e-5 * math.sqrt(math.pi)


@pytest.mark.parametrize("beside", [0, 1])
def test_a_narrow_start_spreads_as_a_source_in_one_point(beside: int) -> None:
    """1e-5 wide, between all places looked at, alone or on a sine: the series of a point's heat."""
    request = {"diffusivity": 1, "duration": 0.01, "initial": f"{beside}*sin(pi*x) + {PEAK}", "tolerance": 1e-5}
    solution = spread(DiffusionRequest.model_validate(request))
    assert solution.profile is not None
    x, k = np.array(solution.profile.position), np.arange(1, 200)[:, None]
    fades = np.exp(-((np.pi * k) ** 2) * 0.01)
    exact = 2 * AREA * np.sum(np.sin(np.pi * k * 0.40011) * np.sin(np.pi * k * x) * fades, axis=0)
    error = np.max(np.abs(np.array(solution.profile.value) - exact - beside * np.sin(np.pi * x) * fades[0]))
    assert solution.receipt.met
    assert error <= 2 * solution.receipt.error_reached
    assert beside or np.max(exact) > 100 * solution.receipt.error_reached


def test_a_narrow_load_bends_a_potential_as_a_point_does() -> None:
    """Two straight lines that meet under it."""
    solution = rest(PoissonRequest.model_validate({"source": PEAK, "tolerance": 1e-3}))
    assert solution.profile is not None
    x, a = np.array(solution.profile.position), 0.40011
    error = np.abs(np.array(solution.profile.value) - AREA * np.where(x < a, x * (1 - a), a * (1 - x)))
    assert np.max(error) <= 3 * solution.receipt.error_reached
    assert solution.receipt.met


def test_a_load_with_kinks_is_summed_to_rounding() -> None:
    """A tent narrower than a volume: away from it the potential is that of its weight in one point."""
    high, a, wide = 0.16, 0.873081, 0.00304
    asked = {"source": f"{high}*max(0, 1 - abs(x - {a})/{wide})", "tolerance": 1e-6}
    solution = rest(PoissonRequest.model_validate(asked))
    assert solution.profile is not None
    x = np.array(solution.profile.position)
    error = np.abs(np.array(solution.profile.value) - high * wide * np.where(x < a, x * (1 - a), a * (1 - x)))
    assert np.max(error) <= 1e-13


LATE = "exp(-((t - 0.0512345)/1e-7)^2)"


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"initial": "sin(pi*x)", "source": f"1e5*{LATE}"}, "the source"),
        ({"initial": "sin(pi*x)", "left": {"value": LATE}}, "left.value"),
        ({"initial": "sin(pi*x)", "diffusivity_profile": f"1.001 - {PEAK}"}, "the diffusivity"),
        (
            {"initial": f"sin(pi*y) + {PEAK}*exp(-((y - 0.6002)/1e-5)^2)", "width": 1, "points": 5, "tolerance": 0.1},
            "the start",
        ),
        ({"initial": "sin(1e5*x)"}, "The start changes so fast"),
        ({"initial": "tan(pi*x)"}, "The start changes so fast"),
    ],
)
def test_what_no_grid_sees_is_told_and_not_met(asked: dict[str, Any], what: str) -> None:
    """Pulses in time, thin layers, needles on a plate: the receipt says so."""
    request = {"diffusivity": 0.1, "duration": 0.1, "tolerance": 1e-2, **asked}
    receipt = spread(DiffusionRequest.model_validate(request)).receipt
    assert not receipt.met
    assert any(what in note for note in receipt.notes)


def test_a_narrow_blow_moves_a_string_by_what_it_gives() -> None:
    """Struck over 1e-5: between the fronts u is its whole speed over 2c."""
    request = {"speed": 1, "duration": 0.2, "initial_velocity": f"1e5*{PEAK}", "tolerance": 1e-2}
    solution = move(WaveRequest.model_validate(request))
    assert solution.profile is not None
    x, value = np.array(solution.profile.position), np.array(solution.profile.value)
    assert value[np.abs(x - 0.4) < 0.17] == pytest.approx(1e5 * AREA / 2, rel=1e-3)


def test_a_narrow_start_of_a_string_is_told() -> None:
    """It stays as narrow, and no grid shows it."""
    receipt = move(WaveRequest.model_validate({"speed": 1, "duration": 0.1, "initial": PEAK})).receipt
    assert not receipt.met
    assert any("the start" in one for one in receipt.notes)


def test_a_narrow_term_of_a_reaction_is_told() -> None:
    """Something that reacts in one place only."""
    asked = {"model": "given", "terms": [f"u + 1e4*{PEAK}"], "diffusivities": [0.1], "initial": ["1"], "duration": 0.1}
    receipt = react(ReactionRequest.model_validate(asked)).receipt
    assert not receipt.met
    assert any("the source" in one for one in receipt.notes)


@pytest.mark.parametrize("shape", ["disc", "L-shape"])
def test_a_needle_on_a_shape_is_told(shape: str) -> None:
    """Neither series nor triangles see it, and all agree on 0."""
    asked = {"shape": shape, "source": "exp(-((x - 0.20011)^2 + (y - 0.4)^2)/1e-10)", "points": 5}
    receipt = rest(PoissonRequest.model_validate({**asked, "tolerance": 1e-2})).receipt
    assert not receipt.met
    assert any("the source" in one for one in receipt.notes)
