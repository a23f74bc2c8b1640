"""What a message to an agent or a team comes with: what was said before it, what is to be known, and for whom it is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from nis_backend.annotations import Asker
from nis_backend.errors import InvalidRequest
from nis_backend.loop.facts import MOST, check_facts
from nis_backend.operation import Model

LONGEST = 100_000
"""Characters of one turn."""
MOST_EARLIER = 400_000
"""Characters of what was said before, as of a message to the chat."""

ConversationId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]


class Said(Model):
    """What was said before."""

    role: Literal["user", "assistant"]
    content: str = Field(max_length=LONGEST)


class Accompanied(Model):
    """A message, and the conversation it is said in."""

    conversation_id: ConversationId | None = Field(
        default=None, description="The conversation to go on with, whose last turns it is told; unset, it is in none."
    )
    begins: bool = Field(default=False, description="Whether a conversation begins: a new one, or one of this id.")
    earlier: list[Said] = Field(
        default_factory=list[Said],
        max_length=200,
        description="What was said before, oldest first; it comes before what is kept here.",
    )
    context: dict[str, Any] | None = Field(  # Any: JSON
        default=None, max_length=MOST, description="Facts for it to know in this turn, by name."
    )
    user_id: Annotated[str, Asker()] | None = Field(
        default=None, min_length=1, max_length=128, description="A label for the person that it serves."
    )


def check_accompanied(request: Accompanied) -> None:
    """Refuse what is too much before it is written into a log.

    Raises:
        InvalidRequest: what was said before is, or the facts are.
    """
    check_facts(request.context)
    size = sum(len(one.content) for one in request.earlier)
    if size > MOST_EARLIER:
        raise InvalidRequest(
            f"What was said before has {size} characters.",
            field="earlier",
            value=size,
            remedy=f"Give at most {MOST_EARLIER}, or go on with a conversation that is kept here.",
        )
