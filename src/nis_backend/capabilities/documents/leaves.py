"""A caller's schema as a tree whose leaves are values with the words that say them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.documents.citing import LONGEST_QUOTE
from nis_backend.errors import InvalidRequest, NotSupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nis_backend.capabilities.documents.citing import Citation
    from nis_backend.operation import Json

DEEPEST, MOST_LEAVES, MOST_ITEMS = 5, 128, 200
LONGEST_VALUE = 400
UNFILLED = ("$ref", "anyOf", "oneOf", "allOf", "patternProperties")
KINDS = ("string", "number", "integer", "boolean")
_KEPT = ("type", "enum", "format", "title", "description", "minimum", "maximum")
"""Members of a leaf's schema that a model is told."""


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A leaf: its value, and the words that say it."""

    schema: Json
    name: str
    value: Any = None  # Any: JSON
    quote: Citation | None = None
    reason: str = ""
    others: tuple[Citation, ...] = field(default=())


# Any: an object of trees, a list of them, or a `Filled`.
Tree = Any


def check_schema(schema: Json, path: str = "fields", depth: int = 0) -> int:
    """How many leaves it has.

    Raises:
        InvalidRequest: it is no object of leaves, objects and lists; or it is too deep or too large.
        NotSupported: it has what is not filled here.
    """
    if depth > DEEPEST:
        raise _refused(path, f"is deeper than {DEEPEST}.")
    for name in UNFILLED:
        if name in schema:
            raise NotSupported(
                f"{name} at {path} is not filled here.", field=path, value=name, remedy="Write the field out plainly."
            )
    kind = kind_of(schema)
    if kind == "object":
        return _check_members(schema, path, depth)
    if depth == 0:
        raise _refused(path, "is no schema of an object.")
    if kind == "array":
        if not isinstance(schema.get("items"), dict):
            raise _refused(path, "is a list that does not say what its items are.")
        return check_schema(schema["items"], f"{path}.items", depth + 1)
    if kind not in KINDS:
        raise _refused(path, f"has the type {kind!r}; types are object, array, {', '.join(KINDS)}.")
    return 1


def _check_members(schema: Json, path: str, depth: int) -> int:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not properties:
        raise _refused(path, "is an object without properties.")
    count = 0
    for name, one in cast("Json", properties).items():
        if not isinstance(one, dict):
            raise _refused(f"{path}.{name}", "is no schema.")
        count += check_schema(cast("Json", one), f"{path}.{name}", depth + 1)
    if count > MOST_LEAVES:
        raise _refused(path, f"has {count} fields; {MOST_LEAVES} are allowed.")
    return count


def kind_of(schema: Json) -> str:
    """Its type; of several the first that is not null."""
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kinds: list[Any] = cast("list[Any]", kind) if isinstance(kind, list) else [kind]
    return str(next((one for one in kinds if one != "null"), "null"))


def _refused(path: str, what: str) -> InvalidRequest:
    return InvalidRequest(
        f"{path} {what}",
        field=path,
        remedy='Give a JSON schema as {"type": "object", "properties": {"total": {"type": "number"}}}.',
    )


def asked_for(schema: Json) -> Json:
    """The schema of a model's answer: each leaf its words and its value, or null."""
    kind = kind_of(schema)
    if kind == "object":
        members = {name: asked_for(one) for name, one in schema["properties"].items()}
        described = {"description": schema["description"]} if isinstance(schema.get("description"), str) else {}
        return {
            "type": "object",
            "properties": members,
            "required": list(members),
            "additionalProperties": False,
            **described,
        }
    if kind == "array":
        return {"type": "array", "items": asked_for(schema["items"]), "maxItems": MOST_ITEMS}
    words = {"type": ["string", "null"], "maxLength": LONGEST_QUOTE}
    value = {name: schema[name] for name in _KEPT if name in schema and name not in ("type", "enum")}
    value["type"] = [kind, "null"]
    if isinstance(schema.get("enum"), list):
        value["enum"] = [*(one for one in schema["enum"] if one is not None), None]
    elif kind == "string":
        value["maxLength"] = LONGEST_VALUE
    return {
        "type": "object",
        "properties": {"words": words, "value": value},
        "required": ["words", "value"],
        "additionalProperties": False,
    }


def grown(schema: Json, answer: Any, fill: Callable[[str, Json, Any], Filled], name: str = "") -> Tree:  # Any: JSON
    """The tree of an answer; `fill` makes a leaf of its name, its schema and what was answered for it."""
    kind = kind_of(schema)
    if kind == "object":
        given = cast("Json", answer or {})
        return {key: grown(one, given.get(key), fill, key) for key, one in schema["properties"].items()}
    if kind == "array":
        items = [grown(schema["items"], one, fill, name) for one in answer or ()]
        return [one for one in items if any(leaf.value is not None for _, leaf in listed(one))]
    return fill(name, schema, answer)


def merged(one: Tree, other: Tree) -> Tree:
    """Two trees of one schema: lists one after the other, of two leaves the first with a value."""
    if isinstance(one, Filled):
        if one.value is None:
            return other if other.value is not None or not one.reason else one
        if other.value is None or other.value == one.value or other.quote is None:
            return one
        return replace(one, others=(*one.others, other.quote))
    if isinstance(one, list):
        return [*cast("list[Tree]", one), *other][:MOST_ITEMS]
    return {key: merged(value, other[key]) for key, value in one.items()}


def value_of(tree: Tree) -> Any:  # Any: JSON
    """The values alone, laid out as the schema is."""
    if isinstance(tree, Filled):
        return tree.value
    if isinstance(tree, list):
        return [value_of(one) for one in cast("list[Tree]", tree)]
    return {key: value_of(one) for key, one in tree.items()}


def listed(tree: Tree, path: str = "") -> Iterator[tuple[str, Filled]]:
    """Each leaf with its path, as items[0].price."""
    if isinstance(tree, Filled):
        yield path, tree
    elif isinstance(tree, list):
        for number, one in enumerate(cast("list[Tree]", tree)):
            yield from listed(one, f"{path}[{number}]")
    else:
        # A JSON object has no order; not every way of calling keeps the one that it was written in.
        for key, one in sorted(tree.items()):
            yield from listed(one, f"{path}.{key}" if path else key)
