"""Splitting a dataset, and taking one of its parts, or all of it, as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Knob, Plain, Unit
from nis_backend.blob import Blob
from nis_backend.capabilities.datasets import asked, views
from nis_backend.capabilities.datasets.dataset import (
    MOST_BYTES,
    OneDataset,
    OneVersion,
    Splits,
    find,
    find_version,
)
from nis_backend.capabilities.datasets.operations import FILLED, MADE
from nis_backend.capabilities.datasets.sources import groups_of
from nis_backend.capabilities.datasets.versions import LINES, blobs_of, drop_bytes, purpose_of
from nis_backend.capabilities.datasets.work import made_file, path_of, withdrawn, worked
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.operation import Before, Example, Json, Model, operation

if TYPE_CHECKING:
    from nis_backend.capabilities.datasets.counting import PartsCounted
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

Share = Annotated[float, Unit("")]
Wanted = Literal["all", "train", "validation", "test"]
FileFormat = Literal["jsonl", "csv", "parquet", "text"]
OWN = ("row", "conversation", "user", "group")
NEARLY = 1e-9
"""How far shares may be from one together."""
TYPES: dict[FileFormat, str] = {
    "jsonl": LINES,
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "text": "text/plain",
}


class SplitDataset(OneDataset):
    """How a dataset is parted."""

    train: Share = Field(default=0.9, ge=0, le=1, description="Share of the rows to learn from.")
    validation: Share = Field(default=0.05, ge=0, le=1, description="Share to tell by when to stop.")
    test: Share = Field(default=0.05, ge=0, le=1, description="Share to measure by, once.")
    salt: Annotated[str, Knob(), Plain] = Field(default="", max_length=64, description="Another salt parts otherwise.")
    by: Annotated[str, Plain] = Field(
        default="row",
        min_length=1,
        max_length=200,
        description="What is never parted: row (equal rows), conversation or user (that rows were collected from), "
        "group (what rows name as such), or the name of a feature of a table.",
    )


class SplitDone(Model):
    """How a dataset is parted now."""

    dataset: str = Field(description="Its id.")
    version: str
    splits: Splits
    train: int = Field(description="Rows of the current version.")
    validation: int
    test: int
    groups: int = Field(description="How many keys there are that are parted: groups, or different rows.")
    formula: str = Field(description="How a row's part is found.")


class ExportDataset(OneVersion):
    """Which part of which version, and as what."""

    split: Wanted = Field(default="all", description="Which part of the split, or all rows.")
    format: FileFormat = Field(
        default="jsonl",
        description="jsonl: a row on each line, as the version has it; csv and parquet: a column for each member, what "
        "is nested as JSON; text: the words alone, an empty line between rows.",
    )
    groups: Annotated[bool, Knob()] = Field(
        default=False, description="Whether rows keep their group, which no model learns."
    )


FORMULA = "BLAKE2b-64(salt, NUL, key) / 2^64 is below train; else below train + validation; else test"
SPLIT = Before(
    name="split",
    operation="datasets.split_dataset",
    request={"id": "{made.id}", "train": 0.5, "validation": 0.25, "test": 0.25},
)


@operation(
    "datasets.split_dataset",
    effect="writes",
    repeatable=True,
    on="dataset",
    time_limit=300,
    view=views.draw_split,
    examples=(
        Example(
            title="A half to learn from",
            request={"id": "{made.id}", "train": 0.5, "validation": 0.25, "test": 0.25},
            before=(MADE, FILLED),
            question="Split the dataset reviews into train, validation and test.",
            also=asked.SPLIT,
        ),
    ),
)
async def split_dataset(request: SplitDataset, ctx: Context) -> SplitDone:
    """Part a dataset into training, validation and test rows, by a hash: rows that come later move no other.

    It holds for every version. The parts come as near to the shares as the hash spreads the rows.

    Raises:
        NotFound: the caller has none such.
        InvalidRequest: the shares are not one together, or no row has what it goes by.
        Conflict: the dataset has no rows yet.
    """
    total = request.train + request.validation + request.test
    if abs(total - 1) > NEARLY:
        raise InvalidRequest(
            f"The shares are {total:g} together.", field="train", value=request.train, remedy="Give shares that are 1."
        )
    dataset = await find(request.id, ctx)
    version = await find_version(dataset, None, ctx)
    splits = Splits(**request.model_dump(include=set(Splits.model_fields)))
    counted = await _counted(dataset, version, splits, ctx)
    if not counted.found:
        raise InvalidRequest(
            f"No row has a {request.by if request.by in OWN else f'feature {request.by!r}'}: each would be by itself.",
            field="by",
            value=request.by,
            remedy=f"Give {', '.join(OWN)}, or the name of a feature of a table, that rows have.",
        )
    await ctx.store.update("datasets", dataset["id"], {"splits": splits.model_dump_json(), "updated": ctx.now()})
    sizes = {name: counted.sizes.get(name, 0) for name in ("train", "validation", "test")}
    return SplitDone(
        dataset=dataset["id"],
        version=version["digest"],
        splits=splits,
        **sizes,
        groups=counted.keys,
        formula=FORMULA,
    )


async def _counted(dataset: Row, version: Row, splits: Splits, ctx: Context) -> PartsCounted:
    from nis_backend.capabilities.datasets.counting import CountParts, count_parts  # noqa: PLC0415 - with the first

    groups = await groups_of(dataset, splits, ctx)
    asked_ = CountParts(path=str(await path_of(ctx, version["blob_id"])), splits=splits, groups=groups)
    return await worked(ctx, count_parts, asked_, version["bytes"])


@operation(
    "datasets.export_dataset",
    effect="reads",
    on="dataset",
    time_limit=600,
    examples=(
        Example(title="All rows", request={"id": "{made.id}"}, before=(MADE, FILLED)),
        Example(
            title="The part to learn from, as a table",
            request={"id": "{made.id}", "split": "train", "format": "csv"},
            before=(MADE, FILLED, SPLIT),
        ),
    ),
)
async def export_dataset(request: ExportDataset, ctx: Context) -> Blob:
    """Export rows of a dataset as a file: any version, all of it or a part of its split, in the version's order.

    What is exported is kept as a blob of the dataset: it goes with it, and when a consent for rows of it is withdrawn.

    Raises:
        NotFound: the caller has none such, or it has no such version.
        Conflict: it has no rows yet, or is not split.
        Unavailable: Parquet is asked for, and pyarrow is not installed.
    """
    dataset = await find(request.id, ctx)
    version = await find_version(dataset, request.version, ctx)
    splits = json.loads(dataset["splits"] or "null")
    if request.split != "all" and splits is None:
        raise Conflict(
            f"The dataset {dataset['name']!r} is not split.",
            field="split",
            value=request.split,
            remedy="Split it first: datasets.split_dataset.",
        )
    note: Json = json.loads(version["note"] or "{}")
    as_it_is = request.split == "all" and request.format == "jsonl" and (request.groups or not note.get("grouped"))
    if as_it_is:
        return await ctx.blobs.get(version["blob_id"], "version")
    name = _name(request, dataset, version, splits)
    known = [row for row in await blobs_of(dataset["id"], ctx) if row["name"] == name]
    if known and not ctx.passing:
        return await ctx.blobs.get(known[0]["id"])
    return await _exported(request, dataset, version, name, Splits(**splits) if splits else None, ctx)


def _name(request: ExportDataset, dataset: Row, version: Row, splits: Json | None) -> str:
    """What the file is called: whatever it depends on is in it."""
    from hashlib import sha256  # noqa: PLC0415 - for this alone

    parted = "" if request.split == "all" else sha256(json.dumps(splits).encode()).hexdigest()[:8]
    of = "-".join(filter(None, [dataset["name"], version["digest"][:12], request.split, parted]))
    ending = {"jsonl": "jsonl", "csv": "csv", "parquet": "parquet", "text": "txt"}[request.format]
    return f"{of}{'-groups' if request.groups else ''}.{ending}"


async def _exported(  # noqa: PLR0913, PLR0917 - what it is made of
    request: ExportDataset, dataset: Row, version: Row, name: str, splits: Splits | None, ctx: Context
) -> Blob:
    from nis_backend.capabilities.datasets.exporting import WritePart, write_part  # noqa: PLC0415 - with the first

    groups = None if splits is None or request.split == "all" else await groups_of(dataset, splits, ctx)
    with made_file(ctx) as out:
        wanted = WritePart(
            kind=dataset["kind"],
            path=str(await path_of(ctx, version["blob_id"])),
            out=str(out),
            split=request.split,
            splits=splits,
            groups=groups,
            format=request.format,
            keep_group=request.groups,
        )
        await worked(ctx, write_part, wanted, 2**62 if request.format == "parquet" else version["bytes"])
        kind = TYPES[request.format]
        if ctx.passing:
            # Its caller reads it at once, and it is gone; the call closes the file.
            return Blob.of(Path(out).open("rb"), media_type=kind, name=name)  # noqa: ASYNC230 - as said
        with Path(out).open("rb") as file:  # noqa: ASYNC230 - a file of this machine
            of = purpose_of(dataset["id"])
            blob = await ctx.blobs.put(file, 2 * MOST_BYTES, media_type=kind, name=name, purpose=of)
    held = {"dataset_id": dataset["id"], "digest": version["digest"]}
    if not await ctx.store.count("dataset_versions", where=held):
        # A withdrawal has removed what there was of exports before this one.
        await drop_bytes(blob.id, ctx)
        raise withdrawn()
    return blob


OPERATIONS = (split_dataset, export_dataset)
