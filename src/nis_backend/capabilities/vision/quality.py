"""How good a picture is: sharpness, light, noise and colour, each by a stated formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.vision.places import Sized
from nis_backend.capabilities.vision.samples import SHAPES
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

BLURRED_BELOW = 48.0
"""Sharpness below which a picture is called blurred, lying between what was measured on 19 photographs and pictures of
scikit-image and scikit-learn: all that are sharp have at least 57, and none has more than 40 after a Gaussian blur
whose standard deviation is 1/256 of its longest side."""

DARK, BRIGHT = 60.0, 195.0
"""Mean luma outside of which a picture is called dark or bright: a quarter of the range at either end, roughly."""

CLIPPED = 0.25
"""Share of pixels at an end of the range from which a picture counts as clipped there."""


class QualityRequest(Model):
    """A picture to be judged."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")


class ImageQuality(Sized):
    """What was measured; luma is 0.299 R + 0.587 G + 0.114 B, from 0 to 255."""

    sharpness: float = Field(
        description="max(0, V − 20 σ²): V the variance of the Laplacian (kernel 0 1 0, 1 −4 1, 0 1 0) of the luma and "
        "σ its noise, both after averaging blocks of whole pixels until no side is longer than 640; 20 σ² is what "
        "white noise adds to V."
    )
    laplacian_variance: float = Field(description="V of `sharpness`, noise included.")
    blurred: bool = Field(description="Whether `sharpness` is below `blurred_below`; plain pictures are, too.")
    blurred_below: float = Field(description="The threshold, measured on photographs, sharp and blurred.")
    brightness: float = Field(description="Mean luma, 0 to 255.")
    contrast: float = Field(description="Standard deviation of the luma (RMS contrast), 0 to 127.5.")
    clipped_dark: float = Field(ge=0, le=1, description="Share of pixels whose luma is at most 2.")
    clipped_bright: float = Field(ge=0, le=1, description="Share of pixels whose luma is at least 253.")
    exposure: Literal["dark", "balanced", "bright"] = Field(
        description="dark: mean luma below 60, or a quarter clipped there; bright: above 195, or the like."
    )
    noise: float = Field(
        description="Standard deviation of the noise in the luma at full size, by Immerkær's mask; fine texture counts "
        "as noise."
    )
    colourfulness: float = Field(
        description="Hasler & Süsstrunk's M3 = √(σrg² + σyb²) + 0.3 √(μrg² + μyb²); 0 is grey, 59 quite colourful, 109 "
        "extremely."
    )


def _draw(_request: QualityRequest, found: ImageQuality) -> list[View]:
    verdict = "blurred, or has no detail" if found.blurred else "sharp"
    said = (
        f"The picture ({found.width} × {found.height} pixels) is {verdict}: sharpness {found.sharpness:.4g} against a "
        f"threshold of {found.blurred_below:g}. Its exposure is {found.exposure} (mean luma {found.brightness:.0f} of "
        f"255), its noise {found.noise:.2g} levels, its colourfulness {found.colourfulness:.3g}."
    )
    rows: list[list[str | float]] = [
        [name.replace("_", " "), ("no", "yes")[value] if isinstance(value, bool) else value] for name, value in found
    ]
    return [Text(text=said), Table(title="Quality", columns=["measure", "value"], rows=rows)]


@operation(
    "vision.assess_quality",
    effect="reads",
    pool="vision",
    view=_draw,
    examples=(
        Example(
            title="A small drawing",
            request={"image": SHAPES},
            question="How sharp and how well exposed is this photo?",
            also=("Check the quality of this image.", "Is the picture too dark or noisy?"),
        ),
    ),
)
def assess_quality(request: QualityRequest, ctx: WorkerContext) -> ImageQuality:
    """Measure whether a picture is sharp or blurred, dark or bright, noisy and colourful.

    Blur is judged by the variance of the Laplacian, less what noise adds to it. A picture without detail, a blank wall
    say, counts as blurred: there is nothing in it that could be sharp.

    Sources: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000 (variance of the Laplacian);
    Immerkær, Fast noise variance estimation, CVIU 64 (1996), 300-302; Hasler & Süsstrunk, Measuring colourfulness in
    natural images, SPIE 5007 (2003), 87-95.
    """
    from nis_backend.capabilities.vision.compute.quality import assess  # noqa: PLC0415 - loads in the worker only

    return assess(request)


OPERATIONS = (assess_quality,)
