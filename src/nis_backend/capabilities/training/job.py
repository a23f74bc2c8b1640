"""What a recipe is given, and what it gives back: the seam between a training's run and the file that trains.

A recipe computes batches as a function of the seed and the step alone, saves what it needs when a checkpoint is `due`,
and begins with `resume`: so a training that was killed ends with the very bytes of one that was not.

    saved = job.resume()
    for step in range(saved.step if saved else 0, job.steps):
        ...
        job.report(step + 1, {"loss": loss})
        if job.due(step + 1):
            job.save(step + 1, tensors, state)
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import checkpoints
from nis_backend.errors import UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from nis_backend.capabilities.training.checkpoints import Saved
    from nis_backend.drivers.compute.base import Json

EVERY = 0.25
"""Seconds between two looks that are told while a training goes on; the file of metrics has each."""
METRICS = "metrics.jsonl"


class Diverged(UpstreamFailed):
    """A loss that is no number: the training has come apart."""


def diverged(loss: float, norm: float, step: int, rate: float) -> Diverged:
    """What is said where the gradient is no number."""
    return Diverged(
        f"The loss is {loss:g} and its gradient {norm:g} at step {step + 1}: the training has come apart.",
        field="learning_rate",
        value=rate,
        remedy="Start it again with a lower learning_rate; its last good checkpoint stays.",
    )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was learned."""

    kind: str
    """How it is used: `ternary`, `float`, `lora`, `text`, `image`, `table`."""
    metrics: dict[str, float]
    """What was measured on rows that it did not learn from, by names that say the formula."""
    notes: list[str] = field(default_factory=list[str])
    """What a reader of the model's card should know."""
    facts: Json = field(default_factory=dict[str, Any])
    """Sizes and counts for the card: parameters, width, classes."""


@dataclass(kw_only=True)
class Job:
    """One training, as its recipe sees it."""

    settings: Any  # Any: the recipe's own `Settings`
    seed: int
    folder: Path
    """The training's own: checkpoints and metrics."""
    out: Path
    """An empty folder that becomes the model's."""
    data: Mapping[str, Path]
    """JSON lines by splits: `train`, `validation`, `test`; a split without rows is an empty file."""
    base: Path | None
    """A model's folder to begin with."""
    steps: int
    """Steps of the optimiser, at most."""
    seconds: float | None
    """Processor seconds, at most; None leaves the steps alone."""
    threads: int
    save_seconds: float
    """Time between two checkpoints."""
    heard: Callable[[Json], None]
    """Hears how far it is."""

    _spent: float = 0.0
    _begun: float = field(default_factory=time.process_time)
    _saved_at: float = field(default_factory=time.monotonic)
    _told_at: float = 0.0

    @property
    def spent(self) -> float:
        """Processor seconds up to here, those of attempts that were cut included as far as they were saved."""
        return self._spent + time.process_time() - self._begun

    def fraction(self, step: int) -> float:
        """How much of the steps, or of the budget where that ends before, is behind."""
        return step / self.steps if self.seconds is None else max(step / self.steps, self.spent / self.seconds)

    def over(self, step: int) -> bool:
        """Whether the budget ends after this many steps."""
        return step >= self.steps or (self.seconds is not None and self.spent >= self.seconds)

    def report(
        self, step: int, values: Mapping[str, float], layers: Sequence[Mapping[str, float]] = (), message: str = ""
    ) -> None:
        """Say how far it is: values by their names, and the layers' where there are any.

        Raises:
            Diverged: the loss is no number. The checkpoints stay as they are.
        """
        if not math.isfinite(values.get("loss", 0.0)):
            raise Diverged(
                f"The loss is {values['loss']} after {step} steps: the training has come apart.",
                remedy="Start it again with a lower learning_rate; its last good checkpoint stays.",
            )
        line: Json = {"step": step, **values, **({"layers": list(layers)} if layers else {})}
        try:
            with (self.folder / METRICS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise checkpoints.cannot_write(error) from None
        now = time.monotonic()
        if now - self._told_at >= EVERY or step >= self.steps:
            self._told_at = now
            self.heard(
                {
                    "kind": "progress",
                    "step": step,
                    "fraction": min(1.0, self.fraction(step)),
                    "message": message or f"step {step} of {self.steps}",
                    "values": {name: value for name, value in values.items() if math.isfinite(value)},
                }
            )

    def due(self, step: int) -> bool:
        """Whether a checkpoint is due after this step."""
        return step >= self.steps or time.monotonic() - self._saved_at >= self.save_seconds

    def save(self, step: int, tensors: Mapping[str, Any], state: Json) -> None:
        """Keep all that it takes to go on from this step; `state` is JSON.

        Raises:
            Unavailable: the disk does not take it; the checkpoint before stays.
        """
        checkpoints.save(self.checkpoints, step, tensors, {**state, "spent": self.spent})
        self._saved_at = time.monotonic()
        self.heard({"kind": "checkpoint", "step": step, "spent": self.spent})

    def resume(self) -> Saved | None:
        """The newest good checkpoint, where an attempt before this one left any; metrics after it are taken back.

        Raises:
            Unavailable: there are some, and none can be read.
        """
        saved = checkpoints.latest(self.checkpoints)
        step = 0 if saved is None else saved.step
        lines = [line for line in self._lines() if int(json.loads(line)["step"]) <= step]
        (self.folder / METRICS).write_text("".join(lines), encoding="utf-8")
        if saved is None:
            return None
        self._spent = float(saved.state.get("spent", 0.0))
        for wrong in saved.passed_over:
            self.warn(f"A checkpoint could not be read and the one before it was taken: {wrong}.")
        return saved

    def warn(self, message: str) -> None:
        """Say what goes on around the training."""
        self.heard({"kind": "warning", "message": message})

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.folder / "checkpoints"

    def rows(self, split: str) -> Iterator[Json]:
        """The rows of a split."""
        with self.data[split].open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def _lines(self) -> list[str]:
        """Whole lines of the metrics: a kill may have cut the last."""
        path = self.folder / METRICS
        if not path.exists():
            return []
        return [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
