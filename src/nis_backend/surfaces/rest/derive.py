"""Routes from names and traits, never by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest
from nis_backend.fields import referred
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.entry import Entry
    from nis_backend.operation import Json

ID = "[A-Za-z0-9._:-]+"
"""An id as a path may hold it."""

LONGEST_IN_ADDRESS = 100_000
"""Characters that a field may have at most to be read from an address too: a request line has a bound of its own."""

IN_QUERY = frozenset({"GET", "HEAD", "DELETE"})
"""Methods whose fields are in the query."""

RESOURCE = {
    "list": ("GET", ""),
    "get": ("GET", "/{id}"),
    "create": ("POST", ""),
    "update": ("PATCH", "/{id}"),
    "delete": ("DELETE", "/{id}"),
}


@record
class RestRoute:
    """Where one operation answers: method, path and the operation's name."""

    method: str
    path: str
    operation: str


def routes_of(entry: Entry) -> list[RestRoute]:
    """The operation's routes; a read whose fields are all scalars has a GET beside its POST."""
    verb, _, thing = entry.action.partition("_")
    family = "/" + entry.collection.replace("_", "-")
    path = f"{family}/{entry.action.replace('_', '-')}"
    if entry.resource and verb in RESOURCE:
        method, tail = RESOURCE[verb]
        found = [(method, family + tail)]
    elif entry.on:
        # What is read of it by its name; what is done, and what is made of the whole, by the verb.
        of_it = entry.effect == "reads" and thing not in {"", entry.on}
        rest = thing if of_it else entry.action.removesuffix(f"_{entry.on}")
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


def routes_told(entry: Entry) -> list[RestRoute]:
    """The operation's routes as its declaration tells them: the index has them, so a start derives none."""
    pairs = (words.split(" ", 1) for words in entry.routes)
    return [RestRoute(method=method, path=path, operation=entry.name) for method, path in pairs]


def scalars(schema: Json) -> bool:
    """Whether every field of a request is short text, a number, a truth value or null, and so fits a query."""
    definitions: Json = schema.get("$defs", {})
    return all(_scalar(one, definitions) for one in schema.get("properties", {}).values())


def _scalar(schema: Json, definitions: Json) -> bool:
    kinds = [referred(one, definitions) for one in schema.get("anyOf", (schema,))]
    return all(
        one.get("type") in {"string", "number", "integer", "boolean", "null"}
        and one.get("maxLength", 0) <= LONGEST_IN_ADDRESS
        for one in kinds
    )


def check_clashes(routes: Iterable[RestRoute]) -> None:
    """Refuse two operations that answer the same method and path.

    A literal path beside one with a parameter is no clash: it is looked at first.

    Raises:
        InvalidRequest: naming both.
    """
    seen: list[RestRoute] = []
    for route in routes:
        for other in seen:
            if other.operation != route.operation and _overlap(other, route):
                raise InvalidRequest(
                    f"{other.operation} and {route.operation} both answer {route.method} {route.path}.",
                    field="operation",
                    value=route.operation,
                    remedy="Give one of them another name.",
                )
        seen.append(route)


def _overlap(one: RestRoute, other: RestRoute) -> bool:
    """Whether some request would reach both, and neither is the more literal."""
    pairs = list(zip(one.path.split("/"), other.path.split("/"), strict=False))
    if one.method != other.method or one.path.count("/") != other.path.count("/"):
        return False
    if not all(a == b or "{id}" in {a, b} for a, b in pairs):
        return False
    wider = {a == "{id}" for a, b in pairs if a != b}
    return len(wider) != 1


def in_order(routes: Iterable[RestRoute]) -> list[RestRoute]:
    """Literal routes before those with a parameter."""
    return sorted(routes, key=lambda route: ("{" in route.path, route.path, route.method))
