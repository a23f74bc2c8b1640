"""Facts that a caller gives with a message, for the model to know in this turn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.operation import Json

MOST = 50
LONGEST = 20_000
"""Characters of all of them as JSON: a fifth of what a message may have."""


def check_facts(facts: Json | None) -> None:
    """Refuse facts that are too large before they are written into a log.

    Raises:
        InvalidRequest: they are.
    """
    bounded("context", facts or {}, LONGEST)


def bounded(field: str, given: object, most: int) -> None:
    """Refuse JSON that is too large before it is written into a log.

    Raises:
        InvalidRequest: it is.
    """
    size = len(json.dumps(given))
    if size > most:
        raise InvalidRequest(
            f"{field} has {size} characters as JSON.", field=field, value=size, remedy=f"Give at most {most}."
        )


def words_of(facts: Json) -> str:
    """The facts as a model is told them."""
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value)}" for name, value in facts.items()
    )
