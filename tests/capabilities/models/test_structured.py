"""JSON that follows a schema, or a failure that says why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from texts import answering, run, too_long

from nis_backend.calling import call
from nis_backend.capabilities.models.structured import generate_json
from nis_backend.errors import InvalidRequest, NotSupported, UpstreamFailed

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
REQUEST: dict[str, Any] = {"prompt": "A number.", "answer_schema": SCHEMA}


def test_an_answer_that_follows_is_answered_with_whose_it_is(tmp_path: Path) -> None:
    """Promise: the value, the model, its tokens, and that nothing had to be mended."""

    async def body() -> None:
        async with answering(tmp_path, {"n": 3}) as (ctx, model):
            earlier = [{"role": "system", "content": "Be brief."}]
            got = await call(generate_json, {**REQUEST, "earlier": earlier, "temperature": 0, "max_tokens": 9}, ctx)
            assert (got.value, got.mended, got.model, got.demonstration) == ({"n": 3}, False, "prepared:model", False)
            assert (got.input_tokens, got.output_tokens) == (10, 5)
            (asked,) = model.asked
            assert [one.content for one in asked.messages] == ["Be brief.", "A number."]
            assert (asked.json, asked.schema, asked.temperature, asked.max_tokens) == (True, SCHEMA, 0, 9)

    run(body())


def test_a_wrong_answer_is_sent_back_once_with_what_is_wrong(tmp_path: Path) -> None:
    """Promise: one mend turn, which has the place, the answer and the schema; both calls' tokens count."""

    async def body() -> None:
        async with answering(tmp_path, {"n": "three"}, '```json\n{"n": 3}\n```') as (ctx, model):
            got = await call(generate_json, REQUEST, ctx)
            assert (got.value, got.mended, got.input_tokens, got.output_tokens) == ({"n": 3}, True, 20, 10)
            _, answer, mend = model.asked[1].messages
            assert (answer.role, answer.content) == ("assistant", '{"n": "three"}')
            assert "$.n" in mend.content
            assert '"required"' in mend.content

    run(body())


def test_what_is_wrong_twice_is_a_failure_that_says_where(tmp_path: Path) -> None:
    """Promise: never a value that does not follow its schema."""

    async def body() -> None:
        async with answering(tmp_path, {"n": "three"}, {"n": None}) as (ctx, model):
            with pytest.raises(UpstreamFailed, match=r"nor when it was told what is wrong: at \$\.n"):
                await call(generate_json, REQUEST, ctx)
            assert len(model.asked) == 2

    run(body())


def test_a_cut_answer_is_not_asked_for_again(tmp_path: Path) -> None:
    """Promise: it would be cut again; who has set the limit is told so by its field."""

    async def body() -> None:
        async with answering(tmp_path, ('{"n": ', {"finish_reason": "length"})) as (ctx, model):
            with pytest.raises(InvalidRequest, match="at 2 tokens") as caught:
                await call(generate_json, {**REQUEST, "max_tokens": 2}, ctx)
            assert caught.value.field == "max_tokens"
            with pytest.raises(UpstreamFailed, match="cut before its JSON ended"):
                await call(generate_json, REQUEST, ctx)
            assert len(model.asked) == 2

    run(body())


def test_a_refusal_is_no_answer(tmp_path: Path) -> None:
    """Promise: words of refusal are told as such; too long a prompt is told by this request's field."""

    async def body() -> None:
        async with answering(tmp_path, ("I will not.", {"refused": True}), too_long) as (ctx, _):
            with pytest.raises(NotSupported, match="refuses to answer: I will not"):
                await call(generate_json, REQUEST, ctx)
            with pytest.raises(InvalidRequest) as caught:
                await call(generate_json, REQUEST, ctx)
            assert caught.value.field == "prompt"

    run(body())


def test_a_schema_is_refused_before_a_model_is_asked(tmp_path: Path) -> None:
    """Promise: nothing is spent on what could not be checked."""

    async def body() -> None:
        async with answering(tmp_path, {}) as (ctx, model):
            with pytest.raises(InvalidRequest) as caught:
                await call(generate_json, {**REQUEST, "answer_schema": {"type": 7}}, ctx)
            assert caught.value.field == "answer_schema"
            assert model.asked == []

    run(body())
