"""What every model of vectors on this machine refuses, in the same words."""

from __future__ import annotations

from nis_backend.errors import InvalidRequest, Unavailable


def nothing_in(index: int, text: str) -> InvalidRequest:
    """That a text has no words for the model, by the place it has in the call."""
    return InvalidRequest(
        f"texts.{index} has nothing in it that the model reads.",
        field=f"texts.{index}",
        value=text,
        remedy="Give it words, or leave it out.",
    )


def no_numbers(index: int) -> Unavailable:
    """That what a model has computed of a text is no direction, by the place it has in the call."""
    return Unavailable(
        f"What the model computes of texts.{index} is no vector: its numbers overflow, or all are 0.",
        remedy="Fetch its weights again, or choose another model.",
    )
