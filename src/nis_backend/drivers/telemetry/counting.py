"""The counters of a process: plain numbers, added to where something happens, and read by whoever tells them.

They are changed and read in the thread of the loop alone. What callers choose names no counter, or few: a path is told
by its template, and of models that are asked only the first few hundred have names.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Labels = tuple[str, ...]
Numbers = dict[Labels, int]

REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Bounds of what a caller waits: Prometheus' usual ones, and what a language model may need beyond them."""
RUN_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
LAG_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

MOST_MODELS = 200
"""Models that have counters of their own; a caller may name any of a provider's, or one that there is not."""
LONGEST_MODEL = 200
"""Characters of the name of such a model."""
OTHERS = "other"

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
TOKENS = ("input", "cached", "output")
CLASSES = ("", "1xx", "2xx", "3xx", "4xx", "5xx")


class Histogram:
    """How many of what was measured were at most so much, and their sum, for each set of labels."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.found: dict[Labels, list[float]] = {}
        """For each bound those at or below it and above the one before, then those above all, then the sum."""

    def add(self, value: float, *labels: str) -> None:
        """One more."""
        row = self.found.get(labels)
        if row is None:
            row = self.found[labels] = [0] * (len(self.bounds) + 2)
        row[bisect_left(self.bounds, value)] += 1
        row[-1] += value


class Counts:
    """What has happened since the start, and what is under way."""

    def __init__(self) -> None:
        self.requests: Numbers = {}
        """By method, template and class of the status."""
        self.request_seconds = Histogram(REQUEST_SECONDS)
        """Until the answer begins, by method and template: when a stream ends is up to its reader."""
        self.active = 0
        """Requests that are being answered."""
        self.streams = 0
        """Of those, answers that have begun and go out in parts."""
        self.sockets: Numbers = {}
        """WebSockets that are open, by template."""
        self.calls: Numbers = {}
        """By operation and outcome."""
        self.runs: Numbers = {}
        """That have ended, by operation and state."""
        self.run_seconds = Histogram(RUN_SECONDS)
        """Of the attempt that ended a run, by state."""
        self.queue_seconds = Histogram(RUN_SECONDS)
        """From when a run might begin to when it did, by queue."""
        self.model_calls: Numbers = {}
        """By `provider:model` and how they ended."""
        self.model_tokens: Numbers = {}
        """By `provider:model` and what they were."""
        self.model_cost: Numbers = {}
        """In nano-dollars, by `provider:model`; what has no price is not in it."""
        self.first_seconds = Histogram(REQUEST_SECONDS)
        """From asking a model to the first of its answer, by `provider:model`."""
        self.lag_seconds = Histogram(LAG_SECONDS)
        """How late the loop came to what was due."""
        self.heard: Callable[[int, float], None] | None = None
        """Who hears of each request besides, those of probers left out."""
        self._models: set[str] = set()

    def answered(self, method: str, route: str, status: int, seconds: float, *, probes: bool = False) -> None:
        """A request has ended; its answer began after so many seconds."""
        if method not in METHODS:
            method = OTHERS
        key = method, route, CLASSES[status // 100]
        self.requests[key] = self.requests.get(key, 0) + 1
        self.request_seconds.add(seconds, method, route)
        if self.heard is not None and not probes:
            self.heard(status, seconds)

    def socket(self, route: str, more: int) -> None:
        """A WebSocket was opened, or has ended."""
        _add(self.sockets, more, route)

    def called(self, operation: str, outcome: str) -> None:
        """A call of an operation has ended."""
        _add(self.calls, 1, operation, outcome)

    def run_began(self, queue: str, seconds: float) -> None:
        """A run has begun for the first time, so long after it might have."""
        self.queue_seconds.add(max(0.0, seconds), queue)

    def run_ended(self, operation: str, state: str, seconds: float) -> None:
        """A run has ended, by an attempt of so many seconds."""
        _add(self.runs, 1, operation, state)
        self.run_seconds.add(seconds, state)

    def asked(self, model: str, outcome: str, spent: Mapping[str, int] | None, first: float | None) -> None:
        """A call of a model has ended, and `first` is when the first of its answer came, in seconds.

        What it has `spent` are tokens, `input`, of that `cached`, and `output`, and the `cost` in nano-dollars.
        """
        if model not in self._models:
            # What a provider does not have takes no place from what it has.
            if len(self._models) < MOST_MODELS and len(model) <= LONGEST_MODEL and outcome != "not_found":
                self._models.add(model)
            else:
                model = OTHERS
        _add(self.model_calls, 1, model, outcome)
        if spent is not None:
            for kind in TOKENS:
                _add(self.model_tokens, spent[kind], model, kind)
            _add(self.model_cost, spent["cost"], model)
        if first is not None:
            self.first_seconds.add(first, model)


def _add(to: Numbers, by: int, *labels: str) -> None:
    to[labels] = to.get(labels, 0) + by
