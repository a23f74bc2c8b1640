"""Objects of one kind on a plainer ground: how many, and where each is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.vision import views
from nis_backend.capabilities.vision.places import Box, Point, Sized
from nis_backend.capabilities.vision.samples import SHAPES
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

MOST_LISTED = 500
"""Objects whose place is told; all are counted."""


class CountRequest(Model):
    """A picture of things to be counted."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    polarity: Literal["auto", "bright", "dark"] = Field(
        default="auto",
        description="Whether the objects are brighter or darker than the ground; auto: what the edge of the picture "
        "has less of.",
    )
    min_area: float | None = Field(
        default=None,
        ge=1,
        le=1e9,
        description="Least area of an object in pixels of the image; unset: 0.0002 of the image.",
    )
    smoothing: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="Standard deviation of the blur that comes first, in pixels of the image; unset: 1/150 of its "
        "longest side. Less finds smaller objects, and takes more of their texture for edges.",
    )
    split_touching: bool = Field(default=True, description="Whether objects that touch are parted at their necks.")


class CountedObject(Model):
    """One object, in pixels of the upright image."""

    box: Box
    centre: Point = Field(description="Centre of its area.")
    area: float = Field(description="Pixels, holes included, as the smoothed picture shows it.")
    touching: bool = Field(description="Whether it was parted from others that it touches: less sure than the rest.")
    at_edge: bool = Field(description="Whether the picture's edge cuts it.")


class ObjectCount(Sized):
    """How many objects there are, and where."""

    count: int = Field(ge=0, description="Objects, those that touch counted apart.")
    regions: int = Field(ge=0, description="Connected regions before those that touch were parted.")
    polarity: Literal["bright", "dark"] = Field(description="What the objects are against the ground.")
    threshold: float = Field(description="Levels by which luma departs from the fitted ground where objects begin.")
    contrast: float = Field(
        description="Otsu's separability η of the two classes, between-class over total variance, 0 to 1; near 0.64 a "
        "single bell-shaped class was cut in half, and the count means nothing."
    )
    min_area: float = Field(description="Least area that was counted, pixels.")
    objects: list[CountedObject] = Field(description=f"The {MOST_LISTED} largest, from top to bottom.")
    method: str = Field(description="How they were told apart.")


def _draw(request: CountRequest, found: ObjectCount) -> list[View]:
    parted = sum(one.touching for one in found.objects)
    said = (
        f"There are {found.count} objects, {found.polarity} on the ground, in {found.regions} connected regions"
        f"{f'; {parted} of them touch others and were parted at their necks' if parted else ''}."
    )
    rows: list[list[str | float]] = [
        [number, one.centre.x, one.centre.y, one.area, one.box.width, one.box.height]
        for number, one in enumerate(found.objects, 1)
    ]
    boxes = [views.box(one.box, str(number)) for number, one in enumerate(found.objects, 1)]
    drawn = views.over(request.image, found, said, boxes)
    return [
        Text(text=said),
        drawn,
        Table(title="Objects", columns=["", "x", "y", "area", "width", "height"], rows=rows),
    ]


@operation(
    "vision.count_objects",
    effect="reads",
    pool="vision",
    view=_draw,
    examples=(
        Example(
            title="Shapes on white",
            request={"image": SHAPES, "smoothing": 0.5},
            question="How many objects are in this picture?",
            also=("Count the coins in the photo.", "How many cells can be seen in this image?"),
        ),
        Example(title="Only large ones", request={"image": SHAPES, "smoothing": 0.5, "min_area": 400}),
    ),
)
def count_objects(request: CountRequest, ctx: WorkerContext) -> ObjectCount:
    """Count things of one kind that stand out from a plainer ground, such as coins or cells, with a box for each.

    The ground's uneven light is fitted by a quadratic surface and taken off; Otsu's threshold parts objects from it;
    holes are filled. Regions that touch are parted by a watershed of the distance to their border, where a neck is
    narrower than 0.85 of the narrower part. Objects that overlap widely count as one; what is not of the ground is
    counted, whatever it is: this knows nothing of kinds of things.

    Sources: Otsu, IEEE Trans. SMC 9 (1979), 62-66; Vincent & Soille, Watersheds in digital spaces, IEEE Trans.
    PAMI 13 (1991), 583-598.
    """
    from nis_backend.capabilities.vision.compute.counting import count  # noqa: PLC0415 - loads in the worker only

    return count(request)


OPERATIONS = (count_objects,)
