"""Whom cases are put to: names that may come to mean another model are pinned, inputs become requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from opened import opened
from typing_extensions import override

from nis_backend.capabilities.chat.operations import send_message
from nis_backend.capabilities.evaluations.cases import Case, Turn
from nis_backend.capabilities.evaluations.filling import filled, of_result
from nis_backend.capabilities.evaluations.targets import Target, check
from nis_backend.capabilities.models.operations import complete_chat
from nis_backend.drivers.llm.answer import Item
from nis_backend.drivers.llm.base import LanguageModels, ModelInfo, Prompt
from nis_backend.errors import InvalidRequest, NotFound


class Trained(LanguageModels):
    """One model that is somebody's own under a name, and one that is everyone's."""

    provider = "local"

    @override
    async def models(self) -> list[ModelInfo]:
        return [ModelInfo(provider="local", name=name, tools=False) for name in ("tiny", "shared")]

    @override
    async def mark(self, name: str) -> str:
        return "model-1" if name == "tiny" else ""

    @override
    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        raise NotImplementedError
        yield  # pyright: ignore[reportReturnType] - never reached: it makes this a generator

    @override
    async def close(self) -> None:
        """Nothing is open."""


def test_a_trained_models_name_is_evaluated_as_what_it_means_then(tmp_path: Path) -> None:
    """Promise: a proof is of the model that was asked, whatever its name means later."""

    async def test() -> None:
        async with opened(tmp_path, Trained(), operations=[complete_chat, send_message]) as ctx:
            named = ("local:tiny", "tiny", "chat:local:tiny", "local:shared", "given")
            pinned = [await check(Target.of(one), ctx) for one in named]
            assert pinned == ["local:model-1", "local:model-1", "chat:local:model-1", "local:shared", "given"]
            with pytest.raises(NotFound) as error:
                await check(Target.of("local:other"), ctx)
            assert error.value.field == "target"

    asyncio.run(test())


def test_a_target_is_read_from_its_name() -> None:
    """What is none of the words is a model's name, colons and all."""
    told = [Target.of(one) for one in ("given", "chat", "chat:a:b", "agent:echo", "operation:a.b", "a:b:c", "given:x")]
    kinds = ["given", "chat", "chat", "agent", "operation", "model", "model"]
    assert [(one.kind, one.name) for one in told] == list(
        zip(kinds, ["", "", "a:b", "echo", "a.b", "a:b:c", "given:x"], strict=True)
    )


def test_an_operations_request_is_filled_from_the_case() -> None:
    """Whole values keep their kind; within words they are words; what is not there is refused by its path."""
    case = Case(input='{"value": 5, "to": ["km"]}')
    given = {"value": "{input.value}", "to": "{input.to.0}", "said": "in {input.to.0}: {input.value}", "n": 3}
    assert filled(dict(given), case) == {"value": 5, "to": "km", "said": "in km: 5", "n": 3}
    assert filled({"text": "{input}"}, case) == {"text": case.input}
    assert filled({}, case) == {"value": 5, "to": ["km"]}
    with pytest.raises(InvalidRequest) as error:
        filled({"value": "{input.unit}"}, case)
    assert error.value.value == "unit"
    with pytest.raises(InvalidRequest, match="no JSON object"):
        filled({}, Case(input=[Turn(role="user", content="five")]))
    assert of_result({"labels": ["a", "b"], "cost": 0.5}, "labels.1") == {
        "answer": "b",
        "cost": 0.5,
        "from_cache": False,
    }
    assert of_result({"n": 1, "text": "said"}, "")["answer"] == "said"
    assert of_result({"n": 1}, "")["answer"] == '{"n": 1}'
