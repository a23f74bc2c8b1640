"""Each example of each operation, on each derived surface: the same request, the same answer, the same problem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from ground import Ground, filled, prepared
from parity import SURFACES, TABLE, Answer, computed

from nis_backend.catalog import Catalog
from nis_backend.entry import Entry

Json = dict[str, Any]

CATALOG = Catalog.from_index()
EXAMPLES = [
    pytest.param(entry, example, number, id=f"{entry.name}-{number}")
    for entry in CATALOG.entries()
    for number, example in enumerate(entry.examples, 1)
]
MOVES = {
    "runs.list_runs",
    "identity.list_keys",
    "identity.get_caller",
    "blobs.list_blobs",
    "conversations.list_conversations",
    "conversations.search_conversations",
    "datasets.import_examples",
    "datasets.collect_examples",
    "datasets.list_consents",
    "datasets.grant_consent",
    "documents.add_document",
    "documents.add_files",
    "documents.get_document",
    "documents.list_documents",
    "documents.search_documents",
    "system.get_info",
    "training.list_models",
    "training.list_trainings",
    "training.promote_model",
    "training.roll_back_model",
    "metacognition.decide_review",
    "runs.cancel_run",
    "runs.get_statistics",
    "runs.start_run",
    "runs.fork_run",
    "runs.retry_run",
    "runs.pause_run",
    "runs.resume_run",
    "runs.approve_run",
    "runs.reject_run",
    "runs.provide_input",
    "schedules.list_schedules",
    "schedules.trigger_schedule",
    "models.test_model",
    "models.compare_models",
    "impact.assess_change",
    "memory.set_entry",
    "memory.remember",
    "memory.recall",
    "memory.export_memories",
    "memory.forget_user",
    "robots.move_robot",
    "robots.stop_robot",
    "robots.release_robot",
    "deployment.get_status",
    "deployment.list_logs",
    "deployment.plan_deployment",
    "deployment.apply_deployment",
    "deployment.scale_deployment",
    "deployment.roll_back_deployment",
}
"""Whose answers tell what was called before, how far a run has got, how long it took, or who calls: their
shape is compared."""

_OWN = re.compile(r"\b([a-z]+)-[0-9a-f]{24}\b|\b[0-9a-f]{32}\b")
_CURSOR = re.compile(r"\b\d{9,}\.\d+_[a-z]+-[0-9a-f]{24}\b")
_KEY = re.compile(r"\bnis_[A-Za-z0-9_-]{6,}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)?")
SINCE, UNTIL = 1.6e9, 1e10
"""A number between them is a time in seconds since 1970; orbits have larger ones."""


def comparable(value: Any) -> Any:  # Any: JSON
    """An answer without what each call makes anew: ids, keys and moments."""
    if isinstance(value, dict):
        return {key: comparable(one) for key, one in cast("Json", value).items()}
    if isinstance(value, list):
        return [comparable(one) for one in cast("list[Any]", value)]
    if isinstance(value, str):
        value = _OWN.sub(lambda found: f"{found[1] or 'some'}-ID", _CURSOR.sub("CURSOR", value))
        return _MOMENT.sub("MOMENT", _KEY.sub("KEY", value))
    return "MOMENT" if isinstance(value, float) and SINCE < value < UNTIL else value


def shape(value: Json) -> list[str]:
    """The names of its fields."""
    return sorted(value)


@pytest.mark.parametrize(("entry", "example", "number"), EXAMPLES)
def test_an_example_answers_the_same_on_every_surface(ground: Ground, entry: Entry, example: Json, number: int) -> None:
    """Promise: declared once, called from anywhere. What changes something is prepared anew for each surface.

    What a worker computes it computes twice of an operation's first example, which has to come to the same, and once of
    the others, as long as the surfaces hand it equal requests.
    """
    trainings = 2 if entry.name == "training.start_training" else 0
    with computed(ground, times=2 if number == 1 else 1, trainings=trainings):
        _answers_the_same(ground, entry, example)


def _answers_the_same(ground: Ground, entry: Entry, example: Json) -> None:
    seen = shape if entry.name in MOVES else comparable
    request = prepared(ground, example) if entry.effect == "reads" else None
    expected: Any = None
    for surface in SURFACES:
        reason = surface.left_out(entry)
        if reason:
            TABLE.left_out(entry.name, surface.name, reason)
            continue
        answers = surface.over(ground, entry, request or prepared(ground, example))
        for answer in answers:
            assert answer.problem is None, f"{surface.name}: {answer.problem}"
            expected = expected or seen(answer.result)
            assert seen(answer.result) == expected, surface.name
        TABLE.same(entry.name, surface.name, "answers")


def wrongs(entry: Entry, example: Json) -> Iterator[Json]:
    """Requests that are refused: one with a field that is not there, one about a thing that is not there."""
    nothing = {one["name"]: _Nothing() for one in example["before"]}
    request = filled(example["request"], nothing)
    if "id" in entry.request_schema.get("properties", {}):
        yield {**request, "id": "nothing-here"}
    yield {**request, "no_such_field": "1"}


class _Nothing(dict[str, Any]):
    """Results of calls that are not made, because the request is refused before it matters."""

    def __missing__(self, key: str) -> str:
        return "nothing"


WRONG = [
    pytest.param(entry, wrong, id=f"{entry.name}-{number}")
    for entry in CATALOG.entries()
    for example in entry.examples[:1]
    for number, wrong in enumerate(wrongs(entry, example), 1)
]


@pytest.mark.parametrize(("entry", "request_"), WRONG)
def test_a_wrong_request_is_refused_the_same_on_every_surface(ground: Ground, entry: Entry, request_: Json) -> None:
    """Promise: the same error everywhere, by code, field and remedy."""
    expected: Json | None = None
    for surface in SURFACES:
        if surface.left_out(entry):
            continue
        for answer in surface.over(ground, entry, request_):
            told = _told(answer)
            expected = expected or told
            assert told == expected, surface.name
        TABLE.same(entry.name, surface.name, "problems")


def _told(answer: Answer) -> Json:
    assert answer.problem is not None, f"it answered {answer.result}"
    return {name: answer.problem.get(name) for name in ("code", "field", "remedy")}


def test_every_operation_has_an_example_and_so_a_row() -> None:
    """Promise: complete both ways: no operation without an example request."""
    assert [entry.name for entry in CATALOG.entries() if not entry.examples] == []
