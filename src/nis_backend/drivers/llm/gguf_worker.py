"""A model from a GGUF file, the heavy half: its file in the engine, inside a worker process of its own pool."""

from __future__ import annotations

import json
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.cores import allowed_threads
from nis_backend.drivers.llm.gguf_file import head_of
from nis_backend.drivers.llm.llama import Engine, Room
from nis_backend.trained.manifest import check_found

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nis_backend.drivers.compute.base import Json, WorkerContext


def open_worker(options: Json) -> GgufWorker:
    """The pool's entry: loads the file."""
    check_found(options)
    path = Path(options["path"])
    context = min(head_of(path).context or options["usual"], options["context"])
    threads = allowed_threads(options["threads"])
    room = Room(context=context, slots=options["slots"], threads=threads)
    return GgufWorker(Engine(path, f"The model {options['name']}", room))


class GgufWorker:
    """Answers the payload of `GgufModels.generate` with the engine's chunks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:  # noqa: ARG002 - the contract's
        """See `Handler.handle`."""
        request: Json = json.loads(payload["body"])
        effort = payload["reasoning"]
        if effort is not None:
            # Templates name it either way; one that knows neither leaves it.
            request["chat_template_kwargs"] = {"enable_thinking": effort != "none", "reasoning_effort": effort}
        # A kept prefix is not always read to the last bit as it was before: who asks for 0 wants the same again.
        request["cache_prompt"] = request.get("temperature") != 0
        answer = self._engine.answer(request, schema=payload["schema"], held_seconds=payload["held_seconds"])
        async with aclosing(answer) as chunks:
            async for chunk in chunks:
                yield {name: chunk[name] for name in ("choices", "usage") if name in chunk}
