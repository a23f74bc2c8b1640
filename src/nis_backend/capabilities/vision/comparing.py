"""How far pictures differ, and which of many are copies of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.vision import views
from nis_backend.capabilities.vision.places import Sized
from nis_backend.capabilities.vision.samples import SCENE, SHAPES
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

HASH_BITS = 63
SAME = 10
"""Bits that hashes of copies may differ by. Of 18 photographs and pictures of scikit-image and scikit-learn, turned,
mirrored, halved, stretched and saved as JPEG of quality 30, no copy is further than 4 and no other nearer than 20."""

COLOURS = 40.0
"""Levels by which the mean colours of copies may differ: a hash tells a plain black picture from no other plain one."""

Turn = Literal["none", "90", "180", "270", "mirrored", "mirrored 90", "mirrored 180", "mirrored 270"]


class ComparisonRequest(Model):
    """Two pictures."""

    image: Annotated[Blob, Picture()] = Field(description="The picture that counts as right.")
    other: Annotated[Blob, Picture()] = Field(
        description="The picture that is compared with it; of another size, it is resized first."
    )


class ImageComparison(Sized):
    """How far `other` is from `image`; luma and colours are from 0 to 255."""

    identical: bool = Field(description="Whether every pixel is the same.")
    resized: bool = Field(description="Whether `other` had another size, and was resized to that of `image`.")
    mean_absolute_difference: float = Field(description="Mean of |a − b| over pixels and colours, levels.")
    psnr: float | None = Field(
        description="10 log10(255² / MSE) over pixels and colours, dB; null where the pictures are identical."
    )
    ssim: float | None = Field(
        description="Mean structural similarity of the luma, −1 to 1: Gaussian window 11 × 11 with σ 1.5, K1 0.01, K2 "
        "0.03, borders left out; null where a side is shorter than 11."
    )
    changed: float = Field(ge=0, le=1, description="Share of pixels in which a colour differs by more than 16 levels.")
    hash_distance: int = Field(
        ge=0,
        le=HASH_BITS,
        description=f"Bits of {HASH_BITS} in which the perceptual hashes differ; up to {SAME} is likely one motif.",
    )
    difference: Blob = Field(description="PNG: at each pixel the largest |a − b| of its colours, times `stretch`.")
    stretch: float = Field(description="Factor by which the difference is shown, so that the largest is 255.")


def _draw_comparison(_request: ComparisonRequest, found: ImageComparison) -> list[View]:
    if found.identical:
        said = "The two pictures are identical, pixel by pixel."
    else:
        ssim = "" if found.ssim is None else f", SSIM {found.ssim:.4f}"
        said = (
            f"The pictures differ by {found.mean_absolute_difference:.3g} levels of 255 on average "
            f"(PSNR {found.psnr or 0:.2f} dB{ssim}); {found.changed:.2%} of the pixels differ clearly, and the hashes "
            f"in {found.hash_distance} of {HASH_BITS} bits."
        )
    return [
        Text(text=said),
        views.answer(found.difference, found, "Where the pictures differ: the brighter, the more."),
    ]


@operation(
    "vision.compare_images",
    effect="reads",
    pool="vision",
    view=_draw_comparison,
    examples=(
        Example(
            title="Two drawings",
            request={"image": SHAPES, "other": SCENE},
            question="How similar are these two pictures?",
            also=("Compare the two images by PSNR and SSIM.", "What is different between these photos?"),
        ),
        Example(title="A picture and itself", request={"image": SHAPES, "other": SHAPES}),
    ),
)
def compare_images(request: ComparisonRequest, ctx: WorkerContext) -> ImageComparison:
    """Compare two pictures: PSNR, SSIM, mean difference, perceptual hash distance, and a map of where they differ.

    Sources: Wang et al., Image quality assessment: from error visibility to structural similarity, IEEE Trans. Image
    Processing 13 (2004), 600-612; hash: signs of the 63 lowest frequencies of a 32 × 32 cosine transform against
    their median, after Zauner, Implementation and benchmarking of perceptual image hash functions (2010).
    """
    from nis_backend.capabilities.vision.compute.comparing import compare  # noqa: PLC0415 - loads in the worker only

    return compare(request)


class DuplicatesRequest(Model):
    """Pictures among which copies are looked for."""

    images: list[Annotated[Blob, Picture()]] = Field(min_length=2, max_length=100, description="The pictures.")
    max_distance: int = Field(
        default=SAME, ge=0, le=20, description=f"Most bits of {HASH_BITS} in which the hashes of copies differ."
    )
    turned: bool = Field(default=True, description="Whether copies turned by 90°, 180° or 270°, or mirrored, count.")


class Duplicate(Model):
    """One picture of a group."""

    index: int = Field(ge=0, description="Its place in `images`, from 0 on.")
    distance: int = Field(description="Bits in which its hash differs from that of the group's first picture.")
    turn: Turn = Field(
        description="What brings the group's first picture to this one: mirrored left to right first, then turned "
        "counter-clockwise by so many degrees."
    )


class DuplicateGroup(Model):
    """Pictures that are copies of each other, the first of the list first."""

    images: list[Duplicate]


class Duplicates(Model):
    """Which pictures are copies of which."""

    groups: list[DuplicateGroup] = Field(description="Groups of two and more; each picture is near some other of it.")
    unique: list[int] = Field(description="Places in `images` of those that have no copy.")
    max_distance: int = Field(description="Most bits in which the hashes of copies differ.")
    hashes: list[str] = Field(description="The perceptual hash of each picture, hexadecimal.")


def _draw_duplicates(_request: DuplicatesRequest, found: Duplicates) -> list[View]:
    lists = "; ".join(", ".join(f"{one.index}" for one in group.images) for group in found.groups)
    said = f"Copies of each other: {lists}." if found.groups else "None of the pictures is a copy of another."
    rows: list[list[str | float]] = [
        [number, one.index, one.distance, one.turn]
        for number, group in enumerate(found.groups, 1)
        for one in group.images
    ]
    table = Table(title="Copies", columns=["group", "image", "bits", "turn"], rows=rows)
    return [Text(text=said), table] if rows else [Text(text=said)]


@operation(
    "vision.find_duplicates",
    effect="reads",
    pool="vision",
    view=_draw_duplicates,
    examples=(
        Example(
            title="Two of three",
            request={"images": [SHAPES, SCENE, SHAPES]},
            question="Which of these pictures are duplicates?",
            also=("Find the copies among these photos.",),
        ),
    ),
)
def find_duplicates(request: DuplicatesRequest, ctx: WorkerContext) -> Duplicates:
    """Find copies among pictures, also resized, compressed anew, turned by quarter turns or mirrored.

    Two are copies when their perceptual hashes differ in few bits and their mean colours by at most 40 levels. A crop,
    a picture turned by a few degrees or one with much drawn on it is not found: see vision.match_images for those.

    Source: Zauner, Implementation and benchmarking of perceptual image hash functions (2010).
    """
    from nis_backend.capabilities.vision.compute.comparing import duplicates  # noqa: PLC0415 - loads in the worker only

    return duplicates(request, ctx)


OPERATIONS = (compare_images, find_duplicates)
