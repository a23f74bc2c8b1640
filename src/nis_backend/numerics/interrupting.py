"""A limit of counted steps, without a clock: a busy machine finds what a quiet one does, and ends where it does."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator


class OutOfSteps(BaseException):
    """The steps for this work are used up; no Exception, which sympy catches in places."""


class _Counter:
    """Steps that a thread has left."""

    def __init__(self) -> None:
        self.left = sys.maxsize

    def step(self, _frame: Any, _event: str, _argument: Any) -> None:  # Any: what the interpreter tells
        self.left -= 1
        if self.left < 0:
            raise OutOfSteps


_HERE = threading.local()


@contextmanager
def within(steps: int) -> Generator[None]:
    """Raise `OutOfSteps` in the block at the call or return that is one more than `steps`.

    A step is a call of a function, or a return from one: a quiet core takes some five million a second, half as many as
    it would uncounted. Blocks may be nested: what the inner one uses is the outer one's, too. A loop that calls
    nothing, and one operation on huge integers, are not ended.

    Raises:
        OutOfSteps: they are used up.
    """
    before: _Counter | None = getattr(_HERE, "counter", None)
    counting = sys.getprofile()
    counter = before or _Counter()
    had = counter.left
    given = counter.left = min(steps, had)
    _HERE.counter = counter
    sys.setprofile(counter.step)
    try:
        yield
        # The interpreter drops what is raised in a destructor, and stops counting.
        if counter.left < 0:
            raise OutOfSteps
    finally:
        sys.setprofile(None)
        counter.left = had - (given - counter.left)
        _HERE.counter = before
        sys.setprofile(counting)


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
