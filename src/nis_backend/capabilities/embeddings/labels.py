"""What sorting texts under labels takes and gives, and how it is done, in plain Python."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from nis_backend.annotations import Knob, Names, Reads
from nis_backend.capabilities.embeddings.closeness import DECIMALS, cosines
from nis_backend.capabilities.embeddings.texts import TRUNCATED, WHICH_MODEL, ModelName, SomeText
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_LABELLED, MOST_LABELS, MOST_EXAMPLES = 256, 50, 20
"""Texts of one call, labels, and examples of each: 13,000 dot products take 0.13 s."""

SCORE = (
    "cosine of the text's vector and the label's, which is the mean of those of its words (in `template`) and of its"
    " examples, at length 1; margin: the best label's score less the second's. Neither is a probability"
)
SLOT = "{}"

LabelName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class LabelsRequest(Model):
    """Texts, and labels to sort them under."""

    texts: Annotated[list[SomeText], Reads("quotes"), Names("sentences", "messages")] = Field(
        min_length=1, max_length=MOST_LABELLED, description="The texts, each sorted by itself."
    )
    labels: Annotated[list[LabelName], Names("categories", "classes", "topics", "tags")] = Field(
        min_length=2,
        max_length=MOST_LABELS,
        description="The labels, in words that say what belongs there; each once.",
    )
    examples: dict[LabelName, list[SomeText]] | None = Field(
        default=None, max_length=MOST_LABELS, description="For some labels or all: up to 20 texts that belong there."
    )
    template: Annotated[str, StringConstraints(min_length=2, max_length=200), Knob()] = Field(
        default=SLOT, description='A sentence that the label is read in, {} in its place: "This is about {}."'
    )
    least_score: Annotated[float, Knob()] = Field(
        default=-1.0, ge=-1, le=1, description="A text whose best score is below gets no label."
    )
    least_margin: Annotated[float, Knob()] = Field(
        default=0.0, ge=0, le=2, description="A text whose margin is below gets no label."
    )
    model: ModelName | None = Field(default=None, description=WHICH_MODEL)


class Labelled(Model):
    """A text and its label."""

    text: str
    label: str | None = Field(description="Null when the best is below what was asked for.")
    best: str = Field(description="The label with the greatest score; of equal ones the earlier.")
    score: float = Field(description="Its score.")
    margin: float = Field(description="How much it is ahead of the second.")
    scores: list[float] = Field(description="One for each label, in their order.")


class Labels(Model):
    """Each text's label, without any training. The same texts and labels always give the same."""

    model: str = Field(description="The model's id, provider:name.")
    formula: str = Field(description="What a score and a margin are.")
    labels: list[str]
    texts: list[Labelled]
    truncated: list[str] = Field(description=TRUNCATED)


def words_of(request: LabelsRequest) -> dict[str, list[str]]:
    """What is embedded of the labels: each in the template, and the examples, by the field they came in.

    Raises:
        InvalidRequest: a label is there twice, the template has no place for it, or examples are of no label.
    """
    if SLOT not in request.template:
        raise InvalidRequest(
            "template has no {} where the label goes.",
            field="template",
            value=request.template,
            remedy='Write it as in "This is about {}."',
        )
    for index, label in enumerate(request.labels):
        if label in request.labels[:index]:
            raise InvalidRequest(
                f"labels.{index} is there twice.", field=f"labels.{index}", value=label, remedy="Name each once."
            )
    examples = request.examples or {}
    for label, some in examples.items():
        if label not in request.labels or not 0 < len(some) <= MOST_EXAMPLES:
            raise InvalidRequest(
                f"examples.{label} is of no label, or has not 1 to {MOST_EXAMPLES} texts.",
                field=f"examples.{label}",
                remedy=f"Give 1 to {MOST_EXAMPLES} texts for labels that are in `labels`.",
            )
    return {
        "labels": [request.template.replace(SLOT, label) for label in request.labels],
        **{f"examples.{label}": some for label, some in examples.items()},
    }


def directions(labels: Sequence[str], vectors: Mapping[str, Sequence[Sequence[float]]]) -> list[list[float]]:
    """Each label's vector: the mean of those of its words and its examples, at length 1."""
    return [
        _mean([vectors["labels"][place], *vectors.get(f"examples.{label}", ())]) for place, label in enumerate(labels)
    ]


def labelled(
    request: LabelsRequest, texts: Sequence[Sequence[float]], labels: Sequence[Sequence[float]]
) -> list[Labelled]:
    """Each text with the label that is nearest."""
    found: list[Labelled] = []
    for text, scores in zip(request.texts, cosines(texts, labels), strict=True):
        best = max(range(len(scores)), key=lambda place: (scores[place], -place))
        margin = round(scores[best] - max(scores[:best] + scores[best + 1 :]), DECIMALS)
        sure = scores[best] >= request.least_score and margin >= request.least_margin
        name = request.labels[best]
        found.append(
            Labelled(
                text=text, label=name if sure else None, best=name, score=scores[best], margin=margin, scores=scores
            )
        )
    return found


def _mean(vectors: Sequence[Sequence[float]]) -> list[float]:
    if len(vectors) == 1:
        return list(vectors[0])
    summed = [math.fsum(column) for column in zip(*vectors, strict=True)]
    # Vectors that cancel each other have no mean direction: what is left of them is near to nothing.
    length = math.hypot(*summed) or 1.0
    return [number / length for number in summed]
