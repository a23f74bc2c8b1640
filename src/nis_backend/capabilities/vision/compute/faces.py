"""Faces by OpenCV's cascades, or by BlazeFace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.arrays import luma
from nis_backend.capabilities.vision.compute.detecting import alone, box_of, within
from nis_backend.capabilities.vision.compute.fitting import letterbox, resized
from nis_backend.capabilities.vision.faces import SCORES, Face, Faces, FacesRequest
from nis_backend.capabilities.vision.places import Point
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.vision.compute.arrays import Grey, Picture
    from nis_backend.capabilities.vision.compute.layouts import Floats
    from nis_backend.capabilities.vision.compute.session import Session
    from nis_backend.drivers.compute.base import ComputingContext

LONGEST = 1024
"""Side to which a picture is reduced for the cascades, whose time grows with its pixels."""

STEP, AGREEING, SMALLEST = 1.1, 5, 24
"""Of the cascade: between two sizes of its window; windows that must agree; the smallest window, pixels after that."""

EYES_WITHIN = 0.6
"""The upper part of a face in which eyes are looked for."""

SIDE = 256
"""Of BlazeFace's input."""

LOWEST, OVERLAP = 0.75, 0.3
"""Of BlazeFace: the lowest score, between what faces get and what a saucer, a flower and coins get; and how far two
faces may overlap."""

CELLS = ((16, 2), (8, 6))
"""Of BlazeFace: cells along a side of each grid, and faces that each may hold."""

PARTS = ("right_eye", "left_eye", "nose", "mouth", "right_ear", "left_ear")
"""What BlazeFace answers of a face, in its order."""


class Cascades(NamedTuple):
    """Trained cascades, loaded."""

    face: cv2.CascadeClassifier
    eye: cv2.CascadeClassifier


def find(request: FacesRequest, ctx: ComputingContext) -> Faces:
    """The faces of a picture."""
    picture = upright(request.image.path, limits=request.image.limits)
    if request.model == "haar":
        faces = _by_cascade(picture, ctx.keep("vision:cascades", _cascades))
    else:
        # The network is wanted where it is named only.
        from nis_backend.capabilities.vision.compute.models import open_graph  # noqa: PLC0415

        faces = _by_network(picture, ctx.keep("vision:blazeface", lambda: open_graph("blazeface", ctx)))
    return Faces(
        faces=faces[: request.limit],
        model=request.model,
        score_is=SCORES[request.model],
        width=picture.shape[1],
        height=picture.shape[0],
    )


def _cascades() -> Cascades:
    folder = Path(cv2.__file__).parent / "data"
    names = ("haarcascade_frontalface_alt2.xml", "haarcascade_eye.xml")
    return Cascades(*(cv2.CascadeClassifier(str(folder / name)) for name in names))


def _by_cascade(picture: Picture, cascades: Cascades) -> list[Face]:
    scale = min(1.0, LONGEST / max(picture.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    grey = luma(resized(picture, width, height) if scale < 1 else picture)
    found, agreed = cascades.face.detectMultiScale2(grey, STEP, AGREEING, minSize=(SMALLEST, SMALLEST))
    faces = [
        _face(grey, [int(side) for side in box], int(count), cascades.eye, scale)
        for box, count in zip(found, agreed, strict=True)
    ]
    return sorted(faces, key=lambda face: -face.score)


def _face(grey: Grey, box: Sequence[int], count: int, eye: cv2.CascadeClassifier, scale: float) -> Face:
    left, top, width, height = box
    eyes = _eyes(grey[top : top + int(EYES_WITHIN * height), left : left + width], eye)
    points = {name: Point(x=(left + x) / scale, y=(top + y) / scale) for name, (x, y) in eyes.items()}
    corners = np.array([left, top, left + width, top + height], np.float32) / scale
    return Face(box=box_of(corners), score=float(count), **points)


def _eyes(face: Grey, cascade: cv2.CascadeClassifier) -> dict[str, tuple[float, float]]:
    """The middle of the eye in each half of the upper part of a face, that on which most windows agree."""
    found, agreed = cascade.detectMultiScale2(face, STEP, AGREEING)
    eyes: dict[str, tuple[float, float]] = {}
    for place in np.argsort(-np.asarray(agreed, np.int64), kind="stable"):
        x, y, width, height = (int(side) for side in found[int(place)])
        middle = (x + width / 2, y + height / 2)
        eyes.setdefault("right_eye" if middle[0] < face.shape[1] / 2 else "left_eye", middle)
    return eyes


def _by_network(picture: Picture, session: Session) -> list[Face]:
    fit = letterbox(picture, SIDE, SIDE)
    answers = session.run(fit.picture[None].astype(np.float32) / 127.5 - 1)
    logits = np.concatenate([answers["scores0"][0], answers["scores1"][0]])[:, 0]
    scores = 1 / (1 + np.exp(-logits.clip(-50, 50)))
    which = np.flatnonzero(scores >= LOWEST)
    rows = np.concatenate([answers["faces0"][0], answers["faces1"][0]])[which].reshape(-1, 8, 2)
    places = _middles()[which, None]
    centres, sizes, parts = rows[:, :1] + places, rows[:, 1:2], rows[:, 2:] + places
    boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], 1).reshape(-1, 4)
    height, width = picture.shape[:2]
    boxes = within(boxes, fit, width, height)
    x, y = fit.back(parts[..., 0], parts[..., 1])
    return [
        Face(
            box=box_of(boxes[place]),
            score=float(scores[which][place]),
            **{
                name: Point(x=round(float(x[place, part]), 1), y=round(float(y[place, part]), 1))
                for part, name in enumerate(PARTS)
            },
        )
        for place in alone(boxes, scores[which], np.zeros(len(which), np.int64), OVERLAP)
    ]


def _middles() -> Floats:
    """The middle of the cell that each row of BlazeFace's answer is of, pixels of its input."""
    middles: list[Floats] = []
    for cells, each in CELLS:
        y, x = np.indices((cells, cells))
        grid = (np.stack([x.ravel(), y.ravel()], 1) + 0.5) * (SIDE / cells)
        middles.append(np.repeat(grid, each, axis=0).astype(np.float32))
    return np.concatenate(middles)
