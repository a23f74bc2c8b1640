"""The one HTTP client of this process: every provider's connections, opened as they are needed and kept a while."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend import __version__
from nis_backend.drivers.http.address import address_of
from nis_backend.drivers.http.base import CONNECT, Client, Lost, NoAddress, Unreachable
from nis_backend.drivers.http.connection import Connection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from nis_backend.drivers.http.address import Address, Place
    from nis_backend.drivers.http.response import Incoming

KEPT = 15.0
"""Seconds for which a connection is kept that nobody uses: servers close theirs after 60, some after less."""
NEXT_ADDRESS = 0.25
"""Seconds after which a host's next address is tried beside the one that is silent, as RFC 8305 has it."""


class Http(Client):
    """There is no limit: runs are limited where they start, and one provider is not to wait for another.

    It follows no redirection and keeps no cookie: what one caller is told is nothing for the next one's request.
    """

    def __init__(self) -> None:
        self._kept: dict[Place, list[Connection]] = {}
        self.open: set[Connection] = set()
        """Those that there are, in use or kept."""
        self._trust: asyncio.Task[ssl.SSLContext] | None = None
        self._sweeping: asyncio.TimerHandle | None = None

    @override
    async def request(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None = None, *, silence: float
    ) -> Incoming:
        address = address_of(url)
        head = _head(method, address, headers, data)
        kept = self._take(address.place)
        try:
            return await (kept or await self._connect(address.place)).ask(head, data or b"", silence)
        except Lost:
            # Its server had closed it meanwhile. What is posted may have been heard all the same.
            if kept is None or method != "GET":
                raise
        return await (await self._connect(address.place)).ask(head, b"", silence)

    async def close(self) -> None:
        """End every connection."""
        for connection in [*self.open]:
            connection.abort()
        if self._sweeping is not None:
            self._sweeping.cancel()
        # Transports end at the loop's next turn.
        await asyncio.sleep(0)

    # -- connections ---------------------------------------------------------------------------------------------------

    def _take(self, place: Place) -> Connection | None:
        """The connection that was used last; none that its server may have closed by now."""
        kept, now = self._kept.get(place), asyncio.get_running_loop().time()
        while kept:
            connection = kept.pop()
            if connection.usable and now - connection.since < KEPT:
                return connection
            connection.abort()
        return None

    async def _connect(self, place: Place) -> Connection:
        def free(connection: Connection) -> None:
            self._kept.setdefault(place, []).append(connection)
            self._sweep_later()

        def gone(connection: Connection) -> None:
            self.open.discard(connection)
            kept = self._kept.get(place, [])
            if connection in kept:
                kept.remove(connection)
            if not kept:
                self._kept.pop(place, None)

        trust = await self.trusted() if place.tls else None
        loop = asyncio.get_running_loop()
        name = place.host if place.tls else None
        found: socket.socket | None = None
        try:
            async with asyncio.timeout(CONNECT):
                found = await _connected(place)
                _, connection = await loop.create_connection(
                    lambda: Connection(free, gone), sock=found, ssl=trust, server_hostname=name
                )
        except BaseException as error:
            if found is not None:
                found.close()
            if isinstance(error, (OSError, UnicodeError)):
                raise Unreachable(place.host) from error
            raise
        if connection.usable:
            self.open.add(connection)
        return connection

    async def trusted(self) -> ssl.SSLContext:
        """Whom a server's certificate has to be vouched for by: those that this machine trusts."""
        if self._trust is None:
            # It reads some hundred files.
            self._trust = asyncio.create_task(asyncio.to_thread(_trust))
        return await asyncio.shield(self._trust)

    def _sweep_later(self) -> None:
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(KEPT, self._sweep)

    def _sweep(self) -> None:
        """End what nobody has used for a while."""
        self._sweeping = None
        before = asyncio.get_running_loop().time() - KEPT
        for kept in [*self._kept.values()]:
            for connection in [one for one in kept if one.since <= before]:
                connection.abort()
        if self._kept:
            self._sweep_later()


async def _connected(place: Place) -> socket.socket:
    """A socket to the first of a host's addresses that answers."""
    # It loads with the first connection; its types name no element of an address.
    from aiohappyeyeballs import start_connection  # noqa: PLC0415 # pyright: ignore[reportUnknownVariableType]

    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    one = await start_connection(found, happy_eyeballs_delay=NEXT_ADDRESS, interleave=1, loop=loop)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return one


def _trust() -> ssl.SSLContext:
    import ssl  # noqa: PLC0415 - loads with the first address that wants it

    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _head(method: str, address: Address, headers: Mapping[str, str], data: bytes | None) -> bytes:
    """The request line and the headers.

    Raises:
        NoAddress: something in them would be more than one line.
    """
    given = {name.lower(): value for name, value in headers.items()}
    named = {"host": address.host, "accept-encoding": "gzip, deflate", "user-agent": f"nis/{__version__}", **given}
    if address.authorization:
        named["authorization"] = address.authorization
    if data is not None:
        named["content-length"] = str(len(data))
    lines = [f"{method} {address.target} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    text = "\r\n".join(lines)
    if text.count("\n") != len(named) or text.count("\r") != len(named) or "\0" in text:
        raise NoAddress("a header of more than one line")
    return f"{text}\r\n\r\n".encode()
