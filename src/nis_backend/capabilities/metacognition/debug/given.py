"""What of a request its caller gave, and what is as by default, by the operation's declaration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from nis_backend.operation import Json

DEEPEST = 8
"""Objects within objects in which defaults are told apart; what is deeper counts as given."""


def parted(given: Json, schema: Json) -> tuple[Json, Json]:
    """The request without what is as by default, and that, by the paths of its fields; `*` is each item of a list.

    A log holds a whole request: a field that was given its default's value is not told from one that was left out.
    """
    defaults: Json = {}
    return _parted(given, schema, schema.get("$defs", {}), "", defaults), defaults


def _parted(value: Any, schema: Json, defs: Json, path: str, defaults: Json) -> Any:  # Any: JSON
    if path.count(".") >= DEEPEST:
        return value
    if isinstance(value, list):
        items: Json = _found(schema, defs, "items").get("items") or {}
        return [_parted(one, items, defs, f"{path}.*", defaults) for one in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    object_ = _found(schema, defs, "properties")
    fields, required = object_.get("properties", {}), object_.get("required", ())
    kept: Json = {}
    for name, one in cast("Json", value).items():
        where, field = f"{path}.{name}".lstrip("."), fields.get(name)
        if field is not None and name not in required and _as_default(one, field):
            defaults[where] = one
        else:
            kept[name] = _parted(one, field or {}, defs, where, defaults)
    return kept


def _as_default(value: Any, field: Json) -> bool:  # Any: JSON
    # What a factory makes stands in no schema: it is empty.
    if "default" not in field and isinstance(value, list | dict):
        return not value
    return json.dumps(value) == json.dumps(field.get("default"))


def _found(schema: Json, defs: Json, member: str) -> Json:
    """The schema itself, or that of its choices, that has this member."""
    waiting, seen = [schema], 0
    while waiting and seen < 100:  # noqa: PLR2004 - one that leads to itself ends too
        one, seen = waiting.pop(0), seen + 1
        if member in one:
            return one
        if "$ref" in one:
            waiting.append(defs.get(str(one["$ref"]).rpartition("/")[2], {}))
        waiting += one.get("anyOf", ()) or one.get("allOf", ())
    return {}
