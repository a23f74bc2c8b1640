"""The log of a process that serves: where its lines go, and how they are written."""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING

from nis_backend import __version__

if TYPE_CHECKING:
    from types import TracebackType

    from nis_backend.settings import Settings

log = logging.getLogger("nis.server")

SERVING, WORKING = "nis-backend-api", "nis-backend-worker"
"""What a server, and what a worker calls itself where no OTEL_SERVICE_NAME is set."""

TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def log_to_terminal(settings: Settings, service: str) -> None:
    """Write to stderr what is logged from the level of the settings on."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        logging.Formatter(TEXT) if settings.log_format == "text" else _json(settings.service_name or service)
    )
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    # At "info" uvicorn tells what the address announced tells, and Alembic what the store tells.
    for name in ("uvicorn.error", "alembic"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def say(settings: Settings, text: str, line: str) -> None:
    """Tell whoever started the process something: as text, or as a line of the log where that is JSON."""
    if settings.log_format == "text":
        sys.stderr.write(text)
    else:
        log.info(line)


def _json(service: str) -> logging.Formatter:
    """Every line an object: warnings of Python and what nobody has caught, too."""
    from nis_backend.drivers.telemetry.lines import JsonLines  # noqa: PLC0415 - loads where it is asked for

    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    return JsonLines({"service": service, "version": __version__})


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        log.critical("nis ends by what nobody has caught", exc_info=(kind, error, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and given.exc_type is not SystemExit:
        name = given.thread.name if given.thread else "one that is gone"
        log.error("a thread failed: %s", name, exc_info=(given.exc_type, given.exc_value, given.exc_traceback))
