"""A training without a server, from a file that says which: alone, or on several processes by torchrun.

    python -m nis_backend.capabilities.training.by_hand training.json
    torchrun --nproc-per-node=2 -m nis_backend.capabilities.training.by_hand training.json

The file is much of what a worker is given: `{"recipe": "bitnet", "settings": {…}, "seed": 1, "folder": "…",
"base": null, "steps": 1000, "seconds": null, "save_seconds": 30}`. A base is a model's folder; `"threads"` are of each
process, and a `"card"` may have what is told of the model (`base`, `licence`, `dataset`). The folder has
`data/train.jsonl`, `data/validation.jsonl` and `data/test.jsonl`; what was begun in it before goes on, on as many
processes as there are now. The first process alone writes, and tells on its output how far it is, a line of JSON each.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import checkpoints, worker
from nis_backend.capabilities.training.job import Job
from nis_backend.capabilities.training.ranks import join
from nis_backend.capabilities.training.recipe import recipe_of
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.capabilities.training.checkpoints import Saved
    from nis_backend.drivers.compute.base import Json


class Follower(Job):
    """The job of every process but the first: it computes the same, and leaves all writing to that one."""

    def report(
        self, step: int, values: Mapping[str, float], layers: Sequence[Mapping[str, float]] = (), message: str = ""
    ) -> None:
        """Say nothing."""

    def due(self, step: int) -> bool:
        """Never."""
        del step
        return False

    def save(self, step: int, tensors: Mapping[str, Any], state: Json) -> None:
        """Write nothing."""

    def resume(self) -> Saved | None:
        """Begin where the first process does."""
        saved = checkpoints.latest(self.checkpoints)
        self._spent = 0.0 if saved is None else float(saved.state.get("spent", 0.0))
        return saved


def follow(payload: Json, threads: int) -> None:
    """Train beside the first process."""
    recipe = recipe_of(str(payload["recipe"]))
    folder = Path(payload["folder"])
    job = Follower(
        settings=recipe.settings.model_validate(payload["settings"]),
        seed=int(payload["seed"]),
        folder=folder,
        out=folder / "out",
        data={split: folder / "data" / f"{split}.jsonl" for split in ("train", "validation", "test")},
        base=None if payload["base"] is None else Path(payload["base"]),
        steps=int(payload["steps"]),
        seconds=payload["seconds"],
        threads=threads,
        save_seconds=float(payload["save_seconds"]),
        heard=lambda _: None,
    )
    import_module(recipe.module).train(job)


def tell(item: Json) -> None:
    """A line of JSON."""
    sys.stdout.write(json.dumps(item) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Train as the file says; the exit status of the failure where there is one."""
    payload: Json = {"card": {}, "threads": 1, **json.loads(Path(arguments[0]).read_text(encoding="utf-8"))}
    threads = int(payload["threads"])
    try:
        if join().rank:
            follow(payload, threads)
        else:
            base = None if payload["base"] is None else {"folder": payload["base"], "file": None}
            outcome, digest = worker.train({**payload, "base": base}, threads, tell)
            tell({"kind": "done", "outcome": asdict(outcome), "digest": digest})
    except NisError as error:
        tell({"kind": "failed", **error.problem()})
        return error.codes.exit
    return 0


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Gloo's threads that listen to the other processes abort now and then one that ends by itself: all is written.
    os._exit(status)
