"""A TCP proxy that ends connections on which nothing has passed for a while, as load balancers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

PIECE = 65_536


class Proxy:
    """One proxy; `quiet` seconds without a byte in either direction end a connection on both sides."""

    def __init__(self, port: int, quiet: float) -> None:
        self._port = port
        self._quiet = quiet
        self.cut = 0
        """Connections that were ended so."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        loop = asyncio.get_running_loop()
        last = loop.time()

        async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            nonlocal last
            with suppress(OSError):
                while piece := await source.read(PIECE):
                    last = loop.time()
                    target.write(piece)
                    await target.drain()

        carrying = [asyncio.create_task(carry(reader, back)), asyncio.create_task(carry(there, writer))]
        while not any(one.done() for one in carrying):
            left = last + self._quiet - loop.time()
            if left <= 0:
                self.cut += 1
                break
            await asyncio.wait(carrying, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        for one in carrying:
            one.cancel()
        for one in (writer, back):
            one.transport.abort() if loop.time() - last >= self._quiet else one.close()


@asynccontextmanager
async def proxied(port: int, quiet: float) -> AsyncGenerator[tuple[Proxy, int]]:
    """A proxy before this port, and its own port."""
    proxy = Proxy(port, quiet)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, server.sockets[0].getsockname()[1]
    finally:
        server.close()
