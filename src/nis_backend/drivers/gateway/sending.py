"""Bytes that pass to a provider which speaks their format, and back."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import to_json

from nis_backend.drivers.gateway.events import Events, data_of, object_of
from nis_backend.drivers.gateway.outgoing import LONGEST, LONGEST_TOO, OPTIONS, body_for, counts_added
from nis_backend.drivers.http.base import HttpError
from nis_backend.errors import NisError, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from nis_backend.drivers.gateway.base import Inbound
    from nis_backend.drivers.gateway.route import Target
    from nis_backend.drivers.http.base import Response
    from nis_backend.drivers.llm.answer import Usage
    from nis_backend.drivers.llm.base import Json, LanguageModels

PATHS = {"chat": "/chat/completions", "messages": "/messages", "embeddings": "/embeddings"}
WIRES = {"chat": "chat", "messages": "messages", "embeddings": "chat"}
"""What a provider speaks that answers each kind of request."""
PATIENCE, SILENCE = 120.0, 600.0
"""Seconds: between two pieces of a stream; for an answer that is sent whole."""
LONGEST_ANSWER, LONGEST_ERROR = 16 * 2**20, 16_384
"""Bytes that are read of a whole answer or one event, and of an error."""
BROKE_OFF = "broke off before its answer was whole"
STREAM, WHOLE = "text/event-stream", "application/json"
# A body that is compressed could not be looked into; a server that compresses it anyway is read all the same.
ASKED = {"accept-encoding": "identity"}
REQUEST_AT_FAULT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
MOST_REFUSED = 4096
"""Refusals that are remembered; the names of models are callers'."""
STATUSES = {"rate_limit_error": 429, "overloaded_error": 529}
"""What kinds of failures within a stream would have been answered with."""


def speaks(driver: LanguageModels, inbound: Inbound) -> bool:
    """Whether a provider takes these bytes."""
    return driver.wire == WIRES[inbound.kind]


class Sender:
    """Sends requests on; it remembers what models have refused of what was added to them."""

    def __init__(self) -> None:
        self._refused: set[tuple[str, str]] = set()

    async def send(self, driver: LanguageModels, inbound: Inbound, target: Target, most: int | None) -> Through:
        """The response of a provider that has begun to answer.

        Raises:
            NisError: what the provider refuses, as its driver words it; or it cannot be reached, or breaks off.
        """
        patience = PATIENCE if inbound.streamed else SILENCE
        while True:
            counts = counts_added(inbound) and (target.id, OPTIONS) not in self._refused
            longest = LONGEST_TOO if (target.id, LONGEST) in self._refused else LONGEST
            body = body_for(inbound, target.model, most, counts=counts, longest=longest)
            headers = {**inbound.headers, **ASKED}
            response = await driver.send(PATHS[inbound.kind], body, headers, patience)
            through = Through(driver, inbound, target, response, drops_counts=counts)
            try:
                if response.status == HTTPStatus.OK:
                    await through.begin()
                    return through
                said = await through.error()
            except BaseException:
                response.close()
                raise
            added = {OPTIONS} if counts else set[str]()
            if most is not None and longest not in inbound.asked:
                added.add(longest)
            refused = {(target.id, name) for name in added if name.encode() in said} - self._refused
            if response.status not in REQUEST_AT_FAULT or not refused:
                raise driver.refusal(response.status, response.headers, said, target.model)
            if len(self._refused) >= MOST_REFUSED:
                self._refused.clear()
            self._refused |= refused


class Through:
    """One response that passes; closing `rest` ends its connection."""

    def __init__(
        self, driver: LanguageModels, inbound: Inbound, target: Target, response: Response, *, drops_counts: bool
    ) -> None:
        self._driver = driver
        self._kind = inbound.kind
        self._target = target
        self._response = response
        self._events = Events(drops_counts=drops_counts)
        self._pieces: AsyncIterator[bytes] = response.iter_any()
        self.first = b""
        """What is passed first; all of it, where it is no stream."""
        self.rest: AsyncGenerator[bytes, None] = self._none()
        self.status = int(response.status)
        self.media_type = response.headers.get("content-type", WHOLE)
        self.streams = self.media_type.startswith(STREAM)

    @property
    def request_id(self) -> str:
        """What the provider calls this request."""
        headers = self._response.headers
        return headers.get("x-request-id") or headers.get("request-id") or ""

    async def begin(self) -> None:
        """Wait for the first of it."""
        if self.streams:
            self.rest = self._passed()
            self.first = await anext(self.rest, b"")
            if not self.first:
                raise self._cut("ended without an answer")
        elif self.media_type.startswith(WHOLE):
            self.first = await self._read(LONGEST_ANSWER)
        else:
            self._response.close()
            raise UpstreamFailed(
                f"{self._target.id} sent what is no answer.", remedy="See whether its provider's address is right."
            )

    async def error(self) -> bytes:
        """What the provider says that has refused, as far as it is read."""
        try:
            return await self._read(LONGEST_ERROR)
        except NisError:
            return b""
        finally:
            self._response.close()

    def used(self) -> Usage | None:
        """The tokens, as far as they are stated by now."""
        if self.streams:
            said = [one for one in map(data_of, self._events.counted) if one is not None]
        else:
            whole = object_of(self.first)
            said = [] if whole is None else [whole]
        used = self._driver.used(said)
        if used is not None and self._kind == "embeddings":
            return replace(used, output=0)
        return used

    def stated(self) -> Json | None:
        """The tokens as the provider states them in a stream, by now."""
        found = [data_of(event) for event in self._events.counted[-1:]]
        usage: Any = found[0].get("usage") if found and found[0] is not None else None  # Any: JSON
        return cast("Json", usage) if isinstance(usage, dict) else None

    def said(self) -> int:
        """Bytes of words by now, about."""
        if self._kind == "embeddings":
            return 0
        return self._events.said if self.streams else len(self.first)

    async def _read(self, most: int) -> bytes:
        pieces: list[bytes] = []
        size = 0
        try:
            async for piece in self._pieces:
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    self._response.close()
                    raise self._cut(f"sent more than {most} bytes")
        except HttpError as error:
            raise self._lost(error) from error
        return b"".join(pieces)

    async def _passed(self) -> AsyncGenerator[bytes, None]:
        events = self._events
        try:
            async for piece in self._pieces:
                whole = events.feed(piece)
                if whole:
                    yield whole
                if events.broken is not None:
                    raise self._broken(events.broken)
                if events.held > LONGEST_ANSWER:
                    raise self._cut(f"sent an event of more than {LONGEST_ANSWER} bytes")
            whole = events.rest()
            if whole:
                yield whole
            if events.broken is not None:
                raise self._broken(events.broken)
            if not events.ended:
                raise self._cut(BROKE_OFF)
        except HttpError as error:
            # What follows the reason for the end is only the count of tokens.
            if not events.ended:
                raise self._lost(error) from error
        finally:
            # Read to its end it has already given its connection back; else the provider is to notice.
            self._response.close()

    def _lost(self, error: BaseException) -> UpstreamFailed:
        return self._cut("sent nothing for too long" if isinstance(error, TimeoutError) else BROKE_OFF)

    def _broken(self, said: Json) -> NisError:
        """The failure that a provider reports within a stream, as if it had been its answer."""
        error: Any = said["error"]  # Any: JSON
        given = cast("Json", error) if isinstance(error, dict) else {}
        code = given.get("code")
        status = STATUSES.get(str(given.get("type")), HTTPStatus.INTERNAL_SERVER_ERROR)
        if isinstance(code, int) and HTTPStatus.BAD_REQUEST <= code < 600:  # noqa: PLR2004 - the end of HTTP's
            status = code
        failure = self._driver.refusal(status, {}, to_json(said), self._target.model)
        failure.sent = "maybe"
        return failure

    def _cut(self, what: str) -> UpstreamFailed:
        return UpstreamFailed(f"{self._target.id} {what}.", remedy="Try again, or choose another model.")

    async def _none(self) -> AsyncGenerator[bytes, None]:
        return
        yield
