"""What the OpenAPI document says of answers: media types, headers, and each problem that may come instead."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from nis_backend.errors import CODES
from nis_backend.surfaces.guard import TELLS_WHEN
from nis_backend.surfaces.rest.accept import JSON, SSE, VIEWS
from nis_backend.surfaces.rest.chat import reply_schema
from nis_backend.surfaces.rest.derive import IN_QUERY
from nis_backend.surfaces.rest.fixed import CHAT, may_be_run
from nis_backend.surfaces.rest.log import is_log, log_schema
from nis_backend.surfaces.rest.schemas import with_views

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.surfaces.rest.derive import RestRoute
    from nis_backend.surfaces.rest.schemas import Schemas

BYTES: Json = {"*/*": {"schema": {"type": "string", "format": "binary", "description": "The blob's bytes."}}}

HEADERS: Json = {
    "Location": {"schema": {"type": "string"}, "description": "Where the run is."},
    "Link": {"schema": {"type": "string"}, "description": '`rel="next"`: the next page, where there is one.'},
    "Preference-Applied": {"schema": {"type": "string"}, "description": "The preference that was met."},
    "Idempotency-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "There when the answer was given before to this Idempotency-Key.",
    },
    "Retry-After": {
        "schema": {"type": "integer", "minimum": 1},
        "description": "Seconds after which to try again: by the times of the calls before, where they are known.",
    },
    "ETag": {"schema": {"type": "string"}, "description": "The bytes' fingerprint."},
    "Content-Range": {"schema": {"type": "string"}, "description": "Which part of the bytes this is."},
    "Content-Disposition": {
        "schema": {"type": "string"},
        "description": "Whether to show or save them, and their name.",
    },
}


def problems() -> Json:
    """A response for each status that a problem has."""
    by_status: dict[int, list[str]] = {}
    for kind, codes in CODES.items():
        by_status.setdefault(codes.http, []).append((inspect.getdoc(kind) or "").rstrip("."))
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        **{
            f"Problem{status}": {
                "description": "; ".join(said) + ".",
                **({"headers": _headers("Retry-After")} if status in TELLS_WHEN else {}),
                "content": content,
            }
            for status, said in sorted(by_status.items())
        },
        "Problem": {"description": "A problem: what happened, with which value, and what to do.", "content": content},
    }


def responses(route: RestRoute, entry: Entry, schemas: Schemas) -> Json:
    """Each answer of one route."""
    schema = reply_schema(entry.result_schema) if route is CHAT else entry.result_schema
    item = schemas.model(schema, entry.name, "Result")
    result = log_schema(item) if is_log(entry) else item
    content: Json = {JSON: {"schema": result}, VIEWS: {"schema": with_views(result)}}
    names: list[str] = ["Link", "Preference-Applied"] if is_log(entry) else []
    found: Json = {}
    reads = route.method in IN_QUERY
    if entry.shape != "model":
        content[SSE] = {"schema": {"type": "string", "description": "Server-sent events; `id` is an event's number."}}
    if entry.shape == "run":
        names.append("Location")
    if may_be_run(route, entry):
        found["202"] = {
            "description": "The run was started and is not waited for.",
            "headers": _headers("Location", "Preference-Applied"),
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/Run"}}},
        }
    if "next_cursor" in entry.result_schema.get("properties", {}) and reads:
        names.append("Link")
    if entry.is_blob:
        content |= BYTES
        names += ["ETag", "Content-Disposition"]
        if reads:
            found["206"] = {
                "description": "A part of the bytes.",
                "headers": _headers("ETag", "Content-Range"),
                "content": BYTES,
            }
            found["304"] = {"description": "The caller has the bytes.", "headers": _headers("ETag")}
            found["416"] = {"$ref": "#/components/responses/Problem416"}
    if entry.effect != "reads":
        names.append("Idempotency-Replayed")
    found["200"] = {"description": entry.summary, "headers": _headers(*names), "content": content}
    for status in _refusals(route, entry):
        found[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    found["default"] = {"$ref": "#/components/responses/Problem"}
    return dict(sorted(found.items()))


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _refusals(route: RestRoute, entry: Entry) -> Iterable[int]:
    """The refusals that a client should expect, those that it says it raises among them; others may come too."""
    yield from (400, 401, 403, 406, 422, 429, 500, 503, 504)
    if "{id}" in route.path:
        yield 404
    if route.method not in IN_QUERY:
        yield from (413, 415)
    if entry.effect != "reads":
        yield 409
    raised = entry.description.rpartition("\nRaises:\n")[2]
    yield from (codes.http for kind, codes in CODES.items() if f"    {kind.__name__}: " in raised)
