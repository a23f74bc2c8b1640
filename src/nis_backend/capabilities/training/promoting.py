"""Names under which models serve: given to what is proven better, taken back, each change kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from nis_backend.capabilities.evaluations.operations import (
    CheckGate,
    Evaluation,
    Gate,
    OneEvaluation,
    check_gate,
    get_evaluation,
)
from nis_backend.capabilities.training import asked
from nis_backend.capabilities.training.learned import learned
from nis_backend.capabilities.training.operations import A_MODEL
from nis_backend.capabilities.training.registry import named
from nis_backend.capabilities.training.training import Named
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_HISTORY = 50
"""Changes of a name that are kept."""
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
    undone: float | None = Field(default=None, description="When it was rolled back; null: it was not.")


class ModelName(Model):
    """A name under which a model serves."""

    id: str
    name: str
    serves_as: str = Field(description="What it is called in chat and completions.")
    model_id: str
    gate: Gate | None = Field(description="The test that the model passed.")
    unproven: str = Field(description="Why it serves without one; empty where it passed.")
    history: list[Change] = Field(
        description="What else it has meant, the newest first, with what was rolled back; the last 50 changes."
    )
    updated: float = Field(description="Seconds since 1970, UTC.")


def _draw(_request: Model, result: ModelName) -> list[View]:
    why = result.gate.reason if result.gate is not None else f"Not proven better: {result.unproven}"
    rows: list[list[str | float]] = [
        [
            one.model_id,
            moment(one.at),
            "" if one.undone is None else moment(one.undone),
            one.unproven or (one.gate.reason if one.gate else ""),
        ]
        for one in result.history
    ]
    return [
        Text(text=f"{result.serves_as} is {result.model_id}. {why}"),
        *(
            [Table(title="Before", columns=["model", "since (UTC)", "rolled back (UTC)", "why"], rows=rows)]
            if rows
            else []
        ),
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

    The proof is two evaluations of the same cases, asked the same way, of this model and of what it is to beat; where
    the name serves already, of what serves. Its p-value is multiplied by how often those cases were looked at, and no
    case may be one that the model learned. Without a proof the reason is kept and told.

    Raises:
        NotFound: the caller has no such model or evaluation.
        Conflict: the test is not passed, the evaluations are of something else, a consent to what the model learned
            was withdrawn, or it serves already.
    """
    row = await named(request.id, ctx)
    name = request.name or str(row["name"])
    holder = await _holder(name, ctx)
    if row["withdrawn"]:
        raise Conflict(
            f"{row['id']} has learned from rows to which a consent was withdrawn since.",
            field="id",
            value=request.id,
            remedy="Train another on the dataset as it is now, and promote that.",
        )
    if holder is not None and holder["model_id"] == row["id"]:
        await _settle([row["id"]], ctx)
        raise Conflict(
            f"local:{name} is {row['id']} already.", field="id", value=request.id, remedy="Nothing is to do."
        )
    gate = None if request.proof is None else await _proven(request.proof, row, holder, ctx)
    now = ctx.now()
    fresh = Change(model_id=row["id"], at=now, gate=gate, unproven=request.unproven)
    await _put(name, holder, [fresh, *_history(holder)], now, ctx)
    return await _told(name, ctx)


async def _proven(proof: Proof, row: Row, holder: Row | None, ctx: Context) -> Gate:
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
    try:
        return await ctx.call(get_evaluation, OneEvaluation(id=id_))
    except NotFound as error:
        error.field = f"proof.{field}"
        raise


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
    """Have a name mean again what it meant before its last change; again, what it meant before that.

    Models that are deleted, or to whose rows a consent was withdrawn, are passed over. What is rolled back stays in the
    history.

    Raises:
        NotFound: nothing serves under it.
        Conflict: it meant nothing before that may serve.
    """
    holder = await _found(request.name, ctx)
    now, history = ctx.now(), _history(holder)
    undone = [_current(history)]
    for place, one in enumerate(history):
        if place <= undone[0] or one.undone is not None:
            continue
        if await _may_serve(one.model_id, ctx):
            changed = [
                each.model_copy(update={"undone": now}) if number in undone else each
                for number, each in enumerate(history)
            ]
            await _put(request.name, holder, changed, now, ctx)
            return await _told(request.name, ctx)
        undone.append(place)
    raise Conflict(
        f"local:{request.name} meant nothing before that is still there and may serve.",
        field="name",
        value=request.name,
        remedy="Promote another model, or retire the name.",
    )


async def _may_serve(model_id: str, ctx: Context) -> bool:
    """Whether a model is there, and no consent to what it learned was withdrawn."""
    row = await ctx.store.get("trained_models", model_id)
    return row is not None and not row["withdrawn"]


@operation(
    "training.retire_name",
    effect="writes",
    repeatable=True,
    examples=(Example(title="No more", request={"name": "example"}, before=(*A_MODEL, PROMOTED)),),
)
async def retire_name(request: OneName, ctx: Context) -> OneName:
    """Have nothing serve under a name any more; the model stays, the name's history goes.

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
    """What the name has meant, the newest first: what it means now and what was rolled back included."""
    kept: list[Any] = [] if holder is None else json.loads(holder["history"])  # Any: JSON
    return [Change.model_validate(one) for one in kept]


def _current(history: list[Change]) -> int:
    """The place of what the name means now: the newest that was not rolled back."""
    return next(place for place, one in enumerate(history) if one.undone is None)


def _trimmed(history: list[Change]) -> list[Change]:
    """As much as is kept: the oldest that were rolled back go first, so that what it means now stays."""
    kept = list(history)
    while len(kept) > MOST_HISTORY:
        undone = [place for place, one in enumerate(kept) if one.undone is not None]
        del kept[undone[-1] if undone else -1]
    return kept


async def _put(name: str, holder: Row | None, history: list[Change], now: float, ctx: Context) -> None:
    """Have the name mean what its history says.

    Raises:
        Conflict: somebody else has changed the name, or deleted the model, meanwhile.
    """
    model_id = history[_current(history)].model_id
    kept = json.dumps([one.model_dump(mode="json") for one in _trimmed(history)])
    elsewhere = Conflict(
        f"local:{name} was changed by somebody else just now.",
        field="name",
        value=name,
        remedy="Look, and call again.",
    )
    if holder is None:
        row: Row = {
            "id": ctx.new_id("name"),
            "name": name,
            "model_id": model_id,
            "history": kept,
            "created": now,
            "updated": now,
        }
        try:
            await ctx.store.insert("model_names", row)
        except Conflict:
            raise elsewhere from None
    else:
        changes = {"model_id": model_id, "history": kept, "updated": now}
        only_if = {"model_id": holder["model_id"], "updated": holder["updated"]}
        if not await ctx.store.update("model_names", holder["id"], changes, only_if=only_if):
            raise elsewhere
    if await ctx.store.get("trained_models", model_id) is None:
        # Who deletes a model looks for its names once more when it is gone: one of the two sees the other.
        await _take_back(name, holder, ctx)
        raise elsewhere
    await _settle([model_id, *([] if holder is None else [holder["model_id"]])], ctx)


async def _take_back(name: str, holder: Row | None, ctx: Context) -> None:
    """Have the name mean what it meant."""
    if holder is None:
        await ctx.store.delete("model_names", (await _found(name, ctx))["id"])
    else:
        before = {column: holder[column] for column in ("model_id", "history", "updated")}
        await ctx.store.update("model_names", holder["id"], before)


async def _settle(model_ids: list[str], ctx: Context) -> None:
    """Write down of each model whether it serves."""
    for model_id in model_ids:
        serving = await ctx.store.count("model_names", where={"model_id": model_id})
        await ctx.store.update("trained_models", model_id, {"state": "promoted" if serving else "replaced"})


async def _told(name: str, ctx: Context) -> ModelName:
    row = await _found(name, ctx)
    before = _history(row)
    now = before.pop(_current(before))
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
