"""The model in the box, the heavy half: llama.cpp's server inside a worker process of the pool `llm`.

The engine batches the answers under way: each has a slot with its own context. It is asked in a thread, and calls back
with each piece of text; a callback that answers True makes the engine drop the request and free its slot.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.llm.embedded import too_long
from nis_backend.errors import InternalError, NisError, Unavailable
from nis_backend.weights import Weights

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from nis_backend.drivers.compute.base import Json, WorkerContext

BATCH = 64
"""Tokens of a prompt read in one go; 256 reads no faster. A cancel is heeded between two (0.5 s on one thread)."""

TEMPERATURE = 0.0
"""When the caller names none. Of 8 plain questions it answers 8 rightly, at 0.1 21 of 24, at 0.2 18 of 24."""

QUIET = 1
"""The engine's log: errors only."""


def open_worker(options: Json) -> EmbeddedWorker:
    """The pool's entry: checks the weight and loads it."""
    path = Weights(Path(options["weights"])).require(options["weight"])
    return EmbeddedWorker(
        path, context=options["context"], slots=options["slots"], threads=allowed_threads(options["threads"])
    )


class EmbeddedWorker:
    """Answers `{"messages", "max_tokens", "temperature"}` with `{"text"}` items, then one with reason and counts."""

    def __init__(self, path: Path, *, context: int, slots: int, threads: int) -> None:
        self._context = context
        self._free = asyncio.Semaphore(slots)
        self._threads = ThreadPoolExecutor(slots, "answer")
        self._server = _load(path, context=context, slots=slots, threads=threads)

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:  # noqa: ARG002 - the contract's
        """See `Handler.handle`."""
        temperature = payload["temperature"]
        request = {
            "messages": payload["messages"],
            "max_tokens": payload["max_tokens"],
            "temperature": TEMPERATURE if temperature is None else temperature,
            # A small model that always takes the likeliest word falls into repeating itself; with this the less, the
            # longer the repeated words are. The 8 questions are answered as rightly.
            "dry_multiplier": 0.8,
            # A kept prefix is not always read to the last bit as it was before: who asks for 0 wants the same again.
            "cache_prompt": temperature != 0,
            "stream": True,
            "stream_options": {"include_usage": True},
            # Calls back between two batches of the prompt too, where a cancel is then heeded.
            "return_progress": True,
        }
        async with self._free:
            answer = _Answer(self._context)
            job = asyncio.get_running_loop().run_in_executor(self._threads, self._ask, request, answer)
            try:
                while (item := await answer.items.get()) is not None:
                    yield item
            finally:
                answer.stopped.set()
                # The slot is free when the engine's call has returned.
                await asyncio.wait({job})
            job.result()
            yield answer.end()

    def _ask(self, request: Json, answer: _Answer) -> None:
        try:
            self._server.handle_chat_completions(request, answer.take)
        finally:
            answer.put(None)


class _Answer:
    """One answer as it comes: taken in the engine's thread, read on the loop."""

    def __init__(self, context: int) -> None:
        self.items: asyncio.Queue[Json | None] = asyncio.Queue()
        self.stopped = threading.Event()
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._failure: NisError | None = None
        self._reason: str | None = None
        self._usage: Json | None = None

    def take(self, chunk: Json) -> bool:
        """The engine's callback; True ends the request."""
        if "error" in chunk:
            self._failure = _failure(chunk["error"], self._context)
        for choice in chunk.get("choices", ()):
            self._reason = choice.get("finish_reason") or self._reason
            if text := choice["delta"].get("content"):
                self.put({"text": text})
        self._usage = chunk.get("usage") or self._usage
        return self.stopped.is_set()

    def put(self, item: Json | None) -> None:
        """Hand an item, or the end, to the loop."""
        self._loop.call_soon_threadsafe(self.items.put_nowait, item)

    def end(self) -> Json:
        """The last item.

        Raises:
            InvalidRequest: the prompt is longer than the context.
            InternalError: the engine failed.
        """
        if self._failure is not None:
            raise self._failure
        if self._reason is None or self._usage is None:
            raise InternalError("The embedded model's answer has no end.", remedy="Ask again.")
        return {
            "finish_reason": "length" if self._reason == "length" else "stop",
            "input_tokens": self._usage["prompt_tokens"],
            "output_tokens": self._usage["completion_tokens"],
        }


def _failure(error: Json, context: int) -> NisError:
    if error.get("type") == "exceed_context_size_error":
        return too_long(str(error["n_prompt_tokens"]), context)
    return InternalError(f"The embedded model failed: {error.get('message', error)}", remedy="Ask again.")


def _load(path: Path, *, context: int, slots: int, threads: int) -> Any:  # Any: xllamacpp has no types
    engine: Any = importlib.import_module("xllamacpp")  # Any: as above
    params = engine.CommonParams()
    params.model.path = str(path)
    params.n_parallel = slots
    params.n_ctx = slots * context
    params.n_batch = params.n_ubatch = BATCH
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.warmup = False
    params.cache_ram_mib = 0  # else it keeps up to 8 GB of earlier prompts
    params.verbosity = QUIET
    params.ui = params.endpoint_slots = False
    params.n_threads_http = 1
    with tempfile.TemporaryDirectory(prefix="nis-") as folder:
        # The engine always listens, without a key, to pages of any origin: on a socket that is gone after this block.
        params.hostnames = [str(Path(folder) / "http.sock")]
        try:
            return engine.Server(params)
        except RuntimeError as error:
            raise Unavailable(
                f"The embedded model {path.name} could not be loaded: {error}",
                remedy="See the server's log for the engine's reason; most often memory is short.",
            ) from None


def allowed_threads(wanted: int | None, root: Path = Path("/")) -> int:
    """As many threads as are wanted, and never more than this process may use: its cores, or its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    allowed = max(1, min([cores, *(int(quota) for quota in _quotas(root))]))
    return min(wanted or allowed, allowed)


def _quotas(root: Path) -> list[float]:
    """The CPU quotas of this process's control group and of those above it, in cores; version 2, then version 1."""
    try:
        lines = (root / "proc/self/cgroup").read_text("ascii").splitlines()
    except OSError:
        return []
    quotas: list[float] = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            read, top = _quota_of_2, root / "sys/fs/cgroup"
        elif "cpu" in controllers.split(","):
            read, top = _quota_of_1, root / "sys/fs/cgroup/cpu"
        else:
            continue
        # Inside a container the group's path may be the host's, where nothing is: the top is looked at in any case.
        folder = top / group.lstrip("/")
        quotas += _read_up(read, folder, top)
    return quotas


def _read_up(read: Callable[[Path], float | None], folder: Path, top: Path) -> list[float]:
    found = [read(one) for one in (folder, *folder.parents) if one.is_relative_to(top)]
    return [quota for quota in found if quota is not None]


def _quota_of_2(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else int(quota) / int(period)


def _quota_of_1(folder: Path) -> float | None:
    try:
        quota = int((folder / "cpu.cfs_quota_us").read_text("ascii"))
        period = int((folder / "cpu.cfs_period_us").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if quota < 0 else quota / period
