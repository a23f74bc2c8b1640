"""Stationary states: exact spectra, published values, and errors that hold what they tell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hearing import Hearing
from scipy import constants, special  # pyright: ignore[reportMissingTypeStubs] - scipy has none

from nis_backend.capabilities.physics.quantum.eigenstates import spectrum
from nis_backend.capabilities.physics.quantum.operations import solve_eigenstates
from nis_backend.capabilities.physics.quantum.particle import Eigenstates
from nis_backend.capabilities.physics.quantum.wells import well_of
from nis_backend.errors import InvalidRequest
from nis_backend.view import Series, Text

Json = dict[str, Any]
HBAR: float = constants.hbar
EV: float = constants.electron_volt
ELECTRON = 9.1093837139e-31


def states(**request: Any) -> Eigenstates:
    """The states."""
    return solve_eigenstates.function(solve_eigenstates.validate(request), Hearing())


@pytest.mark.parametrize(
    "request_",
    [
        {"potential": "box", "width": 1e-9, "states": 8},
        {"potential": "harmonic", "angular_frequency": 1e15, "states": 15},
        {"potential": "finite well", "width": 1e-9, "depth": 7, "states": 20},
        {"potential": "finite well", "width": 2e-15, "depth": 3e7, "mass": 1.67e-27, "states": 3},
        {"potential": "morse", "depth": 4.747, "stiffness": 1.94e10, "mass": 8.37e-28, "states": 10},
    ],
    ids=lambda one: str(one["potential"]),
)
def test_known_spectra_are_found_within_the_error_told(request_: Json) -> None:
    """Promise: each energy is nearer to the closed form than the receipt says, and no state is missed."""
    result = states(**request_)
    assert result.receipt.met
    for number, one in enumerate(result.states):
        assert one.exact is not None
        assert abs(one.energy - one.exact) <= result.receipt.error_reached + 4e-16 * one.exact
        assert one.nodes == number
        assert one.energy_joule == pytest.approx(one.energy * EV)
    assert all(check.agrees for check in result.receipt.checks)
    assert len(result.receipt.checks) >= 2


def test_energies_of_a_box_and_an_oscillator_are_those_of_the_textbook() -> None:
    """ħ²π²/2mL² = 0.376030 eV for an electron in 1 nm; ħω(n + 1/2); Δx of the ground state is √(ħ/2mω)."""
    box = states(potential="box", width="1 nm")
    assert box.ground_energy == pytest.approx((math.pi * HBAR / 1e-9) ** 2 / (2 * ELECTRON) / EV, rel=1e-10)
    assert box.states[0].mean_position == pytest.approx(0.5e-9)
    assert box.states[0].spread == pytest.approx(1e-9 * math.sqrt(1 / 12 - 1 / (2 * math.pi**2)))
    swing = states(potential="harmonic", angular_frequency=1e15)
    assert swing.gap == pytest.approx(HBAR * 1e15 / EV, rel=1e-9)
    assert swing.states[0].spread == pytest.approx(math.sqrt(HBAR / (2 * ELECTRON * 1e15)), rel=1e-9)


def test_a_quartic_oscillator_has_its_published_levels() -> None:
    """-ψ'' + s⁴ψ = εψ: 1.06036209048, 3.79967302980, 7.45569793799. Source: Banerjee, Proc. R. Soc. A 364 (1978)."""
    unit = HBAR**2 / (2 * ELECTRON * 1e-18) / EV
    result = states(potential="formula", formula=f"{unit!r}*x^4", lower=-6e-9, upper=6e-9, states=3)
    found = [one.energy / unit for one in result.states]
    assert found == pytest.approx([1.06036209048, 3.79967302980, 7.45569793799], abs=2e-9)
    assert result.receipt.met


def test_a_field_against_a_wall_has_airys_zeros() -> None:
    """V = Fx right of a wall: E = (ħ²F²/2m)^(1/3) times the zeros of Ai."""
    force = 1.0 * EV / 1e-9
    result = states(potential="formula", formula="x", lower=0, upper=6e-9, states=4)
    airy: Any = special  # Any: scipy has no types
    exact = [(HBAR**2 * force**2 / (2 * ELECTRON)) ** (1 / 3) * -float(zero) / EV for zero in airy.ai_zeros(4)[0]]
    assert [one.energy for one in result.states] == pytest.approx(exact, rel=1e-9)


def test_the_error_falls_faster_than_any_power() -> None:
    """The method claims no order: twice the elements gain a higher power each time."""
    well = well_of(solve_eigenstates.validate({"potential": "harmonic", "angular_frequency": 1e15, "states": 10}))
    errors = [abs(float(spectrum(well, (-9.0, 9.0), elements, 10).energies[-1]) - 19) for elements in (4, 6, 8)]
    first, second = math.log(errors[0] / errors[1], 6 / 4), math.log(errors[1] / errors[2], 8 / 6)
    assert first > 12
    assert second > 1.2 * first


def test_functions_are_normal_and_apart() -> None:
    """∫ψψ = 1, and nothing between two of them."""
    result = states(potential="double well", width=1e-9, depth=2, states=4, points=501)
    x = np.array(result.position)
    functions = np.array([one.function for one in result.states])
    overlap = np.array([[np.trapezoid(a * b, x) for b in functions] for a in functions])
    assert overlap == pytest.approx(np.eye(4), abs=1e-5)
    assert result.gap is not None
    assert result.gap < (result.states[2].energy - result.states[1].energy) / 4


def test_a_jump_in_a_formula_is_found() -> None:
    """A step inside a box: kA cot kA a = -kB cot kB b joins both sides; the elements split at the step."""
    result = states(potential="formula", formula="2*heaviside(x - 0.3)", lower=-1e-9, upper=1e-9, states=3)
    assert result.receipt.met
    for one in result.states:
        inside = math.sqrt(2 * ELECTRON * one.energy * EV) / HBAR
        q = 2 * ELECTRON * (one.energy - 2) * EV / HBAR**2
        left = inside / math.tan(inside * 1.3e-9)
        right = (
            math.sqrt(q) / math.tan(math.sqrt(q) * 0.7e-9)
            if q > 0
            else math.sqrt(-q) / math.tanh(math.sqrt(-q) * 0.7e-9)
        )
        assert abs(left + right) < 1e-6 * (abs(left) + abs(right))
    assert any("walls" in note for note in result.receipt.notes)


@pytest.mark.parametrize(
    "request_",
    [
        {"potential": "formula", "formula": "-1000*exp(-((x - 0.123)*2000)^2)", "lower": -1e-9, "upper": 1e-9},
        {"potential": "morse", "depth": 0.0096, "stiffness": 1e9},
    ],
    ids=["a spike", "hardly bound"],
)
def test_what_the_elements_do_not_see_is_no_success(request_: Json) -> None:
    """A finer quadrature, and the closed form where there is one, tell what all grids have missed alike."""
    result = states(**request_, states=1)
    assert not result.receipt.met
    if result.states[0].exact is not None:
        assert abs(result.ground_energy - result.states[0].exact) <= 1.001 * result.receipt.error_reached


def test_levels_that_nearly_coincide_are_counted_rightly() -> None:
    """The fifth of a deep double well has a partner above it: Sturm's count ends between the two, or is left out."""
    result = states(potential="double well", width=1e-9, depth=50)
    assert all(check.agrees for check in result.receipt.checks)


def test_a_well_that_holds_fewer_states_says_so() -> None:
    """A quantum well of 5 nm and 0.3 eV holds two."""
    result = states(potential="finite well", width=5e-9, depth=0.3, mass=6.1e-32)
    assert len(result.states) == 2
    assert any("2 states" in note for note in result.receipt.notes)


def test_states_are_drawn_at_their_energies() -> None:
    """Words first; a curve a state and the potential, as long as the axis."""
    request = solve_eigenstates.validate(
        {"potential": "morse", "depth": 4, "stiffness": 2e10, "states": 3, "mass": 1e-27}
    )
    views = solve_eigenstates.draw(request, solve_eigenstates.function(request, Hearing()))
    assert isinstance(views[0], Text)
    assert "eV" in views[0].text
    curves = views[1]
    assert isinstance(curves, Series)
    assert len(curves.lines) == 4
    assert all(len(line.values) == len(curves.x.values) for line in curves.lines)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"potential": "box"}, "width"),
        ({"potential": "box", "width": 1e-9, "depth": 1}, "depth"),
        ({"potential": "box", "width": -1}, "width"),
        ({"potential": "harmonic", "angular_frequency": float("nan")}, "angular_frequency"),
        ({"potential": "morse", "depth": 1e-6, "stiffness": 1e10}, "depth"),
        ({"potential": "formula", "formula": "x", "lower": 1e-9, "upper": 0}, "upper"),
        ({"potential": "formula", "formula": "1/x", "lower": -1e-9, "upper": 1e-9}, "formula"),
        ({"potential": "formula", "formula": "__import__('os')", "lower": 0, "upper": 1e-9}, "formula"),
        ({"potential": "formula", "formula": "x*y", "lower": 0, "upper": 1e-9}, "formula"),
        ({"potential": "formula", "formula": "x", "lower": 0, "upper": 1e-9, "breaks": [2e-9]}, "breaks"),
        ({"potential": "box", "width": 1e-9, "states": 1000}, "states"),
    ],
)
def test_what_is_no_well_is_refused(request_: Json, field: str) -> None:
    """House rule: typed, with field and remedy."""
    with pytest.raises(InvalidRequest) as error:
        states(**request_)
    assert error.value.field == field
    assert error.value.remedy


@pytest.mark.parametrize(
    ("request_", "held"),
    [
        # Hydrogen: its highest vibration is hardly bound and reaches far; and an electron in a wide one.
        ({"potential": "morse", "depth": 4.75, "stiffness": 1.94e10, "mass": 8.37e-28, "states": 20}, 17),
        ({"potential": "morse", "depth": 2.14416, "stiffness": 1.606e9, "states": 18}, 5),
    ],
)
def test_every_state_of_a_molecule_is_found(request_: Json, held: int) -> None:
    """All that the well holds, the one just below the rim too: elements follow the phase of the highest."""
    result = states(**request_)
    assert result.receipt.met
    assert [one.nodes for one in result.states] == list(range(len(result.states)))
    assert all(check.agrees for check in result.receipt.checks)
    assert len(result.states) == held


def test_a_splitting_below_the_error_is_told() -> None:
    """Between two deep wells nothing tunnels that doubles could tell."""
    deep = states(potential="double well", width=1e-9, depth=100, states=2)
    assert any("splitting is not resolved" in note for note in deep.receipt.notes)
    shallow = states(potential="double well", width=1e-9, depth=2, states=2)
    assert not any("splitting" in note for note in shallow.receipt.notes)
