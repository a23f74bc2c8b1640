"""The contract of the gateway: everything that asks a model asks it through here, in somebody's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence

    from nis_backend.drivers.embeddings.base import Embedders
    from nis_backend.drivers.gateway.rates import Rates
    from nis_backend.drivers.gateway.route import Route, SetUp, Target
    from nis_backend.drivers.llm.base import ModelInfo, Prompt
    from nis_backend.drivers.llm.choice import Models
    from nis_backend.drivers.speech.base import Speech
    from nis_backend.drivers.store.base import Row, Table
    from nis_backend.within import Within

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

SERVERS = frozenset({"openai", "anthropic", "nvidia", "deepseek", "gemini", "local"})
"""Providers that the settings may set up, beside those that this machine is."""
SETTABLE = SERVERS | {"embedded", "file"}
"""All that the settings may set up: what names one of them, where they do not, is meant for when they do."""


@dataclass(frozen=True, kw_only=True)
class Who:
    """For whom a model is asked, and in what: what caps apply, and where it is counted."""

    owner: str
    key: str | None = None
    """The id of the stored key that was sent, or with which the run was begun."""
    end_user: str = ""
    """The caller's own label of whom it asks for."""
    operation: str = ""
    run_id: str | None = None
    conversation_id: str | None = None
    within: Within = ()
    """What that run was started in."""


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a call asks of a model."""

    input_bound: int | None
    """Tokens that its input has at most; None when nobody can say."""
    output: int | None
    """Tokens of an answer that it allows."""
    answers: int = 1
    vision: bool = False
    audio: bool = False
    files: bool = False
    tools: bool = False
    schema: bool = False
    logprobs: bool = False
    writes_cache: bool = False
    service_tier: str = ""
    seconds: float = 0.0
    """Of sound that is to be heard, at most."""
    characters: int = 0
    """That are to be spoken."""


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """A request in a vendor's own format, to be passed on as it is to providers that speak it."""

    kind: Literal["chat", "messages", "embeddings"]
    asked: Json
    """The body, read; its `model` is a text."""
    body: bytes
    headers: Mapping[str, str]
    """Those that go on."""
    streamed: bool


class Items(Protocol):
    """A response as it comes."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Itself."""
        ...

    def __anext__(self) -> Awaitable[bytes]:
        """The next of it: whole events.

        Raises:
            NisError: it broke off.
        """
        ...

    def aclose(self) -> Awaitable[None]:
        """End the call, and settle it."""
        ...


@dataclass(kw_only=True)
class Passed:
    """A response that is passed back, whole or as it comes."""

    status: int
    headers: list[tuple[bytes, bytes]]
    whole: bytes = b""
    items: Items | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """A model of a route, and whether it is asked."""

    target: Target
    share: float
    """Its part of the calls that come to its tier first, among those that are asked now."""
    why_not: str
    """Why it is left out; empty when it is asked."""


@dataclass(frozen=True, kw_only=True)
class Cached:
    """How the kept answers of one route do, in one process since its start."""

    route: str
    hits: int
    misses: int
    """Calls that a model has answered to the end; not those that failed or were left."""
    shared: int
    """Calls that were given what another one was getting at the moment."""
    saved: int
    """Nano-dollars that hits and shared calls would have cost."""
    entries: int
    size: int
    """Bytes of the entries."""
    oldest: float | None
    """When the oldest of them was kept."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a call of one model can cost at most."""

    model: str
    input_bound: int | None
    """Input tokens that it has at most; None where nobody can say."""
    output_bound: int
    worst: int | None
    """In nano-dollars, of one answer; None where no price or no bound is known."""
    input_rates: Sequence[tuple[int, int]]
    """Pairs of `(more input tokens than this, nano-dollars for a million)`; empty where no price is known."""
    output_rates: Sequence[tuple[int, int]]
    source: str
    """Where the rates are from."""


@dataclass(frozen=True, kw_only=True)
class Priced:
    """A model, and what is known of its price."""

    target: Target
    rates: Rates | None
    """What it costs now; None where nobody knows."""
    context: int | None
    """The most input tokens that it takes, where that is known."""
    family: str = ""
    """Whose models it is one of, as `bounds.IMAGE` names them."""


class Gateway(Protocol):
    """The one way to a model."""

    def models(self, who: Who) -> Models:
        """The language models, which count and limit what they are asked as this one's."""
        ...

    def embedders(self, who: Who) -> Embedders:
        """The same of models of vectors."""
        ...

    def speech(self, who: Who) -> Speech:
        """The same of models that speak and hear."""
        ...

    async def passes(self, who: Who, inbound: Inbound) -> Route | None:
        """The way along which a request can be passed on; None where it has to be asked through an operation.

        That is so when nobody knows the model that it names, or not all that may answer it speak its format.

        Raises:
            Unavailable: the database is away.
        """
        ...

    async def pass_on(self, who: Who, inbound: Inbound, route: Route) -> Passed:
        """Hand a request on, and its response back.

        Raises:
            BudgetExceeded: a cap would be crossed.
            NisError: what the last model that was tried has refused, in our words.
        """
        ...

    async def providers(self) -> Sequence[SetUp]:
        """Those that are set up, in order of preference."""
        ...

    async def routes(self) -> Mapping[str, Row]:
        """The rows of the routes, by their names."""
        ...

    async def places(self, model: str, needs: Needs) -> Sequence[Place] | None:
        """The models of a route, by tiers, and which of them a call that needs this is sent to; None for no route."""
        ...

    def expect_cap(self) -> None:
        """Heed that a run is about to be written down with a budget of its own."""
        ...

    async def estimate(self, info: ModelInfo, asked: Prompt | int, output_tokens: int) -> list[Estimate]:
        """What asking this can cost at most, by each model that may answer; `asked` may be a number of input tokens."""
        ...

    async def priced(self, target: Target) -> Priced:
        """What a model costs; of a route, the first of its models."""
        ...

    async def price_list(self, provider: str | None, after: str, limit: int) -> list[Priced]:
        """Models that have a price, by their ids from after this one on: of one provider, or of all that are set up."""
        ...

    def changed(self, table: Table) -> None:
        """Heed at once that rows of `providers`, `routes`, `prices` or `budgets` have changed."""
        ...

    async def settled(self) -> None:
        """Return when the calls of this process that have ended are written down, at what they cost."""
        ...

    def cached(self) -> list[Cached]:
        """How kept answers do, by route."""
        ...

    async def clear_cached(self, route: str) -> int:
        """Forget the kept answers of a route, and say how many this process knew.

        Raises:
            Unavailable: the cache is away.
        """
        ...

    def open(self) -> None:
        """Have what is configured be read, and begin to count."""
        ...

    async def close(self) -> None:
        """Write down what was counted."""
        ...
