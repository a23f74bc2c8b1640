"""A classifier of texts as it is applied: numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nis_backend.capabilities.training.classifiers.scoring import Linear, chances
from nis_backend.capabilities.training.classifiers.terms import Reader, Terms, Weighed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import Json

    Array = NDArray[np.float64]

Way = Literal["terms", "vectors"]
BETWEEN = "\n"
"""Between terms, none of which has one."""


@dataclass(frozen=True, kw_only=True)
class TextModel:
    """Weights of terms, or of the numbers of an embedding model's vectors."""

    way: Way
    reader: Reader
    """The terms it weighs; of vectors, the words that its texts had."""
    scorer: Linear
    labels: tuple[str, ...]
    embedder: Mapping[str, Any] | None = None  # Any: JSON
    """The embedding model, its version and dimensions."""

    def scores(self, texts: Sequence[Weighed], vectors: Array | None) -> Array:
        """Probabilities (texts, labels) before they are calibrated."""
        if vectors is not None and self.way == "vectors":
            return chances(self.scorer.raw(vectors))
        weight, offset = self.scorer.weight, self.scorer.offset
        return chances(np.array([weight[:, one.places] @ np.array(one.weights) + offset for one in texts]))

    def pushes(self, text: Weighed, place: int) -> list[tuple[str, float]]:
        """Each of a text's terms and how far it moves the score towards a label, beside the mean of all labels."""
        weight = self.scorer.weight
        towards = signed(weight)[place]
        found = (
            (self.reader.terms[at][1], float(towards[at] * by))
            for at, by in zip(text.places, text.weights, strict=True)
        )
        return sorted(found, key=lambda one: -abs(one[1]))

    def heaviest(self, count: int) -> dict[str, list[str]]:
        """Of each label the terms that speak for it most."""
        if self.way == "vectors":
            return {}
        return {
            label: [self.reader.terms[at][1] for at in np.argsort(-towards, kind="stable")[:count] if towards[at] > 0]
            for label, towards in zip(self.labels, signed(self.scorer.weight), strict=True)
        }

    def plain(self) -> Json:
        """All but its arrays, as JSON has it."""
        blocks = [terms.block for terms in self.reader.blocks]
        return {"way": self.way, "labels": list(self.labels), "blocks": blocks, "embedder": self.embedder}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Its arrays; terms as their UTF-8."""
        found: dict[str, NDArray[Any]] = self.scorer.arrays()
        for terms in self.reader.blocks:
            found[f"{terms.block}.terms"] = np.frombuffer(BETWEEN.join(terms.idf).encode(), np.uint8)
            found[f"{terms.block}.idf"] = np.array(list(terms.idf.values()), np.float64)
        return found

    @classmethod
    def read(cls, card: Json, arrays: Mapping[str, NDArray[Any]]) -> TextModel:
        """From what `plain` and `arrays` answered."""
        blocks = [
            Terms.read(
                block, arrays[f"{block}.terms"].tobytes().decode().split(BETWEEN), arrays[f"{block}.idf"].tolist()
            )
            for block in card["blocks"]
        ]
        return cls(
            way=card["way"],
            reader=Reader(blocks),
            scorer=Linear.read(arrays),
            labels=tuple(card["labels"]),
            embedder=card["embedder"],
        )


def signed(weight: Array) -> Array:
    """(labels, terms): weights towards each label beside the mean of all; of two labels there is one row."""
    if len(weight) == 1:
        return np.vstack([-weight / 2, weight / 2])
    return weight - weight.mean(axis=0)
