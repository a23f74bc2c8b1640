"""The search for joints' positions that bring a tool to a pose, from many starts at once, within the joints' ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.robotics.geometry import rotation_vector

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.robotics.chain import Chain
    from nis_backend.capabilities.robotics.geometry import Floats

ROUNDS = 200
"""Most steps of a search; one that converges needs about ten."""
STALLED = 1e-15
"""Relative: an error that falls by less is as small as it gets."""
NOTHING = 1e-30
"""Square metres: rounding."""
LIGHTEST, HEAVIEST = 1e-15, 1e12
"""Damping: below the first it changes no digit, above the second it moves nothing."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What a tool is to reach: a place, and a turn where one is wanted."""

    place: Floats
    turn: Floats | None
    """3 x 3."""
    arm: float
    """Metres that a radian of turn counts as."""

    def misses(self, chain: Chain, q: Floats) -> Floats:
        """(…, 3 or 6): what is left, place and turn, in metres."""
        at = chain.pose(q)
        left = self.place - at[..., :3, 3]
        if self.turn is None:
            return left
        turned = rotation_vector(self.turn @ np.swapaxes(at[..., :3, :3], -1, -2))
        return np.concatenate([left, self.arm * turned], axis=-1)

    def slopes(self, chain: Chain, q: Floats) -> Floats:
        """(…, 3 or 6, n): how that falls with the joints."""
        jacobian = chain.jacobian(q)
        return jacobian[..., :3, :] if self.turn is None else jacobian * np.array([1, 1, 1, *[self.arm] * 3])[:, None]


@dataclass(frozen=True, kw_only=True)
class Searched:
    """Where the starts have led."""

    positions: Floats
    """(starts, n)"""
    misses: Floats
    """(starts, 3 or 6)"""
    rounds: int
    evaluations: int


def search(
    chain: Chain,
    aim: Aim,
    starts: Floats,
    tell: Callable[[float], None] = lambda _: None,
    enough: float = 0.0,
) -> Searched:
    """Levenberg and Marquardt's damped least squares from each start.

    Quadratic near a pose that is reached and not singular, linear near the nearest pose to one that is not. A joint
    that would leave its range stays at its end while the others go on. At so many metres left it is `enough`.

    Source: Marquardt, J. SIAM 11 (1963), 431-441; Nakamura & Hanafusa, J. Dyn. Sys. Meas. Control 108 (1986), 163-171;
    damping: Nielsen, Damping parameter in Marquardt's method (1999).
    """
    q = np.clip(starts, chain.lower, chain.upper)
    missed = aim.misses(chain, q)
    error = np.sum(missed**2, axis=1)
    damping, growth = np.full(len(q), 1e-3), np.full(len(q), 2.0)
    live = np.ones(len(q), dtype=bool)
    rounds = evaluations = 0
    while live.any() and rounds < ROUNDS:
        rounds += 1
        some = np.flatnonzero(live)
        evaluations += len(some)
        step, promised = _steps(chain, q[some], aim.slopes(chain, q[some]), missed[some], damping[some])
        tried = q[some] + step
        left = aim.misses(chain, tried)
        now = np.sum(left**2, axis=1)
        gain = (error[some] - now) / np.maximum(promised, 1e-300)
        better = now < error[some]
        still = better & (error[some] - now <= STALLED * error[some])
        taken = some[better]
        q[taken], missed[taken], error[taken] = tried[better], left[better], now[better]
        factor = np.where(better, np.maximum(1 / 3, 1 - (2 * np.clip(gain, -10, 10) - 1) ** 3), growth[some])
        growth[some] = np.where(better, 2.0, 2 * growth[some])
        damping[some] = np.clip(damping[some] * factor, LIGHTEST, None)
        live[some] = ~(still | (damping[some] > HEAVIEST) | (error[some] < max(NOTHING, enough**2)))
        tell(rounds / ROUNDS)
    return Searched(positions=q, misses=missed, rounds=rounds, evaluations=evaluations)


def _steps(chain: Chain, q: Floats, slopes: Floats, missed: Floats, damping: Floats) -> tuple[Floats, Floats]:
    """The damped steps, within the ranges, and what they promise to take from the squared error."""
    free, step = slopes, np.zeros_like(q)
    for _ in range(2):
        normal = np.swapaxes(free, 1, 2) @ free
        pull = np.einsum("smn,sm->sn", free, missed)
        scale = damping * np.maximum(np.max(np.diagonal(normal, axis1=1, axis2=2), axis=1), 1e-12)
        normal += scale[:, None, None] * np.eye(q.shape[1])
        step: Floats = np.asarray(np.linalg.solve(normal, pull[..., None]), dtype=float)[..., 0]
        fixed = ((q + step > chain.upper) & (q >= chain.upper)) | ((q + step < chain.lower) & (q <= chain.lower))
        if not fixed.any():
            break
        free = np.where(fixed[:, None, :], 0.0, slopes)
    step = np.clip(q + step, chain.lower, chain.upper) - q
    after = missed - np.einsum("smn,sn->sm", slopes, step)
    return step, np.sum(missed**2, axis=1) - np.sum(after**2, axis=1)
