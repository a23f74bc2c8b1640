"""A stream of a run's events as JSON: those there are, and where it goes on."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from nis_backend.event import Event
from nis_backend.surfaces.rest.arguments import LAST_SEEN

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from starlette.requests import Request

    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json, Model

WAIT = "wait"
"""The field of such a stream that `Prefer: wait` fills: how long the caller would wait for its end."""

LONGEST = 600
"""Seconds of it that are met: connections are cut that are silent for longer."""

MOST_ITEMS = 1000
"""Items of one answer; the next one has the rest."""


def is_log(entry: Entry) -> bool:
    """Whether its items are kept, so that those there are can be had at once."""
    of_a_run = (entry.shape, entry.on) == ("stream", "run")
    return of_a_run and {LAST_SEEN, WAIT} <= entry.request_schema.get("properties", {}).keys()


def patience(preferences: dict[str, str]) -> str:
    """Seconds that the caller waits for the end, RFC 7240; what is no number of them is passed over."""
    wait = preferences.get(WAIT, "")
    return str(min(int(wait[:9]), LONGEST)) if wait.isascii() and wait.isdecimal() else "0"


async def gathered(items: AsyncIterator[Model]) -> list[Model]:
    """The first of them."""
    found: list[Model] = []
    async with aclosing(cast("AsyncGenerator[Model]", items)) as coming:
        async for item in coming:
            found.append(item)
            if len(found) == MOST_ITEMS:
                break
    return found


async def going_on(request: Request, asked: Model, items: list[Model], ctx: Context) -> dict[str, str]:
    """Where the stream goes on, as RFC 8288 links it; not once its end was answered, by this request or before it."""
    last = items[-1] if items else None
    after = last.seq if isinstance(last, Event) else int(getattr(asked, LAST_SEEN))
    run = await ctx.runs.standing(request.path_params["id"])
    if run.finished and after >= run.last_seq:
        return {}
    query = urlencode({**request.query_params, LAST_SEEN: after})
    return {"link": f'<{request.url.path}?{query}>; rel="next"'}


def log_schema(item: Json) -> Json:
    """What is answered."""
    items = {"type": "array", "maxItems": MOST_ITEMS, "items": item}
    return {"type": "object", "required": ["items"], "properties": {"items": items}}
