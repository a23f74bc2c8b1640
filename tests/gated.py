"""A gateway on real parts: its store, its ledger, drivers that ask servers on loopback; its clock is the test's."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any

from fake_server import FakeServer
from pydantic import SecretStr

from nis_backend.caller import SERVER
from nis_backend.drivers.cache.in_process import InProcessCache
from nis_backend.drivers.embeddings.base import Embedders
from nis_backend.drivers.gateway.attempts import Attempts
from nis_backend.drivers.gateway.base import Who
from nis_backend.drivers.gateway.caching import Answers
from nis_backend.drivers.gateway.gateway import MeteredGateway
from nis_backend.drivers.gateway.health import Health
from nis_backend.drivers.gateway.registry import Provider, Registry
from nis_backend.drivers.gateway.route import Policy, Route, Target
from nis_backend.drivers.http.client import Http
from nis_backend.drivers.llm.answer import Answered, Item, ReasoningChunk
from nis_backend.drivers.llm.base import LanguageModels, Message, Prompt
from nis_backend.drivers.llm.openai_compatible import OpenAICompatible
from nis_backend.drivers.store.base import Row
from nis_backend.drivers.store.sqlite.store import SqliteStore

WHO = Who(owner="ann", operation="models.generate_text")
SECRET = "sk-marker-0123456789"  # noqa: S105 - it is looked for where it must not be
AT = 1_764_072_000.0


@dataclass
class Clock:
    """Seconds that pass when a test says so, and while the gateway waits."""

    now: float = AT
    slept: list[float] = field(default_factory=list[float])

    def __call__(self) -> float:
        """Now."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass(kw_only=True)
class Gated:
    """The gateway, and what a test looks at."""

    gateway: MeteredGateway
    store: SqliteStore
    clock: Clock

    async def refused(self) -> list[Row]:
        """The ledger's rows of WHO's calls that were not sent."""
        return [row for row in await self._rows() if row["state"] == "refused"]

    async def rows(self, **where: Any) -> list[Row]:
        """The ledger's rows of WHO's calls that were sent or answered, in their order."""
        return [row for row in await self._rows(**where) if row["state"] != "refused"]

    async def _rows(self, **where: Any) -> list[Row]:
        await self.gateway.settled()
        await self.gateway.ledger.flush()
        found = await self.store.select("ledger", WHO.owner, where=where, limit=1000)
        return sorted(found, key=lambda row: (row["created"], row["call_id"], row["attempt"]))

    async def say(self, model: str, *, who: Who = WHO, pieces: bool = True, **asked: Any) -> tuple[str, Answered]:
        """The words of a model's answer, and its end."""
        said = [one async for one in self.stream(model, who=who, pieces=pieces, **asked)]
        end = said.pop()
        assert isinstance(end, Answered)
        return "".join(one.text for one in said if not isinstance(one, Answered | ReasoningChunk)), end

    async def stream(
        self, model: str, *, who: Who = WHO, pieces: bool = True, text: str = "Hello?", **asked: Any
    ) -> AsyncGenerator[Item, None]:
        """What comes of a model."""
        driver, info = await self.gateway.models(who).choose(model)
        prompt = Prompt(model=info.name, messages=[Message(role="user", content=text)], pieces=pieces, **asked)
        async with aclosing(driver.generate(prompt)) as items:
            async for item in items:
                yield item

    def route(self, name: str, *targets: str | Mapping[str, Any], **policy: Any) -> None:
        """Have a route; a model alone is of a tier of its own."""
        made: list[Target] = []
        for tier, target in enumerate(targets):
            given: Mapping[str, Any] = {"model": target, "tier": tier} if isinstance(target, str) else target
            provider, _, model = str(given["model"]).partition(":")
            made.append(Target(provider=provider, model=model, **{k: v for k, v in given.items() if k != "model"}))
        self.gateway.registry.routes[name] = Route(name=name, targets=tuple(made), policy=Policy(**policy))

    async def price(self, model: str, *, input: float, output: float) -> None:  # noqa: A002 - the word for it
        """Set a price, in dollars for a million tokens."""
        rates = json.dumps({"input": round(input * 10**9), "output": round(output * 10**9)})
        row: Row = {"id": model, "rates": rates, "context": 8192, "created": AT, "updated": AT}
        await self.store.insert("prices", SERVER, row)
        self.gateway.changed("prices")

    async def budget(self, id: str, scope: str, subject: str, dollars: float, **given: Any) -> None:  # noqa: A002
        """Set a budget of ann's."""
        row: Row = {"id": id, "name": id, "scope": scope, "subject": subject, "period": "total", "model": ""}
        row |= {"cap": round(dollars * 10**9), "action": "refuse", "enabled": 1, "created": AT, "updated": AT}
        await self.store.insert("budgets", WHO.owner, row | given)
        self.gateway.budgets.forget()


@asynccontextmanager
async def gated(
    folder: Path,
    servers: Mapping[str, FakeServer] | None = None,
    *others: LanguageModels,
    draw: Callable[[], float] | None = None,
    embedders: Embedders | None = None,
) -> AsyncGenerator[Gated]:
    """A gateway to servers, each a provider of its own that is billed; its holder is named `me`."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        http = Http()
        stack.push_async_callback(http.close)
        drivers: list[LanguageModels] = [*others]
        for name, server in (servers or {}).items():
            running = await stack.enter_async_context(server.running())
            drivers.append(openai(name, running.url, http))
        store = SqliteStore(folder / "nis.db")
        stack.push_async_callback(store.close)
        registry = Registry(store, [Provider(driver=one, prices="", billed=True) for one in drivers], _no_rows)
        gateway = MeteredGateway(
            store, registry, embedders or Embedders(), "me", cache=(cache := InProcessCache(now=clock))
        )
        gateway.answers = Answers(cache, gateway.ledger, gateway.embedders, clock)
        gateway.health = Health(clock)
        parts = replace(
            gateway.attempts.parts,
            health=gateway.health,
            clock=clock,
            timer=clock,
            sleep=clock.sleep,
            draw=draw or random.Random(1).random,  # noqa: S311 - seeded
        )
        gateway.attempts = Attempts(parts)
        gateway.open()
        await registry.ready()
        stack.push_async_callback(gateway.close)
        yield Gated(gateway=gateway, store=store, clock=clock)


def awaited(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The test, on a loop of its own."""

    @wraps(test)
    def run(*args: Any, **given: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **given), 60))

    return run


def openai(name: str, url: str, http: Http) -> OpenAICompatible:
    """A server's driver, whose key is the marker."""
    return OpenAICompatible(
        name,
        url,
        SecretStr(SECRET),
        "m",
        http=http,
        url_variable="NIS_URL",
        key_variable="NIS_KEY",
        model_variable="NIS_MODEL",
    )


def _no_rows(row: Row) -> Provider:
    raise NotImplementedError(row)


def outline(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Of each row the provider, how it ended, and with which problem."""
    return [(row["provider"], row["state"], row["problem"]) for row in rows]
