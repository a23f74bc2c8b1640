"""References in a plan's values: `{throw.range.value}` is a member of what the step `throw` came to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import InvalidRequest, shorten
from nis_backend.places import Nowhere, reach, with_texts

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
LARGEST = 2**24
"""Characters that the references of one value come to, at most: as many as an event of a run may have."""


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
        InvalidRequest: what is referred to has no such member, or is too much.
    """
    return with_texts(value, _Filling(known=known).fill)


def words(text: str, known: Mapping[str, Any], mark: Callable[[str], str]) -> str:
    """A text for a model with what its references stand for; words that a step came to are put within marks.

    Raises:
        InvalidRequest: as `fill` does.
    """
    filling = _Filling(known=known)

    def shown(found: re.Match[str]) -> str:
        told = filling.text(found)
        named = found[2] and found[2] != OWN
        return mark(told) if named and isinstance(_member(found, known), str) else told

    return REFERENCE.sub(shown, text)


@dataclass(kw_only=True)
class _Filling:
    """References of one value that are filled: a short text may name a long one many times."""

    known: Mapping[str, Any]
    left: int = LARGEST
    """Characters that there is room for."""
    sizes: dict[str, int] = field(default_factory=dict[str, int])
    """Of what is no text, by its reference."""

    def fill(self, text: str) -> Any:  # Any: JSON
        """A text filled; one that is one reference becomes what it names."""
        whole = REFERENCE.fullmatch(text)
        return self._named(whole) if whole and whole[2] else REFERENCE.sub(self.text, text)

    def text(self, found: re.Match[str]) -> str:
        """What stands in a text in a reference's place."""
        if not found[2]:
            return f"{{{found[1]}}}"
        value = self._named(found)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def _named(self, found: re.Match[str]) -> Any:  # Any: JSON
        """What a reference names, for which there is room."""
        value = _member(found, self.known)
        if not isinstance(value, str) and found[0] not in self.sizes:
            self.sizes[found[0]] = len(json.dumps(value, ensure_ascii=False))
        self.left -= len(value) if isinstance(value, str) else self.sizes[found[0]]
        if self.left < 0:
            raise InvalidRequest(
                f"What is referred to comes to more than {LARGEST} characters.",
                field=found[0],
                value=found[0],
                remedy="Refer to less, and to what is large once.",
            )
        return value


def _member(found: re.Match[str], known: Mapping[str, Any]) -> Any:  # Any: JSON
    if found[2] not in known:
        # A plan's output may name a step that was skipped; what a step refers to is done.
        return None
    try:
        return reach(known[found[2]], found[3][1:])
    except Nowhere as end:
        members = ", ".join(sorted(end.members))
        raise InvalidRequest(
            f"{'.'.join((found[2], *end.before))} has no member {end.step!r}.",
            field=found[0],
            value=found[0],
            remedy=f"Its members are: {shorten(members, 300)}." if members else "Refer to what is there.",
        ) from None
