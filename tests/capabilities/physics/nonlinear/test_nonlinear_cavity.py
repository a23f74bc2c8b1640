"""The lid-driven cavity against published extrema, symmetry and its own claims."""

from __future__ import annotations

import numpy as np
import pytest

from nis_backend.capabilities.physics.nonlinear.cavity import drive
from nis_backend.capabilities.physics.nonlinear.chebyshev import Chebyshev
from nis_backend.capabilities.physics.nonlinear.corners import corner
from nis_backend.capabilities.physics.nonlinear.lid import CavityFlow, CavityRequest


@pytest.fixture(scope="module")
def fast() -> CavityFlow:
    """Re 1000, on three grids."""
    return drive(CavityRequest(reynolds=1000, tolerance=1e-3))


def test_the_extrema_at_re_1000_are_those_of_botella_and_peyret(fast: CavityFlow) -> None:
    """Target: within 1e-3 of Computers & Fluids 27 (1998), 421-433; and within the error that the receipt states."""
    ours = [fast.u_min, fast.v_max, fast.v_min, fast.psi_min]
    published = [-0.3885698, 0.3769447, -0.5270771, -0.1189366]
    error = np.max(np.abs(np.array(ours) - published))
    assert error <= 3e-5
    assert error <= fast.receipt.error_reached
    assert fast.receipt.met
    assert all(check.agrees for check in fast.receipt.checks)


def test_the_places_at_re_1000_are_those_of_botella_and_peyret(fast: CavityFlow) -> None:
    """Where the extrema are, and the middle of the vortex with its vorticity."""
    places = [fast.y_of_u_min, fast.x_of_v_max, fast.x_of_v_min, fast.vortex_x, fast.vortex_y]
    assert places == pytest.approx([0.1717, 0.1578, 0.9092, 0.5308, 0.5652], abs=1e-4)
    assert fast.vortex_vorticity == pytest.approx(-2.067753, abs=5e-4)


def test_the_extrema_at_re_100_are_those_of_marchi() -> None:
    """Marchi, Suero & Araki, J. Braz. Soc. Mech. Sci. Eng. 31 (2009), 186-198, by 1024² cells and extrapolation."""
    flow = drive(CavityRequest(reynolds=100, tolerance=1e-3))
    assert [flow.u_min, flow.v_max, flow.v_min] == pytest.approx([-0.2140424, 0.1795728, -0.2538030], abs=1e-4)
    assert flow.receipt.met


def test_creeping_flow_is_symmetric() -> None:
    """Without inertia left and right are mirrored, but for the sign of v."""
    flow = drive(CavityRequest(reynolds=0.001))
    assert flow.v_min == pytest.approx(-flow.v_max, abs=1e-5)
    assert flow.vortex_x == pytest.approx(0.5, abs=1e-5)
    assert flow.receipt.error_reached < 1e-6


def test_walls_hold_the_fluid_and_the_lid_drags_it(fast: CavityFlow) -> None:
    """Zero on three walls, 1 at the lid, and as much to the left as to the right."""
    assert (fast.profile.horizontal[0], fast.profile.horizontal[-1]) == pytest.approx((0, 1), abs=1e-10)
    assert (fast.profile.vertical[0], fast.profile.vertical[-1]) == pytest.approx((0, 0), abs=1e-10)
    edges = [*fast.field.streamfunction[0], *fast.field.streamfunction[-1]]
    assert edges == pytest.approx([0.0] * len(edges), abs=1e-10)
    assert fast.receipt.conserved[0].drift < 1e-10


def test_the_corner_flow_meets_its_walls_and_its_equation() -> None:
    """Taylor's flow: ψ = 0 on both walls, ∂ψ/∂y = -1 on the lid; its derivatives are those of its values."""
    along = np.array([0.1, 0.7])
    zero = np.zeros(2)
    assert corner(along, zero).value == pytest.approx(zero, abs=1e-15)
    assert corner(along, zero).y == pytest.approx([-1, -1], abs=1e-15)
    assert corner(zero, along).value == pytest.approx(zero, abs=1e-15)
    assert corner(zero, along).x == pytest.approx(zero, abs=1e-15)
    x, y, h = np.array(0.37), np.array(0.21), 1e-5
    for low, by, dx, dy in (
        ("value", "x", h, 0.0),
        ("value", "y", 0.0, h),
        ("x", "xy", 0.0, h),
        ("laplacian", "laplacian_x", h, 0.0),
        ("laplacian", "laplacian_y", 0.0, h),
    ):
        slope = (getattr(corner(x + dx, y + dy), low) - getattr(corner(x - dx, y - dy), low)) / (2 * h)
        assert getattr(corner(x, y), by) == pytest.approx(slope, rel=1e-6)


def test_clamped_polynomials_are_exact() -> None:
    """A polynomial is found again from its inner values and its values and slopes at both ends."""
    grid = Chebyshev(n=9)
    u, slope = grid.x**5 - grid.x**2 + 3, 5 * grid.x**4 - 2 * grid.x
    within, given = grid.clamped
    assert within @ u[2:-2] + given @ np.array([u[0], slope[0], slope[-1], u[-1]]) == pytest.approx(u, abs=1e-12)
    assert grid.first @ u == pytest.approx(slope, abs=1e-12)
    places = np.array([0.0, 0.3, 1.0])
    assert grid.at(places) @ u == pytest.approx(places**5 - places**2 + 3, abs=1e-13)
