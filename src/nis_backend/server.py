"""The listening process: uvicorn around the application, with the data folder's lock."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import uvicorn

from nis_backend import __version__
from nis_backend.app import Process, asgi
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.lock import FolderLock
from nis_backend.surfaces.guard import is_loopback

if TYPE_CHECKING:
    from pathlib import Path
    from socket import socket
    from types import FrameType

    from nis_backend.settings import Settings

DRAIN_SECONDS = 10
"""Time that open connections get at a stop; streams are told at once and end."""


class Server(uvicorn.Server):
    """uvicorn's server; says where it listens, and tells streams when it stops."""

    def __init__(self, config: uvicorn.Config, process: Process, lock: FolderLock) -> None:
        super().__init__(config)
        self._process = process
        self._lock = lock

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, then announce the address."""
        await super().startup(sockets)
        if not self.started:
            return
        port = self.servers[0].sockets[0].getsockname()[1]
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        reachable = "127.0.0.1" if host in {"0.0.0.0", "[::]"} else host  # noqa: S104 - compared, not bound
        url = f"http://{reachable}:{port}"
        self._lock.listening(url)
        sys.stderr.write(f"nis {__version__}\n  console  {url}/\n  API      {url}/docs\n  stop     Ctrl+C\n")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Tell the streams to end, then stop as uvicorn does."""
        # A signal handler runs between two steps of the loop, in its thread: setting the event here wakes it.
        self._process.closing.set()
        super().handle_exit(sig, frame)
        # uvicorn would raise the signal anew at its end; an orderly stop exits with 0.
        self._captured_signals.clear()


def serve(settings: Settings, app_file: Path | None = None) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        InvalidRequest: it would listen beyond loopback without a key.
        Conflict: the data folder is held, or the port is taken.
    """
    if not is_loopback(settings.host) and settings.api_key is None:
        raise InvalidRequest(
            f"Listening on {settings.host} lets others call this server, and there is no key.",
            field="NIS_API_KEY",
            value="",
            remedy="Make one: export NIS_API_KEY=$(python3 -c 'import secrets; print(secrets.token_urlsafe(32))')",
        )
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # uvicorn tells at "info" what the address above tells.
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, logging.getLogger().level))
    process = Process(settings, app_file)
    config = uvicorn.Config(
        asgi(process),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=settings.max_body,
        # Deflate costs memory for each socket and time for each frame.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    with FolderLock(settings.data) as lock:
        server = Server(config, process, lock)
        try:
            server.run()
        except SystemExit:
            raise Conflict(
                f"Nothing listens: {settings.host}:{settings.port} is taken, or the start failed.",
                field="NIS_PORT",
                value=settings.port,
                remedy="Give another --port; the lines above have the reason.",
            ) from None
    if not server.started:
        raise SystemExit(3)
