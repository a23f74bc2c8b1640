"""What every provider of vectors promises: those in the box, a folder, and an OpenAI-compatible server here."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import os
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from embedding_folder import minilm_folder
from fake_openai import Asked, Canned, FakeOpenAI, Reply, fails

from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.embeddings.base import Embedders, TextEmbedder
from nis_backend.drivers.embeddings.folders import Folders
from nis_backend.drivers.embeddings.minilm import MiniLM
from nis_backend.drivers.embeddings.openai_embeddings import AT_ONCE, OpenAIEmbeddings
from nis_backend.drivers.embeddings.pools import embedding_pools
from nis_backend.drivers.embeddings.static import Static
from nis_backend.drivers.http.client import Http
from nis_backend.drivers.llm.openai_compatible import OpenAICompatible
from nis_backend.errors import Busy, InvalidRequest, NisError, NotFound, Unavailable, UpstreamFailed
from nis_backend.settings import Settings, read_settings

LIMIT = 120.0
FAKE = "fake-embed"


def vector(text: str) -> list[float]:
    """Three numbers that depend on the text alone; their length is not 1."""
    return [byte - 127.5 for byte in hashlib.sha256(text.encode()).digest()[:3]]


def answer(body: object, status: int = 200) -> Canned:
    """A whole answer."""
    return Canned(pieces=[json.dumps(body).encode()], status=status, content_type="application/json")


def embeds(asked: Asked) -> Canned:
    """What a server says; in an order of its own, since the places are in it."""
    rows = [
        {"object": "embedding", "index": place, "embedding": vector(text)}
        for place, text in enumerate(asked.body["input"])
    ]
    return answer({"object": "list", "data": rows[::-1], "model": FAKE, "usage": {"prompt_tokens": 3 * len(rows)}})


@asynccontextmanager
async def server(*replies: Reply, key: str | None = None) -> AsyncGenerator[tuple[OpenAIEmbeddings, FakeOpenAI]]:
    """The driver over a server that answers so."""
    http = Http()
    async with FakeOpenAI(*replies).running() as fake:
        asked = OpenAICompatible(
            provider="local",
            url=fake.url,
            http=http,
            key=read_settings({}, openai_api_key=key).openai_api_key,
            url_variable="NIS_LOCAL_URL",
            key_variable="NIS_LOCAL_API_KEY",
            model_variable="NIS_LOCAL_MODEL",
            needs_key=False,
        )
        try:
            async with asyncio.timeout(LIMIT):
                yield OpenAIEmbeddings("local", asked.ask), fake
        finally:
            await http.close()


@asynccontextmanager
async def here(kind: Kind, models: Path | None = None) -> AsyncGenerator[TextEmbedder]:
    """A model on this machine."""
    folder = os.environ.get("NIS_TEST_WEIGHTS")
    settings = read_settings(
        os.environ, weights=Path(folder) if folder else None, embedding_models=None if models is None else str(models)
    )
    compute = WorkerPools(embedding_pools(settings))
    try:
        async with asyncio.timeout(LIMIT):
            yield kind(settings, compute)
    finally:
        await compute.close()


Kind = Callable[[Settings, WorkerPools], TextEmbedder]
Test = Callable[[TextEmbedder], Coroutine[Any, Any, None]]
LOCAL: dict[str, Kind] = {"in the box": MiniLM, "static": Static, "a folder": Folders}


@pytest.fixture(params=[*LOCAL, "a server"])
def over(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Test], None]:
    """Runs a test over one provider."""

    async def go(test: Test) -> None:
        if request.param in LOCAL:
            async with here(LOCAL[request.param], minilm_folder(tmp_path)) as driver:
                await test(driver)
        else:
            async with server(*[embeds] * 20) as (driver, _):
                await test(driver)

    return lambda test: asyncio.run(go(test))


TEXTS = [f"The number {n} and {'more ' * (n % 40)}" for n in range(AT_ONCE + 20)]


def near(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether these are the same vector."""
    return math.dist(one, other) < 1e-4


def test_a_text_has_one_vector_of_length_one_wherever_it_stands(over: Callable[[Test], None]) -> None:
    """More texts than go into one request or batch, in any order, or one alone."""

    async def test(driver: TextEmbedder) -> None:
        model = await driver.find(FAKE) or await driver.find(None)
        assert model is not None
        assert model.provider == driver.provider
        found = await driver.embed(model.name, TEXTS)
        backwards = await driver.embed(model.name, TEXTS[::-1])
        assert len(found.vectors) == len(TEXTS)
        assert {len(one) for one in found.vectors} == {model.dimensions or 3}
        assert all(abs(math.hypot(*one) - 1) < 1e-5 for one in found.vectors)
        assert all(map(near, found.vectors, reversed(backwards.vectors)))
        for place in (0, AT_ONCE - 1, AT_ONCE, len(TEXTS) - 1):
            (alone,) = (await driver.embed(model.name, TEXTS[place : place + 1])).vectors
            assert near(alone, found.vectors[place])
        assert found.input_tokens == backwards.input_tokens
        assert found.input_tokens is not None
        assert found.input_tokens >= len(TEXTS)
        assert found.truncated == ()

    over(test)


@pytest.mark.parametrize("kind", ["in the box", "static"])
def test_batched_and_single_vectors_have_a_cosine_of_0_9999_and_more(kind: str) -> None:
    """Of every text, from one word to more than is read: what it is read with is nothing to it."""
    texts = [" ".join(["The engine", "of a boat", "is new."] * (1 + n * n // 8))[: 8 + 40 * n] for n in range(0, 24, 2)]

    async def go() -> None:
        async with here(LOCAL[kind]) as driver:
            model = await driver.find(None)
            assert model is not None
            together = (await driver.embed(model.name, texts)).vectors
            for text, vector in zip(texts, together, strict=True):
                (alone,) = (await driver.embed(model.name, [text])).vectors
                assert sum(a * b for a, b in zip(alone, vector, strict=True)) >= 0.9999

    asyncio.run(go())


def test_calls_at_once_have_each_its_own_answer(over: Callable[[Test], None]) -> None:
    """Whatever they are computed with."""

    async def test(driver: TextEmbedder) -> None:
        model = await driver.find(FAKE) or await driver.find(None)
        assert model is not None
        parts = [TEXTS[n : n + 12] for n in range(0, 96, 12)]
        answers = await asyncio.gather(*(driver.embed(model.name, part) for part in parts))
        whole = await driver.embed(model.name, TEXTS[:96])
        assert all(map(near, [one for part in answers for one in part.vectors], whole.vectors))

    over(test)


def test_a_server_is_asked_as_openai_is() -> None:
    """Model, texts, plain numbers, and the key in its header."""

    async def go() -> None:
        async with server(embeds, key="sk-1") as (driver, fake):
            await driver.embed("vendor/large", ["a", "b"])
            (asked,) = fake.asked
            assert asked.path == "/v1/embeddings"
            assert asked.body == {"model": "vendor/large", "input": ["a", "b"], "encoding_format": "float"}
            assert asked.headers["Authorization"] == "Bearer sk-1"

    asyncio.run(go())


def test_a_server_that_counts_nothing_is_not_counted_for() -> None:
    """Null, not a guess."""

    async def go() -> None:
        async with server(answer({"data": [{"index": 0, "embedding": [1, 1]}]})) as (driver, _):
            assert (await driver.embed(FAKE, ["a"])).input_tokens is None

    asyncio.run(go())


def row(*numbers: object, index: object = 0) -> dict[str, object]:
    """One of an answer's rows."""
    return {"index": index, "embedding": list(numbers)}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (fails(404, "no such model"), NotFound),
        (fails(401, "sk-1 is wrong"), Unavailable),
        (fails(429, "slow down"), Busy),
        (fails(400, "maximum context length is 8192 tokens"), InvalidRequest),
        (fails(500, "oops"), UpstreamFailed),
        (Canned(pieces=[b'{"data": ['], content_type="application/json", cut=True), UpstreamFailed),
        (Canned(pieces=[b"<html>"], content_type="text/html"), UpstreamFailed),
        (answer([]), UpstreamFailed),
        (answer({"data": []}), UpstreamFailed),
        (answer({"data": [row(1), row(1, index=1), row(1, index=1)]}), UpstreamFailed),
        (answer({"data": [row(1), row(1, 2, index=1)]}), UpstreamFailed),
        (answer({"data": [row(1), row(index=1)]}), UpstreamFailed),
        (answer({"data": [row(1), row(0, index=1)]}), UpstreamFailed),
        (answer({"data": [row(1), row("x", index=1)]}), UpstreamFailed),
        (answer({"data": [row(1), row(float("nan"), index=1)]}), UpstreamFailed),
        (answer({"data": [row(1), row(10**400, index=1)]}), UpstreamFailed),
        (answer({"data": [row(1), row(1, index=7)]}), UpstreamFailed),
        (answer({"data": [row(1), {"index": 1, "embedding": "AACAPw=="}]}), UpstreamFailed),
    ],
)
def test_what_a_server_does_wrong_is_a_typed_failure(reply: Canned, kind: type[NisError]) -> None:
    """It names the provider, and never the key."""

    async def go() -> None:
        async with server(reply, key="sk-1") as (driver, _):
            with pytest.raises(kind) as failure:
                await driver.embed(FAKE, ["a", "b"])
            assert type(failure.value) is kind
            assert "sk-1" not in failure.value.message
            assert "local" in failure.value.message or FAKE in failure.value.message

    asyncio.run(go())


@pytest.mark.parametrize(
    ("wanted", "default", "chosen"),
    [
        (None, None, "embedded:minilm-l6-v2-int8"),
        ("minilm-l6-v2-int8", "local:other", "embedded:minilm-l6-v2-int8"),
        ("embedded", "local:other", "embedded:minilm-l6-v2-int8"),
        (None, "local:nomic-embed:v1.5", "local:nomic-embed:v1.5"),
        ("local:vendor/small", None, "local:vendor/small"),
        ("local", None, None),
        ("text-embedding-3-small", None, None),
        ("elsewhere:x", None, None),
        (None, "elsewhere:x", None),
    ],
)
def test_a_model_is_chosen_by_provider_and_name(wanted: str | None, default: str | None, chosen: str | None) -> None:
    """Unset, it is the one in the box, whatever servers are set up: vectors of two models cannot be compared."""

    async def go() -> None:
        async with here(MiniLM) as box, server() as (driver, _):
            embedders = Embedders([box, driver], default)
            if chosen is None:
                with pytest.raises(NotFound) as failure:
                    await embedders.choose(wanted)
                assert failure.value.field == "model"
                assert "embedded, local" in failure.value.remedy
            else:
                assert (await embedders.choose(wanted))[1].id == chosen

    asyncio.run(go())
