"""No gateway: models are asked straight, as where a run is gone through from its log alone, and in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.embeddings.base import Embedders
from nis_backend.drivers.gateway.base import Cached, Estimate, Gateway, Inbound, Needs, Passed, Place, Priced
from nis_backend.drivers.gateway.route import SetUp
from nis_backend.drivers.llm.choice import Models
from nis_backend.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.gateway.base import Who
    from nis_backend.drivers.gateway.route import Route, Target
    from nis_backend.drivers.llm.base import ModelInfo, Prompt
    from nis_backend.drivers.speech.base import Speech
    from nis_backend.drivers.store.base import Row, Table


class Direct(Gateway):
    """Models that are asked straight, where nothing is configured that stands between."""

    def __init__(self, models: Models | None = None, embedders: Embedders | None = None) -> None:
        """None is no model."""
        self._models = models or Models(())
        self._embedders = embedders or Embedders()

    def models(self, who: Who) -> Models:
        """The models themselves."""
        del who
        return self._models

    def embedders(self, who: Who) -> Embedders:
        """The embedders themselves."""
        del who
        return self._embedders

    def speech(self, who: Who) -> Speech:
        """Refuse."""
        del who
        raise NotSupported("No provider speaks or hears here.", field="model", remedy="Ask a server.")

    async def passes(self, who: Who, inbound: Inbound) -> Route | None:
        """Nothing passes as it is."""
        del who, inbound

    async def pass_on(self, who: Who, inbound: Inbound, route: Route) -> Passed:
        """Refuse."""
        del who, inbound, route
        raise NotSupported("Nothing is passed on as it is.", remedy="Ask through an operation.")

    async def providers(self) -> Sequence[SetUp]:
        """None is set up here."""
        return ()

    async def routes(self) -> Mapping[str, Row]:
        """There are none."""
        return {}

    async def places(self, model: str, needs: Needs) -> Sequence[Place] | None:
        """There is no route."""
        del model, needs

    def expect_cap(self) -> None:
        """No cap is kept here."""

    async def estimate(self, info: ModelInfo, asked: Prompt | int, output_tokens: int) -> list[Estimate]:
        """Refuse."""
        del info, asked, output_tokens
        raise NotSupported("No prices are kept here.", remedy="Ask a server.")

    async def priced(self, target: Target) -> Priced:
        """Nothing is known."""
        return Priced(target=target, rates=None, context=None)

    async def price_list(self, provider: str | None, after: str, limit: int) -> list[Priced]:
        """None."""
        del provider, after, limit
        return []

    def changed(self, table: Table) -> None:
        """Nothing of it is heeded."""

    async def settled(self) -> None:
        """Nothing is counted."""

    def cached(self) -> list[Cached]:
        """Nothing is kept."""
        return []

    async def clear_cached(self, route: str) -> int:
        """Nothing is kept."""
        del route
        return 0

    def open(self) -> None:
        """Nothing is counted."""

    async def close(self) -> None:
        """Nothing was counted."""
