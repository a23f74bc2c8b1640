"""Radau IIA of order 5 for stiff systems M·y' = f(t, y); M may be singular, where equations without a rate stand too.

L-stable and stiffly accurate: fast parts that have died out need no small steps, and constraints hold at every step.
Source: Hairer & Wanner, Solving Ordinary Differential Equations II (1996), IV.8.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.dynamics.schemes import FAILURES, Attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.dynamics.schemes import Rate, State

    Array = NDArray[np.float64]
    Jacobian = Callable[[float, State], Array]

ROOT = math.sqrt(6)
NODES = np.array([(4 - ROOT) / 10, (4 + ROOT) / 10, 1.0])
MATRIX = np.array(
    [
        [(88 - 7 * ROOT) / 360, (296 - 169 * ROOT) / 1800, (-2 + 3 * ROOT) / 225],
        [(296 + 169 * ROOT) / 1800, (88 + 7 * ROOT) / 360, (-2 - 3 * ROOT) / 225],
        [(16 - ROOT) / 36, (16 + ROOT) / 36, 1 / 9],
    ]
)
GAMMA = 3 + 3 ** (2 / 3) - 3 ** (1 / 3)
"""The real eigenvalue of the inverse of the matrix."""
ERRORS = np.array([-13 - 7 * ROOT, -13 + 7 * ROOT, -1.0]) / 3
MOST_ROUNDS = 14
"""Newton's rounds: with a Jacobian of the step's beginning each gains a digit or more, or the step is too long."""
CLOSE, CLOSE_ENOUGH = 1e-13, 1e-9
"""Relative size of the last correction that ends Newton's rounds; the second, where rounding stops them."""
EXACT = 3
"""Rounds after which nothing but rounding is left where the Jacobian never changes."""
KEPT = 64
"""Matrices of as many lengths of a step that are kept."""
DEEPEST = 12
"""Halvings of a step whose equations Newton's method does not solve."""


class UnsolvedError(ArithmeticError):
    """Newton's method did not solve the equations of a step."""


def differences(rate: Rate) -> Jacobian:
    """The Jacobian of a rate by differences, a column for each state."""

    def jacobian(t: float, y: State) -> Array:
        base = np.array(rate(t, y))
        # Where all is zero, how fast it grows stands for its size.
        largest = max(map(abs, y), default=0.0) or float(np.max(np.abs(base))) or 1.0
        columns: list[Array] = []
        for place, value in enumerate(y):
            apart = 1.5e-8 * max(abs(value), 1e-7 * largest, 1e-150)
            moved = (*y[:place], value + apart, *y[place + 1 :])
            columns.append((np.array(rate(t, moved)) - base) / (moved[place] - value))
        return np.stack(columns, axis=1)

    return jacobian


class Radau:
    """The method at work on one system."""

    name = "Radau IIA, 3 stages"
    order = 5
    source = "Hairer & Wanner, Solving Ordinary Differential Equations II (1996), IV.8"

    def __init__(
        self,
        rate: Rate,
        jacobian: Jacobian | None = None,
        mass: Array | None = None,
        together: Callable[[Array, Array], Array] | None = None,
        consistent: Callable[[float, State], State] | None = None,
    ) -> None:
        """`together` gives the rates at three times and states at once, and says that the Jacobian never changes.

        `consistent` gives what has no rate anew, from what has: for just behind a jump of the sources.
        """
        self.rate = rate
        self.jacobian = jacobian or differences(rate)
        self.mass = mass
        self.together, self.consistent = together, consistent
        self.evaluations = 0
        self._inverses: dict[str, Array] = {}
        # Errors are of what has a rate: the rest follows from it.
        self._moving = None if mass is None else mass @ np.linalg.pinv(mass)

    def _mass(self, size: int) -> Array:
        return np.eye(size) if self.mass is None else self.mass

    def _inverse(self, t: float, y: State, h: float) -> Array:
        """Of the matrix of the stages' equations; kept where steps repeat and the Jacobian stays."""
        key = f"{h:.12g}" if self.together else ""
        if key in self._inverses and key:
            return self._inverses[key]
        size = len(y)
        matrix: Array = np.kron(np.eye(3), self._mass(size)) - h * np.kron(MATRIX, self.jacobian(t, y))
        made = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
        if key:
            if len(self._inverses) >= KEPT:
                self._inverses.clear()
            self._inverses[key] = made
        return made

    def _rates(self, t: float, h: float, states: Array) -> Array:
        self.evaluations += 3
        if self.together is not None:
            return self.together(t + NODES * h, states)
        times = (t + NODES * h).tolist()
        return np.array([self.rate(at, tuple(one)) for at, one in zip(times, states.tolist(), strict=True)])

    def _stages(self, t: float, y: State, h: float) -> Array:
        """What each stage adds to the state, `(3, states)`, by Newton's method with one matrix."""
        size, mass = len(y), self.mass
        inverse, begin = self._inverse(t, y, h), np.array(y)
        added = np.zeros((3, size))
        # A component that is a rounding error of the others is not waited for.
        floor = 1e-13 * max(map(abs, y), default=0.0) + 1e-300
        before = math.inf
        for number in range(MOST_ROUNDS):
            moved = added if mass is None else added @ mass.T
            missed = moved - h * (MATRIX @ self._rates(t, h, begin + added))
            change = (inverse @ missed.ravel()).reshape(3, size)
            added -= change
            scale = np.maximum(np.maximum(np.abs(begin), np.abs(added).max(axis=0)), floor)
            now = float(np.max(np.abs(change) / scale))
            if not math.isfinite(now):
                break
            # Where the matrix is exact, what a third round still moves is rounding.
            near = before <= CLOSE_ENOUGH or (self.together is not None and number >= EXACT)
            if now <= CLOSE or (near and now >= 0.3 * before):
                return added
            before = now
        raise UnsolvedError

    def step(self, t: float, y: State, h: float, depth: int = 0) -> State:
        """See `Scheme.step`; where Newton's method fails, two halves of the step."""
        try:
            # What grows beyond a double ends the rounds, and is no warning.
            with np.errstate(all="ignore"):
                added = self._stages(t, y, h)
        except (UnsolvedError, np.linalg.LinAlgError):
            if depth >= DEEPEST:
                raise UnsolvedError from None
            return self.step(t + h / 2, self.step(t, y, h / 2, depth + 1), h / 2, depth + 1)
        return tuple((y + added[2]).tolist())

    def attempt(self, t: float, y: State, h: float) -> Attempt | None:
        """See `Scheme.attempt`."""
        try:
            with np.errstate(all="ignore"):
                added = self._stages(t, y, h)
                error = self._error(t, y, h, added)
        except (*FAILURES, np.linalg.LinAlgError):
            return None
        if not np.all(np.isfinite(error)) or not np.all(np.isfinite(added)):
            return None
        return Attempt(state=tuple((y + added[2]).tolist()), error=tuple(error.tolist()))

    def _error(self, t: float, y: State, h: float, added: Array) -> Array:
        """Hairer's: of order three, filtered so that what is stiff does not count."""
        mass = self._mass(len(y))
        if self.consistent is None:
            begun = np.array(self.rate(t, y))
        else:
            # Just behind the beginning, where a source may have jumped.
            behind = t + 1e-6 * h
            begun = np.array(self.rate(behind, self.consistent(behind, y)))
        defect = begun + mass @ (ERRORS @ added) / h
        defect = defect if self._moving is None else self._moving @ defect
        error = np.linalg.solve(GAMMA / h * mass - self.jacobian(t, y), defect)
        return np.asarray(error, dtype=np.float64)
