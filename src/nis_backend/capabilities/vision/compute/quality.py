"""Sharpness, light, noise and colour of a picture."""

from __future__ import annotations

import math
from typing import Literal

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.arrays import Floats, Grey, Picture, luma
from nis_backend.capabilities.vision.quality import (
    BLURRED_BELOW,
    BRIGHT,
    CLIPPED,
    DARK,
    ImageQuality,
    QualityRequest,
)
from nis_backend.pictures import upright

LONGEST = 640
"""Side to which the picture is reduced for `sharpness`, by whole blocks: so its noise stays white."""

NOISE_IN_LAPLACIAN = 20.0
"""Sum of the squares of the Laplacian's kernel."""

_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


def assess(request: QualityRequest) -> ImageQuality:
    """Measure a picture."""
    picture = upright(request.image.path, limits=request.image.limits)
    grey = luma(picture)
    reduced = _reduced(grey)
    variance = float(cv2.Laplacian(reduced, cv2.CV_32F, ksize=1).var())
    mean = float(grey.mean())
    dark, bright = float((grey <= 2).mean()), float((grey >= 253).mean())  # noqa: PLR2004 - as the fields say
    sharpness = max(0.0, variance - NOISE_IN_LAPLACIAN * noise_of(reduced) ** 2)
    return ImageQuality(
        width=grey.shape[1],
        height=grey.shape[0],
        sharpness=sharpness,
        laplacian_variance=variance,
        blurred=sharpness < BLURRED_BELOW,
        blurred_below=BLURRED_BELOW,
        brightness=mean,
        contrast=float(grey.std()),
        clipped_dark=dark,
        clipped_bright=bright,
        exposure=_exposure(mean, dark, bright),
        noise=noise_of(grey.astype(np.float32)),
        colourfulness=colourfulness_of(picture),
    )


def _exposure(mean: float, dark: float, bright: float) -> Literal["dark", "balanced", "bright"]:
    if mean < DARK or dark >= CLIPPED:
        return "dark"
    return "bright" if mean > BRIGHT or bright >= CLIPPED else "balanced"


def noise_of(grey: Floats) -> float:
    """Standard deviation of white noise, by a mask that edges and slopes do not answer to (Immerkær 1996)."""
    if min(grey.shape) < 3:  # noqa: PLR2004 - the mask's side
        return 0.0
    answered = cv2.filter2D(grey, cv2.CV_32F, _IMMERKAER)[1:-1, 1:-1]
    return math.sqrt(math.pi / 2) / 6 * float(np.abs(answered).mean())


def colourfulness_of(picture: Picture) -> float:
    """Hasler & Süsstrunk's M3, from the opponent axes R − G and (R + G)/2 − B."""
    red, green, blue = (picture[..., channel].astype(np.float32) for channel in range(3))
    rg, yb = red - green, (red + green) / 2 - blue
    spread = math.hypot(float(rg.std()), float(yb.std()))
    return spread + 0.3 * math.hypot(float(rg.mean()), float(yb.mean()))


def _reduced(grey: Grey) -> Floats:
    """Means of k × k blocks, k the least whole number that leaves no side longer than `LONGEST`."""
    height, width = grey.shape
    by = -(-max(height, width) // LONGEST)
    rows, columns = max(1, height // by), max(1, width // by)
    whole = grey[: rows * by, : columns * by].astype(np.float32)
    return cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
