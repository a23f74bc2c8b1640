"""What a training on preferences can be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Knob, Unit
from nis_backend.capabilities.training.settings.lora import AdapterSettings


class Settings(AdapterSettings):
    """Of the recipe `dpo`."""

    beta: Annotated[float, Unit(""), Knob()] = Field(
        default=0.1, gt=0, le=10, description="How hard it is held to the base: the smaller, the further it may go."
    )
    anchor: Annotated[float, Unit(""), Knob()] = Field(
        default=0.0,
        ge=0,
        le=10,
        description="Weight of the chosen answer's own loss a token, which keeps it likely as the other is unlearned.",
    )
    learning_rate: Annotated[float, Unit(""), Knob()] = Field(
        default=1e-4, gt=0, le=1, description="Highest learning rate of AdamW, after the warm-up."
    )
    patience: Annotated[int, Knob()] = Field(
        default=0, ge=0, le=1000, description="Looks without a better loss after which it stops; 0 goes on to the end."
    )
