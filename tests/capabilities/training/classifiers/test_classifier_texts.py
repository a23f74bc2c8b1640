"""Classifiers of texts: weights as scikit-learn's, what an embedding model adds, and hostile texts."""

from __future__ import annotations

import inspect
import json
import pathlib
import statistics
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classified import Json, Trainings

from nis_backend.capabilities.training.classifiers import saved
from nis_backend.capabilities.training.classifiers.counting import Counted, beside
from nis_backend.capabilities.training.classifiers.scoring import Linear
from nis_backend.capabilities.training.classifiers.terms import CHARACTERS, WORDS, Reader
from nis_backend.capabilities.training.classifiers.texts import TextModel
from nis_backend.errors import InvalidRequest, Unavailable

text_features: Any = import_module("sklearn.feature_extraction.text")  # Any: scikit-learn has no types
pipeline: Any = import_module("sklearn.pipeline")  # Any: as above
linear_model: Any = import_module("sklearn.linear_model")  # Any: as above


def described(module: Any, label: str) -> list[Json]:
    """What a module says of its functions and methods, a sentence a row."""
    classes: list[Any] = [one for _, one in inspect.getmembers(module, inspect.isclass)]
    things: list[Any] = [one for place in (module, *classes) for _, one in inspect.getmembers(place)]
    said = {inspect.getdoc(one) or "" for one in things if inspect.isroutine(one) or isinstance(one, property)}
    sentences = {line.strip() for text in said for line in text.split(".") if len(line.split()) > 5}
    return [{"text": line, "label": label} for line in sorted(sentences)][:160]


@pytest.fixture(scope="module")
def rows() -> list[Json]:
    """Sentences of the library's documentation, of two modules."""
    every = [*described(statistics, "numbers"), *described(pathlib, "files")]
    order = np.random.default_rng(0).permutation(len(every)).tolist()
    return [every[at] for at in order]


def test_weights_of_terms_are_those_of_scikit_learn(rows: list[Json]) -> None:
    """TF-IDF of words, pairs and runs of characters, and the answers by them, differ by no more than 1e-12."""
    texts = [row["text"] for row in rows]
    fit, new = np.arange(120), [*texts[120:], "", "Ünïcode 漢字 und a\u00a0b"]
    goal = np.array([row["label"] == "files" for row in rows[:120]]).astype(np.int64)
    union = pipeline.make_union(
        text_features.TfidfVectorizer(ngram_range=WORDS, sublinear_tf=True, min_df=2),
        text_features.TfidfVectorizer(ngram_range=CHARACTERS, sublinear_tf=True, min_df=2, analyzer="char_wb"),
    )
    theirs = union.fit_transform(texts[:120])
    found = [Counted.of(block, texts).weighed(fit, 10**6, 2) for block in ("words", "characters")]
    reader = Reader([terms for terms, _ in found])
    assert [term for _, term in reader.terms] == [name.split("__", 1)[1] for name in union.get_feature_names_out()]
    np.testing.assert_allclose(beside([matrix for _, matrix in found])[fit].toarray(), theirs.toarray(), atol=1e-12)
    model = linear_model.LogisticRegression(C=10).fit(theirs, goal)
    ours = TextModel(
        way="terms",
        reader=reader,
        scorer=Linear(weight=model.coef_, offset=model.intercept_),
        labels=("files", "numbers"),
    )
    again = TextModel.read(ours.plain(), ours.arrays())
    wanted = model.predict_proba(union.transform(new))
    np.testing.assert_allclose(again.scores([reader.weigh(text) for text in new], None), wanted, rtol=0, atol=1e-12)


def test_texts_are_sorted_better_than_by_the_most_frequent_label(rows: list[Json], tmp_path: Path) -> None:
    """The same seed makes the same bytes; the words that speak for a label are told."""
    made, again = Trainings(tmp_path / "a"), Trainings(tmp_path / "b")
    metrics = made.train("text_classifier", rows[:180], rows[180:], candidates=["words"]).metrics
    assert metrics["accuracy"] > metrics["floor_accuracy"] + 0.2
    again.train("text_classifier", rows[:180], rows[180:], candidates=["words"])
    assert made.files == again.files
    assert {"file", "path", "the path"} & set(made.card["heaviest"]["files"])
    assert {"data", "mean", "fraction"} & set(made.card["heaviest"]["numbers"])


def test_vectors_of_an_embedding_model_are_tried_where_they_are_laid(rows: list[Json], tmp_path: Path) -> None:
    """Ones that tell the labels apart win over words; without any, meaning alone is not available."""
    made = Trainings(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    draw = np.random.default_rng(0)
    told = [[2.0 * (row["label"] == "files") - 1, *draw.normal(size=3)] for row in rows]
    np.array(told, "<f4").tofile(data / "vectors.f32")
    about: Json = {"model": "embedded:some", "version": "sha256:1", "dimensions": 4, "notes": []}
    (data / "vectors.json").write_text(json.dumps(about))
    made.train("text_classifier", rows[:180], rows[180:], candidates=["words", "meaning"])
    assert made.card["way"] == "vectors"
    assert made.card["embedder"] == {"model": "embedded:some", "version": "sha256:1", "dimensions": 4}
    assert made.card["measured"]["model"]["accuracy"]["value"] == 1
    (data / "vectors.json").write_text(json.dumps({**about, "dimensions": 0, "notes": ["It was not tried."]}))
    with pytest.raises(Unavailable, match="No vectors"):
        made.train("text_classifier", rows[:180], candidates=["meaning"])


def test_texts_of_any_kind_are_read(tmp_path: Path) -> None:
    """Emoji, half characters, texts without a word and very long ones are learnt from and answered."""
    strange = ["🙂🙂", "\ud800 half", "...", "漢字かな交じり文", "x" * 50_000, "ok ok", "a b c d", "\u202eabc"]
    rows: list[Json] = [{"text": f"{one} {at}", "label": at % 2} for one in strange for at in range(4)]
    made = Trainings(tmp_path)
    made.train("text_classifier", rows, candidates=["characters"])
    card, arrays = saved.load(made.out)
    model = TextModel.read(card, arrays)
    scores = model.scores([model.reader.weigh(text) for text in ["", "\x00", *strange]], None)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert card["labels"] == ["0", "1"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"text": " ", "label": "a"}, "train.10.text"),
        ({"text": 7, "label": "a"}, "train.10.text"),
        ({"text": "a", "label": ["a"]}, "train.10.label"),
        ({"text": "a", "label": "x" * 501}, "train.10.label"),
    ],
)
def test_what_is_no_text_with_a_label_is_refused(row: Json, field: str, tmp_path: Path) -> None:
    """The row and its field are named."""
    few: list[Json] = [{"text": f"word {at}", "label": "ab"[at % 2]} for at in range(10)]
    with pytest.raises(InvalidRequest) as refused:
        Trainings(tmp_path).train("text_classifier", [*few, row])
    assert refused.value.field == field
