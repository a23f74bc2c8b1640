"""A call that is made of one model after another, until one begins to answer; that one's answer is the caller's.

Once a word of an answer has gone out, nothing is tried again: what then breaks off is reported, and no other model's
words are put behind it.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from nis_backend.drivers.gateway import judging
from nis_backend.drivers.gateway.answering import Answering
from nis_backend.drivers.gateway.attempt import Attempt
from nis_backend.drivers.gateway.base import Place
from nis_backend.drivers.gateway.ledger import new_call
from nis_backend.drivers.gateway.routing import lacking, order
from nis_backend.drivers.gateway.until import Until
from nis_backend.errors import BudgetExceeded, Busy, NisError, NotSupported, Unavailable

if TYPE_CHECKING:
    from nis_backend.drivers.gateway.attempt import Call, Parts, Send
    from nis_backend.drivers.gateway.base import Needs
    from nis_backend.drivers.gateway.route import Route, Target

T = TypeVar("T")

LEFT_ALONE = "left_alone"
"""Why a call was refused whose models have failed of late."""


@dataclass(kw_only=True)
class _Trip(Generic[T]):
    """What is under way for one call."""

    call: Call
    send: Send[T]
    call_id: str
    until: Until
    """When the answer has to be whole."""
    number: int = 0
    sent: bool = False
    """Whether a model was asked."""
    left_alone: bool = False
    """Whether none was because they are left alone for a while."""
    failed: list[NisError] = field(default_factory=list[NisError])
    context: int = 0
    """The most tokens that a model takes for which the prompt was too long."""


class Attempts:
    """Makes calls; one for the process."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    async def answered(self, call: Call, send: Send[T]) -> Answering[T]:
        """The answer of the first model that begins one: of the route's in their order, each asked again as it may be.

        Raises:
            BudgetExceeded: a cap does not allow it, by any of the routes that may be gone along.
            NisError: what the last model that was tried has refused.
        """
        self.parts.ledger.admit()
        until = call.until or Until.within(call.route.policy.total)
        trip = _Trip(call=call, send=send, call_id=new_call(self.parts.clock()), until=until)
        try:
            try:
                attempt = await self._along(trip, call.route)
            except BudgetExceeded as refusal:
                attempt = await self._cheaper(trip, refusal)
        except NisError as error:
            if not trip.sent:
                self._refused(trip, error)
            raise
        return Answering(attempt, until)

    async def whole(self, call: Call, send: Send[T]) -> T:
        """The answer of a call that has one item, paid for.

        Raises:
            NisError: see `answered`, and what comes of reading it.
        """
        answering = await self.answered(call, send)
        try:
            return await anext(answering)
        finally:
            await answering.settle()
            await answering.aclose()

    def _refused(self, trip: _Trip[T], error: NisError) -> None:
        """Count a call of which nothing was sent, by the model that would have been the first."""
        call = trip.call
        target = min(call.route.targets, key=lambda one: one.tier)
        row = self.parts.ledger.open_row(
            who=call.who,
            route=call.route.name if call.route.name != target.id else "",
            target=target,
            kind=call.kind,
            call_id=trip.call_id,
            attempt=0,
            streamed=call.streamed,
        )
        self.parts.ledger.refuse(row, error, LEFT_ALONE if trip.left_alone else error.code)

    def why_not(self, target: Target, needs: Needs) -> str:
        """Why a model of a route would not be asked now; empty when it would be."""
        known, health = self.parts.known, self.parts.health
        why = known.why_not(target.provider) or health.why_not(target)
        info = known.info(target)
        return why or ("" if info is None else lacking(info, needs))

    def places(self, route: Route, needs: Needs) -> list[Place]:
        """The models of a route by tiers, and which of them would be asked now."""
        reasons = {target.id: self.why_not(target, needs) for target in route.targets}
        places: list[Place] = []
        for target in sorted(route.targets, key=lambda target: target.tier):
            tier = [one.weight for one in route.targets if one.tier == target.tier and not reasons[one.id]]
            share = 0.0 if reasons[target.id] else target.weight / sum(tier) if any(tier) else 1 / len(tier)
            places.append(Place(target=target, share=share, why_not=reasons[target.id]))
        return places

    # -- which ---------------------------------------------------------------------------------------------------------

    async def _cheaper(self, trip: _Trip[T], refusal: BudgetExceeded) -> Attempt[T]:
        """Go down the route's ladder, where the budget lets it; then have the answer be short."""
        if self.parts.budgets.goes_down(refusal):
            for name in trip.call.route.policy.ladder:
                route = self.parts.known.route(name)
                if route is not None:
                    try:
                        return await self._along(trip, route)
                    except BudgetExceeded as another:
                        refusal = another
                    except NisError as error:
                        trip.failed.append(error)
        if trip.call.needs.output is not None:
            raise refusal
        return await self._along(trip, trip.call.route, short=True)

    async def _along(self, trip: _Trip[T], route: Route, *, short: bool = False) -> Attempt[T]:
        targets = self._fitting(trip, route)
        if route.policy.hedge_after is not None and len(targets) > 1:
            return await self._hedged(trip, route, targets, short=short)
        error: NisError | None = None
        for target in targets:
            if error is not None and error.too_long and self._takes_no_more(trip, target):
                continue
            if error is not None and not self._in_time(trip, 0):
                break
            try:
                return await self._asked(trip, route, target, alone=target is targets[-1], short=short)
            except NisError as failure:
                error = failure
                if not judging.may_elsewhere(error):
                    raise
        assert error is not None
        error.toolless = self._left_toolless(trip.call, route)
        raise error

    def _left_toolless(self, call: Call, route: Route) -> bool:
        """Whether a model was left out for nothing but the tools that it does not take."""
        if not call.needs.tools or len(route.targets) == 1:
            return False
        without = replace(call.needs, tools=False)
        return any(self.why_not(one, call.needs) and not self.why_not(one, without) for one in route.targets)

    def _fitting(self, trip: _Trip[T], route: Route) -> list[Target]:
        """The models that may be asked now, in the order in which they are.

        Raises:
            Unavailable, Busy, NotSupported: there is none.
        """
        if len(route.targets) == 1:
            # Nothing stands in for it: what it lacks, it says itself.
            target = route.targets[0]
            refusal = self.parts.health.refusal(target)
            if refusal is not None:
                trip.left_alone = True
                raise refusal
            return [target]
        reasons: dict[str, str] = {}
        needs = self._needed(trip.call)

        def fits(target: Target) -> bool:
            reasons[target.id] = self.why_not(target, needs)
            return not reasons[target.id]

        found = order(route, fits, self.parts.draw)
        return found or self._left_alone(trip, route, reasons)

    def _needed(self, call: Call) -> Needs:
        """What the call needs, with how long its input is where a model's context is known."""
        if call.needs.input_bound is not None or not any(self._context(target) for target in call.route.targets):
            return call.needs
        return replace(call.needs, input_bound=call.bound("", None))

    def _context(self, target: Target) -> int | None:
        info = self.parts.known.info(target)
        return None if info is None else info.context_tokens

    def _left_alone(self, trip: _Trip[T], route: Route, reasons: dict[str, str]) -> list[Target]:
        """Raise why no model of a route may be asked."""
        said = "; ".join(f"{name}: {why}" for name, why in reasons.items())
        closed = [target for target in route.targets if self.parts.health.reopens([target]) > 0]
        if not closed:
            raise NotSupported(
                f"No model of the route {route.name} can serve this: {said}.", remedy="Ask for less, or another route."
            )
        trip.left_alone = True
        after = self.parts.health.reopens(closed)
        kind = Busy if all(self.parts.health.limited(target) for target in closed) else Unavailable
        raise kind(
            f"No model of the route {route.name} can be asked now: {said}.",
            remedy="Try again later, or ask another route.",
            retry_after=after,
        )

    def _takes_no_more(self, trip: _Trip[T], target: Target) -> bool:
        context = self._context(target)
        return context is not None and context <= trip.context

    # -- asking --------------------------------------------------------------------------------------------------------

    async def _asked(self, trip: _Trip[T], route: Route, target: Target, *, alone: bool, short: bool) -> Attempt[T]:
        """One model, asked again as often as the route says."""
        policy, tries, dropped = route.policy, 0, False
        while True:
            attempt = self._attempt(trip, route, target, short=short, once_more=dropped)
            try:
                silence = route.policy.first_byte if trip.call.streamed else math.inf
                await attempt.begin(trip.send, None if math.isinf(silence) else silence, trip.until)
            except NisError as error:
                trip.sent = trip.sent or attempt.sent
                if error.too_long:
                    trip.context = max(trip.context, self._context(target) or 0)
                if error.dropped and not dropped and self._in_time(trip, 0):
                    # Whether it was heard nobody knows: once more is a call of its own, paid for as one.
                    dropped = True
                    continue
                if tries == policy.retries or not judging.may_again(error):
                    raise
                seconds = judging.pause(error, tries, self.parts.draw(), alone=alone)
                if seconds is None or not self._in_time(trip, seconds):
                    raise
                await self.parts.sleep(seconds)
                tries += 1
            else:
                return attempt

    def _attempt(self, trip: _Trip[T], route: Route, target: Target, *, short: bool, once_more: bool) -> Attempt[T]:
        trip.number += 1
        return Attempt(
            parts=self.parts,
            call=trip.call,
            route=route,
            target=target,
            call_id=trip.call_id,
            number=trip.number,
            alone=len(route.targets) == 1,
            short=short,
            once_more=once_more,
        )

    def _in_time(self, trip: _Trip[T], seconds: float) -> bool:
        return seconds < trip.until.left

    async def _hedged(self, trip: _Trip[T], route: Route, targets: list[Target], *, short: bool) -> Attempt[T]:
        """The model that begins first; the next is asked once one is silent for too long, two at a time at most."""
        waiting = [*targets]
        made: list[asyncio.Task[Attempt[T]]] = []
        won: asyncio.Task[Attempt[T]] | None = None
        error: NisError | None = None
        more = True
        try:
            while True:
                if more and waiting:
                    target = waiting.pop(0)
                    work = self._asked(trip, route, target, alone=not waiting, short=short)
                    made.append(asyncio.create_task(work, name=f"asking {target.id}"))
                running = [task for task in made if not task.done()]
                seconds = route.policy.hedge_after if waiting and len(running) == 1 else None
                done, _ = await asyncio.wait(running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                won = next((task for task in done if task.exception() is None), None)
                if won is not None:
                    return won.result()
                left = len(running) - len(done)
                for failure in [task.exception() for task in done]:
                    error = self._failed(failure, left)
                more = not done or not left
                if error is not None and not left and not waiting:
                    raise error
        finally:
            await self._drop([task for task in made if task is not won])

    def _failed(self, failure: BaseException | None, left: int) -> NisError:
        """A hedged call's failure, unless it ends them all."""
        assert failure is not None
        unaffordable = isinstance(failure, BudgetExceeded) and left > 0
        if not isinstance(failure, NisError) or not (unaffordable or judging.may_elsewhere(failure)):
            raise failure
        return failure

    async def _drop(self, tasks: list[asyncio.Task[Attempt[T]]]) -> None:
        """End the calls whose answers came too late; they are paid for."""
        for task in tasks:
            task.cancel()
        for late in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(late, BaseException):
                await Answering(late, None).aclose()
