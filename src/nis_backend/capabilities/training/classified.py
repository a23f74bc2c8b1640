"""What applying a classifier takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    JsonValue,
    StrictBool,
    StrictFloat,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.blob import Blob
from nis_backend.errors import InvalidRequest
from nis_backend.limits import Picture
from nis_backend.operation import Model

CELL = "Input should be a number, a text of at most {most} characters, true, false or null"
MOST_TEXTS, MOST_IMAGES, MOST_ROWS = 256, 16, 1000
LONGEST_TEXT = 20_000
"""Characters of a text: more are not read in training either."""


def _cell(cell: object, handler: ValidatorFunctionWrapHandler) -> str | bool | float | None:
    """One of what a cell may be, or one remark on all of it, not one for each kind."""
    try:
        return handler(cell)
    except ValidationError:
        raise PydanticCustomError("cell", CELL, {"most": LONGEST_CELL}) from None


SomeText = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
LONGEST_CELL = 500
# Strict, as in every choice of a text or a number: a text too long, all of digits, would else be read as a number.
Cell = Annotated[Annotated[str, Field(max_length=LONGEST_CELL)] | StrictBool | StrictFloat | None, WrapValidator(_cell)]
SomeRow = Annotated[dict[str, Cell], Field(max_length=2000)]
Chance = Annotated[float, Unit("")]

PROBABILITY = (
    "Of the label, calibrated on rows that the model had not learnt from: of many answers with 0.8, some eight in ten "
    "are right, where what comes is like what was learnt."
)

WEIGHED = (
    "Its labels are uneven: one is chosen by weighed probabilities, so that rare ones are told too, and need not be "
    "the likeliest. Train with even: false to be told the likeliest."
)


class ApplyModel(Model):
    """A classifier that was trained here, and what it is to say something of."""

    model: Annotated[str, Reads("called"), Names("model", "classifier")] = Field(
        min_length=1,
        max_length=80,
        description="Which: a trained model's id, or a name that it was promoted to, with or without local:.",
    )
    texts: Annotated[list[SomeText], Reads("quotes")] | None = Field(
        default=None, min_length=1, max_length=MOST_TEXTS, description="Texts, for a classifier of texts."
    )
    images: list[Annotated[Blob, Picture()]] | None = Field(
        default=None, min_length=1, max_length=MOST_IMAGES, description="Pictures, for a classifier of pictures."
    )
    rows: list[SomeRow] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_ROWS,
        description="Rows by the names of their columns, for a classifier of tables: numbers, texts, or null.",
    )
    at_least: Annotated[float, Unit(""), Knob(), Names("threshold", "at least")] = Field(
        default=0.0, ge=0, le=1, description="Labels below this probability are not answered; where all are, none is."
    )
    count: Annotated[int, Knob()] = Field(
        default=5, ge=1, le=500, description="Labels whose probability is told, the likeliest first."
    )
    explain: Annotated[int, Knob()] = Field(
        default=5, ge=0, le=50, description="Words or columns that are told which weighed most; of the first 50 inputs."
    )

    @model_validator(mode="after")
    def _has_one_kind(self) -> Self:
        given = [name for name in ("texts", "images", "rows") if getattr(self, name) is not None]
        if len(given) != 1:
            raise InvalidRequest(
                f"{' and '.join(given)} are given to be classified." if given else "Nothing is given to be classified.",
                field=given[1] if given else "texts",
                remedy="Give either texts, images or rows: what the model was trained on.",
            )
        return self


class LabelChance(Model):
    """A label and how probable it is."""

    label: str
    probability: Chance = Field(ge=0, le=1, description="See `probability_is`.")


class Weigh(Model):
    """What of an input moved the answer."""

    name: str = Field(description="The word, run of characters, or column.")
    value: str = Field(default="", description="What stands in the column.")
    push: float = Field(description="See `push_is`.")


class Answer(Model):
    """What the model says of one input."""

    label: str | None = Field(description="The label; null where none is sure enough, and of a number.")
    probability: Chance | None = Field(
        default=None, description="Of the label, or of the likeliest where none is told."
    )
    chances: list[LabelChance] = Field(default_factory=list[LabelChance], description="The likeliest first.")
    number: float | None = Field(default=None, description="Of a model that tells a number.")
    low: float | None = Field(default=None, description="Nine of ten numbers lie between this and `high`.")
    high: float | None = None
    weighs: list[Weigh] = Field(default_factory=list[Weigh], description="What weighed most, the most first.")
    strange: list[str] = Field(
        default_factory=list[str], description="In what it is unlike what the model has learnt from."
    )
    unlike: bool = Field(default=False, description="Whether most of it is: the answer is then a guess.")


class Classified(Model):
    """The answers of a classifier, in the order of the inputs."""

    model_id: str
    name: str
    kind: Literal["text", "image", "table"]
    task: Literal["classification", "regression"]
    labels: list[str] = Field(description="Every label that it knows: what is none of them gets one all the same.")
    answers: list[Answer]
    probability_is: str = Field(description="What a probability means.")
    push_is: str = Field(description="What a push means.")
    drift: str = Field(description="A warning, where most inputs are unlike what it has learnt from; else empty.")
    notes: list[str] = Field(description="What a reader should know of the model.")


class OneClassifier(Model):
    """Which classifier."""

    model: Annotated[str, Reads("called"), Names("model", "classifier")] = Field(
        min_length=1,
        max_length=80,
        description="Which: a trained model's id, or a name that it was promoted to, with or without local:.",
    )


class Measured(Model):
    """A measure on rows that it has not learnt from, with the interval of 95 %, and the floor's."""

    name: str
    value: float
    low: float
    high: float
    floor: float | None = Field(description="The same of who looks at nothing; null where that has none.")
    formula: str


class Tried(Model):
    """A candidate, by rows held out of its fit."""

    words: str
    loss: float = Field(description="Log loss; of numbers, the share of their variance that is not explained.")


class Mistaken(Model):
    """A label that was taken for another."""

    label: str
    answer: str
    rows: int


class ClassifierCard(Model):
    """What a classifier is, how good it is, and what it goes by."""

    model_id: str
    name: str
    kind: Literal["text", "image", "table"]
    task: Literal["classification", "regression"]
    labels: list[str]
    chosen: str = Field(description="What it is.")
    judged: str = Field(description="By what candidates were judged.")
    candidates: list[Tried] = Field(description="The best first; that is the model.")
    rows: int = Field(description="Rows that it was measured on.")
    measured: list[Measured]
    floor_is: str
    calibration: str = Field(description="How its scores became probabilities.")
    calibrations: dict[str, float] = Field(description="Log loss of each way that was tried, on rows held out.")
    weights: list[float] = Field(
        description="By which probabilities are multiplied when a label is chosen; none where the likeliest is."
    )
    confusion: list[list[int]] = Field(description="Rows of each label by their answer; none of more than 40 labels.")
    mistaken: list[Mistaken] = Field(description="The commonest mistakes.")
    weighs: list[Weigh] = Field(description="Columns that weigh most.")
    weighs_is: str
    heaviest: dict[str, list[str]] = Field(description="Of a classifier of texts, the words that speak for each label.")
    left_out: dict[str, str] = Field(description="Columns that are not looked at, and why.")
    embedder: dict[str, JsonValue] | None = Field(description="The model whose vectors it goes by, where it does.")
    notes: list[str]
