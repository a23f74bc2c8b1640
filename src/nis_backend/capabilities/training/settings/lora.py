"""What a fine-tuning by LoRA can be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Knob, Unit
from nis_backend.operation import Model


class AdapterSettings(Model):
    """The adapter, and how it is learned: what LoRA and DPO have alike."""

    rank: Annotated[int, Knob()] = Field(default=16, ge=1, le=256, description="Rank of each adapter's two matrices.")
    alpha: Annotated[float, Unit(""), Knob()] = Field(
        default=32.0, gt=0, le=1024, description="An adapter counts alpha / rank times."
    )
    dropout: Annotated[float, Unit(""), Knob()] = Field(
        default=0.0, ge=0, le=0.9, description="Share of an adapter's inputs that is left out while it learns."
    )
    targets: Annotated[Literal["attention", "feedforward", "all"], Knob()] = Field(
        default="all", description="Which projections get an adapter."
    )
    layers: Annotated[int | None, Knob()] = Field(
        default=None,
        ge=1,
        le=1000,
        description="How many of the last layers get adapters; unset takes all. Half of them learn in about two thirds "
        "of the time.",
    )
    learning_rate: Annotated[float, Unit(""), Knob()] = Field(
        default=5e-4, gt=0, le=1, description="Highest learning rate of AdamW, after the warm-up."
    )
    warmup: Annotated[float, Unit(""), Knob()] = Field(
        default=0.05, ge=0, le=0.9, description="Share of the steps in which the rate rises; then it falls as a cosine."
    )
    weight_decay: Annotated[float, Unit(""), Knob()] = Field(default=0.0, ge=0, le=1, description="AdamW's, a step.")
    clip: Annotated[float, Unit(""), Knob()] = Field(
        default=1.0, gt=0, le=1000, description="Longest gradient; a longer one is shortened to it."
    )
    tokens_per_step: Annotated[int, Knob()] = Field(
        default=1024, ge=16, le=1_048_576, description="Tokens of one step of the optimiser, padding included."
    )
    tokens_at_once: Annotated[int, Knob()] = Field(
        default=1024, ge=16, le=65_536, description="Tokens that are computed at a time: what bounds the memory."
    )
    longest: Annotated[int, Knob()] = Field(
        default=512, ge=8, le=8192, description="Most tokens of a row; longer rows are left out and counted."
    )
    check_every: Annotated[int, Knob()] = Field(
        default=20, ge=1, le=100_000, description="Steps between two looks at the validation rows."
    )
    check_rows: Annotated[int, Knob()] = Field(default=64, ge=1, le=10_000, description="Validation rows of a look.")
    patience: Annotated[int, Knob()] = Field(
        default=3, ge=0, le=1000, description="Looks without a better loss after which it stops; 0 goes on to the end."
    )
    precision: Annotated[Literal["auto", "bfloat16", "float32"], Knob()] = Field(
        default="auto",
        description="Numbers that the frozen matrices are multiplied in: auto takes bfloat16 where the processor has "
        "instructions for it. The adapter, norms, sums and the merged model are float32 before they are written.",
    )
    saved_as: Annotated[Literal["float16", "bfloat16", "float32"], Knob()] = Field(
        default="float16", description="Numbers of the merged model's file."
    )


class Settings(AdapterSettings):
    """Of the recipe `lora`."""

    hold: Annotated[float, Unit(""), Knob()] = Field(
        default=1.0,
        ge=0,
        le=1000,
        description="How hard it is held to what the base makes of ordinary prose, of which it else forgets much: the "
        "weight of KL(base || tuned), in nats a token. 0 lets go.",
    )
    hold_every: Annotated[int, Knob()] = Field(
        default=1, ge=1, le=1000, description="Steps from one at which it is held to the next."
    )
