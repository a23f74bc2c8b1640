"""The model in the box, the light half: what it is, whether it can answer, and how its worker is asked."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.llm.answer import Answered, TextChunk
from nis_backend.drivers.llm.base import LanguageModels, ModelInfo
from nis_backend.drivers.llm.embedded_wire import CONTEXT, asked, called, tool_of
from nis_backend.errors import NotFound, Unavailable
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.llm.answer import Item
    from nis_backend.drivers.llm.base import Prompt
    from nis_backend.settings import Settings
    from nis_backend.weights.manifest import Weight

POOL = "llm"

SLOTS = 4
"""Answers at once; more wait their turn."""

HELD_SECONDS = 45.0
"""Time for an answer that is held to a schema: by some the model may write without end. It is below the 60 s of a plain
call, so that the caller is told the reason."""


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
            "held_seconds": HELD_SECONDS,
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
                vision=False,
                audio=False,
                files=False,
                logprobs=False,
                detail="A demonstration, small enough for this CPU: do not rely on its facts, sums or choices.",
            )
        ]

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`; a tool is called when it is the one that must be.

        Raises:
            NotSupported: it would have to choose among tools, or cannot be held to a schema.
        """
        tool = tool_of(prompt)
        payload = asked(prompt, tool)
        self._ready()
        await asyncio.to_thread(self._weights.require, self._name)
        arguments: list[str] = []
        async with aclosing(self._compute.stream(POOL, payload)) as items:
            async for item in items:
                if "text" not in item:
                    end = Answered(**item)
                    yield end if tool is None else called(tool, "".join(arguments), end)
                elif tool is None:
                    yield TextChunk(text=item["text"])
                else:
                    arguments.append(item["text"])

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`; the engine reads the prompt, and keeps it for who asks next."""
        async with aclosing(self.generate(replace(prompt, max_tokens=1, json=False, schema=None))) as items:
            ends = [item.input_tokens async for item in items if isinstance(item, Answered)]
        return next(count for count in ends if count is not None)

    async def close(self) -> None:
        """Nothing was opened: the pool belongs to the process."""

    def _ready(self) -> Weight:
        """The weight, if a worker that is started now can load it; its hash is looked at before it does."""
        try:
            weight = self._weights.find(self._name)
        except NotFound as error:
            raise Unavailable(f"NIS_EMBEDDED_WEIGHT: {error.message}", remedy=error.remedy) from None
        self._weights.check_usable(weight, "embedded model", "local", "xllamacpp")
        return weight
