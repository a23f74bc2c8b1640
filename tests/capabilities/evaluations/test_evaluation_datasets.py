"""Cases from a dataset: a version and a part of it, as they were when the evaluation was begun."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ground import Ground

from nis_backend.errors import Conflict, InvalidRequest, NotFound

Json = dict[str, Any]

ROWS = [
    {"input": '{"value": 1, "unit": "mile", "to": "km"}', "expected": 1.609344, "tags": ["miles"]},
    {"input": '{"value": 2, "unit": "mile", "to": "km"}', "expected": 3.218688, "tags": ["miles"]},
    {"input": '{"value": 1, "unit": "km", "to": "m"}', "expected": 999, "schema": {"type": "number"}},
]
ASKED = {"role": "user", "content": "Hello?"}
REQUEST: Json = {
    "target": "operation:physics.convert_unit",
    "metrics": [{"kind": "numeric", "relative": 1e-9}, "schema_valid"],
    "how": {"answer": "value"},
}


def dataset(ground: Ground, rows: list[Json], kind: str = "cases") -> Json:
    """A dataset of these rows."""
    made = ground.call("datasets.create_dataset", {"kind": kind})
    if rows:
        ground.call("datasets.import_examples", {"id": made["id"], "rows": rows})
    return ground.call("datasets.get_dataset", {"id": made["id"]})


def test_the_cases_of_a_dataset_are_evaluated(ground: Ground) -> None:
    """Promise: the version is told; rows that come later are in the next evaluation alone."""
    made = dataset(ground, ROWS)
    done = ground.call("evaluations.create_evaluation", {**REQUEST, "dataset": made["name"]})
    assert (done["dataset"], done["version"], done["counts"]["cases"]) == (made["id"], made["version"], 3)
    numeric, valid = done["metrics"]
    assert numeric["value"] == pytest.approx(2 / 3)
    assert (valid["value"], valid["cases"], valid["unscored"]) == (1.0, 1, 2)
    listed = ground.call("evaluations.list_evaluations", {"dataset": made["id"]})["evaluations"]
    assert [one["id"] for one in listed] == [done["id"]]
    more = {"input": '{"value": 3, "unit": "mile", "to": "km"}', "expected": 4.828032}
    ground.call("datasets.import_examples", {"id": made["id"], "rows": [more]})
    again = ground.call("evaluations.create_evaluation", {**REQUEST, "dataset": made["id"], "version": made["version"]})
    newest = ground.call("evaluations.create_evaluation", {**REQUEST, "dataset": made["id"], "most": 4})
    assert (again["counts"]["cases"], newest["counts"]["cases"]) == (3, 4)
    asked = {"baseline": again["id"], "candidates": [newest["id"]], "metrics": ["numeric"]}
    (one,) = ground.call("evaluations.compare_evaluations", asked)["differences"]
    assert (one["pairs"], one["only_candidate"], one["wins"] + one["losses"]) == (3, 1, 0)
    assert "same score" in one["why"]


def test_a_part_of_a_split_is_evaluated(ground: Ground) -> None:
    """The parts are all of it."""
    rows = [{"input": f'{{"value": {at}, "unit": "km", "to": "m"}}', "expected": at * 1000} for at in range(1, 21)]
    made = dataset(ground, rows)
    ground.call("datasets.split_dataset", {"id": made["id"], "train": 0.5, "validation": 0.25, "test": 0.25})
    parts = [
        ground.call("evaluations.create_evaluation", {**REQUEST, "dataset": made["id"], "split": split})
        for split in ("train", "validation", "test")
    ]
    assert sum(one["counts"]["cases"] for one in parts) == 20
    assert all(one["metrics"][0]["value"] == 1.0 for one in parts)


@pytest.mark.parametrize(
    ("kind", "row", "asked", "expected"),
    [
        ("labels", {"text": "It broke.", "label": "complaint"}, "It broke.", "complaint"),
        ("table", {"features": {"width": 2.5, "colour": None}, "label": 7}, '{"width": 2.5, "colour": null}', 7),
        ("chat", {"messages": [ASKED, {"role": "assistant", "content": "Hi."}]}, "Hello?", "Hi."),
        (
            "chat",
            {"messages": [{"role": "system", "content": "Be brief."}, ASKED, {"role": "assistant", "content": "Hi."}]},
            [{"role": "system", "content": "Be brief."}, ASKED],
            "Hi.",
        ),
        ("preferences", {"messages": [ASKED], "chosen": "Hi.", "rejected": "What?"}, "Hello?", "Hi."),
    ],
)
def test_what_models_learn_from_is_asked_as_it_was_learned(
    ground: Ground, kind: str, row: Json, asked: Any, expected: Any
) -> None:
    """Held-out rows of a dataset of any of these kinds evaluate what was trained on the rest."""
    made = dataset(ground, [row], kind=kind)
    request: Json = {"target": "scripted", "dataset": made["id"], "metrics": ["contains"]}
    done = ground.call("evaluations.create_evaluation", request)
    (answer,) = ground.call("evaluations.get_answers", {"id": done["id"]})["answers"]
    told = json.loads(answer["input"]) if kind == "table" else answer["input"]
    assert (told, answer["expected"]) == (json.loads(asked) if kind == "table" else asked, expected)


def test_answers_go_with_their_dataset_and_the_values_stay(ground: Ground) -> None:
    """They hold its rows: whoever removes those removes them there too."""
    made = dataset(ground, ROWS)
    done = ground.call("evaluations.create_evaluation", {**REQUEST, "dataset": made["id"]})
    ground.call("datasets.delete_dataset", {"id": made["id"]})
    assert ground.call("evaluations.get_evaluation", {"id": done["id"]})["metrics"] == done["metrics"]
    with pytest.raises(NotFound, match="are gone"):
        ground.call("evaluations.get_answers", {"id": done["id"]})
    report = ground.call("evaluations.report_evaluation", {"id": done["id"]})
    assert report["worst"] == []
    ground.call("evaluations.delete_evaluation", {"id": done["id"]})


def test_what_is_no_dataset_of_cases_is_refused(ground: Ground) -> None:
    """By its field, before there is a run."""
    texts = dataset(ground, [{"text": "Once upon a time there was a ship."}], kind="text")
    with pytest.raises(InvalidRequest, match="dataset of text") as wrong:
        ground.call("evaluations.create_evaluation", {**REQUEST, "dataset": texts["id"]})
    assert wrong.value.field == "dataset"
    empty = dataset(ground, [])
    with pytest.raises(Conflict, match="no rows"):
        ground.call("evaluations.create_evaluation", {**REQUEST, "dataset": empty["id"]})
    with pytest.raises(NotFound) as unknown:
        ground.call("evaluations.create_evaluation", {**REQUEST, "dataset": "nothing-such"})
    assert unknown.value.field == "dataset"
