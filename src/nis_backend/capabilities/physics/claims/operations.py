"""Claims held against what is computed: confirmed, refuted, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.claims import views
from nis_backend.capabilities.physics.claims.claimed import (
    ClaimRequest,
    EquationRequest,
    EquationVerdict,
    TrajectoryClaim,
    TrajectoryVerdict,
    Verification,
)
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import WorkerContext

_TIMES = [0.0, 0.25, 0.5, 0.75, 1.0]


@operation(
    "physics.verify",
    effect="reads",
    essential=True,
    time_limit=300.0,
    view=views.draw_verification,
    examples=(
        Example(
            title="A wrong period",
            request={
                "operation": "physics.simulate_pendulum",
                "request": {"length": 1, "angle": 30},
                "claims": [{"path": "period", "value": "3 s"}],
            },
        ),
        Example(
            title="In words",
            request={"statement": "A pendulum 1 m long released from 30 degrees has a period of 2.04 s."},
        ),
        Example(
            title="Two numbers of one flight",
            request={
                "operation": "physics.simulate_projectile",
                "request": {"speed": 20, "angle": 45},
                "claims": [{"path": "range", "value": "40.8 m"}, {"path": "flight_time", "value": "2.9 s"}],
            },
        ),
    ),
)
async def verify(request: ClaimRequest, ctx: Context) -> Verification:
    """Check a claimed number against a computation: confirmed, refuted, or cannot say, with the reason and its receipt.

    The claim is a statement in words, or an operation, its request and the numbers its result is said to hold. The
    operation is called as asked, for three minutes at most, and with a tolerance a hundred times finer; a claim is held
    to half of its last digit, or to a tolerance of its own, and refuted only where it is off by more than that and the
    computation's own error.

    Raises:
        InvalidRequest: the operation is none that computes, it refuses the request, or a claim measures something else.
    """
    from nis_backend.capabilities.physics.claims import verifying  # noqa: PLC0415 - loads with the first claim

    return await verifying.verify(request, ctx)


@operation(
    "physics.verify_trajectory",
    effect="reads",
    pool="science",
    time_limit=60.0,
    view=views.draw_trajectory,
    examples=(
        Example(
            title="A fall that is none",
            request={
                "equations": ["h' = v", "v' = -g"],
                "parameters": {"g": 9.81},
                "time": _TIMES,
                "columns": {"h": [20, 19.7, 18.8, 17.3, 15.1], "v": [0, -2.4525, -4.905, -7.3575, -9.81]},
                "tolerance": 0.01,
            },
        ),
        Example(
            title="An oscillation",
            request={
                "equations": ["x' = v", "v' = -x"],
                "time": _TIMES,
                "columns": {
                    "x": [1, 0.968912, 0.877583, 0.731689, 0.540302],
                    "v": [0, -0.247404, -0.479426, -0.681639, -0.841471],
                },
                "invariants": ["x^2 + v^2"],
            },
        ),
    ),
)
def verify_trajectory(request: TrajectoryClaim, ctx: WorkerContext) -> TrajectoryVerdict:
    """Check whether a table of samples over time solves given differential equations, and where it first does not.

    Each sample is carried to the next by classical Runge-Kutta, fourth order, its step halved until its own error is a
    hundredth of what is allowed; and from the first sample on, against a start that is off by the tolerance. What
    should stay the same is followed along the samples.

    Source: Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), II.1.

    Raises:
        InvalidRequest: the equations cannot be read or do not fit the columns, or the samples are too far apart.
    """
    from nis_backend.capabilities.physics.claims import stepping  # noqa: PLC0415 - loads in the worker only

    return stepping.verify(request, ctx.progress)


@operation(
    "physics.check_equation",
    effect="reads",
    pool="science",
    view=views.draw_equation,
    examples=(
        Example(
            title="A momentum is no force",
            request={"equation": "F = m v", "quantities": {"F": "N", "m": "kg", "v": "m/s"}},
        ),
        Example(
            title="With values",
            request={"equation": "T = 2 pi sqrt(L/g)", "quantities": {"T": "2.006 s", "L": "1 m"}},
        ),
        Example(title="Of numbers alone", request={"equation": "2 + 2 = 5"}),
    ),
)
def check_equation(request: EquationRequest, _ctx: WorkerContext) -> EquationVerdict:
    """Check an equation's dimensions on both sides, term by term, and its values where they are given.

    Angles count as pure numbers. Constants of nature are known by their symbols (CODATA 2022).

    Raises:
        InvalidRequest: it cannot be read, or what a symbol measures is not said.
    """
    from nis_backend.capabilities.physics.claims import dimensions  # noqa: PLC0415 - loads in the worker only

    return dimensions.check(request)


OPERATIONS = (verify, verify_trajectory, check_equation)
