"""The choice among the language models configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.llm.base import LanguageModels
from nis_backend.errors import NisError, NotFound, Unavailable, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from nis_backend.drivers.llm.answer import Item
    from nis_backend.drivers.llm.base import ModelInfo, Prompt


class Gone(LanguageModels):
    """A provider that was there when it was chosen."""

    def __init__(self, provider: str) -> None:
        self.provider = provider

    async def models(self) -> list[ModelInfo]:
        """None."""
        return []

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """Refuse."""
        raise Unavailable(
            f"The provider {self.provider!r} of {prompt.model!r} is gone.", remedy="Set it up again, or name another."
        )
        yield  # pyright: ignore[reportReturnType] - never reached: it makes this a generator

    async def close(self) -> None:
        """Nothing is open."""


KEYED = ("openai", "anthropic", "nvidia", "deepseek", "gemini")
"""Providers that are there once their key is set."""
RUN = {"agent": "agents.run_agent", "team": "teams.run_team"}
"""What is a model to a protocol, and none to an operation, with what asks it there."""


class Models:
    """The providers configured, in order of preference."""

    def __init__(self, providers: Sequence[LanguageModels], default: str | None = None) -> None:
        self.providers = tuple(providers)
        self._default = default

    def of(self, owner: str) -> Models:
        """The same, with the models that are this owner's alone."""
        return Models([one.of(owner) for one in self.providers], self._default)

    async def choose(self, model: str | None = None, provider: str | None = None) -> tuple[LanguageModels, ModelInfo]:
        """The driver and the model for a request.

        `model` is `provider:name` or a name; with neither argument, the configured default.

        Raises:
            NotFound: no provider has it.
            Unavailable: its provider cannot answer now.
        """
        wanted = model or (None if provider else self._default)
        drivers = {one.provider: one for one in self.providers}
        prefix, _, rest = (wanted or "").partition(":")
        if prefix in drivers and provider in (None, prefix):
            provider, wanted = prefix, rest or None
        if provider is not None:
            # A model of a named provider is that provider's matter alone: no other is asked, so none is waited for.
            if provider not in drivers:
                raise self._unknown("provider", provider)
            info = await drivers[provider].find(wanted)
            if info is None:
                raise self._unknown("model", model or wanted)
            return drivers[provider], info
        refusals: list[NisError] = []
        for driver in self.providers:
            try:
                # A bare name must be listed: a driver may claim a name that it cannot check.
                infos = [await driver.find(None)] if wanted is None else await driver.models()
            except (Unavailable, UpstreamFailed) as error:
                # Another provider may have it; when none has, the reason of this one is the answer.
                refusals.append(error)
                continue
            for info in infos:
                if info is not None and (wanted is None or info.goes_by(wanted)):
                    return driver, info
        if refusals and wanted is None:
            raise refusals[0]
        raise self._unknown("model", wanted)

    def driver(self, provider: str) -> LanguageModels:
        """The driver of this provider; one that is gone refuses when it is asked."""
        return next((one for one in self.providers if one.provider == provider), Gone(provider))

    def _unknown(self, field: str, value: str | None) -> NotFound:
        there = [one.provider for one in self.providers]
        provider = (value or "").partition(":")[0]
        missing = f"{provider} is not set up: set {provider.upper()}_API_KEY and start the server again. "
        return NotFound(
            f"There is no {field} {value!r}.",
            field=field,
            value=value,
            remedy=(missing if provider in KEYED and provider not in there else "")
            + (f"{RUN[provider]} asks it. " if provider in RUN else "")
            + f"List the models to see them; providers: {', '.join(there)}.",
        )

    async def close(self) -> None:
        """Close every provider."""
        for driver in self.providers:
            await driver.close()
