"""The models capability: what can be asked, and text straight from a model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from fake_openai import Canned, FakeOpenAI, Reply, breaks_off, delta, says
from opened import opened
from pydantic import SecretStr

from nis_backend.calling import call
from nis_backend.capabilities.models.operations import (
    OPERATIONS,
    LanguageModel,
    ListModels,
    ModelList,
    OneModel,
    generate_text,
    get_model,
    list_models,
    stream_text,
)
from nis_backend.capabilities.models.text import EarlierMessage, GeneratedText, TextPart, TextRequest
from nis_backend.context import Context
from nis_backend.drivers.http.client import Http
from nis_backend.drivers.llm.openai_compatible import OpenAICompatible
from nis_backend.drivers.llm.scripted import ScriptedModels
from nis_backend.errors import InvalidRequest, NotFound, Unavailable, UpstreamFailed
from nis_backend.view import Table, Text

T = TypeVar("T")


def run(body: Coroutine[Any, Any, T]) -> T:
    """Run a test's body, at most 30 s."""
    return asyncio.run(asyncio.wait_for(body, 120))


@asynccontextmanager
async def asking(folder: Path, *replies: Reply) -> AsyncGenerator[tuple[Context, FakeOpenAI]]:
    """A context with a server, a server that is gone, and a script."""
    path = folder / "script.json"
    path.write_text(json.dumps({"replies": [{"text": "Prepared."}]}))
    http = Http()

    def server(provider: str, url: str) -> OpenAICompatible:
        return OpenAICompatible(
            provider,
            url,
            SecretStr("sk-x"),
            http=http,
            url_variable=f"NIS_{provider.upper()}_URL",
            key_variable="NIS_KEY",
            model_variable="NIS_MODEL",
        )

    async with FakeOpenAI(*replies).running() as fake:
        providers = (server("here", fake.url), server("gone", "http://127.0.0.1:1/v1"), ScriptedModels(path))
        async with opened(folder, *providers, operations=OPERATIONS) as ctx:
            try:
                yield ctx, fake
            finally:
                await http.close()


def test_silent_providers_are_listed_with_their_remedy(tmp_path: Path) -> None:
    """A provider that is set up and cannot be asked is shown, not hidden."""

    async def body() -> None:
        async with asking(tmp_path) as (ctx, _):
            listed = await call(list_models, {}, ctx)
            assert isinstance(listed, ModelList)
            assert [one.id for one in listed.models] == [
                "here:fake-large",
                "here:vendor:fake-small",
                "scripted:scripted",
            ]
            assert [one.demonstration for one in listed.models] == [False, False, True]
            (silent,) = listed.unavailable
            assert (silent.provider, silent.code) == ("gone", "unavailable")
            assert "NIS_GONE_URL" in silent.remedy
            (table,) = list_models.draw(ListModels(), listed)
            assert isinstance(table, Table)
            assert [row[0] for row in table.rows] == [*(one.id for one in listed.models), "gone"]
            assert str(table.rows[2][2]).startswith("Demonstration model.")

    run(body())


def test_models_are_listed_page_by_page(tmp_path: Path) -> None:
    """Each once, in the same order; a foreign cursor and an unknown provider are refused."""

    async def body() -> None:
        async with asking(tmp_path) as (ctx, _):
            seen: list[str] = []
            cursor: str | None = None
            while True:
                page = await ctx.call(list_models, ListModels(limit=2, cursor=cursor))
                seen += [one.id for one in page.models]
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert seen == ["here:fake-large", "here:vendor:fake-small", "scripted:scripted"]
            assert len((await ctx.call(list_models, ListModels(provider="scripted"))).models) == 1
            with pytest.raises(InvalidRequest, match="cursor"):
                await ctx.call(list_models, ListModels(cursor="here:nothing"))
            with pytest.raises(NotFound, match="provider 'nobody'"):
                await ctx.call(list_models, ListModels(provider="nobody"))

    run(body())


def test_a_model_is_got_by_the_id_that_was_listed(tmp_path: Path) -> None:
    """The id fits a path: a vendor's slash is a colon in it."""

    async def body() -> None:
        async with asking(tmp_path) as (ctx, _):
            got = await ctx.call(get_model, OneModel(id="here:vendor:fake-small"))
            assert got == LanguageModel(
                id="here:vendor:fake-small",
                provider="here",
                name="vendor/fake-small",
                tools=True,
                demonstration=False,
                context_tokens=None,
                max_output=None,
                vision=None,
                audio=None,
                files=None,
                detail="",
            )
            with pytest.raises(NotFound):
                await ctx.call(get_model, OneModel(id="here:nothing"))
            with pytest.raises(Unavailable):
                await ctx.call(get_model, OneModel(id="gone"))

    run(body())


def test_text_is_generated_whole(tmp_path: Path) -> None:
    """Earlier turns, limit and temperature reach the model; the answer says whose it is and how it ended."""

    async def body() -> None:
        async with asking(tmp_path, says("Half an", finish="length")) as (ctx, fake):
            earlier = [EarlierMessage(role="system", content="Be brief.")]
            request = TextRequest(prompt="Hello", earlier=earlier, model="fake-large", max_tokens=2, temperature=0)
            assert await ctx.call(generate_text, request) == GeneratedText(
                text="Half an",
                model="here:fake-large",
                demonstration=False,
                finish_reason="length",
                input_tokens=7,
                output_tokens=3,
                cost=None,
            )
            sent = fake.asked[0].body
            assert [one["content"] for one in sent["messages"]] == ["Be brief.", "Hello"]
            assert (sent["max_tokens"], sent["temperature"]) == (2, 0)

    run(body())


def test_a_demonstration_model_is_labelled(tmp_path: Path) -> None:
    """In the result and in what is drawn of it."""

    async def body() -> None:
        async with asking(tmp_path) as (ctx, _):
            request = TextRequest(prompt="Hello", provider="scripted")
            said = await ctx.call(generate_text, request)
            assert (said.text, said.demonstration, said.input_tokens) == ("[scripted] Prepared.", True, None)
            (drawn,) = generate_text.draw(request, said)
            assert isinstance(drawn, Text)
            assert "demonstration model" in drawn.text

    run(body())


def test_streamed_parts_end_with_the_whole(tmp_path: Path) -> None:
    """The parts' words joined are the text of the last part, which alone has a whole."""

    async def body() -> None:
        async with asking(tmp_path) as (ctx, _):
            parts: list[TextPart] = [
                part async for part in await call(stream_text, {"prompt": "Hi", "model": "scripted"}, ctx)
            ]
            assert [part.text for part in parts] == ["[scripted] ", "Prepared.", ""]
            whole = parts[-1].whole
            assert whole is not None
            assert whole.text == "[scripted] Prepared."
            assert [part.whole for part in parts[:-1]] == [None, None]

    run(body())


def test_a_stream_that_nobody_reads_on_leaves_the_model(tmp_path: Path) -> None:
    """Closing it closes the server's connection."""

    async def body() -> None:
        async with asking(tmp_path, Canned(pieces=[delta(content="first")], held=True)) as (ctx, fake):
            async with aclosing(await call(stream_text, {"prompt": "Hi"}, ctx)) as parts:
                assert (await anext(parts)).text == "first"
            await fake.left.wait()

    run(body())


def test_failures_are_the_drivers_own(tmp_path: Path) -> None:
    """A model that is not there is refused before the stream begins; a cut comes within it."""

    async def body() -> None:
        async with asking(tmp_path, breaks_off("x"), breaks_off("x")) as (ctx, _):
            with pytest.raises(NotFound):
                await call(stream_text, {"prompt": "Hi", "model": "here:nothing"}, ctx)
            with pytest.raises(UpstreamFailed):
                await call(generate_text, {"prompt": "Hi"}, ctx)
            with pytest.raises(UpstreamFailed):
                [part async for part in await call(stream_text, {"prompt": "Hi"}, ctx)]

    run(body())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 400_001}, "prompt"),
        ({"prompt": "x", "max_tokens": 0}, "max_tokens"),
        ({"prompt": "x", "temperature": float("nan")}, "temperature"),
        ({"prompt": "x", "earlier": [{"role": "tool", "content": "x"}]}, "earlier.0.role"),
        ({"prompt": "x", "earlier": [{"role": "user", "content": "x"}] * 513}, "earlier"),
        ({"prompt": "x", "stop": "y"}, "stop"),
    ],
)
def test_what_costs_is_bounded(wrong: dict[str, object], field: str) -> None:
    """Each limit is refused by field before any model is asked."""
    with pytest.raises(InvalidRequest) as caught:
        generate_text.validate(wrong)
    assert caught.value.field == field
