"""What weighs most: in a model as a whole by shuffling a column, in one row by taking its value away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.training.classifiers.tables import TableModel
    from nis_backend.drivers.compute.base import Json

    Array = NDArray[np.float64]

SHUFFLES = 5
MOST_ROWS = 1000
"""Rows that are shuffled."""
MOST_COLUMNS = 100
"""Columns that are looked at: where there are more, those with the greatest weights or in the most splits."""

SHUFFLED = "By how much the loss on rows held out rises when the column's values are shuffled among them."
TAKEN = "By how much the answer falls when the column has its middle or most frequent value instead."


def by_shuffling(model: TableModel, numbers: Array, loss: Callable[[Array], float], seed: int) -> list[Json]:
    """The rise of a loss (of scores) when each column of `numbers` is shuffled, the greatest first.

    Source: Breiman, Machine Learning 45 (2001), 5-32.
    """
    plain = loss(model.scores(numbers))
    draw = np.random.default_rng([seed, 11])
    orders = [draw.permutation(len(numbers)) for _ in range(SHUFFLES)]
    found: list[Json] = []
    for place in model.heaviest(MOST_COLUMNS):
        rises: list[float] = []
        for order in orders:
            changed = numbers.copy()
            changed[:, place] = numbers[order, place]
            rises.append(loss(model.scores(changed)) - plain)
        name = model.columns.columns[place].name
        found.append({"name": name, "rise": float(np.mean(rises)), "deviation": float(np.std(rises))})
    return sorted(found, key=lambda one: -one["rise"])


def by_taking(model: TableModel, numbers: Array, said: Callable[[Array], Array]) -> Array:
    """(rows, columns): how much less `said` of the scores (rows,) is when a column has its typical value."""
    plain = said(model.scores(numbers))
    found = np.zeros(numbers.shape)
    for place in model.heaviest(MOST_COLUMNS):
        changed = numbers.copy()
        changed[:, place] = model.columns.columns[place].typical
        found[:, place] = plain - said(model.scores(changed))
    return found
