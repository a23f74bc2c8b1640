"""What can be measured of answers: each kind with its settings, its formula, and where its scores lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field, JsonValue, StringConstraints
from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from nis_backend.annotations import Plain, Unit
from nis_backend.capabilities.evaluations import wording
from nis_backend.capabilities.evaluations.cases import LONGEST_RUBRIC
from nis_backend.errors import InvalidRequest, NotSupported, shorten
from nis_backend.operation import Model

Kind = Literal[
    "exact_match",
    "contains",
    "matches",
    "label",
    "token_f1",
    "chrf",
    "numeric",
    "schema_valid",
    "bits_per_byte",
    "judge",
    "latency",
    "tokens",
    "cost",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_METRICS = 16
NAME = r"^[a-z][a-z0-9_]{0,63}$"


class Metric(Model):
    """What is measured, and how."""

    kind: Kind = Field(description="Which measure; `formula` of the result says how it is computed.")
    name: str | None = Field(default=None, pattern=NAME, description="What it is called; unset, as its kind.")
    as_written: bool = Field(
        default=False, description="exact_match: whether letters' case, punctuation and articles count."
    )
    pattern: Annotated[str, Plain] = Field(
        default="", max_length=2000, description="matches: a regular expression that is found somewhere in the answer."
    )
    labels: list[Annotated[str, StringConstraints(min_length=1, max_length=200)]] = Field(
        default_factory=list[str], max_length=200, description="label: what an answer may be; unset, what is expected."
    )
    absolute: Annotated[float, Unit("")] = Field(
        default=0.0, ge=0, description="numeric: how far the number may be off, in its own unit."
    )
    relative: Annotated[float, Unit("")] = Field(
        default=1e-6, ge=0, le=1, description="numeric: how far it may be off, as a part of the expected one."
    )
    number: Literal["last", "first", "any", "only"] = Field(
        default="last", description="numeric: which number of the answer; only: the answer is nothing but a number."
    )
    answer_schema: dict[str, JsonValue] | None = Field(
        default=None, description="schema_valid: JSON schema of every answer; a case's own comes first."
    )
    of: Literal["expected", "answer"] = Field(
        default="expected",
        description="bits_per_byte: of the expected text, or of the answer itself, which tells how sure the model was.",
    )
    rubric: Annotated[str, Plain] = Field(
        default="", max_length=LONGEST_RUBRIC, description="judge: what a good answer has; a case's own comes first."
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="judge: the model that judges; unset, the default."
    )
    against: str = Field(
        default="expected",
        min_length=1,
        max_length=64,
        description="judge: what the answer is held against: the expected one, `rubric` alone, or an evaluation's id.",
    )

    @property
    def called(self) -> str:
        """Its name."""
        return self.name or self.kind


JUDGED = (
    "asked twice, the second time with the two in the other order: 1 where the answer is preferred both times, 0 where "
    "the other is both times, else 0.5"
)
RUBRIC = "asked twice whether the answer meets the rubric, the second time with yes and no the other way round: 1, 0, "
SEEN = "the server's clock, from the question to the whole answer or refusal, side by side with others"


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What is true of a kind of measure."""

    formula: str
    bounds: tuple[float, float] | None = (0.0, 1.0)
    unit: str = ""
    better: Literal["higher", "lower"] = "higher"
    binary: bool = False
    expects: bool = False
    """Whether it needs the expected answer."""


TRAITS: dict[Kind, Traits] = {
    "exact_match": Traits(formula=wording.EXACT, binary=True, expects=True),
    "contains": Traits(formula=wording.CONTAINS, binary=True, expects=True),
    "matches": Traits(formula="1 where the pattern is found in the answer, else 0", binary=True),
    "label": Traits(
        formula=f"1 where the answer is the expected label, both {wording.NORMALISED}, else 0 (as "
        "written, where two labels are the same by that); the mean is the accuracy. Macro F1 is the mean of "
        "2 TP / (2 TP + FP + FN) over the labels that were expected or answered",
        binary=True,
        expects=True,
    ),
    "token_f1": Traits(formula=wording.TOKEN_F1, expects=True),
    "chrf": Traits(formula=wording.CHRF, bounds=(0.0, 100.0), expects=True),
    "numeric": Traits(formula=wording.NUMERIC, binary=True, expects=True),
    "schema_valid": Traits(
        formula="1 where the answer is JSON that follows its schema, draft 2020-12, in a code fence or not, else 0",
        binary=True,
    ),
    "bits_per_byte": Traits(
        formula="the negative binary logarithm of the probability of the text, by its bytes in UTF-8",
        bounds=None,
        unit="bit/byte",
        better="lower",
    ),
    "judge": Traits(formula=JUDGED),
    "latency": Traits(formula=f"milliseconds of one call: {SEEN}", bounds=None, unit="ms", better="lower"),
    "tokens": Traits(
        formula="tokens in and out of one call, by its provider's count", bounds=None, unit="token", better="lower"
    ),
    "cost": Traits(
        formula="dollars of one call, by the prices that the gateway knows", bounds=None, unit="USD", better="lower"
    ),
}


SPENT = frozenset({"latency", "tokens", "cost"})
"""Kinds that tell what a call took."""


def formula_of(metric: Metric) -> str:
    """How this measure is computed, with its settings."""
    formula = TRAITS[metric.kind].formula
    match metric.kind:
        case "exact_match" if metric.as_written:
            formula = wording.EXACT_AS_WRITTEN
        case "matches":
            formula += f": {metric.pattern}"
        case "numeric":
            formula += (
                f": the greater of {metric.absolute:g} and {metric.relative:g} times the expected number; "
                f"{metric.number} number of the answer"
            )
        case "bits_per_byte":
            formula += f"; the text is the {'answer itself, as chosen' if metric.of == 'answer' else 'expected answer'}"
        case "judge" if metric.against == "rubric":
            formula = f"{RUBRIC}0.5 where the two differ"
        case "judge":
            whose = "the expected answer" if metric.against == "expected" else f"that of {metric.against}"
            formula = f"a model is shown the answer and {whose} and {JUDGED}"
        case _:
            pass
    return formula


def read(given: list[Kind | Metric]) -> list[Metric]:
    """The measures that are wanted; a kind by itself has its usual settings.

    Raises:
        InvalidRequest: two have one name, or a setting is missing.
    """
    metrics = [one if isinstance(one, Metric) else Metric(kind=one) for one in given]
    names = [one.called for one in metrics]
    for number, one in enumerate(metrics):
        if one.called in names[:number]:
            raise InvalidRequest(
                f"Two metrics are called {one.called!r}.",
                field=f"metrics.{number}.name",
                value=one.called,
                remedy="Give each its own name.",
            )
        if one.kind == "matches" and not one.pattern:
            raise InvalidRequest(
                "There is no pattern to be found.",
                field=f"metrics.{number}.pattern",
                value="",
                remedy="Give a regular expression.",
            )
        if one.kind == "matches":
            searching(one.pattern, f"metrics.{number}.pattern")
    return metrics


def searching(pattern: str, field: str) -> Searches:
    """What finds a pattern in a text, in linear time: with an engine that does not go back.

    Raises:
        NotSupported: it cannot be matched so.
    """
    try:
        schema = core_schema.str_schema(pattern=pattern, regex_engine="rust-regex")
        return Searches(SchemaValidator(schema))
    except SchemaError:
        raise NotSupported(
            f"The pattern cannot be matched in linear time: {shorten(pattern, 60)}.",
            field=field,
            value=pattern,
            remedy="Write it without looking ahead or back, and without references to its groups.",
        ) from None


class Searches:
    """A pattern, read."""

    def __init__(self, validator: SchemaValidator) -> None:
        self._validator = validator

    def finds(self, text: str) -> bool:
        """Whether it is found in the text."""
        try:
            self._validator.validate_python(text)
        except ValidationError:
            return False
        return True
