"""A text with variables, as `{{name}}`: which there are, and the text with their values in place.

There is nothing else in the language: no condition, no loop, no call. What a value holds is put in as it is and is not
read again, so that a value cannot bring variables of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.errors import FieldError, InvalidRequest, TooLarge, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LONGEST_TEMPLATE, LONGEST_RENDERED = 100_000, 400_000
"""Characters of a template; of what becomes of it, which is as much as a model is asked at once."""

NAME = r"[A-Za-z][A-Za-z0-9_]{0,63}"
_OPENED = re.compile(r"\{\{")
_VARIABLE = re.compile(r"\{\{\s*(" + NAME + r")\s*\}\}")


def variables_of(template: str) -> list[str]:
    """The names of its variables, in the order in which they occur first.

    Raises:
        InvalidRequest: two braces open what is no variable.
    """
    found: dict[str, None] = {}
    place = 0
    while opened := _OPENED.search(template, place):
        variable = _VARIABLE.match(template, opened.start())
        if variable is None:
            raise InvalidRequest(
                f"At character {opened.start()} two braces open what is no variable.",
                field="template",
                value=template[opened.start() : opened.start() + 40],
                remedy="Write {{name}}, of letters, digits and underscores; a value may hold any braces.",
            )
        found[variable[1]] = None
        place = variable.end()
    return list(found)


def render(template: str, values: Mapping[str, str]) -> str:
    """The text with each variable's value in its place.

    Raises:
        TooLarge: it would be longer than a model is asked at once.
    """
    # Counted before it is written: a variable may stand there often.
    length = len(template)
    for found in _VARIABLE.finditer(template):
        length += len(values[found[1]]) - len(found[0])
    if length > LONGEST_RENDERED:
        raise TooLarge(
            f"The prompt would have {length} characters; {LONGEST_RENDERED} are allowed.",
            field="variables",
            value=f"{length} characters",
            remedy="Give shorter values.",
        )
    return _VARIABLE.sub(lambda found: values[found[1]], template)


def check_names(wanted: Collection[str], defaults: Mapping[str, str], given: Collection[str]) -> None:
    """Refuse values for what is no variable, and variables without a value, each by its name.

    Raises:
        InvalidRequest: the first of them, and all in its fields.
    """
    unknown = [name for name in given if name not in wanted]
    missing = [name for name in wanted if name not in defaults and name not in given]
    wrong = [
        *(
            FieldError(
                field=f"variables.{shorten(name, 64)}",
                value=shorten(name, 64),
                message=f"The prompt has no variable {shorten(name, 64)!r}.",
                remedy=f"Leave it out; its variables: {', '.join(wanted) or 'none'}.",
            )
            for name in unknown
        ),
        *(
            FieldError(
                field=f"variables.{name}",
                value="",
                message=f"The variable {name!r} has no value.",
                remedy=f"Give variables.{name}.",
            )
            for name in missing
        ),
    ]
    if wrong:
        first = wrong[0]
        raise InvalidRequest(first.message, field=first.field, value=first.value, remedy=first.remedy, fields=wrong)
