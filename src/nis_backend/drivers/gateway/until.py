"""When a call has to be done: a moment that is put off while the call is under way, for those who join it."""

from __future__ import annotations

import asyncio
import math

from nis_backend.errors import DeadlineExceeded


class Until:
    """A moment by the loop's clock; infinity is none."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.limits: set[asyncio.Timeout] = set()
        """Those within which something is waited for until this moment."""

    @classmethod
    def within(cls, seconds: float) -> Until:
        """So many seconds from now."""
        return cls(asyncio.get_running_loop().time() + seconds)

    @property
    def left(self) -> float:
        """Seconds until then."""
        return self.at - asyncio.get_running_loop().time()

    def put_off(self, at: float) -> None:
        """Have it be later, also for what is waited for now."""
        if at > self.at:
            self.at = at
            for limit in self.limits:
                limit.reschedule(None if math.isinf(at) else at)


def late(what: str) -> DeadlineExceeded:
    """The failure of what has not come by then."""
    return DeadlineExceeded(f"{what} was not done in time.", remedy="Ask for less, or give the route more time.")
