"""The embedding model in the box, asked for real in its worker process."""

from __future__ import annotations

import asyncio
import importlib
import math
import os
import signal
import struct
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from hearing import Hearing

from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.embeddings.minilm import DIMENSIONS, MAX_TOKENS, WEIGHT, MiniLM
from nis_backend.drivers.embeddings.pools import minilm_pool as pool
from nis_backend.drivers.embeddings.tokens_worker import TokensWorker
from nis_backend.errors import InvalidRequest, TooLarge, Unavailable
from nis_backend.settings import Settings, read_settings
from nis_backend.weights.files import Weights

T = TypeVar("T")
LIMIT = 120.0
"""Seconds for one test on a machine whose cores are wanted by others too."""
UNKNOWN = "[UNK]"
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


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it, as long as the test may take."""
    while not holds():  # noqa: ASYNC110 - a pool's status is no event
        await asyncio.sleep(0.01)


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


def test_calls_at_once_get_the_vectors_that_each_gets_alone(settings: Settings) -> None:
    """32 callers with a text each are read together, whoever comes beside whom: a cosine of 0.9999 or more."""
    texts = [f"Number {n} of the notes says: {' '.join(['the boat is at sea'] * (n % 5))}." for n in range(32)]

    async def test(box: Box) -> None:
        alone = [await box.embed(text) for text in texts]
        together = await asyncio.gather(*(box.embed(text) for text in texts))
        for [one], [other] in zip(alone, together, strict=True):
            assert dot(one, other) >= 0.9999
            assert one == pytest.approx(other, abs=ROUNDING)

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


def plainly(settings: Settings, texts: Sequence[str]) -> list[list[float]]:
    """The vectors by the shortest path there is: each text alone, without padding, graph or threads of ours."""
    tokenizers: Any = importlib.import_module("tokenizers")  # Any: neither library has types
    engine: Any = importlib.import_module("onnxruntime")
    numpy: Any = importlib.import_module("numpy")
    folder = Path(str(importlib.import_module("nis_backend.drivers.embeddings").__file__)).parent
    words = (folder / "bert_uncased_vocab.txt").read_text("utf-8").splitlines()
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    plain = engine.SessionOptions()
    plain.graph_optimization_level = engine.GraphOptimizationLevel.ORT_DISABLE_ALL
    weights = Weights.of(settings)
    session = engine.InferenceSession(str(weights.path(weights.find(WEIGHT))), plain)
    found: list[list[float]] = []
    for text in texts:
        ids = [vocabulary["[CLS]"], *tokenizer.encode(text).ids[: MAX_TOKENS - 2], vocabulary["[SEP]"]]
        row = numpy.array([ids], numpy.int64)
        given = {"input_ids": row, "attention_mask": row * 0 + 1, "token_type_ids": row * 0}
        mean = session.run(None, given)[0][0].mean(axis=0)
        found.append((mean / numpy.linalg.norm(mean)).tolist())
    return found


def test_it_agrees_with_the_plainest_way_to_ask_the_model(settings: Settings) -> None:
    """Each number, for texts of every length and script."""
    texts = [
        "A cat sleeps on the sofa.",
        "Don't panic: 42.5 % of it (roughly) is\n\tfine!",
        "Füße, naïve café, Ångström; Грибы и лес; 日本語の文; العربية; 🎉🧪",
        "supercalifragilisticexpialidocious " * 3,
        "a" * 5000,
        "The engine of the boat stopped at sea. " * 60,
    ]

    async def test(box: Box) -> None:
        wanted = plainly(settings, texts)
        for one, other in zip(await box.embed(*texts), wanted, strict=True):
            assert one == pytest.approx(other, abs=ROUNDING)

    run(settings, test)


def test_when_the_worker_dies_a_new_one_answers_those_under_way(settings: Settings) -> None:
    """Promise: texts outlive one death of the process that embeds them."""

    async def test(box: Box) -> None:
        await box.embed("A cat.")
        (before,) = box.pids
        calls = [asyncio.create_task(box.embed(*["word " * 200] * 12)) for _ in range(2)]
        await until(lambda: box.compute.status()[0].busy == 2)
        os.kill(before, signal.SIGKILL)
        assert [len(one) for one in await asyncio.gather(*calls)] == [12, 12]
        assert box.pids != (before,)

    run(settings, test)


def test_a_cancelled_call_makes_room_and_costs_nobody_the_process(settings: Settings) -> None:
    """What it had waiting is not computed: a minute of work is gone in less than a second."""

    async def test(box: Box) -> None:
        clock = asyncio.get_running_loop().time
        await box.embed("A cat.")
        before = box.pids
        began = clock()
        await box.embed(*["word " * 200] * 16)
        some = clock() - began
        long = asyncio.create_task(box.embed(*["word " * 200] * 2000))
        await until(lambda: box.compute.status()[0].busy == 1)
        await box.embed("A dog.")
        long.cancel()
        began = clock()
        await box.embed(*["word " * 200] * 16)
        await until(lambda: not box.compute.status()[0].busy)
        # 125 times as many were under way.
        assert clock() - began < 20 * some
        assert box.pids == before

    run(settings, test)


def test_a_short_call_overtakes_a_long_one(settings: Settings) -> None:
    """The long one is still under way when the short one has its answer."""

    async def test(box: Box) -> None:
        ended: list[int] = []

        async def embed(*texts: str) -> None:
            ended.append(len(await box.embed(*texts)))

        long = asyncio.create_task(embed(*["word " * 200] * 100))
        await until(lambda: box.compute.status()[0].busy == 1)
        await embed("A cat.")
        await long
        assert ended == [1, 100]

    run(settings, test)


class Held:
    """A model whose first vectors, and second reading, wait to be let go."""

    most, marks = 256, 2

    def __init__(self) -> None:
        self.read_calls = self.embed_calls = 0
        self.may_read, self.may_embed = threading.Event(), threading.Event()

    def read(self, texts: list[str], prompt: str) -> tuple[list[list[int]], list[int]]:
        """A token a letter."""
        assert not prompt
        self.read_calls += 1
        assert self.read_calls == 1 or self.may_read.wait(LIMIT)
        return [[1] * len(text) for text in texts], [len(text) for text in texts]

    def embed(self, texts: Sequence[Sequence[int]]) -> list[list[float]]:
        """The length."""
        self.embed_calls += 1
        assert self.may_embed.wait(LIMIT)
        return [[float(len(text))] for text in texts]


def test_a_call_that_comes_as_the_last_batch_ends_is_read() -> None:
    """Not left to a task that has just found nothing more to do."""

    async def one(worker: TokensWorker, text: str) -> list[bytes]:
        return [item["vectors"] async for item in worker.handle({"texts": [text]}, Hearing())]

    async def go() -> None:
        model = Held()
        worker = TokensWorker(cast("Any", model), 1)
        async with asyncio.timeout(LIMIT):
            first = asyncio.create_task(one(worker, "aaa"))
            await until(lambda: model.embed_calls == 1)
            second = asyncio.create_task(one(worker, "aaaa"))
            await until(lambda: model.read_calls == 2)
            # Both end while the loop looks away, so that it learns of both at once: first the batch, then the reading.
            model.may_embed.set()
            worker._computing.submit(int).result(LIMIT)  # pyright: ignore[reportPrivateUsage] - its end is no event
            model.may_read.set()
            worker._reading.submit(int).result(LIMIT)  # pyright: ignore[reportPrivateUsage] - as above
            assert await asyncio.gather(first, second) == [[struct.pack("d", 3)], [struct.pack("d", 4)]]

    asyncio.run(go())


def test_more_than_a_frame_holds_is_refused(settings: Settings) -> None:
    """By its size, before the worker has read it."""

    async def test(box: Box) -> None:
        with pytest.raises(TooLarge):
            await box.embed(*["word" * 8000] * 600)

    run(settings, test)


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
def test_without_a_package_it_says_which_extra_has_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """A core install has neither."""
    monkeypatch.setitem(sys.modules, package, None)

    async def test(box: Box) -> None:
        with pytest.raises(Unavailable) as failure:
            await box.models.find(None)
        assert package in failure.value.message
        assert failure.value.remedy == "Run: pip install 'nis-backend[embeddings]'."

    run(settings, test)


def test_another_file_is_refused_by_name_before_it_is_loaded(settings: Settings, tmp_path: Path) -> None:
    """With the hash it has and the hash wanted."""
    weight = Weights.of(settings).find(WEIGHT)
    (tmp_path / weight.file).write_bytes(b"something else")

    async def test(box: Box) -> None:
        with pytest.raises(Unavailable, match=weight.sha256):
            await box.embed("A cat.")
        assert box.pids == ()

    run(settings.model_copy(update={"weights": tmp_path}), test)


def test_an_unused_worker_ends(settings: Settings) -> None:
    """Its memory goes back to the machine; the next call starts another."""

    async def test(box: Box) -> None:
        await box.embed("A cat.")
        await until(lambda: not box.pids)
        assert len(await box.embed("A cat.")) == 1

    run(settings.model_copy(update={"idle_seconds": 0.1}), test)


def test_the_vocabulary_is_the_models() -> None:
    """Word for word the one that BERT was published with, whose hash is public."""
    hashlib = importlib.import_module("hashlib")
    folder = Path(str(importlib.import_module("nis_backend.drivers.embeddings").__file__)).parent
    got = hashlib.sha256((folder / "bert_uncased_vocab.txt").read_bytes()).hexdigest()
    assert got == "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
