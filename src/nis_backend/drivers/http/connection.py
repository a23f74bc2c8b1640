"""One connection, kept from one request to the next."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import httptools
from typing_extensions import override

from nis_backend.drivers.http.base import Lost, Silent, Strange
from nis_backend.drivers.http.response import Incoming

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.http.base import HttpError

LONGEST_HEAD = 65_536
"""Bytes of a response's head."""
TOGETHER = 65_536
"""Bytes of a request that go out in one write with its head."""
BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
NEVER = float("inf")


class Connection(asyncio.Protocol):
    """Sends one request at a time; `free` is called when the next may follow, `gone` when none may."""

    def __init__(self, free: Callable[[Connection], None], gone: Callable[[Connection], None]) -> None:
        self._free = free
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._response: Incoming | None = None
        self._head = 0
        self._interim = self._to_end = self._held = self._full = False
        self._silence = NEVER
        self._until = NEVER
        """When what is waited for is late."""
        self._timer: asyncio.TimerHandle | None = None
        self.since = 0.0
        """When it was last of use."""

    # -- asking --------------------------------------------------------------------------------------------------------

    async def ask(self, head: bytes, data: bytes, silence: float) -> Incoming:
        """Send a request, and answer with its response once the head of that is there.

        Raises:
            HttpError: there is none.
        """
        if self._transport.is_closing():
            raise Lost("the server closed the connection at once")
        response = self._response = Incoming(self)
        self._head, self._to_end, self._silence = 0, True, silence
        if len(data) <= TOGETHER:
            self._transport.write(head + data)
        else:
            self._transport.write(head)
            self._transport.write(data)
        self._listen()
        try:
            await response.head()
        except BaseException:
            self.abort()
            raise
        return response

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        return self._response is None and not self._transport.is_closing()

    def abort(self) -> None:
        """Break it off."""
        self._transport.abort()

    # -- silence -------------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Wait so long for the next piece, unless it is we who make the server wait.

        A timer is set anew only when it would come too late: most requests are over long before, and leave it.
        """
        if self._held or self._full:
            self._until = NEVER
            return
        self._until = self._loop.time() + self._silence
        if self._timer is not None and self._timer.when() > self._until:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._until, self._late)

    def _late(self) -> None:
        self._timer = None
        if self._response is None or self._until == NEVER:
            return
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._late)
            return
        self._fail(Silent(f"nothing came for {self._silence:g} s"))

    def hold(self) -> None:
        """Have the server wait: nobody reads what it sends."""
        if not self._held and not self._transport.is_closing():
            self._held = True
            self._until = NEVER
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Have it go on."""
        if self._held and not self._transport.is_closing():
            self._held = False
            self._transport.resume_reading()
            self._listen()

    def _fail(self, error: HttpError) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.fail(error)
        self.abort()

    # -- what the transport tells --------------------------------------------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        response = self._response
        if response is None:
            # Nobody has asked for it.
            self.abort()
            return
        if not self._held:
            self._until = self._loop.time() + self._silence
        try:
            if not response.begun:
                self._head += len(data)
            self._parser.feed_data(data)
            if not response.begun and self._head > LONGEST_HEAD:
                raise Strange("a head that does not end")  # noqa: TRY301 - as the parser's own
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, Strange) as error:
            strange = error if isinstance(error, Strange) else error.__context__
            told = strange if isinstance(strange, Strange) else Strange(f"what is no HTTP: {type(error).__name__}")
            self._fail(told)

    @override
    def eof_received(self) -> None:
        """Nothing: the transport closes itself, and says so."""

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        response, self._response = self._response, None
        if response is not None:
            if response.begun and self._to_end and exc is None:
                response.finish()
            else:
                response.fail(Lost("the connection broke off"))
        self._gone(self)

    @override
    def pause_writing(self) -> None:
        self._full = True
        self._until = NEVER

    @override
    def resume_writing(self) -> None:
        self._full = False
        if self._response is not None:
            self._listen()

    # -- what the parser tells -----------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Another response: one that nobody has asked for ends the connection."""
        if self._response is None:
            self.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header of the response."""
        response = self._response
        # One after the body says nothing that is asked for.
        if response is None or response.begun:
            return
        key, said = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        before = response.headers.get(key)
        response.headers[key] = said if before is None else f"{before}, {said}"
        if key in ("content-length", "transfer-encoding"):
            self._to_end = False

    def on_headers_complete(self) -> None:
        """The head is there; one that only says that more is to come is none."""
        response, status = self._response, self._parser.get_status_code()
        if response is None:
            return
        self._interim = status < HTTPStatus.OK
        if self._interim:
            if status == HTTPStatus.SWITCHING_PROTOCOLS:
                raise Strange("another protocol")
            response.headers.clear()
            self._to_end = True
            return
        self._to_end = self._to_end and status not in BODILESS
        response.begin(status)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._response is not None:
            self._response.feed(body)

    def on_message_complete(self) -> None:
        """All of it is there: the next request may follow, where both sides keep the connection."""
        response = self._response
        if response is None or self._interim:
            return
        self._response = None
        keeps = self._parser.should_keep_alive() and not self._to_end
        # What was answered before it was sent whole is followed by nothing.
        unsent = self._full or self._transport.get_write_buffer_size() > 0
        self.go_on()
        self._until = NEVER
        response.finish()
        if keeps and not unsent:
            self.since = self._loop.time()
            self._free(self)
        else:
            self._transport.close()
