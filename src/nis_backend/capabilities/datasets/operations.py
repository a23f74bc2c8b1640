"""Datasets as operations: made, listed, told of with their versions and rows, changed, removed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from nis_backend.annotations import Reads, Says
from nis_backend.capabilities.datasets import asked, views
from nis_backend.capabilities.datasets.dataset import (
    A_NAME,
    MOST_DATASETS,
    MOST_ROWS,
    Dataset,
    Digest,
    OneDataset,
    OneVersion,
    Version,
    dataset_of,
    every_version,
    find,
    find_version,
    version_of,
)
from nis_backend.capabilities.datasets.kinds import Kind
from nis_backend.capabilities.datasets.versions import TRIES, changed_meanwhile, drop_exports, drop_version
from nis_backend.capabilities.datasets.work import path_of
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.found import keep, taken
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Next

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

CLIPPED = 20_000
"""Characters of a row that is shown; of a longer one the beginning."""
AT_ONCE = 200
"""Rows of a table that are removed together."""


class CreateDataset(Model):
    """A dataset to be made."""

    name: Annotated[str, Reads("called")] | None = Field(
        default=None, max_length=64, pattern=A_NAME, description="Takes the id's place; unset, the id is the name."
    )
    kind: Annotated[Kind, Reads("choice"), Says(asked.KINDS)] = Field(
        description="What its rows hold: text (texts to go on like), chat (conversations with answers), preferences "
        "(two answers, one of them better), labels (texts and what they are), images (pictures and what they show), "
        "table (features and what follows from them), cases (for evaluations)."
    )
    description: str = Field(default="", max_length=2000, description="What it is, and where it is from.")


class UpdateDataset(OneDataset):
    """Which dataset, and what changes; what is unset stays."""

    name: str | None = Field(default=None, min_length=1, max_length=64, pattern=A_NAME, description="Its new name.")
    description: str | None = Field(default=None, max_length=2000, description="What it is.")
    version: Digest | None = Field(
        default=None, description="An earlier version that is to be the current one again, by its SHA-256."
    )


class ListDatasets(Model):
    """Which datasets, the newest first."""

    kind: Kind | None = Field(default=None, description="Only of this kind.")
    cursor: Cursor = None
    limit: Annotated[int, Reads("count")] = Field(default=20, ge=1, le=100, description="Most to answer.")


class DatasetList(Model):
    """One page of datasets."""

    datasets: list[Dataset]
    next_cursor: Next


class VersionList(Model):
    """The versions of a dataset, the newest first."""

    dataset: str = Field(description="Its id.")
    versions: list[Version]


class ListExamples(OneVersion):
    """Which rows of which version."""

    start: int = Field(
        default=0, ge=0, le=MOST_ROWS, description="Rows that are passed over; `next` of the page before."
    )
    limit: Annotated[int, Reads("count")] = Field(default=10, ge=1, le=100, description="Most to answer.")


class ExampleList(Model):
    """Some rows of a version, in their order."""

    dataset: str = Field(description="Its id.")
    version: str
    rows: int = Field(description="Of the whole version.")
    examples: list[dict[str, Any]]  # Any: a row's members differ by the kind
    clipped: int = Field(description="Rows here that are longer than 20,000 characters, of which the beginning stands.")
    next: int | None = Field(description="Give it as `start` for the next page; null on the last one.")


MADE = Before(name="made", operation="datasets.create_dataset", request={"kind": "labels"})
FILLED = Before(
    name="filled", operation="datasets.import_examples", request={"id": "{made.id}", "rows": list(asked.REVIEWS)}
)


@operation(
    "datasets.create_dataset",
    effect="writes",
    repeatable=True,
    resource="dataset",
    view=views.draw_dataset,
    examples=(
        Example(
            title="For texts with labels",
            request={"kind": "labels", "description": "What customers write."},
            question="Create a dataset of labelled texts.",
            also=asked.CREATE,
        ),
    ),
)
async def create_dataset(request: CreateDataset, ctx: Context) -> Dataset:
    """Make a dataset: examples of one kind, to learn from or to measure by, kept in versions.

    Raises:
        Conflict: there is one of this name, or there are 1,000.
    """
    now, id_ = ctx.now(), ctx.new_id("dataset")
    row: Row = {
        "id": id_,
        "name": request.name or id_,
        "description": request.description,
        "kind": request.kind,
        "splits": "null",
        "version": None,
        "rows": 0,
        "created": now,
        "updated": now,
    }
    await keep("datasets", "dataset", row, MOST_DATASETS, ctx)
    return dataset_of(row)


@operation(
    "datasets.get_dataset",
    effect="reads",
    resource="dataset",
    view=views.draw_dataset,
    examples=(Example(title="By its id", request={"id": "{made.id}"}, before=(MADE, FILLED)),),
)
async def get_dataset(request: OneDataset, ctx: Context) -> Dataset:
    """Get a dataset by its id or its name: its kind, its rows, its current version, how it is split."""
    return dataset_of(await find(request.id, ctx))


@operation(
    "datasets.list_datasets",
    effect="reads",
    resource="dataset",
    view=views.draw_datasets,
    examples=(
        Example(
            title="What there is",
            request={"limit": 1},
            before=(MADE,),
            question="Which datasets do I have?",
            also=asked.LIST,
        ),
    ),
)
async def list_datasets(request: ListDatasets, ctx: Context) -> DatasetList:
    """List the caller's datasets, the newest first."""
    where = {"kind": request.kind} if request.kind else None
    rows, following = await ctx.store.page("datasets", where=where, cursor=request.cursor, limit=request.limit)
    return DatasetList(datasets=[dataset_of(row) for row in rows], next_cursor=following)


@operation(
    "datasets.update_dataset",
    effect="writes",
    repeatable=True,
    resource="dataset",
    view=views.draw_dataset,
    examples=(
        Example(title="Describe it", request={"id": "{made.id}", "description": "Reviews of 2026."}, before=(MADE,)),
    ),
)
async def update_dataset(request: UpdateDataset, ctx: Context) -> Dataset:
    """Change a dataset's name or description, or have an earlier version be the current one again.

    Raises:
        NotFound: the caller has none such, or it has no such version.
        InvalidRequest: nothing is to change.
        Conflict: there is another of this name.
    """
    for _ in range(TRIES):
        row = await find(request.id, ctx)
        changes = await _changes(request, row, ctx)
        held = {} if request.version is None else {"version": row["version"]}
        try:
            if await ctx.store.update("datasets", row["id"], changes, only_if=held):
                return dataset_of({**row, **changes})
        except Conflict:
            raise taken("dataset", str(request.name)) from None
    raise changed_meanwhile(await find(request.id, ctx))


async def _changes(request: UpdateDataset, row: Row, ctx: Context) -> Row:
    changes: Row = request.model_dump(include={"name", "description"}, exclude_none=True)
    if request.version is not None:
        version = await find_version(row, request.version, ctx)
        changes |= {"version": version["digest"], "rows": version["rows"]}
    if not changes:
        raise InvalidRequest("Nothing is to change.", field="name", value="", remedy="Give what is to change.")
    return {**changes, "updated": ctx.now()}


@operation(
    "datasets.delete_dataset",
    effect="destroys",
    repeatable=True,
    resource="dataset",
    time_limit=300,
    examples=(Example(title="No more", request={"id": "{made.id}"}, before=(MADE, FILLED)),),
)
async def delete_dataset(request: OneDataset, ctx: Context) -> OneDataset:
    """Delete a dataset for good: all its versions with their bytes, what was exported of it, where its rows were from.

    Models that learned from it stay, and name it. Where there are some, it stays known whose rows these were, until
    they withdraw their consent: then the models are marked.
    """
    row = await find(request.id, ctx)
    for version in await every_version(row["id"], ctx):
        await drop_version(version, ctx)
    await drop_exports(row["id"], ctx)
    learned = [
        await ctx.store.count(table, where={"dataset_id": row["id"]}) for table in ("trainings", "trained_models")
    ]
    while not any(learned) and (
        sources := await ctx.store.select("example_sources", where={"dataset_id": row["id"]}, limit=AT_ONCE)
    ):
        for one in sources:
            await ctx.store.delete("example_sources", one["id"])
    await ctx.store.delete("datasets", row["id"])
    return OneDataset(id=row["id"])


@operation(
    "datasets.list_versions",
    effect="reads",
    on="dataset",
    view=views.draw_versions,
    examples=(Example(title="Its history", request={"id": "{made.id}"}, before=(MADE, FILLED)),),
)
async def list_versions(request: OneDataset, ctx: Context) -> VersionList:
    """List the versions of a dataset, the newest first: what each holds, what made it, and from which."""
    row = await find(request.id, ctx)
    versions = [version_of(one, row["version"]) for one in await every_version(row["id"], ctx)]
    return VersionList(dataset=row["id"], versions=versions)


@operation(
    "datasets.list_examples",
    effect="reads",
    on="dataset",
    view=views.draw_examples,
    examples=(
        Example(
            title="The first two",
            request={"id": "{made.id}", "limit": 2},
            before=(MADE, FILLED),
            question="Show the first rows of the dataset reviews.",
            also=asked.EXAMPLES,
        ),
    ),
)
async def list_examples(request: ListExamples, ctx: Context) -> ExampleList:
    """List rows of a dataset, in the order of a version."""
    dataset = await find(request.id, ctx)
    version = await find_version(dataset, request.version, ctx)
    path = await path_of(ctx, version["blob_id"])
    rows, clipped = await asyncio.to_thread(_rows_of, str(path), request.start, request.limit)
    following = request.start + len(rows)
    return ExampleList(
        dataset=dataset["id"],
        version=version["digest"],
        rows=version["rows"],
        examples=rows,
        clipped=clipped,
        next=following if rows and following < version["rows"] else None,
    )


def _rows_of(path: str, start: int, most: int) -> tuple[list[dict[str, Any]], int]:
    from nis_backend.capabilities.datasets.writing import lines_in  # noqa: PLC0415 - loads with the first rows

    rows: list[dict[str, Any]] = []
    clipped = 0
    for line in lines_in(path, start, most):
        text = line.decode()
        if len(text) > CLIPPED:
            clipped += 1
            rows.append({"clipped": text[:CLIPPED]})
        else:
            rows.append(json.loads(text))
    return rows, clipped


OPERATIONS = (
    create_dataset,
    get_dataset,
    list_datasets,
    update_dataset,
    delete_dataset,
    list_versions,
    list_examples,
)
