"""Models put to the test: a failure is an answer about the model."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from opened import opened
from texts import Prepared, answering, run

from nis_backend.calling import call
from nis_backend.capabilities.models.comparing import READY, compare_models, test_model
from nis_backend.drivers.llm.answer import Answered, Item, TextChunk, ToolCall
from nis_backend.drivers.llm.base import Prompt
from nis_backend.errors import NotFound, UpstreamFailed


class Calling(Prepared):
    """Calls the first tool that it is offered."""

    provider = "calling"

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """Words where there are no tools."""
        self.asked.append(prompt)
        if not prompt.tools:
            yield TextChunk(text="ready")
            yield Answered(finish_reason="stop", input_tokens=1, output_tokens=1)
            return
        call = ToolCall(id="1", name=prompt.tools[0].name, arguments='{"word": "ready"}')
        yield Answered(finish_reason="tool_calls", tool_calls=(call,))


def test_a_model_that_answers_is_told_with_its_times(tmp_path: Path) -> None:
    """Promise: its words, its tokens, when the first came and when it ended."""

    async def body() -> None:
        async with answering(tmp_path, "ready") as (ctx, model):
            got = await call(test_model, {"id": "prepared"}, ctx)
            assert (got.ok, got.model, got.text, got.problem, got.called) == (
                True,
                "prepared:model",
                "ready",
                None,
                False,
            )
            assert got.first_ms is not None
            assert 0 <= got.first_ms <= got.total_ms
            assert (got.input_tokens, got.output_tokens, got.finish_reason) == (10, 5, "stop")
            got = await call(test_model, {"id": "prepared", "stream": False}, ctx)
            assert (got.ok, got.first_ms) == (True, None)
            assert [one.pieces for one in model.asked] == [True, False]

    run(body())


def test_a_failure_is_the_answer_with_its_remedy(tmp_path: Path) -> None:
    """Promise: what a provider refuses is told about the model; a model that nobody has is refused."""

    async def body() -> None:
        failure = UpstreamFailed("It is down.", remedy="Wait.")
        async with answering(tmp_path, failure) as (ctx, _):
            got = await call(test_model, {"id": "prepared:model"}, ctx)
            assert (got.ok, got.text, got.finish_reason) == (False, "", None)
            assert got.problem is not None
            assert (got.problem["code"], got.problem["remedy"]) == ("upstream_failed", "Wait.")
            with pytest.raises(NotFound) as caught:
                await call(test_model, {"id": "nobody:nothing"}, ctx)
            assert caught.value.field == "id"

    run(body())


def test_a_tool_that_had_to_be_called_was_or_was_not(tmp_path: Path) -> None:
    """Promise: words in the place of a call are no answer."""

    async def body() -> None:
        calling, talking = Calling("x"), Prepared("I am ready.")
        async with opened(tmp_path, calling, talking) as within:
            ctx = replace(within, journal=None)
            got = await call(test_model, {"id": "calling", "tools": True}, ctx)
            assert (got.ok, got.called, got.problem) == (True, True, None)
            assert [one.name for one in calling.asked[0].tools] == [READY.name]
            assert calling.asked[0].tool_choice == "required"
            got = await call(test_model, {"id": "prepared", "tools": True}, ctx)
            assert (got.ok, got.called, got.text) == (False, False, "I am ready.")
            assert got.problem is not None
            assert "did not call the tool" in got.problem["detail"]

    run(body())


def test_of_models_compared_one_that_fails_fails_no_other(tmp_path: Path) -> None:
    """Promise: each in its place, with its own words or its own problem."""

    async def body() -> None:
        async with opened(tmp_path, Calling("x"), Prepared(UpstreamFailed("Down."))) as within:
            ctx = replace(within, journal=None)
            request = {"prompt": "Hello", "models": ["prepared", "calling:model", "nobody"], "max_tokens": 7}
            got = await call(compare_models, request, ctx)
            assert [one.text for one in got.answers] == ["", "ready", ""]
            codes = [one.problem and one.problem["code"] for one in got.answers]
            assert codes == ["upstream_failed", None, "not_found"]
            (table,) = compare_models.draw(compare_models.validate(request), got)
            assert "Down." in str(table)

    run(body())
