"""Pictures parted into regions, and objects cut out of their background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from nis_backend.blob import Blob
from nis_backend.capabilities.vision import views
from nis_backend.capabilities.vision.places import Box, Point, Sized
from nis_backend.capabilities.vision.samples import SHAPES
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

MOST_POLYGONS = 20
"""Of one region; its smaller parts are in the mask alone."""


class Seed(Model):
    """A place that is known to be of a region."""

    at: Point
    region: int = Field(ge=1, le=50, description="The region's number; seeds with one number are of one region.")


class SegmentRequest(Model):
    """A picture and how to part it."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    method: Literal["colours", "seeds", "box"] = Field(
        default="colours",
        description="colours: k-means of the colours; seeds: watershed from places that you name; box: GrabCut, the "
        "object in a box against the rest.",
    )
    regions: int = Field(default=4, ge=2, le=16, description="How many colours, for the method colours.")
    seeds: list[Seed] = Field(
        default_factory=list[Seed], max_length=500, validate_default=True, description="Places, for the method seeds."
    )
    box: Box | None = Field(default=None, validate_default=True, description="Around the object, for the method box.")

    @field_validator("seeds")
    @classmethod
    def _of_two(cls, seeds: list[Seed], given: ValidationInfo) -> list[Seed]:
        if given.data.get("method") == "seeds" and len({one.region for one in seeds}) < 2:  # noqa: PLR2004 - to be parted
            msg = "the method seeds takes seeds of at least two regions"
            raise ValueError(msg)
        return seeds

    @field_validator("box")
    @classmethod
    def _there(cls, box: Box | None, given: ValidationInfo) -> Box | None:
        if given.data.get("method") == "box" and box is None:
            msg = "the method box takes a box"
            raise ValueError(msg)
        return box


class Region(Model):
    """One region, pixels of the upright image."""

    label: int = Field(ge=0, description="Its value in the mask.")
    area: int = Field(description="Pixels.")
    share: float = Field(ge=0, le=1, description="Of the image.")
    colour: str = Field(description="Mean of its colours, #rrggbb.")
    box: Box
    polygons: list[list[Point]] = Field(
        description=f"Outer borders of its {MOST_POLYGONS} largest parts, to 1/200 of their length; holes are not told."
    )


class Segmentation(Sized):
    """The regions, largest first, and which pixel is of which."""

    method: str = Field(description="What parted them.")
    regions: list[Region]
    mask: Blob = Field(description="PNG of the image's size: a pixel's value is the label of its region.")
    picture: Blob = Field(description="PNG: every region in its mean colour.")


def _draw_segments(_request: SegmentRequest, found: Segmentation) -> list[View]:
    shares = ", ".join(f"{one.colour} {one.share:.0%}" for one in found.regions)
    said = f"The picture is parted into {len(found.regions)} regions by {found.method}: {shares}."
    rows: list[list[str | float]] = [[one.label, one.area, one.share, one.colour] for one in found.regions]
    table = Table(title="Regions", columns=["label", "area", "share", "colour"], rows=rows)
    return [Text(text=said), views.answer(found.picture, found, said), table]


@operation(
    "vision.segment_image",
    effect="reads",
    pool="vision",
    view=_draw_segments,
    examples=(
        Example(
            title="Three colours",
            request={"image": SHAPES, "regions": 3},
            question="Segment this image into regions by colour.",
            also=("What are the main colours of the picture, and how much of it has each?",),
        ),
        Example(
            title="From two places",
            request={
                "image": SHAPES,
                "method": "seeds",
                "seeds": [{"at": {"x": 18, "y": 18}, "region": 1}, {"at": {"x": 2, "y": 2}, "region": 2}],
            },
        ),
    ),
)
def segment_image(request: SegmentRequest, ctx: WorkerContext) -> Segmentation:
    """Part a picture into regions: by colours, from places you name, or the object in a box from its background.

    It knows colours and borders, not kinds of things. A picture whose longer side has more than 1024 pixels, for a
    box 400, is parted at that size, and the mask enlarged.

    Sources: Lloyd, IEEE Trans. Information Theory 28 (1982), 129-137, in CIE L*a*b*, started as k-means++ (Arthur &
    Vassilvitskii 2007) with a fixed seed; Meyer, Color image segmentation, ICIPA 1992; Rother et al., GrabCut, ACM
    Trans. Graphics 23 (2004), 309-314.
    """
    from nis_backend.capabilities.vision.compute.regions import segment  # noqa: PLC0415 - loads in the worker only

    return segment(request)


class CutoutRequest(Model):
    """A picture whose background goes."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    box: Box | None = Field(
        default=None,
        description="Around the object; unset: all but a margin of 1/25 of each side, which is taken for background.",
    )
    iterations: int = Field(default=5, ge=1, le=20, description="Rounds of GrabCut.")


class Cutout(Sized):
    """The object without its background."""

    image: Blob = Field(description="PNG with transparency, of the image's size: the background is transparent.")
    share: float = Field(ge=0, le=1, description="Of the image that was kept.")
    box: Box | None = Field(description="Around what was kept; null where nothing was.")
    assumed: str = Field(description="What was taken for background, and so decides what is kept.")


def _draw_cutout(_request: CutoutRequest, found: Cutout) -> list[View]:
    said = f"{found.share:.1%} of the picture was kept. Assumed: {found.assumed}."
    return [Text(text=said), views.answer(found.image, found, "The object without its background.")]


@operation(
    "vision.remove_background",
    effect="reads",
    pool="vision",
    view=_draw_cutout,
    examples=(
        Example(
            title="A disc",
            request={"image": SHAPES, "box": {"x": 4, "y": 4, "width": 30, "height": 30}},
            question="Remove the background of this photo.",
            also=("Cut the object out of the picture.", "Make the background of the image transparent."),
        ),
    ),
)
def remove_background(request: CutoutRequest, ctx: WorkerContext) -> Cutout:
    """Cut an object out of its background, by colours: the rest becomes transparent.

    Give a box around the object; without one, all but the picture's margin is searched. Colours alone decide: an
    object that shares colours with its background keeps parts of it, or loses some of its own. The border is found at
    a size of 400 pixels.

    Source: Rother et al., GrabCut: interactive foreground extraction using iterated graph cuts, ACM Trans. Graphics 23
    (2004), 309-314.
    """
    from nis_backend.capabilities.vision.compute.regions import cut_out  # noqa: PLC0415 - loads in the worker only

    return cut_out(request)


OPERATIONS = (segment_image, remove_background)
