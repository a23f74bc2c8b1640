"""Networks that learn an equation or a law, each beside the classical answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.learned import asked, views
from nis_backend.capabilities.physics.learned.equations import LearnedField, PinnRequest
from nis_backend.capabilities.physics.learned.table import KanFit, KanRequest
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = ["OPERATIONS", "fit_kan", "solve_pinn"]

LONGEST = 900.0
"""Seconds of the largest training that is begun, on a slow core that others use too."""


@operation(
    "physics.solve_pinn",
    effect="reads",
    pool="learning",
    time_limit=LONGEST,
    view=views.draw_pinn,
    examples=(
        Example(
            title="Heat, by a small network",
            request={
                "equation": "heat",
                "initial": "sin(pi*x)",
                "diffusivity": 1,
                "duration": 0.2,
                "width": 10,
                "points": 300,
            },
            question='Train a PINN on the heat equation with diffusivity 1 m²/s for 0.2 s, starting from "sin(pi*x)".',
            also=asked.PINN,
        ),
        Example(
            title="A string with two waves",
            request={
                "equation": "wave",
                "initial": "sin(pi*x) + 0.5*sin(2*pi*x)",
                "speed": 1,
                "duration": 1,
                "epochs": 60,
            },
            question='Train a neural network as a PINN with equation wave, speed 1 m/s, time 1 s and "sin(pi*x) + '
            '0.5*sin(2*pi*x)".',
        ),
        Example(
            title="The diffusivity behind measurements",
            request={
                "equation": "heat",
                "initial": "sin(pi*x)",
                "duration": 1,
                "samples": {
                    "position": [0.2, 0.4, 0.5, 0.6, 0.8, 0.3, 0.7, 0.5],
                    "time": [0.2, 0.3, 0.5, 0.4, 0.6, 0.8, 0.9, 1.0],
                    "value": [0.4556, 0.6431, 0.5279, 0.5686, 0.2716, 0.2906, 0.2544, 0.2770],
                },
                "width": 10,
                "points": 300,
                "epochs": 40,
            },
            question="Find the diffusivity in the heat equation from measured samples over 1 s with a physics-informed "
            'neural network, initially "sin(pi*x)".',
        ),
    ),
)
def solve_pinn(request: PinnRequest, ctx: WorkerContext) -> LearnedField:
    """Train a neural network (PINN) on heat, waves or Burgers, or find a coefficient from measurements with one.

    The network meets the start and the ends exactly; the equation's residuals are driven down by Levenberg-Marquardt
    with their full Jacobian, in double precision, long times in stretches one after the other. Beside it stand the
    classical answer and the network's true relative L2 error against it. From samples with noise the coefficient is
    found with its standard error, by the curvature of the loss. The classical solver is faster and more exact.

    Source: Raissi, Perdikaris & Karniadakis, J. Comput. Phys. 378 (2019), 686-707; Lagaris, Likas & Fotiadis, IEEE
    Trans. Neural Networks 9 (1998), 987-1000; adaptive points: Wu et al., Comput. Methods Appl. Mech. Eng. 403 (2023).
    """
    from nis_backend.capabilities.physics.learned.pinn import solve  # noqa: PLC0415 - loads in the worker only

    return solve(request, ctx.progress)


@operation(
    "physics.fit_kan",
    effect="reads",
    pool="learning",
    time_limit=LONGEST,
    view=views.draw_kan,
    examples=(
        Example(
            title="A law behind samples",
            request={"formula": "exp(sin(pi*x) + y^2)", "rows": 300, "hidden": 1},
            question='Fit a KAN to 300 samples of "exp(sin(pi*x) + y^2)" and read the formula from it.',
            also=asked.KAN,
        ),
        Example(
            title="A product",
            request={"formula": "x*y", "hidden": 2},
            question='Which formula does a Kolmogorov-Arnold network find in samples of "x*y"?',
        ),
        Example(
            title="A table",
            request={
                "inputs": [[number / 20] for number in range(40)],
                "outputs": [round(2.5 * (number / 20) ** 2 + 1, 6) for number in range(40)],
                "names": ["time"],
                "hidden": 1,
            },
            question="Find a symbolic law for my table of measurements by a Kolmogorov-Arnold network.",
        ),
    ),
)
def fit_kan(request: KanRequest, ctx: WorkerContext) -> KanFit:
    """Fit a Kolmogorov-Arnold network (KAN) to a table and read a formula from it: regression with symbolic export.

    Every edge is a cubic spline and a bent line, trained by Levenberg-Marquardt on a coarse and then a fine grid; edges
    compete, and what carries nothing is taken away. Each edge is likened to a library of functions, and the numbers of
    the formula so found are fitted to the rows. All is judged by held-out rows, beside a linear and a polynomial fit.

    Source: Liu et al., KAN: Kolmogorov-Arnold Networks, ICLR 2025, arXiv:2404.19756.
    """
    from nis_backend.capabilities.physics.learned.regression import fit  # noqa: PLC0415 - loads in the worker only

    return fit(request, ctx.progress)


OPERATIONS = (solve_pinn, fit_kan)
