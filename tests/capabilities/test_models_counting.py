"""Tokens that are counted before a model is asked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from opened import opened

from nis_backend.calling import call
from nis_backend.capabilities.models.counting import OPERATIONS, CountedTokens, count_tokens
from nis_backend.drivers.llm.base import LanguageModels, ModelInfo, Prompt
from nis_backend.drivers.llm.choice import Gone
from nis_backend.errors import InvalidRequest, NotSupported

HI = {"role": "user", "content": "Hi"}


class Counting(Gone):
    """A model of a test, which counts turns and tools."""

    async def models(self) -> list[ModelInfo]:
        """One."""
        return [ModelInfo(provider="test", name="one", tools=True)]

    async def count_tokens(self, prompt: Prompt) -> int:
        """Ten a turn, and one a tool."""
        return 10 * len(prompt.messages) + len(prompt.tools)


class Silent(Counting):
    """Another, which does not count."""

    async def count_tokens(self, prompt: Prompt) -> int:
        """As the contract has it."""
        return await LanguageModels.count_tokens(self, prompt)


def counted(folder: Path, model: LanguageModels, **request: Any) -> CountedTokens:
    """The count."""

    async def main() -> CountedTokens:
        async with opened(folder, model, operations=OPERATIONS) as ctx:
            result = await call(count_tokens, request, ctx)
        assert isinstance(result, CountedTokens)
        return result

    return asyncio.run(asyncio.wait_for(main(), 120))


def test_a_text_and_a_conversation_are_counted_with_what_is_offered(tmp_path: Path) -> None:
    """Who counted is said; one thing is counted at a time."""
    assert counted(tmp_path, Counting("test"), text="Hi").tokens == 10
    result = counted(tmp_path, Counting("test"), messages=[HI, HI], tools=[{"name": "look"}])
    assert (result.tokens, result.model, result.counted_by) == (21, "test:one", "test")
    for wrong in ({}, {"text": "Hi", "messages": [HI]}):
        with pytest.raises(InvalidRequest, match="one thing"):
            counted(tmp_path, Counting("test"), **wrong)


def test_a_guess_is_no_count(tmp_path: Path) -> None:
    """Promise: where nobody counts exactly, that is the answer."""
    with pytest.raises(NotSupported, match="counts no tokens of one"):
        counted(tmp_path, Silent("test"), text="Hi")
