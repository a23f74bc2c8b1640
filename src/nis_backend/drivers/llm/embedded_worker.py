"""The model in the box, the heavy half: llama.cpp's server inside a worker process of the pool `llm`.

The engine batches the answers under way: each has a slot with its own context. It is asked in a thread, and calls back
with each piece of text; a callback that answers True makes the engine drop the request and free its slot.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import math
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.cores import allowed_threads
from nis_backend.drivers.llm.embedded_wire import too_long
from nis_backend.errors import DeadlineExceeded, InternalError, NisError, NotSupported, Unavailable, shorten
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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
        path,
        context=options["context"],
        slots=options["slots"],
        threads=allowed_threads(options["threads"]),
        held_seconds=options["held_seconds"],
    )


class EmbeddedWorker:
    """Answers the payload of `EmbeddedModels.generate` with `{"text"}` items, then one with reason and counts."""

    def __init__(self, path: Path, *, context: int, slots: int, threads: int, held_seconds: float) -> None:
        self._context = context
        self._held_seconds = held_seconds
        self._free = asyncio.Semaphore(slots)
        self._threads = ThreadPoolExecutor(slots, "answer")
        self._server = _load(path, context=context, slots=slots, threads=threads)

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:  # noqa: ARG002 - the contract's
        """See `Handler.handle`."""
        temperature, schema = payload["temperature"], payload["schema"]
        request = {
            **payload["options"],
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
        if schema is not None:
            request["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema}}
        async with self._free:
            # At a word to stop at the answer may well end before its JSON does, as its caller has asked for.
            answer = _Answer(
                self._context,
                None if "stop" in payload["options"] else schema,
                seconds=math.inf if schema is None else self._held_seconds,
            )
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
        except ValueError as error:
            # Of its reasons the engine gives the last one last.
            raise _not_held(str(error).rpartition(": ")[2]) from None
        finally:
            answer.put(None)


class _Answer:
    """One answer as it comes: taken in the engine's thread, read on the loop."""

    def __init__(self, context: int, schema: Json | None, *, seconds: float) -> None:
        self.items: asyncio.Queue[Json | None] = asyncio.Queue()
        self.stopped = threading.Event()
        self._context = context
        self._schema = schema
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._text: list[str] = []
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
                self._text.append(text)
                self.put({"text": text})
        self._usage = chunk.get("usage") or self._usage
        if self._failure is None and self._reason is None and time.monotonic() > self._until:
            self._failure = _too_slow(self._seconds)
        return self._failure is not None or self.stopped.is_set()

    def put(self, item: Json | None) -> None:
        """Hand an item, or the end, to the loop."""
        self._loop.call_soon_threadsafe(self.items.put_nowait, item)

    def end(self) -> Json:
        """The last item.

        Raises:
            InvalidRequest: the prompt is longer than the context.
            NotSupported: the schema says what the engine cannot hold to.
            DeadlineExceeded: held to its schema, it took longer than it may.
            InternalError: the engine failed, or has not kept to the schema.
        """
        if self._failure is not None:
            raise self._failure
        if self._reason is None or self._usage is None:
            raise InternalError("The embedded model's answer has no end.", remedy="Ask again.")
        if self._schema is not None and self._reason != "length":
            _check_answer("".join(self._text), self._schema)
        return {
            "finish_reason": "length" if self._reason == "length" else "stop",
            "input_tokens": self._usage["prompt_tokens"],
            "output_tokens": self._usage["completion_tokens"],
        }


def _check_answer(text: str, schema: Json) -> None:
    """That the answer is what the schema says; its patterns the grammar has kept, and they may take long to match.

    Raises:
        NotSupported: it is of several branches of a `oneOf` at once, which the grammar reads as `anyOf`.
        InternalError: the grammar has let through what it should not.
    """
    library: Any = importlib.import_module("jsonschema")  # Any: it has no types; loads with the first schema
    validator = library.validators.extend(library.Draft202012Validator, {"pattern": _kept})
    try:
        wrong: Any = next(validator(schema).iter_errors(json.loads(text)), None)
    except ValueError as error:
        raise InternalError(f"The embedded model's answer is no JSON: {error}.", remedy="Ask again.") from None
    if wrong is not None and _is_of_several(wrong):
        raise _not_held(f"what it wrote at {wrong.json_path} is of more than one branch of a oneOf")
    if wrong is not None:
        raise InternalError(
            f"The embedded model's answer does not follow the schema at {wrong.json_path}: {shorten(wrong.message)}.",
            remedy="Ask again, or give a plainer schema.",
        )


def _is_of_several(wrong: Any) -> bool:  # Any: jsonschema's ValidationError
    """Whether two branches of a `oneOf` hold, here or in a branch of another; where none did, each would say why."""
    several = wrong.validator == "oneOf" and not wrong.context
    return several or any(_is_of_several(one) for one in wrong.context)


def _kept(*_: object) -> tuple[()]:
    return ()


def _not_held(reason: str) -> NotSupported:
    return NotSupported(
        f"The embedded model cannot be held to this schema: {reason}.",
        field="answer_schema",
        remedy="Give a plainer schema (anyOf for a oneOf), or use another provider's model.",
    )


def _too_slow(seconds: float) -> DeadlineExceeded:
    return DeadlineExceeded(
        f"The embedded model's answer, held to a schema, was not whole after {seconds:g} s.",
        field="answer_schema",
        remedy="Give a plainer schema, without one that refers to itself, or ask for fewer tokens.",
    )


def _failure(error: Json, context: int) -> NisError:
    if error.get("type") == "exceed_context_size_error":
        return too_long(str(error["n_prompt_tokens"]), context)
    if "grammar" in str(error.get("message")):
        # Its own parser of grammars has bounds, and says on its log alone which one was met.
        return _not_held("its definitions go in a circle, or it is too large")
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
