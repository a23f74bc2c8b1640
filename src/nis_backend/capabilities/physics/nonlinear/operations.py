"""Fields that steepen, form shocks, solitons and phases, and equations that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.nonlinear import asked, views
from nis_backend.capabilities.physics.nonlinear.evolution import PdeRequest, PdeSolution
from nis_backend.capabilities.physics.nonlinear.lid import CavityFlow, CavityRequest
from nis_backend.capabilities.physics.nonlinear.phases import PhaseRequest, PhaseSolution
from nis_backend.capabilities.physics.nonlinear.steepening import BurgersRequest, BurgersSolution
from nis_backend.capabilities.physics.nonlinear.tube import ShockTubeRequest, ShockTubeSolution
from nis_backend.capabilities.physics.nonlinear.waves import SolitonRequest, SolitonSolution
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = [
    "OPERATIONS",
    "solve_burgers",
    "solve_cavity",
    "solve_pde",
    "solve_phase_field",
    "solve_shock_tube",
    "solve_soliton",
]


@operation(
    "physics.solve_burgers",
    effect="reads",
    pool="science",
    time_limit=180,
    view=views.draw_burgers,
    examples=(
        Example(
            title="A sine that steepens",
            request={"viscosity": 0.1, "duration": 0.5},
            question="Solve Burgers' equation with a viscosity of 0.1 m²/s from a sine wave for 0.5 seconds.",
            also=asked.BURGERS,
        ),
        Example(
            title="The benchmark",
            request={"viscosity": 0.0031830988618379067, "initial": "-sin(pi*x)", "duration": 1},
            question="What does the Burgers benchmark with viscosity 0.0031830988618379067, "
            "initial condition '-sin(pi*x)', give at t = 1 s?",
        ),
        Example(
            title="A pulse",
            request={"viscosity": 0.02, "initial": "exp(-20*x^2)", "duration": 1.5},
            question="Viscous Burgers equation with nu = 0.02 m²/s from 'exp(-20*x^2)' until t = 1.5 s: how steep is "
            "its shock?",
        ),
    ),
)
def solve_burgers(request: BurgersRequest, ctx: WorkerContext) -> BurgersSolution:
    """Solve Burgers' equation u_t + u u_x = nu u_xx: a wave that steepens into a shock and is smoothed by viscosity.

    Cole and Hopf's transform makes it the heat equation, whose solution is a sum at every place and time: exact but
    for the sum's steps, which are halved until nothing changes; the error falls faster than any power of them where
    the start is smooth. Without viscosity characteristics are followed until the wave breaks. The first frame is
    compared with steps from the start by ETDRK4.

    Source: Hopf, Comm. Pure Appl. Math. 3 (1950), 201-230; Cole, Quart. Appl. Math. 9 (1951), 225-236.

    Raises:
        InvalidRequest: without viscosity it breaks; a front is thinner than sums resolve; the start jumps at the ends.
    """
    from nis_backend.capabilities.physics.nonlinear.burgers import flow  # noqa: PLC0415 - loads in the worker only

    return flow(request, ctx.progress)


@operation(
    "physics.solve_soliton",
    effect="reads",
    pool="science",
    time_limit=180,
    view=views.draw_soliton,
    examples=(
        Example(
            title="One soliton",
            request={"amplitudes": [1], "length": 30, "duration": 2, "tolerance": 1e-4},
            question="Simulate a KdV soliton of amplitude 1 in a box of length 30 until t = 2.",
            also=asked.SOLITON,
        ),
        Example(
            title="Two that meet",
            request={"amplitudes": [2, 0.5], "duration": 8},
            question="How do two KdV solitons with amplitudes 2 and 0.5 collide within a time of 8?",
        ),
        Example(
            title="A breather",
            request={"equation": "focusing NLS", "initial": "2/cosh(x)", "length": 40, "duration": 1.5},
            question="Solve the focusing nonlinear Schrödinger equation from '2/cosh(x)' until t = 1.5.",
        ),
    ),
)
def solve_soliton(request: SolitonRequest, ctx: WorkerContext) -> SolitonSolution:
    """Simulate solitons: the Korteweg-de Vries equation or the nonlinear Schrödinger equation in a periodic box.

    Fourier in space, ETDRK4 in time, fourth order, the dispersion exact. One or two KdV solitons and one of NLS are
    compared with their closed forms; mass, momentum and energy are followed.

    Source: Kassam & Trefethen, SIAM J. Sci. Comput. 26 (2005), 1214-1233; Hirota, Phys. Rev. Lett. 27 (1971), 1192;
    Zakharov & Shabat, Sov. Phys. JETP 34 (1972), 62-69.

    Raises:
        InvalidRequest: a soliton does not fit into the box, or the start jumps where the period ends.
    """
    from nis_backend.capabilities.physics.nonlinear.soliton import travel  # noqa: PLC0415 - loads in the worker only

    return travel(request, ctx.progress)


@operation(
    "physics.solve_phase_field",
    effect="reads",
    pool="science",
    time_limit=240,
    view=views.draw_phases,
    examples=(
        Example(
            title="Domains on a line",
            request={"width": 0.05, "duration": 5},
            question="Solve the Allen-Cahn equation with epsilon 0.05 until t = 5.",
            also=asked.PHASES,
        ),
        Example(
            title="A shrinking circle",
            request={
                "initial": "tanh((0.6 - sqrt(x^2 + y^2))/0.0707)",
                "dimensions": 2,
                "width": 0.05,
                "duration": 20,
                "tolerance": 1e-3,
            },
            question="How does a circle 'tanh((0.6 - sqrt(x^2 + y^2))/0.0707)' shrink by Allen-Cahn in 2 dimensions "
            "with width 0.05 until t = 20?",
        ),
        Example(
            title="A mixture that parts",
            request={"equation": "Cahn-Hilliard", "initial": "0", "noise": 0.1, "width": 0.05, "duration": 0.5},
            question="Simulate Cahn-Hilliard spinodal decomposition from noise 0.1 with width 0.05 for a time of 0.5.",
        ),
    ),
)
def solve_phase_field(request: PhaseRequest, ctx: WorkerContext) -> PhaseSolution:
    """Simulate how two phases separate and coarsen: Allen-Cahn or Cahn-Hilliard, on a line or in a plane.

    Fourier in space, half of the waves kept; ETDRK4 in time, fourth order. The energy must never rise; Allen-Cahn must
    stay within the bounds of its start, Cahn-Hilliard must keep the mean.

    Source: Kassam & Trefethen, SIAM J. Sci. Comput. 26 (2005), 1214-1233; Allen & Cahn, Acta Metall. 27 (1979),
    1085-1095; Cahn & Hilliard, J. Chem. Phys. 28 (1958), 258-267.

    Raises:
        InvalidRequest: the interface is too thin for the box, or the start jumps where the period ends.
    """
    from nis_backend.capabilities.physics.nonlinear.phase_field import part  # noqa: PLC0415 - loads in the worker only

    return part(request, ctx.progress)


@operation(
    "physics.solve_shock_tube",
    effect="reads",
    pool="science",
    time_limit=120,
    view=views.draw_tube,
    examples=(
        Example(
            title="Sod's tube",
            request={"cells": 200, "duration": 0.2},
            question="Solve Sod's shock tube with 200 cells at t = 0.2 s.",
            also=asked.TUBE,
        ),
        Example(
            title="Air at ten bar",
            request={
                "left_density": 11.9,
                "left_pressure": 1e6,
                "right_density": 1.19,
                "right_pressure": 1e5,
                "length": 2,
                "duration": 0.001,
            },
            question="A shock tube 2 m long has air with a left pressure of 10 bar and a left density of 11.9 kg/m³, a "
            "right pressure of 1 bar and a right density of 1.19 kg/m³. What happens in 1 ms?",
        ),
        Example(
            title="Two rarefactions",
            request={
                "left_density": 1,
                "left_velocity": -2,
                "left_pressure": 0.4,
                "right_density": 1,
                "right_velocity": 2,
                "right_pressure": 0.4,
                "duration": 0.15,
            },
            question="Riemann problem: left density 1 kg/m³, left velocity -2 m/s, left pressure 0.4 Pa, right density "
            "1 kg/m³, right velocity 2 m/s, right pressure 0.4 Pa, after 0.15 s.",
        ),
    ),
)
def solve_shock_tube(request: ShockTubeRequest, ctx: WorkerContext) -> ShockTubeSolution:
    """Compute the shock, contact and rarefaction in a gas after a membrane bursts, beside the exact Riemann solution.

    Euler equations in one dimension: limited slopes (MUSCL), HLLC fluxes, Heun's strong-stability-preserving step.
    Second order where the gas is smooth, about first in the mean where it jumps; density, pressure stay positive. Mass,
    momentum and energy are balanced with what leaves at the open ends. Cells are doubled until the tolerance holds.

    Source: Toro, Riemann Solvers and Numerical Methods for Fluid Dynamics (2009), chapters 4, 10 and 13.

    Raises:
        InvalidRequest: the waves have long left the tube.
    """
    from nis_backend.capabilities.physics.nonlinear.shock_tube import burst  # noqa: PLC0415 - loads in the worker only

    return burst(request, ctx.progress)


@operation(
    "physics.solve_cavity",
    effect="reads",
    pool="science",
    time_limit=120,
    view=views.draw_cavity,
    examples=(
        Example(
            title="Re 100",
            request={"reynolds": 100, "tolerance": 1e-3},
            question="Solve the lid-driven cavity at a Reynolds number of 100.",
            also=asked.CAVITY,
        ),
        Example(
            title="Re 1000",
            request={"reynolds": 1000},
            question="Where is the vortex centre of the driven cavity flow at Re = 1000?",
        ),
        Example(
            title="Creeping flow",
            request={"reynolds": 1},
            question="What are the centreline velocities in a lid-driven cavity with Reynolds number 1?",
        ),
    ),
)
def solve_cavity(request: CavityRequest, ctx: WorkerContext) -> CavityFlow:
    """Compute the steady flow in a lid-driven cavity to Re 1000: vortex, streamfunction, extrema of the velocities.

    Chebyshev collocation of the streamfunction equation, solved by Newton's method; the infinite vorticity of the lid's
    corners is split off as Taylor's flow, which is exact there. The error is the difference to a coarser grid. At
    Re 1000 the extrema are compared with those of Botella & Peyret.

    Source: Botella & Peyret, Computers & Fluids 27 (1998), 421-433; Taylor, in Miscellany for W. Prager (1962).

    Raises:
        InvalidRequest: no steady flow was found.
    """
    from nis_backend.capabilities.physics.nonlinear.cavity import drive  # noqa: PLC0415 - loads in the worker only

    return drive(request, ctx.progress)


@operation(
    "physics.solve_pde",
    effect="reads",
    pool="science",
    time_limit=180,
    view=views.draw_pde,
    examples=(
        Example(
            title="Diffusion that steepens",
            request={"equation": "u_t = 0.1 u_xx - u u_x", "initial": "sin(x)"},
            question="Solve the PDE 'u_t = 0.1 u_xx - u u_x' with the initial condition 'sin(x)'.",
            also=asked.PDE,
        ),
        Example(
            title="Kuramoto-Sivashinsky",
            request={
                "equation": "u_t = -u u_x - u_xx - u_xxxx",
                "initial": "cos(x/16) (1 + sin(x/16))",
                "right": 100.53096491487338,
                "duration": 10,
            },
            question="Solve the partial differential equation 'u_t = -u u_x - u_xx - u_xxxx' from "
            "'cos(x/16) (1 + sin(x/16))' with the right end at 100.53096491487338 until t = 10.",
        ),
        Example(
            title="A front between insulated ends",
            request={
                "equation": "u_t = 0.01 u_xx + 5 u (1 - u)",
                "initial": "exp(-50 (x - 1)^2)",
                "right": 3,
                "ends": "insulated",
                "duration": 2,
            },
            question="Solve my PDE 'u_t = 0.01 u_xx + 5 u (1 - u)' from 'exp(-50 (x - 1)^2)' with a right end at 3 and "
            "insulated boundaries until t = 2.",
        ),
        Example(
            title="A system",
            request={"equation": "u_t = v_x; v_t = u_x", "initial": "exp(-4 (x - 3)^2); 0", "duration": 2},
            question="Solve the system of PDEs 'u_t = v_x; v_t = u_x' from 'exp(-4 (x - 3)^2); 0' until t = 2.",
        ),
    ),
)
def solve_pde(request: PdeRequest, ctx: WorkerContext) -> PdeSolution:
    """Solve a partial differential equation that you write, u_t = F(x, t, u, u_x, u_xx, ...), or a system of them.

    Periodic, with the highest derivative linear: Fourier and ETDRK4, fourth order in time. Else differences of fourth
    order in space with Radau IIA in time, L-stable. Space and time are refined. An equation whose short waves grow the
    faster the shorter they are, such as diffusion run backwards, is refused; growth beyond bounds is told.

    Source: Kassam & Trefethen, SIAM J. Sci. Comput. 26 (2005), 1214-1233; Fornberg, Math. Comp. 51 (1988), 699-706;
    Hairer & Wanner, Solving Ordinary Differential Equations II (1996), IV.8.

    Raises:
        InvalidRequest: the equation is ill-posed, its ends do not determine it, or its solution does not last.
    """
    from nis_backend.capabilities.physics.nonlinear.equation import evolve  # noqa: PLC0415 - loads in the worker only

    return evolve(request, ctx.progress)


OPERATIONS = (solve_burgers, solve_soliton, solve_phase_field, solve_shock_tube, solve_cavity, solve_pde)
