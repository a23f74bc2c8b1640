"""Models that were trained here: listed, told, deleted; candidates, until one is promoted."""

from __future__ import annotations

import asyncio
import json
import shutil
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.capabilities.training import asked
from nis_backend.capabilities.training.operations import A_MODEL
from nis_backend.capabilities.training.registry import named, names_of
from nis_backend.capabilities.training.training import Numbers
from nis_backend.errors import Conflict
from nis_backend.operation import Example, Model, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.trained.places import model_folder
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

Standing = Literal["candidate", "promoted", "replaced"]
"""Whether a model serves under a name: not yet, now, or no more."""


class TrainedModel(Model):
    """A model that was trained here."""

    id: str
    name: str
    kind: str = Field(description="ternary, float, lora, text, image or table.")
    state: Standing
    serves_as: list[str] = Field(description="What it is called in chat and completions, as local:NAME.")
    training_id: str
    base: str | None = Field(description="The model that it began with.")
    dataset_id: str | None
    version: str | None = Field(description="The version of the dataset that it learned from.")
    withdrawn: bool = Field(description="Whether somebody has since withdrawn the consent to rows it learned from.")
    digest: str = Field(description="SHA-256 over its files.")
    bytes: int
    metrics: Numbers = Field(description="Measured on rows that it did not learn from, by names that say the formula.")
    created: float = Field(description="Seconds since 1970, UTC.")


class OneModel(Model):
    """Which model."""

    id: str = Field(min_length=1, max_length=64, description="The model's id, or a name that it serves under.")


class ListModels(Model):
    """Which models to list, newest first."""

    state: Standing | None = Field(default=None, description="Only of this standing.")
    cursor: Cursor = None
    limit: Limit = 20


class ModelList(Model):
    """One page of models."""

    models: list[TrainedModel]
    next_cursor: Next


async def told(row: Row, ctx: Context) -> TrainedModel:
    """A model as callers see it."""
    columns = (
        "id",
        "name",
        "kind",
        "training_id",
        "base",
        "dataset_id",
        "version",
        "digest",
        "bytes",
        "created",
    )
    names = await names_of(row["id"], ctx)
    # Its names decide: what is written down of it may be a moment late.
    before: Standing = "candidate" if row["state"] == "candidate" else "replaced"
    return TrainedModel(
        **{name: row[name] for name in columns},
        state="promoted" if names else before,
        serves_as=[f"local:{name}" for name in names],
        withdrawn=bool(row["withdrawn"]),
        metrics=json.loads(row["metrics"]),
    )


def _draw(_request: Model, result: ModelList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.name, one.kind, one.state, ", ".join(one.serves_as), moment(one.created)] for one in result.models
    ]
    return [Table(title="Models", columns=["id", "name", "kind", "standing", "serves as", "made (UTC)"], rows=rows)]


@operation(
    "training.list_models",
    effect="reads",
    resource="trained_model",
    view=_draw,
    examples=(
        Example(
            title="The newest", request={"limit": 5}, question="Which models have I trained myself?", also=asked.MODELS
        ),
    ),
)
async def list_models(request: ListModels, ctx: Context) -> ModelList:
    """List the models that were trained here, the newest first: those that serve, candidates, and what was replaced."""
    where = {} if request.state is None else {"state": request.state}
    rows, following = await ctx.store.page("trained_models", where=where, cursor=request.cursor, limit=request.limit)
    return ModelList(models=[await told(row, ctx) for row in rows], next_cursor=following)


@operation(
    "training.get_model",
    effect="reads",
    resource="trained_model",
    examples=(Example(title="What is known of it", request={"id": "{made.model_id}"}, before=A_MODEL),),
)
async def get_model(request: OneModel, ctx: Context) -> TrainedModel:
    """Get a model that was trained here: what it learned from, how good it is, and under which names it serves.

    Raises:
        NotFound: the caller has none such.
    """
    return await told(await named(request.id, ctx), ctx)


@operation(
    "training.delete_model",
    effect="destroys",
    repeatable=True,
    resource="trained_model",
    examples=(Example(title="No more", request={"id": "{made.model_id}"}, before=A_MODEL),),
)
async def delete_model(request: OneModel, ctx: Context) -> OneModel:
    """Delete a model with its files; one that serves is refused until another takes its name.

    Raises:
        NotFound: the caller has none such.
        Conflict: it serves.
    """
    row = await named(request.id, ctx)
    await _refuse_serving(row, ctx)
    await ctx.store.delete("trained_models", row["id"])
    try:
        # It may have been promoted since it was looked at; who promotes looks for the model once more too.
        await _refuse_serving(row, ctx)
    except Conflict:
        await ctx.store.insert("trained_models", row)
        raise
    await asyncio.to_thread(shutil.rmtree, model_folder(ctx.settings, row["id"]), ignore_errors=True)
    return OneModel(id=row["id"])


async def _refuse_serving(row: Row, ctx: Context) -> None:
    serving = await names_of(row["id"], ctx)
    if serving:
        raise Conflict(
            f"The model serves as local:{serving[0]}.",
            field="id",
            value=row["id"],
            remedy="Promote another under that name, or take the name back with training.retire_name.",
        )


OPERATIONS = (list_models, get_model, delete_model)
