"""Models as calls see them: what they are asked is routed, limited and counted, and they know nothing of it."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from nis_backend.drivers.embeddings.base import Embedded, Embedders, TextEmbedder
from nis_backend.drivers.gateway.asked_again import WantedAsked, asked_again
from nis_backend.drivers.gateway.attempt import Begun, Call
from nis_backend.drivers.gateway.base import Needs
from nis_backend.drivers.gateway.bounds import bound_of, several
from nis_backend.drivers.gateway.registry import ROUTE, direct, gone
from nis_backend.drivers.llm.answer import Answered, Usage
from nis_backend.drivers.llm.base import LanguageModels
from nis_backend.drivers.llm.choice import Models
from nis_backend.errors import NotFound, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from nis_backend.drivers.embeddings.base import EmbeddingModel, Purpose
    from nis_backend.drivers.gateway.answering import Answering
    from nis_backend.drivers.gateway.attempts import Attempts
    from nis_backend.drivers.gateway.base import Who
    from nis_backend.drivers.gateway.caching import Answers
    from nis_backend.drivers.gateway.registry import Registry
    from nis_backend.drivers.gateway.route import Route, Target
    from nis_backend.drivers.gateway.until import Until
    from nis_backend.drivers.llm.answer import Item
    from nis_backend.drivers.llm.base import ModelInfo, Prompt


class Gate(Protocol):
    """What models are asked through."""

    @property
    def registry(self) -> Registry:
        """What is configured."""
        ...

    @property
    def attempts(self) -> Attempts:
        """Who makes calls."""
        ...

    @property
    def answers(self) -> Answers:
        """What routes keep."""
        ...


class MeteredModels(Models):
    """The language models of one caller: those configured, and routes."""

    def __init__(self, gate: Gate, who: Who) -> None:
        self._gate = gate
        self._who = who

    @property
    def providers(self) -> tuple[LanguageModels, ...]:  # pyright: ignore[reportIncompatibleVariableOverride] - made when it is asked for
        """The providers configured, in order of preference, and after them the routes, where there are any."""
        registry = self._gate.registry
        names = [one.provider for one in registry.models.providers]
        return tuple(self.driver(name) for name in (*names, *((ROUTE,) if registry.routes else ())))

    async def choose(self, model: str | None = None, provider: str | None = None) -> tuple[LanguageModels, ModelInfo]:
        """See `Models.choose`; `route:NAME` is a route, and so is the name of one alone, whoever has a model of it."""
        registry = self._gate.registry
        driver, info = await registry.choose(model, provider, self._who.owner)
        return (self.driver(ROUTE) if driver is None else Metered(self._gate, self._who, driver)), info

    def driver(self, provider: str) -> LanguageModels:
        """See `Models.driver`."""
        if provider == ROUTE:
            return Routed(self._gate, self._who)
        return Metered(self._gate, self._who, self._gate.registry.models.driver(provider).of(self._who.owner))

    async def close(self) -> None:
        """Nothing was opened for one caller."""


class Metered(LanguageModels):
    """One provider's models, asked in one caller's name."""

    def __init__(self, gate: Gate, who: Who, driver: LanguageModels) -> None:
        self.provider = driver.provider
        self._gate = gate
        self._who = who
        self._driver = driver

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`."""
        infos = await self._driver.models()
        for info in infos:
            self._gate.registry.remember(info)
        return infos

    async def find(self, name: str | None) -> ModelInfo | None:
        """See `LanguageModels.find`."""
        return await self._driver.find(name)

    def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`."""
        return _asked(self._gate, self._who, self.provider, prompt)

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`; a count costs nothing."""
        return await self._driver.count_tokens(prompt)

    async def mark(self, name: str) -> str:
        """See `LanguageModels.mark`."""
        return await self._driver.mark(name)

    async def surprise(self, prompt: Prompt, text: str) -> float:
        """See `LanguageModels.surprise`; models that tell it run here, at no cost."""
        return await self._driver.surprise(prompt, text)

    async def close(self) -> None:
        """The process closes the driver."""


class Routed(LanguageModels):
    """The routes, as a provider whose models they are."""

    provider = ROUTE

    def __init__(self, gate: Gate, who: Who) -> None:
        self._gate = gate
        self._who = who

    async def models(self) -> list[ModelInfo]:
        """The routes by name."""
        registry = self._gate.registry
        return [await registry.described(route, self._who.owner) for _, route in sorted(registry.routes.items())]

    async def find(self, name: str | None) -> ModelInfo | None:
        """The route of this name; there is no default one."""
        route = self._gate.registry.route(name or "")
        return None if route is None else await self._gate.registry.described(route, self._who.owner)

    def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`; `Answered.model` says which model it was."""
        return _asked(self._gate, self._who, ROUTE, prompt)

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`; by the first of the route's models, which answers most often."""
        target = _route(self._gate.registry, prompt.model).targets[0]
        driver = self._gate.registry.driver(target.provider, self._who.owner)
        if driver is None:
            raise gone(target.provider)
        return await driver.count_tokens(replace(prompt, model=target.model))

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(kw_only=True)
class _Heard:
    """What has come of an answer."""

    texts: list[str] = field(default_factory=list[str])
    end: Answered | None = None

    def used(self) -> Usage | None:
        """The tokens that the provider states."""
        return None if self.end is None else self.end.spent()

    def said(self) -> int:
        """Bytes of the words, the thoughts and the calls."""
        calls = () if self.end is None else self.end.tool_calls
        texts = [*self.texts, *(text for call in calls for text in (call.name, call.arguments))]
        return len("".join(texts).encode("utf-8", "replace"))


async def _asked(  # noqa: PLR0913 - what is asked, by whom, and the two that a shared call has
    gate: Gate,
    who: Who,
    provider: str,
    prompt: Prompt,
    *,
    until: Until | None = None,
    begun: Callable[[Answering[Item]], None] | None = None,
) -> AsyncGenerator[Item, None]:
    """Ask a provider's model or a route's, and yield what comes; the end says which model it was and what it cost."""
    await gate.registry.ready()
    route = _route(gate.registry, prompt.model) if provider == ROUTE else direct(provider, prompt.model)
    route = await gate.registry.own(route, who.owner)
    if route.policy.cache != "none" and not prompt.fresh:
        wanted = WantedAsked(who, route, prompt, partial(_asked, gate, who, provider))
        async with aclosing(asked_again(gate.answers, wanted)) as items:
            async for item in items:
                yield item
        return
    heard = _Heard()

    async def send(target: Target, most: int | None) -> Begun[Item]:
        driver = gate.registry.driver(target.provider, who.owner)
        if driver is None:
            raise gone(target.provider)
        asked = prompt if prompt.model == target.model else replace(prompt, model=target.model)
        items = driver.generate(asked if most is None else replace(asked, max_tokens=most))
        try:
            first = await anext(items)
        except StopAsyncIteration:
            raise UpstreamFailed(f"{target.id} ended without an answer.", remedy="Try again.") from None
        except BaseException:
            await items.aclose()
            raise
        return Begun(first=first, rest=items, used=heard.used, said=heard.said)

    call = Call(
        who=who,
        route=route,
        needs=needs_of(prompt),
        kind="chat",
        streamed=prompt.pieces,
        bound=lambda family, context: bound_of(prompt, family, context),
        until=until,
    )
    answering = await gate.attempts.answered(call, send)
    if begun is not None:
        begun(answering)
    try:
        async for item in answering:
            if isinstance(item, Answered):
                heard.end = item
                cost = await answering.settle()
                yield replace(item, model=item.model or answering.target.id, cost=cost)
            else:
                heard.texts.append(item.text)
                yield item
    finally:
        await answering.aclose()


def _route(registry: Registry, name: str) -> Route:
    route = registry.route(name)
    if route is None:
        raise NotFound(
            f"There is no route {name!r} any more.", field="model", value=name, remedy="List the routes to see them."
        )
    return route


def needs_of(prompt: Prompt) -> Needs:
    """What a prompt asks of a model."""
    kinds = {part.kind for message in prompt.messages for part in message.parts}
    return Needs(
        input_bound=None,
        output=prompt.max_tokens,
        vision="image" in kinds,
        audio="audio" in kinds,
        files="file" in kinds,
        tools=bool(prompt.tools) and prompt.tool_choice != "none",
        schema=prompt.schema is not None,
        logprobs=prompt.logprobs is not None,
    )


# -- vectors ----------------------------------------------------------------------------------------------------------


class MeteredEmbedders(Embedders):
    """The models of vectors of one caller."""

    def __init__(self, gate: Gate, who: Who, embedders: Embedders) -> None:
        self._gate = gate
        self._who = who
        self._embedders = embedders
        self.providers = embedders.providers
        self.names = embedders.names

    async def choose(self, model: str | None = None) -> tuple[TextEmbedder, EmbeddingModel]:
        """See `Embedders.choose`."""
        embedder, found = await self._embedders.choose(model)
        return MeteredEmbedder(self._gate, self._who, embedder), found


class MeteredEmbedder(TextEmbedder):
    """One provider's models of vectors, asked in one caller's name."""

    def __init__(self, gate: Gate, who: Who, embedder: TextEmbedder) -> None:
        self.provider = embedder.provider
        self._gate = gate
        self._who = who
        self._embedder = embedder

    async def find(self, name: str | None) -> EmbeddingModel | None:
        """See `TextEmbedder.find`."""
        return await self._embedder.find(name)

    async def embed(self, model: str, texts: Sequence[str], purpose: Purpose | None = None) -> Embedded:
        """See `TextEmbedder.embed`."""
        await self._gate.registry.ready()
        found: list[Embedded] = []

        async def send(target: Target, most: int | None) -> Begun[Embedded]:
            del most
            found.append(await self._embedder.embed(target.model, texts, purpose))
            return Begun(first=found[-1], rest=_nothing(), used=lambda: _used(found[-1]), said=lambda: 0)

        call = Call(
            who=self._who,
            route=direct(self.provider, model),
            needs=Needs(input_bound=None, output=0),
            kind="embeddings",
            streamed=False,
            bound=lambda _family, _context: several(texts),
        )
        return await self._gate.attempts.whole(call, send)


async def _nothing() -> AsyncGenerator[Embedded, None]:
    """No more items."""
    return
    yield


def _used(embedded: Embedded) -> Usage:
    return Usage(input=embedded.input_tokens, output=0)
