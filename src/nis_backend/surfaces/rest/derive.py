"""Routes from names and traits, never by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.operation import Entry, Json

RESOURCE = {
    "list": ("GET", ""),
    "get": ("GET", "/{id}"),
    "create": ("POST", ""),
    "update": ("PATCH", "/{id}"),
    "delete": ("DELETE", "/{id}"),
}


@dataclass(frozen=True, kw_only=True)
class RestRoute:
    """Where one operation answers: method, path and the operation's name."""

    method: str
    path: str
    operation: str


def routes_of(entry: Entry) -> list[RestRoute]:
    """The operation's routes; a read whose fields are all scalars has a GET beside its POST."""
    family = "/" + entry.family.replace("_", "-")
    verb, _, thing = entry.action.partition("_")
    path = f"{family}/{entry.action.replace('_', '-')}"
    if entry.resource and verb in RESOURCE:
        method, tail = RESOURCE[verb]
        found = [(method, family + tail)]
    elif entry.on:
        rest = thing if entry.effect == "reads" else entry.action.removesuffix(f"_{entry.on}")
        method = "GET" if entry.effect == "reads" and scalars(entry.request_schema) else "POST"
        found = [(method, f"{family}/{{id}}/{rest.replace('_', '-')}")]
    elif entry.effect == "reads" and scalars(entry.request_schema):
        found = [("GET", path), ("POST", path)]
    else:
        found = [("POST", path)]
    return [RestRoute(method=method, path=path, operation=entry.name) for method, path in found]


def told(entry: Entry) -> tuple[str, ...]:
    """The operation's routes in words, as its declaration tells them."""
    return tuple(f"{route.method} {route.path}" for route in routes_of(entry))


def scalars(schema: Json) -> bool:
    """Whether every field of a request is text, a number, a truth value or null, and so fits a query."""
    definitions: Json = schema.get("$defs", {})
    return all(_scalar(one, definitions) for one in schema.get("properties", {}).values())


def _scalar(schema: Json, definitions: Json) -> bool:
    kinds = [
        definitions.get(str(one.get("$ref", "")).rpartition("/")[2], one) for one in schema.get("anyOf", (schema,))
    ]
    return all(one.get("type") in {"string", "number", "integer", "boolean", "null"} for one in kinds)


def check_clashes(routes: Iterable[RestRoute]) -> None:
    """Refuse two operations that answer the same method and path.

    Raises:
        InvalidRequest: naming both.
    """
    seen: dict[tuple[str, str], str] = {}
    for route in routes:
        other = seen.setdefault((route.method, route.path), route.operation)
        if other != route.operation:
            raise InvalidRequest(
                f"{other} and {route.operation} both answer {route.method} {route.path}.",
                field="operation",
                value=route.operation,
                remedy="Give one of them another name.",
            )


def in_order(routes: Iterable[RestRoute]) -> list[RestRoute]:
    """Literal routes before those with a parameter."""
    return sorted(routes, key=lambda route: ("{" in route.path, route.path, route.method))
