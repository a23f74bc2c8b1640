"""What was found in a picture, drawn over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend import view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.blob import Blob
    from nis_backend.capabilities.vision.places import Box, Point, Sized

MOST = 300
"""Boxes, or shapes, that a drawing holds: as many as a detector answers. What is beyond them is in the result."""


def over(  # noqa: PLR0913 - each is told by its name
    image: Blob,
    found: Sized,
    alt: str,
    boxes: Sequence[view.Box] = (),
    shapes: Sequence[view.Shape] = (),
    *,
    title: str = "",
) -> view.Image:
    """The picture that was looked at, by its id where it is kept, with what was found; where not all, it says so."""
    count = max(len(boxes), len(shapes))
    cut = f"{MOST} of {count} drawn" if count > MOST else ""
    return view.Image(
        title=f"{title or 'Picture'} ({cut})" if cut else title,
        blob=image.id,
        media_type=image.media_type,
        width=found.width,
        height=found.height,
        alt=f"{alt} ({cut})" if cut else alt,
        boxes=list(boxes[:MOST]),
        shapes=list(shapes[:MOST]),
    )


def answer(made: Blob, size: Sized, alt: str) -> view.Image:
    """A picture that was made."""
    return over(made, size, alt)


def box(at: Box, label: str = "", score: float | None = None) -> view.Box:
    """A box as it is drawn."""
    return view.Box(label=label, score=score, x=at.x, y=at.y, width=at.width, height=at.height)


def polygon(points: Sequence[Point], label: str = "", score: float | None = None) -> view.Shape:
    """Corners as they are drawn."""
    return view.Shape(label=label, score=score, points=[(one.x, one.y) for one in points])


def line(points: Sequence[Point], label: str = "") -> view.Shape:
    """A line as it is drawn."""
    return view.Shape(form="line", label=label, points=[(one.x, one.y) for one in points])
