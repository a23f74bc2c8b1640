"""What tasks wrote, from CloudWatch Logs: the newest lines, looked for backwards in time."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from nis_backend.deployment.aws.failures import code_of
from nis_backend.deployment.report import LogLine
from nis_backend.errors import UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.deployment.aws.account import Account
    from nis_backend.deployment.report import Service

FIRST_WINDOW = 300.0
"""Seconds before now that are looked at first; CloudWatch reads from the oldest on, and a week may be gigabytes."""
PREFIXES: Mapping[Service, tuple[str, ...]] = {"api": ("api/", "box/"), "worker": ("worker/", "gpu/")}
"""What the names of a service's log streams begin with."""


def lines(  # noqa: PLR0913 - what a target is asked, and where
    account: Account, group: str, service: Service | None, *, since: float, limit: int, words: str
) -> Sequence[LogLine]:
    """At most `limit` newest lines since then (seconds since 1970) that have the words, the oldest first."""
    pattern = '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"' if words else ""
    asked = {"logGroupName": group, **({"filterPattern": pattern} if pattern else {})}
    found = list[LogLine]()
    end, width = account.clock(), FIRST_WINDOW
    while end > since and len(found) < limit:
        start = max(since, end - width)
        newest = deque[LogLine](maxlen=limit - len(found))
        newest.extend(sorted(_between(account, asked, service, start, end), key=lambda one: one.time))
        found, end, width = [*newest, *found], start, width * 4
    return found


def last(account: Account, group: str, stream: str, count: int) -> list[str]:
    """The last lines of one task; none where it wrote none."""
    try:
        answer = account.call(
            "logs:GetLogEvents", logGroupName=group, logStreamName=stream, limit=count, startFromHead=False
        )
    except UpstreamFailed as error:
        if code_of(error) == "ResourceNotFoundException":
            return []
        raise
    return [str(event["message"]).rstrip() for event in answer["events"]]


def _between(
    account: Account, asked: Mapping[str, str], service: Service | None, start: float, end: float
) -> list[LogLine]:
    # Both ends are within: this window ends a millisecond before the one that was looked at before it.
    times = {"startTime": int(start * 1000), "endTime": int(end * 1000) - 1}
    found = list[LogLine]()
    for prefix in PREFIXES[service] if service else ("",):
        streams = {"logStreamNamePrefix": prefix} if prefix else {}
        pages = account.pages("logs:FilterLogEvents", **asked, **times, **streams)
        found.extend(_line(event) for page in pages for event in page["events"])
    return found


def _line(event: Mapping[str, Any]) -> LogLine:  # Any: the package's answer
    stream = str(event["logStreamName"])
    worker = stream.startswith(PREFIXES["worker"])
    return LogLine(
        time=event["timestamp"] / 1000,
        service="worker" if worker else "api",
        task=stream.rpartition("/")[2],
        text=str(event["message"]).rstrip(),
    )
