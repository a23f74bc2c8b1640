"""The controller's own process: one for a folder, which says where it is, and ends in order."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import secrets
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nis_backend.deployment.local import state
from nis_backend.deployment.local.commands import Commands
from nis_backend.deployment.local.control import Control
from nis_backend.deployment.local.controller import Controller
from nis_backend.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

log = logging.getLogger("nis.deployment.local")

ADDRESS = "controller.json"
LOCK = "controller.lock"


def run(folder: Path) -> None:
    """Control the deployment of this folder until SIGTERM, SIGINT or its destruction.

    Raises:
        Conflict: another controller has the folder, which is named, or somebody else has its port.
        Unavailable: the folder cannot be written to, or its state cannot be read.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with _hold(folder):
        if sys.platform == "win32":
            asyncio.run(_run(folder))
        else:
            import uvloop  # noqa: PLC0415 - not on Windows

            uvloop.run(_run(folder))


@contextmanager
def _hold(folder: Path) -> Generator[None]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Unavailable(
            f"The deployment's folder cannot be used: {error.strerror}.", field="folder", value=folder.name
        ) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = state.address_file(folder)
            raise Conflict(
                f"Process {holder.get('pid', '?')} controls this deployment at {holder.get('address', 'no address')}.",
                field="folder",
                value=folder.name,
                remedy="Use that one, or end it first: kill -TERM, then start this one.",
            ) from None
        yield
    finally:
        os.close(handle)


async def _run(folder: Path) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    kept = state.read(folder) or state.Everything()
    controller = Controller(folder, kept)

    def signalled() -> None:
        if stop.is_set():
            log.info("it hurries")
            controller.hurry()
        stop.set()
        # An opening that takes its time is not waited for.
        controller.closing.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, signalled)
    await controller.open()
    control = Control(secrets.token_urlsafe(32), Commands(controller, stop).answer)
    where = {"pid": os.getpid(), "port": await control.listen(), "token": control.token, "address": controller.address}
    state.write_file(folder / ADDRESS, json.dumps(where).encode())
    log.info("process %s controls %s at %s", os.getpid(), kept.name, controller.address)
    try:
        await stop.wait()
    finally:
        log.info("it ends, and its tasks with it")
        await control.close()
        await controller.close()
        (folder / ADDRESS).unlink(missing_ok=True)
    # A thread may still ask a task that is gone, or an engine for an image: Python would wait for it.
    logging.shutdown()
    os._exit(0)
