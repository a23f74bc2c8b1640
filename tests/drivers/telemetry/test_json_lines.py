"""Lines of the log as JSON: one object each, whatever is logged."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from nis_backend.drivers.telemetry.ids import Ids, Trace, apart, of_told, told, trace_of
from nis_backend.drivers.telemetry.lines import MESSAGE, TRACEBACK, JsonLines

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
"""The example of https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers."""


class Broken:
    """What cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


def line(message: object, *arguments: object, **more: Any) -> dict[str, Any]:
    """A record, written and read again; it is one line."""
    record = logging.getLogger("nis.test").makeRecord(
        "nis.test", logging.WARNING, __file__, 1, message, arguments, more.pop("exc_info", None), extra=more
    )
    written = JsonLines({"service": "nis-backend-api", "version": "1"}).format(record)
    assert "\n" not in written
    assert written.isascii()
    return json.loads(written, parse_constant=pytest.fail)


def test_a_line_says_when_what_and_where() -> None:
    """Promise: RFC 3339 in UTC, the level as NIS_LOG_LEVEL writes it, and the ids of what is worked on."""
    here = apart(Ids(request_id="r-1", run_id="run-1", key="key-1", trace=trace_of({"traceparent": PARENT})))
    found = here.run(lambda: line("it is %s\nand ends", "so", fields={"status": 200}))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time"))
    assert found == {
        "level": "warning",
        "logger": "nis.test",
        "message": "it is so\nand ends",
        "service": "nis-backend-api",
        "version": "1",
        "request_id": "r-1",
        "run_id": "run-1",
        "key": "key-1",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": "00f067aa0ba902b7",
        "status": 200,
    }


@pytest.mark.parametrize(
    ("message", "arguments", "fields"),
    [
        ("%d and %d", ("one",), {}),
        ("%s", (Broken(),), {}),
        (Broken(), (), {}),
        ("x", (), {"bytes": b"\xff", "set": {1}, "object": object(), "broken": Broken()}),
        ("x", (), {"nan": float("nan"), "infinite": float("inf")}),
        ("x", (), {("no", "text"): 1}),
        ("a lone \ud800 surrogate, \u2028 and \x00", (), {}),
    ],
)
def test_a_line_is_written_whatever_it_is_given(
    message: object, arguments: tuple[object, ...], fields: dict[Any, Any]
) -> None:
    """Promise: what cannot be told is told as well as it can be, and breaks no logging."""
    found = line(message, *arguments, fields=fields)
    assert found["logger"] == "nis.test"
    assert isinstance(found["message"], str)


def test_a_line_fits_one_event_of_cloudwatch_however_long_what_is_told() -> None:
    """Promise: of a message and of a field the beginning is told; an event has at most 1 MiB, in bytes of ASCII."""
    found = line("%s", "\N{SNAKE}" * 5_000_000, fields={"path": "x" * 5_000_000})
    assert len(json.dumps(found)) < 2**20
    assert found["path"] == "x" * MESSAGE


def test_an_exception_is_a_member_of_its_line() -> None:
    """Promise: a traceback is one string of one object, and a very long one keeps its end."""
    found = line("it failed", exc_info=(ValueError, ValueError("x" * 100_000 + " the end"), None))
    assert found["exception"].endswith("the end")
    assert len(found["exception"]) == TRACEBACK
    broken = line("it failed", exc_info=(RuntimeError, RuntimeError(Broken()), None))
    assert "RuntimeError" in broken["exception"]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        f"{PARENT}-more",
        f"{PARENT}\n",
    ],
)
def test_what_is_no_trace_counts_as_none(header: str) -> None:
    """W3C Trace Context 3.2.2: a header that does not parse, or whose ids are all zeros, is passed over."""
    assert trace_of({"traceparent": header}) is None


def test_a_trace_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    """W3C Trace Context 4: a parser reads the first four parts of a higher version."""
    found = trace_of({"traceparent": f"01{PARENT[2:]}-more", "tracestate": "vendor=1"})
    assert found == Trace(
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736", span_id="00f067aa0ba902b7", flags="01", state="vendor=1"
    )
    assert found is not None
    assert found.headers() == {"traceparent": PARENT, "tracestate": "vendor=1"}


def test_ids_are_the_same_in_another_process() -> None:
    """Promise: what a worker process logs carries the ids of the call."""
    ids = Ids(request_id="r-1", run_id="run-1", key="key-1", trace=trace_of({"traceparent": PARENT}))
    assert told(of_told(told(ids))) == told(ids)
    assert told(Ids()) == {}
