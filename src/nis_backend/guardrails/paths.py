"""Values in a model or in JSON by their paths, and the same model with some of its texts changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nis_backend.blob import Blob
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MOST_VALUES = 200_000
"""Values of one request or result that are looked at."""
NAMES_A_THING = ("id", "digest", "sha256", "cursor", "next_cursor", "call_id", "media_type")
"""Members that name a thing of this server: what they hold is found again by it, so it is never changed."""


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
                waiting.append((f"{where}.{name}" if where else name, part, depth + 1))


def texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:  # Any: as above
    """Every text in a value, and where it stands; those left out that name a thing of this server."""
    waiting: list[tuple[str, str, Any]] = [(where, where.rpartition(".")[2], value)]
    left = MOST_VALUES
    while waiting and left:
        left -= 1
        place, name, one = waiting.pop()
        if isinstance(one, str):
            if not names_a_thing(name):
                yield place, one
        else:
            waiting += [(f"{place}.{key}" if place else key, key, part) for key, part in parts(one)]


def names_a_thing(name: str) -> bool:
    """Whether a member of this name is an id or the like."""
    return name in NAMES_A_THING or name.endswith("_id")


def retold(value: Any, change: Callable[[str, str], str], where: str = "") -> Any:  # Any: as above
    """The value with each of its texts as `change` makes it of where it stands and what it is."""
    if isinstance(value, str):
        return change(where, value)
    new = {key: retold(part, change, f"{where}.{key}" if where else key) for key, part in parts(value)}
    if isinstance(value, Model):
        return value if isinstance(value, Blob) else value.model_copy(update=new)
    if isinstance(value, dict):
        return dict(zip(cast("dict[Any, Any]", value), new.values(), strict=True))
    return type(cast("list[Any]", value))(new.values()) if isinstance(value, list | tuple) else value
