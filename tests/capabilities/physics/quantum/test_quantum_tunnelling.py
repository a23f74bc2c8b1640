"""Passage through barriers: closed forms, the order of the smooth method, and what is kept."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hearing import Hearing
from scipy import constants  # pyright: ignore[reportMissingTypeStubs] - scipy has none

from nis_backend.capabilities.physics.quantum.operations import compute_tunnelling
from nis_backend.capabilities.physics.quantum.particle import Tunnelling
from nis_backend.capabilities.physics.quantum.tunnelling import barrier_of, passage
from nis_backend.errors import InvalidRequest
from nis_backend.view import Series, Text

Json = dict[str, Any]
HBAR: float = constants.hbar
EV: float = constants.electron_volt
ELECTRON = 9.1093837139e-31
SCALE = 2 * ELECTRON * EV / HBAR**2
SMOOTH: Json = {"energy": 0.8, "formula": "1/cosh(4*(x - 4))^2", "width": 8e-9, "points": 11}


def passed(**request: Any) -> Tunnelling:
    """What passes."""
    return compute_tunnelling.function(compute_tunnelling.validate(request), Hearing())


def eckart(energy: float) -> float:
    """Transmission of 1 eV/cosh²(4x/nm). Source: Landau & Lifshitz, Quantum Mechanics (1977), section 25, problem 4."""
    alpha, k = 4e9, math.sqrt(SCALE * energy)
    up = math.sinh(math.pi * k / alpha) ** 2
    under = 4 * SCALE / alpha**2 - 1
    other = math.cos(math.pi / 2 * math.sqrt(-under)) if under < 0 else math.cosh(math.pi / 2 * math.sqrt(under))
    return up / (up + other**2)


@pytest.mark.parametrize("energy", [0.5, 3.0, 4.999, 5.0, 5.001, 9.0])
def test_a_rectangle_passes_what_its_closed_form_says(energy: float) -> None:
    """Below, at and above the top; transmission and reflection add up to 1."""
    result = passed(energy=energy, height=5, width=5e-10)
    (check,) = result.receipt.checks
    assert check.agrees
    assert result.transmission == pytest.approx(check.expected, rel=1e-11)
    assert result.receipt.met
    assert result.receipt.conserved[0].drift < 1e-12


def test_a_smooth_barrier_passes_what_its_closed_form_says() -> None:
    """Promise: the true error is within the error told."""
    for energy in (0.3, 0.8, 1.5):
        result = passed(**SMOOTH | {"energy": energy})
        assert result.receipt.met
        # Cut off 4 nm from its middle, the barrier lacks 5e-14 of its height.
        assert abs(result.transmission / eckart(energy) - 1) <= 1.5 * result.receipt.error_reached + 1e-11


def test_the_smooth_method_has_the_fourth_order_it_claims() -> None:
    """Halving the step divides the error by 16."""
    barrier = barrier_of(compute_tunnelling.validate(SMOOTH))
    errors = [
        abs(math.exp(float(passage(barrier, np.array([0.8]), steps).logarithm[0])) - eckart(0.8)) for steps in (64, 128)
    ]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.2)


@pytest.mark.parametrize("place", [0.29037, 0.6713, 0.84316])
def test_a_formula_that_jumps_passes_what_layers_do(place: float) -> None:
    """No step goes across a jump: there the method would have no order, and grids agree by chance."""
    jump = passed(energy=0.9, formula=f"1.5*heaviside(x - {place})", width=1e-9, points=11)
    layers = [{"height": 0, "width": place * 1e-9}, {"height": 1.5, "width": (1 - place) * 1e-9}]
    assert jump.transmission == pytest.approx(passed(energy=0.9, layers=layers).transmission, rel=1e-9)
    assert jump.receipt.met


def test_a_spike_between_the_first_steps_is_seen() -> None:
    """Its area A alone matters: T = 1/(1 + (mA/ħ²k)²); what no grid sees is refused, not left out."""
    narrow = passed(energy=0.8, formula="50*exp(-((x - 4.0301)*400)^2)", width=8e-9, points=11)
    strength = SCALE * 50 * math.sqrt(math.pi) / 400 * 1e-9 / (2 * math.sqrt(SCALE * 0.8))
    assert narrow.transmission == pytest.approx(1 / (1 + strength**2), rel=0.01)
    with pytest.raises(InvalidRequest) as error:
        passed(energy=0.8, formula="50*exp(-((x - 4.0301)*4000)^2)", width=8e-9, points=11)
    assert error.value.field == "formula"


def test_a_step_reflects_what_its_closed_form_says() -> None:
    """T = 4k₁k₂/(k₁ + k₂)²; below the step nothing passes."""
    up = passed(energy=2, step=1, layers=[{"height": 1, "width": 1e-9}])
    a, b = math.sqrt(2), math.sqrt(1)
    assert up.transmission == pytest.approx(4 * a * b / (a + b) ** 2, rel=1e-12)
    below = passed(energy=0.5, step=1, layers=[{"height": 1, "width": 1e-9}])
    assert (below.transmission, below.log10_transmission) == (0, None)
    assert below.reflection == pytest.approx(1)


def test_a_thick_wall_passes_less_than_a_double_holds() -> None:
    """The power of ten is told all the same: -2κa/ln 10 and the prefactor 16E(V-E)/V²."""
    result = passed(energy=1, height=5, width=1e-7)
    kappa = math.sqrt(SCALE * 4)
    expected = (math.log(16 * 4 / 25) - 2 * kappa * 1e-7) / math.log(10)
    assert result.transmission == 0
    assert result.log10_transmission == pytest.approx(expected, rel=1e-12)
    assert result.decay_length == pytest.approx(1 / kappa)


def test_a_double_barrier_lets_pass_at_the_levels_of_its_well() -> None:
    """Equal barriers pass everything at resonance; the first is near the level of the well between."""
    layers = [{"height": 0.3, "width": 3e-9}, {"height": 0, "width": 5e-9}, {"height": 0.3, "width": 3e-9}]
    result = passed(energy=0.1, mass=6.1e-32, layers=layers, lowest=0.01, highest=0.3, points=1001)
    first = result.resonances[0]
    assert first.transmission == pytest.approx(1, abs=1e-6)
    # The bound state of the well alone, by `solve_eigenstates`.
    assert first.energy == pytest.approx(0.0896564, abs=3e-3)
    assert first.width is not None
    assert 0 < first.width < 5e-3


def test_a_resonance_narrower_than_the_curve_s_steps_is_found() -> None:
    """Its width falls with the barriers' thickness as exp(-2κd), though no energy of the curve lies on it."""
    widths: list[float] = []
    for thick in (6e-9, 8e-9):
        layers = [{"height": 0.3, "width": thick}, {"height": 0, "width": 5e-9}, {"height": 0.3, "width": thick}]
        result = passed(energy=0.1, mass=6.1e-32, layers=layers, highest=0.4)
        first = result.resonances[0]
        assert first.transmission == pytest.approx(1, abs=1e-6)
        assert first.energy == pytest.approx(0.0896, abs=2e-4)
        assert first.width is not None
        widths.append(first.width)
    inside = math.sqrt(2 * 6.1e-32 * EV * (0.3 - 0.0896)) / HBAR
    assert widths[1] / widths[0] == pytest.approx(math.exp(-2 * inside * 2e-9), rel=0.05)
    assert widths[1] < 0.4 / 300 / 50


def test_a_closed_form_beyond_a_double_is_no_check() -> None:
    """At an energy of next to nothing sinh² over it overflows."""
    assert passed(energy=1e-300, height=5, width=1e-9, points=11).receipt.checks == []


def test_what_rounding_leaves_of_a_full_passage_is_no_resonance() -> None:
    """Far above a smooth barrier all passes, to within the last digits."""
    assert passed(energy=20, formula="0.2/cosh(4*(x - 4))^2", width=8e-9, points=51, tolerance=1e-3).resonances == []


def test_a_passage_is_drawn_over_energy() -> None:
    """Words, then the curve and the barrier."""
    request = compute_tunnelling.validate(dict(compute_tunnelling.examples[1].request))
    views = compute_tunnelling.draw(request, compute_tunnelling.function(request, Hearing()))
    assert isinstance(views[0], Text)
    assert [view.title for view in views if isinstance(view, Series)] == ["Transmission over energy", "Barrier"]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"energy": 1}, "height"),
        ({"energy": 1, "height": 2}, "width"),
        ({"energy": 1, "height": 2, "width": 1e-9, "formula": "x"}, "height"),
        ({"energy": 0, "height": 2, "width": 1e-9}, "energy"),
        ({"energy": float("inf"), "height": 2, "width": 1e-9}, "energy"),
        ({"energy": 1, "height": 2, "width": 1e-9, "lowest": 3, "highest": 2}, "highest"),
        ({"energy": 1, "formula": "log(x - 5)", "width": 1e-9}, "formula"),
        ({"energy": 1, "formula": "9**9**9", "width": 1e-9}, "formula"),
    ],
)
def test_what_is_no_barrier_is_refused(request_: Json, field: str) -> None:
    """House rule: typed, with field and remedy."""
    with pytest.raises(InvalidRequest) as error:
        passed(**request_)
    assert error.value.field == field
    assert error.value.remedy
