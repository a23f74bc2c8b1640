"""Candidates tried on rows held out of their fit: by the validation split where it is large enough, else by folds.

Each fit is a pure function of the rows and the seed, and is kept once it is done: what goes on later fits nothing twice
and comes to the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from nis_backend.capabilities.training.classifiers.under import Candidate, Fits
from nis_backend.errors import BudgetExceeded, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from nis_backend.capabilities.training.job import Job

    Array = NDArray[np.float64]
    Places = NDArray[np.int64]

C = TypeVar("C", bound=Candidate)

FOLDS = 5
ENOUGH, ENOUGH_EACH = 500, 20
"""Rows of a validation split, and of each label in it, by which it judges alone: with fewer, folds of all rows
judge and calibrate better, and what is chosen learns from all of them."""


@dataclass(frozen=True, kw_only=True)
class Judged(Generic[C]):
    """A candidate and what it says of the rows that were held out of its fits, by their places."""

    candidate: C
    loss: float
    scores: Array


@dataclass(frozen=True, kw_only=True)
class Parts:
    """How rows are parted for judging: by folds, or as the splits are."""

    pairs: tuple[tuple[Places, Places], ...]
    """Rows to fit with, and rows held out."""
    final: Places
    """What the best is fitted with at last: all rows, or where one part judges, those outside of it."""

    @property
    def held(self) -> Places:
        """The rows that are held out in some fit, in the order of their scores."""
        return np.concatenate([held for _, held in self.pairs])

    @property
    def by_folds(self) -> bool:
        """Whether rows are held out in turn."""
        return len(self.pairs) > 1

    @property
    def words(self) -> str:
        """By what candidates are judged."""
        return f"{len(self.pairs)} folds" if self.by_folds else f"{len(self.held)} rows held out"


def parted(train: int, alike: Places, labels: Places | None, seed: int, *, folds: int = FOLDS) -> Parts:
    """The validation's rows, which lie behind those of train, judge where they are enough; else folds of all rows do.

    Rows with the same number in `alike` are never parted: none judges a fit that has seen its like. Folds have of each
    label as much as they can; `folds` says how many of the five are held out.

    Raises:
        InvalidRequest: all rows of each label are alike.
    """
    rows = np.arange(len(alike))
    judging = rows[train:][~np.isin(alike[train:], alike[:train])]
    if len(judging) >= ENOUGH and (labels is None or _each(labels[judging], labels) >= ENOUGH_EACH):
        return Parts(pairs=((rows[:train], judging),), final=rows[:train])
    _, first, number_of = np.unique(alike, return_index=True, return_inverse=True)
    rank = np.random.default_rng([seed, 3]).permutation(len(first))
    if labels is not None:
        # Rows of one label follow each other, and are dealt out in turn.
        rank = rank[np.argsort(labels[first][rank], kind="stable")]
    dealt = np.empty(len(first), np.int64)
    dealt[rank] = np.arange(len(first)) % FOLDS
    fold = dealt[number_of]
    pairs = tuple(_complete(fold == number, labels) for number in range(FOLDS))
    pairs = tuple((fit, held) for fit, held in pairs if len(held) and len(fit))
    if not pairs:
        raise InvalidRequest(
            "Rows of the same label are all alike: none is left to judge by.",
            field="train",
            remedy="Add examples that differ from those of their label.",
        )
    return Parts(pairs=pairs[:folds], final=rows if folds == FOLDS else pairs[0][0])


def _each(some: Places, labels: Places) -> int:
    return int(np.bincount(some, minlength=int(labels.max()) + 1).min())


def _complete(out: NDArray[np.bool_], labels: Places | None) -> tuple[Places, Places]:
    """Rows to fit with and rows held out; those of a label that would be held out altogether are fitted with."""
    if labels is not None:
        out = out & np.isin(labels, labels[~out])
    return np.flatnonzero(~out), np.flatnonzero(out)


def judged(
    job: Job, candidates: Sequence[C], parts: Parts, loss: Callable[[Places, Array], float]
) -> tuple[list[Judged[C]], list[str], Fits]:
    """Each candidate with the loss of what it said, the best first; notes of what was not tried; what was kept.

    Raises:
        BudgetExceeded: not one candidate was tried within the budget.
    """
    fits = Fits.of(job, sum(one.steps for one in candidates) * len(parts.pairs))
    found, notes = list[Judged[C]](), list[str]()
    for candidate in candidates:
        said = [
            scores
            for number, pair in enumerate(parts.pairs)
            if (scores := fits.scores(candidate, number, pair, loss)) is not None
        ]
        if len(said) < len(parts.pairs):
            notes.append(f"The budget of {job.seconds:g} s was over before {candidate.words} was tried.")
            continue
        scores = np.concatenate(said)
        found.append(Judged(candidate=candidate, loss=loss(parts.held, scores), scores=scores))
    if not found:
        raise BudgetExceeded(
            f"Not one candidate was fitted within {job.seconds:g} s.",
            field="seconds",
            value=job.seconds,
            remedy="Allow more seconds, or train on fewer examples.",
        )
    return sorted(found, key=lambda one: one.loss), notes, fits


def told(found: Sequence[Judged[C]], named: str) -> list[dict[str, Any]]:  # Any: JSON
    """The candidates and their numbers as JSON has them, the best first."""
    return [{"name": one.candidate.name, "words": one.candidate.words, named: one.loss} for one in found]
