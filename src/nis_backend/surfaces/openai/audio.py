"""What the endpoints of sound share: the models' names, and what the operations' fields are called here.

OpenAI's clients name a model of OpenAI's. What answers here is what the operations stand on, under the name by which
those clients ask for such a thing; the list of models says what it is. Every other name is a provider's or a route's.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nis_backend.errors import NisError, NotFound

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from nis_backend.context import Context
    from nis_backend.operation import Json

HEARS, SPEAKS = "whisper-1", "tts-1"

CARDS: tuple[Json, ...] = tuple(
    {"id": name, "object": "model", "created": 0, "owned_by": "nis", "description": what}
    for name, what in (
        (HEARS, "Speech to text, by the Whisper model that this server has: /v1/audio/transcriptions."),
        (SPEAKS, "Text to speech, by the voices that this server has: /v1/audio/speech."),
    )
)


async def named(ctx: Context, model: object, there: str) -> str | None:
    """A provider's model or a route that a request names; None for the one that is `there`, and no route's name.

    Raises:
        NotFound: it names none.
    """
    if not isinstance(model, str) or not model:
        raise NotFound(
            "The request names no model.",
            field="model",
            value=model,
            remedy=f"There is: {there}; or name a provider's as provider:name.",
        )
    if model != there:
        return model
    row = (await ctx.gateway.routes()).get(there)
    return f"route:{there}" if row is not None and row["enabled"] else None


@contextmanager
def under(names: Mapping[str, str], there: str) -> Generator[None]:
    """Whatever the operation refuses of its fields is refused of what they are called here.

    Who has named a model that nobody has is told which one is `there`.
    """
    try:
        yield
    except NisError as error:
        if isinstance(error, NotFound) and error.field == "model":
            error.remedy = f"There is: {there}. {error.remedy}"
        if error.field is not None:
            head, dot, rest = error.field.partition(".")
            there = names.get(head, head)
            error.field = there + dot + rest
            # Some begin with the field.
            error.message = re.sub(rf"^{re.escape(head)}(?=[ :])", there, error.message)
        raise
