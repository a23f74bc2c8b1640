"""What detectors answer, read as boxes: one function a layout.

Each makes of a network's answers the boxes whose score is at least the threshold: (n, 4) left, top, right, bottom in
pixels of the model's input, the n scores, and the n classes.

Sources: Zhou et al., Objects as points, arXiv:1904.07850 (CenterNet); Li et al., Generalized focal loss,
arXiv:2006.04388 (a side as a distribution, in NanoDet); Ge et al., YOLOX, arXiv:2107.08430; Carion et al., End-to-end
object detection with transformers, arXiv:2005.12872 (DETR).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.vision.cards import Card, Output
    from nis_backend.capabilities.vision.compute.session import Answers

    Floats: TypeAlias = NDArray[np.floating[Any]]
    Found: TypeAlias = tuple[Floats, Floats, NDArray[np.int64]]

    Layout: TypeAlias = Callable[[Answers, Card, float], Found]

STRIDES = (8, 16, 32)
"""Pixels between the cells of the three grids of NanoDet and YOLOX."""


def centernet(answers: Answers, card: Card, threshold: float) -> Found:
    """Peaks of a heat map for each class; four sides from a peak, in pixels. A cell is four pixels wide."""
    heat, sides = answers["heat"][0], answers["sides"][0]
    y, x, kind = np.nonzero(heat >= threshold)
    around = np.pad(heat, ((1, 1), (1, 1), (0, 0)))
    highest = np.max([around[y + down, x + right, kind] for down in range(3) for right in range(3)], axis=0, initial=0)
    peak = heat[y, x, kind] >= highest
    y, x, kind = y[peak], x[peak], kind[peak]
    cell = card.width / heat.shape[1]
    return _by_sides(x * cell, y * cell, sides[y, x]), heat[y, x, kind], kind


def nanodet(answers: Answers, _card: Card, threshold: float) -> Found:
    """On each grid a score for each class, and for each side a distribution over 0 to 10 cells, whose mean it is."""
    found: list[Found] = []
    for place, stride in enumerate(STRIDES):
        scores = answers[f"scores{place}"][0]
        cells = round(len(scores) ** 0.5)
        which, kind = np.nonzero(scores >= threshold)
        sides = answers[f"sides{place}"][0]
        spread = softmax(sides[which].reshape(len(which), 4, sides.shape[-1] // 4))
        bins: Floats = np.arange(sides.shape[-1] // 4, dtype=np.float32)
        means = np.dot(spread, bins) * stride
        x, y = (which % cells + 0.5) * stride, (which // cells + 0.5) * stride
        found.append((_by_sides(x, y, means), scores[which, kind], kind))
    boxes, scores, kinds = (np.concatenate(part) for part in zip(*found, strict=True))
    return boxes, scores, kinds


def yolox(answers: Answers, card: Card, threshold: float) -> Found:
    """Rows of a centre in cells, the logarithm of a size in cells, objectness and classes, on three grids."""
    rows = _first(answers)
    offsets, scales = (np.concatenate(part) for part in zip(*(_grid(card, stride) for stride in STRIDES), strict=True))
    if len(rows) != len(offsets):
        msg = f"{len(rows)} rows, where grids of 8, 16 and 32 pixels have {len(offsets)} cells"
        raise ValueError(msg)
    scores = rows[:, 4:5] * rows[:, 5:]
    which, kind = np.nonzero(scores >= threshold)
    centre = (rows[which, :2] + offsets[which]) * scales[which, None]
    size = np.exp(np.minimum(rows[which, 2:4], 20)) * scales[which, None]
    return _by_centre(centre, size), scores[which, kind], kind


def yolov8(answers: Answers, _card: Card, threshold: float) -> Found:
    """Columns of a centre and a size in pixels, and classes."""
    rows = _first(answers).T
    scores = rows[:, 4:]
    which, kind = np.nonzero(scores >= threshold)
    return _by_centre(rows[which, :2], rows[which, 2:4]), scores[which, kind], kind


def detr(answers: Answers, card: Card, threshold: float) -> Found:
    """A thing of each query: logits with nothing last, and a centre and a size as parts of the picture."""
    return _of_queries(answers, card, threshold, lambda logits: softmax(logits)[:, :-1])


def rtdetr(answers: Answers, card: Card, threshold: float) -> Found:
    """As `detr`, each class by itself and without nothing."""
    return _of_queries(answers, card, threshold, lambda logits: 1 / (1 + np.exp(-logits)))


LAYOUTS: dict[Output, Layout] = {
    "centernet": centernet,
    "nanodet": nanodet,
    "yolox": yolox,
    "yolov8": yolov8,
    "detr": detr,
    "rtdetr": rtdetr,
}


def softmax(logits: Floats) -> Floats:
    """Over the last axis."""
    powers = np.exp(logits - logits.max(-1, keepdims=True, initial=-np.inf))
    return powers / np.sum(powers, -1, keepdims=True)


def _of_queries(answers: Answers, card: Card, threshold: float, scored: Callable[[Floats], Floats]) -> Found:
    boxes = next((one[0] for one in answers.values() if one.shape[-1] == 4), None)  # noqa: PLR2004 - two corners
    logits = next((one[0] for one in answers.values() if one.shape[-1] != 4), None)  # noqa: PLR2004
    if boxes is None or logits is None:
        msg = f"answers of the shapes {[one.shape for one in answers.values()]}"
        raise ValueError(msg)
    scores = scored(logits)
    which, kind = np.nonzero(scores >= threshold)
    size = np.array([card.width, card.height], np.float32)
    return _by_centre(boxes[which, :2] * size, boxes[which, 2:] * size), scores[which, kind], kind


def _first(answers: Answers) -> Floats:
    rows = next(iter(answers.values()))[0]
    if rows.ndim != 2:  # noqa: PLR2004 - rows and columns
        msg = f"an answer of {rows.ndim + 1} axes"
        raise ValueError(msg)
    return rows


def _grid(card: Card, stride: int) -> tuple[Floats, Floats]:
    """Each cell's column and row, and its width."""
    y, x = np.indices((card.height // stride, card.width // stride))
    return np.stack([x.ravel(), y.ravel()], 1).astype(np.float32), np.full(y.size, stride, np.float32)


def _by_sides(x: Floats, y: Floats, sides: Floats) -> Floats:
    """From a place and its distances to the left, top, right and bottom."""
    return np.stack([x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]], 1).astype(np.float32)


def _by_centre(centre: Floats, size: Floats) -> Floats:
    return np.concatenate([centre - size / 2, centre + size / 2], 1)
