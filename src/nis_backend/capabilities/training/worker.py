"""The worker of the pool `training`: finds the recipe and has it train in a thread, whose words go to the server."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import checkpoints
from nis_backend.capabilities.training.bases import made_once
from nis_backend.capabilities.training.job import Job, Outcome
from nis_backend.capabilities.training.packing.finishing import Facts, finish_model, licence_of
from nis_backend.capabilities.training.recipe import recipe_of
from nis_backend.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from nis_backend.drivers.compute.base import Json, WorkerContext


def open_worker(options: Json) -> Training:
    """The pool's entry."""
    return Training(int(options["threads"]))


class Training:
    """Answers a training by what it says on the way, and at last by `{"kind": "done", "outcome": …}`."""

    def __init__(self, threads: int) -> None:
        self._threads = threads

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        """See `Handler.handle`; a cancel ends the process: the last checkpoint is whole."""
        del ctx
        loop = asyncio.get_running_loop()
        said: asyncio.Queue[Json] = asyncio.Queue()

        def hear(item: Json) -> None:
            loop.call_soon_threadsafe(said.put_nowait, item)

        job = loop.run_in_executor(None, train, payload, self._threads, hear)
        while not job.done() or not said.empty():
            waiting = asyncio.ensure_future(said.get())
            await asyncio.wait({waiting, job}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                yield waiting.result()
            else:
                waiting.cancel()
        outcome, digest = await job
        yield {"kind": "done", "outcome": asdict(outcome), "digest": digest}


def train(payload: Json, threads: int, heard: Callable[[Json], None]) -> tuple[Outcome, str]:
    """Train as the payload of a training says, and finish the model in `out`: what was learned, and the model's digest.

    `recipe, settings, seed, folder, base, steps, seconds, save_seconds, card`; the folder has `data/train.jsonl`,
    `data/validation.jsonl` and `data/test.jsonl`. `base` is None, or a model's `folder`, with the `file` that it is
    made of where that is still to be done.
    """
    recipe = recipe_of(str(payload["recipe"]))
    folder = Path(payload["folder"])
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    job = Job(
        settings=recipe.settings.model_validate(payload["settings"]),
        seed=int(payload["seed"]),
        folder=folder,
        out=out,
        data={split: folder / "data" / f"{split}.jsonl" for split in ("train", "validation", "test")},
        base=_base(payload["base"]),
        steps=int(payload["steps"]),
        seconds=payload["seconds"],
        threads=threads,
        save_seconds=float(payload["save_seconds"]),
        heard=heard,
    )
    module: Any = import_module(recipe.module)  # Any: the recipe's own file
    try:
        outcome: Outcome = module.train(job)
        manifest = finish_model(out, _facts(outcome, job, payload.get("card", {})))
    except OSError as error:
        raise checkpoints.cannot_write(error) from error
    except (MemoryError, RuntimeError) as error:
        # What torch says where the system gives it no more memory; numpy has a class for it.
        if isinstance(error, RuntimeError) and "allocate memory" not in str(error) and "bad_alloc" not in str(error):
            raise
        raise TooLarge(
            "The training needs more memory than there is.",
            remedy="Take a smaller batch, a shorter context or a smaller model, or raise NIS_WORKER_MEMORY.",
        ) from error
    return outcome, manifest.digest


def _facts(outcome: Outcome, job: Job, card: Json) -> Facts:
    """What the model's card says of it."""
    rows = sum(1 for _ in job.rows("train"))
    licence = card.get("licence") or ("" if job.base is None else licence_of(job.base))
    told: Json = {**card, "licence": licence, "rows": rows, "steps": outcome.facts.get("steps")}
    return Facts(kind=outcome.kind, metrics=outcome.metrics, notes=outcome.notes, **told)


def _base(given: Json | None) -> Path | None:
    if given is None:
        return None
    folder = Path(given["folder"])
    return folder if given["file"] is None else made_once(folder, Path(given["file"]))
