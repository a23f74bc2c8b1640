"""A limit of time for what cannot be asked to stop: an exception is set in its thread, for the next line of Python."""

from __future__ import annotations

import ctypes
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


class OutOfTime(BaseException):
    """The time for this work is over; no Exception, which sympy catches in places."""


@contextmanager
def within(seconds: float) -> Generator[None]:
    """Raise `OutOfTime` in the block once it takes longer than `seconds`.

    Reaches whatever runs as Python code; one long operation on huge integers ends first.

    Raises:
        OutOfTime: the time is over.
    """
    thread, lock, ended = threading.get_ident(), threading.Lock(), False

    def end() -> None:
        with lock:
            if not ended:
                _raise_in(thread)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            ended = True
        timer.cancel()


def _raise_in(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(OutOfTime))
