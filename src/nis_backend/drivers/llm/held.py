"""What an engine on this machine refuses, and whether an answer that it has held to a schema follows it."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from nis_backend.errors import DeadlineExceeded, InternalError, InvalidRequest, NotSupported, shorten

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import Json


def too_long(called: str, given: str, context: int) -> InvalidRequest:
    """The refusal of a prompt of so many tokens."""
    return InvalidRequest(
        f"The conversation has {given} tokens; {called[0].lower()}{called[1:]} takes fewer than {context}, its answer"
        " included.",
        field="message",
        value=f"{given} tokens",
        remedy="Send a shorter message, begin another conversation, or use another provider's model.",
    )


def check_answer(called: str, text: str, schema: Json) -> None:
    """That the answer is what the schema says; its patterns the grammar has kept, and they may take long to match.

    Raises:
        NotSupported: it is of several branches of a `oneOf` at once, which the grammar reads as `anyOf`.
        InternalError: the grammar has let through what it should not.
    """
    library: Any = importlib.import_module("jsonschema")  # Any: it has no types; loads with the first schema
    validator = library.validators.extend(library.Draft202012Validator, {"pattern": _kept})
    try:
        wrong: Any = next(validator(schema).iter_errors(json.loads(text)), None)
    except ValueError as error:
        raise InternalError(f"{called} gave an answer that is no JSON: {error}.", remedy="Ask again.") from None
    if wrong is not None and _is_of_several(wrong):
        raise not_held(called, f"what it wrote at {wrong.json_path} is of more than one branch of a oneOf")
    if wrong is not None:
        raise InternalError(
            f"{called} has not followed the schema at {wrong.json_path}: {shorten(wrong.message)}.",
            remedy="Ask again, or give a plainer schema.",
        )


def _is_of_several(wrong: Any) -> bool:  # Any: jsonschema's ValidationError
    """Whether two branches of a `oneOf` hold, here or in a branch of another; where none did, each would say why."""
    several = wrong.validator == "oneOf" and not wrong.context
    return several or any(_is_of_several(one) for one in wrong.context)


def _kept(*_: object) -> tuple[()]:
    return ()


def not_held(called: str, reason: str) -> NotSupported:
    """The refusal of a schema that the engine has no way to hold to."""
    return NotSupported(
        f"{called} cannot be held to this schema: {reason}.",
        field="answer_schema",
        remedy="Give a plainer schema (anyOf for a oneOf), or use another provider's model.",
    )


def too_slow(called: str, seconds: float) -> DeadlineExceeded:
    """The failure of an answer that did not come to its end."""
    return DeadlineExceeded(
        f"{called}, held to a schema, had no whole answer after {seconds:g} s.",
        field="answer_schema",
        remedy="Give a plainer schema, without one that refers to itself, or ask for fewer tokens.",
    )
