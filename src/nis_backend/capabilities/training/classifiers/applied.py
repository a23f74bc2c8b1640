"""Classifiers at work, in a worker: inputs as the model sees them, its answers, and what moved them."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nis_backend.capabilities.training.applying import Given, Said
from nis_backend.capabilities.training.classified import Answer, LabelChance, Weigh
from nis_backend.capabilities.training.classifiers import rows, saved, weighing
from nis_backend.capabilities.training.classifiers.finishing import Deciding
from nis_backend.capabilities.training.classifiers.images import ImageModel
from nis_backend.capabilities.training.classifiers.tables import TableModel
from nis_backend.capabilities.training.classifiers.texts import TextModel
from nis_backend.errors import Unavailable
from nis_backend.trained.manifest import check_files, read_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nis_backend.capabilities.training.classifiers.columns import Row
    from nis_backend.drivers.compute.base import ComputingContext, Json

    Array = NDArray[np.float64]
    Places = NDArray[np.int64]

AnyModel: TypeAlias = "TextModel | ImageModel | TableModel"
KEPT = 8
"""Classifiers that a process has in memory: the last ones used."""
MOST_EXPLAINED = 50
"""Inputs of which is told what weighed most."""
FEW_WORDS = 3
MOSTLY = 0.5
"""The part of a text's words, or of a row's columns, that are unlike what was learnt: from here on most of it is."""
MOST_STRANGE = 8
"""Remarks on one input."""
CUT = 60
"""Characters of a column's name in a remark."""
PUSHES = {
    "terms": "How far it moves the label's score beside the mean of all labels', in units of the logarithm of odds.",
    "linear": weighing.TAKEN,
    "trees": weighing.TAKEN,
}


def apply(request: Given, ctx: ComputingContext) -> Said:
    """What the classifier in a folder says of what is given."""
    card, model = opened(Path(request.folder), ctx)
    vectors = np.array(request.vectors, np.float64) if request.vectors else None
    _refuse_vectors(card, vectors, len(request.texts) + len(request.images))
    if isinstance(model, TextModel):
        answers = _of_texts(request, card, model, vectors)
    elif isinstance(model, ImageModel):
        answers = _of_images(request, card, model, vectors)
    else:
        answers = _of_rows(request, card, model)
    return Said(answers=answers, push_is=PUSHES.get(model.way, "") if request.explain else "")


def opened(folder: Path, ctx: ComputingContext) -> tuple[Json, AnyModel]:
    """The card and the model of a folder, read at its first use; a model's folder never changes.

    Raises:
        Unavailable: it is gone, or is not what its manifest says.
    """
    kept: OrderedDict[Path, tuple[Json, AnyModel]] = ctx.keep("classifiers", OrderedDict[Path, Any])
    if folder not in kept:
        check_files(folder, read_manifest(folder, "The classifier"), "The classifier")
        kept[folder] = _read(folder)
        if len(kept) > KEPT:
            kept.popitem(last=False)
    kept.move_to_end(folder)
    return kept[folder]


def _read(folder: Path) -> tuple[Json, AnyModel]:
    card, arrays = saved.load(folder)
    kind = {"text": TextModel, "image": ImageModel, "table": TableModel}.get(str(card.get("kind")))
    try:
        if kind is None:
            msg = f"it is of the kind {card.get('kind')}"
            raise ValueError(msg)  # noqa: TRY301 - told as what cannot be read is
        return card, kind.read(card, arrays)
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable(
            f"The folder of this classifier is not one: {error}.", remedy="Train it again, or restore the folder."
        ) from None


def _refuse_vectors(card: Json, vectors: Array | None, count: int) -> None:
    embedder = card.get("embedder")
    wanted = None if embedder is None else (count, embedder["dimensions"])
    if (None if vectors is None else vectors.shape) != wanted:
        raise Unavailable(
            "The vectors that this classifier goes by are not those that it was trained with.",
            remedy="Train it again.",
        )


def _of_texts(request: Given, card: Json, model: TextModel, vectors: Array | None) -> list[Answer]:
    texts = [model.reader.weigh(text) for text in request.texts]
    answers, places = _labelled(request, card, model.scores(texts, vectors))
    found: list[Answer] = []
    for at, (answer, text) in enumerate(zip(answers, texts, strict=True)):
        unseen = text.words - text.known
        strange = [f"{unseen} of {text.words} words were never seen"] if unseen > MOSTLY * text.words else []
        if not text.words:
            strange = ["it has no words"]
        pushes = model.pushes(text, int(places[at]))[: request.explain] if model.way == "terms" else []
        weighs = [Weigh(name=name, push=push) for name, push in pushes] if at < MOST_EXPLAINED else []
        unlike = bool(strange) and (text.words >= FEW_WORDS or not text.known)
        found.append(answer.model_copy(update={"strange": strange, "unlike": unlike, "weighs": weighs}))
    return found


def _of_images(request: Given, card: Json, model: ImageModel, vectors: Array | None) -> list[Answer]:
    from nis_backend.capabilities.training.classifiers import pictures  # noqa: PLC0415 - Pillow, for pictures alone
    from nis_backend.pictures import upright  # noqa: PLC0415 - as above

    squares = [
        pictures.squared(upright(image.path, field=f"images.{at}", limits=image.limits), model.size)
        for at, image in enumerate(request.images)
    ]
    return _labelled(request, card, model.scores(np.array(squares, np.uint8), vectors))[0]


def _of_rows(request: Given, card: Json, model: TableModel) -> list[Answer]:
    given = [rows.cells(row, f"rows.{at}") for at, row in enumerate(request.rows)]
    numbers = model.columns.numbers(given)
    scores = model.scores(numbers)
    looked = numbers[: MOST_EXPLAINED if request.explain else 0]
    if model.labels:
        deciding = Deciding.read(card["deciding"])
        answers, places = _labelled(request, card, scores)
        each = np.arange(len(looked))
        pushes = weighing.by_taking(model, looked, lambda some: deciding.calibration.apply(some)[each, places[each]])
    else:
        reach = float(card["reach"])
        told = scores[:, 0].tolist()
        answers = [Answer(label=None, number=one, low=one - reach, high=one + reach) for one in told]
        pushes = weighing.by_taking(model, looked, lambda some: some[:, 0])
    found: list[Answer] = []
    for at, (answer, row) in enumerate(zip(answers, given, strict=True)):
        strange, unlike = _strange(model, row, card["left_out"])
        weighs = _weighs(model, row, pushes[at], request.explain) if at < len(pushes) else []
        found.append(answer.model_copy(update={"strange": strange, "unlike": unlike, "weighs": weighs}))
    return found


def _labelled(request: Given, card: Json, scores: Array) -> tuple[list[Answer], Places]:
    """The answers by calibrated probabilities, and the places of the labels that were chosen.

    Of labels as probable as is asked one is chosen; where there is none, the likeliest is told of, and no label.
    """
    deciding, labels = Deciding.read(card["deciding"]), card["labels"]
    chances = deciding.calibration.apply(scores)
    enough = chances >= request.at_least
    places = np.where(enough.any(axis=1), deciding.answers(np.where(enough, chances, 0)), chances.argmax(axis=1))
    found: list[Answer] = []
    for row, place in zip(chances, places.tolist(), strict=True):
        order = np.argsort(-row, kind="stable")[: request.count].tolist()
        told = [LabelChance(label=labels[one], probability=_within(row[one])) for one in order]
        sure = _within(row[place])
        label = labels[place] if sure >= request.at_least else None
        found.append(Answer(label=label, probability=sure, chances=told))
    return found, places


def _within(chance: float) -> float:
    return min(1.0, max(0.0, float(chance)))


def _strange(model: TableModel, row: Row, left_out: Mapping[str, str]) -> tuple[list[str], bool]:
    """In what a row is unlike the rows that were learnt from, and whether most of it is."""
    columns = model.columns.columns
    found = [(column.name, column.strange(row.get(column.name))) for column in columns]
    strange = [f"{name}: {why}" for name, why in found if why]
    unknown = sorted(set(row) - set(model.columns.named) - set(left_out))
    if unknown:
        strange.insert(0, f"unknown columns: {', '.join(name[:CUT] for name in unknown[:MOST_STRANGE])}")
    return strange[:MOST_STRANGE], sum(bool(why) for _, why in found) > MOSTLY * len(columns)


def _weighs(model: TableModel, row: Row, pushes: Array, count: int) -> list[Weigh]:
    order: list[int] = np.argsort(-np.abs(pushes), kind="stable")[:count].tolist()
    named = [model.columns.columns[place].name for place in order]
    return [
        Weigh(name=name, value="" if row.get(name) is None else str(row[name]), push=float(pushes[place]))
        for name, place in zip(named, order, strict=True)
        if pushes[place]
    ]
