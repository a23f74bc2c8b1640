"""llama.cpp's server inside a worker process: one file of a model, several answers at once.

The engine batches the answers under way: each has a slot with its own context. It is asked in a thread, and calls back
with each piece of text; a callback that answers True makes the engine drop the request and free its slot.
"""

from __future__ import annotations

import asyncio
import importlib
import math
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.llm.held import check_answer, not_held, too_long, too_slow
from nis_backend.errors import InternalError, InvalidRequest, NisError, Unavailable, shorten

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.drivers.compute.base import Json

BATCH = 64
"""Tokens of a prompt read in one go; 256 reads no faster. A cancel is heeded between two (0.5 s on one thread)."""

QUIET = 1
"""The engine's log: errors only."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a loaded file has: tokens of context for each of its slots, and threads.

    A `steady` one answers the same, bit for bit, whatever is read beside it or was kept of its prompt: where weights
    are multiplied the same way one by one and together, as Q4_1 and Q8_0 are, and heads are of a multiple of 32.
    """

    context: int
    slots: int
    threads: int
    steady: bool = False


class Engine:
    """One model's file, loaded; `called` is what messages call it.

    Raises:
        Unavailable: it cannot be loaded.
    """

    def __init__(self, path: Path, called: str, room: Room) -> None:
        self._called = called
        self._context = room.context
        self._free = asyncio.Semaphore(room.slots)
        self._threads = ThreadPoolExecutor(room.slots, "answer")
        self._server = _load(path, called, room)

    async def answer(self, request: Json, *, schema: Json | None, held_seconds: float) -> AsyncGenerator[Json, None]:
        """The chunks of a chat completion, as the engine makes them; closing it ends the answer.

        It is held to `schema`, where there is one; once it is whole, it is looked at whether it follows it.

        Raises:
            InvalidRequest: the prompt is longer than the context.
            NotSupported: the schema says what the engine cannot hold to.
            DeadlineExceeded: it was held to a schema and not whole after so many seconds.
            InternalError: the engine failed, or has not kept to the schema.
        """
        asked = {
            **request,
            "stream": True,
            "stream_options": {"include_usage": True},
            # Calls back between two batches of the prompt too, where a cancel is then heeded.
            "return_progress": True,
        }
        if schema is not None:
            asked["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema}}
        if "seed" in request:
            # The engine has 32 bits, of which the highest number means "any".
            asked["seed"] = request["seed"] % (2**32 - 1)
        # At a word to stop at the answer may well end before its JSON does, as its caller has asked for.
        followed = None if request.get("stop") else schema
        seconds = math.inf if schema is None else held_seconds
        await self._free.acquire()
        answer = _Answer(self._called, self._context, followed, seconds=seconds)
        job = asyncio.get_running_loop().run_in_executor(self._threads, self._ask, asked, answer)
        # The slot is free when the engine's call has returned: after a cancel, with the batch of the prompt under way,
        # which of a large model may take longer than a cancel.
        job.add_done_callback(self._let_go)
        try:
            while (chunk := await answer.chunks.get()) is not None:
                yield chunk
        finally:
            answer.stopped.set()
        await asyncio.wait({job})
        job.result()
        answer.check()

    def _let_go(self, job: asyncio.Future[None]) -> None:
        self._free.release()
        if not job.cancelled():
            # Of a call that was cancelled nobody reads the failure.
            job.exception()

    def _ask(self, request: Json, answer: _Answer) -> None:
        try:
            self._server.handle_chat_completions(request, answer.take)
        except ValueError as error:
            # Of its reasons the engine gives the last one last.
            raise not_held(self._called, str(error).rpartition(": ")[2]) from None
        except RuntimeError as error:
            raise InvalidRequest(
                f"{self._called} cannot be asked this: {shorten(str(error))}.", remedy="Ask otherwise."
            ) from None
        finally:
            answer.put(None)


class _Answer:
    """One answer as it comes: taken in the engine's thread, read on the loop."""

    def __init__(self, called: str, context: int, schema: Json | None, *, seconds: float) -> None:
        self.chunks: asyncio.Queue[Json | None] = asyncio.Queue()
        self.stopped = threading.Event()
        self._called = called
        self._context = context
        self._schema = schema
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._text: list[str] = []
        self._loop = asyncio.get_running_loop()
        self._failure: NisError | None = None
        self._reason: str | None = None
        self._counted = False

    def take(self, chunk: Json) -> bool:
        """The engine's callback; True ends the request."""
        if "error" in chunk:
            self._failure = self._failed(chunk["error"])
        for choice in chunk.get("choices", ()):
            self._reason = choice.get("finish_reason") or self._reason
            if text := choice["delta"].get("content"):
                self._text.append(text)
        self._counted = self._counted or bool(chunk.get("usage"))
        if chunk.get("choices") or chunk.get("usage"):
            self.put(chunk)
        if self._failure is None and self._reason is None and time.monotonic() > self._until:
            self._failure = too_slow(self._called, self._seconds)
        return self._failure is not None or self.stopped.is_set()

    def put(self, chunk: Json | None) -> None:
        """Hand a chunk, or the end, to the loop."""
        self._loop.call_soon_threadsafe(self.chunks.put_nowait, chunk)

    def check(self) -> None:
        """See `Engine.answer`."""
        if self._failure is not None:
            raise self._failure
        if self._reason is None or not self._counted:
            raise InternalError(f"{self._called} gave an answer without an end.", remedy="Ask again.")
        if self._schema is not None and self._reason != "length":
            check_answer(self._called, "".join(self._text), self._schema)

    def _failed(self, error: Json) -> NisError:
        if error.get("type") == "exceed_context_size_error":
            return too_long(self._called, str(error["n_prompt_tokens"]), self._context)
        if "grammar" in str(error.get("message")):
            # Its own parser of grammars has bounds, and says on its log alone which one was met.
            return not_held(self._called, "its definitions go in a circle, or it is too large")
        return InternalError(f"{self._called} failed: {error.get('message', error)}", remedy="Ask again.")


def _load(path: Path, called: str, room: Room) -> Any:  # Any: xllamacpp has no types
    engine: Any = importlib.import_module("xllamacpp")  # Any: as above
    params = engine.CommonParams()
    params.model.path = str(path)
    params.n_parallel = room.slots
    params.n_ctx = room.slots * room.context
    params.n_batch = params.n_ubatch = BATCH
    if room.steady:
        # The engine has three ways to attend, which differ in the last bits: one for 64 tokens and more of a prompt,
        # one for a long answer alone, one for all else. With keys and values in two formats it takes the last alone.
        params.cache_type_k = engine.ggml_type.GGML_TYPE_Q8_0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = room.threads
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
                f"{called}, {path.name}, could not be loaded: {error}",
                remedy="See the server's log for the engine's reason; most often memory is short.",
            ) from None
