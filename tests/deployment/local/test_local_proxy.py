"""What the proxy does with each request: the promises of a load balancer, on sockets of this machine."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from ports import free_port

from nis_backend.deployment.local import proxy as proxy_module
from nis_backend.deployment.local.balance import Balance
from nis_backend.deployment.local.proxy import Proxy

PATIENCE = 20.0
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Place:
    """A proxy, and servers behind it."""

    def __init__(self) -> None:
        self.balance = Balance()
        self.proxy = Proxy(self.balance)
        self.heads: list[bytes] = []
        self._servers: list[asyncio.Server] = []

    async def add(self, name: str, answer: Answer) -> None:
        """A task that answers so, after each head."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                    await answer(reader, writer)
                    await writer.drain()
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self._servers.append(server)
        self.balance.register(name, server.sockets[0].getsockname()[1], healthy=True)

    async def ask(self, text: bytes) -> bytes:
        """All that comes back until the connection is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        writer.write(text)
        answer = await reader.read(-1)
        writer.close()
        return answer

    async def close(self) -> None:
        """End it all."""
        await self.proxy.close()
        for one in self.balance.members.copy():
            self.balance.forget(one)
        for server in self._servers:
            server.close()


@asynccontextmanager
async def place() -> AsyncGenerator[Place]:
    """One, for so long as a test may take."""
    one = Place()
    await one.proxy.listen(0)
    try:
        async with asyncio.timeout(PATIENCE):
            yield one
    finally:
        await one.close()


def run(body: Callable[[Place], Awaitable[None]]) -> None:
    """The test in a loop of its own."""

    async def whole() -> None:
        async with place() as one:
            await body(one)

    asyncio.run(whole())


async def says_ok(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A short answer."""
    writer.write(WHOLE)


def request(*more: bytes, path: bytes = b"/", close: bool = True) -> bytes:
    """A GET."""
    last = [b"Connection: close"] if close else []
    return b"\r\n".join([b"GET " + path + b" HTTP/1.1", b"Host: nis.example", *more, *last, b"", b""])


def test_a_task_hears_the_callers_host_and_where_it_comes_from() -> None:
    """X-Forwarded-For goes on where one was; what is between two neighbours alone is not passed on."""

    async def body(one: Place) -> None:
        await one.add("a", says_ok)
        answer = await one.ask(request(b"X-Forwarded-For: 10.0.0.1", b"Keep-Alive: 5"))
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        head = one.heads[0].lower()
        assert b"host: nis.example" in head
        assert b"x-forwarded-for: 10.0.0.1, 127.0.0.1\r\n" in head
        assert b"x-forwarded-proto: http\r\n" in head
        assert b"keep-alive" not in head
        assert b"connection" not in head

    run(body)


def test_requests_take_turns_over_one_connection_and_a_cookie_keeps_a_caller_where_it_was() -> None:
    """Round robin, as an ALB's; the cookie only while its task is healthy."""

    async def body(one: Place) -> None:
        for name in ("a", "b"):

            async def named(_: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str = name) -> None:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + name.encode())

            await one.add(name, named)
        answers = await one.ask(request(close=False) * 3 + request())
        assert sorted(answers.split(b"\r\n\r\n")[n][:1] for n in (1, 2, 3, 4)) == [b"a", b"a", b"b", b"b"]
        assert b"Set-Cookie" not in answers
        one.proxy.sticky_seconds = 60
        assert b"Set-Cookie: NISLB=" in await one.ask(request())
        for _ in range(3):
            assert (await one.ask(request(b"Cookie: x=1; NISLB=b"))).endswith(b"b")
        one.balance.mark("b", healthy=False)
        assert (await one.ask(request(b"Cookie: NISLB=b"))).endswith(b"a")

    run(body)


def test_pieces_of_a_stream_are_passed_on_as_they_come() -> None:
    """A token of a model is not held back for the next."""

    async def body(one: Place) -> None:
        more = asyncio.Event()

        async def streams(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            await writer.drain()
            await more.wait()
            writer.write(b"4\r\nlast\r\n0\r\n\r\n")

        await one.add("a", streams)
        reader, writer = await asyncio.open_connection("127.0.0.1", one.proxy.port)
        writer.write(request(close=False))
        assert await reader.readuntil(b"5\r\nfirst\r\n")
        more.set()
        assert await reader.readuntil(b"0\r\n\r\n") == b"4\r\nlast\r\n0\r\n\r\n"
        # The connection may have another.
        writer.write(request())
        assert b"first" in await reader.read(-1)
        writer.close()

    run(body)


def test_a_body_reaches_the_task_also_where_it_comes_in_chunks() -> None:
    """Megabytes, read by nobody but the task."""

    async def body(one: Place) -> None:
        got = bytearray()

        async def reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while not got.endswith(b"0\r\n\r\n"):
                got.extend(await reader.read(65_536))
            writer.write(WHOLE)

        await one.add("a", reads)
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        head = b"POST / HTTP/1.1\r\nHost: nis\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        assert (await one.ask(head + chunk * 40 + b"0\r\n\r\n")).endswith(b"ok")
        assert bytes(got) == chunk * 40 + b"0\r\n\r\n"

    run(body)


def test_a_request_that_was_not_sent_goes_to_another_task_and_one_that_was_does_not() -> None:
    """A task that takes no connection is passed over; what a dying task may have done is not done twice."""

    async def body(one: Place) -> None:
        await one.add("good", says_ok)
        one.balance.register("away", free_port(), healthy=True)
        for _ in range(4):
            assert (await one.ask(request())).startswith(b"HTTP/1.1 200")
        one.balance.forget("good")
        one.balance.forget("away")
        assert (await one.ask(request())).startswith(b"HTTP/1.1 503")

        async def dies(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        await one.add("dies", dies)
        one.heads.clear()
        assert (await one.ask(request())).startswith(b"HTTP/1.1 502")
        assert len(one.heads) == 1
        assert (one.balance.counts.errors, one.balance.counts.own) == (2, 2)

    run(body)


def test_a_silent_task_is_given_up_and_a_silent_socket_is_closed() -> None:
    """504 before the first byte; after it the connection is cut, which a caller can tell from an end."""

    async def body(one: Place) -> None:
        one.proxy.idle_seconds = 0.05
        silent = asyncio.Event()

        async def waits(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if b"Upgrade" in one.heads[-1]:
                writer.write(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello"
                )
                await writer.drain()
            await silent.wait()

        await one.add("a", waits)
        assert (await one.ask(request())).startswith(b"HTTP/1.1 504")
        upgrade = request(b"Upgrade: websocket", b"Connection: Upgrade", close=False)
        assert (await one.ask(upgrade)).endswith(b"hello")
        # A caller's own silence between two requests: it is closed without a word.
        assert (await one.ask(b"")) == b""

    run(body)


def test_whoever_drains_gets_nothing_new_and_is_waited_for() -> None:
    """A request under way is finished; how many are left when the time is over is told."""

    async def body(one: Place) -> None:
        finish, there = asyncio.Event(), asyncio.Event()

        async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there.set()
            await finish.wait()
            writer.write(WHOLE)

        await one.add("old", slow)
        under_way = asyncio.create_task(one.ask(request()))
        await there.wait()
        assert await one.balance.deregister("old", 0.01) == 1
        draining = asyncio.create_task(one.balance.deregister("old", PATIENCE))
        await one.add("new", says_ok)
        assert (await one.ask(request())).endswith(b"ok")
        assert not draining.done()
        finish.set()
        assert (await under_way).endswith(b"ok")
        assert await draining == 0

    run(body)


@pytest.mark.parametrize(
    "text",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\nc: d\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
        b"GET /\nTransfer-Encoding:chunked HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_two_readers_could_read_in_two_ways_reaches_no_task(text: bytes) -> None:
    """RFC 9112: or a caller could smuggle a request into another's connection."""

    async def body(one: Place) -> None:
        await one.add("a", says_ok)
        assert (await one.ask(text)).startswith(b"HTTP/1.1 400")
        assert one.heads == []

    run(body)


@pytest.mark.parametrize(
    "body",
    [
        b"5\n\r\nhello\r\n0\r\n\r\n",
        b"5;a\nb\r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\nA: b\n\nGET / HTTP/1.1\r\n\r\n",
        b"10001\r\n" + b"x" * 65_537 + b"yz0\r\n\r\n",
    ],
)
def test_chunks_that_two_readers_could_read_in_two_ways_are_the_callers_fault(body: bytes) -> None:
    """400, and not counted against the tasks: the alarm, which takes a deploy back, is not for anybody to ring."""

    async def whole(one: Place) -> None:
        async def reads(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            await reader.read(-1)

        await one.add("a", reads)
        head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert (await one.ask(head + body)).startswith(b"HTTP/1.1 400")
        assert (one.balance.counts.errors, one.balance.counts.own) == (0, 0)

    run(whole)


def test_a_caller_who_closes_its_half_gets_the_answer_and_one_who_is_gone_is_not_worked_for() -> None:
    """RFC 9112, 9.6: the end of what is sent is not the end of who sent it. Both halves closed shows at the answer."""

    async def body(one: Place) -> None:
        asked, go, noticed = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def streams(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.set()
            await go.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
            if b"/long" not in one.heads[-1]:
                writer.write(b"0\r\n\r\n")
                return
            try:
                while not reader.at_eof():
                    writer.write(b"1\r\nx\r\n")
                    await writer.drain()
                    await asyncio.sleep(0)
            finally:
                noticed.set()

        await one.add("a", streams)
        reader, writer = await asyncio.open_connection("127.0.0.1", one.proxy.port)
        writer.write(request(close=False))
        writer.write_eof()
        await asked.wait()
        go.set()
        assert (await reader.read(-1)).endswith(b"2\r\nok\r\n0\r\n\r\n")
        writer.close()
        asked.clear()
        go.clear()
        _, writer = await asyncio.open_connection("127.0.0.1", one.proxy.port)
        writer.write(request(path=b"/long"))
        await asked.wait()
        writer.close()
        go.set()
        await noticed.wait()
        while one.balance.members["a"].under_way:
            one.balance.members["a"].left.clear()
            await one.balance.members["a"].left.wait()
        assert one.balance.counts.cut == one.balance.counts.errors == 0

    run(body)


def test_an_answer_in_chunks_is_none_to_a_caller_of_http_1_0() -> None:
    """It would take their lengths for words; the end is that of the connection."""

    async def body(one: Place) -> None:
        async def streams(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
            writer.write(b"10001\r\n" + b"x" * 65_537 + b"\r\n0\r\n\r\n")

        await one.add("a", streams)
        head, _, text = (await one.ask(b"GET / HTTP/1.0\r\n\r\n")).partition(b"\r\n\r\n")
        assert b"ransfer" not in head
        assert text == b"ok" + b"x" * 65_537

    run(body)


def test_an_upload_that_is_refused_early_hears_why_and_one_who_takes_no_answer_is_let_go() -> None:
    """A close over bytes unread would reset the answer away; a slow reader would hold a task for ever."""

    async def body(one: Place) -> None:
        async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if b"/much" in one.heads[-1]:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 50_000_000)
            else:
                writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
                while await reader.read(65_536):
                    pass

        await one.add("a", answers)
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n"
        assert (await one.ask(head + b"x" * 10_000_000)).startswith(b"HTTP/1.1 413")
        one.proxy.idle_seconds = 0.1
        _, writer = await asyncio.open_connection("127.0.0.1", one.proxy.port, limit=1024)
        writer.write(request(path=b"/much"))
        member = one.balance.members["a"]
        await member.left.wait()
        while member.under_way or len(one.heads) == 1:
            member.left.clear()
            await member.left.wait()
        writer.close()

    run(body)


@pytest.mark.parametrize("body", [b"", b"hello"])
def test_a_protocol_is_changed_only_where_that_was_asked_for_and_no_body_is_in_between(body: bytes) -> None:
    """What follows would else be read as a request by one, and as a frame by the other."""

    async def whole(one: Place) -> None:
        async def switches(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")

        await one.add("a", switches)
        asked = [b"Upgrade: websocket", b"Connection: Upgrade", b"Content-Length: 5"] if body else []
        assert (await one.ask(request(*asked) + body)).startswith(b"HTTP/1.1 502")
        assert b"Connection: Upgrade" not in one.heads[0]

    run(whole)


def test_where_none_is_healthy_those_that_were_are_asked_and_those_that_never_were_are_not() -> None:
    """An ALB fails open: slow health checks of a busy machine shut nobody out."""

    async def body(one: Place) -> None:
        await one.add("a", says_ok)
        one.balance.mark("a", healthy=False)
        one.balance.register("new", free_port(), healthy=False)
        for _ in range(3):
            assert (await one.ask(request())).startswith(b"HTTP/1.1 200")

    run(body)


def test_who_came_just_before_the_end_is_left_too() -> None:
    """Promise of close: a connection that nobody has begun to serve is closed, and not forgotten."""

    async def body(one: Place) -> None:
        came = asyncio.Event()
        begin = one.proxy._begin  # pyright: ignore[reportPrivateUsage]

        def begun(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            begin(reader, writer)
            closing.append(asyncio.create_task(one.proxy.close()))
            came.set()

        closing: list[asyncio.Task[None]] = []
        one.proxy._begin = begun  # pyright: ignore[reportPrivateUsage]
        await one.proxy.listen(0)
        reader, writer = await asyncio.open_connection("127.0.0.1", one.proxy.port)
        await came.wait()
        assert await reader.read(-1) == b""
        writer.close()

    run(body)


@pytest.mark.parametrize("turns", range(6))
def test_who_is_accepted_while_the_listener_is_closed_is_left_too(turns: int) -> None:
    """Promise of close, in each turn of the loop: asyncio itself forgets who it accepted in the one before."""

    async def whole() -> bytes:
        proxy = Proxy(Balance())
        await proxy.listen(0)
        with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as caller:
            for _ in range(turns):
                await asyncio.sleep(0)
            await proxy.close()
            return await asyncio.to_thread(ended, caller)

    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always")
        assert asyncio.run(whole()) == b""
        gc.collect()
    assert [str(one.message) for one in left] == []


def ended(caller: socket.socket) -> bytes:
    """What comes until the end; a connection that the kernel had and nobody accepted is reset."""
    try:
        return caller.recv(1)
    except ConnectionResetError:
        return b""


def test_an_end_waits_a_moment_for_who_takes_nothing_and_leaves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise of close: bytes that nobody takes keep no connection open, and no caller keeps the end waiting."""
    monkeypatch.setattr(proxy_module, "PART_SECONDS", 0.01)

    async def body(one: Place) -> None:
        async def answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 50_000_000)

        await one.add("a", answers)
        reader, writer = await asyncio.open_connection("127.0.0.1", one.proxy.port, limit=1024)
        writer.write(request())
        await reader.readexactly(1)
        await one.proxy.close()
        assert one.balance.members["a"].under_way == 0
        writer.close()

    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always")
        run(body)
        gc.collect()
    assert [str(one.message) for one in left] == []
