"""Lines of the log as JSON: one object a line, with the ids of what was worked on."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from nis_backend.drivers.telemetry.ids import FIELDS, HERE, told

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGE, TRACEBACK = 16_384, 32_768
"""Most characters of a message or a field, and of an exception, whose end is kept: one event of CloudWatch has at most
1 MiB."""


class JsonLines(logging.Formatter):
    """Writes a record as a JSON object in ASCII, which no terminal and no encoding changes.

    A record that cannot be written as it is, because its arguments or fields are what JSON has no word for, is written
    with what can be: a line is never lost to its own contents.
    """

    def __init__(self, always: Mapping[str, str]) -> None:
        super().__init__()
        self._always = dict(always)
        """What every line says: the service, its version."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": rfc3339(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record)[:MESSAGE],
            **self._always,
            **told(HERE.get()),
        }
        fields: dict[Any, Any] | None = getattr(record, FIELDS, None)
        if isinstance(fields, dict):
            line |= {name: value[:MESSAGE] if isinstance(value, str) else value for name, value in fields.items()}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self._exception(record)[-TRACEBACK:]
        if record.stack_info:
            line["stack"] = str(record.stack_info)[-TRACEBACK:]
        try:
            return json.dumps(line, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            return json.dumps({str(name): _plain(value) for name, value in line.items()})

    def _exception(self, record: logging.LogRecord) -> str:
        try:
            return self.formatException(record.exc_info) if record.exc_info else ""
        except Exception as broken:  # noqa: BLE001 - an exception's own __str__ may raise anything
            return f"{record.exc_info and record.exc_info[0]}, which cannot be written: {type(broken).__name__}"


def rfc3339(at: float) -> str:
    """A time in UTC to the millisecond: `2026-11-26T16:05:58.123Z`."""
    milliseconds = round(at * 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(milliseconds // 1000))}.{milliseconds % 1000:03d}Z"


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as broken:  # noqa: BLE001 - arguments that do not fit their message, or whose __str__ raises
        return f"{_plain(record.msg)} with arguments that do not fit it: {type(broken).__name__}"


def _plain(value: Any) -> str | int | bool | None:  # Any: whatever a line was given
    """What JSON has a word for, or what the value calls itself."""
    if isinstance(value, str | int) or value is None:
        return value
    try:
        return str(value)[:MESSAGE]
    except Exception:  # noqa: BLE001 - its own __str__ may raise anything
        return f"<{type(value).__name__}>"
