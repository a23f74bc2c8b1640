"""What was found in a picture, drawn over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend import view

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.blob import Blob
    from nis_backend.capabilities.vision.places import Box, Point, Sized

MOST = 200
"""Boxes or shapes that a drawing holds; what is beyond them is in the result."""


def over(
    image: Blob, found: Sized, alt: str, boxes: Iterable[view.Box] = (), shapes: Iterable[view.Shape] = ()
) -> view.Image:
    """The picture that was looked at, by its id where it is kept, with what was found."""
    return view.Image(
        blob=image.id,
        media_type=image.media_type,
        width=found.width,
        height=found.height,
        alt=alt,
        boxes=list(boxes)[:MOST],
        shapes=list(shapes)[:MOST],
    )


def answer(made: Blob, size: Sized, alt: str) -> view.Image:
    """A picture that was made."""
    return over(made, size, alt)


def box(at: Box, label: str = "", score: float | None = None) -> view.Box:
    """A box as it is drawn."""
    return view.Box(label=label, score=score, x=at.x, y=at.y, width=at.width, height=at.height)


def polygon(points: Sequence[Point], label: str = "") -> view.Shape:
    """Corners as they are drawn."""
    return view.Shape(label=label, points=[(one.x, one.y) for one in points])


def line(points: Sequence[Point], label: str = "") -> view.Shape:
    """A line as it is drawn."""
    return view.Shape(form="line", label=label, points=[(one.x, one.y) for one in points])
