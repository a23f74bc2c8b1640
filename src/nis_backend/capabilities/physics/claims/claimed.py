"""What checking a claim takes and gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

Verdict = Literal["confirmed", "refuted", "cannot say"]
Relation = Literal["is", "at most", "at least"]

FormulaText = Annotated[str, Field(min_length=1, max_length=2000)]
Symbol = Annotated[str, Field(min_length=1, max_length=32)]
QuantityText = Annotated[str, Field(max_length=80)]


class EquationRequest(Model):
    """An equation between quantities, and what they measure."""

    equation: Annotated[FormulaText, Reads("law"), Names("formula", "law")] = Field(
        description='Two sides with "=": "E = m c^2". Powers, roots and the usual functions; no derivatives.'
    )
    quantities: Annotated[dict[Symbol, QuantityText], Reads("measures")] = Field(
        default={},
        max_length=40,
        description='For each symbol a quantity "3 kg", a unit alone "kg", or a number. c, G, h, hbar, k_B, N_A, R, '
        "q_e, m_e, m_p, eps_0, mu_0, sigma_SB and g are known.",
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance")] = Field(
        default=1e-3, gt=0, le=1, description="Relative difference of the two sides that counts as equal."
    )


class Side(Model):
    """One side of an equation."""

    dimension: str = Field(description='What it measures: "mass · length / time^2"; "a pure number".')
    value: Annotated[float, Unit("")] | None = Field(description="In SI's base units; null where a symbol has none.")
    unit: str = Field(description="These base units.")


class EquationVerdict(Model):
    """Whether an equation can hold, and whether it does for the values given."""

    verdict: Verdict = Field(
        description="Refuted: the dimensions or the values differ. Confirmed: the values agree. "
        "Cannot say: the dimensions agree, and values are missing."
    )
    reason: str = Field(description="Why, in words.")
    dimensions_agree: bool = Field(description="Whether both sides measure the same.")
    left: Side | None = Field(description="Null where it adds or compares what does not measure the same.")
    right: Side | None = Field(description="Likewise.")
    difference: Annotated[float, Unit("")] | None = Field(
        description="|left - right| / max(|left|, |right|), against 0 over the largest term; null without values."
    )
    assumed: dict[str, str] = Field(description="Symbols that were taken for constants of nature, with their values.")


class Claim(Model):
    """A number that somebody says a computation comes to."""

    path: str = Field(
        min_length=1, max_length=120, description='Where in the result it stands: "period", "trajectory.height.-1".'
    )
    value: float | QuantityText = Field(description='The number in the result\'s unit, or a quantity: "3 s".')
    relation: Relation = Field(default="is", description="Whether the result is that number, or bounded by it.")
    tolerance: Annotated[float, Unit("")] | None = Field(
        default=None, gt=0, le=1, description="Relative; unset: half of the last digit that the value states."
    )


class ClaimRequest(Model):
    """A statement in words; or an operation, its request, and what it is claimed to come to."""

    statement: Annotated[str, Reads("claim"), Names("claim", "statement")] = Field(
        default="",
        max_length=1000,
        description='As a person says it: "A 1 m pendulum let go at 30 degrees has a period of 3 s".',
    )
    operation: str = Field(default="", max_length=64, description="The operation that computes it, by name.")
    request: dict[str, Any] = Field(default={}, description="The request of that operation.")  # Any: JSON
    claims: list[Claim] = Field(default=[], max_length=20, description="What its result is claimed to be.")

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if bool(self.statement) == bool(self.operation):
            raise InvalidRequest(
                "A claim is a statement, or an operation with claims; one of them.",
                field="statement",
                value=self.statement[:80],
                remedy="Give a statement in words, or operation, request and claims.",
            )
        if self.operation and not self.claims:
            raise InvalidRequest(
                "Nothing is claimed.", field="claims", remedy="Give at least one claim: its path and its value."
            )
        return self


class ClaimVerdict(Model):
    """What became of one claim."""

    path: str
    verdict: Verdict
    reason: str = Field(description="Why, in words.")
    claimed: Annotated[float, Unit("")] | None = Field(description="In `unit`; null where it is no number.")
    computed: Annotated[float, Unit("")] | None = Field(description="In `unit`; null where there is no such number.")
    error: Annotated[float, Unit("")] | None = Field(
        description="How much the computed value changed with a tolerance a hundred times finer, or its own error if "
        "that is more; null if it has neither."
    )
    allowed: Annotated[float, Unit("")] | None = Field(description="Largest difference that counts as agreement.")
    unit: str


class Verification(Model):
    """A claim held against a computation."""

    verdict: Verdict = Field(description="Refuted if any claim is; confirmed if all are.")
    reason: str = Field(description="Why, in words.")
    claims: list[ClaimVerdict]
    operation: str = Field(description='What computed it; "" where nothing could.')
    request: dict[str, Any] = Field(description="With which arguments.")  # Any: JSON
    receipt: Receipt | None = Field(description="How that was computed; null where the result has none.")


class TrajectoryClaim(Model):
    """A trajectory that somebody says solves a system of first-order equations."""

    equations: list[FormulaText] = Field(
        min_length=1, max_length=12, description="One a column, such as x' = v and v' = -k x/m; t is the time."
    )
    parameters: dict[Symbol, Annotated[float, Unit("")]] = Field(
        default={}, max_length=40, description="Values of the other symbols, in one consistent system of units."
    )
    time: list[Annotated[float, Unit("")]] = Field(
        min_length=2, max_length=2001, description="Rising times of the samples, in the equations' unit."
    )
    columns: dict[Symbol, Annotated[list[Annotated[float, Unit("")]], Field(min_length=2, max_length=2001)]] = Field(
        min_length=1, max_length=12, description="For each unknown, its value at each time."
    )
    invariants: list[FormulaText] = Field(
        default=[], max_length=6, description='What should stay the same: "v^2/2 + g h".'
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance")] = Field(
        default=1e-3,
        gt=0,
        le=1,
        description="Largest miss between two samples, relative to the column's largest.",
    )


class TrajectoryVerdict(Model):
    """Whether a trajectory solves the equations."""

    verdict: Verdict
    reason: str = Field(description="Why, in words.")
    worst_column: str = Field(description="The unknown that misses most.")
    worst_time: Annotated[float, Unit("")] = Field(description="The sample after which it does.")
    worst_miss: Annotated[float, Unit("")] = Field(
        description="Largest |next sample - this one carried on by the equations|, relative to the column's largest."
    )
    misses: list[Annotated[float, Unit("")]] = Field(description="The largest miss of any column, at each sample.")
    time: list[Annotated[float, Unit("")]] = Field(description="The times of `misses`: all samples but the first.")
    receipt: Receipt
