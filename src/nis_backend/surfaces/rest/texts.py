"""Fields that come as texts, in a form or in an address: what each is, by the request's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.errors import InvalidRequest, shorten
from nis_backend.fields import referred

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.blob import Blob
    from nis_backend.operation import Json


def collected(schema: Json, pairs: Iterable[tuple[str, str | Blob]], place: str) -> Json:
    """The fields of a request. A list is one text of JSON, or a text for each of what is in it, be that one alone.

    Raises:
        InvalidRequest: a field that is no list is given twice; `place` is what gives it.
    """
    definitions: Json = schema.get("$defs", {})
    fields: dict[str, Json] = schema.get("properties", {})
    found: Json = {}
    for name, text in pairs:
        kinds = _kinds(fields.get(name, {}), definitions)
        if "array" in kinds:
            found.setdefault(name, []).extend(_listed(kinds["array"], definitions, text))
        elif name in found:
            raise InvalidRequest(
                f"The {place} gives {shorten(name)} more than once.",
                field=shorten(name),
                value=found[name],
                remedy="Give each field once.",
            )
        else:
            found[name] = _read(kinds, text)
    return found


def _kinds(schema: Json, definitions: Json) -> dict[str, Json]:
    """What a field may be, by its types in JSON."""
    own = referred(schema, definitions)
    kinds = [referred(one, definitions) for one in own.get("anyOf", own.get("oneOf", (own,)))]
    return {one.get("type", "string"): one for one in kinds}


def _read(kinds: dict[str, Json], text: str | Blob) -> Any:  # Any: JSON, or the blob
    """Lists, objects and null are JSON where they may stand; texts and numbers are read by validation."""
    if not isinstance(text, str) or not kinds.keys() & {"array", "object"}:
        return text
    try:
        value: Any = from_json(text)
    except ValueError:
        return text
    read = isinstance(value, list | dict) or (value is None and "null" in kinds)
    return cast("Any", value) if read else text


def _listed(schema: Json, definitions: Json, text: str | Blob) -> list[Any]:  # Any: as above
    """What one text adds to a list: a list in JSON all that it has, unless it is one of a list of lists.

    An object in JSON is no text either: one that is meant stands in a list in JSON.
    """
    inner = _kinds(schema.get("items", {}), definitions)
    whole: Any = _read({"array": schema}, text)
    if isinstance(whole, dict) and inner.keys() == {"string"} and "blob" not in inner["string"]:
        return [cast("Json", whole)]
    if not isinstance(whole, list):
        return [_read(inner, text)]
    parts = cast("list[Any]", whole)
    return [parts] if "array" in inner and not all(isinstance(one, list) for one in parts) else parts
