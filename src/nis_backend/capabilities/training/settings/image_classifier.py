"""What a training on pictures with labels can be told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nis_backend.operation import Model

Way = Literal["pixels", "features", "net"]


class Settings(Model):
    """A classifier of pictures."""

    candidates: list[Way] = Field(
        default=["pixels", "features", "net"],
        min_length=1,
        max_length=3,
        description="pixels: logistic regression of a small copy. features: of what an ImageNet classifier sees, which "
        "takes few pictures. net: a small convolutional network from scratch. The best on rows held out is kept.",
    )
    size: int | None = Field(
        default=None,
        ge=8,
        le=96,
        multiple_of=8,
        description="Pixels of a side that pictures are brought to; unset, by the longer side of most, 8 to 64.",
    )
    features: str = Field(
        default="efficientnet-lite0",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="The model of features, as vision.embed_image names it.",
    )
    epochs: int = Field(default=30, ge=1, le=500, description="How often the network sees each picture.")
    width: int = Field(
        default=16,
        ge=4,
        le=64,
        description="Channels of the network's first stage; each further one has twice as many.",
    )
    batch: int = Field(default=64, ge=4, le=512, description="Pictures of one step.")
    rate: float = Field(default=3e-3, gt=0, le=1, description="The greatest learning rate.")
    mirror: bool = Field(
        default=False, description="Whether pictures are also learnt from mirrored: not where left and right differ."
    )
    turn: float = Field(default=10.0, ge=0, le=180, description="Degrees that pictures are turned by at most.")
    shift: float = Field(default=0.1, ge=0, le=0.5, description="Part of a side that pictures are moved by at most.")
    even: bool = Field(
        default=True,
        description="Whether rare labels are weighed up when one is chosen, where the most frequent one has three "
        "times the rows of the rarest. Probabilities stay as they are.",
    )
