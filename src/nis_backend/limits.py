"""How much of a picture, a sound or a film is taken: checked by its header before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that is decoded of one file."""

    pixels: int = 50_000_000
    """Width × height; as numbers of three colours each takes three bytes."""
    frames: int = 2_000
    """Pictures in one file: of an animation, the pages of a TIFF, of a film."""
    seconds: float = 3_600.0
    """How long a sound or a film plays."""


USUAL = Limits()

LONGEST_SIDE = 32_766
"""Pixels of a side: OpenCV's warping counts them in 16 bits."""
