"""Linear fields in one and two dimensions: heat, waves, potentials, what is carried along and what reacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.fields import asked, views
from nis_backend.capabilities.physics.fields.diffusion import DiffusionRequest
from nis_backend.capabilities.physics.fields.fields import (
    DiffusionSolution,
    PoissonSolution,
    ReactionSolution,
    WaveSolution,
)
from nis_backend.capabilities.physics.fields.oscillation import WaveRequest
from nis_backend.capabilities.physics.fields.potential import PoissonRequest
from nis_backend.capabilities.physics.fields.reaction import ReactionRequest
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = ["OPERATIONS", "solve_diffusion", "solve_poisson", "solve_reaction_diffusion", "solve_wave"]


@operation(
    "physics.solve_diffusion",
    effect="reads",
    pool="science",
    view=views.draw_diffusion,
    examples=(
        Example(
            title="A sine that fades",
            request={"diffusivity": 0.1, "duration": 0.5, "initial": "sin(pi*x)", "tolerance": 1e-8},
            question='Solve the diffusion equation with diffusivity 0.1 m²/s for 0.5 s, starting from "sin(pi*x)".',
            also=asked.DIFFUSION,
        ),
        Example(
            title="A step between closed ends",
            request={
                "diffusivity": 0.01,
                "duration": 2,
                "initial": "heaviside(0.3 - x)",
                "left": {"kind": "neumann"},
                "right": {"kind": "neumann"},
                "tolerance": 1e-4,
            },
            question='How does a concentration step "heaviside(0.3 - x)" between closed ends diffuse in 2 s with '
            "diffusivity 0.01 m²/s?",
        ),
        Example(
            title="A puff in the wind",
            request={
                "length": 2,
                "diffusivity": 0.005,
                "velocity": 1,
                "duration": 0.8,
                "initial": "exp(-200*(x - 0.5)^2)",
                "tolerance": 1e-5,
            },
            question='A puff "exp(-200*(x - 0.5)^2)" is carried at a velocity of 1 m/s over a length of 2 m and '
            "diffuses with diffusivity 0.005 m²/s: where is it after 0.8 s?",
        ),
        Example(
            title="A plate",
            request={
                "length": 1,
                "width": 1,
                "diffusivity": 0.1,
                "duration": 0.2,
                "initial": "sin(pi*x)*sin(pi*y)",
                "points": 21,
            },
            question="Solve the heat equation on a square plate of length 1 m and width 1 m with diffusivity 0.1 m²/s, "
            'starting from "sin(pi*x)*sin(pi*y)", after 0.2 s.',
        ),
    ),
)
def solve_diffusion(request: DiffusionRequest, ctx: WorkerContext) -> DiffusionSolution:
    """Solve heat, diffusion and advection-diffusion with sources, in 1-D or on a rectangle, from a formula or samples.

    u_t = div(D grad u) - v·grad u + rate·u + source, with edges that are held, closed, exchanging (Robin) or periodic,
    their values formulas of place and time. Smooth data: spectral elements, exact in time where nothing given depends
    on it, else of order 8 (9 where flow is strong), stable for any step. Rough data: finite volumes of second order in
    space, exact in time, which leave no bound of the data; carried faster than a volume spreads it: limited upwind
    differences, first order in the mean at jumps.

    Source: Canuto, Hussaini, Quarteroni & Zang, Spectral Methods (2006, 2007); Hochbruck & Ostermann, Acta Numerica 19
    (2010), 209-286; Hundsdorfer & Verwer, Numerical Solution of Time-Dependent Advection-Diffusion-Reaction Equations
    (2003).
    """
    from nis_backend.capabilities.physics.fields.diffuse import spread  # noqa: PLC0415 - loads in the worker only

    return spread(request, ctx.progress)


@operation(
    "physics.solve_wave",
    effect="reads",
    pool="science",
    view=views.draw_wave,
    examples=(
        Example(
            title="A string",
            request={"speed": 2, "duration": 0.3, "initial": "sin(pi*x)", "tolerance": 1e-8},
            question='Solve the wave equation with a wave speed of 2 m/s for 0.3 s, starting from "sin(pi*x)", '
            "both ends fixed.",
            also=asked.WAVE,
        ),
        Example(
            title="A plucked string",
            request={"length": 0.65, "speed": 400, "duration": 0.0005, "initial": "min(x, 0.65 - x)/65"},
            question='A guitar string of length 0.65 m, wave speed 400 m/s, is plucked to "min(x, 0.65 - x)/65". '
            "Its shape after 0.5 ms?",
        ),
        Example(
            title="A damped pulse",
            request={"speed": 1, "duration": 0.4, "initial": "exp(-100*(x - 0.5)^2)", "damping": 1, "tolerance": 1e-7},
            question='How does a pulse "exp(-100*(x - 0.5)^2)" travel on a string with a wave speed of 1 m/s and a '
            "damping of 1 1/s in 0.4 s?",
        ),
        Example(
            title="A drum",
            request={
                "length": 1,
                "width": 1,
                "speed": 1,
                "duration": 0.5,
                "initial": "sin(pi*x)*sin(2*pi*y)",
                "points": 21,
            },
            question="Vibration of a square membrane of length 1 m and width 1 m with a wave speed of 1 m/s, starting "
            'from "sin(pi*x)*sin(2*pi*y)", after 0.5 s.',
        ),
    ),
)
def solve_wave(request: WaveRequest, ctx: WorkerContext) -> WaveSolution:
    """Solve the wave equation on a string or a rectangular membrane, with damping, sources and any kind of edge.

    u_tt + damping·u_t = c²·Δu + source. Smooth data: spectral elements, whose modes' oscillations are exact in time,
    or of order 8 where what is given depends on it; the energy is kept to rounding. Data that bends or jumps, in one
    dimension: leapfrog with steps in which the wave passes one interval, which neither disperses nor rings, first order
    in the mean at jumps.

    Source: Canuto, Hussaini, Quarteroni & Zang, Spectral Methods (2006, 2007); Hochbruck & Ostermann, Acta Numerica 19
    (2010), 209-286; Courant, Friedrichs & Lewy, Math. Ann. 100 (1928), 32-74.
    """
    from nis_backend.capabilities.physics.fields.wave import move  # noqa: PLC0415 - loads in the worker only

    return move(request, ctx.progress)


@operation(
    "physics.solve_poisson",
    effect="reads",
    pool="science",
    view=views.draw_poisson,
    examples=(
        Example(
            title="The unit square",
            request={"length": 1, "width": 1, "source": "1", "points": 21},
            question="Solve Poisson's equation, source 1, on a square of length 1 m and width 1 m, zero at its edges: "
            "the value at the centre?",
            also=asked.POISSON,
        ),
        Example(
            title="Between two plates",
            request={"length": 1, "source": "0", "right": {"kind": "dirichlet", "value": "5"}, "screening": 9},
            question="Potential between two plates 1 m apart, one at 0, one at 5, with a screening of 9 1/m².",
        ),
        Example(
            title="A disc",
            request={"shape": "disc", "length": 2, "source": "1", "points": 21},
            question="Potential on a disc of length 2 m across with source 1, zero at its edge.",
        ),
    ),
)
def solve_poisson(request: PoissonRequest, ctx: WorkerContext) -> PoissonSolution:
    """Solve Poisson's and Laplace's equation, screened or not, on an interval, a rectangle, a disc or an L.

    -div(k grad u) + screening·u = source. Smooth sources: spectral elements, solved at once in the modes of both axes;
    sources that jump: finite volumes of second order. Disc: Fourier's series around, polynomials along the diameter.
    L: finite elements of degree 2, of first order by the inward corner.

    Source: Canuto, Hussaini, Quarteroni & Zang, Spectral Methods (2007), 5.3; Lynch, Rice & Thomas, Numer. Math. 6
    (1964), 185-199; Trefethen, Spectral Methods in MATLAB (2000), chapter 11; scikit-fem, JOSS 5 (2020), 2369.
    """
    from nis_backend.capabilities.physics.fields.poisson import rest  # noqa: PLC0415 - loads in the worker only

    return rest(request, ctx.progress)


@operation(
    "physics.solve_reaction_diffusion",
    effect="reads",
    pool="science",
    time_limit=180,
    view=views.draw_reaction,
    examples=(
        Example(
            title="A chemical that settles",
            request={"model": "brusselator", "length": 1, "duration": 2},
            question="Simulate the Brusselator with diffusion for 2 s.",
            also=asked.REACTION,
        ),
        Example(
            title="A front",
            request={"model": "fisher", "length": 50, "duration": 15},
            question="How fast does a Fisher-KPP front travel over a length of 50 m in 15 s?",
        ),
        Example(
            title="Terms of one's own",
            request={
                "model": "given",
                "terms": ["u*(1 - u) - c*u*v", "c*u*v - 0.3*v"],
                "parameters": {"c": 1.2},
                "diffusivities": [0.01, 0.05],
                "initial": ["0.5 + 0.1*cos(pi*x)", "0.3"],
                "duration": 3,
            },
            question="Predator and prey that spread in space: reaction-diffusion with given terms for 3 s.",
        ),
    ),
)
def solve_reaction_diffusion(request: ReactionRequest, ctx: WorkerContext) -> ReactionSolution:
    """Solve reaction-diffusion: Fisher-KPP, Gray-Scott, FitzHugh-Nagumo, Brusselator, or terms of up to three species.

    u_t = D Δu + reaction(u, v, w). Exponential Runge-Kutta (ETDRK4), fourth order in time, diffusion exact, steps by
    the reactions' own speed; in space spectral elements, or finite volumes where the start jumps.

    Source: Cox & Matthews, J. Comput. Phys. 176 (2002), 430-455; Kassam & Trefethen, SIAM J. Sci. Comput. 26 (2005),
    1214-1233.
    """
    from nis_backend.capabilities.physics.fields.react import react  # noqa: PLC0415 - loads in the worker only

    return react(request, ctx.progress)


OPERATIONS = (solve_diffusion, solve_wave, solve_poisson, solve_reaction_diffusion)
