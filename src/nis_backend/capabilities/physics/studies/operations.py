"""Any solver called again and again: sweeps, sensitivity, fits to measurements, optima."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.studies import asked, views
from nis_backend.capabilities.physics.studies.preparing import prepare_fit, prepare_optimum
from nis_backend.capabilities.physics.studies.running import analyse, prepare_sensitivity, prepare_sweep, sweep
from nis_backend.capabilities.physics.studies.search import Fit, FitRequest, Optimum, OptimumRequest
from nis_backend.capabilities.physics.studies.study import Sensitivity, SensitivityRequest, Sweep, SweepRequest
from nis_backend.operation import Example, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import ComputingContext

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
            question="Sweep a pendulum's length and plot its period.",
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


@operation(
    "physics.fit_parameters",
    effect="reads",
    pool="science",
    prepare=prepare_fit,
    view=views.draw_fit,
    time_limit=600.0,
    examples=(
        Example(
            title="Gravity from a pendulum",
            request={
                "operation": "physics.simulate_pendulum",
                "request": {"angle": 10, "points": 2, "tolerance": 1e-3},
                "parameters": [{"path": "gravity", "start": 9, "low": 1, "high": 30}],
                "x_field": "length",
                "measure": {"path": "period"},
                "x": [0.4, 0.6, 0.8, 1.0],
                "y": [1.273, 1.556, 1.801, 2.008],
                "errors": [0.005],
            },
            question="Fit gravity to measured pendulum periods by least squares, with its uncertainty.",
            also=asked.FIT,
        ),
        Example(
            title="Damping from a recorded swing",
            request={
                "operation": "physics.simulate_pendulum",
                "request": {"length": 1, "angle": 20, "duration": 6},
                "parameters": [{"path": "damping", "start": 0.05, "low": 0, "high": 2}],
                "x_curve": "trajectory.time",
                "measure": {"path": "trajectory.angle"},
                "x": [1, 2, 3, 4, 5, 6],
                "y": [-18.9, 17.6, -16.5, 15.7, -14.5, 13.6],
            },
            question="Calibrate the damping of a pendulum against its measured angles: a least squares fit.",
        ),
    ),
)
def fit_parameters(request: FitRequest, ctx: ComputingContext) -> Fit:
    """Fit parameters of a solver to measured data by least squares, with standard errors, intervals and chi-square.

    Trust region reflective, with central differences and bounds, from two starts. Errors are those of the linearised
    model; parameters that the data do not determine are named, not guessed. The solver's own error is part of ours.

    Source: Branch, Coleman & Li, SIAM J. Sci. Comput. 21 (1999), 1-23; Seber & Wild, Nonlinear Regression (1989), 5.2.
    """
    from nis_backend.capabilities.physics.studies.fitting import fit  # noqa: PLC0415 - loads in the worker only

    return fit(request, ctx)


@operation(
    "physics.optimize_parameters",
    effect="reads",
    pool="science",
    prepare=prepare_optimum,
    view=views.draw_optimum,
    time_limit=600.0,
    examples=(
        Example(
            title="The length of a seconds pendulum",
            request={
                "operation": "physics.simulate_pendulum",
                "request": {"angle": 5, "points": 2, "tolerance": 1e-3},
                "vary": [{"path": "length", "low": 0.5, "high": 2}],
                "measure": {"path": "period"},
                "goal": "reach",
                "target": 2,
            },
            question="Optimise the length of a pendulum so that its period is as near to a target as possible.",
            also=asked.OPTIMUM,
        ),
        Example(
            title="The farthest throw from a cliff",
            request={
                "operation": "physics.simulate_projectile",
                "request": {"speed": 20, "height": 10, "points": 2},
                "vary": [{"path": "angle", "low": 5, "high": 85}],
                "measure": {"path": "range"},
                "goal": "maximize",
            },
            question="Optimise the launch angle of a throw so that its range is as large as possible.",
        ),
    ),
)
def optimize_parameters(request: OptimumRequest, ctx: ComputingContext) -> Optimum:
    """Find the fields of a solver's request for which its result is least, greatest, or a wanted number, within ranges.

    One field: the range is scanned, then Brent's method in each place that shows a root or an optimum. Several: a scan
    by Sobol's sequence, Nelder-Mead from the best places, and once more from where that ends.

    Source: Brent, Algorithms for Minimization without Derivatives (1973); Nelder & Mead, Comput. J. 7 (1965), 308-313.
    """
    from nis_backend.capabilities.physics.studies.optimising import search  # noqa: PLC0415 - loads in the worker only

    return search(request, ctx)


OPERATIONS = (sweep_parameters, analyze_sensitivity, fit_parameters, optimize_parameters)
