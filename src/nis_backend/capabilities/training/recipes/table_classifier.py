"""A classifier of rows of tables, or what tells a number of them: linear models against boosted trees.

1. Rows are read and checked; columns are of numbers or of categories, and those that tell nothing are left out.
2. Each candidate is fitted, and judged by rows held out: linear models, held down three ways, and boosted trees.
3. The best is fitted with all rows; its probabilities are calibrated by the rows held out.
4. It is measured on the test, beside the most frequent label or the mean.
5. Arrays and JSON are written, which numpy alone applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.training.classifiers import finishing, fitting, rows, saved, weighing
from nis_backend.capabilities.training.classifiers.choosing import judged, parted, told
from nis_backend.capabilities.training.classifiers.columns import learnt
from nis_backend.capabilities.training.classifiers.measuring import log_loss
from nis_backend.capabilities.training.classifiers.tables import TableModel
from nis_backend.capabilities.training.job import Outcome
from nis_backend.errors import InvalidRequest, TooLarge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.training.classifiers.choosing import Parts
    from nis_backend.capabilities.training.classifiers.columns import Row
    from nis_backend.capabilities.training.classifiers.finishing import Deciding
    from nis_backend.capabilities.training.classifiers.under import Under
    from nis_backend.capabilities.training.job import Job
    from nis_backend.capabilities.training.settings.table_classifier import Settings
    from nis_backend.drivers.compute.base import Json

    Array = NDArray[np.float64]
    Places = NDArray[np.int64]

STRENGTHS = (0.1, 1.0, 10.0)
"""Of linear models: the inverse of how firmly they are held down."""
LEAVES = (7, 31)
"""Of boosted trees."""
RATE = 0.1
MANY_NUMBERS = 20
"""Different whole numbers as labels; where there are more, they are told as numbers."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """Rows of train and, behind them, of validation, with what is told of each; and those of test that are new."""

    rows: list[Row]
    train: int
    alike: Places
    """Of `rows`: the same number for the same features."""
    goal: NDArray[Any]
    """Places of labels, or numbers."""
    labels: list[str]
    """Empty where numbers are told."""
    test: list[Row]
    test_goal: NDArray[Any]
    notes: list[str]

    def at(self, places: Places) -> list[Row]:
        """Some of the rows."""
        return [self.rows[place] for place in places.tolist()]

    def loss(self, goal: NDArray[Any], scores: Array) -> float:
        """Log loss; of numbers, the share of their variance that is not explained."""
        if self.labels:
            return log_loss(goal, scores)
        return float(((goal - scores[:, 0]) ** 2).mean() / (self.goal.var() or 1.0))


@dataclass(frozen=True, kw_only=True)
class Way:
    """A candidate: linear with a strength, or trees of so many leaves."""

    data: Data
    settings: Settings
    seed: int
    strength: float = 0.0
    leaves: int = 0

    @property
    def name(self) -> str:
        """See `Candidate.name`."""
        return f"trees-{self.leaves}" if self.leaves else f"linear-{self.strength:g}"

    @property
    def words(self) -> str:
        """See `Candidate.words`."""
        if self.leaves:
            return f"{self.settings.rounds} rounds of boosted trees of {self.leaves} leaves"
        kind = "logistic regression" if self.data.labels else "ridge regression"
        return f"{kind}, strength {self.strength:g}"

    def fitted(self, fit: Places) -> TableModel:
        """The model of these rows."""
        some = self.data.at(fit)
        columns, left_out = learnt(some)
        if not columns.columns:
            raise InvalidRequest(
                f"No column tells rows apart: {'; '.join(f'{name}: {why}' for name, why in left_out.items())[:300]}.",
                field="features",
                remedy="Give columns whose values differ, and of texts such as occur more than once.",
            )
        numbers, goal, labels = columns.numbers(some), self.data.goal[fit], tuple(self.data.labels)
        if self.leaves:
            scorer = fitting.boosted(
                numbers, goal, categories=columns.categories, numbers=not labels,
                leaves=self.leaves, rounds=self.settings.rounds, rate=RATE, seed=self.seed,
            )  # fmt: skip
            return TableModel(way="trees", columns=columns, scorer=scorer, labels=labels)
        spread = columns.spread(numbers)
        linear = (
            fitting.logistic(spread, goal, self.strength) if labels else fitting.ridge(spread, goal, 1 / self.strength)
        )
        return TableModel(way="linear", columns=columns, scorer=linear, labels=labels)

    @property
    def steps(self) -> int:
        """See `Candidate.steps`."""
        return 1

    def scores(self, fit: Places, held: Places, under: Under) -> Array:
        """See `Candidate.scores`."""
        del under  # it is over soon
        return self.fitted(fit).said(self.data.at(held))


def train(job: Job) -> Outcome:
    """See the module."""
    with fitting.alone():
        return _train(job, read(job))


def _train(job: Job, data: Data) -> Outcome:
    parts = parted(data.train, data.alike, data.goal if data.labels else None, job.seed)
    found, notes, _ = judged(
        job, ways(data, job.settings, job.seed), parts, lambda at, scores: data.loss(data.goal[at], scores)
    )
    best = found[0]
    model = best.candidate.fitted(parts.final)
    card: Json = {
        "kind": "table",
        "task": "classification" if data.labels else "regression",
        **model.plain(),
        "left_out": learnt(data.at(parts.final))[1],
        "chosen": best.candidate.words,
        "judged": parts.words,
        "candidates": told(found, "log_loss" if data.labels else "unexplained"),
        **_measured(job, data, parts, best.scores, model),
    }
    card["notes"] = [*data.notes, *notes, *finishing.remarks(card["measured"])]
    saved.save(job.out, card, model.scorer.arrays())
    return finishing.outcome("table", card, len(data.rows), model.scorer.arrays())


def read(job: Job) -> Data:
    """The rows, checked.

    Raises:
        InvalidRequest: they are too few, or one of them is none; a label has too few.
        TooLarge: there are too many rows, columns or labels.
    """
    splits = {name: rows.read_rows(job.data.get(name), name) for name in ("train", "validation", "test")}
    sides = {
        name: [rows.features_of(row, f"{name}.{place}") for place, row in enumerate(some)]
        for name, some in splits.items()
    }
    every = {name for some in sides.values() for row in some for name in row}
    if len(every) > rows.MOST_COLUMNS or len(every) * sum(map(len, sides.values())) > rows.MOST_CELLS:
        raise TooLarge(
            f"The rows have {len(every)} columns; at most {rows.MOST_COLUMNS} are read, and {rows.MOST_CELLS} cells.",
            field="features",
            value=len(every),
            remedy="Leave out columns, or train on a part of the rows.",
        )
    goals, labels = _goals(splits, job.settings)
    known = sides["train"] + sides["validation"]
    new = rows.unseen(known, sides["test"], rows.same_features)
    notes = rows.leaks(len(sides["test"]), len(new))
    unknown = sorted({name for row in sides["test"] for name in row} - {name for row in sides["train"] for name in row})
    if unknown:
        notes.append(f"Columns of test that train does not have are not looked at: {', '.join(unknown[:10])}.")
    return Data(
        rows=known,
        train=len(sides["train"]),
        alike=rows.alike(known, rows.same_features),
        goal=np.concatenate([goals["train"], goals["validation"]]),
        labels=labels,
        test=[sides["test"][place] for place in new],
        test_goal=goals["test"][new],
        notes=notes,
    )


def _goals(splits: dict[str, list[Json]], settings: Settings) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """What is told of each row, by splits; and the labels, where it is one of several."""
    first = [row.get("label") for some in splits.values() for row in some]
    if settings.task == "regression" or (settings.task == "auto" and _are_numbers(first)):
        numbers = {
            name: np.array([rows.number_of(row, f"{name}.{place}") for place, row in enumerate(some)], np.float64)
            for name, some in splits.items()
        }
        rows.enough(len(splits["train"]))
        if not np.ptp(numbers["train"]):
            raise InvalidRequest(
                "All rows have the same number: there is nothing to tell.",
                field="label",
                value=float(numbers["train"][0]),
                remedy="Add examples of other numbers.",
            )
        return numbers, []
    return rows.goals_of(splits)


def _are_numbers(labels: list[Any]) -> bool:  # Any: JSON
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in labels):
        return False
    return any(isinstance(one, float) and not one.is_integer() for one in labels) or len(set(labels)) > MANY_NUMBERS


def ways(data: Data, settings: Settings, seed: int) -> list[Way]:
    """The candidates."""
    linear = [Way(data=data, settings=settings, seed=seed, strength=strength) for strength in STRENGTHS]
    trees = [Way(data=data, settings=settings, seed=seed, leaves=leaves) for leaves in LEAVES]
    return [*(linear if "linear" in settings.candidates else ()), *(trees if "trees" in settings.candidates else ())]


def _measured(job: Job, data: Data, parts: Parts, held: Array, model: TableModel) -> Json:
    """How scores become answers, what was measured on the test, and which columns weigh most."""
    goal, test = data.goal[parts.held], data.test or data.at(parts.held)
    test_goal = data.test_goal if data.test else goal
    numbers = model.columns.numbers(test)
    scores = model.scores(numbers) if data.test else held
    shuffled = slice(weighing.MOST_ROWS)
    weighs = weighing.by_shuffling(
        model, numbers[shuffled], lambda some: data.loss(test_goal[shuffled], some), job.seed
    )
    told_by: Json = {"weighs": weighs, "weighs_is": weighing.SHUFFLED}
    if not data.labels:
        half = finishing.reach(goal, held[:, 0])
        measured = finishing.tested_numbers(test_goal, scores[:, 0], half, data.goal[parts.final], job.seed)
        return {**told_by, "reach": half, "measured": measured}
    deciding: Deciding = finishing.decided(held, goal, job.seed, even=job.settings.even)
    measured = finishing.tested(test_goal, scores, deciding, data.goal[parts.final], data.labels, job.seed)
    return {**told_by, "deciding": deciding.plain(), "measured": measured}
