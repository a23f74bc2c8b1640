"""What the endpoints of sound share: the models' names, and what the operations' fields are called here.

OpenAI's clients name a model of OpenAI's. What answers here is what the operations stand on, under the name by which
those clients ask for such a thing; the list of models says what it is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nis_backend.errors import NisError, NotFound

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from nis_backend.operation import Json

HEARS, SPEAKS = "whisper-1", "tts-1"

CARDS: tuple[Json, ...] = tuple(
    {"id": name, "object": "model", "created": 0, "owned_by": "nis", "description": what}
    for name, what in (
        (HEARS, "Speech to text, by the Whisper model that this server has: /v1/audio/transcriptions."),
        (SPEAKS, "Text to speech, by the voices that this server has: /v1/audio/speech."),
    )
)


def refuse_other(model: object, there: str) -> None:
    """Refuse a model that is another one than the one there is.

    Raises:
        NotFound: naming it.
    """
    if model != there:
        raise NotFound(
            "The request names no model." if model in (None, "") else f"There is no model {model!r} of this kind.",
            field="model",
            value=model,
            remedy=f"There is: {there}.",
        )


@contextmanager
def under(names: Mapping[str, str]) -> Generator[None]:
    """Whatever the operation refuses of its fields is refused of what they are called here."""
    try:
        yield
    except NisError as error:
        if error.field is not None:
            head, dot, rest = error.field.partition(".")
            error.field = names.get(head, head) + dot + rest
        raise
