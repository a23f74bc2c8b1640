"""Events: where a formula of time and state passes zero on a path."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.physics.dynamics.schemes import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nis_backend.capabilities.physics.dynamics.march import Path
    from nis_backend.capabilities.physics.dynamics.schemes import Scheme, State

PARTS = 4
"""Parts of a step at whose ends a formula is looked at."""
ROUNDS = 80
"""Halvings of the step that a crossing lies in: more than a double has bits."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A formula whose passing of zero is an event."""

    name: str
    value: Callable[[float, State], float]
    direction: Literal["rising", "falling", "both"]
    terminal: bool

    def at(self, t: float, y: State) -> float:
        """Its value; nan where it has none."""
        try:
            return self.value(t, y)
        except FAILURES:
            return math.nan

    def passes(self, before: float, after: float) -> bool:
        """Whether zero is passed between two values, in the direction asked for; a start at zero is no event."""
        up, down = before < 0 <= after, before > 0 >= after
        return (up and self.direction != "falling") or (down and self.direction != "rising")


@dataclass(frozen=True, kw_only=True)
class Found:
    """An event that happened."""

    watched: Watched
    time: float
    state: State


def stopping(watched: Sequence[Watched]) -> Callable[[float, State, float, State], bool] | None:
    """Whether a terminal one of these happens between two states."""
    ends = [one for one in watched if one.terminal]
    if not ends:
        return None
    return lambda a, x, b, y: any(one.passes(one.at(a, x), one.at(b, y)) for one in ends)


def find(scheme: Scheme, path: Path, watched: Sequence[Watched]) -> Iterator[Found]:
    """Every event on a path in order of time, a terminal one last; each is reached by one step of fitting length.

    Within each step a formula is looked at in a few places more, and where it comes near zero and goes again, nearest.
    """
    slope = _slope(scheme, path.times[0], path.states[0])
    values = [one.at(path.times[0], path.states[0]) for one in watched]
    for number in range(path.steps):
        a, b, y, z = path.times[number], path.times[number + 1], path.states[number], path.states[number + 1]
        after, following = [one.at(b, z) for one in watched], _slope(scheme, b, z)
        between = _Between(a=a, h=b - a, y=y, z=z, slopes=(slope, following))
        here: list[Found] = []
        for one, u, v in zip(watched, values, after, strict=True):
            seen = [found for at in between.brackets(one, u, v) if (found := _locate(scheme, a, y, at, one))]
            whole = None if seen or not one.passes(u, v) else _locate(scheme, a, y, (0.0, b - a), one)
            here += [whole] if whole else seen
        values, slope = after, following
        for one in sorted(here, key=lambda one: one.time):
            yield one
            if one.watched.terminal:
                return


def _slope(scheme: Scheme, t: float, y: State) -> State | None:
    try:
        return scheme.rate(t, y)
    except FAILURES:
        return None


@dataclass(frozen=True, kw_only=True)
class _Between:
    """The states within a step, by the cubic that has the states and slopes of its ends (Hermite)."""

    a: float
    h: float
    y: State
    z: State
    slopes: tuple[State | None, State | None]

    def at(self, watched: Watched, part: float) -> float:
        """A formula's value at this part of the step."""
        first, last = self.slopes
        if first is None or last is None:
            return math.nan
        s, r, h = part, 1 - part, self.h
        w, x, u, v = r * r * (1 + 2 * s), s * s * (3 - 2 * s), h * s * r * r, -h * s * s * r
        state = tuple([w * a + x * b + u * c + v * d for a, b, c, d in zip(self.y, self.z, first, last, strict=True)])
        return watched.at(self.a + part * h, state)

    def brackets(self, watched: Watched, u: float, v: float) -> list[tuple[float, float]]:
        """Parts of the step in which zero is passed."""
        places = [number / PARTS for number in range(PARTS + 1)]
        values = [u, *(self.at(watched, part) for part in places[1:-1]), v]
        low = [n for n in range(1, PARTS) if _nears(values[n - 1 : n + 2])]
        for number in reversed(low):
            nearest = self._nearest(watched, places[number - 1], places[number + 1], math.copysign(1, values[number]))
            if self.at(watched, nearest) * values[number] <= 0:
                where = number if nearest < places[number] else number + 1
                places.insert(where, nearest)
                values.insert(where, self.at(watched, nearest))
        pairs = zip(itertools.pairwise(places), itertools.pairwise(values), strict=True)
        return [(s * self.h, r * self.h) for (s, r), (x, y) in pairs if watched.passes(x, y)]

    def _nearest(self, watched: Watched, low: float, high: float, sign: float) -> float:
        """Where the formula is least beyond zero, by thirds; it stops on the other side of it."""
        for _ in range(40):
            s, r = low + (high - low) / 3, high - (high - low) / 3
            x, y = sign * self.at(watched, s), sign * self.at(watched, r)
            if min(x, y) <= 0:
                return s if x <= y else r
            low, high = (low, r) if x <= y else (s, high)
        return (low + high) / 2


def _nears(values: Sequence[float]) -> bool:
    """Whether the middle of three of one sign is nearest to zero."""
    a, b, c = values
    return (b > 0 and a >= b <= c) or (b < 0 and a <= b >= c)


def _locate(scheme: Scheme, t: float, y: State, within: tuple[float, float], watched: Watched) -> Found | None:
    """The crossing within a part of a step: false position, held within the bracket by bisection (Illinois).

    None where the states themselves, unlike the cubic between them, do not pass zero there.
    """
    low, high = within
    s, state, side = high, scheme.step(t, y, high), 0
    below, above = watched.at(t + low, scheme.step(t, y, low) if low else y), watched.at(t + high, state)
    if not watched.passes(below, above):
        return None
    if above == 0:
        return Found(watched=watched, time=t + high, state=state)
    for _ in range(ROUNDS):
        s = high - above * (high - low) / (above - below) if above != below else (low + high) / 2
        s = s if low < s < high else (low + high) / 2
        state = scheme.step(t, y, s)
        value = watched.at(t + s, state)
        if value == 0 or high - low <= 2 * math.ulp(t + high):
            break
        if (value > 0) == (above > 0):
            high, above = s, value
            below = below / 2 if side > 0 else below
            side = 1
        else:
            low, below = s, value
            above = above / 2 if side < 0 else above
            side = -1
    return Found(watched=watched, time=t + s, state=state)
