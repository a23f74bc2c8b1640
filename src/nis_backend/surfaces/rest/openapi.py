"""The OpenAPI 3.1 document, derived from the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend import __version__
from nis_backend.blob import blob_fields
from nis_backend.surfaces.rest.accept import JSON
from nis_backend.surfaces.rest.arguments import LAST_SEEN
from nis_backend.surfaces.rest.chat import Drawn
from nis_backend.surfaces.rest.derive import ID, IN_QUERY, in_order, routes_of
from nis_backend.surfaces.rest.fixed import CHAT, FIXED, PUBLIC, may_be_run
from nis_backend.surfaces.rest.log import is_log
from nis_backend.surfaces.rest.replies import HEADER, KEY
from nis_backend.surfaces.rest.responses import HEADERS, problems, responses
from nis_backend.surfaces.rest.schemas import Schemas, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.surfaces.rest.derive import RestRoute


def document(entries: Iterable[Entry]) -> Json:
    """The whole document: the derived routes, the fixed ones, the shared schemas."""
    by_name = {entry.name: entry for entry in entries}
    schemas = Schemas()
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
            "schemas": dict(sorted(schemas.shared.items())),
            "responses": problems(),
            "headers": HEADERS,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key of this server."}},
        },
        "tags": [{"name": family} for family in sorted({entry.family for entry in by_name.values()})],
    }


def _described(route: RestRoute, entry: Entry, schemas: Schemas) -> Json:
    described: Json = {
        "operationId": entry.name if not _is_second(route, entry) else f"{entry.name}.{route.method.lower()}",
        "summary": entry.summary.rstrip("."),
        "description": entry.description,
        "tags": [entry.family],
        "responses": responses(route, entry, schemas),
    }
    if route.path in PUBLIC:
        described["security"] = [{}]
    if route.method not in IN_QUERY:
        described["requestBody"] = _body(route, entry, schemas)
    parameters = [*_fields(route, entry, schemas), *_headers(route, entry)]
    if parameters:
        described["parameters"] = parameters
    return described


def _is_second(route: RestRoute, entry: Entry) -> bool:
    """Whether the operation has another route that carries its plain name: an operationId is used once."""
    return route != routes_of(entry)[0]


def _fields(route: RestRoute, entry: Entry, schemas: Schemas) -> Iterable[Json]:
    """The fields in the path and the query, filled as in the first example."""
    # A value that an earlier call's result gives is none to send.
    plain: list[Json] = [one["request"] for one in entry.examples if not one["before"]]
    example = plain[0] if plain else {}
    fields: Mapping[str, Json] = entry.request_schema.get("properties", {})
    for name, field in fields.items():
        in_path = name == "id" and "{id}" in route.path
        if not in_path and route.method not in IN_QUERY:
            continue
        schema = schemas.part(said(field), entry.request_schema, entry.name, "Input")
        yield {
            "name": name,
            "in": "path" if in_path else "query",
            "required": in_path or name in entry.request_schema.get("required", ()),
            "schema": {**schema, "pattern": f"^{ID}$"} if in_path else schema,
            **({"description": field["description"]} if "description" in field else {}),
            **({"example": example[name]} if name in example else {}),
        }


def _headers(route: RestRoute, entry: Entry) -> Iterable[Json]:
    """The headers that are read beside those of every request."""
    if may_be_run(route, entry):
        yield _header(
            "Prefer", "`respond-async`: answer 202 at once, with the run's `Location`.", example="respond-async"
        )
    if is_log(entry):
        yield _header(
            "Prefer", "`wait=N`: wait N seconds for the end, and answer what there is then.", example="wait=10"
        )
    if entry.effect != "reads" and entry.shape != "stream" and not entry.secret:
        yield _header(HEADER, "A key of the caller's: repeated within a day, the request is done once.", pattern=KEY)
    if entry.shape == "stream" and route.method == "GET" and LAST_SEEN in entry.request_schema["properties"]:
        yield _header(
            "Last-Event-ID", f"Number of the last event seen; stands for `{LAST_SEEN}`.", pattern="^[0-9]{1,15}$"
        )
    if entry.is_blob and route.method == "GET":
        yield _header("Range", "The part of the bytes to answer.", example="bytes=0-1023")
        yield _header("If-None-Match", "The `ETag` of bytes that the caller has.")
        yield _header("If-Range", "The `ETag` under which the part is still wanted.")


def _header(name: str, description: str, *, example: str = "", pattern: str = "") -> Json:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", **({"pattern": pattern} if pattern else {})},
        **({"example": example} if example else {}),
    }


def _body(route: RestRoute, entry: Entry, schemas: Schemas) -> Json:
    schema = dict(entry.request_schema)
    properties = dict(schema.get("properties", {}))
    examples = [dict(example) for example in entry.examples if not example["before"]]
    if "{id}" in route.path:
        properties.pop("id", None)
        schema["required"] = [name for name in schema.get("required", ()) if name != "id"]
        examples = [{**one, "request": {k: v for k, v in one["request"].items() if k != "id"}} for one in examples]
    if route is CHAT:
        drawn = Drawn.model_json_schema()
        properties |= drawn["properties"]
        schema["$defs"] = {**schema.get("$defs", {}), **drawn["$defs"]}
    schema["properties"] = properties
    content: Json = {"schema": schemas.part(schema, schema, entry.name, "Input")}
    if examples:
        content["examples"] = {
            f"example{number}": {"summary": one["title"], "value": one["request"]}
            for number, one in enumerate(examples, 1)
        }
    media: Json = {JSON: content}
    blobs = blob_fields(entry.request_schema)
    if blobs:
        media["multipart/form-data"] = {"schema": _form(content["schema"], blobs)}
    return {"required": bool(schema.get("required")), "content": media}


def _form(schema: Json, blobs: Mapping[str, bool]) -> Json:
    """The body in parts: a file for each field that takes a blob, and of a list all of it or a part for each item."""
    file = {"type": "string", "format": "binary"}
    parts = {name: {"type": "array", "items": file} if many else file for name, many in blobs.items()}
    return {**schema, "properties": {name: _part(one) for name, one in schema["properties"].items()} | parts}


def _part(field: Json) -> Json:
    """One field of a form: a list of one is sent as what is in it, and told apart from that by nothing."""
    kinds: list[Json] = field.get("anyOf", [field])
    items = [one["items"] for one in kinds if one.get("type") == "array" and "items" in one]
    if not items:
        return field
    about = {name: field[name] for name in ("description", "title", "default") if name in field}
    lists = [{name: value for name, value in one.items() if name not in about} for one in kinds]
    return {**about, "anyOf": [*lists, *items]}
