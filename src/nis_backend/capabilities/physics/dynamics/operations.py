"""What moves by ordinary differential equations: systems that people write, chaos, chemistry, epidemics, circuits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.dynamics import asked, views
from nis_backend.capabilities.physics.dynamics.system import OdeRequest, OdeSolution
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = ["OPERATIONS", "solve_ode"]


@operation(
    "physics.solve_ode",
    effect="reads",
    pool="science",
    view=views.draw_ode,
    time_limit=180,
    examples=(
        Example(
            title="A damped oscillator",
            request={
                "equations": ["x'' = -k*x/m - c*x'"],
                "parameters": {"k": 4, "m": 1, "c": 0.2},
                "initial": {"x": 1, "x'": 0},
                "duration": 10,
            },
            question="Solve the differential equation x'' = -k*x/m - c*x' with k = 4, m = 1, c = 0.2, x(0) = 1, "
            "x'(0) = 0 for 10 s.",
            also=asked.ODE,
        ),
        Example(
            title="A stiff relaxation oscillator",
            request={
                "equations": ["x' = v", "v' = mu*(1 - x^2)*v - x"],
                "parameters": {"mu": 100},
                "initial": {"x": 2, "v": 0},
                "duration": 200,
                "tolerance": 1e-6,
            },
            question="Integrate the Van der Pol equations x' = v, v' = mu*(1 - x^2)*v - x with mu = 100 over 200 s.",
        ),
        Example(
            title="A ball that lands",
            request={
                "equations": ["m*y'' = -m*g + b*y'^2"],
                "parameters": {"m": 0.1, "g": 9.81, "b": 0.002},
                "initial": {"y": 20, "y'": 0},
                "duration": 10,
                "events": [{"formula": "y", "name": "lands", "direction": "falling", "terminal": True}],
            },
            question="Integrate m*y'' = -m*g + b*y'^2 from y(0) = 20 until y is zero: when does it land?",
        ),
        Example(
            title="Predators and prey",
            request={
                "equations": ["x' = a*x - b*x*y", "y' = d*x*y - c*y"],
                "parameters": {"a": 1.1, "b": 0.4, "c": 0.4, "d": 0.1},
                "initial": {"x": 10, "y": 5},
                "duration": 40,
            },
            question="Draw the phase portrait of the Lotka-Volterra system x' = a*x - b*x*y, y' = d*x*y - c*y.",
        ),
    ),
)
def solve_ode(request: OdeRequest, ctx: WorkerContext) -> OdeSolution:
    """Solve a system of ordinary differential equations written as text, such as x'' = -k*x - c*x', with its events.

    Dormand-Prince 5(4), order five; where stability and not accuracy sets its steps, Radau IIA of order five, L-stable.
    The steps of an adaptive mesh are all halved until Richardson's estimate of the error of the whole way is what was
    asked; a second method is compared at the end. Events are reached by a step of fitting length, to the same order.

    Source: Dormand & Prince, J. Comput. Appl. Math. 6 (1980), 19-26; Hairer & Wanner, Solving Ordinary Differential
    Equations II (1996), IV.2 and IV.8.

    Raises:
        InvalidRequest: an equation cannot be read, a name has no value, or the solution does not reach the end.
    """
    from nis_backend.capabilities.physics.dynamics.solving import solve  # noqa: PLC0415 - loads in the worker only

    return solve(request, ctx.progress)


OPERATIONS = (solve_ode,)
