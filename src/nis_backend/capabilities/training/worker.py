"""The worker of the pool `training`: finds the recipe and has it train in a thread, whose words go to the server."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import gc
import os
import resource
import shutil
import time
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import checkpoints
from nis_backend.capabilities.training.bases import made_once
from nis_backend.capabilities.training.job import Job, Outcome
from nis_backend.capabilities.training.packing.finishing import Facts, finish_model, licence_of
from nis_backend.capabilities.training.recipe import recipe_of
from nis_backend.errors import NisError, TooLarge
from nis_backend.trained.manifest import MANIFEST, check_files, read_manifest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator

    from nis_backend.drivers.compute.base import Json, WorkerContext


LOOKS = 0.2
"""Seconds between two looks at whether another process has let go of a training's folder."""


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
        try:
            outcome, digest = await job
        except TooLarge:
            # What it took stays with it: the next training gets a process of its own, once this was told.
            loop.call_later(LOOKS, os._exit, 0)
            raise
        yield {"kind": "done", "outcome": asdict(outcome), "digest": digest}


def train(payload: Json, threads: int, heard: Callable[[Json], None]) -> tuple[Outcome, str]:
    """Train as the payload of a training says, and finish the model in `out`: what was learned, and the model's digest.

    `recipe, settings, seed, folder, base, steps, seconds, save_seconds, card`; the folder has `data/train.jsonl`,
    `data/validation.jsonl` and `data/test.jsonl`. `base` is None, or a model's `folder`, with the `file` that it is
    made of where that is still to be done.
    """
    try:
        with alone(Path(payload["folder"]), heard):
            return _train(payload, threads, heard)
    except NisError:
        raise
    except Exception as error:
        if not for_want_of_memory(error):
            refused = checkpoints.refusal(error)
            if refused is not None:
                raise checkpoints.cannot_write(refused) from error
            raise
    # Without what failed, whose frames hold all of the model: to tell it takes memory, too.
    gc.collect()
    raise short_of_memory()


def for_want_of_memory(error: Exception) -> bool:
    """Whether it says that the system gives no more memory: each library says it in its own way."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    # Python's own calls lose their exception where there is no memory to make it.
    if isinstance(error, SystemError) and resource.getrlimit(resource.RLIMIT_DATA)[0] != resource.RLIM_INFINITY:
        return True
    words = ("allocate memory", "bad_alloc", "start new thread", "out of memory")
    return isinstance(error, MemoryError) or any(one in str(error).lower() for one in words)


def short_of_memory() -> TooLarge:
    """What is said where the system gives no more: by our limit, or because the machine has none."""
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    ours = limit != resource.RLIM_INFINITY
    return TooLarge(
        f"The training needs more memory than {f'the {limit} bytes of NIS_WORKER_MEMORY' if ours else 'there is'}.",
        field="settings",
        remedy="Start it with a smaller batch, a shorter context or a smaller model; or "
        + ("raise NIS_WORKER_MEMORY" if ours else "give the machine more memory")
        + " and call training.resume_training: it goes on from the last checkpoint.",
    )


@contextmanager
def alone(folder: Path, heard: Callable[[Json], None]) -> Generator[None]:
    """Wait until no other process trains in this folder: of a host that lost its run, and does not know it yet, say."""
    with (folder / "lock").open("w") as lock:
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    heard({"kind": "warning", "message": "Another process trains in this folder: it is waited for."})
                told = True
                time.sleep(LOOKS)
            except OSError:
                break  # a file system without locks
            else:
                break
        yield


def _train(payload: Json, threads: int, heard: Callable[[Json], None]) -> tuple[Outcome, str]:
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
    outcome: Outcome = module.train(job)
    manifest = finish_model(out, _facts(outcome, job, payload.get("card", {})))
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
    if given["file"] is not None:
        return made_once(folder, Path(given["file"]))
    if (folder / MANIFEST).is_file():
        check_files(folder, read_manifest(folder, "The base"), "The base")
    return folder
