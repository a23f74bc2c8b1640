"""Classes and features of a whole picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.vision.cards import SCORES, Kind
from nis_backend.capabilities.vision.classifying import (
    ClassifyRequest,
    EmbedImageRequest,
    ImageVector,
    PictureClass,
    PictureClasses,
)
from nis_backend.capabilities.vision.compute.fitting import fitted, numbers
from nis_backend.capabilities.vision.compute.layouts import softmax
from nis_backend.capabilities.vision.compute.models import kind_of, mismatch, network
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.vision.compute.arrays import Picture
    from nis_backend.capabilities.vision.compute.models import Network
    from nis_backend.capabilities.vision.compute.session import Answers
    from nis_backend.drivers.compute.base import ComputingContext


def classify(request: ClassifyRequest, ctx: ComputingContext) -> PictureClasses:
    """The classes of a picture with the highest scores."""
    made = network(request.model, "classifier", ctx)
    picture = upright(request.image.path, limits=request.image.limits)
    answers = _asked(made, picture)
    scores = _row(made, answers, "logits")
    if len(scores) != len(made.labels):
        raise mismatch(made, f"it answers {len(scores)} classes and has {len(made.labels)} labels")
    if made.card.output == "logits":
        scores = softmax(scores)
    best: list[int] = np.argsort(-scores, kind="stable")[: request.count].tolist()
    return PictureClasses(
        classes=[_class(made.labels[place], place, float(scores[place])) for place in best],
        model=made.name,
        of=len(made.labels),
        score_is=SCORES[made.card.output],
        width=picture.shape[1],
        height=picture.shape[0],
    )


def embed(request: EmbedImageRequest, ctx: ComputingContext) -> ImageVector:
    """A picture's features, divided by their length."""
    # An own embedder answers nothing else; a classifier in the box has its features beside its classes.
    kind: Kind = "embedder" if kind_of(request.model, ctx) == "embedder" else "classifier"
    made = network(request.model, kind, ctx)
    picture = upright(request.image.path, limits=request.image.limits)
    answers = _asked(made, picture)
    if kind == "classifier" and "features" not in answers:
        raise mismatch(made, 'it is a classifier without a result named "features"')
    features = _row(made, answers, "features")
    length = float(np.linalg.norm(features)) or 1.0
    return ImageVector(
        vector=[round(float(one), 7) for one in features / length],
        dimensions=len(features),
        model=made.name,
        width=picture.shape[1],
        height=picture.shape[0],
    )


def _asked(made: Network, picture: Picture) -> Answers:
    return made.run(numbers(fitted(picture, made.card).picture, made.card))


def _row(made: Network, answers: Answers, name: str) -> NDArray[np.float32]:
    """The result of that name, or the first one, as a row."""
    row = np.squeeze(answers.get(name, next(iter(answers.values()))))
    if row.ndim != 1 or not np.isfinite(row).all():
        raise mismatch(made, f"it answers {row.ndim} axes, or what is no number, where one row is wanted")
    return row


def _class(names: str, place: int, score: float) -> PictureClass:
    label, *also = names.split(", ")
    return PictureClass(label=label, also=also, index=place, score=min(1.0, max(0.0, score)))
