"""Two definitions side by side: what differs, by its path, and what that means for those who are served."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from nis_backend.deployment.report import Comparison, Difference
from nis_backend.deployment.template.reading import read
from nis_backend.deployment.told_apart import told
from nis_backend.deployment.validate.noted import lowered, place_of, text, values
from nis_backend.deployment.validate.plain import check_size, without_comments
from nis_backend.deployment.validate.secrets import looks_secret
from nis_backend.errors import Malformed

if TYPE_CHECKING:
    from nis_backend.deployment.validate.noted import Path, Values

MOST = 1_000
"""Differences that are told."""
LONGEST = 200
"""Characters of a value that are shown."""
HIDDEN = "(a secret)"
OF_AWS = frozenset(
    """taskDefinitionArn revision status requiresAttributes compatibilities registeredAt registeredBy deregisteredAt
    deleteRequestedAt""".split()  # noqa: SIM905 - a list of words
)
"""What describe-task-definition adds: it differs from one revision to the next, and says nothing."""


def compare(before: str, after: str) -> Comparison:
    """What differs between two task definitions, templates or plans.

    Members of lists are known by their names, keys or ids where they have some, so that an order says nothing.

    Raises:
        Malformed: one of them cannot be read.
        TooLarge: one has more than 1 MiB, or is nested deeper than 64 levels.
        Unavailable: PyYAML is missing.
    """
    one, other = _read(before, "before"), _read(after, "after")
    found: list[Difference] = []
    for path, was, is_ in _differences((), one, other):
        if len(found) >= MOST:
            break
        found.append(
            Difference(
                place=place_of(path),
                before=_shown(path, was),
                after=_shown(path, is_),
                told=told(path, was, is_, other),
            )
        )
    # Those that mean something come first, each group as the definition has them.
    found.sort(key=lambda one: not one.told)
    return Comparison(before=_name(one), after=_name(other), differences=found)


def _read(given: str, field: str) -> Values:
    check_size(given, field)
    try:
        document = read(without_comments(given)[0]).document
    except Malformed as error:
        why = error.message.replace("The template", f"The definition in {field!r}", 1)
        remedy = error.remedy or "Give a task definition or a template, as JSON or YAML."
        raise Malformed(why, field=field, value=error.value, remedy=remedy) from None
    if "ContainerDefinitions" in document:
        document = cast("Values", lowered(document))
    inner = values(document.get("taskDefinition"))
    document = inner or document
    if "containerDefinitions" in document:
        return {key: value for key, value in document.items() if key not in OF_AWS}
    return document


def _name(document: Values) -> str:
    """What a definition calls itself."""
    for key in ("family", "name", "Description", "description"):
        found = text(document.get(key))
        if found:
            return found[:80]
    return "template" if "Resources" in document else "definition"


def _differences(path: Path, was: Any, is_: Any) -> list[tuple[Path, Any, Any]]:  # Any: values differ in type
    """Each that differs, as deep as both have the same shape."""
    if isinstance(was, dict) and isinstance(is_, dict):
        one, other = cast("Values", was), cast("Values", is_)
        return _of_pairs(path, one, other)
    if isinstance(was, list) and isinstance(is_, list):
        first, second = cast("list[Any]", was), cast("list[Any]", is_)
        named, names = _by_name(first), _by_name(second)
        if named is not None and names is not None:
            return _of_pairs(path, named, names)
        if len(first) == len(second):
            return _of_pairs(path, dict(enumerate(first)), dict(enumerate(second)))
    return [] if _same(was, is_) else [(path, was, is_)]


def _of_pairs(path: Path, one: dict[Any, Any], other: dict[Any, Any]) -> list[tuple[Path, Any, Any]]:
    found: list[tuple[Path, Any, Any]] = []
    for key in dict.fromkeys((*one, *other)):
        found += _differences((*path, key), one.get(key), other.get(key))
    return found


def _by_name(members: list[Any]) -> dict[str, Any] | None:  # Any: as above
    """Members by what names them; nothing where one has no name, or two have the same."""
    named: dict[str, Any] = {}
    for one in members:
        given = values(one)
        for key in ("name", "Name", "key", "Key", "containerPort", "ContainerPort", "sourceVolume", "id", "Sid"):
            if text(given.get(key)):
                name = str(given[key])
                break
        else:
            return None
        if name in named:
            return None
        named[name] = one
    return named


def _same(was: Any, is_: Any) -> bool:  # Any: as above
    """Whether two values are one: "256" and 256 are, as are nothing and an empty list."""
    if was == is_:
        return True
    if was in (None, [], {}) and is_ in (None, [], {}):
        return True
    one, other = text(was), text(is_)
    return one is not None and one == other


def _shown(path: Path, value: Any) -> str:  # Any: as above
    """A value as it may be told; what looks like a secret is not."""
    if value is None:
        return ""
    plain = text(value)
    named = [str(key) for key in path]
    if plain is not None:
        name = named[-2] if named[-1:] in (["value"], ["Value"]) and len(named) > 1 else named[-1] if named else ""
        return HIDDEN if looks_secret(name, plain) else _short(plain)
    return _short(json.dumps(_masked(value, named[-1] if named else ""), ensure_ascii=False))


def _masked(value: Any, name: str) -> Any:  # Any: as above
    """The same without what looks like a secret."""
    if isinstance(value, list):
        return [_masked(one, name) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        given = cast("Values", value)
        own = text(given.get("name", given.get("Name"))) or ""
        named = {key: own if key in {"value", "Value"} else key for key in given}
        return {key: _masked(one, named[key]) for key, one in given.items()}
    plain = text(value)
    return HIDDEN if plain is not None and looks_secret(name, plain) else value


def _short(told_of: str) -> str:
    return told_of if len(told_of) <= LONGEST else told_of[: LONGEST - 1] + "…"
