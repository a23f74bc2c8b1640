"""The model in the box, the light half: what it is, whether it can answer, and how its worker is asked."""

from __future__ import annotations

import asyncio
import importlib.util
from contextlib import aclosing
from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.llm.base import Answered, LanguageModels, ModelInfo, TextChunk
from nis_backend.errors import InvalidRequest, NotFound, NotSupported, Unavailable
from nis_backend.weights import Weights

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from nis_backend.drivers.compute.base import Compute, Json
    from nis_backend.drivers.llm.base import Message, Prompt
    from nis_backend.settings import Settings
    from nis_backend.weights import Weight

POOL = "llm"

CONTEXT = 2048
"""Tokens of prompt and answer together, for each of the answers at once. 1,000 tokens of all slots take 92 MB."""

SLOTS = 4
"""Answers at once; more wait their turn."""

LONGEST_TOKEN = 128
"""Characters, rounded up from the vocabulary's 81: to count the tokens of what is certainly too long takes seconds."""

MAX_TOKENS = 160
"""Length of an answer when the caller names none: some 3 s of one thread, and a model this small only rambles on."""

INSTRUCTION = "You are a helpful assistant."
"""Where the conversation has none: of 8 plain questions 8 are answered rightly with it, 6 with the template's own."""


def pool(settings: Settings) -> Pool:
    """The pool whose worker holds the model."""
    return Pool(
        name=POOL,
        kind="shared",
        entry="nis_backend.drivers.llm.embedded_worker:open_worker",
        options={
            "weights": str(settings.weights),
            "weight": settings.embedded_weight,
            "threads": settings.embedded_threads,
            "context": CONTEXT,
            "slots": SLOTS,
        },
        idle_seconds=settings.idle_seconds,
        # Threads that spin while they wait for each other lose most of their speed when something else wants the cores:
        # measured beside one busy process on two cores, 7-9 tokens/s against 34 with this.
        environment={"OMP_WAIT_POLICY": "passive"},
        extra="local",
    )


class EmbeddedModels(LanguageModels):
    """The provider `embedded`: one small model on this CPU, no key, no network."""

    provider = "embedded"

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._name = settings.embedded_weight
        self._weights = Weights.of(settings)
        self._compute = compute

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`."""
        return [
            ModelInfo(
                provider=self.provider,
                name=self._ready().model,
                tools=False,
                demonstration=True,
                context_tokens=CONTEXT,
                detail="A demonstration, small enough for this CPU: do not rely on its facts, sums or choices.",
            )
        ]

    async def generate(self, prompt: Prompt) -> AsyncGenerator[TextChunk | Answered, None]:
        """See `LanguageModels.generate`."""
        if prompt.tools:
            raise NotSupported(
                f"The embedded model {prompt.model} calls no operations.", remedy="Use another provider's model."
            )
        characters = sum(len(message.content) for message in prompt.messages)
        if characters > LONGEST_TOKEN * CONTEXT:
            raise too_long(f"more than {characters // LONGEST_TOKEN}", CONTEXT)
        self._ready()
        await asyncio.to_thread(self._weights.require, self._name)
        payload: Json = {
            "messages": list(_turns(prompt.messages)),
            "max_tokens": min(prompt.max_tokens or MAX_TOKENS, CONTEXT),
            "temperature": prompt.temperature,
            "options": _options(prompt),
        }
        async with aclosing(self._compute.stream(POOL, payload)) as items:
            async for item in items:
                if "text" in item:
                    yield TextChunk(text=item["text"])
                else:
                    yield Answered(**item)

    async def close(self) -> None:
        """Nothing was opened: the pool belongs to the process."""

    def _ready(self) -> Weight:
        """The weight, if a worker that is started now can load it; its hash is looked at before it does."""
        try:
            weight = self._weights.find(self._name)
        except NotFound as error:
            raise Unavailable(f"NIS_EMBEDDED_WEIGHT: {error.message}", remedy=error.remedy) from None
        if importlib.util.find_spec("xllamacpp") is None:
            raise Unavailable(
                "The embedded model needs the package xllamacpp, which is not installed.",
                remedy="Run: pip install 'nis-backend[local]'.",
            )
        if not self._weights.present(weight):
            raise Unavailable(
                f"The embedded model has no weights: there is no {weight.file}.",
                remedy=f"Run: nis weights pull {weight.name}.",
            )
        return weight


def _options(prompt: Prompt) -> Json:
    """What the engine is told besides, under its own names."""
    names = ("top_p", "frequency_penalty", "presence_penalty", "seed")
    options: Json = {name: value for name in names if (value := getattr(prompt, name)) is not None}
    if "seed" in options:
        # The engine has 32 bits, of which the highest number means "any".
        options["seed"] %= 2**32 - 1
    if prompt.stop:
        options["stop"] = list(prompt.stop)
    if prompt.schema is not None:
        options["response_format"] = {"type": "json_schema", "json_schema": {"schema": prompt.schema}}
    elif prompt.json:
        options["response_format"] = {"type": "json_object"}
    return options


def too_long(given: str, context: int) -> InvalidRequest:
    """The refusal of a prompt of so many tokens."""
    return InvalidRequest(
        f"The conversation has {given} tokens; the embedded model takes fewer than {context}, its answer included.",
        field="message",
        value=f"{given} tokens",
        remedy="Send a shorter message, begin another conversation, or use another provider's model.",
    )


def _turns(messages: Sequence[Message]) -> Iterator[dict[str, str]]:
    """The conversation in the three roles that the model knows."""
    if not any(message.role == "system" for message in messages):
        yield {"role": "system", "content": INSTRUCTION}
    for message in messages:
        if not message.content:
            continue  # a turn that only called operations
        role = "user" if message.role == "tool" else message.role
        # The template's own marks would end a turn and begin another in any role.
        yield {"role": role, "content": message.content.replace("<|", "< |")}
