"""What becomes of the best candidate: calibrated on rows held out, then measured on the test, beside a floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.training.classifiers.calibrating import Calibration, calibrated
from nis_backend.capabilities.training.classifiers.measuring import (
    FORMULAS,
    better,
    confusion,
    macro_f1,
    measured_numbers,
    sorted_rows,
)
from nis_backend.capabilities.training.job import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nis_backend.capabilities.training.classifiers.measuring import Measure
    from nis_backend.drivers.compute.base import Json

    Array = NDArray[np.float64]
    Places = NDArray[np.int64]

UNEVEN = 3.0
"""The most frequent label's rows by the rarest's: from here on labels are weighed so that rare ones are told."""
POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the inverse of a label's share, by which its probability is weighed when one label is chosen."""
MOST_SHOWN = 40
"""Labels of a confusion that is kept as a table."""
MOST_PAIRS = 30
SURE = 0.9
"""Share of the numbers that lie in the interval told with each."""
FEW_TESTED = 30


def outcome(kind: str, card: Json, rows: int, arrays: Mapping[str, NDArray[Any]]) -> Outcome:
    """What a recipe answers: the measures of the model, and of its floor, without intervals; sizes for the card."""
    measured: Json = card["measured"]
    figures = {name: float(one["value"]) for name, one in measured["model"].items()}
    floor = {f"floor_{name}": float(one["value"]) for name, one in measured["floor"].items()}
    facts: Json = {
        "rows": rows,
        "labels": len(card["labels"]),
        "chosen": card["chosen"],
        "judged_by": card["judged"],
        "tested_rows": measured["rows"],
        "floor_is": measured["floor_is"],
        "formulas": measured["formulas"],
        "parameters": sum(array.size for array in arrays.values()),
    }
    return Outcome(kind=kind, metrics={**figures, **floor}, notes=card["notes"], facts=facts)


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """How scores become probabilities, and those a label."""

    calibration: Calibration
    weights: tuple[float, ...] = ()
    """By which each label's probability is multiplied when one is chosen; none where the likeliest is."""

    def answers(self, chances: Array) -> Places:
        """The place of the label that is chosen, of each row."""
        return (chances * np.array(self.weights) if self.weights else chances).argmax(axis=1)

    def plain(self) -> Json:
        """As JSON has it."""
        return {"calibration": self.calibration.plain(), "weights": list(self.weights)}

    @classmethod
    def read(cls, saved: Mapping[str, Any]) -> Deciding:  # Any: JSON
        """From what `plain` answered."""
        return cls(calibration=Calibration.read(saved["calibration"]), weights=tuple(saved["weights"]))


def decided(held: Array, truth: Places, seed: int, *, even: bool) -> Deciding:
    """Calibration and weights by scores (rows, labels) of rows that were held out.

    Where labels are uneven and are to be made even, the weights are the power of the inverse share with the greatest
    macro F1.
    """
    calibration = calibrated(held, truth, seed)
    counts = np.bincount(truth, minlength=held.shape[1])
    if not even or counts.max() < UNEVEN * max(1, counts.min()):
        return Deciding(calibration=calibration)
    chances, share = calibration.apply(held), np.maximum(counts, 1) / len(truth)
    found = {power: macro_f1(truth, (chances * share**-power).argmax(axis=1), len(share)) for power in POWERS}
    power = max(found, key=lambda one: found[one])
    return Deciding(calibration=calibration, weights=tuple(map(float, share**-power)) if power else ())


def tested(  # noqa: PLR0913, PLR0917 - what is compared, and with what
    truth: Places, scores: Array, deciding: Deciding, train: Places, labels: Sequence[str], seed: int
) -> Json:
    """Measures on the test's rows beside those of the floor: the most frequent label, with each label's share."""
    chances = deciding.calibration.apply(scores)
    answers = deciding.answers(chances)
    counts = np.bincount(train, minlength=len(labels))
    shares = np.repeat((counts / counts.sum())[None], len(truth), axis=0)
    often = np.full(len(truth), counts.argmax())
    table = confusion(truth, answers, len(labels))
    gain = (answers == truth).astype(np.float64) - (often == truth)
    return {
        "rows": len(truth),
        "model": _plain(sorted_rows(truth, chances, answers, seed)),
        "uncalibrated": _plain(sorted_rows(truth, scores, deciding.answers(scores), seed)),
        "floor": _plain(sorted_rows(truth, shares, often, seed)),
        "floor_is": f"the most frequent label of train, {labels[int(counts.argmax())]!r}, and each label's share there",
        "more_right": better(gain, seed).plain(),
        "confusion": table.tolist() if len(labels) <= MOST_SHOWN else [],
        "mistaken": _mistaken(table, labels),
        "formulas": {name: FORMULAS[name] for name in ("accuracy", "macro_f1", "log_loss", "brier", "ece")},
    }


def tested_numbers(truth: Array, told: Array, half: float, train: Array, seed: int) -> Json:
    """Measures of numbers on the test's rows beside those of the floor: the mean of train."""
    within = np.abs(truth - told) <= half
    mean = np.full(len(truth), train.mean())
    return {
        "rows": len(truth),
        "model": _plain(measured_numbers(truth, told, within, seed)),
        "floor": _plain(measured_numbers(truth, mean, None, seed)),
        "floor_is": f"the mean of train, {train.mean():g}",
        "nearer": better(np.abs(truth - mean) - np.abs(truth - told), seed).plain(),
        "formulas": {name: FORMULAS[name] for name in ("r2", "mae", "rmse", "coverage")},
    }


def reach(truth: Array, held: Array) -> float:
    """How far from the number told `SURE` of new ones lie, by those of rows that were held out.

    Split conformal: where rows are exchangeable, at least that share of new ones lies as near.
    Source: Lei et al., J. Am. Stat. Assoc. 113 (2018), 1094-1111.
    """
    miss = np.sort(np.abs(truth - held))
    place = int(np.ceil((len(miss) + 1) * SURE)) - 1
    return float(miss[min(place, len(miss) - 1)])


def remarks(measured: Json) -> list[str]:
    """What a reader should know of the measures."""
    notes: list[str] = []
    if measured["rows"] < FEW_TESTED:
        notes.append(f"Measured on {measured['rows']} rows only: the intervals are wide.")
    gain = measured.get("more_right") or measured["nearer"]
    if gain["low"] <= 0:
        notes.append("It is not shown to be better than its floor: the interval of the gain holds 0.")
    return notes


def _plain(measures: Mapping[str, Measure]) -> dict[str, dict[str, float]]:
    return {name: one.plain() for name, one in measures.items()}


def _mistaken(table: Places, labels: Sequence[str]) -> list[Json]:
    """The commonest mistakes."""
    wrong = table - np.diag(np.diag(table))
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = [divmod(int(place), len(labels)) for place in order]
    return [
        {"label": labels[true], "answer": labels[said], "rows": int(wrong[true, said])}
        for true, said in pairs
        if wrong[true, said]
    ]
