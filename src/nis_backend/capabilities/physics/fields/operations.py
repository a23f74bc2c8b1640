"""Linear fields in one and two dimensions: heat, waves, potentials, what is carried along and what reacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.fields import asked, views
from nis_backend.capabilities.physics.fields.diffusion import DiffusionRequest
from nis_backend.capabilities.physics.fields.fields import DiffusionSolution
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = ["OPERATIONS", "solve_diffusion"]


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


OPERATIONS = (solve_diffusion,)
