"""Classifiers of rows: numpy answers what scikit-learn does, and what cannot be learnt is refused by name."""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classified import Json, Killed, Trainings
from numpy.typing import NDArray

from nis_backend.capabilities.training.classifiers import fitting, saved
from nis_backend.capabilities.training.classifiers.choosing import parted
from nis_backend.capabilities.training.classifiers.columns import learnt
from nis_backend.capabilities.training.classifiers.scoring import Trees, chances
from nis_backend.capabilities.training.classifiers.tables import TableModel
from nis_backend.errors import BudgetExceeded, InvalidRequest, NisError, TooLarge, Unavailable

# Any: scikit-learn has no types.
datasets: Any = import_module("sklearn.datasets")
ensemble: Any = import_module("sklearn.ensemble")
compose: Any = import_module("sklearn.compose")
impute: Any = import_module("sklearn.impute")
pipeline: Any = import_module("sklearn.pipeline")
preprocessing: Any = import_module("sklearn.preprocessing")
linear_model: Any = import_module("sklearn.linear_model")


def wine() -> list[Json]:
    """178 wines of three growers, in an order of their own."""
    found = datasets.load_wine()
    order = np.random.default_rng(0).permutation(len(found.target))
    return [
        {
            "features": dict(zip(found.feature_names, map(float, found.data[at]), strict=True)),
            "label": f"grower {found.target[at]}",
        }
        for at in order
    ]


def mixed(count: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Two columns of categories and two of numbers, with holes; and three labels that depend on them."""
    draw = np.random.default_rng(seed)
    codes = np.column_stack([draw.integers(0, 40, count), draw.integers(0, 3, count)]).astype(float)
    numbers = draw.normal(size=(count, 2))
    goal = (codes[:, 0] % 3 + (numbers[:, 0] > 0) + (codes[:, 1] == 1)).astype(np.int64) % 3
    numbers[draw.random((count, 2)) < 0.1] = np.nan
    return np.column_stack([codes, numbers]), goal


def hole(number: float) -> float | None:
    """A number, or None where it is none."""
    return None if math.isnan(number) else number


@pytest.mark.parametrize("labels", [2, 3, 0])
def test_trees_answer_what_scikit_learn_does(labels: int) -> None:
    """Applying takes numpy alone: raw scores of trees differ by no more than 1e-12, categories and holes included."""
    rows, goal = mixed(400)
    kind = ensemble.HistGradientBoostingClassifier if labels else ensemble.HistGradientBoostingRegressor
    model = kind(max_iter=12, categorical_features=[0, 1], early_stopping=False, random_state=0)
    with fitting.alone():
        model.fit(rows, goal % labels if labels else goal + rows[:, 0])
    new, _ = mixed(300, seed=1)
    new[:20] = np.nan
    trees = fitting.taken(model)
    again = Trees.read(trees.arrays())
    assert (trees.set_of >= 0).any()  # some node asks for a category
    if labels:
        np.testing.assert_allclose(chances(again.raw(new)), model.predict_proba(new), rtol=0, atol=1e-12)
    else:
        np.testing.assert_allclose(again.raw(new)[:, 0], model.predict(new), rtol=0, atol=1e-12)


def test_linear_models_answer_what_a_pipeline_of_scikit_learn_does() -> None:
    """Holes become the median with a column of their own, categories 0 and 1, numbers are scaled: to 1e-12."""
    rows, goal = mixed(300)
    told = [{"kind": "abc"[int(row[1])], "x": hole(row[2]), "y": hole(row[3])} for row in rows.tolist()]
    columns, left_out = learnt(told)
    assert not left_out
    scale = pipeline.make_pipeline(impute.SimpleImputer(strategy="median"), preprocessing.StandardScaler())
    theirs = compose.make_column_transformer(
        (preprocessing.OneHotEncoder(sparse_output=False), [1]), (scale, [2, 3]), (impute.MissingIndicator(), [2, 3])
    ).fit_transform(rows)
    ours = columns.spread(columns.numbers(told))
    assert ours.shape == theirs.shape
    # Categories stand by their frequency here, and by their names there.
    apart = np.abs(ours[:, :, None] - theirs[:, None, :]).max(axis=0)
    np.testing.assert_allclose(apart.min(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(apart.min(axis=1), 0, atol=1e-12)
    model = linear_model.LogisticRegression(C=1.0, max_iter=fitting.MOST_ROUNDS).fit(ours, goal)
    made = TableModel(way="linear", columns=columns, scorer=fitting.logistic(ours, goal, 1.0), labels=("0", "1", "2"))
    np.testing.assert_allclose(made.said(told), model.predict_proba(ours), rtol=0, atol=1e-12)


def test_a_table_is_sorted_better_than_by_its_most_frequent_label(tmp_path: Path) -> None:
    """Each measure stands beside that of a floor, and each candidate's number beside the others'."""
    rows, made = wine(), Trainings(tmp_path)
    outcome = made.train("table_classifier", rows[:130], rows[130:], rounds=10)
    assert outcome.metrics["accuracy"] >= 0.85 > outcome.metrics["floor_accuracy"] + 0.2
    assert outcome.metrics["log_loss"] < 0.5 * outcome.metrics["floor_log_loss"]
    card = made.card
    assert [one["log_loss"] for one in card["candidates"]] == sorted(one["log_loss"] for one in card["candidates"])
    assert len(card["candidates"]) == 5
    within = card["measured"]["model"]["accuracy"]
    assert within["low"] < within["value"] < within["high"]
    assert sum(map(sum, card["measured"]["confusion"])) == 48
    assert card["weighs"][0]["rise"] > 0


def test_a_training_that_was_cut_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """What was fitted is kept and not fitted again; the model is that of a training that was not cut."""
    rows = wine()
    whole, cut = Trainings(tmp_path / "whole"), Trainings(tmp_path / "cut")
    whole.train("table_classifier", rows[:130], rows[130:], rounds=5, candidates=["trees"])
    cut.die_after(4)
    with pytest.raises(Killed):
        cut.train("table_classifier", rows[:130], rows[130:], rounds=5, candidates=["trees"])
    before = len(cut.heard)
    cut.train("table_classifier", rows[:130], rows[130:], rounds=5, candidates=["trees"])
    assert cut.files == whole.files
    assert sum(one["kind"] == "checkpoint" for one in cut.heard[before:]) == 10 - 4


def test_numbers_are_told_with_how_far_off_they_may_be(tmp_path: Path) -> None:
    """The interval told with each number holds some nine of ten that were not seen; the floor is the mean."""
    found, made = datasets.load_diabetes(), Trainings(tmp_path)
    order = np.random.default_rng(0).permutation(len(found.target))
    rows = [
        {"features": dict(zip(found.feature_names, map(float, found.data[at]), strict=True)), "label": found.target[at]}
        for at in order
    ]
    metrics = made.train("table_classifier", rows[:300], rows[300:], rounds=5).metrics
    assert made.card["task"] == "regression"
    assert 0.8 <= metrics["coverage"] <= 0.98
    assert metrics["r2"] > 0.3 > metrics["floor_r2"]
    assert metrics["mae"] < 0.85 * metrics["floor_mae"]


def test_a_rare_label_is_told_although_it_is_rare(tmp_path: Path) -> None:
    """Weights for the choice of one label raise macro F1 where one has a tenth of the rows; probabilities stay."""
    draw = np.random.default_rng(1)
    rare = draw.random(1600) < 0.1
    where = draw.normal(size=1600) + 1.2 * rare
    rows = [
        {"features": {"x": float(x)}, "label": "rare" if one else "usual"} for x, one in zip(where, rare, strict=True)
    ]
    even, plain = Trainings(tmp_path / "even"), Trainings(tmp_path / "plain")
    for made, told in ((even, True), (plain, False)):
        made.train("table_classifier", rows[:900], rows[900:], candidates=["linear"], even=told)
    first, second = (made.card["measured"]["model"] for made in (even, plain))
    assert first["macro_f1"]["value"] > second["macro_f1"]["value"] + 0.03
    assert first["log_loss"] == second["log_loss"]
    assert len(even.card["deciding"]["weights"]) == 2
    assert not plain.card["deciding"]["weights"]


def test_rows_of_the_test_that_were_learnt_are_not_measured_on(tmp_path: Path) -> None:
    """A leak is told and left out; where all of the test has leaked, that is told."""
    rows, made = wine(), Trainings(tmp_path)
    made.train("table_classifier", rows[:130], [*rows[130:], *rows[:20]], candidates=["linear"])
    assert made.card["measured"]["rows"] == 48
    assert "20 of 68 rows of test are in train as well" in made.card["notes"][0]
    made.train("table_classifier", rows[:130], rows[:20], candidates=["linear"])
    assert "measured on the rows that also judged" in made.card["notes"][0]


def test_rows_that_are_alike_never_judge_each_other(tmp_path: Path) -> None:
    """Chance alone, each row four times: nothing is learnt by heart, and no probability is surer than it may be."""
    draw, made = np.random.default_rng(0), Trainings(tmp_path)
    chance = [
        {"features": {"x": draw.normal(), "y": draw.normal()}, "label": "ab"[draw.integers(2)]} for _ in range(90)
    ]
    made.train("table_classifier", chance[:40] * 4, chance[40:], rounds=5)
    measured = made.card["measured"]["model"]
    assert measured["accuracy"]["low"] <= 0.5 <= measured["accuracy"]["high"]
    assert measured["log_loss"]["value"] < 0.75
    assert made.card["candidates"][0]["log_loss"] > 0.6


def test_validation_judges_without_what_train_has_too() -> None:
    """Rows of validation that are in train as well are left out; what is left of one label is never held out whole."""
    alike, labels = np.arange(1400), np.arange(1400) % 2
    alike[800:900] = np.arange(100)
    parts = parted(800, alike, labels, 0)
    assert not parts.by_folds
    np.testing.assert_array_equal(parts.held, np.arange(900, 1400))
    alike, labels = np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7]), np.array([1, 1, 1, *[0] * 7])
    parts = parted(10, alike, labels, 0)
    assert sorted(parts.held) == list(range(3, 10))
    assert all({0, 1, 2} <= set(fit.tolist()) for fit, _ in parts.pairs)


def test_of_many_columns_the_heaviest_are_looked_at(tmp_path: Path) -> None:
    """With more columns than are shuffled, what the label hangs on is among them, whichever way it was learnt."""
    numbers, made = np.random.default_rng(0).normal(size=(40, 110)).tolist(), Trainings(tmp_path)
    rows = [
        {"features": {f"c{at:03}": one for at, one in enumerate(row)}, "label": "ab"[row[109] > 0]} for row in numbers
    ]
    for way in ("linear", "trees"):
        made.train("table_classifier", rows[:30], rows[30:], candidates=[way], rounds=5)
        assert made.card["weighs"][0]["name"] == "c109"
        assert len(made.card["weighs"]) == 100


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([f"{at}.5" for at in range(60)], "its numbers are written as texts: give"),
        ([*map(str, range(59)), "n/a"], "and 1 other texts among them"),
        ([f"2026-01-{at}" for at in range(60)], "it is another text in most rows"),
        ([*"abcdefgh"], "no text of it is there twice"),
    ],
)
def test_why_a_column_of_texts_is_left_out(cells: list[str], why: str) -> None:
    """Numbers that are written as texts are told apart from names and dates."""
    assert why in learnt([{"x": cell} for cell in cells])[1]["x"]


def test_true_and_false_among_numbers_are_one_and_zero() -> None:
    """A dataset keeps them so; what is asked later may say true."""
    columns, _ = learnt([{"paid": at % 2} for at in range(8)])
    assert columns.numbers([{"paid": True}, {"paid": False}]).tolist() == [[1], [0]]
    assert not columns.columns[0].strange(cell=True)


def test_columns_that_tell_nothing_are_left_out_and_named(tmp_path: Path) -> None:
    """A constant, a name of each row's own and an empty column have their reasons in the card."""
    rows = [
        {**row, "features": {**row["features"], "same": 1, "name": f"bottle {at}", "nothing": None}}
        for at, row in enumerate(wine())
    ]
    made = Trainings(tmp_path)
    made.train("table_classifier", rows[:130], rows[130:], candidates=["linear"])
    assert set(made.card["left_out"]) == {"same", "name", "nothing"}
    assert len(made.card["columns"]) == 13


ROW: Json = {"features": {"x": 1.0}, "label": "a"}
FEW = [{"features": {"x": float(at)}, "label": "ab"[at % 2]} for at in range(12)]


REFUSED: list[tuple[list[Json], type[NisError], str]] = [
    ([ROW] * 3, InvalidRequest, "train"),
    ([ROW] * 20, InvalidRequest, "label"),
    ([*FEW, {"features": {"x": 1.0}, "label": "c"}], InvalidRequest, "label"),
    ([*FEW, {"features": {"x": float("nan")}, "label": "a"}], InvalidRequest, "train.12"),
    ([*FEW, {"features": {"x": 10**400}, "label": "a"}], InvalidRequest, "train.12.features.x"),
    ([*FEW, {"features": {"x": [1]}, "label": "a"}], InvalidRequest, "train.12.features.x"),
    ([*FEW, {"features": {"x": 1}, "label": None}], InvalidRequest, "train.12.label"),
    ([*FEW, {"features": {"x": "a"}, "label": 10**400}], InvalidRequest, "train.12.label"),
    ([*FEW, {"features": {}, "label": "a"}], InvalidRequest, "train.12.features"),
    ([*FEW, {"features": dict.fromkeys(map(str, range(100_000)), 1), "label": "a"}], TooLarge, "train.12.features"),
    ([{"features": {"x": at}, "label": f"l{at // 2}"} for at in range(2000)], TooLarge, "label"),
    ([{"features": {"x": 1.0}, "label": "ab"[at % 2]} for at in range(12)], InvalidRequest, "train"),
    ([{"features": {"x": at}, "label": 1.5} for at in range(12)], InvalidRequest, "label"),
]


@pytest.mark.parametrize(("rows", "kind", "field"), REFUSED)
def test_what_cannot_be_learnt_is_refused_by_name(
    rows: list[Json], kind: type[NisError], field: str, tmp_path: Path
) -> None:
    """Too few rows, one label, no numbers and too many columns are failures with a field and a remedy."""
    with pytest.raises(kind) as refused:
        Trainings(tmp_path).train("table_classifier", rows, rounds=5)
    assert type(refused.value) is kind
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_label_of_the_test_that_train_has_not_is_refused(tmp_path: Path) -> None:
    """No probability is told of a label that was never seen, so that it cannot be measured either."""
    with pytest.raises(InvalidRequest, match="which no row of train has") as refused:
        Trainings(tmp_path).train("table_classifier", FEW, [{"features": {"x": 0.5}, "label": "z"}], rounds=5)
    assert refused.value.field == "test.0.label"


def test_a_budget_ends_the_trying_and_what_was_tried_is_used(tmp_path: Path) -> None:
    """Candidates that were not reached are told; with time for none, it is a failure."""
    with pytest.raises(BudgetExceeded):
        Trainings(tmp_path).train("table_classifier", wine()[:130], seconds=-1.0)


def test_a_folder_that_is_broken_is_told_so(tmp_path: Path) -> None:
    """A pickled array, a tree that leads back to itself and a card of another format are not read."""
    made = Trainings(tmp_path)
    made.train("table_classifier", FEW, rounds=5)
    card, arrays = saved.load(made.out)
    assert card["kind"] == "table"
    np.savez(made.out / "parameters.npz", weight=np.array([{"a": 1}], object))
    with pytest.raises(Unavailable):
        saved.load(made.out)
    saved.save(made.out, {**card, "format": 99}, arrays)
    with pytest.raises(Unavailable, match="format"):
        saved.load(made.out)
    loop = np.array([0])
    with pytest.raises(ValueError, match="leads to"):
        Trees.read(
            {
                "left": loop,
                "right": loop,
                **{name: loop for name in Trees.__dataclass_fields__ if name not in {"left", "right"}},
            }
        )
