"""The ids under which lines, spans and calls of others are found again: of the request, the run, the trace."""

from __future__ import annotations

import contextvars
import json
from typing import TYPE_CHECKING

from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = "fields"
"""What a line's `extra` may hold: `{"fields": {…}}` become members of its object, where lines are objects."""

LONGEST_ID, LONGEST_STATE = 128, 512
"""Characters of a caller's own id, and of a `tracestate`: as long as its specification has everyone pass on."""

FEWEST = 4
"""Parts of a `traceparent`."""

# No patterns: each would be compiled at every start.
_ID = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/+=@-")
_HEX = frozenset("0123456789abcdef")


@record
class Trace:
    """A place in a trace, of W3C's Trace Context: ids in hexadecimal."""

    trace_id: str
    span_id: str
    flags: str = "01"
    state: str = ""

    @property
    def header(self) -> str:
        """As `traceparent` has it."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def headers(self) -> dict[str, str]:
        """What a request carries that is sent on from here."""
        return {"traceparent": self.header, **({"tracestate": self.state} if self.state else {})}


class Ids:
    """Where this code is: in which request, run, trace. Empty where it is in none. One is made for each request."""

    __slots__ = ("key", "request_id", "run_id", "trace")

    def __init__(
        self, *, request_id: str = "", run_id: str = "", trace: Trace | None = None, key: str | None = None
    ) -> None:
        self.request_id = request_id
        self.run_id = run_id
        self.trace = trace
        self.key = key
        """The id of the key that was sent: whose it is, who may can look up. A log has no owner's name."""

    def below(self, trace: Trace) -> Ids:
        """The same, at another place of a trace."""
        return Ids(request_id=self.request_id, run_id=self.run_id, trace=trace, key=self.key)


NOWHERE = Ids()

HERE: contextvars.ContextVar[Ids] = contextvars.ContextVar("nis ids", default=NOWHERE)
"""Of the code that runs: tasks and threads that it starts begin with the same."""


def apart(ids: Ids = NOWHERE) -> contextvars.Context:
    """The context of a task that is not part of what begins it: it outlives that, or is another's."""
    context = contextvars.copy_context()
    context.run(HERE.set, ids)
    return context


def trace_of(headers: Mapping[str, str]) -> Trace | None:
    """The trace that a request is part of; None where it says none, or says it wrongly: then it counts as none."""
    parent = headers.get("traceparent")
    if parent is None:
        return None
    version, trace_id, span_id, flags, *more = parts if len(parts := parent.split("-")) >= FEWEST else [""] * FEWEST
    # Of a later version, the first four parts count.
    whole = _is_hex(version, 2) and version != "ff" and not (version == "00" and more) and _is_hex(flags, 2)
    if not (whole and _is_hex(trace_id, 32) and _is_hex(span_id, 16) and trace_id.strip("0") and span_id.strip("0")):
        return None
    state = headers.get("tracestate", "")
    kept = state if len(state) <= LONGEST_STATE and state.isascii() and state.isprintable() else ""
    return Trace(trace_id=trace_id, span_id=span_id, flags="01" if int(flags, 16) & 1 else "00", state=kept)


def is_request_id(text: str) -> bool:
    """Whether it can stand for a request: no log and no header is led astray by it."""
    return 0 < len(text) <= LONGEST_ID and _ID.issuperset(text)


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and _HEX.issuperset(text)


def carried(ids: Ids) -> str | None:
    """What a run's row has of the request that began it: as JSON, or None where it was none."""
    found = {"request_id": ids.request_id} if ids.request_id else {}
    if ids.trace is not None:
        found |= ids.trace.headers()
    return json.dumps(found) if found else None


def of_carried(text: str | None, run_id: str, key: str | None) -> Ids:
    """The ids of a run, from its row."""
    found: dict[str, str] = json.loads(text) if text else {}
    return Ids(request_id=found.get("request_id", ""), run_id=run_id, trace=trace_of(found), key=key)


def told(ids: Ids) -> dict[str, str]:
    """Those there are, by the names that lines have."""
    found = {"request_id": ids.request_id, "run_id": ids.run_id, "key": ids.key or ""}
    if ids.trace is not None:
        found |= {"trace_id": ids.trace.trace_id, "span_id": ids.trace.span_id}
    return {name: value for name, value in found.items() if value}


def of_told(found: Mapping[str, str]) -> Ids:
    """The ids that `told` has told another process."""
    trace = None
    if "trace_id" in found:
        trace = Trace(trace_id=found["trace_id"], span_id=found["span_id"])
    return Ids(
        request_id=found.get("request_id", ""),
        run_id=found.get("run_id", ""),
        key=found.get("key"),
        trace=trace,
    )
