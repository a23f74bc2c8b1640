"""A limit of counted steps, without a clock: a busy machine finds what a quiet one does, and ends where it does."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType


class OutOfSteps(BaseException):
    """The steps for this work are used up; no Exception, which sympy catches in places."""


class _Counter:
    """Steps that a thread has left."""

    def __init__(self) -> None:
        self.left = sys.maxsize

    def step(self, frame: FrameType, _event: str, _argument: object) -> None:
        self.left -= 1
        # Never on the way into or out of a block: what it set would stay.
        if self.left < 0 and frame.f_code not in _EDGES:
            raise OutOfSteps


_HERE = threading.local()


class within:  # noqa: N801 - read as a word: with within(1000)
    """Raise `OutOfSteps` in the block at the call or return that is one more than `steps`.

    A step is a call of a function, or a return from one: a quiet core takes some five million a second, half as many as
    it would uncounted. Blocks may be nested: what the inner one uses is the outer one's, too. A loop that calls
    nothing, and one operation on huge integers, are not ended.

    Raises:
        OutOfSteps: they are used up.
    """

    def __init__(self, steps: int) -> None:
        self._steps = steps

    def __enter__(self) -> None:
        self._before: _Counter | None = getattr(_HERE, "counter", None)
        self._counting = sys.getprofile()
        self._counter = counter = self._before or _Counter()
        self._had = counter.left
        self._given = counter.left = min(self._steps, self._had)
        _HERE.counter = counter
        if self._counting is None:
            sys.setprofile(counter.step)

    def __exit__(self, kind: type[BaseException] | None, _error: object, _traceback: object) -> None:
        counter = self._counter
        over = counter.left < 0
        counter.left = self._had - (self._given - counter.left)
        _HERE.counter = self._before
        sys.setprofile(self._counting)
        # The interpreter drops what is raised in a destructor, and stops counting.
        if over and kind is None:
            raise OutOfSteps


_EDGES = frozenset((within.__enter__.__code__, within.__exit__.__code__))


@contextmanager
def charged() -> Generator[None]:
    """Count in the block only what is told by `spend`: it takes half the time. For loops that end by themselves."""
    counting = sys.getprofile()
    sys.setprofile(None)
    try:
        yield
    finally:
        sys.setprofile(counting)


def spend(steps: int) -> None:
    """Use up so many steps, in a block where calls are not counted.

    Raises:
        OutOfSteps: there are not as many.
    """
    counter: _Counter | None = getattr(_HERE, "counter", None)
    if counter is not None and sys.getprofile() is None:
        counter.left -= steps
        if counter.left < 0:
            raise OutOfSteps
