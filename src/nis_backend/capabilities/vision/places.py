"""Places in a picture: pixels of the upright image, from its upper left corner, x to the right and y down."""

from __future__ import annotations

from pydantic import Field

from nis_backend.operation import Model

LARGEST = 32_766
"""The longest side of a picture that is opened, pixels."""


class Point(Model):
    """A place in a picture, pixels."""

    x: float = Field(ge=-LARGEST, le=2 * LARGEST, description="Pixels from the left edge.")
    y: float = Field(ge=-LARGEST, le=2 * LARGEST, description="Pixels from the upper edge.")


class Box(Model):
    """An upright rectangle in a picture, pixels."""

    x: float = Field(ge=-LARGEST, le=LARGEST, description="Left edge, pixels.")
    y: float = Field(ge=-LARGEST, le=LARGEST, description="Upper edge, pixels.")
    width: float = Field(gt=0, le=2 * LARGEST, description="Pixels.")
    height: float = Field(gt=0, le=2 * LARGEST, description="Pixels.")


class Sized(Model):
    """A result whose places are pixels of an image of this size."""

    width: int = Field(ge=1, description="Width of the upright image, pixels.")
    height: int = Field(ge=1, description="Height of the upright image, pixels.")
