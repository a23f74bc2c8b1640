"""Training one window's network: residuals at collocation points, and at samples where a coefficient is sought."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.learned.descent import Descent
from nis_backend.capabilities.physics.learned.network import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.learned.window import Places, Window

    Array = NDArray[np.float64]
    Tensor = Any

EVERY = 10
"""Steps between two looks at where the equation is missed most."""
CANDIDATES = 8
"""Places looked at for each that is kept."""
FIRM = 10.0
"""How much more a miss of the equation counts than one of a sample: the samples may be noisy, the equation is not."""


@dataclass(kw_only=True)
class Seen:
    """Samples of the solution, scaled as the window is."""

    places: Places
    values: Tensor


@dataclass(kw_only=True)
class Misses:
    """What is squared and summed: by how much the equation is missed at each point, and the samples if there are any.

    Of the parameters the last is the logarithm of the coefficient's factor, where samples are seen.
    """

    window: Window
    points: Places
    scale: float
    """A miss that counts 1: what the start alone misses."""
    seen: Seen | None = None

    @property
    def balance(self) -> float:
        """What makes the samples count together as much as the points."""
        return math.sqrt(len(self.points) / len(self.seen.values)) if self.seen else 1.0

    def residuals(self, parameters: Array) -> Array:
        """See `Squares.residuals`."""
        net, factor = self.split(parameters)
        window = self.window
        one = window.solution(window.run(net, self.points).channels, self.points)
        rows = window.residual(one, factor) / self.scale
        if self.seen is not None:
            told = window.solution(window.run(net, self.seen.places).channels, self.seen.places).value
            rows = torch.cat([FIRM * rows, self.balance * (told - self.seen.values)])
        return rows.numpy()

    def rows(self, parameters: Array) -> tuple[Array, Array]:
        """See `Squares.rows`."""
        net, factor = self.split(parameters)
        window = self.window
        ran = window.run(net, self.points, learning=True)
        one = window.solution(ran.channels, self.points)
        rows = window.residual(one, factor) / self.scale
        turned = ran.jacobian(rows)
        rows = rows.detach()
        if self.seen is None:
            return rows.numpy(), turned.numpy()
        # By the logarithm of the factor, the coefficient turns as it is.
        by_factor = -factor * window.coefficient * one.by_xx.detach() / self.scale
        told = window.run(net, self.seen.places, learning=True)
        gaps = window.solution(told.channels, self.seen.places).value - self.seen.values
        upper = FIRM * torch.cat([turned, by_factor[:, None]], dim=1)
        lower = self.balance * torch.cat([told.jacobian(gaps), torch.zeros(len(gaps), 1, dtype=torch.float64)], dim=1)
        return torch.cat([FIRM * rows, self.balance * gaps.detach()]).numpy(), torch.cat([upper, lower]).numpy()

    def split(self, parameters: Array) -> tuple[Tensor, float]:
        """The network's parameters, and the coefficient's factor."""
        if self.seen is None:
            return torch.from_numpy(parameters), 1.0
        return torch.from_numpy(parameters[:-1]), math.exp(min(50.0, max(-50.0, float(parameters[-1]))))

    def missed(self, parameters: Array, places: Places) -> Array:
        """By how much the equation is missed at other points."""
        net, factor = self.split(parameters)
        one = self.window.solution(self.window.run(net, places).channels, places)
        return (self.window.residual(one, factor) / self.scale).numpy()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a window's network is trained."""

    points: int
    epochs: int
    enough: float
    """Root mean square of the equation's misses at which training ends."""
    seed: int
    spread: float
    adaptive: bool
    """Whether points are moved to where the equation is missed most."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A window's network."""

    parameters: Array
    epochs: int
    evaluations: int
    loss: float
    descent: Descent
    misses: Misses


class Points:
    """Where to look next: Sobol's sequence, scrambled, over place and time."""

    def __init__(self, seed: int) -> None:
        self._engine: Any = torch.quasirandom.SobolEngine(2, scramble=True, seed=seed)
        self._chance = np.random.default_rng(seed)

    def draw(self, count: int) -> tuple[Array, Array]:
        """That many places and times."""
        drawn: Array = self._engine.draw(count, dtype=torch.float64).numpy()
        return drawn[:, 0], drawn[:, 1]

    def chosen(self, misses: Array, count: int) -> NDArray[np.int64]:
        """That many of the candidates, the more likely the more they miss.

        Source: Wu, Zhu, Tan, Kartha & Lu, Comput. Methods Appl. Mech. Eng. 403 (2023), 115671.
        """
        weight = np.abs(misses) / np.mean(np.abs(misses)) + 1
        return self._chance.choice(len(misses), count, replace=False, p=weight / np.sum(weight))


def train(
    window: Window, plan: Plan, heard: Callable[[Descent], None], *, seen: Seen | None = None, guess: float = 0.0
) -> Trained:
    """Train a network; `heard` is told after each step, `guess` is the factor's logarithm to begin with."""
    points = Points(plan.seed)
    net = window.shape.begin(plan.seed, plan.spread)
    begun = window.places(*points.draw(plan.points))
    misses = Misses(window=window, points=begun, scale=1.0, seen=seen)
    # What is missed where the network says nothing: the start, left as it is.
    alone = window.residual(window.solution(torch.zeros(len(begun), 3 + len(window.seconds)), begun))
    misses.scale = max(float(torch.sqrt(torch.mean(alone**2))), 1e-9)
    parameters = net.numpy() if seen is None else np.append(net.numpy(), guess)
    descent = Descent(squares=misses, parameters=parameters)
    while descent.steps < plan.epochs:
        if not descent.step() and not plan.adaptive:
            break
        heard(descent)
        if plan.adaptive and (descent.steps % EVERY == 0 or descent.stalled):
            x, t = points.draw(CANDIDATES * plan.points)
            missed = misses.missed(descent.parameters, window.places(x, t))
            if float(np.sqrt(np.mean(missed**2))) <= plan.enough:
                break
            kept = points.chosen(missed, plan.points)
            misses.points = window.places(x[kept], t[kept])
            stuck = descent.stalled
            descent.moved()
            if stuck and not descent.step():
                break
        elif not plan.adaptive and math.sqrt(descent.loss) <= plan.enough:
            break
    net_only = descent.parameters if seen is None else descent.parameters[:-1]
    return Trained(
        parameters=net_only,
        epochs=descent.steps,
        evaluations=descent.tried,
        loss=descent.loss,
        descent=descent,
        misses=misses,
    )
