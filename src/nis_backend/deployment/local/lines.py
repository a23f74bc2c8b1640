"""What tasks wrote, by its time."""

from __future__ import annotations

import heapq
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, cast

from nis_backend.deployment.report import LogLine, Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TIME = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:[.,](\d{1,6}))?(Z|[+-]\d\d:?\d\d)?")
_NAME = re.compile(r"(api|worker)-(.+)\.log(?:\.1)?")
LONGEST = 10_000
"""Characters of a line that are told."""


def read_lines(folder: Path, service: Service | None, *, since: float, limit: int, words: str) -> list[LogLine]:
    """At most `limit` newest lines, the oldest first."""
    newest: list[tuple[float, int, LogLine]] = []
    number = 0
    # The older half of a log first, so that lines of one time stay in order.
    for path in sorted(folder.glob("*.log*"), key=lambda one: (one.name.partition(".")[0], one.name.endswith(".log"))):
        named = _NAME.fullmatch(path.name)
        if named is None or (service is not None and named[1] != service) or path.stat().st_mtime < since:
            continue
        for when, text in _timed(path):
            if when >= since and words in text:
                number += 1
                line = LogLine(time=when, service=cast("Service", named[1]), task=named[2], text=text[:LONGEST])
                (heapq.heappush if len(newest) < limit else heapq.heappushpop)(newest, (when, number, line))
    return [line for _, _, line in sorted(newest)]


def _timed(path: Path) -> Iterator[tuple[float, str]]:
    """Lines with their times; one that says none has that of the line before it, as those of a traceback."""
    when = 0.0
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            text = line.rstrip("\n")
            if not text:
                continue
            when = _time(text) or when or path.stat().st_ctime
            yield when, text


def _time(text: str) -> float:
    if text.startswith("{"):
        try:
            said = json.loads(text)
        except ValueError:
            return 0.0
        for name in ("time", "timestamp", "ts"):
            value = said.get(name)
            if isinstance(value, int | float):
                return float(value)
            if isinstance(value, str):
                return _read(value)
        return 0.0
    return _read(text)


def _read(text: str) -> float:
    found = _TIME.match(text)
    if found is None:
        return 0.0
    zone = {"Z": "+00:00", None: ""}.get(found[3], found[3])
    try:
        return datetime.fromisoformat(f"{found[1]}.{(found[2] or '0').ljust(6, '0')}{zone}").timestamp()
    except ValueError:
        return 0.0
