"""A worker process of a model that reads texts as tokens: they become tokens in one thread and vectors in others.

So one call is read while another is computed, and texts of several calls are computed together.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nis_backend.drivers.embeddings.batches import Batches, Job
from nis_backend.drivers.embeddings.refusal import no_numbers, nothing_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import Json, WorkerContext

READ_AT_ONCE = 64
"""Texts tokenised between two looks at whether the call is cancelled."""

MOST_AT_ONCE = 4
"""Batches computed at once, each on its share of the threads: threads that do not wait for each other at each of the
model's 300 steps do a sixth more, and each batch takes 20 MB."""

DECIMALS = 7
"""Digits kept of a number: a float32 of this size has hardly more, and JSON is half as long."""

HALF = 0.5
"""Of length 1: a vector that is shorter is no direction but what is left of zeros, or not numbers at all."""


class TokenModel(Protocol):
    """A model that reads texts as tokens, in batches of nearly one length."""

    most: int
    """Tokens of a text that it reads, its marks included."""
    marks: int
    """Tokens of a text without words: its beginning and its end."""

    def read(self, texts: list[str], prompt: str = "") -> tuple[list[list[int]], list[int]]:
        """Each text's tokens behind a prompt, cut where it stops reading; and how many each had before the cut."""
        ...

    def embed(self, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """The vectors `(texts, dimensions)` of texts as tokens, each of length 1."""
        ...


def padded(texts: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tokens `(texts, longest)` with zeros behind the shorter ones, and the mask of what is no padding."""
    longest = max(map(len, texts))
    tokens, mask = np.zeros((len(texts), longest), np.int64), np.zeros((len(texts), longest), np.int64)
    for row, ids in enumerate(texts):
        tokens[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1
    return tokens, mask


class TokensWorker:
    """Answers `{"texts", "prompt"}` with one item: vectors as float64 in rows, tokens read, which texts were cut."""

    def __init__(self, model: TokenModel, at_once: int) -> None:
        self._model = model
        self._at_once = at_once
        self._reading = ThreadPoolExecutor(1, "read")
        self._computing = ThreadPoolExecutor(at_once, "compute")
        self._batches = Batches()
        self._done: dict[Job, asyncio.Future[None]] = {}
        self._running: list[asyncio.Task[None]] = []

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        """See `Handler.handle`."""
        loop = asyncio.get_running_loop()
        tokens, lengths = await loop.run_in_executor(self._reading, self._read, payload, ctx)
        job = Job(tokens)
        self._done[job] = loop.create_future()
        self._batches.add(job)
        # One that has found nothing more to read has ended by now: none goes on without looking at this job.
        self._running = [running for running in self._running if not running.done()]
        while len(self._running) < self._at_once:
            self._running.append(asyncio.create_task(self._run()))
        try:
            await self._done[job]
        finally:
            self._batches.remove(job)
            del self._done[job]
        vectors = np.array(job.vectors, np.float64)
        for index in np.flatnonzero(~(np.linalg.norm(vectors, axis=1) > HALF)):
            raise no_numbers(int(index))
        yield {
            "vectors": np.round(vectors, DECIMALS).tobytes(),
            "input_tokens": sum(map(len, tokens)),
            "truncated": [index for index, length in enumerate(lengths) if length > self._model.most],
        }

    def _read(self, payload: Json, ctx: WorkerContext) -> tuple[list[list[int]], list[int]]:
        texts: list[str] = payload["texts"]
        tokens: list[list[int]] = []
        lengths: list[int] = []
        for start in range(0, len(texts), READ_AT_ONCE):
            if ctx.cancelled():
                break
            some, long = self._model.read(texts[start : start + READ_AT_ONCE], payload.get("prompt", ""))
            tokens += some
            lengths += long
        for index, length in enumerate(lengths):
            if length <= self._model.marks:
                raise nothing_in(index, texts[index])
        return tokens, lengths

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while batch := self._batches.next():
            texts = [job.texts[index] for job, index in batch]
            try:
                vectors = await loop.run_in_executor(self._computing, self._model.embed, texts)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer of the calls it was computed for
                for job in {job for job, _ in batch}:
                    self._batches.remove(job)
                    self._finish(job, error)
                continue
            for (job, index), vector in zip(batch, vectors, strict=True):
                job.vectors[index] = vector
                job.left -= 1
                if job.left == 0:
                    self._finish(job, None)

    def _finish(self, job: Job, error: Exception | None) -> None:
        done = self._done.get(job)
        if done is None or done.done():
            return  # its caller has left
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
