"""Trained classifiers at work: what they answer, of what they warn, and for whom."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classified import Json, Trainings
from opened import opened
from pydantic import ValidationError

from nis_backend.capabilities.training.applying import Given, Said, apply_model, describe_classifier
from nis_backend.capabilities.training.classified import ApplyModel, Classified, OneClassifier
from nis_backend.capabilities.training.classifiers.applied import apply
from nis_backend.capabilities.training.packing.finishing import Facts, finish_model
from nis_backend.context import Context
from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.errors import InvalidRequest, NotFound, Unavailable
from nis_backend.view import Grid, Series, Table, Text

ENTRY = "nis_backend.drivers.compute.operations:perform_operations"


class Here:
    """What a worker's process offers, in this one."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def keep(self, name: str, make: Any) -> Any:
        """See `ComputingContext.keep`."""
        return self._kept.setdefault(name, make())


def said(made: Trainings, **given: Any) -> Said:
    """What a model says in this process."""
    told: Json = {"folder": str(made.out), "at_least": 0.0, "count": 3, "explain": 4, **given}
    return apply(Given(**told), Here())  # pyright: ignore[reportArgumentType] - as much of it as is used


@pytest.fixture(scope="module")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Trainings:
    """A classifier of rows: tall ones are red, and those in the shade are blue."""
    draw = np.random.default_rng(0)
    rows: list[Json] = []
    for _ in range(160):
        height, place = float(draw.normal(10, 3)), "sun" if draw.random() < 0.7 else "shade"
        label = "blue" if place == "shade" else "red" if height > 10 else "white"
        rows.append({"features": {"height": height, "place": place, "noise": float(draw.normal())}, "label": label})
    made = Trainings(tmp_path_factory.mktemp("flowers"))
    made.train("table_classifier", rows[:120], rows[120:], candidates=["trees"], rounds=20)
    return made


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Trainings:
    """What tells a number: twice the size, and some noise."""
    draw = np.random.default_rng(0)
    sizes = draw.uniform(0, 10, 140)
    rows: list[Json] = [{"features": {"size": float(x)}, "label": float(2 * x + draw.normal(0, 0.1))} for x in sizes]
    made = Trainings(tmp_path_factory.mktemp("prices"))
    made.train("table_classifier", rows[:100], rows[100:], candidates=["linear"])
    return made


@pytest.fixture(scope="module")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> Trainings:
    """A classifier of texts about money and parcels."""
    money, parcel = ("refund", "invoice", "payment", "charged twice"), ("parcel", "delivery", "courier", "tracking")
    rows: list[Json] = [
        {"text": f"{start} my {word} {end}", "label": label}
        for label, words in (("money", money), ("parcel", parcel))
        for word in words
        for start in ("please check", "a question about", "i wait for")
        for end in ("today", "again", "number four")
    ]
    order: list[int] = np.random.default_rng(0).permutation(len(rows)).tolist()
    made = Trainings(tmp_path_factory.mktemp("tickets"))
    made.train(
        "text_classifier", [rows[at] for at in order[:60]], [rows[at] for at in order[60:]], candidates=["words"]
    )
    return made


def test_a_row_gets_its_label_and_what_it_was_by(flowers: Trainings) -> None:
    """The column that decides weighs most; probabilities are those of the label and add up to 1."""
    (answer,) = said(flowers, rows=[{"height": 9, "place": "shade", "noise": 0.1}]).answers
    assert answer.label == "blue"
    assert answer.chances[0].label == "blue"
    assert sum(one.probability for one in answer.chances) == pytest.approx(1)
    assert (answer.weighs[0].name, answer.weighs[0].value) == ("place", "shade")
    assert answer.weighs[0].push > 0.3
    assert not answer.strange


def test_below_the_threshold_no_label_is_told(flowers: Trainings) -> None:
    """The likeliest and its probability still are; at the very probability the label is told."""
    row = {"height": 10.0, "place": None, "noise": 0}
    sure = said(flowers, rows=[row]).answers[0].probability
    assert sure is not None
    (below,) = said(flowers, rows=[row], at_least=min(1.0, sure + 1e-6)).answers
    assert (below.label, below.probability) == (None, sure)
    assert below.chances[0].probability == pytest.approx(sure)
    assert said(flowers, rows=[row], at_least=sure).answers[0].label is not None


def test_what_is_unlike_the_rows_learnt_from_is_told(flowers: Trainings) -> None:
    """Unknown columns, unseen categories, missing values and numbers out of range are named."""
    (answer,) = said(flowers, rows=[{"height": 500, "place": "moon", "size": 3}]).answers
    assert answer.unlike
    told = " ".join(answer.strange)
    for word in ("unknown columns: size", "place: unseen", "height: out of range", "noise: missing"):
        assert word in told


def test_a_number_is_told_with_its_interval(prices: Trainings) -> None:
    """Twice the size, and the interval holds it."""
    (answer,) = said(prices, rows=[{"size": 4}]).answers
    assert answer.number == pytest.approx(8, abs=0.1)
    assert answer.low is not None
    assert answer.high is not None
    assert 0.1 < answer.high - answer.low < 0.8
    assert answer.label is None
    middle = prices.card["columns"][0]["median"]
    assert answer.weighs[0].push == pytest.approx(2 * (4 - middle), abs=0.1)


def test_a_text_tells_the_words_it_was_sorted_by(tickets: Trainings) -> None:
    """Words that were never seen are counted; a text of such alone is unlike what was learnt."""
    first, second = said(tickets, texts=["where is my parcel", "zzz qqq xxx"]).answers
    assert first.label == "parcel"
    assert "parcel" in {one.name for one in first.weighs}
    assert not first.unlike
    assert second.unlike
    assert second.strange == ["3 of 3 words were never seen"]


def test_a_folder_that_is_not_what_its_manifest_says_is_refused(tickets: Trainings, tmp_path: Path) -> None:
    """One byte of its numbers changed: nothing of it is used."""
    made = Trainings(tmp_path)
    shutil.copytree(tickets.out, made.out)
    finish_model(made.out, Facts(kind="text"))
    assert said(made, texts=["parcel"]).answers[0].label == "parcel"
    numbers = made.out / "parameters.npz"
    numbers.write_bytes(numbers.read_bytes()[:-1] + b"\x01")
    with pytest.raises(Unavailable):
        said(made, texts=["parcel"])
    (made.out / "manifest.json").unlink()
    with pytest.raises(Unavailable):
        said(made, texts=["parcel"])


def test_a_label_is_chosen_among_those_that_are_sure_enough(flowers: Trainings, tmp_path: Path) -> None:
    """Where a rare label is weighed up but not as probable as is asked, the likeliest is told if that one is."""
    made = Trainings(tmp_path)
    shutil.copytree(flowers.out, made.out)
    card = made.card
    card["deciding"]["weights"] = [1.0 if label == "white" else 1e-9 for label in card["labels"]]
    (made.out / "classifier.json").write_text(json.dumps(card))
    finish_model(made.out, Facts(kind="table"))
    row = {"height": 12, "place": "sun", "noise": 0}
    rare, likely, none = (said(made, rows=[row], at_least=sure).answers[0] for sure in (0.0, 0.6, 1.0))
    assert (rare.label, likely.label, none.label) == ("white", "red", None)
    assert (rare.probability or 0) < 0.5 < (likely.probability or 0) == none.probability


@asynccontextmanager
async def with_models(folder: Path, **made: Trainings) -> AsyncGenerator[Context]:
    """A call's context with these models, each promoted under its name."""
    async with opened(folder) as ctx:
        for name, one in made.items():
            kind = one.card["kind"]
            target = folder / "training" / "models" / f"model-{name}"
            shutil.copytree(one.out, target)
            finish_model(target, Facts(kind=kind))
            more = {"metrics": "{}", "state": "candidate", "withdrawn": 0, "created": 1.0, "updated": 1.0}
            more |= {"training_id": "t", "digest": "", "bytes": 1}
            await ctx.store.insert("trained_models", {"id": f"model-{name}", "name": f"{name}-1", "kind": kind, **more})
            row = {"id": f"name-{name}", "name": name, "model_id": f"model-{name}", "history": "[]"}
            await ctx.store.insert("model_names", {**row, "created": 1.0, "updated": 1.0})
        compute = WorkerPools([Pool(name="science", kind="exclusive", entry=ENTRY)])
        try:
            yield replace(ctx, drivers=replace(ctx.drivers, compute=compute))
        finally:
            await compute.close()


def test_a_model_is_applied_by_its_name_and_for_its_owner_alone(
    flowers: Trainings, tickets: Trainings, tmp_path: Path
) -> None:
    """By id, or by what a name means now; to another owner it is not there."""

    async def body() -> None:
        async with with_models(tmp_path, flowers=flowers, tickets=tickets) as ctx:
            found: list[Classified] = []
            for name in ("model-tickets", "local:tickets", "tickets"):
                request = ApplyModel(model=name, texts=["my courier has lost it"])
                found.append(await apply_model.function(request, ctx))
            assert {one.model_id for one in found} == {"model-tickets"}
            assert {one.answers[0].label for one in found} == {"parcel"}
            with pytest.raises(InvalidRequest, match="sorts texts, and rows are given") as refused:
                await apply_model.function(ApplyModel(model="tickets", rows=[{"a": 1}]), ctx)
            assert refused.value.field == "rows"
            other = replace(ctx, caller=replace(ctx.caller, owner="ben"))
            for name in ("model-tickets", "local:tickets"):
                with pytest.raises(NotFound):
                    await apply_model.function(ApplyModel(model=name, texts=["a"]), other)
                with pytest.raises(NotFound):
                    await describe_classifier.function(OneClassifier(model=name), other)
            with pytest.raises(NotFound, match="No model serves as 'flowers-1' yet") as unpromoted:
                await apply_model.function(ApplyModel(model="flowers-1", rows=[{"a": 1}]), ctx)
            assert unpromoted.value.field == "model"
            assert "model-flowers" in (unpromoted.value.remedy or "")
            rows = ApplyModel(model="flowers", rows=[{"moon": 1}, {"moon": 2}])
            told = await apply_model.function(rows, ctx)
            assert told.drift.startswith("2 of 2 inputs are mostly unlike")
            assert any(isinstance(one, Table) for one in apply_model.draw(rows, told))
            request = ApplyModel(model="tickets", texts=["my courier"])
            sure = found[0].answers[0].model_copy(update={"probability": 0.9996})
            drawn = apply_model.draw(request, found[0].model_copy(update={"answers": [sure]}))
            assert isinstance(drawn[0], Text)
            assert "parcel" in drawn[0].text
            assert "more than 99.9 %" in drawn[0].text
            assert any(isinstance(one, Series) for one in drawn)

    asyncio.run(body())


def test_a_classifier_says_what_it_is(flowers: Trainings, tmp_path: Path) -> None:
    """Its measures beside the floor's, its candidates and its confusion, as a table and as a grid."""

    async def body() -> None:
        async with with_models(tmp_path, flowers=flowers) as ctx:
            request = OneClassifier(model="flowers")
            card = await describe_classifier.function(request, ctx)
            assert [one.name for one in card.measured] == ["accuracy", "macro_f1", "log_loss", "brier", "ece"]
            assert all(one.low <= one.value <= one.high and one.floor is not None for one in card.measured)
            assert sum(map(sum, card.confusion)) == card.rows == 40
            assert card.weighs[0].name in {"place", "height"}
            assert any(isinstance(one, Grid) for one in describe_classifier.draw(request, card))
            await ctx.store.update("trained_models", "model-flowers", {"withdrawn": 1})
            assert "was withdrawn" in (await describe_classifier.function(request, ctx)).notes[-1]
            (tmp_path / "training" / "models" / "model-flowers" / "classifier.json").write_text("[]")
            with pytest.raises(Unavailable, match="was changed"):
                await describe_classifier.function(request, ctx)
            shutil.rmtree(tmp_path / "training" / "models" / "model-flowers")
            with pytest.raises(Unavailable):
                await describe_classifier.function(request, ctx)

    asyncio.run(body())


def test_a_cell_that_is_none_is_told_once() -> None:
    """Not once for each kind that it might have been."""
    with pytest.raises(ValidationError) as refused:
        ApplyModel.model_validate({"model": "m", "rows": [{"a": 1}, {"a": [1]}]})
    (one,) = refused.value.errors()
    assert one["loc"] == ("rows", 1, "a")
    assert one["msg"].startswith("Input should be a number, a text of at most 500 characters")


def test_a_text_of_digits_that_is_too_long_is_no_number() -> None:
    """The schema bounds texts: 501 digits are one beyond the bound, not a number that they spell."""
    given = ApplyModel.model_validate({"model": "m", "rows": [{"a": 1, "b": "0" * 500, "c": True, "d": 0.5}]})
    assert given.rows == [{"a": 1.0, "b": "0" * 500, "c": True, "d": 0.5}]
    with pytest.raises(ValidationError, match="at most 500 characters"):
        ApplyModel.model_validate({"model": "m", "rows": [{"a": "0" * 501}]})


def test_one_kind_of_input_is_given() -> None:
    """None, or two of them, are refused before anything is looked up."""
    for given in ({}, {"texts": ["a"], "rows": [{"a": 1}]}):
        with pytest.raises(InvalidRequest) as refused:
            apply_model.validate({"model": "m", **given})
        assert refused.value.remedy.startswith("Give either")
