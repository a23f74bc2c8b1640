"""The listening process: uvicorn around the application, with the data folder's lock."""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from nis_backend import __version__
from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.draining import Drain
from nis_backend.errors import Conflict, InvalidRequest, NisError
from nis_backend.lock import FolderLock
from nis_backend.logs import SERVING, say
from nis_backend.mounting import asgi, commanded, preload, pushed
from nis_backend.surfaces.login import is_loopback

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from nis_backend.settings import Settings

log = logging.getLogger("nis.server")

LAST_SECONDS = 30.0
"""Time after the drain in which the process ends at the latest: what closes in order needs far less."""

MANY = 512
"""Connections beyond which one without a request is not kept for long: descriptors are few, and anybody opens more."""

SHORT_SECONDS = 5
"""How long then."""

HEADER_BYTES = 65_536
"""Longest request line and headers together."""

HEADER_SECONDS = 30.0
"""Time a caller has for them."""


GARBAGE = 20_000
"""Objects made, less those gone, between two looks for garbage; Python's own figure is 700."""


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP protocol; a caller that sends its headers without end, or never, is cut off."""

    def __init__(self, *given: Any, **named: Any) -> None:  # Any: uvicorn's own arguments
        super().__init__(*given, **named)
        self._header_bytes = 0
        self._patience: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._wait_for_headers()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    @override
    def on_message_begin(self) -> None:
        self._wait_for_headers()
        super().on_message_begin()

    @override
    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    @override
    def on_response_complete(self) -> None:
        if len(self.connections) > MANY:
            self.timeout_keep_alive = min(SHORT_SECONDS, self.timeout_keep_alive)
        super().on_response_complete()

    @override
    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > HEADER_BYTES:
            self.transport.abort()

    def _wait_for_headers(self) -> None:
        self._stop_waiting()
        self._header_bytes = 0
        self._patience = self.loop.call_later(HEADER_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


class Server(uvicorn.Server):
    """uvicorn's server; opens the process around it, says where it listens, and tells streams when it stops."""

    def __init__(self, config: uvicorn.Config, process: Process, lock: FolderLock | None) -> None:
        super().__init__(config)
        self._process = process
        self._lock = lock
        self.drain = Drain(process.settings, process.closing)
        self._stopping: asyncio.Task[None] | None = None
        self._last: threading.Timer | None = None
        """Ends the process that was told to end, and does not."""
        self._trial: asyncio.Task[None] | None = None

    @override
    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve between the opening and the closing of the process, whose refusal is the command's."""
        async with self._process.open():
            await self._refuse_keyless()
            await preload(self._process.settings)
            async with commanded(self._process), pushed(self._process):
                await super().serve(sockets)

    async def _refuse_keyless(self) -> None:
        """Others can call a server that listens beyond loopback: nobody could, and none should, without a key."""
        settings = self._process.settings
        if is_loopback(settings.host) or settings.api_key is not None or await self._process.drivers.keys.are_there():
            return
        raise InvalidRequest(
            f"Listening on {settings.host} lets others call this server, and there is no key.",
            field="NIS_API_KEY",
            value="",
            remedy="Make one with the same --data: `nis keys create first --scopes '*' --scopes identity:admin`. "
            "Or set one: export NIS_API_KEY=$(python3 -c 'import secrets; print(secrets.token_urlsafe(32))')",
        )

    @override
    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Run until SIGTERM or SIGINT.

        Raises:
            Conflict: the port is taken.
        """
        try:
            super().run(sockets)
        except SystemExit:
            raise Conflict(
                f"Nothing listens: {self.config.host}:{self.config.port} is taken, or the start failed.",
                field="NIS_PORT",
                value=self.config.port,
                remedy="Give another --port; the lines above have the reason.",
            ) from None

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce the address."""
        await super().startup(sockets)
        if not self.started:
            return
        settle()
        port = self.servers[0].sockets[0].getsockname()[1]
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        reachable = "127.0.0.1" if host in {"0.0.0.0", "[::]"} else host  # noqa: S104 - compared, not bound
        url = f"http://{reachable}:{port}"
        if self._lock is not None:
            self._lock.listening(url)
        self.announce(url)
        if self._process.settings.model is not None:
            # It may ask a provider's server, which the start does not wait for.
            self._trial = asyncio.create_task(self._try_model(), name="model named by the settings")

    async def _try_model(self) -> None:
        try:
            await self._process.context(LOCAL).models.choose()
        except NisError as refused:
            log.warning("NIS_MODEL answers nobody: %s %s", refused.message, refused.remedy)

    def announce(self, url: str) -> None:
        """Say on the terminal where it is."""
        text = f"nis {__version__}\n  console  {url}/\n  API      {url}/docs\n  stop     Ctrl+C\n"
        say(self._process.settings, text, f"nis {__version__} listens at {url}")

    @override
    async def on_tick(self, counter: int) -> bool:
        """Begin to stop once a signal has come; uvicorn hears of it when what was open has been told."""
        if self._process.closing.begun and self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(), name="stop")
        return await super().on_tick(counter)

    async def _stop(self) -> None:
        try:
            await self.drain.linger()
            for _ in range(3):
                # What the kernel has connected by now is accepted before the close, which would reset it.
                await asyncio.sleep(0)
            for one in self.servers:
                one.close()
            await self.drain.finish(self.server_state.connections)
        finally:
            self.config.timeout_graceful_shutdown = math.ceil(self.drain.left)
            self.should_exit = True

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, or hurry."""
        if self._last is None:
            self._last = threading.Timer(self.drain.seconds + LAST_SECONDS, _end)
            self._last.daemon = True
            self._last.start()
        # A signal handler runs between two steps of the loop, in its thread: what it sets is seen by the next one.
        self.drain.signal()
        if not self.started or self.should_exit:
            super().handle_exit(sig, frame)
            # uvicorn would raise the signal anew at its end; an orderly stop exits with 0.
            self._captured_signals.clear()


def settle() -> None:
    """Have the collector of garbage pass over what the start has made, and look less often at what calls make.

    The start does without it. Nearly all that a call makes is gone with its last reference: a tenth of a turn's
    processor time went into looking.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 20)
    gc.enable()


def _end() -> None:
    """End at once: code that hears no stop must not keep the process; what it holds is taken over."""
    log.error("it ends without code that does not stop: its runs are taken over by whoever comes next")
    os._exit(1)


def serve(settings: Settings, app_file: Path | None = None) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        InvalidRequest: it would listen beyond loopback without a key.
        Conflict: the data folder is held, or the port is taken.
    """
    process = Process(settings, app_file, service=settings.service_name or SERVING)
    config = uvicorn.Config(
        asgi(process),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=BoundedHttp,
        ws="websockets-sansio",
        ws_max_size=settings.max_body,
        # Deflate costs memory for each socket and time for each frame.
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        ws_ping_interval=settings.ping_seconds,
    )
    with FolderLock(settings.data) as lock:
        server = Server(config, process, lock)
        server.run()
    if not server.started:
        raise SystemExit(3)
