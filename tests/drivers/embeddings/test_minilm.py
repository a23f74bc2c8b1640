"""The embedding model in the box, asked for real in its worker process."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.embeddings.minilm import DIMENSIONS, MAX_TOKENS, WEIGHT, MiniLM, pool
from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.settings import Settings, read_settings
from nis_backend.weights import Weights

T = TypeVar("T")
LIMIT = 120.0
"""Seconds for one test on a machine whose cores are wanted by others too."""
ROUNDING = 2e-6
"""What padding may change in a number: sums of float32 in another order, and the seven decimals kept."""


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Settings whose weights folder has the model."""
    folder = os.environ.get("NIS_TEST_WEIGHTS")
    found = read_settings(os.environ, weights=Path(folder) if folder else None)
    weights = Weights.of(found)
    if not weights.present(weights.find(WEIGHT)):
        pytest.fail(f"no weights {WEIGHT} in {weights.folder}: run `make weights`, or set NIS_TEST_WEIGHTS")
    return found


@dataclass(frozen=True, kw_only=True)
class Box:
    """The provider and the pool behind it."""

    models: MiniLM
    compute: WorkerPools

    @property
    def pids(self) -> tuple[int, ...]:
        """The worker, if there is one."""
        return self.compute.status()[0].pids

    async def embed(self, *texts: str) -> list[list[float]]:
        """The texts' vectors."""
        model = await self.models.find(None)
        assert model is not None
        return (await self.models.embed(model.name, texts)).vectors


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Box]:
    """The model over a pool of its own. A cancel that takes its time is slow, not ignored."""
    compute = WorkerPools([pool(settings)], grace=30.0)
    try:
        async with asyncio.timeout(LIMIT):
            yield Box(models=MiniLM(settings, compute), compute=compute)
    finally:
        await compute.close()


def run(settings: Settings, test: Callable[[Box], Coroutine[Any, Any, T]]) -> T:
    """`test` over the model."""

    async def go() -> T:
        async with opened(settings) as box:
            return await test(box)

    return asyncio.run(go())


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two vectors of length 1."""
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def test_a_text_becomes_a_vector_of_length_one(settings: Settings) -> None:
    """Each of the stated number of dimensions, in the order of the texts."""

    async def test(box: Box) -> None:
        vectors = await box.embed("A cat sleeps.", "Rates rose again.", "A cat sleeps.")
        assert [len(vector) for vector in vectors] == [DIMENSIONS] * 3
        assert [math.sqrt(dot(vector, vector)) for vector in vectors] == pytest.approx([1, 1, 1], abs=1e-5)
        assert vectors[0] == pytest.approx(vectors[2], abs=ROUNDING)
        assert vectors[0] != vectors[1]

    run(settings, test)


def test_a_text_has_the_same_vector_alone_and_among_others(settings: Settings) -> None:
    """Whatever it is batched and padded with, and in whatever order."""
    texts = [" ".join(["word", "sea", "engine", "of"][: 1 + n % 4] * (1 + n * n % 60)) for n in range(40)]

    async def test(box: Box) -> None:
        together = await box.embed(*texts)
        backwards = await box.embed(*reversed(texts))
        for index in (0, 7, 23, 39):
            (alone,) = await box.embed(texts[index])
            assert together[index] == pytest.approx(alone, abs=ROUNDING)
            assert backwards[-1 - index] == pytest.approx(alone, abs=ROUNDING)

    run(settings, test)


def test_a_long_text_is_cut_and_it_says_so(settings: Settings) -> None:
    """What comes after the limit changes nothing; a text that just fits is not cut."""

    async def test(box: Box) -> None:
        fits = "word " * (MAX_TOKENS - 2)
        answer = await box.models.embed("", [fits, fits + "word", fits + "engine of war " * 1000, "word"])
        assert answer.truncated == (1, 2)
        assert answer.input_tokens == 3 * MAX_TOKENS + 3
        assert answer.vectors[0] == pytest.approx(answer.vectors[1], abs=ROUNDING)
        assert answer.vectors[0] == pytest.approx(answer.vectors[2], abs=ROUNDING)

    run(settings, test)


@pytest.mark.parametrize("blank", [" ", "\n\t", "\u200b", "\x00"])
def test_a_text_without_words_is_refused_by_its_place(settings: Settings, blank: str) -> None:
    """A vector of nothing would be near to something."""

    async def test(box: Box) -> None:
        with pytest.raises(InvalidRequest) as refused:
            await box.embed("A cat.", blank)
        assert refused.value.field == "texts.1"

    run(settings, test)


def test_without_weights_it_says_which_command_fetches_them(settings: Settings, tmp_path: Path) -> None:
    """Before a worker is started."""
    without = settings.model_copy(update={"weights": tmp_path})

    async def test(box: Box) -> None:
        with pytest.raises(Unavailable) as failure:
            await box.models.find(None)
        assert failure.value.remedy == f"Run: nis weights pull {WEIGHT}."
        assert box.pids == ()

    run(without, test)
