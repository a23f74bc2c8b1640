"""What the recipe `bitnet` can be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Knob, Unit
from nis_backend.operation import Model


class Learning(Model):
    """How fast and how long is learned; recipes of language models share it."""

    batch: Annotated[int, Knob()] = Field(
        default=16, ge=1, le=256, description="Rows of a step: windows of text, or conversations."
    )
    learning_rate: Annotated[float, Unit(""), Knob()] = Field(
        default=4e-3, gt=0, le=0.1, description="Rate of the first stage, before it falls."
    )
    second_rate: Annotated[float, Unit(""), Knob()] | None = Field(
        default=None, gt=0, le=0.1, description="Rate of the second stage; two thirds of the first without it."
    )
    turn: Annotated[float, Unit(""), Knob()] = Field(
        default=0.5, ge=0, le=1, description="Part of the steps after which the second stage begins, 0 to 1."
    )
    weight_decay: Annotated[float, Unit(""), Knob()] = Field(
        default=0.1, ge=0, le=1, description="Weight decay of the first stage; the second has none."
    )
    warmup: Annotated[int, Knob()] | None = Field(
        default=None, ge=0, le=10_000, description="Steps until the rate is whole; a twentieth of all without it."
    )
    clip: Annotated[float, Unit(""), Knob()] = Field(
        default=1.0, gt=0, le=100, description="Longest gradient of a step, by its norm."
    )
    patience: Annotated[int, Knob()] | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Looks at the validation rows without a better one, then it stops early.",
    )
    looks: Annotated[int, Knob()] = Field(
        default=20, ge=1, le=200, description="Looks at the validation rows, spread over the steps."
    )


OF_BASE = frozenset({"ternary", "width", "layers", "heads", "kv_heads", "hidden", "context", "merges"})
"""What a model that goes on from a base has from it."""


class Settings(Learning):
    """A model of language from scratch, or on from one of this kind."""

    ternary: bool = Field(
        default=True, description="Whether weights are -1, 0 or 1; false trains the float twin of the same shape."
    )
    width: int = Field(default=128, ge=32, le=1024, multiple_of=32, description="Numbers of a token within the model.")
    layers: int = Field(default=4, ge=1, le=24, description="Layers of attention and feed-forward.")
    heads: int = Field(default=4, ge=1, le=32, description="Heads of attention; the width is divided among them.")
    kv_heads: int | None = Field(
        default=None, ge=1, le=32, description="Heads of keys and values, which groups of heads share; all without it."
    )
    hidden: int | None = Field(
        default=None, ge=32, le=4096, multiple_of=32, description="Width of the feed-forward; three widths without it."
    )
    context: int = Field(default=128, ge=8, le=2048, description="Longest text that the model looks back on, tokens.")
    merges: Annotated[int, Knob()] = Field(
        default=0, ge=0, le=32_000, description="Pairs of bytes that the tokenizer learns from the rows; 0 reads bytes."
    )
