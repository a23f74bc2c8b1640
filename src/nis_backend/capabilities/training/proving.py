"""What shows that a model is better than what serves: two evaluations of cases that it has not learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.evaluations.operations import (
    CheckGate,
    Evaluation,
    Gate,
    OneEvaluation,
    check_gate,
    get_evaluation,
)
from nis_backend.capabilities.training.learned import learned
from nis_backend.capabilities.training.registry import named
from nis_backend.errors import Conflict, NisError, NotFound
from nis_backend.found import named_in
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

ASKED = ("system", "max_tokens", "temperature")
"""Of how a model is asked, what decides how good its answers are."""
SHOWN = 5
"""Cases that a refusal names."""


class Proof(Model):
    """What shows that a model is better: two evaluations of the same cases."""

    candidate: str = Field(min_length=1, max_length=64, description="The evaluation of the model, as local:ID.")
    baseline: str = Field(
        min_length=1, max_length=64, description="The evaluation of what serves now, or of what else it is to beat."
    )
    metric: str = Field(min_length=1, max_length=64, description="By which metric.")
    significance: float = Field(
        default=0.05, gt=0, lt=0.5, description="How likely a difference by chance alone may be, at most."
    )


async def proven(proof: Proof, row: Row, holder: Row | None, ctx: Context) -> Gate:
    """The test that was passed.

    Raises:
        Conflict: it was not, or is of something else.
    """
    candidate = await _evaluation(proof.candidate, "candidate", ctx)
    if not await _is_of(candidate.target, row["id"], ctx):
        raise Conflict(
            f"The evaluation {proof.candidate} is of {candidate.target}, not of {row['id']}.",
            field="proof.candidate",
            value=proof.candidate,
            remedy=f"Evaluate local:{row['id']} on the same cases.",
        )
    baseline = await _evaluation(proof.baseline, "baseline", ctx)
    if holder is not None and not await _is_of(baseline.target, holder["model_id"], ctx):
        raise Conflict(
            f"local:{holder['name']} is {holder['model_id']}, and the evaluation {proof.baseline} is of "
            f"{baseline.target}.",
            field="proof.baseline",
            value=proof.baseline,
            remedy=f"Evaluate local:{holder['name']} on the same cases.",
        )
    differs = [name for name in ASKED if getattr(candidate.how, name) != getattr(baseline.how, name)]
    if differs:
        raise Conflict(
            f"The two were asked differently: {', '.join(differs)}.",
            field="proof.baseline",
            value=proof.baseline,
            remedy="Evaluate both with the same `how`.",
        )
    try:
        gate = await ctx.call(check_gate, CheckGate(**proof.model_dump()))
    except NisError as error:
        error.field = f"proof.{error.field}"
        raise
    if not gate.passed or (gate.p_corrected or 0.0) > proof.significance:
        raise Conflict(
            f"It is not proven better: {gate.reason}",
            field="proof",
            value=proof.candidate,
            remedy="Evaluate both on more cases, train further, or say in unproven why it is to serve all the same.",
        )
    return await _unlearned(candidate, row, gate, ctx)


async def _unlearned(candidate: Evaluation, row: Row, gate: Gate, ctx: Context) -> Gate:
    """The gate, with what is known of cases that the model has seen.

    Raises:
        Conflict: it has learned some of them.
    """
    found = await learned(row, await ctx.blobs.read(str(candidate.answers)), ctx)
    if found.cases:
        numbers = ", ".join(map(str, sorted(found.cases)[:SHOWN]))
        raise Conflict(
            f"{row['id']} has learned {len(found.cases)} of the {candidate.counts.cases} cases: numbers {numbers}"
            f"{' and others' if len(found.cases) > SHOWN else ''} are rows that it was trained or chosen by.",
            field="proof.candidate",
            value=candidate.id,
            remedy="Evaluate both on rows that no training saw: the split test, say.",
        )
    told = ""
    if found.asked:
        told += f" The questions of {len(found.asked)} cases, not their answers, are in rows that it learned from."
    if found.unknown:
        told += f" Whether it learned any of the cases cannot be told: {found.unknown}"
    return gate.model_copy(update={"reason": f"{gate.reason}{told}"})


async def _evaluation(id_: str, field: str, ctx: Context) -> Evaluation:
    with named_in(f"proof.{field}"):
        return await ctx.call(get_evaluation, OneEvaluation(id=id_))


async def _is_of(target: str, model_id: str, ctx: Context) -> bool:
    """Whether an evaluation's target is this model, by its id or by a name."""
    try:
        return target.startswith("local:") and (await named(target, ctx))["id"] == model_id
    except NotFound:
        return False
