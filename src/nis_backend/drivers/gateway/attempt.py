"""One call of one model: its place among the provider's calls, its reservation, its row of the ledger."""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from nis_backend.drivers.gateway.judging import outcome_of
from nis_backend.drivers.gateway.ledger import End
from nis_backend.drivers.gateway.prices import COMPUTED
from nis_backend.drivers.gateway.route import COMPUTED_HERE
from nis_backend.drivers.gateway.traced import answered, asked
from nis_backend.drivers.gateway.worst import longest
from nis_backend.drivers.llm.answer import Usage
from nis_backend.drivers.telemetry.ids import HERE
from nis_backend.errors import InternalError, NisError, Unavailable, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from nis_backend.drivers.gateway.base import Needs, Who
    from nis_backend.drivers.gateway.budgets import Budgets
    from nis_backend.drivers.gateway.health import Health, Room
    from nis_backend.drivers.gateway.ledger import Ledger
    from nis_backend.drivers.gateway.prices import Prices
    from nis_backend.drivers.gateway.rates import Rates
    from nis_backend.drivers.gateway.route import Route, Target
    from nis_backend.drivers.gateway.until import Until
    from nis_backend.drivers.llm.base import ModelInfo
    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.spending import Cap
    from nis_backend.drivers.telemetry.base import Span, Telemetry

log = logging.getLogger("nis.gateway")

T = TypeVar("T")

LEAST_OUTPUT = 16
"""Tokens: no answer is held shorter than this by a cap; it is refused."""


@dataclass(kw_only=True)
class Begun(Generic[T]):
    """A model that has begun to answer."""

    first: T
    rest: AsyncGenerator[T, None]
    """What follows; closing it ends the connection."""
    used: Callable[[], Usage | None]
    """The tokens, as far as the provider has stated them by now."""
    said: Callable[[], int]
    """Bytes of the answer by now: what is counted where nothing is stated."""


class Send(Protocol[T]):
    """Asks a model."""

    def __call__(self, target: Target, most: int | None, /) -> Awaitable[Begun[T]]:
        """Ask, and answer with the first of the answer; `most` output tokens, where the gateway sets the most.

        Cancelled, it ends its connection.

        Raises:
            NisError: its `sent` says whether the call may have cost something.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is asked, of which models, and for whom."""

    who: Who
    route: Route
    needs: Needs
    kind: str
    streamed: bool
    """Whether the first of an answer comes long before its last: only then is a model's silence timed."""
    bound: Callable[[str, int | None], int | None]
    """The most input tokens, of a family of models and within a context, as in `bounds`: asked where it matters."""
    until: Until | None = None
    """When its answer has to be whole, where that is not as the route says from now on."""


class Known(Protocol):
    """What is known of providers and their models without asking them."""

    def info(self, target: Target) -> ModelInfo | None:
        """The model as its provider has described it, where it has."""
        ...

    def family(self, provider: str) -> str:
        """Whose models they are, as `bounds.IMAGE` names them."""
        ...

    def concurrency(self, provider: str) -> int:
        """How many calls the provider is given at a time."""
        ...

    def why_not(self, provider: str) -> str:
        """Why the provider cannot be asked at all; empty when it can."""
        ...

    def route(self, name: str) -> Route | None:
        """The route of this name."""
        ...


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What attempts stand on; one for the process."""

    known: Known
    health: Health
    prices: Prices
    budgets: Budgets
    ledger: Ledger
    telemetry: Telemetry
    clock: Callable[[], float]
    """Seconds since 1970, UTC."""
    timer: Callable[[], float]
    """Seconds that only grow."""
    sleep: Callable[[float], Awaitable[object]]
    draw: Callable[[], float]
    """From 0 to below 1."""


@dataclass(kw_only=True)
class Attempt(Generic[T]):
    """One call that is made, and ended once."""

    parts: Parts
    call: Call
    route: Route
    """The call's, or the one that is gone along in its place."""
    target: Target
    call_id: str
    number: int
    alone: bool
    """Whether no other model stands in for this one."""
    short: bool = False
    """Whether the answer may be held as short as the caps afford, where the caller has set no length."""
    once_more: bool = False
    """Whether the one before was dropped by its connection."""
    most: int | None = None
    """The most output tokens, where the gateway has set it."""
    cost: int | None = None
    """In nano-dollars, once it has ended; None where no price is known."""
    begun: Begun[T] | None = None
    ended: bool = False
    _row: Row = field(default_factory=dict[str, object])
    _rates: Rates | None = None
    _room: Room | None = None
    _waited: float = 0.0
    _asked: float | None = None
    _first: float | None = None
    _span: Span | None = None
    _held: bool = False
    """Whether a cap has set the most, where the caller has set none."""

    @property
    def sent(self) -> bool:
        """Whether the model was asked."""
        return self._asked is not None

    @property
    def capped(self) -> bool:
        """Whether a cap of its caller's has made the answer another one: shorter, perhaps, or a cheaper route's."""
        return self._held or self.route is not self.call.route

    async def begin(self, send: Send[T], seconds: float | None, until: Until) -> None:
        """Ask, and wait for the first of the answer, at most so many seconds and until then.

        Raises:
            BudgetExceeded: a cap would be crossed; nothing was sent.
            NisError: it was refused, or nothing came.
        """
        silence, whole = asyncio.timeout(seconds), asyncio.timeout_at(None if math.isinf(until.at) else until.at)
        began = asyncio.get_running_loop().time()
        try:
            async with silence, whole:
                until.limits.add(whole)
                try:
                    await self._enter()
                    self.parts.health.begin(self.target)
                    self._asked = self.parts.timer()
                    self.begun = await self._send(send)
                finally:
                    until.limits.discard(whole)
        except NisError as error:
            await self.end("failed", error)
            raise
        except TimeoutError:
            waited = asyncio.get_running_loop().time() - began
            what = f"said nothing for {waited:.3g} s" if silence.expired() or whole.expired() else "timed out"
            error = UpstreamFailed(f"{self.target.id} {what}.", remedy="Try again, or choose another model.")
            await self.end("failed", error)
            raise error from None
        except Exception:
            await self.end("failed", InternalError("A model was asked wrongly."))
            raise
        except BaseException:
            await self.end("left")
            raise
        self._first = self.parts.timer()
        self.parts.health.ended(self.target, "answered")

    async def _send(self, send: Send[T]) -> Begun[T]:
        """Ask; where calls are traced, within a span that goes on until the end of the answer."""
        tracer = self.parts.telemetry.tracer
        if tracer is None:
            return await send(self.target, self.most)
        here = HERE.get()
        self._span = asked(tracer, here.trace, self.call.kind, self.target, streamed=self.call.streamed)
        token = HERE.set(here.below(self._span.trace))
        try:
            return await send(self.target, self.most)
        finally:
            HERE.reset(token)

    async def end(self, state: str, error: NisError | None = None) -> None:
        """Write down how it has ended; a second end changes nothing."""
        if self.ended:
            return
        self.ended = True
        parts = self.parts
        if self._room is not None:
            self._room.leave()
        if self._asked is None:
            # Nothing was sent: there is nothing to write down.
            return
        if self._first is None or error is not None:
            # What this machine computes says at once what it lacks, each time anew.
            spared = self.alone and (self.target.provider in COMPUTED_HERE or bool(self.target.mark))
            # A connection that was kept for too long says nothing of the provider; the next one's end does.
            spared = spared or (error is not None and error.dropped and not self.once_more)
            outcome = "at fault" if error is None or spared else outcome_of(error)
            parts.health.ended(self.target, outcome, error=error, lone=self.alone)
        used, counted = self._counted(state, error)
        rates = await self._priced()
        end = End(
            state=state,
            status=error.codes.http if error else 200,
            problem=error.code if error else "",
            used=used,
            counted=counted,
            wait_ms=1e3 * self._waited,
            first_ms=None if self._first is None else 1e3 * (self._first - self._asked),
            total_ms=1e3 * (parts.timer() - self._asked),
        )
        if self._span is not None:
            self._span.note(answered(used, end.first_ms))
            self._span.end("" if state == "ok" else end.problem or state)
        reserved = self._row["state"] == "open"
        await parts.ledger.settle(self._row, end, rates)
        if rates is not None:
            self.cost = int(self._row["cost"]) if reserved else rates.cost(used or Usage())

    # -- before --------------------------------------------------------------------------------------------------------

    async def _enter(self) -> None:
        parts, target = self.parts, self.target
        room = parts.health.room(target.provider, parts.known.concurrency(target.provider))
        self._waited = await room.enter(target.provider)
        self._room = room
        self._row = parts.ledger.open_row(
            who=self.call.who,
            route=self.route.name if len(self.route.targets) > 1 or self.route.name != target.id else "",
            target=target,
            kind=self.call.kind,
            call_id=self.call_id,
            attempt=self.number,
            streamed=self.call.streamed,
        )
        caps = await parts.budgets.applying(self.call.who, target, self._row["created"])
        if caps:
            await self._reserve(caps)
        elif target.max_output is not None:
            self.most = min(target.max_output, self.call.needs.output or target.max_output)

    async def _reserve(self, caps: Sequence[Cap]) -> None:
        """Have the worst that the call may cost counted in the caps.

        Raises:
            Unavailable: nobody knows what it may cost.
        """
        parts, target, needs = self.parts, self.target, self.call.needs
        self._rates = await self._known_rates()
        if self._rates is None:
            raise _unknown("price", target)
        if self._rates.free:
            return
        wanted = self.route.policy.max_output if needs.output is None else needs.output
        self._held = needs.output is None
        bound, self.most = await longest(parts.known, parts.prices, target, self.call.bound, wanted)
        if bound is None:
            raise _unknown("longest input", target)
        answers = needs.answers
        if self.short and needs.output is None:
            # What calls that have ended hold back no more is not held against the answer.
            await parts.ledger.settled()
            afforded = parts.budgets.affordable(caps, self._rates, bound, writes_cache=needs.writes_cache) // answers
            self.most = min(self.most, max(afforded, LEAST_OUTPUT))
        self._row["worst"] = self._rates.worst(bound, answers * self.most, writes_cache=needs.writes_cache)
        self._row["worst"] += self._rates.sounds(needs.seconds, needs.characters)
        await parts.budgets.reserve(self._row, caps)

    # -- after ---------------------------------------------------------------------------------------------------------

    def _counted(self, state: str, error: NisError | None) -> tuple[Usage | None, str]:
        """What was used, and who says so."""
        if self.begun is None and error is not None and error.sent != "maybe":
            return None, "stated"
        used = self.begun.used() if self.begun is not None else None
        if state == "ok" and used is not None and used.input is not None and used.output is not None:
            return used, "stated"
        return self._guessed(used), "worst" if state != "ok" and self._row["state"] == "open" else "estimated"

    def _guessed(self, used: Usage | None) -> Usage:
        """The tokens at most, where the provider has not stated all of them."""
        used = used or Usage()
        said = self.begun.said() if self.begun is not None else 0
        family = self.parts.known.family(self.target.provider)
        into = self.call.bound(family, None) if used.input is None else used.input
        needs = self.call.needs
        return replace(
            used,
            input=into or 0,
            output=said if used.output is None else used.output,
            seconds=used.seconds or needs.seconds,
            characters=used.characters or needs.characters,
        )

    async def _priced(self) -> Rates | None:
        """What the tokens cost; a price that cannot be read now is none: the answer is not held up for it."""
        if self._rates is not None:
            return self._rates
        target = self.target
        try:
            return await self._known_rates()
        except NisError as error:
            log.warning("a call of %s has no price: %s", target.id, error)
            return None

    async def _known_rates(self) -> Rates | None:
        target, needs = self.target, self.call.needs
        if target.mark:
            return COMPUTED
        return await self.parts.prices.rates(
            target.provider,
            target.model,
            self._row["created"],
            needs.service_tier,
            "heard" if needs.seconds else "spoken" if needs.characters else "",
        )


def _unknown(what: str, target: Target) -> Unavailable:
    error = Unavailable(
        f"No {what} is known of {target.id}, so that no cap could be kept.",
        remedy="Set it with models.set_price, or ask another model.",
    )
    error.sent = "no"
    return error
