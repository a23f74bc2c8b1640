"""A model that answers what a test has prepared, and what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

from opened import opened

from nis_backend.context import Context
from nis_backend.drivers.llm.answer import Answered, Item, TextChunk
from nis_backend.drivers.llm.base import LanguageModels, ModelInfo, Prompt
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Operation

T = TypeVar("T")
Json = dict[str, Any]


def run(body: Coroutine[Any, Any, T]) -> T:
    """Run a test's body, at most 60 s."""
    return asyncio.run(asyncio.wait_for(body, 60))


class Prepared(LanguageModels):
    """Says one prepared answer after the other: a text, JSON, an end, or a failure."""

    provider = "prepared"

    def __init__(self, *answers: object, context: int | None = None) -> None:
        self._answers = list(answers)
        self._context = context
        self.asked: list[Prompt] = []

    async def models(self) -> list[ModelInfo]:
        """One."""
        return [ModelInfo(provider=self.provider, name="model", tools=False, context_tokens=self._context)]

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """The next answer."""
        self.asked.append(prompt)
        # Any: a text, JSON, either with an end, a failure, or what makes one of the prompt.
        answer: Any = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        answer = answer(prompt) if callable(answer) else answer
        if isinstance(answer, BaseException):
            raise answer
        end = Answered(finish_reason="stop", input_tokens=10, output_tokens=5)
        if isinstance(answer, tuple):
            words, changes = cast("tuple[Any, Json]", answer)
            answer, end = words, replace(end, **changes)
        yield TextChunk(text=answer if isinstance(answer, str) else json.dumps(answer))
        yield end

    async def count_tokens(self, prompt: Prompt) -> int:
        """A character is a token."""
        return sum(len(one.content) for one in prompt.messages)

    async def close(self) -> None:
        """Nothing is open."""


@asynccontextmanager
async def answering(
    folder: Path, *answers: object, operations: Iterable[Operation[Any, Any]] = ()
) -> AsyncGenerator[tuple[Context, Prepared]]:
    """A call's context over a model with these answers."""
    model = Prepared(*answers)
    async with opened(folder, model, operations=operations) as ctx:
        yield replace(ctx, journal=None), model


def too_long(_prompt: Prompt) -> InvalidRequest:
    """What a driver says of a conversation that its model has no room for."""
    return InvalidRequest("The conversation has 9 tokens.", field="message", value="9 tokens", remedy="Shorten it.")
