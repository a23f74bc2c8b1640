"""How providers do, as this process sees them: which are left alone for a while, and how many calls each is given.

A model that fails again and again is not asked until some time has passed, then by one call, whose end decides (a
circuit breaker: M. Nygard, Release It!). A provider that says that it is asked too often is left alone as long as it
says.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from nis_backend.errors import Busy, from_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.drivers.gateway.route import Target
    from nis_backend.errors import NisError

Outcome = Literal["answered", "failed", "limited", "key refused", "at fault"]
"""How a call ended: the provider `failed` (no connection, its own error, silence), was asked too often (`limited`), or
refused our key; `at fault` is the call itself, or its caller left: it says nothing of the provider."""

IN_A_ROW, SHARE, LEAST, WINDOW = 5, 0.5, 10, 30.0
"""A model is left alone after so many failures in a row, or where this share of at least so many calls failed within so
many seconds."""
OPEN, LONGEST, LONE, COOL, KEY = 10.0, 120.0, 1.0, 5.0, 60.0
"""Seconds: of the first time alone, doubled up to the longest; of one that no other stands in for; after "too often"
without a time; after a refused key."""
MOST_KNOWN = 1024
"""Models whose state is kept; the names are callers'."""
MOST_CALLS, WAITING = 64, 4
"""Calls that a provider is given at a time, and how many times as many may wait."""


@dataclass(kw_only=True)
class _Model:
    """What is known of one model."""

    ends: deque[tuple[float, bool]] = field(default_factory=lambda: deque[tuple[float, bool]](maxlen=64))
    in_a_row: int = 0
    times: int = 0
    """How often it was left alone without an answer since."""
    until: float = 0.0
    """It is left alone until then."""
    probing: bool = False
    why: str = ""
    last: NisError | None = None
    """What it failed with."""
    limited: bool = False
    """Whether it is left alone since it was asked too often."""


class Room:
    """The calls that one provider is given at a time; others wait in their order, and some are turned away."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self.most = most
        self.busy = 0
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def queued(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def enter(self, provider: str) -> float:
        """Wait for a place, and answer for how many seconds.

        Raises:
            Busy: too many wait already.
        """
        if self.busy < self.most:
            self.busy += 1
            return 0.0
        if len(self._waiting) >= WAITING * self.most:
            raise Busy(
                f"{provider} is given {self.most} calls at a time, and {len(self._waiting)} wait.",
                remedy="Try again later, or allow the provider more.",
                retry_after=1.0,
            )
        begun, place = self._clock(), asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()
            elif place in self._waiting:
                # Who left in the same moment may have passed it by already.
                self._waiting.remove(place)
            raise
        return self._clock() - begun

    def leave(self) -> None:
        """Give the place to the next, or back."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self.busy -= 1


class Health:
    """The state of each provider and model, from how calls ended."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._models: OrderedDict[str, _Model] = OrderedDict()
        self._keys: dict[str, float] = {}
        self._rooms: dict[str, Room] = {}

    def room(self, provider: str, most: int = MOST_CALLS) -> Room:
        """Where calls to a provider find their place."""
        room = self._rooms.get(provider)
        if room is None:
            room = self._rooms[provider] = Room(most, self._clock)
        room.most = most
        return room

    def why_not(self, target: Target) -> str:
        """Why a model is left alone now; empty when it may be asked."""
        seconds = self.reopens([target])
        if seconds > 0:
            model = self._models.get(target.key)
            return model.why if model is not None and model.until > self._clock() else "its key is refused"
        model = self._models.get(target.key)
        return "one call finds out whether it answers again" if model is not None and model.probing else ""

    def reopens(self, targets: Sequence[Target]) -> float:
        """Seconds until the first of these models is asked again."""
        now = self._clock()
        times = [
            max(self._keys.get(one.account, 0.0), model.until if (model := self._models.get(one.key)) else 0.0)
            for one in targets
        ]
        return max(0.0, min(times, default=0.0) - now)

    def state(self, provider: str) -> str:
        """Why a provider, or which of its models, is left alone now; empty when all of it may be asked."""
        now = self._clock()
        left = self._keys.get(provider, 0.0) - now
        if left > 0:
            return f"its key is refused; it is asked again in {left:.0f} s"
        closed = {
            name: one for name, one in self._models.items() if name.startswith(f"{provider}:") and one.until > now
        }
        return "; ".join(f"{name}: {one.why}, again in {one.until - now:.0f} s" for name, one in closed.items())

    def refusal(self, target: Target) -> NisError | None:
        """What a model that is left alone now has failed with, for a call that has no other."""
        model = self._models.get(target.key)
        if model is None or model.last is None or model.limited or model.until <= self._clock():
            return None
        again = from_problem({**model.last.problem(), "retry_after": model.until - self._clock()})
        again.sent = "no"
        return again

    def limited(self, target: Target) -> bool:
        """Whether a model that is left alone was asked too often; else it has failed."""
        model = self._models.get(target.key)
        return model is not None and model.limited

    def begin(self, target: Target) -> None:
        """A call is made; where the model was left alone, it is the one that finds out."""
        model = self._models.get(target.key)
        if model is not None and model.times:
            model.probing = True

    def ended(self, target: Target, outcome: Outcome, *, error: NisError | None = None, lone: bool = False) -> None:
        """A call has ended; `lone` when no other model could stand in for this one.

        A lone model's provider says itself, and each time, that it is asked too often or refuses the key.
        """
        now = self._clock()
        if outcome == "key refused" and not lone:
            self._keys[target.account] = now + KEY
        model = self._known(target.key)
        model.probing = False
        if outcome == "limited" and not lone:
            after = COOL if error is None else error.retry_after or COOL
            model.until, model.why, model.limited = now + min(after, LONGEST), "it was asked too often", True
        elif outcome in ("answered", "failed"):
            model.ends.append((now, outcome == "failed"))
            if outcome == "answered":
                model.in_a_row = model.times = 0
                return
            model.in_a_row += 1
            if model.times or model.in_a_row >= IN_A_ROW or self._often(model, now):
                seconds = LONE if lone else min(OPEN * 2**model.times, LONGEST)
                model.until, model.why = now + seconds, f"it failed {model.in_a_row} times in a row"
                model.last, model.limited = error, False
                model.times = min(model.times + 1, 16)

    def forget(self, provider: str) -> None:
        """A provider was set up anew: what was known of it is no more."""
        self._keys.pop(provider, None)
        for name in [name for name in self._models if name.startswith(f"{provider}:")]:
            del self._models[name]

    def _known(self, name: str) -> _Model:
        model = self._models.get(name)
        if model is None:
            model = self._models[name] = _Model()
            if len(self._models) > MOST_KNOWN:
                self._models.popitem(last=False)
        self._models.move_to_end(name)
        return model

    def _often(self, model: _Model, now: float) -> bool:
        lately = [failed for at, failed in model.ends if at > now - WINDOW]
        return len(lately) >= LEAST and sum(lately) >= SHARE * len(lately)
