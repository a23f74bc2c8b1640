"""Which waiting texts the model reads together: texts of nearly one length, whichever calls they belong to."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP = 8
"""Texts are read together when their lengths, rounded up to this many tokens, are the same: padding is work too."""

BUDGET = 256
"""Tokens read at once, padding included: one text of the greatest length, or many short ones. What they pass through
fits the processor's cache; more at once take more memory and are no faster, as docs/experiments.md has it."""


class Job:
    """The texts of one call, as tokens, and what came of them; `waiting` has places by rounded length."""

    def __init__(self, texts: Sequence[Sequence[int]]) -> None:
        self.texts = texts
        self.left = len(texts)
        self.vectors: list[Any] = [None] * len(texts)  # Any: arrays, which this module does not load
        self.waiting: dict[int, deque[int]] = defaultdict(deque)
        for index, tokens in enumerate(texts):
            self.waiting[width(len(tokens))].append(index)


def width(tokens: int) -> int:
    """A length rounded up to the step."""
    return -(-tokens // STEP) * STEP


class Batches:
    """The calls under way, each in turn: a short one is not held up by a long one that came before."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()

    def add(self, job: Job) -> None:
        """Have its texts read."""
        self._jobs.append(job)

    def remove(self, job: Job) -> None:
        """Read no more of its texts."""
        if job in self._jobs:
            self._jobs.remove(job)

    def next(self) -> list[tuple[Job, int]]:
        """The texts to read next, each as its call and its index there; empty when none wait.

        The longest of the call whose turn it is, filled up with what the others have of that length.
        """
        if not self._jobs:
            return []
        first = self._jobs[0]
        wide = max(first.waiting)
        room = max(1, BUDGET // wide)
        batch: list[tuple[Job, int]] = []
        for job in list(self._jobs):
            queue = job.waiting.get(wide, deque())
            while queue and len(batch) < room:
                batch.append((job, queue.popleft()))
            if not queue:
                job.waiting.pop(wide, None)
            if not job.waiting:
                self._jobs.remove(job)
        if self._jobs and self._jobs[0] is first:
            self._jobs.rotate(-1)
        return batch
