"""What the recipe `bitnet_convert` can be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Knob, Unit
from nis_backend.capabilities.training.settings.bitnet import Learning


class Settings(Learning):
    """A float model turned ternary."""

    learning_rate: Annotated[float, Unit(""), Knob()] = Field(
        default=1e-3, gt=0, le=0.1, description="Rate of the first stage, before it falls."
    )
    rise: Annotated[float, Unit(""), Knob()] = Field(
        default=0.5, ge=0, le=0.9, description="Part of the steps over which weights become ternary, 0 at once."
    )
    context: int | None = Field(
        default=None,
        ge=8,
        le=2048,
        description="Longest text learned from, tokens; the base's, at most 512, without it.",
    )
