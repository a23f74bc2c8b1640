"""What a person decides, and no model by itself: its own approvals, and what holds for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import Forbidden

if TYPE_CHECKING:
    from nis_backend.context import Context

PERSONS = frozenset(
    {
        *("metacognition.create_policy", "metacognition.update_policy", "metacognition.delete_policy"),
        *("metacognition.decide_review", "runs.approve_run"),
    }
)
"""Operations that no model is offered."""
RULES, DECIDES = "policies:write", "reviews:write"
"""The scopes to change policies, and to decide what they have a person decide: no key that only uses has them."""


def refuse_model(ctx: Context, what: str) -> None:
    """Let a person's own call go on; one that a model has chosen is refused, and one of a run that a run has begun.

    Raises:
        Forbidden: the model could have been told to, by whatever it has read.
    """
    within = ctx.origin if ctx.journal is None else ctx.journal.within
    if ctx.chosen or any(kind == "run" for kind, _ in within):
        raise Forbidden(
            f"{what} is a person's to do: no model does it, and no run that another has begun.",
            field="caller",
            value="run",
            remedy="Call it directly.",
        )
