"""Explicit Runge-Kutta schemes for y' = f(t, y), one step at a time, with what an embedded formula says of its error.

States are short tuples of floats: for a few numbers they are several times faster than arrays, and nothing is imported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from operator import mul
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    State = tuple[float, ...]
    Rate = Callable[[float, State], State]

FAILURES = (ArithmeticError, ValueError)
"""What a formula raises where it has no value: a division by zero, the root of a negative number, an overflow."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A step that was tried: the state after it, and the error that the embedded formula sees in each component."""

    state: State
    error: State


class Scheme(Protocol):
    """A one-step method with an embedded error."""

    name: str
    order: int
    source: str
    rate: Rate
    evaluations: int

    def step(self, t: float, y: State, h: float) -> State:
        """The state one step of `h` later.

        Raises:
            ArithmeticError, ValueError: a formula has no value on the way.
        """
        ...

    def attempt(self, t: float, y: State, h: float) -> Attempt | None:
        """As `step`, with its error; None where a formula has no value, or an equation could not be solved."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Tableau:
    """The coefficients of an explicit method; `errors` are weights of the slopes, the last of them at the new state."""

    name: str
    order: int
    lower: int
    """Order of the embedded formula."""
    nodes: Sequence[float]
    rows: Sequence[Sequence[float]]
    weights: Sequence[float]
    errors: Sequence[Sequence[float]]
    source: str


FIFTH = Tableau(
    name="Dormand-Prince 5(4)",
    order=5,
    lower=4,
    nodes=(1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0),
    rows=(
        (1 / 5,),
        (3 / 40, 9 / 40),
        (44 / 45, -56 / 15, 32 / 9),
        (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
        (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    ),
    weights=(35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
    errors=((71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40),),
    source="Dormand & Prince, J. Comput. Appl. Math. 6 (1980), 19-26",
)


FOURTH = Tableau(
    name="classical Runge-Kutta",
    order=4,
    lower=4,
    nodes=(0.5, 0.5, 1.0),
    rows=((0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)),
    weights=(1 / 6, 1 / 3, 1 / 3, 1 / 6),
    errors=(),
    source="Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), II.1",
)
"""It has no embedded error, and so attempts nothing."""


@cache
def eighth() -> Tableau:
    """Dormand and Prince's method of order 8 with its two embedded formulas, as scipy keeps it."""
    theirs: Any = import_module("scipy.integrate").DOP853  # Any: scipy has no types
    stages = int(theirs.n_stages)
    return Tableau(
        name="Dormand-Prince 8(5,3)",
        order=8,
        lower=7,
        nodes=[float(c) for c in theirs.C[1:stages]],
        rows=[[float(a) for a in row[: number + 1]] for number, row in enumerate(theirs.A[1:stages])],
        weights=[float(b) for b in theirs.B],
        errors=([float(e) for e in theirs.E5], [float(e) for e in theirs.E3]),
        source="Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), II.5 and II.10",
    )


@cache
def _unrolled(tableau: Tableau, size: int) -> Callable[[Rate, float, State, float], tuple[list[State], State]]:
    """A step of a tableau on so many numbers, written out: several times faster than loops over its coefficients.

    The source is of numbers and of names made here: y0, y1, … the state, k0_1 what slope 0 has of it.
    """

    def moved(weights: Sequence[float], one: int) -> str:
        terms = " + ".join(f"{a!r}*k{stage}_{one}" for stage, a in enumerate(weights) if a)
        return f"y{one} + h*({terms})"

    places = range(size)
    lines = [f"{''.join(f'y{one}, ' for one in places)} = y", "k0 = rate(t, y)"]
    for stage, (node, row) in enumerate(zip(tableau.nodes, tableau.rows, strict=True), start=1):
        lines.append(f"{''.join(f'k{stage - 1}_{one}, ' for one in places)} = k{stage - 1}")
        state = "".join(f"{moved(row, one)}, " for one in places)
        lines.append(f"k{stage} = rate(t + {node!r}*h, ({state}))")
    last = len(tableau.nodes)
    lines.append(f"{''.join(f'k{last}_{one}, ' for one in places)} = k{last}")
    slopes = ", ".join(f"k{stage}" for stage in range(last + 1))
    ended = "".join(f"{moved(tableau.weights, one)}, " for one in places)
    lines.append(f"return [{slopes}], ({ended})")
    source = "def step(rate, t, y, h):\n" + "".join(f"    {line}\n" for line in lines)
    made: dict[str, Any] = {"__builtins__": {}}
    exec(compile(source, "<tableau>", "exec"), made)  # noqa: S102 - see above
    return made["step"]


class Explicit:
    """A tableau at work on one system."""

    def __init__(self, rate: Rate, tableau: Tableau = FIFTH) -> None:
        self.rate, self.tableau = rate, tableau
        self.name, self.order, self.source = tableau.name, tableau.order, tableau.source
        self.evaluations = 0
        self.stiffness = 0.0
        """The step times the largest rate of decay seen in the last attempt: beyond 3.25, stability holds it back."""

    def _stepped(self, t: float, y: State, h: float) -> tuple[list[State], State]:
        self.evaluations += len(self.tableau.weights)
        return _unrolled(self.tableau, len(y))(self.rate, t, y, h)

    def step(self, t: float, y: State, h: float) -> State:
        """See `Scheme.step`."""
        return self._stepped(t, y, h)[1]

    def attempt(self, t: float, y: State, h: float) -> Attempt | None:
        """See `Scheme.attempt`."""
        try:
            slopes, state = self._stepped(t, y, h)
            slopes.append(self.rate(t + h, state))
        except FAILURES:
            return None
        if not all(map(math.isfinite, state)) or not all(map(math.isfinite, slopes[-1])):
            return None
        self._watch(y, h, slopes, state)
        columns = list(zip(*slopes, strict=True))
        first, *others = ([h * sum(map(mul, row, column)) for column in columns] for row in self.tableau.errors)
        if not others:
            return Attempt(state=state, error=tuple(first))
        # Hairer's mixture of the errors of order 5 and 3, which is of order 8.
        mixed = [a * abs(a) / math.hypot(a, 0.1 * b) if a else 0.0 for a, b in zip(first, others[0], strict=True)]
        return Attempt(state=state, error=tuple(mixed))

    def _watch(self, y: State, h: float, slopes: list[State], state: State) -> None:
        """Hairer's test of stiffness: how fast the slope changes between two states at the same time."""
        if self.tableau is not FIFTH:
            return
        row = self.tableau.rows[-1]
        columns = zip(*slopes[:5], strict=True)
        before = [a + h * sum(map(mul, row, column)) for a, column in zip(y, columns, strict=True)]
        apart = math.dist(state, before)
        self.stiffness = h * math.dist(slopes[6], slopes[5]) / apart if apart else 0.0
