"""How fast is learned at each step: two stages, as those who train ternary models do.

In the first stage the rate is high and weights decay; in the second the rate is lower and they do not. A ternary
weight turns over only where the float weight behind it crosses an edge: late in a training small steps let the codes
settle, and decay would pull weights at rest across the edge to zero.

Source: Ma et al. (2024), "The era of 1-bit LLMs: training tips, code and FAQ"; Ma et al. (2025), arXiv:2504.12285.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Stages:
    """Rates and decay over a training."""

    steps: int
    warmup: int
    """Steps until the rate is whole."""
    first: float
    """Learning rate of the first stage."""
    second: float
    """Of the second."""
    turn: float
    """After which part of the steps the second begins."""
    decay: float
    """Weight decay of the first stage; the second has none."""

    def rate(self, step: int) -> float:
        """Learning rate of this step, the first being 0: a line down to nothing at the end, lower from the turn on."""
        peak = self.first if step < self.turn * self.steps else self.second
        return peak * min(1.0, (step + 1) / max(1, self.warmup)) * (1 - step / self.steps)

    def decay_at(self, step: int) -> float:
        """Weight decay of this step."""
        return self.decay if step < self.turn * self.steps else 0.0


def share_at(step: int, rise: int) -> float:
    """How much of a weight is ternary while a float model is turned: a line up over `rise` steps."""
    return 1.0 if rise <= 0 else min(1.0, (step + 1) / rise)
