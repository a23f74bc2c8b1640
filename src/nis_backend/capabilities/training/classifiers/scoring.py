"""Models as arrays that numpy evaluates: a linear one, and boosted trees. They need nothing of what fitted them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nis_backend.capabilities.training.classifiers.calibrating import sigmoid, softmax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Arrays = Mapping[str, NDArray[Any]]  # Any: arrays of several kinds of numbers

WORD_BITS = 32
"""Of the words that a set of categories is kept in."""


class Scorer(Protocol):
    """What answers rows of numbers with scores."""

    def raw(self, rows: Array) -> Array:
        """Scores (rows, labels), (rows, 1) where there are two labels or a number is told."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Its parameters, from which it is read again."""
        ...


def chances(raw: Array) -> Array:
    """Probabilities (rows, labels) of raw scores: softmax, or of one column the logistic function."""
    if raw.shape[1] > 1:
        return softmax(raw)
    second = sigmoid(raw[:, 0])
    return np.column_stack([1 - second, second])


@dataclass(frozen=True, kw_only=True)
class Linear:
    """weight (labels, columns) times a row, and offset (labels,)."""

    weight: Array
    offset: Array

    def raw(self, rows: Array) -> Array:
        """See `Scorer.raw`; rows may be a sparse matrix."""
        product: Array = rows @ self.weight.T
        return product + self.offset

    def arrays(self) -> dict[str, NDArray[Any]]:
        """See `Scorer.arrays`."""
        return {"weight": self.weight, "offset": self.offset}

    @classmethod
    def read(cls, arrays: Arrays) -> Linear:
        """From what `arrays` answered."""
        return cls(weight=np.atleast_2d(arrays["weight"]), offset=np.atleast_1d(arrays["offset"]))


@dataclass(frozen=True, kw_only=True)
class Trees:
    """Trees whose leaves are summed, one list of nodes; tree t of score t mod `scores` begins at `roots[t]`.

    A node asks whether `column` is at most `threshold`, or, where it is of categories, whether it is in the set
    `members[set]`; what is missing goes where `missing` says. Leaves have `left` -1.
    """

    roots: NDArray[np.int64]
    column: NDArray[np.int64]
    threshold: Array
    missing: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Array
    set_of: NDArray[np.int64]
    members: NDArray[np.uint32]
    baseline: Array

    @property
    def scores(self) -> int:
        """Trees of one round."""
        return len(self.baseline)

    def raw(self, rows: Array) -> Array:
        """See `Scorer.raw`: all rows go down one tree together."""
        found = np.repeat(self.baseline[None], len(rows), axis=0)
        every = np.arange(len(rows))
        for number, root in enumerate(self.roots):
            at = np.full(len(rows), root)
            going = every[self.left[at] >= 0]
            while len(going):
                at[going] = self._below(at[going], rows[going])
                going = going[self.left[at[going]] >= 0]
            found[:, number % self.scores] += self.value[at]
        return found

    def _below(self, at: NDArray[np.int64], rows: Array) -> NDArray[np.int64]:
        asked = rows[np.arange(len(at)), self.column[at]]
        gone = np.isnan(asked)
        by_set = self.set_of[at] >= 0
        low = asked <= self.threshold[at]
        if by_set.any():
            code = np.where(gone | ~by_set, 0, asked).astype(np.int64)
            word = self.members[np.maximum(self.set_of[at], 0), code // WORD_BITS]
            low = np.where(by_set, (word >> (code % WORD_BITS).astype(np.uint32)) & 1 == 1, low)
        return np.where(np.where(gone, self.missing[at], low), self.left[at], self.right[at])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """See `Scorer.arrays`."""
        return dict(vars(self))

    @classmethod
    def read(cls, arrays: Arrays) -> Trees:
        """From what `arrays` answered.

        Raises:
            ValueError: a node leads to where none is, or back.
        """
        made = cls(**{name: arrays[name] for name in cls.__dataclass_fields__})
        nodes = np.arange(len(made.left))
        inner = made.left >= 0
        for below in (made.left, made.right):
            if not ((below[inner] > nodes[inner]) & (below[inner] < len(nodes))).all():
                msg = "a node of a tree leads to where none is, or back"
                raise ValueError(msg)
        return made
