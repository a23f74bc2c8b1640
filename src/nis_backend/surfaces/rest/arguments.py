"""A request's fields: from the path and the query, or from the path and the body, and never silently from less."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.blob import blob_fields
from nis_backend.errors import InvalidRequest, Malformed, TooLarge, WrongMedia, shorten
from nis_backend.surfaces.guard import is_multipart
from nis_backend.surfaces.rest.accept import JSON
from nis_backend.surfaces.rest.derive import IN_QUERY
from nis_backend.surfaces.rest.parts import parts_of
from nis_backend.surfaces.rest.texts import collected

if TYPE_CHECKING:
    from starlette.requests import Request

    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.settings import Settings

MOST_FIELDS = 1000
"""Fields of a request: far more than any has, few enough to name the wrong ones quickly."""

MOST_VALUES = 250_000
"""Values of a body: 500 vectors of 384 numbers have 192,000. Reading is not to be interrupted, in a thread neither."""

_MARK = re.compile(rb'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)|[,\[{]', re.DOTALL)
"""What a value stands behind, and the texts in which such a mark is none; one without an end is the rest of the
body, for it must not be looked for from each of its quotes anew."""

LAST_SEEN = "after"
"""The field of a stream that `Last-Event-ID` fills: a client that reconnects sends the number it has seen last."""


async def arguments_of(request: Request, entry: Entry, settings: Settings) -> Json:
    """The request's fields; the path's `id` stands in the path alone.

    Raises:
        InvalidRequest: a query parameter is given twice, or where no query is read.
        Malformed: the body is not a JSON object, or there is one where none is read.
        WrongMedia: the body is of another media type.
        TooLarge: it has more bytes, fields or parts than are read.
    """
    if request.method in IN_QUERY:
        arguments = await _from_query(request, entry)
        seen = request.headers.get("last-event-id")
        # A client that reconnects repeats its first address; what is wrong in that is refused all the same.
        if seen is not None and _counts(entry) and str(arguments.get(LAST_SEEN, "0")).isdecimal():
            arguments[LAST_SEEN] = seen
    else:
        arguments = await _from_body(request, entry, settings)
    for name, value in request.path_params.items():
        if arguments.setdefault(name, value) != value:
            raise InvalidRequest(
                f"{name} is {shorten(value)!r} in the path and {shorten(arguments[name])!r} beside it.",
                field=name,
                value=arguments[name],
                remedy=f"Give {name} in the path alone.",
            )
    return arguments


def _counts(entry: Entry) -> bool:
    """Whether it goes on after a number."""
    return LAST_SEEN in entry.request_schema.get("properties", {})


async def _from_query(request: Request, entry: Entry) -> Json:
    given = request.query_params.multi_items()
    # A look at how the server is needs no schema, and the first of them none of the index beyond its names.
    arguments = collected(entry.request_schema, given, "query") if given else {}
    if await request.body():
        raise Malformed(
            f"{request.method} reads no body.",
            field="body",
            value="",
            remedy="Give the fields as query parameters.",
        )
    return arguments


async def _from_body(request: Request, entry: Entry, settings: Settings) -> Json:
    if query := request.scope["query_string"]:
        raise InvalidRequest(
            f"{request.method} reads no query.",
            field="query",
            value=query.decode("latin-1"),
            remedy="Give the fields in the body, as one JSON object.",
        )
    media = request.headers.get("content-type", JSON)
    if is_multipart(media) and blob_fields(entry.request_schema):
        request.state.exchange.limit = settings.max_body + settings.max_blob
        return await parts_of(request, entry, settings.max_body)
    body = await request.state.exchange.body()
    if body and not _is_json(media):
        blobs = blob_fields(entry.request_schema)
        raise WrongMedia(
            f"The body is {shorten(media)!r}.",
            field="Content-Type",
            value=media,
            remedy=f"Send one JSON object with Content-Type: {JSON}" + (", or a form in parts." if blobs else "."),
        )
    return _object(body)


def _is_json(media: str) -> bool:
    """Whether the media type is JSON in UTF-8; RFC 8259 knows no other encoding between systems."""
    kind, *parameters = (part.strip().lower() for part in media.split(";"))
    charsets = {one.removeprefix("charset=").strip('"') for one in parameters if one.startswith("charset=")}
    return (kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))) and charsets <= {
        "utf-8",
        "utf8",
    }


def has_many(body: bytes) -> bool:
    """Whether the body holds more values than are read, by its marks; a glance is enough for nearly all bodies."""
    if sum(map(body.count, (b",", b"[", b"{"))) <= MOST_VALUES:
        return False
    marks = (1 for found in _MARK.finditer(body) if found[0][:1] != b'"')
    return sum(islice(marks, MOST_VALUES + 1)) > MOST_VALUES


def object_in(body: bytes | str, what: str, remedy: str) -> Json:
    """A dialect's JSON object; `what` is the word for it there.

    Raises:
        Malformed: it is none.
        TooLarge: it holds too many values.
    """
    if len(body) > MOST_VALUES and has_many(body.encode() if isinstance(body, str) else body):
        raise TooLarge(f"The {what} holds more than {MOST_VALUES} values.", field="body", remedy="Send fewer at once.")
    try:
        given: Any = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Malformed(f"The {what} is not JSON: {error}.", remedy=remedy) from None
    if not isinstance(given, dict):
        raise Malformed(f"The {what} is not a JSON object.", remedy=remedy)
    return cast("Json", given)


def _object(body: bytes) -> Json:
    if has_many(body):
        raise TooLarge(
            f"The body holds more than {MOST_VALUES} values.",
            field="body",
            remedy="Send fewer at once, or large data as a blob.",
        )
    try:
        given: Any = from_json(body) if body else {}
    except ValueError as error:
        raise Malformed(
            f"The body is not JSON: {error}.",
            field="body",
            value=body[:60].decode("utf-8", "replace"),
            remedy="Send one JSON object, in UTF-8.",
        ) from None
    if not isinstance(given, dict):
        raise Malformed("The body is not a JSON object.", field="body", value=given, remedy="Send one JSON object.")
    fields = cast("Json", given)  # isinstance says nothing of the keys, which JSON has as text
    count = len(fields)
    if count > MOST_FIELDS:
        raise TooLarge(
            f"The body has {count} fields.", field="body", value=count, remedy=f"Send at most {MOST_FIELDS}."
        )
    return fields
