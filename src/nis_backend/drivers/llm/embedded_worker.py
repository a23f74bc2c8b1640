"""The model in the box, the heavy half: its file in the engine, inside a worker process of the pool `llm`."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.cores import allowed_threads
from nis_backend.drivers.llm.embedded_wire import CALLED
from nis_backend.drivers.llm.llama import Engine, Room
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nis_backend.drivers.compute.base import Json, WorkerContext

TEMPERATURE = 0.0
"""When the caller names none. Of 8 plain questions it answers 8 rightly, at 0.1 21 of 24, at 0.2 18 of 24."""


def open_worker(options: Json) -> EmbeddedWorker:
    """The pool's entry: checks the weight and loads it."""
    path = Weights(Path(options["weights"])).require(options["weight"])
    threads = allowed_threads(options["threads"])
    room = Room(context=options["context"], slots=options["slots"], threads=threads, steady=True)
    return EmbeddedWorker(Engine(path, CALLED, room), held_seconds=options["held_seconds"])


class EmbeddedWorker:
    """Answers the payload of `EmbeddedModels.generate` with `{"text"}` items, then one with reason and counts."""

    def __init__(self, engine: Engine, *, held_seconds: float) -> None:
        self._engine = engine
        self._held_seconds = held_seconds

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:  # noqa: ARG002 - the contract's
        """See `Handler.handle`."""
        temperature = payload["temperature"]
        request = {
            **payload["options"],
            "messages": payload["messages"],
            "max_tokens": payload["max_tokens"],
            "temperature": TEMPERATURE if temperature is None else temperature,
            # A small model that always takes the likeliest word falls into repeating itself; with this the less, the
            # longer the repeated words are. The 8 questions are answered as rightly.
            "dry_multiplier": 0.8,
        }
        reason, usage = "stop", {"prompt_tokens": None, "completion_tokens": None}
        answer = self._engine.answer(request, schema=payload["schema"], held_seconds=self._held_seconds)
        async with aclosing(answer) as chunks:
            async for chunk in chunks:
                usage = chunk.get("usage") or usage
                for choice in chunk["choices"]:
                    reason = choice.get("finish_reason") or reason
                    if text := choice["delta"].get("content"):
                        yield {"text": text}
        yield {
            "finish_reason": "length" if reason == "length" else "stop",
            "input_tokens": usage["prompt_tokens"],
            "output_tokens": usage["completion_tokens"],
        }
