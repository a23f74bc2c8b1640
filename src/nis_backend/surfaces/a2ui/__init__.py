"""Views as A2UI v0.9: messages a client draws, and the actions it sends back.

What goes out is validated strictly against the catalog that the surface names. The first surface loads `a2ui-core`
(half a second): call `messages` in a thread.
"""

from __future__ import annotations

import asyncio
import logging
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from pydantic import TypeAdapter
from starlette.responses import FileResponse
from starlette.routing import Route

from nis_backend.errors import InvalidRequest
from nis_backend.operation import Json
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.shelf import Shelf
    from nis_backend.surfaces.a2ui.components import Page

log = logging.getLogger("nis.a2ui")

VERSION = "v0.9"
CATALOG = "urn:nis:a2ui-catalog:v0_9"
"""Our catalog: the basic one, `Table` and `Chart`. A URN, because every host serves the same one."""
BASIC = "https://a2ui.org/specification/v0_9/catalogs/basic/catalog.json"
CALL = "call"
"""The name of the event that a form's button sends."""
CATALOG_PATH = "/a2ui/catalogs/nis/v0_9/catalog.json"


@cache
def _views() -> TypeAdapter[list[View]]:
    """Builds with the first views that are drawn."""
    return TypeAdapter(list[View])


def messages(
    views: Sequence[View],
    *,
    surface_id: str,
    catalogs: Sequence[str] = (),
    contents: Mapping[str, str] = MappingProxyType({}),
) -> list[Json]:
    """The messages that draw `views`, none for none.

    `catalogs` are the catalogs the client supports. One that has the basic catalog and not ours gets tables as rows of
    text and charts as images. `contents` has an address for each blob that can be shown. Should our own surface ever
    fail validation, that is logged and the words go out alone.
    """
    if not views:
        return []
    from nis_backend.surfaces.a2ui import check  # noqa: PLC0415 - loads a2ui-core, half a second, at the first surface
    from nis_backend.surfaces.a2ui.components import compose  # noqa: PLC0415 - with it

    basic = BASIC in catalogs and CATALOG not in catalogs
    drawn = _surface(compose(views, basic=basic, contents=contents), surface_id, basic=basic)
    wrong = check.complaint(drawn)
    if wrong is None:
        return drawn
    log.error("The surface %s is not valid A2UI, only its words are sent: %s", surface_id, wrong)
    return _surface(compose([view for view in views if isinstance(view, Text)], basic=basic), surface_id, basic=basic)


async def messages_of(views: Sequence[Json], surface_id: str, shelf: Shelf, catalogs: Sequence[str] = ()) -> list[Json]:
    """`messages` for views as the log has them, in a thread: validation loads a package and takes milliseconds."""
    from nis_backend.surfaces.a2ui.contents import contents_of  # noqa: PLC0415 - with the first surface, as above

    parsed = _views().validate_python(views)
    contents = await contents_of(parsed, shelf)
    return await asyncio.to_thread(messages, parsed, surface_id=surface_id, catalogs=catalogs, contents=contents)


def _surface(page: Page, surface_id: str, *, basic: bool) -> list[Json]:
    bodies: list[Json] = [
        {"createSurface": {"surfaceId": surface_id, "catalogId": BASIC if basic else CATALOG}},
        {"updateComponents": {"surfaceId": surface_id, "components": page.components}},
    ]
    if page.data:
        bodies.append({"updateDataModel": {"surfaceId": surface_id, "path": "/", "value": page.data}})
    return [{"version": VERSION, **body} for body in bodies]


def action_of(message: Json) -> tuple[str, Json] | None:
    """The operation and the arguments that an action asks for; None when the message is no call.

    The arguments are as the client's fields hold them: see `forms.arguments_of`.

    Raises:
        InvalidRequest: it is a call and lacks one of the two.
    """
    action = _object(message.get("action"))
    if action.get("name") != CALL:
        return None
    context = _object(action.get("context"))
    operation, arguments = context.get("operation"), context.get("arguments")
    if isinstance(operation, str) and isinstance(arguments, dict):
        return operation, cast("Json", arguments)
    raise InvalidRequest(
        "The action has no operation and arguments.",
        field="action.context",
        value=action.get("context"),
        remedy='Send context {"operation": "…", "arguments": {…}}, its paths resolved from the data model.',
    )


def _object(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def routes() -> list[Route]:
    """Where clients find our catalog."""
    path = Path(__file__).with_name("catalog.json")

    async def catalog(_request: Request) -> Response:
        return FileResponse(path, media_type="application/json", headers={"Cache-Control": "no-cache"})

    return [Route(CATALOG_PATH, catalog, name="a2ui-catalog")]
