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

EVERY, SELDOM = 0.25, 10.0
"""Seconds between two steps that are told while a training goes on: at first, and after hours; the file of metrics has
each step."""
TOLD = 2000
"""A pause is this part of the time gone by: what is told in a week is within a run's log."""
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
    _begun_at: float = field(default_factory=time.monotonic)
    _saved_at: float = field(default_factory=time.monotonic)
    _told_at: float = 0.0
    _layers: dict[str, float] = field(default_factory=dict[str, float])
    """Means over the layers, not told yet."""

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
        values = {name: value for name, value in values.items() if math.isfinite(value)}
        line: Json = {"step": step, **values, **({"layers": list(layers)} if layers else {})}
        try:
            with (self.folder / METRICS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise checkpoints.cannot_write(error) from None
        if layers:
            names = [name for name in layers[0] if name != "layer"]
            self._layers = {name: sum(one[name] for one in layers) / len(layers) for name in names}
        now = time.monotonic()
        if now - self._told_at >= pause_at(now - self._begun_at) or step >= self.steps:
            told, self._told_at, self._layers = {**values, **self._layers}, now, {}
            self.heard(
                {
                    "kind": "progress",
                    "step": step,
                    "fraction": min(1.0, self.fraction(step)),
                    "message": message or f"step {step} of {self.steps}",
                    "values": told,
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
        self._take_back(0 if saved is None else saved.step)
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

    def _take_back(self, step: int) -> None:
        """Leave only what was measured up to this step: whole, or as it was."""
        path = self.folder / METRICS
        if not path.exists():
            return
        part = path.with_suffix(".part")
        with path.open(encoding="utf-8", errors="replace") as file, part.open("w", encoding="utf-8") as kept:
            kept.writelines(line for line in file if (told := line_of(line)) and told["step"] <= step)
        part.replace(path)


def pause_at(gone: float) -> float:
    """Seconds until a step is told again, of a training that has gone on for so long."""
    return min(SELDOM, max(EVERY, gone / TOLD))


def line_of(line: str) -> Json | None:
    """A line of the metrics; None where a kill or a full disk has cut it."""
    try:
        found: Json = json.loads(line) if line.endswith("\n") else {}
        int(found["step"])
    except (ValueError, KeyError, TypeError):
        return None
    return found
