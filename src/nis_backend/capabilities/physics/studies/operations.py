"""Any solver called again and again: sweeps, sensitivity, fits to measurements, optima."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.studies import asked, views
from nis_backend.capabilities.physics.studies.running import analyse, prepare_sensitivity, prepare_sweep, sweep
from nis_backend.capabilities.physics.studies.study import Sensitivity, SensitivityRequest, Sweep, SweepRequest
from nis_backend.operation import Example, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context

HOUR = 3_600.0


@operation(
    "physics.sweep_parameters",
    effect="reads",
    prepare=prepare_sweep,
    view=views.draw_sweep,
    queue="compute",
    time_limit=HOUR,
    examples=(
        Example(
            title="Period over length",
            request={
                "operation": "physics.simulate_pendulum",
                "request": {"angle": 30, "points": 2},
                "vary": [{"path": "length", "values": [0.5, 1, 2]}],
                "measure": [{"path": "period"}],
            },
            question="Sweep the length of a pendulum over 0.5, 1 and 2 m and plot its period.",
            also=asked.SWEEP,
        ),
        Example(
            title="Range over speed and angle",
            request={
                "operation": "physics.simulate_projectile",
                "request": {"mass": 0.145, "diameter": 0.074},
                "vary": [
                    {"path": "speed", "low": 10, "high": 40, "points": 4},
                    {"path": "angle", "low": 20, "high": 70, "points": 6},
                ],
                "measure": [{"path": "range"}, {"path": "trajectory.height", "take": "max"}],
            },
            question="Run a parameter sweep of a ball's range over speed and angle as a heat map.",
        ),
    ),
)
async def sweep_parameters(request: SweepRequest, ctx: Context) -> Recorded[Sweep]:
    """Sweep one to four fields of a solver's request over values, and collect numbers of its results, as a run.

    Every combination is a call in a worker, a few at once, noted in the run's log: after a crash none is made again.
    A call that fails is a row with its reason. The numbers and their errors are those of the operation's own receipts.
    """
    return await sweep(request, ctx)


@operation(
    "physics.analyze_sensitivity",
    effect="reads",
    prepare=prepare_sensitivity,
    view=views.draw_sensitivity,
    queue="compute",
    time_limit=HOUR,
    examples=(
        Example(
            title="A pendulum's period, screened",
            request={
                "operation": "physics.simulate_pendulum",
                "request": {"points": 2, "tolerance": 1e-3},
                "vary": [{"path": "length", "low": 0.9, "high": 1.1}, {"path": "angle", "low": 5, "high": 40}],
                "measure": {"path": "period"},
                "method": "morris",
                "samples": 4,
            },
            question="Which matters more for a pendulum's period, its length or its angle? A Morris screening.",
            also=asked.SENSITIVITY,
        ),
        Example(
            title="A throw with uncertain start",
            request={
                "operation": "physics.simulate_projectile",
                "request": {},
                "vary": [
                    {"path": "speed", "low": 18, "high": 22},
                    {"path": "angle", "low": 30, "high": 60},
                    {"path": "height", "low": 0, "high": 2},
                ],
                "measure": {"path": "range"},
                "samples": 64,
            },
            question="Compute the Sobol indices of a projectile's range for uncertain speed, angle and height.",
        ),
    ),
)
async def analyze_sensitivity(request: SensitivityRequest, ctx: Context) -> Recorded[Sensitivity]:
    """Find which uncertain fields of a solver's request its result depends on: Sobol indices, or Morris's screening.

    First order by Saltelli's estimator, total by Jansen's, on Sobol's sequence shifted by the seed; the error falls
    with about the root of the samples, and 95 % intervals are bootstrapped. As a run, each call noted in its log.

    Source: Saltelli et al., Comput. Phys. Commun. 181 (2010), 259-270; Jansen, Comput. Phys. Commun. 117 (1999),
    35-43; Morris, Technometrics 33 (1991), 161-174.
    """
    return await analyse(request, ctx)


OPERATIONS = (sweep_parameters, analyze_sensitivity)
