"""What a training on rows of tables can be told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nis_backend.operation import Model

Way = Literal["linear", "trees"]


class Settings(Model):
    """A classifier of rows, or what tells a number of them."""

    task: Literal["auto", "classification", "regression"] = Field(
        default="auto",
        description="auto: a number is told where all labels are numbers, and some is no whole one or there are more "
        "than 20 of them; else a label.",
    )
    candidates: list[Way] = Field(
        default=["linear", "trees"],
        min_length=1,
        max_length=2,
        description="linear: logistic or ridge regression, held down three ways. trees: gradient boosting, with small "
        "and with large trees. The best on rows held out is kept.",
    )
    rounds: int = Field(default=100, ge=5, le=1000, description="Rounds of boosting.")
    even: bool = Field(
        default=True,
        description="Whether rare labels are weighed up when one is chosen, where the most frequent one has three "
        "times the rows of the rarest. Probabilities stay as they are.",
    )
