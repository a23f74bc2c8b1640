"""The schemas of the OpenAPI document: those of the operations, moved to where they are shared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter

from nis_backend.errors import CODES
from nis_backend.run import Run
from nis_backend.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.operation import Json

Side = Literal["Input", "Result"]
"""Which of an operation's two models a schema is part of; of two that differ, one is named after its side."""

PROBLEM: Json = {
    "type": "object",
    "description": "An RFC 9457 problem document.",
    "required": ["type", "title", "status", "detail", "code", "retryable"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, with which value."},
        "code": {"type": "string", "enum": sorted(kind("").code for kind in CODES)},
        "retryable": {"type": "boolean"},
        "remedy": {"type": "string", "description": "What to do."},
        "retry_after": {"type": "integer", "minimum": 1, "description": "Seconds after which to try again."},
        "field": {"type": "string"},
        "value": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "Each wrong field of a request."},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
    },
}


class Schemas:
    """What the document shares, by name."""

    def __init__(self) -> None:
        self.shared: dict[str, Json] = {"Problem": PROBLEM}
        self._meant: dict[str, str] = {"Problem": ""}
        """What each name stands for: its definition and all that this refers to, as they were given."""
        for kind in (TypeAdapter[View](View), TypeAdapter(Run)):
            whole = kind.json_schema(mode="serialization")
            self.model({"title": "View", **whole}, "", "Result")

    def model(self, schema: Json, operation: str, side: Side) -> Json:
        """A reference to a whole request or result."""
        title = schema.get("title")
        if title is None or title in schema.get("$defs", {}):
            return self.part(schema, schema, operation, side)
        own = {key: value for key, value in schema.items() if key != "$defs"}
        definitions = {**schema.get("$defs", {}), title: own}
        return self.part({"$ref": f"#/$defs/{title}"}, {"$defs": definitions}, operation, side)

    def part(self, schema: Json, whole: Json, operation: str, side: Side) -> Json:
        """A schema whose definitions, those of `whole`, are shared; two that differ under one name keep apart."""
        definitions: dict[str, Json] = whole.get("$defs", {})
        texts = {name: json.dumps(own, sort_keys=True) for name, own in definitions.items()}
        names = {name: self._free(name, texts, operation, side) for name in definitions}
        for name, public in names.items():
            self.shared.setdefault(public, _renamed(definitions[name], names))
        return _renamed({key: value for key, value in schema.items() if key != "$defs"}, names)

    def _free(self, name: str, texts: Mapping[str, str], operation: str, side: Side) -> str:
        """The name under which a definition is shared: its own, unless that stands for another one already."""
        meant = "\n".join(f"{one} {texts[one]}" for one in sorted(_reached(name, texts)))
        free = (name, f"{name}{side}", f"{operation}.{name}", f"{operation}.{name}{side}")
        return next(one for one in free if self._meant.setdefault(one, meant) == meant)


def _reached(name: str, texts: Mapping[str, str]) -> set[str]:
    """A definition and all that it refers to."""
    found: set[str] = set()
    ahead = {name}
    while ahead:
        found |= ahead
        ahead = {one for one in texts if any(f'"#/$defs/{one}"' in texts[by] for by in ahead)} - found
    return found


def with_views(result: Json) -> Json:
    """The result, and beside it what a person would rather look at."""
    views = {"type": "array", "items": {"$ref": "#/components/schemas/View"}}
    return {"type": "object", "required": ["result", "views"], "properties": {"result": result, "views": views}}


def said(field: Json) -> Json:
    """A field as a query says it: left out where a body may say null."""
    given = {key: value for key, value in field.items() if key != "default" or value is not None}
    kinds = [one for one in field.get("anyOf", ()) if one.get("type") != "null"]
    if not kinds:
        return given
    rest = {key: value for key, value in given.items() if key != "anyOf"}
    return {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, "anyOf": kinds}


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:  # Any: any part of a JSON schema
    text = json.dumps(schema)
    for name, public in names.items():
        text = text.replace(f'"#/$defs/{name}"', f'"#/components/schemas/{public}"')
    return json.loads(text)
