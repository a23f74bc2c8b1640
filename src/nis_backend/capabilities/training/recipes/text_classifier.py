"""A classifier of texts: weights of words, of runs of characters, or of what an embedding model says they mean.

1. Rows are read and checked.
2. Each candidate is a logistic regression, held down three ways, judged by rows held out.
3. The best is fitted with all rows; its probabilities are calibrated by the rows held out.
4. It is measured on the test, beside the most frequent label.
5. Arrays and JSON are written, which numpy alone applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.training.classifiers import finishing, fitting, rows, saved
from nis_backend.capabilities.training.classifiers.choosing import judged, parted, told
from nis_backend.capabilities.training.classifiers.counting import Counted, beside
from nis_backend.capabilities.training.classifiers.measuring import log_loss
from nis_backend.capabilities.training.classifiers.scoring import chances
from nis_backend.capabilities.training.classifiers.terms import Reader, read
from nis_backend.capabilities.training.classifiers.texts import TextModel
from nis_backend.capabilities.training.classifiers.vectors import Vectors, laid
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.training.classifiers.under import Under
    from nis_backend.capabilities.training.job import Job, Outcome
    from nis_backend.drivers.compute.base import Json

    Array = NDArray[np.float64]
    Places = NDArray[np.int64]

STRENGTHS = (3.0, 30.0, 300.0)
"""The inverse of how firmly weights are held down; rows have length 1, so that less does little."""
MANY_ROWS = 200
"""From so many rows on, terms of a single one are left out."""
MOST_WEIGHTS = 5_000_000
"""Labels times terms: 40 MB, of which the optimiser holds some thirty copies while it fits."""
HEAVIEST = 12
"""Terms of a label that are told in the card."""
MOST_TOLD = 50
"""Labels whose terms are told."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """Texts of train, behind them those of validation, and of test those that are new."""

    texts: list[str]
    train: int
    alike: Places
    """Of `texts`: the same number for the same words."""
    goal: Places
    labels: list[str]
    test: list[str]
    test_goal: Places
    counted: dict[str, Counted]
    """Of `texts`, by blocks."""
    vectors: Vectors | None
    """Of `texts` and of `test`, where an embedding model has read them."""
    terms: int
    notes: list[str]

    @property
    def fewest(self) -> int:
        """Rows that a term is in at least."""
        return 2 if len(self.texts) >= MANY_ROWS else 1


@dataclass(frozen=True, kw_only=True)
class Way:
    """A candidate: what it sees of a text, and how firmly weights are held down."""

    data: Data
    sees: str
    strength: float

    @property
    def name(self) -> str:
        """See `Candidate.name`."""
        return f"{self.sees}-{self.strength:g}"

    @property
    def words(self) -> str:
        """See `Candidate.words`."""
        seen = {
            "words": "words",
            "characters": "words and runs of characters",
            "meaning": "an embedding model's vectors",
        }
        return f"logistic regression of {seen[self.sees]}, strength {self.strength:g}"

    @property
    def steps(self) -> int:
        """See `Candidate.steps`."""
        return 1

    def scores(self, fit: Places, held: Places, under: Under) -> Array:
        """See `Candidate.scores`."""
        del under  # it is over soon
        _, matrix = self._seen(fit)
        model = fitting.logistic(matrix[fit], self.data.goal[fit], self.strength)
        return chances(model.raw(matrix[held]))

    def fitted(self, fit: Places) -> TextModel:
        """The model of these rows."""
        reader, matrix = self._seen(fit)
        vectors = self.data.vectors if self.sees == "meaning" else None
        return TextModel(
            way="terms" if vectors is None else "vectors",
            reader=reader,
            scorer=fitting.logistic(matrix[fit], self.data.goal[fit], self.strength),
            labels=tuple(self.data.labels),
            embedder=None if vectors is None else vectors.of,
        )

    def _seen(self, fit: Places) -> tuple[Reader, Any]:  # Any: a matrix, sparse or not
        data = self.data
        blocks = ["words", "characters"] if self.sees == "characters" else ["words"]
        most = min(data.terms, MOST_WEIGHTS // len(blocks) // len(data.labels))
        found = [data.counted[block].weighed(fit, most, data.fewest) for block in blocks]
        reader = Reader([terms for terms, _ in found])
        if self.sees == "meaning" and data.vectors is not None:
            return reader, data.vectors.known
        return reader, beside([matrix for _, matrix in found])


def train(job: Job) -> Outcome:
    """See the module."""
    with fitting.alone():
        return _train(job, read_texts(job))


def _train(job: Job, data: Data) -> Outcome:
    parts = parted(data.train, data.alike, data.goal, job.seed)
    ways = [Way(data=data, sees=sees, strength=strength) for sees in sees_of(job, data) for strength in STRENGTHS]
    found, notes, _ = judged(job, ways, parts, lambda at, scores: log_loss(data.goal[at], scores))
    best = found[0]
    model = best.candidate.fitted(parts.final)
    goal = data.goal[parts.held]
    deciding = finishing.decided(best.scores, goal, job.seed, even=job.settings.even)
    vectors = None if data.vectors is None else data.vectors.test
    scores = model.scores([model.reader.weigh(text) for text in data.test], vectors) if data.test else best.scores
    test_goal = data.test_goal if data.test else goal
    measured = finishing.tested(test_goal, scores, deciding, data.goal[parts.final], data.labels, job.seed)
    card: Json = {
        "kind": "text",
        "task": "classification",
        **model.plain(),
        "chosen": best.candidate.words,
        "judged": parts.words,
        "candidates": told(found, "log_loss"),
        "deciding": deciding.plain(),
        "heaviest": model.heaviest(HEAVIEST) if len(data.labels) <= MOST_TOLD else {},
        "measured": measured,
        "notes": [*data.notes, *notes, *finishing.remarks(measured)],
    }
    saved.save(job.out, card, model.arrays())
    return finishing.outcome("text", card, len(data.texts), model.arrays())


def sees_of(job: Job, data: Data) -> list[str]:
    """What the candidates see.

    Raises:
        Unavailable: that is vectors alone, and there are none.
    """
    wanted = [sees for sees in job.settings.candidates if sees != "meaning" or data.vectors is not None]
    if not wanted:
        raise Unavailable(
            f"No vectors of {job.settings.embedder} are there, and nothing else is to be tried.",
            field="candidates",
            value=job.settings.candidates,
            remedy="Fetch the model's weights (nis weights pull minilm-l6-v2-int8), or let words be tried too.",
        )
    return wanted


def read_texts(job: Job) -> Data:
    """The rows, checked, and their terms counted.

    Raises:
        InvalidRequest: they are too few, or one of them is none; a label has too few.
        TooLarge: there are too many rows, labels or characters.
    """
    splits = {name: rows.read_rows(job.data.get(name), name) for name in ("train", "validation", "test")}
    texts = {name: [rows.text_of(row, f"{name}.{at}") for at, row in enumerate(some)] for name, some in splits.items()}
    goals, labels = rows.goals_of(splits)
    known = texts["train"] + texts["validation"]
    new = rows.unseen(known, texts["test"], _words)
    vectors, notes = laid(job, len(known), new)
    return Data(
        texts=known,
        train=len(texts["train"]),
        alike=rows.alike(known, _words),
        goal=np.concatenate([goals["train"], goals["validation"]]),
        labels=labels,
        test=[texts["test"][at] for at in new],
        test_goal=goals["test"][new],
        counted={
            block: Counted.of(block, known)
            for block in ("words", *(["characters"] if "characters" in job.settings.candidates else []))
        },
        vectors=vectors,
        terms=job.settings.terms,
        notes=[*rows.leaks(len(texts["test"]), len(new)), *notes],
    )


def _words(text: str) -> str:
    """By what two texts are one."""
    return " ".join(read(text).split())
