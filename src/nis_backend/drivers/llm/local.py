"""The provider `local`: models that were trained here, each its owner's alone, and those of a server nearby."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.base import LanguageModels
from nis_backend.errors import NisError, NotFound, NotSupported

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from nis_backend.drivers.http.base import Response
    from nis_backend.drivers.llm.answer import Item, Usage
    from nis_backend.drivers.llm.base import Json, ModelInfo, Prompt
    from nis_backend.drivers.llm.trained import TrainedModels
    from nis_backend.drivers.speech.base import Speech

PROVIDER = "local"


class LocalModels(LanguageModels):
    """What everyone may ask: the models of the server at `NIS_LOCAL_URL`, where there is one."""

    provider = PROVIDER

    def __init__(self, trained: Callable[[], TrainedModels], server: LanguageModels | None = None) -> None:
        """`trained` makes what finds owners' models, with the first of them that is asked for."""
        self.server = server
        self._make = trained
        self.wire = None if server is None else server.wire

    def of(self, owner: str) -> LanguageModels:
        """See `LanguageModels.of`."""
        return OwnModels(self, owner)

    @cached_property
    def trained(self) -> TrainedModels:
        """The models of every owner."""
        return self._make()

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`."""
        return [] if self.server is None else await self.server.models()

    async def find(self, name: str | None) -> ModelInfo | None:
        """See `LanguageModels.find`."""
        return None if self.server is None else await self.server.find(name)

    def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`."""
        return self._there(prompt.model).generate(prompt)

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`."""
        return await self._there(prompt.model).count_tokens(prompt)

    async def surprise(self, prompt: Prompt, text: str) -> float:
        """See `LanguageModels.surprise`."""
        return await self._there(prompt.model).surprise(prompt, text)

    async def send(self, path: str, body: bytes, headers: Mapping[str, str], patience: float) -> Response:
        """See `LanguageModels.send`."""
        if self.server is None:
            return await super().send(path, body, headers, patience)
        return await self.server.send(path, body, headers, patience)

    def speech(self, family: str) -> Speech | None:
        """See `LanguageModels.speech`."""
        return None if self.server is None else self.server.speech(family)

    def used(self, said: Sequence[Json]) -> Usage | None:
        """See `LanguageModels.used`."""
        return None if self.server is None else self.server.used(said)

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes, model: str) -> NisError:
        """See `LanguageModels.refusal`."""
        behind = self.server
        return (super() if behind is None else behind).refusal(status, headers, body, model)

    async def close(self) -> None:
        """See `LanguageModels.close`."""
        if self.server is not None:
            await self.server.close()

    def _there(self, name: str) -> LanguageModels:
        if self.server is None:
            raise absent(name)
        return self.server


class OwnModels(LanguageModels):
    """What one owner may ask: the models that its names mean, then all of `LocalModels`."""

    provider = PROVIDER

    def __init__(self, shared: LocalModels, owner: str) -> None:
        self._shared = shared
        self._owner = owner
        self.wire = shared.wire

    def of(self, owner: str) -> LanguageModels:
        """See `LanguageModels.of`."""
        return self._shared.of(owner)

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`: the owner's own stand after the server's, and hide those of their names.

        A server that is away is told of where the owner has none.
        """
        own = await self._shared.trained.infos(self._owner)
        try:
            shared = await self._shared.models()
        except NisError:
            if not own:
                raise
            shared = []
        names = {info.name for info in own}
        return [*(info for info in shared if info.name not in names), *own]

    async def find(self, name: str | None) -> ModelInfo | None:
        """See `LanguageModels.find`; nobody's own is ever a default."""
        own = None if name is None else await self._shared.trained.find(self._owner, name)
        return await self._shared.find(name) if own is None else await own.info()

    async def mark(self, name: str) -> str:
        """See `LanguageModels.mark`: the id of the model that the name means now."""
        own = await self._shared.trained.find(self._owner, name)
        return "" if own is None else own.id

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`."""
        own = await self._shared.trained.find(self._owner, prompt.model)
        items = self._shared.generate(prompt) if own is None else own.engine().generate(prompt)
        try:
            async for item in items:
                yield item
        finally:
            await items.aclose()

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`."""
        own = await self._shared.trained.find(self._owner, prompt.model)
        return await (self._shared if own is None else own.engine()).count_tokens(prompt)

    async def surprise(self, prompt: Prompt, text: str) -> float:
        """See `LanguageModels.surprise`."""
        own = await self._shared.trained.find(self._owner, prompt.model)
        return await (self._shared if own is None else own.engine()).surprise(prompt, text)

    async def send(self, path: str, body: bytes, headers: Mapping[str, str], patience: float) -> Response:
        """See `LanguageModels.send`."""
        return await self._shared.send(path, body, headers, patience)

    def speech(self, family: str) -> Speech | None:
        """See `LanguageModels.speech`."""
        return self._shared.speech(family)

    def used(self, said: Sequence[Json]) -> Usage | None:
        """See `LanguageModels.used`."""
        return self._shared.used(said)

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes, model: str) -> NisError:
        """See `LanguageModels.refusal`."""
        return self._shared.refusal(status, headers, body, model)

    async def close(self) -> None:
        """The process closes what is shared."""


def absent(name: str) -> NotFound:
    """The refusal of a name that means nothing to its caller, whoever else has a model of it."""
    return NotFound(
        f"There is no model {f'{PROVIDER}:{name}'!r}.",
        field="model",
        value=f"{PROVIDER}:{name}",
        remedy="List the models to see them.",
    )


def no_words(name: str, kind: str) -> NotSupported:
    """The refusal to converse of a model that sorts."""
    return NotSupported(
        f"{PROVIDER}:{name} writes no words: it is a model of the kind {kind}.",
        field="model",
        value=f"{PROVIDER}:{name}",
        remedy="Apply it with training.apply_model.",
    )
