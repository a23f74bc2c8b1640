"""Fits that are kept: each by the scores of what was held out of it, and a long one also while it is under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.training.job import Job

    Array = NDArray[np.float64]
    Places = NDArray[np.int64]
    Tensors = dict[str, Any]

torch: Any = import_module("torch")  # Any: this project reads it without its types

SCORES, KEPT, UNDER = "scores:", "kept:", "under:"
"""What names of tensors in a checkpoint begin with."""


class Candidate(Protocol):
    """One way that may turn out best."""

    @property
    def name(self) -> str:
        """Its name among the candidates."""
        ...

    @property
    def words(self) -> str:
        """What it is, for a person."""
        ...

    @property
    def steps(self) -> int:
        """Of one fit."""
        ...

    def scores(self, fit: Places, held: Places, under: Under) -> Array:
        """Probabilities (held, labels), or numbers (held, 1), of rows held out, fitted with the others."""
        ...


class Over(Exception):
    """The budget has ended while a fit was under way."""


@dataclass(kw_only=True)
class Fits:
    """What was fitted up to now, and how many steps that were."""

    job: Job
    tensors: Tensors = field(default_factory=dict[str, Any])
    done: int = 0
    under: str = ""
    """The fit that a checkpoint was under way in, and its step."""
    under_step: int = 0

    @classmethod
    def of(cls, job: Job, steps: int) -> Fits:
        """Those of the newest checkpoint, where there is one."""
        job.steps = steps
        saved = job.resume()
        if saved is None:
            return cls(job=job)
        state = saved.state
        return cls(job=job, tensors=dict(saved.tensors), under=str(state["under"]), under_step=int(state["under_step"]))

    @property
    def over(self) -> bool:
        """Whether the budget has ended."""
        return self.job.seconds is not None and self.job.spent > self.job.seconds

    def scores(
        self, candidate: Candidate, number: int, pair: tuple[Places, Places], loss: Callable[[Places, Array], float]
    ) -> Array | None:
        """What a candidate says of the part held out; kept, it is not fitted again. None where the budget has ended."""
        job, key = self.job, f"{candidate.name}/{number}"
        if SCORES + key not in self.tensors:
            if self.over:
                return None
            try:
                found = candidate.scores(*pair, Under(fits=self, key=key))
            except Over:
                return None
            self.tensors = {name: one for name, one in self.tensors.items() if not name.startswith(UNDER)}
            self.tensors[SCORES + key] = torch.from_numpy(np.ascontiguousarray(found))
            self.under = ""
            step = self.done + candidate.steps
            job.report(step, {"loss": loss(pair[1], found)}, message=f"{candidate.words}, part {number + 1}")
            if job.due(step):
                self.save(step)
        self.done += candidate.steps
        return self.tensors[SCORES + key].numpy()

    def save(self, step: int) -> None:
        """Keep what there is."""
        self.job.save(step, self.tensors, {"under": self.under, "under_step": self.under_step})


@dataclass(frozen=True, kw_only=True)
class Under:
    """One fit while it is under way."""

    fits: Fits
    key: str

    def begun(self) -> tuple[int, Tensors]:
        """Steps that were done before this attempt, and the tensors after them; 0 and none where there were none."""
        if self.fits.under != self.key:
            return 0, {}
        found = {name.removeprefix(UNDER): one for name, one in self.fits.tensors.items() if name.startswith(UNDER)}
        return self.fits.under_step, found

    def tell(self, step: int, loss: float, tensors: Callable[[], Tensors]) -> None:
        """Say what a step came to, and keep what is there when that is due.

        Raises:
            Over: the budget has ended.
        """
        fits = self.fits
        fits.job.report(fits.done + step, {"loss": loss})
        if fits.over:
            raise Over
        if fits.job.due(fits.done + step):
            fits.tensors = {name: one for name, one in fits.tensors.items() if not name.startswith(UNDER)}
            fits.tensors |= {UNDER + name: one for name, one in tensors().items()}
            fits.under, fits.under_step = self.key, step
            fits.save(fits.done + step)

    def keep(self, tensors: Tensors) -> None:
        """Keep what was fitted beside its scores."""
        self.fits.tensors |= {f"{KEPT}{self.key}/{name}": one for name, one in tensors.items()}

    def kept(self) -> Tensors:
        """What `keep` has kept of this fit; none where there is nothing."""
        start = f"{KEPT}{self.key}/"
        return {name.removeprefix(start): one for name, one in self.fits.tensors.items() if name.startswith(start)}
