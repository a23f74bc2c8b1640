"""Labels, rules and places: a model's reading, in the form that was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from compass import Compass
from texts import answering, run

from nis_backend.calling import call
from nis_backend.capabilities.embeddings.operations import Embeddings
from nis_backend.capabilities.models.judging import classify_text, moderate_text
from nis_backend.capabilities.models.ranking import PLACES, rank_texts
from nis_backend.drivers.embeddings.base import Embedders
from nis_backend.errors import InvalidRequest, UpstreamFailed

LABELS = [{"name": "praise"}, {"name": "complaint", "description": "Something is wrong."}]
SORT: dict[str, Any] = {"text": "It is broken.", "labels": LABELS}


def test_a_text_has_one_of_the_labels_or_none_where_that_is_allowed(tmp_path: Path) -> None:
    """Promise: only what was offered; that none fits is answered where it may be."""

    async def body() -> None:
        async with answering(tmp_path, {"label": "complaint"}, {"label": None}, {"label": None}) as (ctx, model):
            assert (await call(classify_text, SORT, ctx)).labels == ["complaint"]
            assert "- complaint: Something is wrong." in model.asked[0].messages[0].content
            assert (await call(classify_text, {**SORT, "none": True}, ctx)).labels == []
            with pytest.raises(UpstreamFailed, match=r"\$\.label"):
                await call(classify_text, SORT, ctx)

    run(body())


def test_several_labels_are_answered_in_the_order_they_were_given(tmp_path: Path) -> None:
    """Promise: each once."""

    async def body() -> None:
        said = {"labels": ["complaint", "praise"]}
        async with answering(tmp_path, said, {"labels": []}, {"labels": ["fury"]}) as (ctx, _):
            request = {**SORT, "several": True}
            assert (await call(classify_text, request, ctx)).labels == ["praise", "complaint"]
            assert (await call(classify_text, request, ctx)).labels == []
            with pytest.raises(UpstreamFailed, match="fury"):
                await call(classify_text, request, ctx)

    run(body())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"labels": LABELS[:1]}, "labels"),
        ({"labels": [{"name": "x"}] * 65}, "labels"),
        ({"labels": [{"name": ""}, {"name": "x"}]}, "labels.0.name"),
        ({"text": ""}, "text"),
    ],
)
def test_what_is_sorted_is_bounded(wrong: dict[str, Any], field: str) -> None:
    """Promise: refused by field before a model is asked."""
    with pytest.raises(InvalidRequest) as caught:
        classify_text.validate({**SORT, **wrong})
    assert caught.value.field == field


def test_two_labels_of_one_name_are_refused(tmp_path: Path) -> None:
    """Promise: which of them was meant could not be told; rules and fields alike."""

    async def body() -> None:
        async with answering(tmp_path, {}) as (ctx, model):
            with pytest.raises(InvalidRequest, match="Two are called 'x'"):
                await call(classify_text, {"text": "a", "labels": [{"name": "x"}, {"name": "x"}]}, ctx)
            rule = {"name": "x", "description": "y"}
            with pytest.raises(InvalidRequest, match="Two are called 'x'"):
                await call(moderate_text, {"text": "a", "policy": [rule, rule]}, ctx)
            assert model.asked == []

    run(body())


def test_a_rule_that_is_broken_is_quoted_word_for_word(tmp_path: Path) -> None:
    """Promise: the quote is the text's own; one that is not there is taken out and named, the reading stays."""

    async def body() -> None:
        policy = [{"name": "addresses", "description": "An address."}, {"name": "insults", "description": "An insult."}]
        said = {
            "1": {"quote": "ada@example.com", "reason": "One is there.", "violated": True},
            "2": {"quote": "you fool", "reason": "It is rude.", "violated": True},
        }
        kept = {number: {"quote": None, "reason": "Nothing.", "violated": False} for number in ("1", "2")}
        async with answering(tmp_path, said, kept) as (ctx, _):
            request = {"text": "Write to ada@example.com.", "policy": policy}
            got = await call(moderate_text, request, ctx)
            assert got.violated
            assert [(one.name, one.violated, one.quote) for one in got.rules] == [
                ("addresses", True, "ada@example.com"),
                ("insults", True, None),
            ]
            assert got.dropped == ["you fool"]
            assert "As prepared:model reads it" in str(moderate_text.draw(moderate_text.validate(request), got)[0])
            got = await call(moderate_text, request, ctx)
            assert (got.violated, got.dropped) == (False, [])

    run(body())


RANK: dict[str, Any] = {"query": "The sea?", "texts": ["bread", "tide", "cars"]}


def test_a_models_order_has_each_text_once_and_no_scores(tmp_path: Path) -> None:
    """Promise: no score is invented, and no place filled in by us."""

    async def body() -> None:
        twice, whole = {"order": [1, 1, 0]}, {"order": [1, 0, 2]}
        async with answering(tmp_path, twice, whole, twice) as (ctx, model):
            got = await call(rank_texts, {**RANK, "by": "model"}, ctx)
            assert [(one.index, one.score) for one in got.order] == [(1, None), (0, None), (2, None)]
            assert (got.formula, got.model) == (PLACES, "prepared:model")
            assert "has one place" in model.asked[1].messages[-1].content
            with pytest.raises(UpstreamFailed, match="has one place"):
                await call(rank_texts, {**RANK, "by": "model"}, ctx)

    run(body())


def test_vectors_rank_by_their_cosine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: the formula is named; a text of which only the beginning was read is named by its own number."""

    async def embedded(_self: object, _operation: object, request: Any) -> Embeddings:
        assert request.texts == ["The sea?", "bread", "tide", "cars"]
        vectors = [[1.0, 0.0], [0.0, 1.0], [0.8, 0.6], [0.6, 0.8]]
        return Embeddings(
            model="m:v", version=None, dimensions=2, vectors=vectors, input_tokens=4, max_tokens=9, truncated=[0, 3]
        )

    async def body() -> None:
        async with answering(tmp_path, {}) as (ctx, _):
            monkeypatch.setattr(type(ctx), "call", embedded)
            monkeypatch.setattr(type(ctx), "embedders", Embedders([Compass()]))
            got = await call(rank_texts, RANK, ctx)
            assert [(one.index, one.score) for one in got.order] == [(1, 0.8), (2, 0.6), (0, 0.0)]
            assert (got.truncated, got.model, got.input_tokens) == ([2], "m:v", 4)
            assert "cosine" in got.formula
            with pytest.raises(InvalidRequest) as caught:
                await call(rank_texts, {**RANK, "provider": "openai"}, ctx)
            assert caught.value.field == "provider"

    run(body())
