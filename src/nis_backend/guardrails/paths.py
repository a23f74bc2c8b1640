"""Values in a model or in JSON by their paths, and the same model with some of its texts changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from nis_backend.blob import Blob
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NAMES_A_THING = ("id", "digest", "sha256", "cursor", "next_cursor", "call_id", "media_type")
"""Members that name a thing of this server: what they hold is found again by it, so it is never changed."""
NAMES = "*"
"""Where the names stand that a caller has chosen for the members of an object."""
_MADE = re.compile(r"[a-z_]+-[0-9a-f]{24}|[0-9a-f]{32,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What names a thing, as it is made here or elsewhere."""


def parts(value: Any) -> Iterator[tuple[str, Any]]:  # Any: a model, or what a field of one holds
    """What a model, a list or a dictionary holds; a blob is its bytes, and has no parts."""
    if isinstance(value, Blob):
        return
    if isinstance(value, Model):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, list | tuple):
        yield from ((str(place), one) for place, one in enumerate(cast("Sequence[Any]", value)))
    elif isinstance(value, dict):
        yield from ((str(name), one) for name, one in cast("dict[Any, Any]", value).items())


_HOLDS = (str, Model, list, tuple, dict)
"""What is a text or may hold one."""


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def at(value: Any, path: Sequence[str]) -> Iterator[tuple[str, Any]]:  # Any: as above
    """The values at a path, each with where it stands; `*` is each member."""
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    while waiting:
        where, one, depth = waiting.pop()
        if depth == len(path):
            yield where, one
            continue
        for name, part in parts(one):
            if path[depth] in {"*", name}:
                waiting.append((_under(where, name), part, depth + 1))


def texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:  # Any: as above
    """Every text in a value, names of members included, and where it stands; those left out that name a thing here.

    How many they may be is bounded where the value came in: what were left out of a look, a rule would let through.
    """
    waiting: list[tuple[str, str, Any, bool]] = [(where, where.rpartition(".")[2], value, False)]
    while waiting:
        place, name, one, chosen = waiting.pop()
        if isinstance(one, str):
            # A member that a caller has named may hold anything.
            if not names_a_thing(name) or (chosen and not _MADE.fullmatch(one)):
                yield place, one
            continue
        chosen = isinstance(one, dict)
        if chosen:
            yield from ((_under(place, NAMES), str(key)) for key in cast("dict[Any, Any]", one))
        waiting += [(_under(place, key), key, part, chosen) for key, part in parts(one) if isinstance(part, _HOLDS)]


def names_a_thing(name: str) -> bool:
    """Whether a member of this name is an id or the like."""
    return name in NAMES_A_THING or name.endswith("_id")


def retold(value: Any, change: Callable[[str, str], str], where: str = "") -> Any:  # Any: as above
    """The value with each of its texts as `change` makes it of where it stands and what it is."""
    if isinstance(value, str):
        return change(where, value)
    new = {key: retold(part, change, _under(where, key)) for key, part in parts(value)}
    if isinstance(value, Model):
        return value if isinstance(value, Blob) else value.model_copy(update=new)
    if isinstance(value, dict):
        renamed: dict[Any, Any] = {}
        for key, part in zip(cast("dict[Any, Any]", value), new.values(), strict=True):
            name = change(_under(where, NAMES), key) if isinstance(key, str) else key
            while name in renamed:
                name += "_"
            renamed[name] = part
        return renamed
    return type(cast("list[Any]", value))(new.values()) if isinstance(value, list | tuple) else value
