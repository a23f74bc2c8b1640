"""The contract of telemetry: what is counted, and which spans are begun; both by whoever does the work.

The counters are always there and cost next to nothing. A tracer is there where a collector is set, and then each piece
of work has a span, under the one that the code runs in: see `ids.HERE`.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

from nis_backend.drivers.telemetry.counting import Counts
from nis_backend.drivers.telemetry.ids import HERE
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from nis_backend.drivers.telemetry.ids import Trace

Kind = Literal["internal", "server", "client"]
Value = str | int | float | bool


class Span(Protocol):
    """A piece of work in a trace."""

    @property
    def trace(self) -> Trace:
        """Its place, under which what it calls stands."""
        ...

    def name(self, name: str) -> None:
        """Call it otherwise."""
        ...

    def note(self, attributes: Mapping[str, Value]) -> None:
        """What is known of it: never what callers or models say."""
        ...

    def end(self, problem: str = "") -> None:
        """It is over; `problem` is the code of its failure."""
        ...


class Tracer(Protocol):
    """Begins spans."""

    def begin(  # noqa: PLR0913 - one argument a part of a span
        self,
        name: str,
        kind: Kind,
        parent: Trace | None,
        attributes: Mapping[str, Value],
        *,
        settled: Trace | None = None,
        links: Sequence[Trace] = (),
    ) -> Span:
        """A span below `parent`, or of a trace of its own; `settled` are ids that it shall have."""
        ...

    async def close(self) -> None:
        """Send what waits, in a bounded time."""
        ...


class Telemetry:
    """What the process tells of itself, as far as the work feeds it."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.tracer: Tracer | None = None
        """There where a collector is set."""

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, Value], kind: Kind = "internal") -> Generator[Span | None]:
        """The span of what is done within, below the one around it; None where nothing is traced."""
        if self.tracer is None:
            yield None
            return
        here = HERE.get()
        span = self.tracer.begin(name, kind, here.trace, attributes)
        token = HERE.set(here.below(span.trace))
        problem = ""
        try:
            yield span
        except BaseException as error:
            problem = problem_of(error)
            raise
        finally:
            HERE.reset(token)
            span.end(problem)


def problem_of(error: BaseException) -> str:
    """What a span says of a failure: our code for it, or its class."""
    if isinstance(error, NisError):
        return error.code
    return "cancelled" if isinstance(error, asyncio.CancelledError) else type(error).__name__
