"""How a command reaches an operation: the running server over loopback, or the data folder itself."""

from __future__ import annotations

import asyncio
import http.client
import json
from contextlib import closing, contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from nis_backend.calling import call
from nis_backend.errors import Cancelled, NotSupported, Unavailable, from_problem
from nis_backend.run import RunHandle, waits_for
from nis_backend.surfaces.cli.files import body_of
from nis_backend.surfaces.rest.accept import JSON, SSE, VIEWS
from nis_backend.surfaces.rest.derive import IN_QUERY, routes_of
from nis_backend.surfaces.rest.fixed import CONTENT, START

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator
    from contextlib import AbstractAsyncContextManager

    from pydantic import SecretStr

    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.surfaces.rest.derive import RestRoute

    Open = Callable[[], AbstractAsyncContextManager[Context]]


PIECE = 256 * 1024
"""Bytes of a blob that are held at once."""


class Connection(Protocol):
    """Calls operations; every item of a stream or of a run's log is handed to `heard` as it comes."""

    def call(self, entry: Entry, arguments: Json, heard: Callable[[Json], None]) -> Any:  # Any: JSON
        """The operation's result as JSON.

        Raises:
            NisError: the operation's failure, as it was.
        """
        ...

    def begin(self, entry: Entry, arguments: Json) -> Json:
        """Have the operation called as a run that is not waited for; answers the run.

        Raises:
            NotSupported: it cannot be a run.
            Unavailable: no server is running, which would go on with it.
        """
        ...

    def read(self, blob_id: str, write: Callable[[bytes], object]) -> None:
        """Hand a blob's bytes to `write`, in pieces.

        Raises:
            NotFound: there is no such blob.
        """
        ...


ASKS = {"approval_required": "approval", "input_required": "input"}
"""What a run waits for after these events."""

STILL = 2.0
"""Seconds after which a run that nothing happens in is one that nobody executes: a command executes none."""


class OverFolder:
    """Opens the data folder for the length of one call."""

    def __init__(self, open_process: Open) -> None:
        self._open = open_process

    def call(self, entry: Entry, arguments: Json, heard: Callable[[Json], None]) -> Any:  # Any: JSON
        """See `Connection.call`."""
        return asyncio.run(self._call(entry, arguments, heard))

    async def _call(self, entry: Entry, arguments: Json, heard: Callable[[Json], None]) -> Any:  # Any: JSON
        async with self._open() as ctx:
            result = await call(ctx.operations.find(entry.name), arguments, replace(ctx, follows=True))
            if isinstance(result, RunHandle):
                async for event in result.follow(waits=False):
                    heard(event.model_dump(mode="json"))
                return await result.result()
            if entry.shape == "stream":
                return await _drain(result, heard, STILL if entry.on == "run" else None)
            return result.model_dump(mode="json")

    def begin(self, entry: Entry, arguments: Json) -> Json:  # noqa: ARG002 - the contract's
        """See `Connection.begin`."""
        raise Unavailable(
            f"No server holds the data folder, and {entry.name} would end with this command.",
            remedy="Start one with `nis serve`, or leave out --background.",
        )

    def read(self, blob_id: str, write: Callable[[bytes], object]) -> None:
        """See `Connection.read`."""

        async def copy() -> None:
            async with self._open() as ctx:
                async for piece in ctx.blobs.stream(await ctx.blobs.get(blob_id)):
                    write(piece)

        asyncio.run(copy())


async def _drain(
    items: AsyncIterator[Any],  # Any: a stream's items
    heard: Callable[[Json], None],
    still: float | None,
) -> Any:
    last = None
    try:
        while (item := await asyncio.wait_for(anext(items, None), still)) is not None:
            last = item.model_dump(mode="json")
            heard(last)
    except TimeoutError:
        raise Unavailable(
            "No server holds the data folder, and without one its runs stand still.",
            remedy="Start one with `nis serve`.",
        ) from None
    return last


class OverHttp:
    """Calls the server that holds the data folder."""

    def __init__(self, url: str, key: SecretStr | None) -> None:
        self._url = urlsplit(url)
        self._headers = {"accept": JSON}
        if key is not None:
            self._headers["authorization"] = f"Bearer {key.get_secret_value()}"

    def begin(self, entry: Entry, arguments: Json) -> Json:
        """See `Connection.begin`."""
        # A GET leaves nothing behind, no run either.
        route = next((route for route in routes_of(entry) if route.method != "GET"), START)
        if route is START:
            arguments = {"operation": entry.name, "arguments": arguments}
        method, path, body, headers = request_of(route, arguments)
        prefers = {} if route is START else {"prefer": "respond-async"}
        with self._asked(method, path, body, {**self._headers, **headers, **prefers}) as response:
            if route is not START and response.status != HTTPStatus.ACCEPTED:
                raise NotSupported(f"{entry.name} cannot be a run.", remedy="Leave out --background.")
            return json.loads(response.read())

    def call(self, entry: Entry, arguments: Json, heard: Callable[[Json], None]) -> Any:  # Any: JSON
        """See `Connection.call`. No event loop: it would hold an interrupt until the answer is there."""
        method, path, body, headers = request_of(routes_of(entry)[0], arguments)
        headers = {**self._headers, **headers}
        is_blob = entry.is_blob
        if is_blob:
            # Bytes that are JSON themselves would be taken for what is known of them.
            headers["accept"] = VIEWS
        elif entry.shape != "model":
            headers["accept"] = SSE
        with self._asked(method, path, body, headers) as response:
            if response.headers.get_content_type() != SSE:
                answer = json.loads(response.read())
                return answer["result"] if is_blob else answer
            try:
                return _follow(response, heard, run=entry.shape == "run")
            except (OSError, http.client.HTTPException) as error:
                raise Unavailable(
                    f"The server stopped before the run's end: {error}.", remedy="The run's log says how it ended."
                ) from None

    def read(self, blob_id: str, write: Callable[[bytes], object]) -> None:
        """See `Connection.read`."""
        path = CONTENT.path.replace("{id}", quote(blob_id, safe=":"))
        with self._asked(CONTENT.method, path, None, {**self._headers, "accept": "*/*"}) as response:
            while piece := response.read(PIECE):
                write(piece)

    @contextmanager
    def _asked(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Generator[http.client.HTTPResponse]:
        """The answer to one request, its body to be read within the block."""
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port)
        with closing(connection):
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
            except OSError as error:
                raise Unavailable(
                    f"The server at {self._url.geturl()} does not answer: {error.strerror or error}.",
                    remedy="Start it with `nis serve`, or give the --data folder of another.",
                ) from None
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise from_problem(json.loads(response.read() or b"{}"))
            yield response


def request_of(route: RestRoute, arguments: Json) -> tuple[str, str, bytes | None, dict[str, str]]:
    """Method, path, body and headers of a call."""
    rest = dict(arguments)
    path = route.path.replace("{id}", quote(str(rest.pop("id", "")), safe=":")) if "{id}" in route.path else route.path
    body: bytes | None = None
    headers: dict[str, str] = {}
    if route.method in IN_QUERY:
        path += "?" + urlencode({key: value for key, value in rest.items() if value is not None}) if rest else ""
    else:
        body, headers["content-type"] = body_of(rest)
    return route.method, path, body, headers


def _follow(response: http.client.HTTPResponse, heard: Callable[[Json], None], *, run: bool) -> Any:  # Any: JSON
    """Read a stream to its end: its last item, or the result of the run whose log it is."""
    last: Json | None = None
    asked: Json = {}
    for kind, data in _sse(response):
        if kind == "error":
            raise from_problem(data)
        if kind == "closing":
            break
        last = data
        heard(data)
        asked = data["body"] if run and data["body"]["type"] in ASKS else asked
        if run and data["body"] == {"type": "released", "reason": "waiting"}:
            # A stream goes on; who has asked for a result hears what it waits for.
            raise waits_for(data["run_id"], {"kind": ASKS[asked["type"]], **asked} if asked else {})
    return outcome(last["body"] if last else {}, "The run's log says how it ended.") if run else last


def outcome(body: Json, remedy: str) -> Any:  # Any: JSON
    """The result of a run whose log ends with this event.

    Raises:
        NisError: why it failed.
        Cancelled: it was cancelled.
        Unavailable: this is not its end; `remedy` says what to do then.
    """
    match body:
        case {"type": "succeeded", "result": result}:
            return result
        case {"type": "failed", "problem": problem}:
            raise from_problem(problem)
        case {"type": "cancelled"}:
            raise Cancelled("The run was cancelled.", remedy="Start it again if you want its result.")
        case _:
            raise Unavailable("The server stopped before the run's end.", remedy=remedy)


def _sse(response: http.client.HTTPResponse) -> Iterator[tuple[str, Json]]:
    kind = "message"
    for raw in response:
        line = raw.decode().rstrip("\n")
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)
        elif not line:
            kind = "message"
