"""The gateway's door for bytes: a request in a provider's own format goes out, and its response back, as they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from nis_backend.drivers.gateway.attempt import Begun, Call
from nis_backend.drivers.gateway.base import Needs, Passed
from nis_backend.drivers.gateway.bounds import answers_bound, input_bound, media, output_bound
from nis_backend.drivers.gateway.headers import way_headers, whole_headers
from nis_backend.drivers.gateway.passed_again import WantedPassed, passed_again
from nis_backend.drivers.gateway.registry import direct
from nis_backend.drivers.gateway.sending import Sender, speaks
from nis_backend.errors import NisError, NotFound

if TYPE_CHECKING:
    from nis_backend.drivers.gateway.answering import Answering
    from nis_backend.drivers.gateway.attempts import Attempts
    from nis_backend.drivers.gateway.base import Inbound, Who
    from nis_backend.drivers.gateway.caching import Answers
    from nis_backend.drivers.gateway.registry import Registry
    from nis_backend.drivers.gateway.route import Route, Target
    from nis_backend.drivers.gateway.sending import Through
    from nis_backend.drivers.gateway.until import Until
    from nis_backend.drivers.llm.base import LanguageModels

NAMED_SECONDS, MOST_NAMED = 60.0, 4096
"""How long it is known which provider a name without one means, and of how many."""


class Answer:
    """A response that has begun."""

    def __init__(self, items: Answering[bytes], through: Through) -> None:
        self.items = items
        """All of it in one, where it does not stream."""
        self.target = items.target
        self.capped = items.capped
        self.status = through.status
        self.media_type = through.media_type
        self.streams = through.streams
        self.headers = way_headers(items, through)
        self.stated = through.stated
        self.cost: int | None = None
        """In nano-dollars, once it is settled and where a price is known."""

    async def settle(self) -> None:
        """Say that it was read to its end."""
        self.cost = await self.items.settle()


class Gate(Protocol):
    """What of the gateway this stands on."""

    registry: Registry
    attempts: Attempts
    answers: Answers


class Passing:
    """Passes requests on; one for the process."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._sender = Sender()
        self._named: dict[str, tuple[float, Route | None]] = {}
        """What names are whose, and until when that holds."""

    async def passes(self, who: Who, inbound: Inbound) -> Route | None:
        """See `Gateway.passes`."""
        await self._gate.registry.ready()
        route = await self._route(inbound)
        if route is None or not all(self._takes(target, inbound) for target in route.targets):
            return None
        # What is the caller's own is computed here.
        own = await self._gate.registry.own(route, who.owner)
        return None if any(target.mark for target in own.targets) else route

    async def pass_on(self, who: Who, inbound: Inbound, route: Route) -> Passed:
        """See `Gateway.pass_on`."""
        if route.policy.cache != "none":
            wanted = WantedPassed(who, route, inbound, lambda until: self._answer(who, route, inbound, until))
            return await passed_again(self._gate.answers, wanted)
        answer = await self._answer(who, route, inbound)
        if answer.streams:
            return Passed(status=answer.status, headers=answer.headers, items=answer.items)
        try:
            whole = await anext(answer.items)
            await answer.settle()
        finally:
            await answer.items.aclose()
        return Passed(status=answer.status, headers=[*answer.headers, *whole_headers(whole, answer.cost)], whole=whole)

    async def _route(self, inbound: Inbound) -> Route | None:
        """The route that the request names; None when no model is known by that name."""
        registry, model = self._gate.registry, str(inbound.asked["model"])
        route = registry.resolve(model)
        listed = route is None or (len(route.targets) == 1 and ":" in route.targets[0].model)
        if not listed or inbound.kind == "embeddings":
            return route
        # A bare name, or one with colons that may stand for slashes: the providers' lists tell.
        until, found = self._named.get(model, (0.0, None))
        now = asyncio.get_running_loop().time()
        if now >= until:
            try:
                driver, info = await registry.models.choose(model)
            except NotFound:
                return None
            except NisError:
                return route
            found = direct(driver.provider, info.name)
            if len(self._named) >= MOST_NAMED:
                self._named.clear()
            self._named[model] = (now + NAMED_SECONDS, found)
        return found

    def _takes(self, target: Target, inbound: Inbound) -> bool:
        driver = self._gate.registry.driver(target.provider)
        return driver is not None and speaks(driver, inbound)

    async def _answer(self, who: Who, route: Route, inbound: Inbound, until: Until | None = None) -> Answer:
        found: dict[str, Through] = {}

        async def send(target: Target, most: int | None) -> Begun[bytes]:
            through = await self._sender.send(self._driver(target), inbound, target, most)
            found[target.id] = through
            return Begun(first=through.first, rest=through.rest, used=through.used, said=through.said)

        call = Call(
            who=who,
            route=route,
            needs=needs_of(inbound, several=len(route.targets) > 1),
            kind=inbound.kind,
            streamed=inbound.streamed,
            bound=lambda family, context: _bound(inbound, family, context),
            until=until,
        )
        answering = await self._gate.attempts.answered(call, send)
        return Answer(answering, found[answering.target.id])

    def _driver(self, target: Target) -> LanguageModels:
        driver = self._gate.registry.driver(target.provider)
        assert driver is not None
        return driver


def needs_of(inbound: Inbound, *, several: bool) -> Needs:
    """What a request asks of a model; what tells `several` apart is looked for only where there is a choice."""
    asked = inbound.asked
    kinds = {kind for kind, _, _ in media(asked)} if several and inbound.kind != "embeddings" else set[str]()
    # Anthropic's tiers of service have one price, and its speeds have two.
    tier = asked.get("speed" if inbound.kind == "messages" else "service_tier")
    return Needs(
        input_bound=len(inbound.body),
        output=0 if inbound.kind == "embeddings" else output_bound(asked),
        answers=answers_bound(asked),
        vision="image" in kinds,
        audio="audio" in kinds,
        files=bool(kinds - {"image", "audio"}),
        tools=bool(asked.get("tools")),
        schema=b'"json_schema"' in inbound.body,
        logprobs=bool(asked.get("logprobs")),
        writes_cache=b'"cache_control"' in inbound.body,
        # What is half the price for being one of a batch cannot be asked for here; some servers overlook it.
        service_tier=tier if isinstance(tier, str) and tier != "batch" else "",
    )


def _bound(inbound: Inbound, family: str, context: int | None) -> int | None:
    # Of texts that are embedded, a model's context holds each by itself.
    return input_bound(inbound.body, inbound.asked, family, None if inbound.kind == "embeddings" else context)
