"""Edges, straight lines and outlines of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from nis_backend.blob import Blob
from nis_backend.capabilities.vision import views
from nis_backend.capabilities.vision.places import Box, Point, Sized
from nis_backend.capabilities.vision.samples import SCENE, SHAPES
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

MOST_LISTED = 500
MOST_CORNERS = 200
"""Of one polygon; a longer one is told more coarsely."""


class EdgesRequest(Model):
    """A picture whose edges are wanted."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    low: float | None = Field(
        default=None, ge=0, le=2000, description="Gradient from which what is joined to an edge is one; unset: high/2."
    )
    high: float | None = Field(
        default=None,
        ge=1,
        le=2000,
        description="Gradient (Sobel 3 × 3, luma levels) from which a pixel is an edge; unset: Otsu's threshold of the "
        "picture's own gradients.",
    )
    smoothing: float = Field(
        default=1.4, ge=0, le=50, description="Standard deviation of the blur that comes first, pixels."
    )

    @field_validator("high")
    @classmethod
    def _ordered(cls, high: float | None, given: ValidationInfo) -> float | None:
        low = given.data.get("low")
        if high is not None and low is not None and low > high:
            msg = f"high is at least low, {low:g}"
            raise ValueError(msg)
        return high


class Edges(Sized):
    """Where luma changes abruptly."""

    density: float = Field(ge=0, le=1, description="Share of pixels that are edges.")
    low: float = Field(description="The lower threshold that was used.")
    high: float = Field(description="The upper threshold that was used.")
    edges: Blob = Field(description="PNG of the image's size: white on black.")


def _draw_edges(_request: EdgesRequest, found: Edges) -> list[View]:
    said = f"{found.density:.2%} of the pixels are edges (gradient from {found.low:.4g} and {found.high:.4g} on)."
    return [Text(text=said), views.answer(found.edges, found, "The edges of the picture, white on black.")]


@operation(
    "vision.find_edges",
    effect="reads",
    pool="vision",
    view=_draw_edges,
    examples=(
        Example(
            title="The edges of a drawing",
            request={"image": SHAPES},
            question="Find the edges in this image.",
            also=("Show the edge map of the photo.", "What is the edge density of this picture?"),
        ),
    ),
)
def find_edges(request: EdgesRequest, ctx: WorkerContext) -> Edges:
    """Find the edges of a picture, as a picture of its own and as a share of its pixels.

    Source: Canny, A computational approach to edge detection, IEEE Trans. PAMI 8 (1986), 679-698. Without thresholds
    the upper one is Otsu's of the gradients, the lower half of it.
    """
    from nis_backend.capabilities.vision.compute.shapes import edges  # noqa: PLC0415 - loads in the worker only

    return edges(request)


class LinesRequest(Model):
    """A picture whose straight lines are wanted."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    min_length: float | None = Field(
        default=None, ge=2, le=1e5, description="Least length, pixels; unset: 1/40 of the image's diagonal."
    )


class Line(Model):
    """A straight border between light and dark, pixels of the upright image."""

    start: Point
    end: Point
    length: float = Field(description="Pixels.")
    angle: float = Field(
        ge=0, lt=180, description="Degrees from the horizontal, counter-clockwise as it is seen; 0 is level."
    )


class Lines(Sized):
    """Straight lines, longest first."""

    count: int = Field(ge=0, description="Lines at least as long as `min_length`.")
    min_length: float = Field(description="Least length that was counted, pixels.")
    lines: list[Line] = Field(description=f"The {MOST_LISTED} longest.")


def _draw_lines(request: LinesRequest, found: Lines) -> list[View]:
    longest = f" The longest has {found.lines[0].length:.4g} pixels." if found.lines else ""
    said = f"There are {found.count} straight lines of at least {found.min_length:.4g} pixels.{longest}"
    drawn = views.over(request.image, found, said, shapes=[views.line([one.start, one.end]) for one in found.lines])
    rows: list[list[str | float]] = [
        [one.start.x, one.start.y, one.end.x, one.end.y, one.length, one.angle] for one in found.lines
    ]
    columns = ["x", "y", "end x", "end y", "length", "angle (°)"]
    return [Text(text=said), drawn, Table(title="Lines", columns=columns, rows=rows)]


@operation(
    "vision.find_lines",
    effect="reads",
    pool="vision",
    view=_draw_lines,
    examples=(
        Example(
            title="The sides of rectangles",
            request={"image": SCENE, "min_length": 12},
            question="Find the straight lines in this picture.",
            also=("Which lines are there in the photo, and at what angles?",),
        ),
    ),
)
def find_lines(request: LinesRequest, ctx: WorkerContext) -> Lines:
    """Find straight line segments in a picture, with their ends, lengths and angles.

    A drawn stroke has two borders and gives two lines. Lines along the picture's own edge are not found.

    Source: Grompone von Gioi et al., LSD: a line segment detector, Image Processing On Line 2 (2012), 35-55.
    """
    from nis_backend.capabilities.vision.compute.shapes import lines  # noqa: PLC0415 - loads in the worker only

    return lines(request)


class ContoursRequest(Model):
    """A picture whose regions' outlines are wanted."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    threshold: float | None = Field(
        default=None, ge=0, le=255, description="Luma that parts dark from bright; unset: Otsu's threshold."
    )
    regions: Literal["auto", "bright", "dark"] = Field(
        default="auto", description="Which side is outlined; auto: what the edge of the picture has less of."
    )
    min_area: float = Field(default=25, ge=0, le=1e9, description="Least area inside an outline, pixels.")
    tolerance: float = Field(
        default=0.01,
        ge=0,
        le=0.2,
        description="How far a polygon may lie from the outline, as a share of the outline's length.",
    )
    holes: bool = Field(default=False, description="Whether the outlines of holes are told, too.")


class Contour(Model):
    """The outline of one region, pixels of the upright image; a pixel's place is its centre."""

    polygon: list[Point] = Field(description="Corners, by Douglas & Peucker within the tolerance.")
    corners: int = Field(description="How many: 3 of a triangle, 4 of a rectangle.")
    box: Box
    area: float = Field(description="Inside the outline through the centres of its pixels, by the shoelace formula.")
    perimeter: float = Field(description="Length of that outline, pixels.")
    circularity: float = Field(
        ge=0, le=1, description="4π area / perimeter², at most 1: near 0.9 of a drawn disc, 0.78 of a square."
    )
    hole: bool


class Contours(Sized):
    """Outlines, largest first."""

    count: int = Field(ge=0, description="Outlines with at least `min_area` inside.")
    threshold: float = Field(description="Luma that parts dark from bright.")
    regions: Literal["bright", "dark"]
    contours: list[Contour] = Field(description=f"The {MOST_LISTED} largest.")


def _draw_contours(request: ContoursRequest, found: Contours) -> list[View]:
    said = f"There are {found.count} outlines of {found.regions} regions, parted at luma {found.threshold:.4g}."
    shapes = [views.polygon(one.polygon) for one in found.contours]
    rows: list[list[str | float]] = [
        [one.box.x, one.box.y, one.corners, one.area, one.perimeter, one.circularity] for one in found.contours
    ]
    columns = ["x", "y", "corners", "area", "perimeter", "circularity"]
    drawn = views.over(request.image, found, said, shapes=shapes)
    return [Text(text=said), drawn, Table(title="Outlines", columns=columns, rows=rows)]


@operation(
    "vision.find_contours",
    effect="reads",
    pool="vision",
    view=_draw_contours,
    examples=(
        Example(
            title="Discs, a rectangle and a triangle",
            request={"image": SHAPES, "tolerance": 0.03},
            question="Outline the shapes in this image as polygons.",
            also=("Find the contours in the picture, with their area and circularity.",),
        ),
    ),
)
def find_contours(request: ContoursRequest, ctx: WorkerContext) -> Contours:
    """Find the outlines of bright or dark regions, as polygons with area, perimeter, corners and circularity.

    Sources: Otsu, IEEE Trans. SMC 9 (1979), 62-66; Suzuki & Abe, CVGIP 30 (1985), 32-46; Douglas & Peucker, The
    Canadian Cartographer 10 (1973), 112-122.
    """
    from nis_backend.capabilities.vision.compute.shapes import contours  # noqa: PLC0415 - loads in the worker only

    return contours(request)


OPERATIONS = (find_edges, find_lines, find_contours)
