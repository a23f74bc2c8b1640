"""The double pendulum and Lorenz's equations: invariants, limits, published values, and how long they can be told."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nis_backend.capabilities.physics.dynamics.chaos import DoublePendulumRequest, LorenzRequest
from nis_backend.capabilities.physics.dynamics.double_pendulum import kinetic, modes, potential, rate, swing
from nis_backend.capabilities.physics.dynamics.lorenz import dimension, exponents, follow, stationary
from nis_backend.capabilities.physics.dynamics.schemes import Explicit, eighth
from nis_backend.errors import InvalidRequest


def pendulum(**changes: Any) -> DoublePendulumRequest:
    """Two metre-long rods with a kilogram each, changed."""
    return DoublePendulumRequest.model_validate({"angle1": 120, "angle2": -10, "duration": 5, "points": 101, **changes})


def lorenz(**changes: Any) -> LorenzRequest:
    """The classical values, a short average."""
    return LorenzRequest.model_validate({"duration": 5, "averaging": 10, "points": 101, **changes})


def test_energy_is_an_invariant_of_the_equations_themselves() -> None:
    """The rate of change of the energy along the right side is zero: dE/dt by differences, unequal rods and masses."""
    request = pendulum(length2=0.4, mass2=2.5, angular_velocity1=1.0, angular_velocity2=-2.0)
    f = rate(request)
    y = (0.7, -1.9, 1.3, -2.2)
    h = 1e-5
    ahead, behind = (tuple(a + s * h * b for a, b in zip(y, f(0, y), strict=True)) for s in (1, -1))
    total = kinetic(request, y) + potential(request, y)
    change = sum(s * (kinetic(request, z) + potential(request, z)) for s, z in ((1, ahead), (-1, behind))) / (2 * h)
    assert abs(change) < 1e-7 * abs(total)


def test_a_double_pendulum_keeps_its_energy_and_says_what_it_may_be_off() -> None:
    """Against itself with a thousandth of the tolerance."""
    loose, tight = swing(pendulum(tolerance=1e-5)), swing(pendulum(tolerance=1e-11))
    assert loose.receipt.met
    assert tight.receipt.met
    pairs = zip(loose.trajectory.angle2, tight.trajectory.angle2, strict=True)
    assert max(abs(math.radians(a - b)) for a, b in pairs) <= 1.5 * loose.receipt.error_reached
    assert tight.energy_drift < 1e-12
    assert tight.receipt.conserved[0].name == "energy"


def test_small_swings_are_the_normal_modes() -> None:
    """Frequencies of equal rods and masses are √(g/l·(2 ± √2)); the motion follows their sum as angles get small."""
    slow, fast = modes(pendulum(gravity=9.81))
    assert (slow, fast) == pytest.approx(tuple(math.sqrt(9.81 * (2 + s * math.sqrt(2))) for s in (-1, 1)))
    off: list[float] = []
    for angle in (1.0, 0.5, 0.25):
        motion = swing(pendulum(angle1=angle, angle2=-angle / 2, length2=0.6, mass2=0.3, duration=3))
        assert [one.agrees for one in motion.receipt.checks] == [True]
        off.append(abs(motion.receipt.checks[0].computed - motion.receipt.checks[0].expected))
    # What the modes leave out is of third order.
    assert math.log2(off[0] / off[2]) / 2 == pytest.approx(3, abs=0.2)


def test_a_mode_that_is_set_going_swings_alone() -> None:
    """With the lower rod √2 times as far out, both rods come back together after the slow period."""
    motion = swing(pendulum(angle1=0.1, angle2=0.1 * math.sqrt(2), duration=2.6215000, points=11))
    assert motion.slow_period == pytest.approx(2.6215, abs=1e-4)
    assert motion.final_angle1 == pytest.approx(0.1, abs=1e-6)


def test_what_cannot_be_told_is_not_claimed() -> None:
    """In a minute errors grow by more digits than doubles have: not met, and the time that can be told is."""
    motion = swing(pendulum(duration=60, max_steps=8192))
    assert not motion.receipt.met
    assert 5 < motion.trusted_until < 50
    assert motion.growth > 1e13
    assert "Chaos" in motion.receipt.notes[0]
    quiet = swing(pendulum(angle1=0, angle2=0))
    assert quiet.receipt.met
    assert quiet.final_angle1 == 0


def test_the_eighth_order_is_that_of_the_double_pendulum_too() -> None:
    """The order the operation claims, on equal steps, against steps an eighth as long."""
    f = rate(pendulum())
    start = (2.0, -0.2, 0.0, 0.0)

    def end(steps: int) -> float:
        scheme, y = Explicit(f, eighth()), start
        for number in range(steps):
            y = scheme.step(number / steps, y, 1 / steps)
        return y[1]

    exact = end(240)
    assert math.log2(abs(end(15) - exact) / abs(end(30) - exact)) == pytest.approx(8, abs=0.8)


def test_lorenzs_largest_exponent_is_the_published_one() -> None:
    """0.9056 (Sprott 2003), within the statistical error told; the middle one is zero, the sum is the trace."""
    found = exponents(lorenz(averaging=60), (1.0, 1.0, 1.0))
    assert found.error < 0.006
    assert abs(found.values[0] - 0.9056) <= 1.5 * found.error
    assert abs(found.values[1]) < 0.005
    assert sum(found.values) == pytest.approx(-(10 + 1 + 8 / 3), rel=3e-4)
    assert dimension(found.values) == pytest.approx(2.062, abs=0.002)


def test_where_it_settles_the_exponents_are_the_eigenvalues_there() -> None:
    """At ρ = 0.5 all ends at the origin, whose eigenvalues are exact: -8/3 and the roots of s² + 11s + 10·(1 - 0.5)."""
    roots = [(-11 + s * math.sqrt(121 - 20)) / 2 for s in (1, -1)]
    motion = follow(lorenz(rho=0.5))
    assert motion.exponents == pytest.approx([roots[0], -8 / 3, roots[1]], abs=5e-3)
    assert not motion.chaotic
    assert [one.stable for one in motion.fixed_points] == [True]


def test_the_fixed_points_lose_their_hold_at_lorenzs_critical_value() -> None:
    """ρ = σ(σ + β + 3)/(σ - β - 1) = 24.7368… (Lorenz 1963)."""
    critical = 10 * (10 + 8 / 3 + 3) / (10 - 8 / 3 - 1)
    below, above = (stationary(lorenz(rho=critical + off)) for off in (-0.01, 0.01))
    assert [one.stable for one in below] == [False, True, True]
    assert [one.stable for one in above] == [False, False, False]
    assert below[1].x == pytest.approx(math.sqrt(8 / 3 * (critical - 1.01)))


def test_a_path_beyond_the_digits_of_a_double_is_told_as_far_as_it_is_known() -> None:
    """At 0.9 e-folds a unit of time, 16 digits last about 40 of them."""
    motion = follow(lorenz(duration=60, max_steps=16_384, tolerance=1e-9))
    assert not motion.receipt.met
    assert 20 < motion.trusted_until < 45
    assert motion.digits_lost == pytest.approx(60 * 0.9 / math.log(10), rel=0.1)
    short = follow(lorenz(duration=5))
    assert short.receipt.met
    assert short.trusted_until == 5
    assert all(one.agrees for one in short.receipt.checks)


def test_exponents_are_the_attractors_from_however_far_away() -> None:
    """Fixed steps overflow where the start is 10⁴ away; below ρ = 1 the exponents are eigenvalues at the origin."""
    far = follow(lorenz(x=1e4, y=-1e4, z=1e4, duration=0.1, averaging=20))
    assert far.chaotic
    assert all(check.agrees for check in far.receipt.checks)
    still = follow(lorenz(rho=-1000, duration=0.1))
    assert still.exponents[0] == pytest.approx(-8 / 3, rel=1e-6)
    assert all(check.agrees for check in still.receipt.checks)


def test_an_average_that_takes_too_many_steps_is_refused_beforehand() -> None:
    """And a start that comes near no attractor is, too."""
    with pytest.raises(InvalidRequest, match="steps") as refused:
        follow(lorenz(sigma=1000, rho=1000, beta=100, averaging=400))
    assert refused.value.field == "averaging"
    with pytest.raises(InvalidRequest) as refused:
        follow(lorenz(sigma=1e-300, beta=1e-300, x=1e4, duration=0.1))
    assert refused.value.field == "x"


def test_gravity_may_be_as_weak_as_a_double_holds() -> None:
    """Its modes scale with the root of gravity."""
    assert swing(pendulum(gravity=1e-300, angle1=1, angle2=1)).slow_period == pytest.approx(
        swing(pendulum(gravity=1, angle1=1, angle2=1)).slow_period * 1e150
    )
