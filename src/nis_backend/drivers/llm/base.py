"""The contract of a language model: what it is asked, and how a provider is asked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass, fields
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nis_backend.errors import NisError, NotSupported, UpstreamFailed
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from nis_backend.drivers.http.base import Response
    from nis_backend.drivers.llm.answer import Item, Reasoning, ToolCall, Usage
    from nis_backend.drivers.speech.base import Speech

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How much a model is to think before it answers."""

Wire = Literal["chat", "messages"]
"""A vendor's own format: OpenAI's chat completions, Anthropic's messages."""


@record
class Part:
    """A piece of a turn: an image, a sound, a file, or words between them."""

    kind: Literal["text", "image", "audio", "file"]
    text: str = ""
    media_type: str = ""
    data: bytes | None = None
    """Its bytes, or"""
    url: str | None = None
    """an address that the provider fetches, never this process, or"""
    blob: str | None = None
    """a blob's id, which the operation has made `data` of before a driver sees it."""
    name: str = ""
    detail: Literal["auto", "low", "high", "original"] = "auto"

    @property
    def digest(self) -> tuple[str | None, ...]:
        """What it says, briefly."""
        inside = self.blob if self.data is None else hashlib.sha256(self.data).hexdigest()
        return (self.kind, self.text, self.media_type, inside, self.url, self.name, self.detail)


@record
class Message:
    """One turn of a conversation; `tool_call_id` names the call that a `"tool"` message answers."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    """Its words, all of them."""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    parts: tuple[Part, ...] = ()
    """What is not words, and follows them; where one is text, the whole turn in its order, `content` included."""
    reasoning: tuple[Reasoning, ...] = ()
    """What the model had thought in a turn of its own."""

    @property
    def digest(self) -> tuple[Any, ...]:  # Any: JSON
        """What it says, briefly. What a prompt of an earlier version did not have is left out where it is empty."""
        calls = [(call.id, call.name, call.arguments) for call in self.tool_calls]
        more: list[Any] = []
        if self.parts or self.reasoning:
            more = [[part.digest for part in self.parts], [astuple(one) for one in self.reasoning]]
        return (self.role, self.content, self.tool_call_id, calls, *more)

    @property
    def in_order(self) -> tuple[Part, ...]:
        """The whole turn, words included, in the order of its parts."""
        if not self.content or any(part.kind == "text" for part in self.parts):
            return self.parts
        return (Part(kind="text", text=self.content), *self.parts)


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
    def written(self) -> dict[str, str]:
        """What drivers have made of it, by their formats: made once for as long as it is offered."""
        return {}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        said = json.dumps([self.name, self.description, self.parameters, self.strict])
        return hashlib.sha256(said.encode()).hexdigest()


@record
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
    reasoning: Effort | None = None
    logprobs: int | None = None
    """How many alternatives of each token are wanted, 0 to 20; 0 is the chosen one's alone, None is nothing at all."""
    user: str | None = None
    """A label of whom it is asked for, for providers that want one."""
    pieces: bool = True
    """Whether the words are wanted as they come. A driver may answer in pieces anyway."""
    fresh: bool = False
    """Whether an answer that a route has kept will not do."""
    number: int = 0
    """Which of several answers it is, where one caller wants the same answered more than once."""

    def digest(self) -> str:
        """SHA-256 of all that is asked: two prompts of one digest ask the same."""
        said = hashlib.sha256()
        given = vars(self)
        for name, default in _usual().items():
            value: Any = given[name]
            if name != "tools" and (value is default or value == default):
                continue
            if name == "tools":
                # Most of a prompt, and the same from turn to turn.
                value = [tool.digest for tool in value]
            elif name == "messages":
                value = [message.digest for message in value]
            said.update(f"{name} {json.dumps(value)}\n".encode())
        return said.hexdigest()


UNASKED = frozenset({"pieces", "fresh", "number"})
"""What of a prompt is between its caller and the gateway."""


@cache
def _usual() -> dict[str, Any]:  # Any: a prompt's fields differ in type
    """What each field of a prompt is where it is not given, of those that are asked of the model."""
    return {one.name: one.default for one in fields(Prompt) if one.name not in UNASKED}


@record
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
    # What it takes and gives; None where nobody has said.
    vision: bool | None = None
    audio: bool | None = None
    files: bool | None = None
    json_schema: bool | None = None
    logprobs: bool | None = None
    max_output: int | None = None
    embeds: bool = False
    """Whether it makes vectors, not words."""
    own: bool = False
    """Whether it is its caller's alone: to others there is no such model."""

    @property
    def id(self) -> str:
        """`provider:name`, as callers write it; a slash in a vendor's name becomes a colon, so that it fits a path."""
        return f"{self.provider}:{self.name}".replace("/", ":")

    def goes_by(self, name: str) -> bool:
        """Whether this is its name without the provider, which may have colons for its slashes."""
        return name in (self.name, self.name.replace("/", ":"))


class LanguageModels(Protocol):
    """One provider: the models it has, and how to ask one."""

    provider: str
    wire: Wire | None = None
    """The format it speaks, in which bytes may pass to it as they are."""

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
        return next((info for info in infos if name is None or info.goes_by(name)), None)

    def of(self, owner: str) -> LanguageModels:
        """The models that this owner may ask; of most providers those that everyone may."""
        del owner
        return self

    async def mark(self, name: str) -> str:
        """What tells this owner's own model of a name from the one that bears it next; empty of what is everyone's."""
        del name
        return ""

    def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """Ask, and yield what comes; the last item is `Answered`. Closing the generator stops the model.

        Raises:
            InvalidRequest: the prompt is longer than the model's context.
            Unavailable, UpstreamFailed, WorkerLost: as their names say.
        """
        ...

    async def count_tokens(self, prompt: Prompt) -> int:
        """How many tokens the prompt has, to the one: by its provider's count, or by what runs the model here.

        Raises:
            NotSupported: nobody counts them. A guess is no count.
        """
        raise NotSupported(
            f"{self.provider} counts no tokens of {prompt.model} before it is asked.",
            remedy="Read the count of an answer, or choose another model.",
        )

    async def surprise(self, prompt: Prompt, text: str) -> float:
        """How unlikely a text is as the next turn, in bits: less the binary logarithm of its probability.

        Raises:
            NotSupported: nobody tells probabilities of words that the model has not chosen itself.
        """
        del text
        raise NotSupported(
            f"{self.provider} does not tell how likely {prompt.model} takes a given text to be.",
            remedy="Choose a model that runs on this machine from its disk, or measure otherwise.",
        )

    async def send(self, path: str, body: bytes, headers: Mapping[str, str], patience: float) -> Response:
        """Send a body in its own `wire` to a path below its address, and answer the response, of any status, unread.

        Its key is added, and what the caller gives in `headers`. `patience` is the time, in seconds, that may pass
        until the response begins, and between two pieces of it.

        Raises:
            NotSupported: it has no `wire`.
            Unavailable, UpstreamFailed: it cannot be reached; `sent` says whether it may have heard.
        """
        del path, body, headers, patience
        raise NotSupported(f"{self.provider} takes no bytes as they are.", remedy="Ask it through an operation.")

    def speech(self, family: str) -> Speech | None:
        """What asks its models that speak and hear; None where there is no way to. `family` is as in `bounds.IMAGE`."""
        del family
        return None

    def used(self, said: Sequence[Json]) -> Usage | None:
        """The tokens that a response states, or the events of its stream in their order; None where they state none."""
        del said
        return None

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes, model: str) -> NisError:
        """The failure that a response with this status means."""
        del headers, body
        return UpstreamFailed(f"{self.provider} answered {model} with the status {status}.")

    async def close(self) -> None:
        """Give back what was opened."""
        ...
