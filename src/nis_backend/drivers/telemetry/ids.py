"""The ids under which lines, spans and calls of others are found again: of the request, the run, the trace."""

from __future__ import annotations

import contextvars
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = "fields"
"""What a line's `extra` may hold: `{"fields": {…}}` become members of its object, where lines are objects."""

REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
"""A caller's own id of its request: what no log and no header can be led astray by."""

# https://www.w3.org/TR/trace-context/#traceparent-header-field-values: of a later version, the first four parts count.
_PARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_STATE = re.compile(r"[\x20-\x7e]{1,512}")
"""As long as the specification has everyone pass on."""


@dataclass(frozen=True, kw_only=True, slots=True)
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


@dataclass(kw_only=True, slots=True, eq=False)
class Ids:
    """Where this code is: in which request, run, trace. Empty where it is in none."""

    request_id: str = ""
    run_id: str = ""
    trace: Trace | None = None
    key: str | None = None
    """The id of the key that was sent: whose it is, who may can look up. A log has no owner's name."""


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
    found = _PARENT.fullmatch(parent)
    if found is None or (found[1] == "00" and found[5]):
        return None
    state = headers.get("tracestate", "")
    kept = state if _STATE.fullmatch(state) else ""
    return Trace(trace_id=found[2], span_id=found[3], flags="01" if int(found[4], 16) & 1 else "00", state=kept)


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
