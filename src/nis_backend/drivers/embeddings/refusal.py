"""What every model of vectors on this machine refuses, in the same words."""

from __future__ import annotations

from nis_backend.errors import InvalidRequest


def nothing_in(index: int, text: str) -> InvalidRequest:
    """That a text has no words for the model, by the place it has in the call."""
    return InvalidRequest(
        f"texts.{index} has nothing in it that the model reads.",
        field=f"texts.{index}",
        value=text,
        remedy="Give it words, or leave it out.",
    )
