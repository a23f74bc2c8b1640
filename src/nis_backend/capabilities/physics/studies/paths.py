"""Where a number stands in a request or in a result, by its path, and what the schema says of it."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from nis_backend.errors import InvalidRequest
from nis_backend.places import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.capabilities.physics.studies.study import Measure
    from nis_backend.operation import Json

DEEPEST = 6
"""Steps of a path that is offered in a remedy."""
OFFERED = 12
"""Paths that a remedy names."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What the schema says of a place."""

    kind: Literal["number", "integer", "list"]
    unit: str
    low: float = -math.inf
    high: float = math.inf
    """What the schema allows; an end that is left out of it lies a hair outside."""


def describe(schema: Json, path: str, field: str) -> Place:
    """What stands at this path.

    Raises:
        InvalidRequest: nothing does, or no number; those that are there are told.
    """
    node = schema
    for step in path.split("."):
        node = next((one for one in (_child(way, step) for way in _ways(node, schema)) if one is not None), None)
        if node is None:
            break
    found = None if node is None else _place(node, schema)
    if found is None:
        offered = [name for name, _ in zip(numbers(schema), range(OFFERED), strict=False)]
        raise InvalidRequest(
            f"There is no number at {path!r}.",
            field=field,
            value=path,
            remedy=f"Numbers are at: {', '.join(offered)}." if offered else "Study another operation.",
        )
    return found


def _ways(node: Json, schema: Json) -> Iterator[Json]:
    """What a place may be: through references and alternatives."""
    if "$ref" in node:
        yield from _ways({**schema["$defs"][str(node["$ref"]).rpartition("/")[2]]}, schema)
    elif "anyOf" in node or "oneOf" in node:
        for one in node.get("anyOf") or node["oneOf"]:
            yield from _ways(one, schema)
    else:
        yield node


def _child(node: Json, step: str) -> Json | None:
    if step.isdigit():
        return node.get("items")
    found = node.get("properties", {}).get(step)
    if found is None and isinstance(node.get("additionalProperties"), dict):
        return cast("Json", node["additionalProperties"])
    return found


def _place(node: Json, schema: Json) -> Place | None:
    for way in _ways(node, schema):
        if way.get("type") in ("number", "integer"):
            return Place(
                kind=way["type"],
                unit=str(way.get("unit", node.get("unit", ""))),
                low=way.get("minimum", way.get("exclusiveMinimum", -math.inf)),
                high=way.get("maximum", way.get("exclusiveMaximum", math.inf)),
            )
        if way.get("type") == "array" and (inner := _place(way.get("items", {}), schema)) is not None:
            return Place(kind="list", unit=inner.unit)
    return None


def numbers(schema: Json, node: Json | None = None, before: str = "", depth: int = 0) -> Iterator[str]:
    """The paths of numbers, the receipt's left out."""
    for way in _ways(schema if node is None else node, schema):
        for name, inner in way.get("properties", {}).items():
            path = f"{before}{name}"
            if name == "receipt" or depth > DEEPEST:
                continue
            if _place(inner, schema) is not None:
                yield path
            else:
                yield from numbers(schema, inner, f"{path}.", depth + 1)


def put(request: Json, values: dict[str, float], whole: frozenset[str]) -> Json:
    """The request with these values at their paths; those of `whole` are written without a fraction.

    Raises:
        InvalidRequest: a path leads through what is no object and no list.
    """
    done: Any = copy.deepcopy(request)
    for path, value in values.items():
        *way, last = path.split(".")
        node: Any = done
        for step in way:
            node = _enter(node, step, path)
        number = int(value) if path in whole and value == math.floor(value) else value
        if isinstance(node, list):
            node[_index(cast("list[Any]", node), last, path)] = number
        elif isinstance(node, dict):
            node[last] = number
        else:
            raise _astray(path)
    return done


def _enter(node: Any, step: str, path: str) -> Any:  # Any: JSON
    if isinstance(node, list):
        return cast("list[Any]", node)[_index(cast("list[Any]", node), step, path)]
    if isinstance(node, dict):
        return cast("Json", node).setdefault(step, {})
    raise _astray(path)


def _index(node: list[Any], step: str, path: str) -> int:
    if not step.isdigit() or int(step) >= len(node):
        raise _astray(path)
    return int(step)


def _astray(path: str) -> InvalidRequest:
    return InvalidRequest(
        f"The request has no place {path!r}.",
        field="request",
        value=path,
        remedy="Give what the path leads through in the request.",
    )


def take(result: Json, measure: Measure) -> float:
    """The number that is measured.

    Raises:
        InvalidRequest: there is none: null, an empty list, a place beyond its end.
    """
    node = value_at(result, measure.path)
    if isinstance(node, int | float) and not isinstance(node, bool):
        return float(node)
    found = list(_flat(node))
    if found and measure.take != "at":
        return {"last": found[-1], "first": found[0], "max": max(found), "min": min(found)}.get(
            measure.take, math.fsum(found) / len(found)
        )
    if measure.place is not None and measure.place < len(found):
        return found[measure.place]
    raise InvalidRequest(
        f"The result has no number at {measure.name!r}.",
        field="measure",
        value=measure.name,
        remedy="Measure something that every result has.",
    )


def curve(result: Json, path: str) -> list[float]:
    """The numbers of a list in the result."""
    return list(_flat(value_at(result, path)))


def _flat(node: Any) -> Iterator[float]:  # Any: JSON
    if isinstance(node, list):
        for one in cast("list[Any]", node):
            yield from _flat(one)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield float(node)
