"""References in a plan's values: `{throw.range.value}` is a member of what the step `throw` came to."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import InvalidRequest, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nis_backend.operation import Json

STEP_ID = r"[a-z][a-z0-9_]{0,31}"
REFERENCE = re.compile(rf"\{{\{{([^{{}}]*)\}}\}}|\{{({STEP_ID})((?:\.[A-Za-z0-9_-]{{1,64}}){{0,16}})\}}")
"""`{{name}}` stands for the text `{name}` itself."""
OWN = "given"
"""What the run was given is whoever's word who runs it."""
DEEPEST = 32
"""Values within values that are looked at."""


def references(value: Any, depth: int = 0) -> Iterator[str]:  # Any: JSON
    """The names that references in a value begin with, each as often as it stands there."""
    if isinstance(value, str):
        yield from (found[2] for found in REFERENCE.finditer(value) if found[2])
    elif isinstance(value, dict | list):
        if depth >= DEEPEST:
            raise InvalidRequest(f"Values stand in each other more than {DEEPEST} deep.", remedy="Give flatter ones.")
        inner = cast("Json", value).values() if isinstance(value, dict) else cast("list[Any]", value)
        for one in inner:
            yield from references(one, depth + 1)


def fill(value: Any, known: Mapping[str, Any]) -> Any:  # Any: JSON
    """The value with what its references stand for; a text that is one reference becomes what it names.

    Raises:
        InvalidRequest: what is referred to has no such member.
    """
    if isinstance(value, dict):
        return {name: fill(one, known) for name, one in cast("Json", value).items()}
    if isinstance(value, list):
        return [fill(one, known) for one in cast("list[Any]", value)]
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value)
    if whole and whole[2]:
        return _member(whole, known)
    return REFERENCE.sub(lambda found: _text(found, known), value)


def words(text: str, known: Mapping[str, Any], mark: Callable[[str], str]) -> str:
    """A text for a model with what its references stand for; words that a step came to are put within marks.

    Raises:
        InvalidRequest: as `fill` does.
    """

    def shown(found: re.Match[str]) -> str:
        value = _member(found, known) if found[2] and found[2] != OWN else None
        return mark(value) if isinstance(value, str) else _text(found, known)

    return REFERENCE.sub(shown, text)


def _text(found: re.Match[str], known: Mapping[str, Any]) -> str:
    if not found[2]:
        return f"{{{found[1]}}}"
    value = _member(found, known)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _member(found: re.Match[str], known: Mapping[str, Any]) -> Any:  # Any: JSON
    if found[2] not in known:
        # A plan's output may name a step that was skipped; what a step refers to is done.
        return None
    value, path = known[found[2]], found[2]
    for part in found[3].split(".")[1:]:
        inner: Any = None
        there = False
        if isinstance(value, dict):
            there = part in value
            inner = cast("Json", value).get(part)
        elif isinstance(value, list) and part.isdecimal():
            items = cast("list[Any]", value)
            there = int(part) < len(items)
            inner = items[int(part)] if there else None
        if not there:
            members = ", ".join(sorted(map(str, cast("Json", value)))) if isinstance(value, dict) else ""
            raise InvalidRequest(
                f"{path} has no member {part!r}.",
                field=found[0],
                value=found[0],
                remedy=f"Its members are: {shorten(members, 300)}." if members else "Refer to what is there.",
            )
        value, path = inner, f"{path}.{part}"
    return value
