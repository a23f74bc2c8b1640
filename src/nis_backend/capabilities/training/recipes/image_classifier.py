"""A classifier of pictures: a small copy's pixels, what an ImageNet classifier sees, or a network from scratch.

1. Rows are read and checked, and pictures brought to one size.
2. Each candidate is judged by rows held out: five parts where there are few pictures, else one.
3. The best is fitted with all rows where there were five parts; its probabilities are calibrated by the rows held out.
4. It is measured on the test, beside the most frequent label.
5. Arrays and JSON are written, which numpy alone applies.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.training.classifiers import finishing, fitting, networks, pictures, rows, saved
from nis_backend.capabilities.training.classifiers.choosing import FOLDS, judged, parted, told
from nis_backend.capabilities.training.classifiers.images import ImageModel, copied
from nis_backend.capabilities.training.classifiers.measuring import log_loss
from nis_backend.capabilities.training.classifiers.under import Under
from nis_backend.capabilities.training.classifiers.vectors import Vectors, laid
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.training.classifiers.under import Fits
    from nis_backend.capabilities.training.job import Job, Outcome
    from nis_backend.capabilities.training.settings.image_classifier import Settings
    from nis_backend.drivers.compute.base import Json

    Array = NDArray[np.float64]
    Places = NDArray[np.int64]
    Pixels = NDArray[np.uint8]

FEW = 400
"""Pictures up to which five parts are held out in turn."""
STRENGTHS = {"pixels": (0.03, 1.0), "features": (3.0, 30.0, 300.0)}
"""The inverse of how firmly weights are held down."""
FINAL = "final"


@dataclass(frozen=True, kw_only=True)
class Data:
    """Pictures of train, behind them those of validation; of test those that are new."""

    pixels: Pixels
    train: int
    alike: Places
    """Of `pixels`: the same number for the same ones."""
    goal: Places
    labels: list[str]
    test: Pixels
    test_goal: Places
    vectors: Vectors | None
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class Way:
    """A candidate: what it sees of a picture, and how firmly weights are held down."""

    data: Data
    settings: Settings
    seed: int
    sees: str
    strength: float = 0.0

    @property
    def name(self) -> str:
        """See `Candidate.name`."""
        return f"{self.sees}-{self.strength:g}" if self.strength else self.sees

    @property
    def words(self) -> str:
        """See `Candidate.words`."""
        if self.sees == "net":
            return f"a convolutional network, {self.settings.epochs} times through all pictures"
        seen = "pixels" if self.sees == "pixels" else f"the features of {self.settings.features}"
        return f"logistic regression of {seen}, strength {self.strength:g}"

    @property
    def steps(self) -> int:
        """See `Candidate.steps`."""
        return self._fit(np.arange(self.data.train)).steps if self.sees == "net" else 1

    def scores(self, fit: Places, held: Places, under: Under) -> Array:
        """See `Candidate.scores`."""
        vectors = None if self.data.vectors is None else self.data.vectors.known[held]
        return self.fitted(fit, under).scores(self.data.pixels[held], vectors)

    def fitted(self, fit: Places, under: Under) -> ImageModel:
        """The model of these rows."""
        data, labels = self.data, tuple(self.data.labels)
        size = data.pixels.shape[1]
        if self.sees == "net":
            state = under.kept()
            if not state:
                state = self._fit(fit).train(under)
                under.keep(state)
            net = networks.folded(state, data.pixels[fit])
            return ImageModel(way="net", size=size, scorer=net, labels=labels)
        if self.sees == "features" and data.vectors is not None:
            scorer = fitting.logistic(data.vectors.known[fit], data.goal[fit], self.strength)
            return ImageModel(way="vectors", size=size, scorer=scorer, labels=labels, embedder=data.vectors.of)
        scorer = fitting.logistic(copied(data.pixels[fit]), data.goal[fit], self.strength)
        return ImageModel(way="pixels", size=size, scorer=scorer, labels=labels)

    def _fit(self, fit: Places) -> networks.Fit:
        data = self.data
        return networks.Fit(
            pixels=data.pixels[fit],
            goal=data.goal[fit],
            labels=len(data.labels),
            settings=self.settings,
            seed=self.seed,
        )


def train(job: Job) -> Outcome:
    """See the module."""
    with fitting.alone():
        networks.torch.set_num_threads(job.threads)
        return _train(job, read(job))


def _train(job: Job, data: Data) -> Outcome:
    folds = FOLDS if len(data.goal) <= FEW else 1
    parts = parted(data.train, data.alike, data.goal, job.seed, folds=folds)
    found, notes, fits = judged(job, ways(job, data), parts, lambda at, scores: log_loss(data.goal[at], scores))
    best = found[0]
    # Where one part was held out, the fit that was judged is the model.
    key = FINAL if parts.by_folds else f"{best.candidate.name}/0"
    model = best.candidate.fitted(parts.final, _last(fits, key, best.candidate.steps))
    goal = data.goal[parts.held]
    deciding = finishing.decided(best.scores, goal, job.seed, even=job.settings.even)
    new = len(data.test) > 0
    scores = model.scores(data.test, None if data.vectors is None else data.vectors.test) if new else best.scores
    test_goal = data.test_goal if new else goal
    measured = finishing.tested(test_goal, scores, deciding, data.goal[parts.final], data.labels, job.seed)
    card: Json = {
        "kind": "image",
        "task": "classification",
        **model.plain(),
        "chosen": best.candidate.words,
        "judged": parts.words,
        "candidates": told(found, "log_loss"),
        "deciding": deciding.plain(),
        "measured": measured,
        "notes": [*data.notes, *notes, *finishing.remarks(measured)],
    }
    saved.save(job.out, card, model.scorer.arrays())
    return finishing.outcome("image", card, len(data.goal), model.scorer.arrays())


def _last(fits: Fits, key: str, steps: int) -> Under:
    """The last fit, which is no longer bound to the budget: without it there is no model."""
    fits.job.seconds = None
    fits.job.steps = fits.done + steps
    return Under(fits=fits, key=key)


def ways(job: Job, data: Data) -> list[Way]:
    """The candidates.

    Raises:
        Unavailable: features alone are to be tried, and there are none.
    """
    found: list[Way] = []
    for sees in job.settings.candidates:
        if sees == "features" and data.vectors is None:
            continue
        strengths = STRENGTHS.get(sees, (0.0,))
        found += [
            Way(data=data, settings=job.settings, seed=job.seed, sees=sees, strength=strength) for strength in strengths
        ]
    if not found:
        raise Unavailable(
            f"No features of {job.settings.features} are there, and nothing else is to be tried.",
            field="candidates",
            value=job.settings.candidates,
            remedy="Fetch the model's weights (nis weights pull efficientnet-lite0), or let pixels and a net be tried.",
        )
    return found


def read(job: Job) -> Data:
    """The rows, checked, and their pictures.

    Raises:
        InvalidRequest: they are too few, or one of them is none; a label has too few.
        TooLarge: there are too many rows, labels or pixels.
    """
    splits = {name: rows.read_rows(job.data.get(name), name) for name in ("train", "validation", "test")}
    goals, labels = rows.goals_of(splits)
    size = job.settings.size or _size(splits["train"])
    pictures.refuse_many(sum(map(len, splits.values())), size)
    pixels = {name: _squares(some, name, size) for name, some in splits.items()}
    known = np.concatenate([pixels["train"], pixels["validation"]])
    new = rows.unseen(known, pixels["test"], _print)
    vectors, notes = laid(job, len(known), new)
    return Data(
        pixels=known,
        train=len(pixels["train"]),
        alike=rows.alike(known, _print),
        goal=np.concatenate([goals["train"], goals["validation"]]),
        labels=labels,
        test=pixels["test"][new],
        test_goal=goals["test"][new],
        vectors=vectors,
        notes=[*rows.leaks(len(pixels["test"]), len(new)), *notes],
    )


def _size(some: list[Json]) -> int:
    return pictures.side_of([max(pictures.of_row(row, f"train.{at}").shape[:2]) for at, row in enumerate(some[:200])])


def _print(one: Pixels) -> bytes:
    """By what two pictures are one."""
    return hashlib.sha256(one.tobytes()).digest()


def _squares(some: list[Json], split: str, size: int) -> Pixels:
    found = [pictures.squared(pictures.of_row(row, f"{split}.{at}"), size) for at, row in enumerate(some)]
    return np.array(found, np.uint8).reshape(-1, size, size, 3)
