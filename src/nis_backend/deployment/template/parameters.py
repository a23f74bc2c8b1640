"""A template's parameters: what was given for each, held to what it may be."""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import InvalidRequest, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

Given = str | int | float | list[str] | None
"""A value; nothing where AWS reads it from its own store."""

LONGEST = 4096
"""Most characters of a value: CloudFormation's."""


def read_parameters(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Given]:
    """Every parameter's value.

    Raises:
        InvalidRequest: one is not declared, has no value, or a value that it may not have.
    """
    for name in given:
        if name not in declared:
            near = difflib.get_close_matches(name, declared, n=1)
            raise InvalidRequest(
                f"The template has no parameter {shorten(name)!r}.",
                field=f"parameters.{name}",
                value=name,
                remedy=f"The nearest is {near[0]}." if near else f"It has {', '.join(sorted(declared))}.",
            )
    return {name: _value(name, about, given.get(name)) for name, about in declared.items()}


def _value(name: str, about: Mapping[str, Any], given: str | None) -> Given:  # Any: a template's values differ in type
    kind = str(about.get("Type", "String"))
    if kind.startswith("AWS::SSM::Parameter::"):
        return None
    if given is None and "Default" not in about:
        raise InvalidRequest(
            f"The parameter {name} has no value and no default.",
            field=f"parameters.{name}",
            remedy=str(about.get("Description", "Give it one.")),
        )
    text = _text(about["Default"]) if given is None else given
    wrong = _wrong(about, kind, text, given is not None)
    if wrong:
        raise InvalidRequest(
            f"The parameter {name} {wrong}.",
            field=f"parameters.{name}",
            value="***" if str(about.get("NoEcho")).lower() == "true" else text,
            remedy=str(about.get("ConstraintDescription") or about.get("Description") or "Give it another value."),
        )
    if kind == "Number":
        number = float(text)
        return int(number) if number.is_integer() else number
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [part.strip() for part in text.split(",")] if text else []
    return text


def _wrong(about: Mapping[str, Any], kind: str, text: str, given: bool) -> str:  # Any: as above
    """What is wrong with a value; empty where nothing is."""
    if len(text) > LONGEST:
        return f"has more than {LONGEST} characters"
    allowed = [_text(one) for one in cast("list[Any]", about.get("AllowedValues") or [])]
    parts = text.split(",") if kind == "CommaDelimitedList" else [text]
    if allowed and not all(part.strip() in allowed for part in parts):
        return f"is one of {', '.join(allowed)}, not {shorten(text)!r}"
    if kind == "Number":
        return _wrong_number(about, text)
    if not int(_text(about.get("MinLength", 0))) <= len(text) <= int(_text(about.get("MaxLength", LONGEST))):
        return f"has {len(text)} characters, which are too few or too many"
    # A default is the template's own, and a foreign template's pattern is not run over what it brings itself.
    pattern = about.get("AllowedPattern")
    if given and isinstance(pattern, str) and not _matches(pattern, text):
        return f"is {shorten(text)!r}, which is not of its form"
    return ""


def _wrong_number(about: Mapping[str, Any], text: str) -> str:  # Any: as above
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        return f"is a number, not {shorten(text)!r}"
    least, most = (float(_text(about.get(key, number))) for key in ("MinValue", "MaxValue"))
    return "" if least <= number <= most else f"is {text}, and lies between {least:g} and {most:g}"


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return True  # of Java's kind, which AWS itself looks at


def _text(value: object) -> str:
    """A value as CloudFormation writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
