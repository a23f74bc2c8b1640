"""Names under which models serve: given to what is proven better, taken back, each change kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from nis_backend.capabilities.evaluations.operations import (
    CheckGate,
    Gate,
    OneEvaluation,
    check_gate,
    get_evaluation,
)
from nis_backend.capabilities.training import asked
from nis_backend.capabilities.training.operations import A_MODEL
from nis_backend.capabilities.training.registry import named
from nis_backend.capabilities.training.training import Named
from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_HISTORY = 50
"""Changes of a name that are kept."""


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


class PromoteModel(Model):
    """Which model is to serve, under which name, and why."""

    id: str = Field(min_length=1, max_length=64, description="The model's id.")
    name: Named | None = Field(default=None, description="It serves as local:NAME; unset, the model's own name.")
    proof: Proof | None = Field(default=None, description="That it is better: checked by a paired exact test.")
    unproven: str = Field(
        default="",
        max_length=400,
        description="Why it is to serve without a proof; kept with the name, and told wherever it is.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> PromoteModel:
        if (self.proof is None) == (not self.unproven):
            raise InvalidRequest(
                "Both a proof and a reason to do without one are given." if self.proof else "No proof is given.",
                field="unproven" if self.proof else "proof",
                remedy="Give proof, two evaluations of the same cases; or, without one, the reason as unproven.",
            )
        return self


class Change(Model):
    """What a name came to mean, and why."""

    model_id: str
    at: float = Field(description="Seconds since 1970, UTC.")
    gate: Gate | None = Field(description="The test that it passed.")
    unproven: str = Field(description="Why it serves without one.")


class ModelName(Model):
    """A name under which a model serves."""

    id: str
    name: str
    serves_as: str = Field(description="What it is called in chat and completions.")
    model_id: str
    gate: Gate | None = Field(description="The test that the model passed.")
    unproven: str = Field(description="Why it serves without one; empty where it passed.")
    history: list[Change] = Field(description="What it meant before, the newest first.")
    updated: float = Field(description="Seconds since 1970, UTC.")


def _draw(_request: Model, result: ModelName) -> list[View]:
    why = result.gate.reason if result.gate is not None else f"Not proven better: {result.unproven}"
    rows: list[list[str | float]] = [[one.model_id, moment(one.at), one.unproven or "passed"] for one in result.history]
    return [
        Text(text=f"{result.serves_as} is {result.model_id}. {why}"),
        *([Table(title="Before", columns=["model", "since (UTC)", "why"], rows=rows)] if rows else []),
    ]


PROMOTED = Before(
    name="promoted",
    operation="training.promote_model",
    request={"id": "{made.model_id}", "name": "example", "unproven": "It is the first of its kind."},
)


SECOND = Before(name="second", operation="training.start_training", request={**asked.TRAINING, "seed": 1})
REPLACED = Before(
    name="replaced",
    operation="training.promote_model",
    request={"id": "{second.model_id}", "name": "example", "unproven": "It is newer."},
)


@operation(
    "training.promote_model",
    effect="writes",
    on="trained_model",
    repeatable=True,
    view=_draw,
    examples=(
        Example(
            title="The first of its kind",
            request={"id": "{made.model_id}", "name": "example", "unproven": "It is the first of its kind."},
            before=A_MODEL,
        ),
    ),
)
async def promote_model(request: PromoteModel, ctx: Context) -> ModelName:
    """Have a model serve as local:NAME, where it is proven better than what served before: by a paired exact test.

    The proof is two evaluations of the same cases, of this model and of what it is to beat; where the name serves
    already, of what serves. Without a proof the reason is kept and told.

    Raises:
        NotFound: the caller has no such model or evaluation.
        Conflict: the test is not passed, or the evaluations are of something else.
    """
    row = await named(request.id, ctx)
    name = request.name or str(row["name"])
    holder = await _holder(name, ctx)
    gate = None if request.proof is None else await _proven(request.proof, row, holder, ctx)
    if holder is not None and holder["model_id"] == row["id"]:
        raise Conflict(
            f"local:{name} is {row['id']} already.", field="id", value=request.id, remedy="Nothing is to do."
        )
    now = ctx.now()
    fresh = Change(model_id=row["id"], at=now, gate=gate, unproven=request.unproven)
    await _put(name, holder, [fresh, *_history(holder)], now, ctx)
    return await _told(name, ctx)


async def _proven(proof: Proof, row: Row, holder: Row | None, ctx: Context) -> Gate:
    """The test that was passed.

    Raises:
        Conflict: it was not, or is of something else.
    """
    candidate = await ctx.call(get_evaluation, OneEvaluation(id=proof.candidate))
    if not await _is_of(candidate.target, row["id"], ctx):
        raise Conflict(
            f"The evaluation {proof.candidate} is of {candidate.target}, not of {row['id']}.",
            field="proof.candidate",
            value=proof.candidate,
            remedy=f"Evaluate local:{row['id']} on the same cases.",
        )
    baseline = await ctx.call(get_evaluation, OneEvaluation(id=proof.baseline))
    if holder is not None and not await _is_of(baseline.target, holder["model_id"], ctx):
        raise Conflict(
            f"local:{holder['name']} is {holder['model_id']}, and the evaluation {proof.baseline} is of "
            f"{baseline.target}.",
            field="proof.baseline",
            value=proof.baseline,
            remedy=f"Evaluate local:{holder['name']} on the same cases.",
        )
    gate = await ctx.call(check_gate, CheckGate(**proof.model_dump()))
    if not gate.passed:
        raise Conflict(
            f"It is not proven better: {gate.reason}",
            field="proof",
            value=proof.candidate,
            remedy="Evaluate both on more cases, train further, or say in unproven why it is to serve all the same.",
        )
    return gate


async def _is_of(target: str, model_id: str, ctx: Context) -> bool:
    """Whether an evaluation's target is this model, by its id or by a name."""
    try:
        return target.startswith("local:") and (await named(target, ctx))["id"] == model_id
    except NotFound:
        return False


class OneName(Model):
    """Which name."""

    name: Named = Field(description="The name, without local:.")


@operation(
    "training.roll_back_model",
    effect="writes",
    view=_draw,
    examples=(
        Example(
            title="What it meant before",
            request={"name": "example"},
            before=(*A_MODEL, PROMOTED, SECOND, REPLACED),
        ),
    ),
)
async def roll_back_model(request: OneName, ctx: Context) -> ModelName:
    """Have a name mean again what it meant before its last change.

    Raises:
        NotFound: nothing serves under it.
        Conflict: it never meant anything else, or that model is deleted.
    """
    holder = await _found(request.name, ctx)
    history = _history(holder)
    there = [one for one in history[1:] if await ctx.store.get("trained_models", one.model_id) is not None]
    if not there:
        raise Conflict(
            f"local:{request.name} meant nothing before that is still there.",
            field="name",
            value=request.name,
            remedy="Promote another model, or retire the name.",
        )
    await _put(request.name, holder, history[history.index(there[0]) :], ctx.now(), ctx)
    return await _told(request.name, ctx)


@operation(
    "training.retire_name",
    effect="writes",
    repeatable=True,
    examples=(Example(title="No more", request={"name": "example"}, before=(*A_MODEL, PROMOTED)),),
)
async def retire_name(request: OneName, ctx: Context) -> OneName:
    """Have nothing serve under a name any more; the model stays.

    Raises:
        NotFound: nothing serves under it.
    """
    holder = await _found(request.name, ctx)
    await ctx.store.delete("model_names", holder["id"])
    await _settle([holder["model_id"]], ctx)
    return request


async def _holder(name: str, ctx: Context) -> Row | None:
    return next(iter(await ctx.store.select("model_names", where={"name": name}, limit=1)), None)


async def _found(name: str, ctx: Context) -> Row:
    row = await _holder(name, ctx)
    if row is None:
        raise NotFound(
            f"Nothing serves as local:{name}.", field="name", value=name, remedy="training.list_models has what serves."
        )
    return row


def _history(holder: Row | None) -> list[Change]:
    """What the name has meant, the newest first: what it means now included."""
    kept: list[Any] = [] if holder is None else json.loads(holder["history"])  # Any: JSON
    return [Change.model_validate(one) for one in kept]


async def _put(name: str, holder: Row | None, history: list[Change], now: float, ctx: Context) -> None:
    """Have the name mean the first of its history."""
    model_id = history[0].model_id
    kept = json.dumps([one.model_dump(mode="json") for one in history[:MOST_HISTORY]])
    if holder is None:
        row: Row = {
            "id": ctx.new_id("name"),
            "name": name,
            "model_id": model_id,
            "history": kept,
            "created": now,
            "updated": now,
        }
        await ctx.store.insert("model_names", row)
    else:
        changes = {"model_id": model_id, "history": kept, "updated": now}
        only_if = {"model_id": holder["model_id"]}
        if not await ctx.store.update("model_names", holder["id"], changes, only_if=only_if):
            raise Conflict(
                f"local:{name} was changed by somebody else just now.",
                field="name",
                value=name,
                remedy="Look, and call again.",
            )
    await _settle([model_id, *([] if holder is None else [holder["model_id"]])], ctx)


async def _settle(model_ids: list[str], ctx: Context) -> None:
    """Write down of each model whether it serves."""
    for model_id in model_ids:
        serving = await ctx.store.count("model_names", where={"model_id": model_id})
        await ctx.store.update("trained_models", model_id, {"state": "promoted" if serving else "replaced"})


async def _told(name: str, ctx: Context) -> ModelName:
    row = await _found(name, ctx)
    now, *before = _history(row)
    return ModelName(
        id=row["id"],
        name=name,
        serves_as=f"local:{name}",
        model_id=row["model_id"],
        gate=now.gate,
        unproven=now.unproven,
        history=before,
        updated=row["updated"],
    )


OPERATIONS = (promote_model, roll_back_model, retire_name)
