"""A ternary model, the heavy half: its packed weights in the generator, inside a worker process of its own pool."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.llm.held import too_long
from nis_backend.drivers.llm.ternary_words import Words, alternatives
from nis_backend.drivers.llm.transformers_words import Characters, Stops
from nis_backend.errors import NisError
from nis_backend.ternary.generator import Generator
from nis_backend.ternary.kernel import open_kernel
from nis_backend.ternary.sampling import Sampling, log_chance
from nis_backend.trained.manifest import check_found

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import Json, WorkerContext
    from nis_backend.ternary.cache import Cache

SLOTS = 4
"""Answers of one model at once; more wait their turn."""
KEPT = 8
"""Conversations of which what was read is kept, for their next turn."""
KEPT_BYTES = 2**29
"""Memory of them together, but for the last: a long one of the largest models that are trained here takes 400 MB."""
AT_ONCE = 64
"""Tokens of a prompt between two looks at whether anybody waits still."""
TEMPERATURE = 0.7
"""When the caller names none: a small model that always takes the likeliest word repeats itself."""


def open_worker(options: Json) -> TernaryWorker:
    """The pool's entry: finds every file right, and loads the folder."""
    check_found(options)
    folder = Path(options["folder"])
    kernel = open_kernel(options.get("kernel", "auto"), options["threads"])
    called = f"The model {options['name']}"
    generator = Generator.open(folder, kernel)
    context = min(options["context"], generator.context)
    return TernaryWorker(generator, Words(folder, called, context), called, context)


class TernaryWorker:
    """Answers the payload of `TernaryOwn.generate` with chunks of OpenAI's chat completions."""

    def __init__(self, generator: Generator, words: Words, called: str, context: int) -> None:
        self._generator = generator
        self._words = words
        self._called = called
        self._context = context
        self._threads = ThreadPoolExecutor(SLOTS, "answer")
        self._caches: deque[Cache] = deque(maxlen=KEPT)
        self._lending = threading.Lock()

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:  # noqa: ARG002 - the contract's
        """See `Handler.handle`."""
        request: Json = json.loads(payload["body"])
        tokens = self._words.conversation(request["messages"])
        if payload.get("count"):
            yield {"input_tokens": len(tokens)}
            return
        if len(tokens) >= self._context:
            raise too_long(self._called, str(len(tokens)), self._context)
        loop = asyncio.get_running_loop()
        if payload.get("surprise") is not None:
            yield {"bits": await self._told_bits(tokens, str(payload["surprise"]))}
            return
        chunks: asyncio.Queue[Json | NisError | None] = asyncio.Queue()
        left = threading.Event()

        def put(chunk: Json | NisError | None) -> None:
            loop.call_soon_threadsafe(chunks.put_nowait, chunk)

        job = self._threads.submit(self._answer, request, tokens, put, left)
        try:
            while (chunk := await chunks.get()) is not None:
                if isinstance(chunk, NisError):
                    raise chunk
                yield chunk
        finally:
            await _ended(job, left)
        job.result()

    async def _told_bits(self, tokens: list[int], text: str) -> float:
        left = threading.Event()
        job = self._threads.submit(self._bits, tokens, text, left)
        try:
            return await asyncio.wrap_future(job)
        finally:
            await _ended(job, left)

    def _bits(self, tokens: list[int], text: str, left: threading.Event) -> float:
        """How unlikely a text is after these tokens: read one by one, as if it were being written."""
        wanted = self._words.tokens(text)
        if len(tokens) + len(wanted) > self._context:
            raise too_long(self._called, str(len(tokens) + len(wanted)), self._context)
        cache, nats, last = self._generator.open_cache(), 0.0, tokens[-1]
        self._read(tokens[:-1], cache, left)
        for token in wanted:
            if left.is_set():  # nobody is told what it has come to
                break
            nats -= log_chance(self._generator.step([(last, cache)])[0], token)
            last = token
        return nats / math.log(2)

    def _answer(
        self,
        request: Json,
        tokens: list[int],
        put: Callable[[Json | NisError | None], None],
        left: threading.Event,
    ) -> None:
        try:
            for chunk in self._chunks(request, tokens, left):
                put(chunk)
        except NisError as error:
            put(error)
        finally:
            put(None)

    def _chunks(self, request: Json, tokens: list[int], left: threading.Event) -> Iterator[Json]:
        # Answers have the same bits whether what comes before was kept or is read anew.
        cache = self._borrowed(tokens)
        cache.keep(min(cache.common(tokens), len(tokens) - 1))
        self._read(tokens[:-1], cache, left)
        if left.is_set():
            return
        seen = _Seen(request.get("top_logprobs") or 0, _penalties(request))
        sampling = self._sampling(request, len(tokens), seen)
        characters, stops = Characters(self._words.decode), Stops(_stops(request))
        reason, made = "length", 0
        for token, logprob in self._generator.generate(tokens, sampling, cache):
            if left.is_set():
                return
            made += 1
            if token in self._generator.ends:
                reason = "stop"
                break
            text = "" if token in self._words.marks else stops.put(characters.put(token))
            told = self._told(token, logprob, seen) if request.get("logprobs") else None
            if text or told is not None:
                yield _chunk({"content": text} if text else {}, told)
            if stops.met:
                reason = "stop"
                break
        if not stops.met and (text := stops.put(characters.rest()) + stops.rest()):
            yield _chunk({"content": text}, None)
        self._give_back(cache)
        usage = {"prompt_tokens": len(tokens), "completion_tokens": made, "total_tokens": len(tokens) + made}
        yield {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}

    def _read(self, tokens: Sequence[int], cache: Cache, left: threading.Event) -> None:
        """Read what the cache has not yet of these, for as long as anybody waits."""
        while cache.length < len(tokens) and not left.is_set():
            self._generator.read(tokens[cache.length : cache.length + AT_ONCE], cache)

    def _sampling(self, request: Json, given: int, seen: _Seen) -> Sampling:
        temperature = request.get("temperature")
        room = self._context - given
        return Sampling(
            max_tokens=max(1, min(request.get("max_tokens") or room, room)),
            temperature=TEMPERATURE if temperature is None else float(temperature),
            top_p=float(request.get("top_p") or 1.0),
            seed=request.get("seed"),
            stop=frozenset(self._generator.ends),
            adjust=seen,
        )

    def _told(self, token: int, logprob: float, seen: _Seen) -> Json:
        likeliest = [{**self._words.spelled(one), "logprob": value} for one, value in seen.likeliest]
        return {"content": [{**self._words.spelled(token), "logprob": logprob, "top_logprobs": likeliest}]}

    def _borrowed(self, tokens: Sequence[int]) -> Cache:
        """What was read of the conversation that begins most like this one, else an empty cache.

        One of which more would be lost than is saved belongs to another conversation, that is to go on from it.
        """
        with self._lending:
            best = max(self._caches, key=lambda cache: cache.common(tokens), default=None)
            if best is None or 2 * best.common(tokens) < best.length:
                return self._generator.open_cache()
            self._caches.remove(best)
            return best

    def _give_back(self, cache: Cache) -> None:
        with self._lending:
            self._caches.append(cache)
            while len(self._caches) > 1 and sum(one.nbytes for one in self._caches) > KEPT_BYTES:
                self._caches.popleft()


async def _ended(job: Future[Any], left: threading.Event) -> None:
    """Wait until a job has ended, whether or not it was over; one that waits its turn never begins."""
    left.set()
    if not job.cancel():
        # A thread cannot be stopped: it looks between two tokens whether it is to go on.
        ended = asyncio.wrap_future(job)
        await asyncio.wait({ended})
        ended.exception()  # is the job's own to tell


class _Seen:
    """Looks at what the model gives each token, before one is chosen: for alternatives, and for penalties."""

    def __init__(self, alternatives: int, penalties: tuple[float, float]) -> None:
        self.likeliest: list[tuple[int, float]] = []
        self._alternatives = alternatives
        self._frequency, self._presence = penalties

    def __call__(self, generated: Sequence[int], logits: NDArray[Any]) -> NDArray[Any]:
        """See `Sampling.adjust`."""
        if self._alternatives:
            self.likeliest = alternatives(logits, self._alternatives)
        if not generated or not (self._frequency or self._presence):
            return logits
        changed = logits.copy()
        for token in set(generated):
            changed[token] -= self._frequency * generated.count(token) + self._presence
        return changed


def _penalties(request: Json) -> tuple[float, float]:
    return float(request.get("frequency_penalty") or 0), float(request.get("presence_penalty") or 0)


def _stops(request: Json) -> list[str]:
    given: str | list[str] = request.get("stop") or []
    return [given] if isinstance(given, str) else given


def _chunk(delta: Json, logprobs: Json | None) -> Json:
    choice: Json = {"index": 0, "delta": delta, "finish_reason": None}
    return {"choices": [choice if logprobs is None else {**choice, "logprobs": logprobs}]}
