"""What was done, step by step, with its times; and how far it is."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from nis_backend.deployment.report import Outcome, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from nis_backend.deployment.target import Tell


@dataclass(kw_only=True)
class Course:
    """The steps of one request."""

    tell: Tell
    clock: Callable[[], float]
    steps: list[Step] = field(default_factory=list[Step])
    begun: float = field(init=False)

    def __post_init__(self) -> None:
        self.begun = self.clock()

    @contextmanager
    def step(self, what: str, start: float = 0.0, end: float = 1.0) -> Generator[Doing]:
        """Do something that is between two shares of the whole; what it raises is a step that failed."""
        doing, begun = Doing(tell=self.tell, start=start, end=end), self.clock()
        self.tell(start, what)
        try:
            yield doing
        except Exception as error:
            self._did(what, begun, ok=False, told=str(error))
            raise
        self._did(what, begun, ok=doing.ok, told=doing.told)

    def outcome(
        self, ended: Literal["done", "rolled_back", "failed"], *, revision: str = "", told: str = ""
    ) -> Outcome:
        """How it ended."""
        seconds = round(self.clock() - self.begun, 1)
        return Outcome(ended=ended, revision=revision, steps=self.steps, seconds=seconds, told=told)

    def _did(self, what: str, begun: float, *, ok: bool, told: str) -> None:
        self.steps.append(Step(what=what, ok=ok, seconds=round(self.clock() - begun, 1), told=told))


@dataclass(kw_only=True)
class Doing:
    """A step while it is done."""

    tell: Tell
    start: float
    end: float
    ok: bool = True
    told: str = ""

    def hear(self, share: float, said: str) -> None:
        """How far the step is, as a share of the whole."""
        self.tell(self.start + share * (self.end - self.start), said)
