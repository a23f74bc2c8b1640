"""A model that reads queries in another way than passages is told which is which; old vectors stay."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from embedding_folder import minilm_folder, written
from fake_openai import Asked, Canned, FakeOpenAI
from vectors_served import embeds, serving

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.errors import Conflict, Unavailable
from nis_backend.settings import read_settings


def test_a_server_is_told_what_a_text_is(tmp_path: Path) -> None:
    """Promise: NVIDIA's `input_type`; of a collection from before it was told, queries go as its texts went."""

    async def go() -> None:
        with serving().in_thread() as models:
            settings = read_settings({"NVIDIA_API_KEY": "k", "NIS_NVIDIA_URL": models.url}, data=tmp_path)
            process = Process(settings)
            async with process.open():
                ctx = process.context(LOCAL)
                made = await ctx.call_named("collections.create_collection", {"name": "n", "model": "nvidia:one"})
                assert made.version == "+purposes"
                await ctx.call_named("collections.add_items", {"id": "n", "items": [{"text": "a"}]})
                await ctx.call_named("collections.search_collection", {"id": "n", "query": "b", "mode": "vectors"})
                await ctx.store.update("collections", made.id, {"version": None})
                await ctx.call_named("collections.search_collection", {"id": "n", "query": "c", "mode": "vectors"})
                found = await ctx.call_named(
                    "embeddings.search_texts", {"query": "d", "texts": ["e", "f"], "model": "nvidia:one"}
                )
                assert {one.text for one in found.matches} == {"e", "f"}
            told = [(one.body["input"], one.body["input_type"]) for one in models.asked if "input" in one.body]
            assert told == [
                (["a"], "passage"),
                (["b"], "query"),
                (["c"], "passage"),
                (["d"], "query"),
                (["e", "f"], "passage"),
            ]

    asyncio.run(go())


def test_a_folders_prompts_stand_before_queries_and_passages(tmp_path: Path) -> None:
    """Promise: an item whose text is the query has not cosine 1, as each has a prompt; long ones are told."""
    folder = minilm_folder(tmp_path)
    prompts = {"query": "Which fruit is meant? ", "document": "On ships: "}
    written(folder / "config_sentence_transformers.json", {"prompts": prompts})

    async def go() -> None:
        process = Process(read_settings({"NIS_EMBEDDING_MODELS": str(folder)}, data=tmp_path / "data"))
        async with process.open():
            ctx = process.context(LOCAL)

            async def vectors(texts: list[str]) -> list[list[float]]:
                return (
                    await ctx.call_named("embeddings.embed_texts", {"texts": texts, "model": "folder:mini"})
                ).vectors

            made = await ctx.call_named("collections.create_collection", {"name": "n", "model": "folder:mini"})
            assert made.version.endswith("+purposes")
            await ctx.call_named("collections.add_items", {"id": "n", "items": [{"text": "an apple"}]})
            asked = {"id": "n", "query": "an apple", "mode": "vectors"}
            (hit,) = (await ctx.call_named("collections.search_collection", asked)).hits
            query, passage = await vectors([f"{one}an apple" for one in prompts.values()])
            cosine = sum(a * b for a, b in zip(query, passage, strict=True))
            assert hit.similarity == pytest.approx(cosine, abs=1e-5)
            assert cosine < 0.9
            found = await ctx.call_named("collections.search_collection", {"id": "n", "query": "an apple " * 300})
            assert "longer than the model reads" in json.dumps(found.notes)

    asyncio.run(go())


def longer(asked: Asked) -> Canned:
    """Vectors of another model that goes by the same name."""
    rows = [{"index": place, "embedding": [1.0] * 7} for place, _ in enumerate(asked.body["input"])]
    return Canned(pieces=[json.dumps({"data": rows}).encode()], content_type="application/json")


def test_vectors_of_another_length_are_refused_and_what_a_server_cannot_do_words_can(tmp_path: Path) -> None:
    """Promise: none is kept that would never be found; hybrid search answers by words and says why."""

    async def go() -> None:
        broken = Canned(status=500, pieces=[b"{}"], content_type="application/json")
        with FakeOpenAI(embeds, longer, longer, longer, *[broken] * 9, models=["one"]).in_thread() as models:
            process = Process(read_settings({"NIS_LOCAL_URL": models.url}, data=tmp_path))
            async with process.open():
                ctx = process.context(LOCAL)
                await ctx.call_named("collections.create_collection", {"name": "n", "model": "local:one"})
                await ctx.call_named("collections.add_items", {"id": "n", "items": [{"text": "an apple"}]})
                with pytest.raises(Conflict, match="vectors of 7 numbers now, and the collection has such of 3"):
                    await ctx.call_named("collections.add_items", {"id": "n", "items": [{"text": "a pear"}]})
                with pytest.raises(Unavailable, match="vectors of 7 numbers"):
                    await ctx.call_named("collections.search_collection", {"id": "n", "query": "b", "mode": "vectors"})
                for reason in ("vectors of 7 numbers", "failed with 500"):
                    found = await ctx.call_named("collections.search_collection", {"id": "n", "query": "apple"})
                    assert (found.mode, [hit.text for hit in found.hits]) == ("words", ["an apple"])
                    assert reason in found.notes[0]
                assert (await ctx.call_named("collections.get_collection", {"id": "n"})).items == 1

    asyncio.run(go())
