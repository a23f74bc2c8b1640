"""Agents that speak A2A, over the process's own HTTP client: the wire is JSON and server-sent events.

The protocol's package is loaded where a card's signature is looked at alone.
"""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from pydantic_core import from_json
from typing_extensions import override

from nis_backend.drivers.agents.a2a_card import card_url, read_card, signed
from nis_backend.drivers.agents.a2a_refusals import Failures
from nis_backend.drivers.agents.a2a_wire import RPC, request_of, update_of
from nis_backend.drivers.agents.base import ASKS, OVER, Fetched, RemoteAgents
from nis_backend.drivers.gateway.addresses import host_of
from nis_backend.drivers.http.base import HttpError
from nis_backend.drivers.http.events import Lines
from nis_backend.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.drivers.agents.a2a_wire import Act
    from nis_backend.drivers.agents.base import Address, Card, Json, Said, Update
    from nis_backend.drivers.http.base import Client, Response

LONGEST_CARD, LONGEST_ANSWER, LONGEST_STREAM = 2**20, 16 * 2**20, 64 * 2**20
"""Bytes that are read of a card, of an answer, of a stream."""
FRESH, LONGEST_FRESH = 300.0, 86_400.0
"""Seconds for which a card is used that does not say, and at most."""
FIRST_POLL, LONGEST_POLL = 0.25, 5.0
"""Seconds between two looks at a task that is not streamed: the first, doubled up to the second."""
JSON, EVENTS = "application/json", "text/event-stream"


class A2AAgents(RemoteAgents):
    """`outside` reaches public addresses alone; `anywhere` is for hosts that the operator has named."""

    def __init__(self, anywhere: Client, outside: Client) -> None:
        self._anywhere = anywhere
        self._outside = outside

    # -- cards ---------------------------------------------------------------------------------------------------------

    @override
    async def fetch(self, address: Address, etag: str = "") -> Fetched | None:
        url, told = card_url(address.url), Failures(address, "card")
        headers = {"accept": JSON, **_key(address), **({"if-none-match": etag} if etag else {})}
        response = await self._sent(address, "GET", url, headers, None, told)
        async with aclosing(_whole(response, LONGEST_CARD, told)) as pieces:
            body = b"".join([piece async for piece in pieces])
        if etag and response.status == 304:  # noqa: PLR2004 - HTTP's own number
            return None
        if response.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise told.of_status(response.status, response.headers, body)
        card = _object(body, told)
        if address.trusted:
            card = await asyncio.to_thread(signed, card, address)
        return Fetched(card=card, etag=response.headers.get("etag", "")[:200], fresh=_fresh(response))

    @override
    def read(self, address: Address, card: Json) -> Card:
        return read_card(address, card)

    # -- tasks ---------------------------------------------------------------------------------------------------------

    @override
    async def send(self, address: Address, card: Card, said: Said) -> AsyncGenerator[Update]:
        task_id, over = "", False
        async with aclosing(self._asked(address, card, "stream" if card.streaming else "send", said)) as updates:
            async for update in updates:
                task_id, over = update.task_id or task_id, update.state in OVER | ASKS
                yield update
                if over:
                    return
        if card.streaming or not task_id:
            raise Failures(address, "agent").cut()
        async with aclosing(self.watch(address, card, task_id)) as updates:
            async for update in updates:
                yield update

    @override
    async def watch(self, address: Address, card: Card, task_id: str) -> AsyncGenerator[Update]:
        pause = FIRST_POLL
        while True:
            async with aclosing(self._asked(address, card, "get", task_id=task_id)) as updates:
                async for update in updates:
                    yield update
                    if update.state in OVER | ASKS:
                        return
            if card.streaming:
                async with aclosing(self._subscribed(address, card, task_id)) as updates:
                    async for update in updates:
                        yield update
                        if update.state in OVER | ASKS:
                            return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_POLL)

    async def _subscribed(self, address: Address, card: Card, task_id: str) -> AsyncGenerator[Update]:
        """The task's stream; empty where the task has ended meanwhile, or is not streamed after all."""
        try:
            async with aclosing(self._asked(address, card, "subscribe", task_id=task_id)) as updates:
                async for update in updates:
                    yield update
        except NotSupported:
            return

    @override
    async def cancel(self, address: Address, card: Card, task_id: str) -> None:
        # What is over is not to be stopped.
        with suppress(NotSupported):
            async with aclosing(self._asked(address, card, "cancel", task_id=task_id)) as updates:
                async for _ in updates:
                    pass

    async def _asked(
        self, address: Address, card: Card, act: Act, said: Said | None = None, task_id: str = ""
    ) -> AsyncGenerator[Update]:
        """One request, and what it is answered."""
        told = Failures(address, "agent", task_id or (said.task_id if said else ""))
        request = request_of(card, act, said, task_id)
        headers = {
            "accept": EVENTS if request.streams else JSON,
            "a2a-version": card.protocol,
            **({} if request.body is None else {"content-type": JSON}),
            **_key(address),
        }
        data = None if request.body is None else json.dumps(request.body).encode()
        response = await self._sent(address, request.method, request.url, headers, data, told)
        is_rpc = card.binding == RPC
        if response.status == 200 and response.content_type == EVENTS:  # noqa: PLR2004 - HTTP's own number
            frames = _frames(response, told)
        else:
            frames = _one(response, told)
        async with aclosing(frames):
            async for frame in frames:
                yield _update(_result(frame, told) if is_rpc else frame, told)

    async def _sent(  # noqa: PLR0913, PLR0917 - the parts of a request
        self, address: Address, method: str, url: str, headers: dict[str, str], data: bytes | None, told: Failures
    ) -> Response:
        private = address.private and host_of(url) == host_of(address.url)
        client = self._anywhere if private else self._outside
        try:
            return await client.request(method, url, headers, data, silence=address.patience)
        except HttpError as error:
            raise told.of_http(error) from error


def _key(address: Address) -> dict[str, str]:
    if not address.key:
        return {}
    return {address.header.lower(): address.key} if address.header else {"authorization": f"Bearer {address.key}"}


def _fresh(response: Response) -> float:
    said = response.headers.get("cache-control", "").lower()
    if "no-store" in said or "no-cache" in said:
        return 0.0
    found = re.search(r"max-age=(\d{1,9})", said)
    return min(float(found[1]), LONGEST_FRESH) if found else FRESH


async def _whole(response: Response, most: int, told: Failures) -> AsyncGenerator[bytes]:
    """The body, of so many bytes at most."""
    read = 0
    try:
        while piece := await response.readany():
            read += len(piece)
            if read > most:
                raise told.too_much(most)
            yield piece
    except HttpError as error:
        raise told.of_http(error) from error
    finally:
        response.close()


async def _one(response: Response, told: Failures) -> AsyncGenerator[Json]:
    """The answer as the one frame it is."""
    async with aclosing(_whole(response, LONGEST_ANSWER, told)) as pieces:
        body = b"".join([piece async for piece in pieces])
    if response.status == 200:  # noqa: PLR2004 - HTTP's own number
        yield _object(body, told)
        return
    raise told.of_status(response.status, response.headers, body)


async def _frames(response: Response, told: Failures) -> AsyncGenerator[Json]:
    lines = Lines()
    async with aclosing(_whole(response, LONGEST_STREAM, told)) as pieces:
        async for piece in pieces:
            for data in lines.feed(piece):
                yield _object(data, told)
    for data in lines.rest():
        yield _object(data, told)


def _object(data: bytes, told: Failures) -> Json:
    try:
        found: Any = from_json(data)
    except ValueError:
        raise told.strange("what is not JSON") from None
    if not isinstance(found, dict):
        raise told.strange("what is no JSON object")
    return cast("Json", found)


def _result(frame: Json, told: Failures) -> Json:
    error, result = frame.get("error"), frame.get("result")
    if isinstance(error, dict):
        raise told.of_error(cast("Json", error))
    if not isinstance(result, dict):
        raise told.strange("an answer without a result")
    return cast("Json", result)


def _update(event: Json, told: Failures) -> Update:
    if isinstance(event.get("error"), dict):
        raise told.of_error(event["error"])
    try:
        return update_of(event)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise told.strange(f"what is no task: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
    except ValueError as error:
        raise told.strange(str(error)) from None
