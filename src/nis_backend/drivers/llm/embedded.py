"""The model in the box, the light half: what it is, whether it can answer, and how its worker is asked."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.base import LanguageModels, ModelInfo
from nis_backend.drivers.llm.embedded_pool import CONTEXT, POOL
from nis_backend.errors import NotFound, Unavailable
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.llm.answer import Item
    from nis_backend.drivers.llm.base import Prompt
    from nis_backend.settings import Settings
    from nis_backend.weights.manifest import Weight


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
        from nis_backend.drivers.llm.answer import Answered, TextChunk  # noqa: PLC0415 - loads with the first answer
        from nis_backend.drivers.llm.embedded_wire import asked, called, tool_of  # noqa: PLC0415 - as above

        tool = tool_of(prompt)
        payload = asked(prompt, tool)
        self._ready()
        await self._weights.required(self._name)
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
        from nis_backend.drivers.llm.answer import Answered  # noqa: PLC0415 - as in generate

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
