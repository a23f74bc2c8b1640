"""Runs and files as resources: listed, read, and named by templates; each belongs to its owner, as everywhere."""

from __future__ import annotations

import base64
import re
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    BlobResourceContents,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from nis_backend.errors import Forbidden, InvalidRequest, NotFound, TooLarge
from nis_backend.surfaces.mcp.following import is_stateless
from nis_backend.surfaces.mcp.results import BLOB, told

if TYPE_CHECKING:
    from mcp.server.lowlevel.server import Server

    from nis_backend.context import Context
    from nis_backend.surfaces.mcp.following import Asked, Of
    from nis_backend.surfaces.mcp.things import Things

RUN, EVENTS = "nis://runs/{id}", "nis://runs/{id}/events{?after}"
TEMPLATES = (
    ResourceTemplate(uri_template=RUN, name="run", description="A run as it is now.", mime_type="application/json"),
    ResourceTemplate(
        uri_template=EVENTS,
        name="events",
        description="What has happened in a run, after an event.",
        mime_type="application/json",
    ),
    ResourceTemplate(uri_template=BLOB, name="blob", description="The bytes of a file that is kept."),
)
URI = re.compile(r"nis://(runs|blobs)/([A-Za-z0-9._:-]{1,64})(/events(?:\?after=([0-9]{1,9}))?)?")
NOT_FOUND_BEFORE = -32002
"""What the older era calls a resource that is not there."""
PAGE = 50
MOST_EVENTS = 500
MOST_BYTES = 4 * 2**20
"""Of a file or of events that are read here; a result holds them whole."""
TEXTS = ("text/", "application/json", "application/xml", "application/yaml", "application/javascript")


class Resources:
    """The methods of resources."""

    def __init__(self, context: Of, things: Things) -> None:
        self._context = context
        self._things = things

    def serve(self, server: Server[Any]) -> None:
        """Add them to the server."""
        server.add_request_handler("resources/list", PaginatedRequestParams, self.list)
        server.add_request_handler("resources/templates/list", PaginatedRequestParams, self.templates)
        server.add_request_handler("resources/read", ReadResourceRequestParams, self.read)

    async def list(self, asked: Asked, params: PaginatedRequestParams) -> ListResourcesResult:
        """The caller's runs, the newest first, then their files; without what their key may not read."""
        ctx = self._context(asked)
        kind, _, cursor = (params.cursor or "runs ").partition(" ")
        with told():
            if kind not in {"runs", "blobs"}:
                raise InvalidRequest(
                    "It is no cursor of this list.", field="cursor", value=params.cursor, remedy="Give nextCursor."
                )
            try:
                found, following = await self._page(ctx, kind, cursor or None)
            except Forbidden:
                found, following = list[Resource](), None
        following = f"{kind} {following}" if following else "blobs " if kind == "runs" else None
        return ListResourcesResult(resources=found, next_cursor=following)

    async def _page(self, ctx: Context, kind: str, cursor: str | None) -> tuple[list[Resource], str | None]:
        wanted = {"limit": PAGE, "cursor": cursor}
        if kind == "runs":
            runs = await self._things.call(ctx, "run", "list_runs", wanted)
            return [_run(one) for one in runs.runs], runs.next_cursor
        blobs = await self._things.call(ctx, "blob", "list_blobs", wanted)
        return [_blob(one) for one in blobs.blobs], blobs.next_cursor

    async def templates(self, _asked: Asked, _params: PaginatedRequestParams) -> ListResourceTemplatesResult:
        """How each is named."""
        return ListResourceTemplatesResult(resource_templates=[*TEMPLATES])

    async def read(self, asked: Asked, params: ReadResourceRequestParams) -> ReadResourceResult:
        """One of them, as it is now."""
        place = URI.fullmatch(params.uri)
        if place is None:
            raise _missing(asked, params.uri)
        ctx = self._context(asked)
        try:
            with told(but=NotFound, id="uri"):
                read = self._read_run if place[1] == "runs" else self._read_blob
                contents = [*await read(ctx, params.uri, place)]
        except NotFound:
            raise _missing(asked, params.uri) from None
        return ReadResourceResult(contents=contents)

    async def _read_run(self, ctx: Context, uri: str, place: re.Match[str]) -> list[TextResourceContents]:
        run = await self._things.call(ctx, "run", "get_run", {"id": place[2]})
        if not place[3]:
            return [TextResourceContents(uri=uri, mime_type="application/json", text=run.model_dump_json())]
        last, lines, size = int(place[4] or 0), list[str](), 0
        asked = {"id": place[2], "after": last, "wait": 0}
        # What allows it is that operation, and rules about it hold here too.
        async with aclosing(await self._things.call(ctx, "run", "stream_events", asked)) as events:
            async for event in events:
                lines.append(event.model_dump_json())
                size, last = size + len(lines[-1]), event.seq
                if size > MOST_BYTES or len(lines) == MOST_EVENTS:
                    break
        told = [TextResourceContents(uri=uri, mime_type="application/json", text=f"[{','.join(lines)}]")]
        if lines and last < run.last_seq:
            rest = f"nis://runs/{place[2]}/events?after={last}"
            told.append(TextResourceContents(uri=rest, mime_type="text/plain", text=f"What follows: read {rest}."))
        return told

    async def _read_blob(
        self, ctx: Context, uri: str, place: re.Match[str]
    ) -> list[TextResourceContents | BlobResourceContents]:
        if place[3]:
            raise NotFound(
                "A blob has no events.", field="uri", value=uri, remedy=f"Read {uri.removesuffix(place[3])}."
            )
        blob = await self._things.call(ctx, "blob", "read_content", {"id": place[2]})
        if blob.size > MOST_BYTES:
            raise TooLarge(
                f"The file has {blob.size} bytes; {MOST_BYTES} are read here.",
                field="uri",
                value=uri,
                remedy="Read its content over REST, in ranges.",
            )
        data = await ctx.blobs.read(place[2])
        if blob.media_type.startswith(TEXTS):
            text = data.decode("utf-8", "replace")
            return [TextResourceContents(uri=uri, mime_type=blob.media_type, text=text)]
        return [BlobResourceContents(uri=uri, mime_type=blob.media_type, blob=base64.b64encode(data).decode())]

    async def ids(self, ctx: Context, template: str, begun: str) -> tuple[list[str], bool]:
        """Ids, of the newest, that a template may be completed with, and whether there are older things.

        A file is found by its name too.
        """
        kind = "blobs" if template == BLOB else "runs" if template in {RUN, EVENTS} else ""
        found, older = await self._page(ctx, kind, None) if kind else ([], None)
        named = [(one.uri.rpartition("/")[2], one.name.lower()) for one in found]
        return [
            one for one, name in named if one.startswith(begun) or (kind == "blobs" and name.startswith(begun.lower()))
        ], older is not None


def run_of(uri: str) -> str | None:
    """The id of the run that an address is about."""
    place = URI.fullmatch(uri)
    return place[2] if place and place[1] == "runs" else None


def _run(line: Any) -> Resource:  # Any: as the operation lists them
    described = f"A run of {line.operation}, {line.state}."
    uri = RUN.format(id=line.id)
    return Resource(uri=uri, name=line.id, title=line.operation, description=described, mime_type="application/json")


def _blob(one: Any) -> Resource:  # Any: as the operation lists them
    uri = BLOB.format(id=one.id)
    return Resource(uri=uri, name=one.name or one.id, mime_type=one.media_type, size=one.size)


def _missing(asked: Asked, uri: str) -> MCPError:
    code = INVALID_PARAMS if is_stateless(asked) else NOT_FOUND_BEFORE
    return MCPError(code, "Resource not found", {"uri": uri})
