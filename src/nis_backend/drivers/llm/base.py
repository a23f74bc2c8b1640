"""The contract of a language model, and the choice among those configured."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nis_backend.errors import NisError, NotFound, Unavailable, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A function the model wants called; `arguments` is the JSON text exactly as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """One turn of a conversation; `tool_call_id` names the call that a `"tool"` message answers."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


# Compared by identity, so that what is derived from one can be kept by it.
@dataclass(frozen=True, kw_only=True, eq=False)
class Tool:
    """A function offered to the model."""

    name: str
    description: str
    parameters: dict[str, Any]  # Any: a JSON schema
    strict: bool = False
    """Whether the arguments must follow the schema to the letter."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        said = json.dumps([self.name, self.description, self.parameters, self.strict])
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a model is asked."""

    model: str
    """The driver's own name for it, without the provider."""
    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    tool_choice: Literal["auto", "none", "required"] = "auto"
    tool_name: str | None = None
    """The one tool to call."""
    parallel_tool_calls: bool = True
    json: bool = False
    """Whether the words are to be one JSON value, of `schema` where there is one."""
    schema: dict[str, Any] | None = None  # Any: a JSON schema
    strict: bool = False
    """Whether the provider is to refuse a schema that it cannot follow to the letter."""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    pieces: bool = True
    """Whether the words are wanted as they come. A driver may answer in pieces anyway."""

    def digest(self) -> str:
        """SHA-256 of all that is asked: two prompts of one digest ask the same."""
        said = hashlib.sha256()
        for one in fields(self):
            if one.name == "pieces":
                continue
            value: Any = getattr(self, one.name)
            if one.name == "tools":
                # Most of a prompt, and the same from turn to turn.
                value = [tool.digest for tool in value]
            elif one.name == "messages":
                value = [
                    (m.role, m.content, m.tool_call_id, [(c.id, c.name, c.arguments) for c in m.tool_calls])
                    for m in value
                ]
            if value != one.default:
                said.update(f"{one.name} {json.dumps(value)}\n".encode())
        return said.hexdigest()


@dataclass(frozen=True, kw_only=True)
class TextChunk:
    """Text as it is generated."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The end of a model's answer; counts are the provider's own, or None when it states none."""

    finish_reason: Literal["stop", "length", "tool_calls"]
    tool_calls: tuple[ToolCall, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """A model that can be asked."""

    provider: str
    name: str
    tools: bool
    """Whether it may choose operations by itself; the router chooses for one that may not."""
    demonstration: bool = False
    """Too small to be relied on: labelled wherever it answers."""
    context_tokens: int | None = None
    detail: str = ""

    @property
    def id(self) -> str:
        """`provider:name`, as callers write it; a slash in a vendor's name becomes a colon, so that it fits a path."""
        return f"{self.provider}:{self.name}".replace("/", ":")


class LanguageModels(Protocol):
    """One provider: the models it has, and how to ask one."""

    provider: str

    async def models(self) -> list[ModelInfo]:
        """The models it offers now, its default first.

        Raises:
            Unavailable: weights, key or server are missing; the remedy says which command mends it.
            UpstreamFailed: the server answered wrongly.
        """
        ...

    async def find(self, name: str | None) -> ModelInfo | None:
        """The model of this name, or the default one; None when there is none.

        `name` may have colons for its slashes, as in `ModelInfo.id`. A driver that can tell without listing does.
        """
        infos = await self.models()
        return next((info for info in infos if name in (None, info.name, info.name.replace("/", ":"))), None)

    def generate(self, prompt: Prompt) -> AsyncGenerator[TextChunk | Answered, None]:
        """Ask, and yield the text as it comes; the last item is `Answered`. Closing the generator stops the model.

        Raises:
            InvalidRequest: the prompt is longer than the model's context.
            Unavailable, UpstreamFailed, WorkerLost: as their names say.
        """
        ...

    async def close(self) -> None:
        """Give back what was opened."""
        ...


class Gone(LanguageModels):
    """A provider that was there when it was chosen."""

    def __init__(self, provider: str) -> None:
        self.provider = provider

    async def models(self) -> list[ModelInfo]:
        """None."""
        return []

    async def generate(self, prompt: Prompt) -> AsyncGenerator[TextChunk | Answered, None]:
        """Refuse."""
        raise Unavailable(
            f"The provider {self.provider!r} of {prompt.model!r} is gone.", remedy="Set it up again, or name another."
        )
        yield Answered(finish_reason="stop")

    async def close(self) -> None:
        """Nothing is open."""


class Models:
    """The providers configured, in order of preference."""

    def __init__(self, providers: Sequence[LanguageModels], default: str | None = None) -> None:
        self.providers = tuple(providers)
        self._default = default

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
                if info is not None and wanted in (None, info.name, info.name.replace("/", ":")):
                    return driver, info
        if refusals and wanted is None:
            raise refusals[0]
        raise self._unknown("model", wanted)

    def driver(self, provider: str) -> LanguageModels:
        """The driver of this provider; one that is gone refuses when it is asked."""
        return next((one for one in self.providers if one.provider == provider), Gone(provider))

    def _unknown(self, field: str, value: str | None) -> NotFound:
        return NotFound(
            f"There is no {field} {value!r}.",
            field=field,
            value=value,
            remedy=f"List the models to see them; providers: {', '.join(one.provider for one in self.providers)}.",
        )

    async def close(self) -> None:
        """Close every provider."""
        for driver in self.providers:
            await driver.close()
