"""Measures and calibration: what scikit-learn says, and probabilities that mean what they say."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.training.classifiers.calibrating import Calibration, calibrated, rising, softmax
from nis_backend.capabilities.training.classifiers.finishing import reach
from nis_backend.capabilities.training.classifiers.measuring import (
    calibration_error,
    log_loss,
    measured_numbers,
    share,
    sorted_rows,
)

metrics: Any = import_module("sklearn.metrics")  # Any: scikit-learn has no types
isotonic: Any = import_module("sklearn.isotonic")  # Any: as above


@pytest.mark.parametrize("labels", [2, 4])
def test_measures_are_those_of_scikit_learn(labels: int) -> None:
    """Accuracy, macro F1, log loss and Brier score agree to 1e-12, and each lies in its interval."""
    draw = np.random.default_rng(0)
    truth = draw.integers(0, labels, 200)
    chances = softmax(draw.normal(size=(200, labels)) + 2 * np.eye(labels)[truth])
    answers = chances.argmax(axis=1)
    found = sorted_rows(truth, chances, answers, 0)
    wanted = {
        "accuracy": metrics.accuracy_score(truth, answers),
        "macro_f1": metrics.f1_score(truth, answers, average="macro"),
        "log_loss": metrics.log_loss(truth, chances),
        "brier": metrics.brier_score_loss(truth, chances[:, 1] if labels == 2 else chances),
    }
    for name, value in wanted.items():
        assert found[name].value == pytest.approx(value, abs=1e-12), name
        assert found[name].low <= found[name].value <= found[name].high
    numbers = measured_numbers(truth.astype(float), chances[:, 0], None, 0)
    assert numbers["r2"].value == pytest.approx(metrics.r2_score(truth, chances[:, 0]), abs=1e-12)
    assert numbers["mae"].value == pytest.approx(metrics.mean_absolute_error(truth, chances[:, 0]), abs=1e-12)


def test_an_interval_is_wilsons() -> None:
    """Of 81 of 263: 0.2553 to 0.3662, as Newcombe (1998), Statist. Med. 17, 857-872, table I."""
    found = share(81, 263)
    assert found.low == pytest.approx(0.2553, abs=5e-5)
    assert found.high == pytest.approx(0.3662, abs=5e-5)


def test_an_interval_holds_its_value() -> None:
    """Of answers that are calibrated, rows drawn anew have a greater calibration error almost always."""
    sure = np.repeat([0.55, 0.65, 0.75, 0.85, 0.95], 20)
    chances, right = np.column_stack([sure, 1 - sure]), np.tile(np.arange(20), 5) < 20 * sure - 0.5
    truth = (~right).astype(np.int64)
    ece = sorted_rows(truth, chances, chances.argmax(axis=1), 0)["ece"]
    assert ece.value == pytest.approx(0, abs=1e-12)
    assert ece.low <= ece.value < ece.high


def test_the_calibration_error_is_the_gap_that_was_made() -> None:
    """Answers with 0.95 that are right in three of four have an error of 0.2."""
    chances = np.tile([0.95, 0.05], (400, 1))
    truth = (np.arange(400) % 4 == 0).astype(np.int64)
    assert calibration_error(truth, chances) == pytest.approx(0.2, abs=1e-12)


@pytest.mark.parametrize(("rows", "wanted"), [(12, {"none"}), (150, {"temperature", "platt"}), (3000, None)])
def test_scores_that_are_too_sure_are_calibrated(rows: int, wanted: set[str] | None) -> None:
    """With enough rows the log loss of new ones falls to that of true probabilities; with too few nothing is done."""
    draw = np.random.default_rng(1)
    true = softmax(draw.normal(size=(rows + 4000, 3)) * 1.5)
    truth = np.array([draw.choice(3, p=one) for one in true])
    sure = softmax(3 * np.log(true))
    made = calibrated(sure[:rows], truth[:rows], 0)
    if wanted is not None:
        assert made.method in wanted
    if made.method != "none":
        new = truth[rows:]
        best = log_loss(new, true[rows:])
        assert log_loss(new, made.apply(sure[rows:])) - best < 0.1 * (log_loss(new, sure[rows:]) - best)
    again = Calibration.read(made.plain())
    np.testing.assert_array_equal(again.apply(sure), made.apply(sure))
    np.testing.assert_allclose(made.apply(sure).sum(axis=1), 1)


def test_rising_steps_are_those_of_scikit_learn() -> None:
    """Pools of neighbours that violate the order: the same function at every point."""
    draw = np.random.default_rng(2)
    odds = np.round(draw.normal(size=300), 1)
    is_label = (draw.random(300) < 1 / (1 + np.exp(-odds))).astype(float)
    x, y = rising(odds, is_label)
    model = isotonic.IsotonicRegression(out_of_bounds="clip").fit(odds, is_label)
    places = np.linspace(-4, 4, 501)
    np.testing.assert_allclose(np.interp(places, x, y), model.predict(places), atol=1e-12)


def test_nine_of_ten_numbers_lie_as_near_as_is_told() -> None:
    """The reach of 200 residuals covers 0.9 of new ones, by split conformal prediction."""
    draw = np.random.default_rng(3)
    covered = [
        np.mean(np.abs(draw.standard_t(3, 2000)) <= reach(draw.standard_t(3, 200), np.zeros(200))) for _ in range(60)
    ]
    assert np.mean(covered) == pytest.approx(0.9045, abs=0.012)
