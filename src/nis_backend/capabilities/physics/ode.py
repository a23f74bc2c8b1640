"""Ordinary differential equations y' = f(y): classical Runge-Kutta, events, and values between the steps.

States are short tuples of floats: for two to five numbers they are several times faster than arrays.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    State = tuple[float, ...]
    Rate = Callable[[State], State]

METHOD = "classical Runge-Kutta"
ORDER = 4
SOURCE = "Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), II.1"


def advance(f: Rate, y: State, h: float) -> State:
    """`y` one step of `h` later; fourth order."""
    k1 = f(y)
    k2 = f(tuple([a + h / 2 * k for a, k in zip(y, k1, strict=True)]))
    k3 = f(tuple([a + h / 2 * k for a, k in zip(y, k2, strict=True)]))
    k4 = f(tuple([a + h * k for a, k in zip(y, k3, strict=True)]))
    return tuple([a + h / 6 * (p + 2 * (q + r) + s) for a, p, q, r, s in zip(y, k1, k2, k3, k4, strict=True)])


def cross(f: Rate, y: State, h: float, index: int) -> tuple[float, State]:
    """When within a step of `h` component `index` passes zero, and the state then.

    The crossing is reached by one Runge-Kutta step of fitting length, so the order is kept. Newton's method, held
    within the bracket by bisection.
    """
    low, high = 0.0, h
    falling = y[index] > 0 or (y[index] == 0 and f(y)[index] > 0)
    s = h / 2
    for _ in range(80):
        at = advance(f, y, s)
        value, slope = at[index], f(at)[index]
        if (value > 0) == falling:
            low = s
        else:
            high = s
        step = s - value / slope if slope else math.nan
        following = step if low < step < high else (low + high) / 2
        if following == s or high - low <= math.ulp(h):
            break
        s = following
    return s, advance(f, y, s)


def crossings(f: Rate, states: Sequence[State], h: float, index: int) -> Iterator[tuple[float, State]]:
    """Every time component `index` passes zero on a grid of step `h`, with the state then; a start at zero is none."""
    for i in range(len(states) - 1):
        here, there = states[i][index], states[i + 1][index]
        if here and (here > 0) != (there > 0):
            s, state = cross(f, states[i], h, index)
            yield i * h + s, state


def between(f: Rate, a: State, b: State, h: float, fraction: float) -> State:
    """The state at `fraction` of a step of `h` from `a` to `b`: the cubic with their values and slopes."""
    u, v = fraction, 1 - fraction
    return tuple(
        [
            v * v * (1 + 2 * u) * ya + u * u * (1 + 2 * v) * yb + h * u * v * (v * fa - u * fb)
            for ya, yb, fa, fb in zip(a, b, f(a), f(b), strict=True)
        ]
    )
