"""The HTTP client against a server that writes what a test tells it to, byte for byte, on both loops."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from nis_backend.drivers.http.base import HttpError, Lost, NoAddress, Silent, Unreachable
from nis_backend.drivers.http.client import Http

PATIENT = 20.0
"""Seconds: what is waited for comes long before."""
OK = b"HTTP/1.1 200 OK\r\n"
WHOLE = OK + b"content-length: 5\r\n\r\nwords"

CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUSOOx871G+BJ+79Au0fq/4rm/sMUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjAyMzAyOFoYDzIxMjYxMTAy
MDIzMDI4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARE83Jk8aGIjIH/elR58D280alNWtHrpnx9oam6jKbEQnfwqY8zUN2s
7GjYxiE6Xw0d3b9mr/nZf+Zhpi7K/A15o28wbTAdBgNVHQ4EFgQUx4e6wG4sA3ei
GgZXub25qXXNXTgwHwYDVR0jBBgwFoAUx4e6wG4sA3eiGgZXub25qXXNXTgwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAMKvuVqA3VppOxkE6mvqFSLXzhfedI/aTwQ8BR67qUoBAiA0
Umb1jhKp2jYpDCJoUxbztjy6ZaFdgSVEZqHwfKtLMA==
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnHFgBgShj+QUBh/K
dwPJl8mAaoaCgCgPI+qRNUFlKVWhRANCAARE83Jk8aGIjIH/elR58D280alNWtHr
pnx9oam6jKbEQnfwqY8zUN2s7GjYxiE6Xw0d3b9mr/nZf+Zhpi7K/A15
-----END PRIVATE KEY-----
"""
"""Of localhost, by itself, for a hundred years; it guards nothing."""


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Runs a test's body on a loop, at most a minute."""
    return lambda body: request.param(asyncio.wait_for(body, 60))


class Talk:
    """One connection as its server has it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.heads: list[str] = []
        self.bodies: list[bytes] = []

    async def heard(self) -> None:
        """Read one request."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        length = next((line[15:] for line in head.lower().split("\r\n") if line.startswith("content-length:")), "0")
        self.bodies.append(await self.reader.readexactly(int(length)))

    async def say(self, *pieces: bytes) -> None:
        """Write, each piece by itself."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def left(self) -> None:
        """Return when the other side has ended the connection."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            return


class Told:
    """Where a server is, and its connections."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.talks: list[Talk] = []


@asynccontextmanager
async def serving(
    script: Callable[[Talk], Coroutine[Any, Any, None]], trust: ssl.SSLContext | None = None
) -> AsyncGenerator[tuple[Http, Told]]:
    """A server that carries out the script on each connection, and a client."""
    told, http, tasks = Told(""), Http(), set[asyncio.Task[Any] | None]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        one = Talk(reader, writer)
        told.talks.append(one)
        try:
            await script(one)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=trust)
    port = server.sockets[0].getsockname()[1]
    told.url = f"{'https' if trust else 'http'}://127.0.0.1:{port}/v1"
    try:
        yield http, told
    finally:
        await http.close()
        server.close()
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)


def saying(*pieces: bytes, times: int = 1, then_leave: bool = True) -> Callable[[Talk], Coroutine[Any, Any, None]]:
    """A script: answer so many requests so, then end the connection, or wait."""

    async def script(talk: Talk) -> None:
        for _ in range(times):
            await talk.heard()
            await talk.say(*pieces)
        if not then_leave:
            await talk.left()

    return script


async def until(holds: Callable[[], bool]) -> None:
    """Return when it is so."""
    async with asyncio.timeout(PATIENT):
        while not holds():  # noqa: ASYNC110 - the other side of a socket sets no event here
            await asyncio.sleep(0.001)


async def asked(http: Http, told: Told, data: bytes = b"{}", silence: float = PATIENT) -> tuple[int, bytes]:
    """The status and all of the body."""
    response = await http.request("POST", told.url, {}, data, silence=silence)
    try:
        return response.status, b"".join([piece async for piece in response.iter_any()])
    finally:
        response.close()


Run = Callable[[Coroutine[Any, Any, None]], None]


def deflated(words: bytes, form: int) -> bytes:
    """Compressed in one of zlib's forms."""
    work = zlib.compressobj(wbits=form)
    return work.compress(words) + work.flush()


def framed(body: bytes, *headers: bytes) -> bytes:
    """A whole answer."""
    return OK + b"".join(one + b"\r\n" for one in headers) + b"content-length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([WHOLE], b"words"),
        ([bytes([one]) for one in WHOLE], b"words"),
        ([OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nwor\r\n", b"2;x=y\r\nds\r\n0\r\ntrailer: t\r\n\r\n"], b"words"),
        ([OK + b"\r\nwor", b"ds"], b"words"),
        ([b"HTTP/1.0 200 OK\r\n\r\nwords"], b"words"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n" + WHOLE], b"words"),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b""),
        ([framed(gzip.compress(b"words"), b"Content-Encoding: gzip")], b"words"),
        ([framed(deflated(b"words", 15), b"content-encoding: deflate")], b"words"),
        ([framed(deflated(b"words", -15), b"content-encoding: deflate")], b"words"),
        ([framed(gzip.compress(b"words" * 10**6), b"content-encoding: gzip")], b"words" * 10**6),
    ],
    ids=["length", "bytes", "chunks", "to the end", "1.0", "interim", "none", "gzip", "zlib", "raw", "large"],
)
def test_a_body_is_read_however_it_is_framed(run: Run, pieces: Sequence[bytes], body: bytes) -> None:
    """RFC 9112's framings, and RFC 9110's codings that are asked for."""

    async def test() -> None:
        async with serving(saying(*pieces)) as (http, told):
            assert (await asked(http, told))[1] == body

    run(test())


def test_who_wants_bytes_as_they_are_gets_them_so(run: Run) -> None:
    """What a few of them would become is not made on the loop, which all callers share."""

    async def test() -> None:
        packed = gzip.compress(b"words")
        async with serving(saying(framed(packed, b"content-encoding: gzip"))) as (http, told):
            response = await http.request("GET", told.url, {"accept-encoding": "identity"}, silence=PATIENT)
            assert b"".join([piece async for piece in response.iter_any()]) == packed

    run(test())


@pytest.mark.parametrize(
    "pieces",
    [
        [OK + b"content-length: 9\r\n\r\nwords"],
        [OK + b"transfer-encoding: chunked\r\n\r\n5\r\nwords\r\n"],
        [b"SSH-2.0-OpenSSH\r\n"],
        [OK + b"transfer-encoding: chunked\r\n\r\nnone\r\n"],
        [OK + b"x: " + b"y" * 2**17],
        [framed(b"words", b"content-encoding: gzip")],
    ],
)
def test_what_is_no_whole_answer_is_a_failure(run: Run, pieces: Sequence[bytes]) -> None:
    """Nothing is taken for an answer that was cut, and nothing waits for what cannot come."""

    async def test() -> None:
        async with serving(saying(*pieces)) as (http, told):
            with pytest.raises(HttpError):
                await asked(http, told)

    run(test())


@pytest.mark.parametrize("pieces", [[b""], [OK]])
def test_a_server_that_leaves_without_an_answer_is_lost(run: Run, pieces: Sequence[bytes]) -> None:
    """What is posted is posted once: whoever asks again has to know that it may have been heard."""

    async def test() -> None:
        async with serving(saying(*pieces)) as (http, told):
            with pytest.raises(Lost):
                await asked(http, told)
            assert len(told.talks) == 1

    run(test())


def test_a_connection_is_kept_from_call_to_call(run: Run) -> None:
    """Handshakes with a distant provider cost more than a call: one connection serves one call after another."""

    async def test() -> None:
        async with serving(saying(WHOLE, times=9)) as (http, told):
            for _ in range(3):
                assert await asked(http, told) == (200, b"words")
            assert len(told.talks) == 1
            await asyncio.gather(*(asked(http, told) for _ in range(3)))
            assert len(told.talks) == 3

    run(test())


def test_what_its_server_ends_is_not_used_again(run: Run) -> None:
    """The next call has a connection of its own."""

    async def test() -> None:
        async with serving(saying(OK + b"connection: close\r\ncontent-length: 5\r\n\r\nwords")) as (http, told):
            for calls in range(1, 4):
                assert (await asked(http, told))[1] == b"words"
                assert len(told.talks) == calls

    run(test())


def test_a_second_answer_that_nobody_asked_for_is_nobodys(run: Run) -> None:
    """It must not become the answer of the next call, which may be another caller's."""

    async def test() -> None:
        async with serving(saying(WHOLE + framed(b"other"), then_leave=False)) as (http, told):
            assert (await asked(http, told))[1] == b"words"
            assert (await asked(http, told))[1] == b"words"
            assert len(told.talks) == 2

    run(test())


def test_a_silent_server_ends_a_call(run: Run) -> None:
    """By the loop's own clock."""

    async def test() -> None:
        async with serving(saying(OK, then_leave=False)) as (http, told):
            with pytest.raises(Silent):
                await asked(http, told, silence=0.05)

    run(test())


@pytest.mark.parametrize("size", [2**14, 2**26], ids=["small", "large"])
def test_a_server_that_reads_nothing_ends_a_call(run: Run, size: int) -> None:
    """Silence is also where nothing goes, however much there is to be sent."""

    async def script(talk: Talk) -> None:
        await talk.reader.readuntil(b"\r\n\r\n")
        await asyncio.Event().wait()

    async def test() -> None:
        async with serving(script) as (http, told), asyncio.timeout(PATIENT):
            with pytest.raises(Silent):
                await asked(http, told, b"x" * size, silence=0.2)

    run(test())


def test_a_server_that_reads_slowly_is_not_silent(run: Run) -> None:
    """Each piece that goes is a sign of it; all of them may take longer than silence may last.

    What the system takes for a server that has yet to read it, some megabytes, is a small part of the whole.
    """
    size, reads, silence = 2**25, 32, 3.0

    async def script(talk: Talk) -> None:
        await talk.reader.readuntil(b"\r\n\r\n")
        for _ in range(reads):
            await asyncio.sleep(silence / 20)
            await talk.reader.readexactly(size // reads)
        await talk.say(WHOLE)

    async def test() -> None:
        async with serving(script) as (http, told):
            assert (await asked(http, told, b"x" * size, silence=silence))[1] == b"words"

    run(test())


def test_a_caller_that_stops_ends_the_connection(run: Run) -> None:
    """Before the head and within the body: a provider that writes for nobody is told so."""
    gone = 0

    async def script(talk: Talk) -> None:
        nonlocal gone
        await talk.heard()
        if "/body" in talk.heads[0]:
            await talk.say(OK + b"content-length: 9\r\n\r\nwo")
        await talk.left()
        gone += 1

    async def test() -> None:
        async with serving(script) as (http, told):
            waiting = asyncio.create_task(asked(http, told))
            await until(lambda: bool(told.talks and told.talks[0].bodies))
            waiting.cancel()
            await asyncio.wait({waiting})
            response = await http.request("POST", f"{told.url}/body", {}, b"", silence=PATIENT)
            assert await response.readany() == b"wo"
            response.close()
            await until(lambda: gone == 2)
            with pytest.raises(Lost):
                await response.readany()

    run(test())


def test_a_server_waits_for_a_reader_that_is_slow(run: Run) -> None:
    """What nobody reads is not piled up; and it is no silence of the server's."""
    total, written = 64 * 2**20, 0

    async def script(talk: Talk) -> None:
        nonlocal written
        await talk.heard()
        await talk.say(OK + b"content-length: %d\r\n\r\n" % total)
        while written < total:
            await talk.say(b"x" * 2**16)
            written += 2**16

    async def test() -> None:
        async with serving(script) as (http, told):
            response = await http.request("POST", told.url, {}, b"", silence=2)
            before = -1
            async with asyncio.timeout(PATIENT):
                while written != before:
                    before = written
                    await asyncio.sleep(0.3)
            assert written < total / 2
            size = 0
            async for piece in response.iter_any():
                size += len(piece)
            assert size == total

    run(test())


def test_a_large_request_goes_out_whole(run: Run) -> None:
    """Pictures are megabytes; a server may answer before it has read them, and then the connection is not kept."""
    data = bytes(range(256)) * 2**15

    async def early(talk: Talk) -> None:
        await talk.reader.readuntil(b"\r\n\r\n")
        await talk.say(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await talk.left()

    async def test() -> None:
        async with serving(saying(WHOLE)) as (http, told):
            assert (await asked(http, told, data))[1] == b"words"
            assert told.talks[0].bodies == [data]
        async with serving(early) as (http, told):
            assert (await asked(http, told, data * 8))[0] == 413
            assert (await asked(http, told, data * 8))[0] == 413
            assert len(told.talks) == 2

    run(test())


def test_certificates_are_checked(run: Run, tmp_path: Path) -> None:
    """A server is who its certificate says, and vouched for by whom this machine trusts."""
    file = tmp_path / "localhost.pem"
    file.write_text(CERTIFICATE, "ascii")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)

    async def test() -> None:
        async with serving(saying(WHOLE), server) as (http, told):
            with pytest.raises(Unreachable) as caught:
                await asked(http, told)
            assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)

    run(test())


def test_the_request_is_what_was_asked_for(run: Run) -> None:
    """Names in any case are the same header; credentials of an address are sent as such."""

    async def test() -> None:
        async with serving(saying(WHOLE, times=3)) as (http, told):
            place = told.url.replace("127.0.0.1", "ann:p%40ss@127.0.0.1")
            headers = {"Accept-Encoding": "identity", "X-One": "1"}
            await (await http.request("POST", f"{place}/a b?c=d", headers, b"{}", silence=PATIENT)).readany()
            await (await http.request("GET", told.url, {}, silence=PATIENT)).readany()
            line, *given = told.talks[0].heads[0].rstrip().split("\r\n")
            assert line == "POST /v1/a%20b?c=d HTTP/1.1"
            given = [one.lower() for one in given]
            assert "authorization: basic yw5uonbac3m=" in given
            assert {"accept-encoding: identity", "x-one: 1", "content-length: 2"} <= {*given}
            assert sum(one.startswith("authorization") for one in given) == 1
            assert "content-length" not in told.talks[0].heads[1].lower()

    run(test())


@pytest.mark.parametrize("headers", [{"x": "a\r\nhost: b"}, {"x\n": "a"}, {"x": "a\nb"}, {"x": "a\0"}])
def test_a_header_is_one_line(run: Run, headers: dict[str, str]) -> None:
    """Nothing that a caller gives becomes a header of its own."""

    async def test() -> None:
        async with serving(saying(WHOLE)) as (http, told):
            with pytest.raises(NoAddress):
                await http.request("POST", told.url, headers, b"", silence=PATIENT)
            assert not any(talk.heads for talk in told.talks)

    run(test())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.⑩", "127。0。0。1", "[::ffff:127.0.0.1]"])
def test_a_public_client_connects_to_no_address_of_our_own_however_it_is_spelled(run: Run, host: str) -> None:
    """What is looked at is what is connected to: the client reads ⑩ as 10, and asks no resolver for a number."""

    async def talk() -> None:
        http = Http(public=True)
        async with serving(saying(WHOLE)) as (_, told):
            with pytest.raises(Unreachable, match="own network"):
                await http.request("GET", told.url.replace("127.0.0.1", host), {}, silence=PATIENT)
            assert not told.talks
        await http.close()

    run(talk())


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://a/b", "http://", "http://[half/", "http://a:b/"])
def test_what_is_no_address_is_refused(run: Run, url: str) -> None:
    """Before anything is connected to."""

    async def test() -> None:
        http = Http()
        with pytest.raises(NoAddress):
            await http.request("GET", url, {}, silence=PATIENT)
        await http.close()

    run(test())
