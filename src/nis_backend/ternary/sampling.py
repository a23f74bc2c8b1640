"""How the next token is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOTTEST = 100.0


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How tokens are chosen, and when to stop."""

    max_tokens: int = 256
    """At most so many; the context's length bounds them too."""
    temperature: float = 0.0
    """0 takes the likeliest each time."""
    top_p: float = 1.0
    """Of the likeliest tokens those that together are at least as likely as this."""
    seed: int | None = None
    """The same seed gives the same tokens; None takes one of the system's."""
    stop: frozenset[int] = field(default_factory=frozenset[int])
    """Tokens after which nothing comes; the one that was met is handed over, as the last."""
    adjust: Callable[[Sequence[int], NDArray[np.float32]], NDArray[np.float32]] | None = None
    """What becomes of logits `(vocabulary,)` after these generated tokens: a grammar's -inf, a bias, a penalty."""

    def __post_init__(self) -> None:
        """Refuse what would choose nothing, or anything."""
        for name, fits, remedy in (
            ("max_tokens", self.max_tokens >= 1, "Set 1 or more."),
            ("temperature", 0 <= self.temperature <= HOTTEST, f"Set between 0 and {HOTTEST:g}."),
            ("top_p", 0 < self.top_p <= 1, "Set above 0, and at most 1."),
        ):
            if not fits:
                value = getattr(self, name)
                raise InvalidRequest(f"{name} is {value}.", field=name, value=str(value), remedy=remedy)


def choose(logits: NDArray[np.float32], sampling: Sampling, random: np.random.Generator) -> int:
    """A token by its logits `(vocabulary,)`; of equals the first."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    scaled = (logits.astype(np.float64) - float(logits.max())) / sampling.temperature
    chances = np.exp(scaled)
    chances /= chances.sum()
    if sampling.top_p < 1:
        order = np.argsort(-chances, kind="stable")
        sums = chances[order].cumsum()
        # The token that crosses the line is still among them.
        kept = order[: int(np.searchsorted(sums, sampling.top_p)) + 1]
        only = np.zeros_like(chances)
        only[kept] = chances[kept]
        chances = only / only.sum()
    return min(int(np.searchsorted(chances.cumsum(), random.random(), side="right")), int(chances.nonzero()[0][-1]))


def log_chance(logits: NDArray[np.float32], token: int) -> float:
    """The natural logarithm of how likely the model itself held the token, at temperature 1."""
    wide = logits.astype(np.float64)
    most = wide.max()
    return float(wide[token] - most - np.log(np.exp(wide - most).sum()))
