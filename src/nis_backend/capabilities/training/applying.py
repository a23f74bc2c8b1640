"""Trained classifiers at work: what they say of new texts, pictures and rows, and what they are."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.embeddings.operations import EmbeddingRequest, embed_texts
from nis_backend.capabilities.training import asked_classifiers as asked
from nis_backend.capabilities.training import classified_views
from nis_backend.capabilities.training.classified import (
    PROBABILITY,
    WEIGHED,
    Answer,
    ApplyModel,
    Classified,
    ClassifierCard,
    Measured,
    Mistaken,
    OneClassifier,
    SomeRow,
    SomeText,
    Tried,
    Weigh,
)
from nis_backend.capabilities.training.features import EMBED_IMAGE, LONGEST
from nis_backend.capabilities.training.registry import named
from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.operation import Before, Example, Json, Model, operation
from nis_backend.trained.manifest import check_file
from nis_backend.trained.places import model_folder

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import ComputingContext
    from nis_backend.drivers.store.base import Row

CARD = "classifier.json"
LARGEST_CARD = 64 * 2**20
"""Bytes."""
LOCAL = "local:"
TAKES = {"text": "texts", "image": "images", "table": "rows"}
"""The field that a classifier's inputs come in, by its kind."""
MOSTLY = 0.5
"""The part of the inputs that are unlike what was learnt from, from which on that is a warning."""


class Given(Model):
    """What a worker is told of a call: the model's folder is the server's own word, not the caller's."""

    folder: str
    texts: list[SomeText] = Field(default_factory=list[str])
    images: list[Blob] = Field(default_factory=list[Blob])
    rows: list[SomeRow] = Field(default_factory=list[SomeRow])
    vectors: list[list[float]] = Field(default_factory=list[list[float]])
    at_least: float
    count: int
    explain: int


class Said(Model):
    """What the worker answers."""

    answers: list[Answer]
    push_is: str


def _apply(request: Given, ctx: ComputingContext) -> Said:
    """Have a worker apply a classifier."""
    from nis_backend.capabilities.training.classifiers.applied import apply  # noqa: PLC0415 - loads in the worker only

    return apply(request, ctx)


SORTS = (
    Before(name="tickets", operation="datasets.create_dataset", request={"kind": "labels"}),
    Before(
        name="filled",
        operation="datasets.import_examples",
        request={"id": "{tickets.id}", "rows": list(asked.TICKETS)},
    ),
    Before(
        name="split",
        operation="datasets.split_dataset",
        request={"id": "{tickets.id}", "train": 0.6, "validation": 0.2, "test": 0.2},
    ),
    Before(
        name="sorts",
        operation="training.start_training",
        request={
            "recipe": "text_classifier",
            "dataset": "{tickets.id}",
            "name": "tickets",
            "settings": {"candidates": ["words"]},
        },
    ),
)
# Not offered by themselves: a caller names a model, never a folder.
APPLY_PLAINLY = operation("training.apply_numbers", effect="reads", pool="science")(_apply)
APPLY_TO_IMAGES = operation("training.apply_pixels", effect="reads", pool="vision")(_apply)


@operation(
    "training.apply_model",
    effect="reads",
    outward=True,
    view=classified_views.draw_answers,
    time_limit=300,
    examples=(
        Example(
            title="A text",
            request={"model": "{sorts.model_id}", "texts": ["My parcel has not arrived."]},
            before=SORTS,
            question='Classify "My parcel has not arrived." with the model tickets.',
            also=asked.APPLY,
        ),
        Example(
            title="No label where none is sure",
            request={"model": "{sorts.model_id}", "texts": ["My parcel has not arrived."], "at_least": 0.99},
            before=SORTS,
            question='Which label does my classifier tickets give "My parcel has not arrived.", if at least 0.99 sure?',
        ),
    ),
)
async def apply_model(request: ApplyModel, ctx: Context) -> Classified:
    """Sort texts, pictures or rows of a table with a classifier that was trained here, or tell a number of them.

    Each answer has its label, calibrated probabilities, what weighed most, and in what the input is unlike what the
    model has learnt from. Below `at_least` no label is answered. A model whose vectors come from an embedding model
    asks that one first.

    Raises:
        NotFound: the caller has no such model.
        InvalidRequest: it sorts something else than what was given, or is no classifier.
        Unavailable: its folder is gone or was changed, or the model that its vectors come from.
    """
    row, card, folder = await _opened(request.model, ctx)
    kind = str(card["kind"])
    if getattr(request, TAKES[kind]) is None:
        given = next(field for field in TAKES.values() if getattr(request, field) is not None)
        raise InvalidRequest(
            f"{row['name']} sorts {TAKES[kind]}, and {given} are given.",
            field=given,
            remedy=f"Give {TAKES[kind]}, or name another model.",
        )
    told = Given(
        folder=str(folder),
        texts=request.texts or [],
        images=request.images or [],
        rows=request.rows or [],
        vectors=await _vectors(request, card, ctx),
        at_least=request.at_least,
        count=request.count,
        explain=request.explain,
    )
    answer = await ctx.compute(APPLY_TO_IMAGES if kind == "image" else APPLY_PLAINLY, told)
    said = Said.model_validate_json(answer["result"])
    return Classified(
        model_id=row["id"],
        name=row["name"],
        kind=card["kind"],
        task=card["task"],
        labels=card["labels"],
        answers=said.answers,
        probability_is=_probability_is(card),
        push_is=said.push_is,
        drift=_drift(said.answers),
        notes=[*card["notes"], *_withdrawn(row)],
    )


@operation(
    "training.describe_classifier",
    effect="reads",
    view=classified_views.draw_card,
    examples=(
        Example(
            title="By its name",
            request={"model": "{sorts.model_id}"},
            before=SORTS,
            question="How good is my classifier tickets, and which labels does it mix up?",
            also=asked.DESCRIBE,
        ),
    ),
)
async def describe_classifier(request: OneClassifier, ctx: Context) -> ClassifierCard:
    """Say what a trained classifier is, how good it was on rows it had not seen, beside a floor, and what it goes by.

    With the interval of each measure, what each candidate came to, how probabilities were calibrated, which labels are
    mixed up, and which columns or words weigh most.

    Raises:
        NotFound: the caller has no such model.
        InvalidRequest: it is no classifier.
        Unavailable: its folder is gone.
    """
    row, card, _ = await _opened(request.model, ctx)
    return _card(row, card)


async def _opened(name: str, ctx: Context) -> tuple[Row, Json, Path]:
    """The model's row, what its card says, and its folder."""
    row = await named(name, ctx, field="model")
    if row["kind"] not in TAKES:
        raise InvalidRequest(
            f"{row['name']} is no classifier: it is of the kind {row['kind']}.",
            field="model",
            value=name,
            remedy=f"Ask it as a language model, {LOCAL}{row['name']}, or name a classifier.",
        )
    folder = model_folder(ctx.settings, str(row["id"]))
    return row, await asyncio.to_thread(_read, folder, str(row["name"])), folder


def _read(folder: Path, name: str) -> Json:
    check_file(folder, CARD, name)
    try:
        if (folder / CARD).stat().st_size > LARGEST_CARD:
            msg = "it is too large"
            raise ValueError(msg)  # noqa: TRY301 - told as what cannot be read is
        card: Json = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Unavailable(
            f"The folder of {name} is gone, or its {CARD} cannot be read.",
            remedy="Bring back the folder of trained models (NIS_TRAINING) from a backup, or train it again.",
        ) from None
    return card


async def _vectors(request: ApplyModel, card: Json, ctx: Context) -> list[list[float]]:
    """What the model that the classifier stands on sees in the inputs; none where it stands on its own."""
    embedder: Json | None = card.get("embedder")
    if embedder is None:
        return []
    if request.images is not None:
        asked_of = [{"image": {"id": image.id}, "model": embedder["model"]} for image in request.images]
        return [(await ctx.call_named(EMBED_IMAGE, one)).vector for one in asked_of]
    texts = [text[:LONGEST] for text in request.texts or []]
    found = await ctx.call(embed_texts, EmbeddingRequest(texts=texts, model=embedder["model"]))
    if found.version != embedder["version"]:
        raise Unavailable(
            f"{embedder['model']} is another model now than the one that this classifier was trained with.",
            remedy="Train the classifier again, or bring back the model's files as they were.",
        )
    return found.vectors


def _probability_is(card: Json) -> str:
    if not card["labels"]:
        return ""
    return f"{PROBABILITY} {WEIGHED}" if card["deciding"]["weights"] else PROBABILITY


def _drift(answers: list[Answer]) -> str:
    unlike = sum(answer.unlike for answer in answers)
    if unlike <= MOSTLY * len(answers):
        return ""
    return (
        f"{unlike} of {len(answers)} inputs are mostly unlike what the model has learnt from: do not rely on these "
        "answers. Train it again with examples of this kind."
    )


def _withdrawn(row: Row) -> list[str]:
    if not row["withdrawn"]:
        return []
    return [
        "Consent to some of what it has learnt from was withdrawn since: train it again on the dataset as it is now."
    ]


def _card(row: Row, card: Json) -> ClassifierCard:
    measured: Json = card["measured"]
    deciding: Json = card.get("deciding") or {"calibration": {"method": "none", "tried": {}}, "weights": []}
    names: dict[str, str] = measured["formulas"]
    floor: Json = measured["floor"]
    return ClassifierCard(
        model_id=row["id"],
        name=row["name"],
        kind=card["kind"],
        task=card["task"],
        labels=card["labels"],
        chosen=card["chosen"],
        judged=card["judged"],
        candidates=[
            Tried(words=one["words"], loss=one.get("log_loss", one.get("unexplained"))) for one in card["candidates"]
        ],
        rows=measured["rows"],
        measured=[
            Measured(name=name, **measured["model"][name], floor=floor.get(name, {}).get("value"), formula=formula)
            for name, formula in names.items()
        ],
        floor_is=measured["floor_is"],
        calibration=deciding["calibration"]["method"],
        calibrations=deciding["calibration"]["tried"],
        weights=deciding["weights"],
        confusion=measured.get("confusion", []),
        mistaken=[Mistaken(**one) for one in measured.get("mistaken", [])],
        weighs=[Weigh(name=one["name"], push=one["rise"]) for one in card.get("weighs", [])[:30]],
        weighs_is=str(card.get("weighs_is", "")),
        heaviest=card.get("heaviest", {}),
        left_out=card.get("left_out", {}),
        embedder=card.get("embedder"),
        notes=[*card["notes"], *_withdrawn(row)],
    )


OPERATIONS = (apply_model, describe_classifier)
