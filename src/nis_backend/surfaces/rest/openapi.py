"""The OpenAPI 3.1 document, derived from the catalog."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from nis_backend import __version__
from nis_backend.errors import CODES
from nis_backend.surfaces.rest.accept import JSON, SSE, VIEWS
from nis_backend.surfaces.rest.chat import Drawn
from nis_backend.surfaces.rest.derive import in_order, routes_of
from nis_backend.surfaces.rest.fixed import CHAT, FIXED, PUBLIC
from nis_backend.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nis_backend.operation import Entry, Json
    from nis_backend.surfaces.rest.derive import RestRoute

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
        "field": {"type": "string"},
        "value": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
    },
}


def document(entries: Iterable[Entry]) -> Json:
    """The whole document: the derived routes, the fixed ones, the shared schemas."""
    by_name = {entry.name: entry for entry in entries}
    schemas: Json = {"Problem": PROBLEM, **_views()}
    paths: dict[str, Json] = {}
    routes = [*FIXED, *(route for entry in by_name.values() for route in routes_of(entry))]
    for route in in_order(routes):
        paths.setdefault(route.path, {})[route.method.lower()] = _described(route, by_name[route.operation], schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "nis",
            "version": __version__,
            "description": "A self-hosted backend for AI agents. Every route is derived from one operation.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "The server's NIS_API_KEY."}
            },
        },
        "tags": [{"name": family} for family in sorted({entry.family for entry in by_name.values()})],
    }


def _described(route: RestRoute, entry: Entry, schemas: Json) -> Json:
    has_id = "{id}" in route.path
    fields: Mapping[str, Json] = entry.request_schema.get("properties", {})
    described: Json = {
        "operationId": entry.name if not _is_second(route, entry) else f"{entry.name}.{route.method.lower()}",
        "summary": entry.summary.rstrip("."),
        "description": entry.description,
        "tags": [entry.family],
        "responses": _responses(entry, schemas),
    }
    if route.path in PUBLIC:
        described["security"] = [{}]
    parameters: list[Json] = []
    if has_id:
        parameters.append(_parameter("id", "path", entry, schemas))
    if route.method in {"GET", "DELETE"}:
        parameters += [_parameter(name, "query", entry, schemas) for name in fields if not (has_id and name == "id")]
    else:
        described["requestBody"] = _body(route, entry, schemas)
    if entry.shape == "run":
        parameters.append(
            {
                "name": "Prefer",
                "in": "header",
                "schema": {"type": "string", "enum": ["respond-async"]},
                "required": False,
            }
        )
    if parameters:
        described["parameters"] = parameters
    return described


def _parameter(name: str, place: str, entry: Entry, schemas: Json) -> Json:
    """One field in the path or the query, filled as in the first example."""
    field: Json = entry.request_schema["properties"][name]
    # A value that an earlier call's result gives is none to send.
    plain: list[Json] = [one["request"] for one in entry.examples if not one["before"]]
    example = plain[0] if plain else {}
    return {
        "name": name,
        "in": place,
        "required": place == "path" or name in entry.request_schema.get("required", ()),
        "schema": _lifted(field, entry, schemas),
        **({"description": field["description"]} if "description" in field else {}),
        **({"example": example[name]} if name in example else {}),
    }


def _is_second(route: RestRoute, entry: Entry) -> bool:
    """Whether the operation has another route that carries its plain name: an operationId is used once."""
    return route != routes_of(entry)[0]


def _body(route: RestRoute, entry: Entry, schemas: Json) -> Json:
    schema = dict(entry.request_schema)
    properties = dict(schema.get("properties", {}))
    examples = [dict(example) for example in entry.examples]
    if "{id}" in route.path:
        properties.pop("id", None)
        schema["required"] = [name for name in schema.get("required", ()) if name != "id"]
        examples = [{**one, "request": {k: v for k, v in one["request"].items() if k != "id"}} for one in examples]
    if route is CHAT:
        drawn = Drawn.model_json_schema()
        properties |= drawn["properties"]
        schema["$defs"] = {**schema.get("$defs", {}), **drawn["$defs"]}
    schema["properties"] = properties
    content: Json = {"schema": _lifted(schema, entry, schemas, side=schema)}
    if examples:
        content["examples"] = {
            f"example{number}": {"summary": one["title"], "value": one["request"]}
            for number, one in enumerate(examples, 1)
        }
    return {"required": bool(schema.get("required")), "content": {"application/json": content}}


def _responses(entry: Entry, schemas: Json) -> Json:
    result = _lifted(entry.result_schema, entry, schemas, side=entry.result_schema)
    content: Json = {JSON: {"schema": result}, VIEWS: {"schema": _with_views(result)}}
    if entry.shape != "model":
        content[SSE] = {"schema": {"type": "string", "description": "Server-sent events."}}
    responses: Json = {
        "200": {"description": entry.summary, "content": content},
        "default": {
            "description": "A problem: what happened, with which value, and what to do.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    }
    if entry.shape == "run":
        responses["202"] = {"description": "The run was started; Location names it (Prefer: respond-async)."}
    return responses


def _views() -> Json:
    """The schema of a view, and of each kind of them."""
    whole = TypeAdapter[View](View).json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    return {**whole.pop("$defs"), "View": whole}


def _with_views(result: Json) -> Json:
    views = {"type": "array", "items": {"$ref": "#/components/schemas/View"}}
    return {"type": "object", "required": ["result", "views"], "properties": {"result": result, "views": views}}


def _lifted(schema: Json, entry: Entry, schemas: Json, side: Json | None = None) -> Json:
    """The schema with its definitions moved to the document's components; two that differ under one name keep apart."""
    definitions: Json = (side or entry.request_schema).get("$defs", {})
    same = {name: name for name in definitions}
    names: dict[str, str] = {}
    for name, own in definitions.items():
        moved = _renamed(own, same)
        names[name] = name if schemas.get(name, moved) == moved else f"{entry.name}.{name}"
    for name, public in names.items():
        schemas.setdefault(public, _renamed(definitions[name], names))
    return _renamed({key: value for key, value in schema.items() if key != "$defs"}, names)


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:  # Any: any part of a JSON schema
    text = json.dumps(schema)
    for name, public in names.items():
        text = text.replace(f'"#/$defs/{name}"', f'"#/components/schemas/{public}"')
    return json.loads(text)
