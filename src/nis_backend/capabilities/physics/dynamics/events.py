"""Events: where a formula of time and state passes zero on a path."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.physics.dynamics.schemes import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nis_backend.capabilities.physics.dynamics.march import Path
    from nis_backend.capabilities.physics.dynamics.schemes import Scheme, State

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
    """Every event on a path in order of time, a terminal one last; each is reached by one step of fitting length."""
    values = [one.at(path.times[0], path.states[0]) for one in watched]
    for number in range(path.steps):
        a, b = path.times[number], path.times[number + 1]
        after = [one.at(b, path.states[number + 1]) for one in watched]
        crossed = [one for one, u, v in zip(watched, values, after, strict=True) if one.passes(u, v)]
        values = after
        here = sorted(
            (_locate(scheme, a, path.states[number], b - a, one) for one in crossed), key=lambda one: one.time
        )
        for one in here:
            yield one
            if one.watched.terminal:
                return


def _locate(scheme: Scheme, t: float, y: State, h: float, watched: Watched) -> Found:
    """The crossing within a step: false position, held within the bracket by bisection (Illinois)."""
    low, high = 0.0, h
    s, state, side = h, scheme.step(t, y, h), 0
    below, above = watched.at(t, y), watched.at(t + h, state)
    if above == 0:
        return Found(watched=watched, time=t + h, state=state)
    for _ in range(ROUNDS):
        s = high - above * (high - low) / (above - below) if above != below else (low + high) / 2
        s = s if low < s < high else (low + high) / 2
        state = scheme.step(t, y, s)
        value = watched.at(t + s, state)
        if value == 0 or high - low <= 2 * math.ulp(t + h):
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
