"""Levenberg and Marquardt's way down a sum of squares, with every residual's row of the Jacobian."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

torch: Any = import_module("torch")  # Any: this project reads it without its types

TRIES = 14
"""How many times a step is shortened before the way down is called at its end."""
SHORTER, LONGER = 4.0, 3.0
"""By what the damping grows when a step failed, and falls when it did not."""


class Squares(Protocol):
    """Residuals whose squares are summed."""

    def residuals(self, parameters: Array) -> Array:
        """Each residual, `(rows,)`."""
        ...

    def rows(self, parameters: Array) -> tuple[Array, Array]:
        """Each residual, and how it turns with each parameter, `(rows, parameters)`."""
        ...


@dataclass(kw_only=True)
class Descent:
    """Where the way down is: one `step` after the other, with damping that is kept between them.

    Source: Levenberg, Quart. Appl. Math. 2 (1944), 164-168; Marquardt, SIAM J. Appl. Math. 11 (1963), 431-441.
    """

    squares: Squares
    parameters: Array
    damping: float = 1e-3
    loss: float = math.inf
    """Mean square of the residuals."""
    steps: int = 0
    stalled: bool = False
    tried: int = 0
    """Sets of residuals computed."""
    _rows: tuple[Array, Array] | None = field(default=None, repr=False)

    def moved(self) -> None:
        """The residuals are others now: what is known of them is forgotten."""
        self._rows = None
        self.stalled = False

    def curvature(self) -> tuple[Array, Array]:
        """Gauss's and Newton's matrix of the squares' sum, halved, and its gradient, halved."""
        residuals, turned = self._seen()
        # By torch, whose threads can be counted: numpy's spin where others want the cores.
        by = torch.from_numpy(turned)
        return (by.T @ by).numpy(), (by.T @ torch.from_numpy(residuals)).numpy()

    def _seen(self) -> tuple[Array, Array]:
        if self._rows is None:
            self._rows = self.squares.rows(self.parameters)
            self.tried += 1
            self.loss = float(np.mean(self._rows[0] ** 2))
        return self._rows

    def step(self) -> bool:
        """Go on to less; whether there was any."""
        residuals, _ = self._seen()
        matrix, slope = self.curvature()
        count = len(residuals)
        for _ in range(TRIES):
            there = self._tried(matrix, slope, self.damping * count)
            if there is not None:
                now = self.squares.residuals(there)
                self.tried += 1
                if float(np.mean(now**2)) < self.loss:
                    self.parameters = there
                    self.damping = max(self.damping / LONGER, 1e-15)
                    self.steps += 1
                    self._rows = None
                    self._seen()
                    return True
            self.damping *= SHORTER
        self.stalled = True
        return False

    def _tried(self, matrix: Array, slope: Array, damping: float) -> Array | None:
        damped = torch.from_numpy(matrix).clone()
        damped.diagonal().add_(damping)
        factor, failed = torch.linalg.cholesky_ex(damped)
        if int(failed):
            return None
        change: Array = torch.cholesky_solve(torch.from_numpy(slope)[:, None], factor)[:, 0].numpy()
        return self.parameters - change if np.all(np.isfinite(change)) else None


def run_down(descent: Descent, most: int, heard: Callable[[Descent], bool]) -> None:
    """Step until there is no less, `most` steps are done, or `heard` says that it is enough."""
    for _ in range(most):
        if not descent.step() or heard(descent):
            return
