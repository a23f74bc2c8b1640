"""Trainings of classifiers in a folder of a test's own, on a few rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nis_backend.capabilities.training.job import Outcome
from nis_backend.capabilities.training.recipe import recipe_of
from nis_backend.capabilities.training.worker import train

Json = dict[str, Any]  # Any: JSON
Rows = Sequence[Json]


class Killed(Exception):
    """It stands for the end of the process."""


@dataclass
class Trainings:
    """Trains by a recipe in one folder; what was said on the way is in `heard`."""

    folder: Path
    heard: list[Json] = field(default_factory=list[Json])
    listen: Callable[[Json], None] = lambda _: None

    def train(
        self, recipe: str, rows: Rows, test: Rows = (), validation: Rows = (), seconds: float | None = None, **told: Any
    ) -> Outcome:
        """Train on these rows with these settings."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        for name, some in (("train", rows), ("validation", validation), ("test", test)):
            (self.folder / "data" / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in some))
        payload = {
            "recipe": recipe,
            "settings": recipe_of(recipe).settings.model_validate(told).model_dump(),
            "seed": 3,
            "folder": str(self.folder),
            "base": None,
            "steps": 1000,
            "seconds": seconds,
            "save_seconds": 0.0,
            "card": {"recipe": recipe, "seed": 3},
        }
        return train(payload, 1, self._hear)[0]

    def die_after(self, checkpoints: int) -> None:
        """Have the next training end, as a process does that is killed, when so many checkpoints are there."""

        def listen(item: Json) -> None:
            if item["kind"] == "checkpoint" and sum(one["kind"] == "checkpoint" for one in self.heard) == checkpoints:
                self.listen = lambda _: None
                raise Killed

        self.listen = listen

    @property
    def out(self) -> Path:
        """The model's folder."""
        return self.folder / "out"

    @property
    def card(self) -> Json:
        """What the made classifier says of itself."""
        return json.loads((self.out / "classifier.json").read_text(encoding="utf-8"))

    @property
    def files(self) -> dict[str, bytes]:
        """The bytes of each file of the model."""
        return {one.name: one.read_bytes() for one in sorted(self.out.iterdir())}

    def _hear(self, item: Json) -> None:
        self.heard.append(item)
        self.listen(item)
