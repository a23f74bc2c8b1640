"""Linear models and boosted trees as scikit-learn fits them, handed over as arrays."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.training.classifiers.scoring import Linear, Trees

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

linear_model: Any = import_module("sklearn.linear_model")  # Any: scikit-learn has no types
ensemble: Any = import_module("sklearn.ensemble")  # Any: as above

threadpools: Any = import_module("threadpoolctl")  # Any: as above; it comes with scikit-learn

MOST_ROUNDS = 500
"""Of the optimiser that fits logistic models."""


def alone() -> AbstractContextManager[object]:
    """Let what fits use one thread while this lasts: fits are small, and threads would spin where cores are busy."""
    return threadpools.threadpool_limits(limits=1)


def logistic(rows: Any, truth: NDArray[np.int64], strength: float) -> Linear:  # Any: a matrix, sparse or not
    """Logistic regression with the square of the weights held down, by L-BFGS; softmax over more than two labels.

    `strength` is the inverse of how firmly they are held: scikit-learn's C.
    """
    model = linear_model.LogisticRegression(C=strength, max_iter=MOST_ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rounds that were not enough: what it says is measured on other rows
        model.fit(rows, truth)
    return Linear(weight=model.coef_, offset=model.intercept_)


def ridge(rows: Array, truth: Array, firmness: float) -> Linear:
    """Least squares with the square of the weights held down: scikit-learn's alpha."""
    model = linear_model.Ridge(alpha=firmness).fit(rows, truth)
    return Linear(weight=np.atleast_2d(model.coef_), offset=np.atleast_1d(model.intercept_))


def boosted(  # noqa: PLR0913 - each is a setting of the method
    rows: Array,
    truth: NDArray[Any],
    *,
    categories: int,
    numbers: bool,
    leaves: int,
    rounds: int,
    rate: float,
    seed: int,
) -> Trees:
    """Gradient boosting on histograms of 255 bins; the first `categories` columns are codes of categories.

    Source: Ke et al., LightGBM, NeurIPS 2017; scikit-learn's HistGradientBoosting.
    """
    kind = ensemble.HistGradientBoostingRegressor if numbers else ensemble.HistGradientBoostingClassifier
    model = kind(
        learning_rate=rate,
        max_iter=rounds,
        max_leaf_nodes=leaves,
        min_samples_leaf=min(20, max(2, len(rows) // 30)),
        l2_regularization=1e-3,
        categorical_features=list(range(categories)) or None,
        early_stopping=False,
        random_state=seed,
    )
    model.fit(rows, truth)
    return taken(model)


def taken(model: Any) -> Trees:  # Any: scikit-learn has no types
    """The trees of a fitted HistGradientBoosting model."""
    every = [tree for round_ in model._predictors for tree in round_]  # noqa: SLF001 - its trees are nowhere else
    sizes = [len(tree.nodes) for tree in every]
    roots = np.cumsum([0, *sizes[:-1]])
    sets = np.cumsum([0, *(len(tree.raw_left_cat_bitsets) for tree in every)])
    nodes = np.concatenate([tree.nodes for tree in every])
    tree_of = np.repeat(np.arange(len(every)), sizes)
    leaf = nodes["is_leaf"].astype(bool)
    by_set = nodes["is_categorical"].astype(bool) & ~leaf
    members = np.concatenate([tree.raw_left_cat_bitsets.reshape(-1, 8) for tree in every])
    return Trees(
        roots=roots,
        column=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        missing=nodes["missing_go_to_left"].astype(bool),
        left=np.where(leaf, -1, nodes["left"].astype(np.int64) + roots[tree_of]),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64) + roots[tree_of]),
        value=nodes["value"].astype(np.float64),
        set_of=np.where(by_set, nodes["bitset_idx"].astype(np.int64) + sets[tree_of], -1),
        members=members if len(members) else np.zeros((1, 8), np.uint32),
        baseline=np.ravel(model._baseline_prediction).astype(np.float64),  # noqa: SLF001 - as above
    )
