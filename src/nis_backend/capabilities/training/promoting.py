"""Names under which models serve: given to what is proven better, taken back, each change kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from nis_backend.capabilities.evaluations.operations import Gate
from nis_backend.capabilities.training import asked
from nis_backend.capabilities.training.names import (
    Change,
    current,
    found,
    history_of,
    holder_of,
    put,
    settle,
    undone,
)
from nis_backend.capabilities.training.operations import A_MODEL
from nis_backend.capabilities.training.proving import Proof, proven
from nis_backend.capabilities.training.registry import named
from nis_backend.capabilities.training.training import Named
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context


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
    holder = await holder_of(name, ctx)
    if row["withdrawn"]:
        raise Conflict(
            f"{row['id']} has learned from rows to which a consent was withdrawn since.",
            field="id",
            value=request.id,
            remedy="Train another on the dataset as it is now, and promote that.",
        )
    if holder is not None and holder["model_id"] == row["id"]:
        await settle([row["id"]], ctx)
        raise Conflict(
            f"local:{name} is {row['id']} already.", field="id", value=request.id, remedy="Nothing is to do."
        )
    gate = None if request.proof is None else await proven(request.proof, row, holder, ctx)
    now = ctx.now()
    fresh = Change(model_id=row["id"], at=now, gate=gate, unproven=request.unproven)
    await put(name, holder, [fresh, *history_of(holder)], now, ctx)
    return await _told(name, ctx)


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
    holder = await found(request.name, ctx)
    now = ctx.now()
    history = await undone(history_of(holder), now, ctx)
    if history is not None:
        await put(request.name, holder, history, now, ctx)
        return await _told(request.name, ctx)
    raise Conflict(
        f"local:{request.name} meant nothing before that is still there and may serve.",
        field="name",
        value=request.name,
        remedy="Promote another model, or retire the name.",
    )


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
    holder = await found(request.name, ctx)
    await ctx.store.delete("model_names", holder["id"])
    await settle([holder["model_id"]], ctx)
    return request


async def _told(name: str, ctx: Context) -> ModelName:
    row = await found(name, ctx)
    before = history_of(row)
    now = before.pop(current(before))
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
