"""A case as what a target takes, and what it answers as words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.evaluations.cases import Turn
from nis_backend.capabilities.evaluations.wording import written
from nis_backend.errors import InvalidRequest
from nis_backend.places import Nowhere, reach, with_texts

if TYPE_CHECKING:
    from pydantic import JsonValue

    from nis_backend.capabilities.evaluations.cases import Case
    from nis_backend.operation import Json


def turns(case: Case) -> list[Turn]:
    """A case as turns."""
    return [Turn(role="user", content=case.input)] if isinstance(case.input, str) else case.input


def words(case: Case) -> str:
    """A case as one message: the turns of a conversation under each other."""
    if isinstance(case.input, str):
        return case.input
    return "\n\n".join(f"{one.role}: {one.content}" for one in case.input)


_NAMED = re.compile(r"\{input((?:\.[A-Za-z0-9_]+)*)\}")


def filled(arguments: dict[str, JsonValue], case: Case) -> Json:
    """The request of an operation, with the case's input in it.

    Raises:
        InvalidRequest: the input is not JSON where a member of it is wanted.
    """
    if not arguments:
        value = _member(case, "")
        if not isinstance(value, dict):
            raise InvalidRequest(
                "The input is no JSON object.",
                field="input",
                value=words(case),
                remedy='Give the operation\'s `arguments`, with "{input}" for the input.',
            )
        return cast("Json", value)
    return cast("Json", with_texts(arguments, lambda text: _fill(text, case)))


def _fill(text: str, case: Case) -> Any:  # Any: JSON
    whole = _NAMED.fullmatch(text)
    if whole:
        return _member(case, whole[1]) if whole[1] else words(case)
    return _NAMED.sub(lambda found: written(_member(case, found[1])) if found[1] else words(case), text)


def _member(case: Case, path: str) -> Any:  # Any: JSON
    """A member of an input that is JSON."""
    try:
        value = json.loads(words(case))
    except (ValueError, RecursionError):
        value = None
    return place(value, path.strip("."), "input")


def place(value: Any, path: str, what: str) -> Any:  # Any: JSON
    """What is at a path of names and numbers.

    Raises:
        InvalidRequest: nothing is.
    """
    try:
        return reach(value, path)
    except Nowhere:
        raise InvalidRequest(
            f"There is no {path!r} in the {what}.", field=what, value=path, remedy="Look at what there is."
        ) from None


WORDS = ("text", "response", "answer", "label", "value")
"""Members of a result that are its words, the first of them that there is."""


def of_result(result: Json, path: str) -> Json:
    """The answer in an operation's result, and what it says of its cost."""
    found = place(result, path, "result") if path else next((result[one] for one in WORDS if one in result), result)
    spent = {name: result[name] for name in ("input_tokens", "output_tokens", "cost") if _counted(result.get(name))}
    return {"answer": written(found), **spent, "from_cache": bool(result.get("from_cache"))}


def _counted(value: Any) -> bool:  # Any: JSON
    return isinstance(value, int | float) and not isinstance(value, bool)
