"""A worker: a process that executes runs from the shared database, and answers nothing but whether it is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn
from typing_extensions import override

from nis_backend import __version__
from nis_backend.app import Process
from nis_backend.draining import Drain
from nis_backend.errors import InvalidRequest
from nis_backend.logs import WORKING, say
from nis_backend.mounting import health
from nis_backend.server import Server

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from nis_backend.settings import Settings


class Worker(Server):
    """The server's process without its surfaces; it takes no commands from the bus either."""

    @override
    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Execute runs between the opening and the closing of the process."""
        async with self._process.open():
            await uvicorn.Server.serve(self, sockets)

    @override
    def announce(self, url: str) -> None:
        """Say which queues it serves, and where it tells how it is."""
        queues = ", ".join(f"{name} {most}" for name, most in self._process.settings.all_queues.items() if most)
        text = f"nis {__version__} worker\n  queues   {queues}\n  health   {url}/health/ready\n"
        say(self._process.settings, text, f"nis {__version__} executes runs of {queues}; how it is: {url}/health/ready")


def work(settings: Settings, app_file: Path | None, queues: str | None) -> None:
    """Execute runs of these queues until SIGTERM or SIGINT; what is under way then is released, and goes on elsewhere.

    Raises:
        InvalidRequest: there is no database to share, or a queue that nothing names.
        Conflict: the port is taken.
    """
    if settings.database_url is None:
        raise InvalidRequest(
            "A worker shares its database with others, and SQLite's file has one process.",
            field="NIS_DATABASE_URL",
            value="",
            remedy="Set NIS_DATABASE_URL to the PostgreSQL that the servers use; with SQLite, `nis serve` does it all.",
        )
    process = Process(_serving(settings, queues), app_file, service=settings.service_name or WORKING)
    config = uvicorn.Config(
        health(process),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    # Without the folder's lock: what a worker shares it with is the database, and at most the folder's blobs.
    worker = Worker(config, process, None)
    # Nobody sends it requests: the time is its runs'.
    process.runs_seconds = settings.drain_seconds
    worker.drain = Drain(settings, process.closing, lingers=False)
    worker.run()


def _serving(settings: Settings, queues: str | None) -> Settings:
    """The settings with room in these queues only."""
    known = settings.all_queues
    named = [name.strip() for name in (queues or ",".join(known)).split(",")]
    for name in named:
        if not known.get(name):
            raise InvalidRequest(
                f"No queue {name!r} has room.",
                field="queues",
                value=queues,
                remedy=f"Name of {', '.join(known)}, or give it some: NIS_QUEUES={name}=4",
            )
    room = ",".join(f"{name}={most if name in named else 0}" for name, most in known.items())
    return settings.model_copy(update={"queues": room})
