"""How an editor's agent reaches operations: the running server over loopback, or the data folder that it has opened."""

from __future__ import annotations

import json
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

import httpx2

from nis_backend.calling import begin, call
from nis_backend.drivers.http.events import Lines
from nis_backend.errors import Unavailable, from_problem
from nis_backend.event import Event
from nis_backend.surfaces.cli.connection import request_of
from nis_backend.surfaces.rest.accept import JSON, SSE
from nis_backend.surfaces.rest.derive import routes_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from pydantic import SecretStr

    from nis_backend.catalog import Catalog
    from nis_backend.context import Context
    from nis_backend.operation import Json

SILENCE_SECONDS = 300.0
"""Longest silence of a server under a call; it says every 15 s that it is still there."""


class Reach(Protocol):
    """Calls operations by name."""

    async def call(self, name: str, arguments: Json) -> Json:
        """The result.

        Raises:
            NisError: the operation's failure, as it was.
        """
        ...

    def begin(self, name: str, arguments: Json) -> AbstractAsyncContextManager[tuple[str, AsyncGenerator[Event]]]:
        """The run that the operation begins, and its log as it comes, up to the end; leaving does not end it.

        Raises:
            NisError: as above.
            Unavailable: the server has gone before the end, which the log says when it comes.
        """
        ...

    def events(self, name: str, arguments: Json) -> AbstractAsyncContextManager[AsyncGenerator[Event]]:
        """The events that the operation streams."""
        ...


class Opened:
    """The data folder, which stays open as long as the client."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def call(self, name: str, arguments: Json) -> Json:
        """See `Reach.call`."""
        result = await call(self._ctx.operations.find(name), arguments, self._ctx)
        return result.model_dump(mode="json")

    @asynccontextmanager
    async def begin(self, name: str, arguments: Json) -> AsyncGenerator[tuple[str, AsyncGenerator[Event]]]:
        """See `Reach.begin`."""
        ctx = replace(self._ctx, follows=True)
        handle = await begin(self._ctx.operations.find(name), arguments, ctx)
        async with aclosing(_each(handle.follow())) as events:
            yield handle.id, events

    @asynccontextmanager
    async def events(self, name: str, arguments: Json) -> AsyncGenerator[AsyncGenerator[Event]]:
        """See `Reach.events`."""
        items = await call(self._ctx.operations.find(name), arguments, self._ctx)
        async with aclosing(_each(items)) as events:
            yield events


class Served:
    """The server that holds the folder; `address` says where it is now, for it may be started again elsewhere."""

    def __init__(self, address: Callable[[], str | None], key: SecretStr | None, catalog: Catalog) -> None:
        self._address = address
        self._catalog = catalog
        headers = {} if key is None else {"authorization": f"Bearer {key.get_secret_value()}"}
        self._client = httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(30, read=SILENCE_SECONDS),
            trust_env=False,  # loopback needs no proxy
        )

    async def call(self, name: str, arguments: Json) -> Json:
        """See `Reach.call`."""
        async with self._asked(name, arguments, JSON) as response:
            return json.loads(await response.aread())

    @asynccontextmanager
    async def begin(self, name: str, arguments: Json) -> AsyncGenerator[tuple[str, AsyncGenerator[Event]]]:
        """See `Reach.begin`."""
        async with self._asked(name, arguments, SSE) as response, aclosing(_told(response)) as events:
            yield response.headers["location"].rpartition("/")[2], events

    @asynccontextmanager
    async def events(self, name: str, arguments: Json) -> AsyncGenerator[AsyncGenerator[Event]]:
        """See `Reach.events`."""
        async with self._asked(name, arguments, SSE) as response, aclosing(_told(response)) as events:
            yield events

    @asynccontextmanager
    async def _asked(self, name: str, arguments: Json, accept: str) -> AsyncGenerator[httpx2.Response]:
        url = self._address()
        if url is None:
            raise _gone("There is no server now.")
        route = routes_of(self._catalog.entry(name))[0]
        method, path, body, headers = request_of(route, arguments)
        headers["accept"] = accept
        try:
            async with self._client.stream(method, f"{url}{path}", content=body, headers=headers) as response:
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    raise from_problem(json.loads(await response.aread() or b"{}"))
                yield response
        except httpx2.HTTPError as error:
            raise _gone(f"The server at {url} does not answer: {error or type(error).__name__}.") from None


async def _each(events: AsyncIterator[Event]) -> AsyncGenerator[Event]:
    async for event in events:
        yield event


async def _told(response: httpx2.Response) -> AsyncGenerator[Event]:
    """The events of a stream, up to its end, or to where the server says that it stops."""
    lines = Lines()
    async for piece in response.aiter_bytes():
        for data in lines.feed(piece):
            told: Json = json.loads(data)
            if "seq" in told:
                yield Event.model_validate(told)
            elif "code" in told:
                raise from_problem(told)


def _gone(message: str) -> Unavailable:
    remedy = "Start it with `nis serve`; what was said is kept, and loading the session tells it again."
    return Unavailable(message, remedy=remedy)
