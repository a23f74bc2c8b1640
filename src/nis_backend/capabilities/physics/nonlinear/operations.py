"""Fields that steepen, form shocks, solitons and phases, and equations that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.nonlinear import asked, views
from nis_backend.capabilities.physics.nonlinear.steepening import BurgersRequest, BurgersSolution
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = ["OPERATIONS", "solve_burgers"]


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
            question="How does the pulse 'exp(-20*x^2)' move under the viscous Burgers equation with nu = 0.02 m²/s "
            "within 1.5 s?",
        ),
    ),
)
def solve_burgers(request: BurgersRequest, ctx: WorkerContext) -> BurgersSolution:
    """Solve Burgers' equation u_t + u u_x = nu u_xx: a wave that steepens into a shock and is smoothed by viscosity.

    Fourier in space, two thirds of the waves kept; ETDRK4 in time, fourth order, the viscous part exact. Points are
    doubled until space is resolved, steps halved until time is. The end is compared with the exact solution of Cole
    and Hopf, or by characteristics where there is no viscosity. A shock too thin for the finest grid is refused.

    Source: Kassam & Trefethen, SIAM J. Sci. Comput. 26 (2005), 1214-1233; Hopf, Comm. Pure Appl. Math. 3 (1950),
    201-230.

    Raises:
        InvalidRequest: a shock forms that is thinner than the finest grid resolves; the start jumps at the ends.
    """
    from nis_backend.capabilities.physics.nonlinear.burgers import flow  # noqa: PLC0415 - loads in the worker only

    return flow(request, ctx.progress)


OPERATIONS = (solve_burgers,)
