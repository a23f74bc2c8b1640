"""What the guest says of a program, read as any caller's word: the program may have written it itself."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints
from pydantic_core import from_json

from nis_backend.operation import Model

MOST_FIGURES = 8
Words = Annotated[str, StringConstraints(max_length=20_000)]


class Problem(Model):
    """What a program was ended by."""

    kind: str = Field(max_length=200, description="The exception's name.")
    message: Words
    line: int | None = Field(description="Of the code, counted from 1; null where it is none of its lines.")
    trace: Words = Field(description="The lines that led there, as Python tells them.")


class Said(BaseModel):
    """How a program ended."""

    shown: Words = ""
    value: Any = None  # Any: JSON
    problem: Problem | None = None
    figures: list[str] = Field(default_factory=list[str], max_length=MOST_FIGURES)


def read(content: bytes) -> Said | None:
    """What is said; None where that is nothing a guest says: no JSON, too deep, NaN, half of a character."""
    try:
        return Said.model_validate(from_json(content, allow_inf_nan=False))
    except ValueError:
        return None
