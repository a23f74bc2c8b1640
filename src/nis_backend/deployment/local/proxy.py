"""The load balancer in front of the tasks: what an ALB does with a request, a stream and a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.deployment.local.balance import Balance, Connection, Member, connect, keep
from nis_backend.deployment.local.wire import (
    HEAD_BYTES,
    PIECE,
    Broken,
    Head,
    Length,
    check_request,
    pieces,
    read_head,
    request_length,
    response_length,
)

if TYPE_CHECKING:
    from collections.abc import Callable

COOKIE = b"NISLB"
"""Names the task that answered, as AWSALB does."""
CLOCK_SECONDS = 0.001
"""What a timer may come early."""
CONTINUE, SWITCHED, OK, ERROR, ABSENT = 100, 101, 200, 500, 503
CONNECT_SECONDS = 10.0
"""An ALB waits as long for a target's connection (AWS: "Troubleshoot your Application Load Balancers", HTTP 504)."""
PART_SECONDS = 2.0
"""How long who was answered may still send; nginx's lingering_timeout is 5 s."""
_HOP = (b"connection", b"keep-alive", b"proxy-connection", b"te")
_WISH = re.compile(rb"(?:^|;\s*)" + COOKIE + rb"=([A-Za-z0-9-]+)")
_REASONS = {
    400: b"Bad Request",
    431: b"Request Header Fields Too Large",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
    504: b"Gateway Timeout",
}


class Calling(asyncio.StreamReaderProtocol):
    """A caller's connection, which tells when it is lost.

    The end of what a caller sends is no sign of it: who closes one half waits for the answer on the other. Who closed
    both is known by the first byte of the answer, which its kernel refuses.
    """

    lost: Callable[[], None] | None = None

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.lost is not None:
            self.lost()


class Watch:
    """Ends what has been silent for too long: bytes in either direction count."""

    def __init__(self, seconds: float, end: Callable[[], None]) -> None:
        self._seconds = seconds
        self._end = end
        self._last = time.monotonic()
        self.over = False
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def heard(self) -> None:
        """Something came."""
        self._last = time.monotonic()

    def stop(self) -> None:
        """Watch no more."""
        self._timer.cancel()

    def _look(self) -> None:
        left = self._last + self._seconds - time.monotonic()
        if left > CLOCK_SECONDS:
            self._timer = asyncio.get_running_loop().call_later(left, self._look)
            return
        self.over = True
        self._end()


class Proxy:
    """Listens, and passes on to whose turn it is."""

    def __init__(self, balance: Balance) -> None:
        self._balance = balance
        self.idle_seconds = 60.0
        """An ALB's own."""
        self.sticky_seconds = 0.0
        self._server: asyncio.Server | None = None
        self._callers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._closed = False
        self.port = 0

    async def listen(self, port: int) -> int:
        """Take callers at this port, and no new ones at another; answers the port, a free one for 0.

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()

        def protocol() -> Calling:
            return Calling(asyncio.StreamReader(limit=HEAD_BYTES), self._begin)

        server = await loop.create_server(protocol, "127.0.0.1", port, backlog=1024)
        before, self._server = self._server, server
        self.port = self._server.sockets[0].getsockname()[1]
        if before is not None:
            await _end(before)
        return self.port

    async def close(self) -> None:
        """Take nobody new, and leave those who are there: what is on its way to them has a moment more."""
        self._closed = True
        if self._server is not None:
            await _end(self._server)
        callers = dict(self._callers)
        for one in callers:
            one.cancel()
        if callers:
            await asyncio.wait(callers, timeout=PART_SECONDS)
        for one, writer in callers.items():
            # Who came just now was served by nobody, and is left as well.
            writer.close()
            if not one.done():
                writer.transport.abort()
        await asyncio.gather(*callers, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closed:
            # It was accepted before, and is told of after.
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._callers[task] = writer
        task.add_done_callback(self._callers.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = Caller(reader, writer)
        try:
            with contextlib.suppress(OSError, Broken):
                while await self._next(caller):
                    pass
                await caller.part()
        finally:
            writer.close()
            try:
                async with asyncio.timeout(self.idle_seconds):
                    await writer.wait_closed()
            except TimeoutError:
                # Who takes nothing any more would keep it open for ever.
                writer.transport.abort()
            except OSError:
                pass

    async def _next(self, caller: Caller) -> bool:
        """One request; whether the connection may have another."""
        try:
            async with asyncio.timeout(self.idle_seconds):
                head = await read_head(caller.reader)
            if head is None:
                return False
            check_request(head)
            length = request_length(head)
        except TimeoutError:
            return False
        except Broken as error:
            caller.refuse(431 if "too long" in str(error) else 400)
            await caller.writer.drain()
            return False
        counts = self._balance.counts
        counts.requests += 1
        try:
            return await self._pass_on(caller, head, length)
        except Failed as failed:
            # What a caller did is not held against the tasks: the alarm would be anybody's to ring.
            counts.errors += failed.status >= ERROR
            counts.own += failed.status >= ERROR
            counts.absent += failed.status == ABSENT
            caller.refuse(failed.status)
            await caller.writer.drain()
            return False

    async def _pass_on(self, caller: Caller, head: Head, length: Length) -> bool:
        wish = next((found[1].decode() for one in head.all(b"cookie") if (found := _WISH.search(one))), "")
        tried: list[str] = []
        while True:
            member = self._balance.choose(wish if self.sticky_seconds else "", tried)
            if member is None:
                # ALB: 503 where no target is registered, 502 where the one asked takes no connection.
                raise Failed(502 if tried else ABSENT)
            member.under_way += 1
            try:
                try:
                    async with asyncio.timeout(CONNECT_SECONDS):
                        connection = await connect(member)
                except OSError:
                    # Nothing of the request was sent: another task may have it. (A time-out is an OSError too.)
                    tried.append(member.id)
                    continue
                exchange = Exchange(caller, member, connection, self._balance, self.idle_seconds)
                return await exchange.run(head, length, self._forwarded(caller, head), self._cookie(member, wish))
            finally:
                member.under_way -= 1
                member.left.set()

    def _forwarded(self, caller: Caller, head: Head) -> list[tuple[bytes, bytes]]:
        before = b", ".join(head.all(b"x-forwarded-for"))
        return [
            (b"X-Forwarded-For", before + b", " + caller.address if before else caller.address),
            (b"X-Forwarded-Proto", b"http"),
            (b"X-Forwarded-Port", str(self.port).encode()),
        ]

    def _cookie(self, member: Member, wish: str) -> list[tuple[bytes, bytes]]:
        if not self.sticky_seconds or member.id == wish:
            return []
        value = COOKIE + b"=" + member.id.encode() + b"; Path=/; HttpOnly; Max-Age=%d" % self.sticky_seconds
        return [(b"Set-Cookie", value)]


async def _end(server: asyncio.Server) -> None:
    """Close a listener, and none of those who came before.

    asyncio accepts in one turn of the loop, and makes a transport of it in the next. Where `Server.close` comes in
    between, an assertion of its own fails unheard, and the socket is left open. (Python 3.11; uvloop does not.)
    """
    for one in server.sockets:
        server.get_loop().remove_reader(one.fileno())
    await asyncio.sleep(0)
    server.close()


class Failed(Exception):
    """No task answered."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Caller:
    """Who is connected."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        peer = writer.get_extra_info("peername")
        self.address = str(peer[0] if peer else "unknown").encode()

    async def part(self) -> None:
        """End the sending half first, and let what still comes in go by.

        A close with bytes unread is a reset, which takes the answer from a caller whose upload was refused.
        """
        if self.writer.is_closing() or self.reader.at_eof():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PART_SECONDS):
                await self.writer.drain()
                self.writer.write_eof()
                while await self.reader.read(PIECE):
                    pass

    def refuse(self, status: int) -> None:
        """Answer without a task, as an ALB does: a line, no more."""
        text = b"%d %s\n" % (status, _REASONS[status])
        head = b"HTTP/1.1 %d %s\r\nServer: nis-local\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
        self.writer.write(head % (status, _REASONS[status], len(text)) + b"Connection: close\r\n\r\n" + text)


class Exchange:
    """A request and its answer between a caller and a task."""

    def __init__(self, caller: Caller, member: Member, connection: Connection, balance: Balance, idle: float) -> None:
        self._caller = caller
        self._member = member
        self._task = connection
        self._counts = balance.counts
        self._watch = Watch(idle, self._give_up)
        self._begun = False
        """Whether the caller has got anything of the answer."""
        self._broke_off = False
        """Whether the caller's body ended early, or was none."""

    def _give_up(self) -> None:
        self._task[1].transport.abort()
        if self._begun:
            # It may be the caller who takes nothing, and whom the next piece waits for.
            self._caller.writer.transport.abort()

    async def run(
        self, head: Head, length: Length, forwarded: list[tuple[bytes, bytes]], cookie: list[tuple[bytes, bytes]]
    ) -> bool:
        """Pass both ways; whether the caller's connection may have another request.

        Raises:
            Failed: the task gave no answer.
        """
        _, writer = self._task
        # Whose bytes after the head would be whose, where there is a body?
        upgrade = head.has(b"connection", b"upgrade") and length == 0
        out = (*((b"keep-alive", b"proxy-connection", b"te") if upgrade else _HOP), *(n.lower() for n, _ in forwarded))
        writer.write(head.written(out, forwarded))
        body = None if length == 0 else asyncio.create_task(self._send(length))
        calling = self._caller.writer.transport.get_protocol()
        if isinstance(calling, Calling):
            # Who is gone wants no answer, and the task may stop making it.
            calling.lost = writer.transport.abort
        whole = False
        try:
            answer = await self._answer(head, upgrade=upgrade)
            if answer.status == SWITCHED:
                await self._tunnel(answer)
                return False
            whole = await self._receive(answer, head, cookie, done=body is None or body.done)
        except (Broken, OSError, ValueError):
            gone = self._caller.writer.is_closing() and not self._watch.over
            if self._begun or gone:
                self._counts.cut += not gone
                self._caller.writer.transport.abort()
                return False
            raise Failed(400 if self._broke_off else 504 if self._watch.over else 502) from None
        finally:
            self._watch.stop()
            if isinstance(calling, Calling):
                calling.lost = None
            if body is not None:
                body.cancel()
                # It reads from the caller, and two cannot.
                await asyncio.gather(body, return_exceptions=True)
            if whole and not upgrade:
                keep(self._member, self._task)
            else:
                writer.close()
        wants = not head.has(b"connection", b"close") and head.first.endswith(b"HTTP/1.1")
        return whole and wants

    async def _send(self, length: Length) -> None:
        """The request's body."""
        _, writer = self._task
        try:
            async for piece in pieces(self._caller.reader, length):
                self._watch.heard()
                writer.write(piece)
                await writer.drain()
        except Broken:
            # The caller has left within its request, or sends no body.
            self._broke_off = True
            writer.transport.abort()
        except OSError:
            # The task reads no further; it may have answered nevertheless.
            pass

    async def _answer(self, head: Head, *, upgrade: bool) -> Head:
        """The head of the answer; what goes before it (100, 103) is passed on."""
        while True:
            answer = await read_head(self._task[0])
            if answer is None:
                raise Broken("it closed without an answer")
            self._watch.heard()
            if not answer.first.startswith(b"HTTP/1."):
                raise Broken("it answers in another protocol")
            if answer.status == SWITCHED and not upgrade:
                raise Broken("it switches without having been asked")
            if not CONTINUE <= answer.status < OK or answer.status == SWITCHED:
                return answer
            if head.first.endswith(b"HTTP/1.1"):
                self._caller.writer.write(answer.written((), ()))

    async def _receive(
        self, answer: Head, head: Head, cookie: list[tuple[bytes, bytes]], *, done: Callable[[], bool] | bool
    ) -> bool:
        """The answer; whether both connections can go on after it."""
        length, old = response_length(answer, head.method), not head.first.endswith(b"HTTP/1.1")
        closes = length == "to the end" or head.has(b"connection", b"close") or old
        # HTTP/1.0 knows no chunks: its end is that of the connection.
        bare = old and length == "chunked"
        more = [*cookie, *([(b"Connection", b"close")] if closes else [])]
        writer = self._caller.writer
        writer.write(answer.written((*_HOP, b"transfer-encoding") if bare else _HOP, more))
        self._begun = True
        self._counts.errors += answer.status >= ERROR
        async for piece in pieces(self._task[0], length, bare=bare):
            self._watch.heard()
            writer.write(piece)
            await writer.drain()
        await writer.drain()
        sent = done if isinstance(done, bool) else done()
        return sent and length != "to the end" and not answer.has(b"connection", b"close")

    async def _tunnel(self, answer: Head) -> None:
        """Whatever comes, either way, until one side closes."""
        (reader, writer), caller = self._task, self._caller
        caller.writer.write(answer.written((), ()))
        ways = [
            asyncio.create_task(self._flow(reader, caller.writer)),
            asyncio.create_task(self._flow(caller.reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _flow(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(PIECE):
                self._watch.heard()
                to.write(piece)
                await to.drain()
