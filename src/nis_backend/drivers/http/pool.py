"""The HTTP client on aiohttp's one pooled session; loaded with the first request."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override
from yarl import URL

from nis_backend.drivers.gateway.addresses import is_private
from nis_backend.drivers.http.base import CONNECT, HttpError, Lost, NoAddress, Silent, Strange, Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

PIECE = 2**16
"""Bytes of a body that are sent at a time: aiohttp knows no time for what does not go."""


class Pool:
    """There is no limit: runs are limited where they start, and one provider is not to wait for another.

    It follows no redirection and keeps no cookie: what one caller is told is nothing for the next one's request.
    """

    def __init__(self, *, public: bool) -> None:
        self._public = public
        connector = aiohttp.TCPConnector(limit=0, resolver=PublicResolver() if public else None)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None, silence: float
    ) -> Incoming:
        """See `base.Client.request`."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=silence)
        body: bytes | AsyncGenerator[bytes, None] | None = data
        sending = Sending(silence)
        if data is not None and len(data) > PIECE:
            headers, body = {**headers, "content-length": str(len(data))}, sending.pieces(data)
        try:
            where = URL(url)
            # A literal address is asked of no resolver; how it is read here is how it is connected to.
            if self._public and is_private(where.raw_host or ""):
                raise Unreachable(f"{where.raw_host} is an address of the server's own network.")
            async with sending.limit:
                try:
                    found = await self._session.request(
                        method,
                        where,
                        data=body,
                        headers=headers,
                        timeout=timeout,
                        allow_redirects=False,
                        # Who wants the bytes as they are gets them as they are, also from a server that heeds nothing.
                        auto_decompress=headers.get("accept-encoding") != "identity",
                    )
                finally:
                    sending.timed = False
            return Incoming(found)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise _told(error) from _cause(error)

    async def close(self) -> None:
        """End every connection."""
        await self._session.close()


class PublicResolver(AbstractResolver):
    """Answers the public addresses of a name: what was looked at is what is connected to."""

    def __init__(self, system: AbstractResolver | None = None) -> None:
        self._system = system or aiohttp.ThreadedResolver()

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = [one for one in await self._system.resolve(host, port, family) if not is_private(one["host"])]
        if not found:
            raise OSError(None, f"{host} has no public address")
        return found

    @override
    async def close(self) -> None:
        await self._system.close()


class Sending:
    """A body that is more than one piece, each of which has its time to go."""

    def __init__(self, silence: float) -> None:
        self.limit = asyncio.timeout(None)
        self.timed = True
        """Until the answer has begun: a server may read on meanwhile, as slowly as it likes."""
        self._silence = silence

    async def pieces(self, data: bytes) -> AsyncGenerator[bytes, None]:
        """The body; the next of it is asked for when the one before has gone."""
        loop = asyncio.get_running_loop()
        for at in range(0, len(data), PIECE):
            self._until(loop.time() + self._silence)
            yield data[at : at + PIECE]
        self._until(None)

    def _until(self, when: float | None) -> None:
        if self.timed and not self.limit.expired():
            self.limit.reschedule(when)


class Incoming:
    """See `base.Response`."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    @property
    def content_type(self) -> str:
        """See `base.Response.content_type`."""
        return self._response.content_type

    async def readany(self) -> bytes:
        """See `base.Response.readany`."""
        try:
            return await self._response.content.readany()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _told(error) from error

    async def iter_any(self) -> AsyncGenerator[bytes, None]:
        """See `base.Response.iter_any`."""
        while piece := await self.readany():
            yield piece

    def close(self) -> None:
        """See `base.Response.close`."""
        self._response.close()


def _told(error: Exception) -> HttpError:
    """What aiohttp says, in the contract's words."""
    match error:
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Unreachable("no connection")
        case TimeoutError():
            return Silent("nothing came for too long")
        case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError():
            return Lost("the connection broke off")
        case aiohttp.NonHttpUrlClientError() | ValueError():
            return NoAddress("no address, or a header of more than one line")
        case _:
            return Strange(f"what is no HTTP: {type(error).__name__}")


def _cause(error: Exception) -> BaseException:
    """Why there is no connection, without the address that aiohttp puts into its message."""
    return getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
