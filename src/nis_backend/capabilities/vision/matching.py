"""One picture found in another, and pictures that overlap made into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.vision import views
from nis_backend.capabilities.vision.places import Point, Sized
from nis_backend.capabilities.vision.samples import SCENE
from nis_backend.limits import Picture
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext


def _part(name: str, x: int, width: int) -> Before:
    """A part of the scene, as wide as given."""
    crop = {"step": "crop", "box": {"x": x, "y": 0, "width": width, "height": 80}}
    return Before(name=name, operation="vision.transform_image", request={"image": SCENE, "steps": [crop]})


class MatchRequest(Model):
    """A picture, and another in which it may be."""

    image: Annotated[Blob, Picture()] = Field(
        description="What is looked for: an object, a part, another view of a flat thing."
    )
    scene: Annotated[Blob, Picture()] = Field(description="Where it is looked for.")


class ImageMatch(Sized):
    """Whether and where `image` lies in `scene`; places are pixels of the upright scene, whose size this has."""

    found: bool = Field(
        description="Whether the inliers are more than 8 + 0.3 × the matches, after Brown & Lowe, and the place is a "
        "convex quadrangle."
    )
    polygon: list[Point] | None = Field(
        description="Where the corners of `image` lie in the scene: upper left, upper right, lower right, lower left; "
        "null where it was not found."
    )
    scale: float | None = Field(description="Square root of the quadrangle's area over the image's.")
    angle: float | None = Field(
        description="How far the image's upper edge is turned in the scene, degrees counter-clockwise, −180 to 180."
    )
    homography: list[list[float]] | None = Field(
        description="3 × 3, from pixels of `image` to pixels of `scene`, the last number 1."
    )
    inliers: int = Field(description="Matches that agree with the homography to 3 pixels.")
    matches: int = Field(
        description="Keypoints whose nearest is nearer than 0.75 of the second nearest (Lowe's ratio)."
    )
    keypoints: tuple[int, int] = Field(description="SIFT keypoints in image and scene, at most 4000 each.")


def _draw_match(request: MatchRequest, found: ImageMatch) -> list[View]:
    agree = f"{found.inliers} of {found.matches} matches agree on one place"
    if found.polygon is None:
        return [Text(text=f"The image was not found in the scene: {agree}.")]
    size = f"{found.scale or 0:.3g} times as large and turned by {found.angle or 0:z.1f}°"
    said = f"The image lies in the scene, {size}: {agree}."
    shape = views.polygon(found.polygon, "image")
    return [Text(text=said), views.over(request.scene, found, said, shapes=[shape])]


@operation(
    "vision.match_images",
    effect="reads",
    pool="vision",
    view=_draw_match,
    examples=(
        Example(
            title="A part of a drawing",
            request={"image": "{part.image}", "scene": SCENE},
            question="Where in the scene does this image lie?",
            also=("Find this object in the photo of the scene.", "Match this picture in the other one."),
            before=(_part("part", 20, 90),),
        ),
    ),
)
def match_images(request: MatchRequest, ctx: WorkerContext) -> ImageMatch:
    """Find where one picture, or another view of a flat thing, lies in a second picture, turned and scaled or not.

    Sources: Lowe, Distinctive image features from scale-invariant keypoints, IJCV 60 (2004), 91-110; Fischler &
    Bolles, RANSAC, CACM 24 (1981), 381-395; when it counts as found: Brown & Lowe, Automatic panoramic image stitching
    using invariant features, IJCV 74 (2007), 59-73.
    """
    from nis_backend.capabilities.vision.compute.matching import match  # noqa: PLC0415 - loads in the worker only

    return match(request)


class StitchRequest(Model):
    """Pictures that overlap."""

    images: list[Annotated[Blob, Picture(pixels=20_000_000)]] = Field(
        min_length=2, max_length=20, description="The pictures, in any order."
    )
    motion: Literal["shift", "similarity", "perspective"] = Field(
        default="perspective",
        description="How one is brought onto another: shift, for parts of one scan; similarity, with turn and scale; "
        "perspective, for photographs from one place or of a flat thing.",
    )


class Placed(Model):
    """Where one picture lies in the whole."""

    index: int = Field(description="Its place in `images`, from 0 on.")
    polygon: list[Point] = Field(description="Its corners: upper left, upper right, lower right, lower left.")
    inliers: int = Field(description="Matches that joined it to its neighbour; of the first it is 0.")


class StitchedImage(Sized):
    """The whole."""

    image: Blob = Field(description="PNG with transparency: what no picture covers is transparent.")
    placed: list[Placed] = Field(description="Where each picture lies, in the order of `images`.")
    covered: float = Field(ge=0, le=1, description="Share of the whole that some picture covers.")


def _draw_stitched(_request: StitchRequest, made: StitchedImage) -> list[View]:
    said = f"{len(made.placed)} pictures became one of {made.width} × {made.height} pixels."
    shapes = [views.polygon(one.polygon, str(one.index)) for one in made.placed]
    return [Text(text=said), views.over(made.image, made, said, shapes=shapes)]


@operation(
    "vision.stitch_images",
    effect="reads",
    pool="vision",
    view=_draw_stitched,
    examples=(
        Example(
            title="Two halves that overlap",
            request={"images": ["{left.image}", "{right.image}"], "motion": "shift"},
            question="Stitch these overlapping pictures together.",
            also=("Make a panorama of these photos.", "Panorama of these pictures, please."),
            before=(_part("left", 0, 130), _part("right", 30, 130)),
        ),
    ),
)
def stitch_images(request: StitchRequest, ctx: WorkerContext) -> StitchedImage:
    """Make one picture of several that overlap: stitch photos to a panorama, or put the parts of a scan together.

    The picture that the others match best stays as it is, and each other is brought onto it over its best matches.
    Where pictures overlap they are mixed, the more of one the further from its border. Errors of a chain add up, and
    exposure is not evened.

    Sources: Lowe, IJCV 60 (2004), 91-110; Fischler & Bolles, CACM 24 (1981), 381-395; Szeliski, Image alignment and
    stitching: a tutorial (2006), section 4 and 5.
    """
    from nis_backend.capabilities.vision.compute.stitching import stitch  # noqa: PLC0415 - loads in the worker only

    return stitch(request, ctx)


OPERATIONS = (match_images, stitch_images)
