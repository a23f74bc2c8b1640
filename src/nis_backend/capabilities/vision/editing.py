"""Pictures changed step by step, and drawn on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from nis_backend.blob import Blob
from nis_backend.capabilities.vision import views
from nis_backend.capabilities.vision.places import Box, Point, Sized
from nis_backend.capabilities.vision.samples import SCENE, SHAPES
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

MOST_PIXELS = 50_000_000
"""Of a picture at any step."""

Side = Annotated[int, Field(ge=1, le=16_384)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Crop(Model):
    """Keep a box; what of it lies outside the picture is left out."""

    step: Literal["crop"]
    box: Box


class Resize(Model):
    """To a width, a height or both; with one of them the proportions stay."""

    step: Literal["resize"]
    width: Side | None = None
    height: Side | None = Field(default=None, validate_default=True)

    @field_validator("height")
    @classmethod
    def _named(cls, height: int | None, given: ValidationInfo) -> int | None:
        if height is None and given.data.get("width") is None:
            msg = "resize takes width, height or both"
            raise ValueError(msg)
        return height


class Rotate(Model):
    """Counter-clockwise, degrees; the picture grows so that nothing is cut. Quarter turns lose nothing."""

    step: Literal["rotate"]
    angle: float = Field(ge=-360, le=360)
    background: Colour = "#ffffff"


class Flip(Model):
    """Mirror it: horizontal swaps left and right."""

    step: Literal["flip"]
    axis: Literal["horizontal", "vertical"]


class Grey(Model):
    """Luma alone: 0.299 R + 0.587 G + 0.114 B."""

    step: Literal["grey"]


class Blur(Model):
    """Gaussian blur; sigma is its standard deviation, pixels."""

    step: Literal["blur"]
    sigma: float = Field(gt=0, le=200)


class Sharpen(Model):
    """Unsharp mask: the picture plus `amount` times what a Gaussian blur takes from it."""

    step: Literal["sharpen"]
    amount: float = Field(default=1, gt=0, le=10)
    sigma: float = Field(default=1.5, gt=0, le=50)


class Adjust(Model):
    """Each level v becomes (v − 128) × contrast + 128 + brightness, within 0 to 255."""

    step: Literal["adjust"]
    brightness: float = Field(default=0, ge=-255, le=255)
    contrast: float = Field(default=1, ge=0, le=10)


class Straighten(Model):
    """Bring a quadrangle, such as a photographed page, to an upright rectangle.

    Without a size it has the mean lengths of the quadrangle's sides.
    """

    step: Literal["straighten"]
    corners: list[Point] = Field(
        min_length=4, max_length=4, description="Upper left, upper right, lower right, lower left."
    )
    width: Side | None = None
    height: Side | None = None


Step = Annotated[
    Crop | Resize | Rotate | Flip | Grey | Blur | Sharpen | Adjust | Straighten, Field(discriminator="step")
]


class TransformRequest(Model):
    """A picture and what is done to it."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    steps: list[Step] = Field(
        default_factory=list[Step], max_length=20, description="Done in this order; boxes count in what came before."
    )
    format: Literal["png", "jpeg", "webp"] = Field(default="png", description="Of the file that is answered.")
    quality: int = Field(default=90, ge=1, le=100, description="Of JPEG and WebP; PNG loses nothing.")


class MadeImage(Sized):
    """A picture that was made; its size is its own."""

    image: Blob = Field(description="The picture, without any metadata of the one it was made from.")


def _draw(_request: Model, made: MadeImage) -> list[View]:
    said = (
        f"The picture has {made.width} × {made.height} pixels and {made.image.size} bytes as {made.image.media_type}."
    )
    return [Text(text=said), views.answer(made.image, made, "The picture that was made.")]


@operation(
    "vision.transform_image",
    effect="reads",
    pool="vision",
    view=_draw,
    examples=(
        Example(
            title="A part, turned and larger",
            request={
                "image": SCENE,
                "steps": [
                    {"step": "crop", "box": {"x": 10, "y": 10, "width": 60, "height": 40}},
                    {"step": "rotate", "angle": 90},
                    {"step": "resize", "width": 80},
                ],
            },
            question="Crop this picture, turn it and make it larger.",
            also=("Resize the image.", "Rotate this photo by 90 degrees.", "Convert the picture to grey JPEG."),
        ),
        Example(title="As JPEG", request={"image": SHAPES, "format": "jpeg", "quality": 80}),
    ),
)
def transform_image(request: TransformRequest, ctx: WorkerContext) -> MadeImage:
    """Crop, resize, rotate, flip, grey, blur, sharpen, brighten or straighten a picture, or change its file format.

    The steps are done in their order on the upright picture; what is transparent lies over white. EXIF, colour
    profile, text and position are dropped.
    """
    from nis_backend.capabilities.vision.compute.editing import transform  # noqa: PLC0415 - loads in the worker only

    return transform(request)


class BoxMark(Model):
    """A box with a label."""

    box: Box
    label: str = Field(default="", max_length=100)
    colour: Colour | None = None


class ShapeMark(Model):
    """Corners of a polygon, a line through points, or points by themselves."""

    points: list[Point] = Field(min_length=1, max_length=500)
    form: Literal["polygon", "line", "points"] = "polygon"
    label: str = Field(default="", max_length=100)
    colour: Colour | None = None


class TextMark(Model):
    """Words, whose upper left corner is at a place."""

    at: Point
    text: str = Field(min_length=1, max_length=300)
    size: float | None = Field(default=None, ge=4, le=500, description="Height of the letters, pixels.")
    colour: Colour | None = None


class AnnotateRequest(Model):
    """A picture and what is drawn on it."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    boxes: list[BoxMark] = Field(default_factory=list[BoxMark], max_length=200, description="Boxes with labels.")
    shapes: list[ShapeMark] = Field(
        default_factory=list[ShapeMark], max_length=200, description="Polygons, lines and points."
    )
    texts: list[TextMark] = Field(default_factory=list[TextMark], max_length=100, description="Words at places.")
    line_width: int | None = Field(
        default=None, ge=1, le=100, description="Pixels; unset: 1/300 of the longest side, at least 1."
    )


@operation(
    "vision.annotate_image",
    effect="reads",
    pool="vision",
    view=_draw,
    examples=(
        Example(
            title="A box and a line",
            request={
                "image": SHAPES,
                "boxes": [{"box": {"x": 6, "y": 6, "width": 25, "height": 25}, "label": "disc"}],
                "shapes": [{"form": "line", "points": [{"x": 18, "y": 18}, {"x": 77, "y": 17}]}],
            },
            question="Draw a labelled box on this picture.",
            also=("Annotate the image with these boxes and polygons.", "Mark these points on the photo."),
        ),
    ),
)
def annotate_image(request: AnnotateRequest, ctx: WorkerContext) -> MadeImage:
    """Draw boxes with labels, polygons, lines, points and words on a picture, as a PNG.

    What has no colour of its own has one that its label chooses, so one label is one colour. The typeface has
    letters of Latin, Greek, Cyrillic and Devanagari; others show as empty boxes.
    """
    from nis_backend.capabilities.vision.compute.drawing import annotate  # noqa: PLC0415 - loads in the worker only

    return annotate(request)


OPERATIONS = (transform_image, annotate_image)
