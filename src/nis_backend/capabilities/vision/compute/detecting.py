"""Boxes of a detector, brought back to the picture's pixels, of one thing one box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from nis_backend.capabilities.vision.cards import SCORES
from nis_backend.capabilities.vision.compute.fitting import fitted, numbers
from nis_backend.capabilities.vision.compute.layouts import LAYOUTS
from nis_backend.capabilities.vision.compute.models import mismatch, network
from nis_backend.capabilities.vision.detecting import DetectRequest, Thing, Things
from nis_backend.capabilities.vision.places import Box
from nis_backend.errors import InvalidRequest
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nis_backend.capabilities.vision.compute.fitting import Fitted
    from nis_backend.capabilities.vision.compute.layouts import Floats, Found
    from nis_backend.capabilities.vision.compute.models import Network
    from nis_backend.drivers.compute.base import ComputingContext

CANDIDATES = 3000
"""Boxes with the highest scores among which overlaps are looked for: a low threshold lets thousands through."""


def detect(request: DetectRequest, ctx: ComputingContext) -> Things:
    """The things of a picture."""
    made = network(request.model, "detector", ctx)
    wanted = _wanted(request.labels, made.labels)
    threshold = made.card.threshold if request.threshold is None else request.threshold
    picture = upright(request.image.path, limits=request.image.limits)
    height, width = picture.shape[:2]
    fit = fitted(picture, made.card)
    boxes, scores, kinds = _strongest(_found(made, fit, threshold))
    boxes = within(boxes, fit, width, height)
    keep = (boxes[:, 2:] > boxes[:, :2]).all(1) & (np.isin(kinds, wanted) if request.labels else True)
    boxes, scores, kinds = boxes[keep], scores[keep], kinds[keep]
    things = [
        Thing(label=made.labels[int(kinds[place])], score=min(1.0, float(scores[place])), box=box_of(boxes[place]))
        for place in alone(boxes, scores, kinds, request.overlap)[: request.limit]
    ]
    return Things(
        things=things,
        model=made.name,
        threshold=threshold,
        score_is=SCORES[made.card.output],
        width=width,
        height=height,
    )


def _wanted(asked: Sequence[str], labels: Sequence[str]) -> list[int]:
    for place, label in enumerate(asked):
        if label not in labels:
            raise InvalidRequest(
                f"The model has no kind {label!r}.",
                field=f"labels.{place}",
                value=label,
                remedy=f"It has: {', '.join(labels)}.",
            )
    return [labels.index(label) for label in asked]


def _found(made: Network, fit: Fitted, threshold: float) -> Found:
    answers = made.run(numbers(fit.picture, made.card))
    try:
        boxes, scores, kinds = LAYOUTS[made.card.output](answers, made.card, threshold)
    except (ValueError, IndexError, KeyError) as error:
        raise mismatch(made, f"its answer is not of the layout {made.card.output}: {error}") from error
    if kinds.size and kinds.max() >= len(made.labels):
        raise mismatch(made, f"it answers class {kinds.max()} and has {len(made.labels)} labels")
    real = np.isfinite(boxes).all(1) & np.isfinite(scores)
    return boxes[real], scores[real], kinds[real]


def _strongest(found: Found) -> Found:
    boxes, scores, kinds = found
    best = np.argsort(-scores, kind="stable")[:CANDIDATES]
    return boxes[best], scores[best], kinds[best]


def within(boxes: Floats, fit: Fitted, width: int, height: int) -> Floats:
    """Boxes of the model's input as boxes of the picture, cut at its edges."""
    x, y = fit.back(boxes[:, 0::2], boxes[:, 1::2])
    x, y = x.clip(0, width), y.clip(0, height)
    return np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], 1)


def alone(boxes: Floats, scores: Floats, kinds: NDArray[np.int64], overlap: float) -> list[int]:
    """The places of the boxes that no box of their kind with a higher score overlaps by more; highest score first."""
    if not len(boxes):
        return []
    sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    kept = cv2.dnn.NMSBoxesBatched(sides.tolist(), scores.tolist(), kinds.tolist(), 0.0, overlap)
    return sorted((int(place) for place in np.ravel(kept)), key=lambda place: -float(scores[place]))


def box_of(corners: Floats) -> Box:
    """Left, top, right and bottom as a box, to a tenth of a pixel."""
    left, top, right, bottom = (round(float(one), 1) for one in corners)
    return Box(x=left, y=top, width=max(0.1, round(right - left, 1)), height=max(0.1, round(bottom - top, 1)))
