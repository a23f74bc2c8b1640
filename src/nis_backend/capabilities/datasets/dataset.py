"""A dataset and its versions as they are told, and as their rows have them."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints

from nis_backend import found
from nis_backend.annotations import Names, Plain, Reads
from nis_backend.capabilities.datasets.kinds import Kind
from nis_backend.errors import Conflict, NotFound
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_DATASETS = 1000
"""Datasets of one owner."""
MOST_ROWS = 1_000_000
MOST_BYTES = 200_000_000
"""Of one version."""
A_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
SHORTEST_PREFIX = 8
"""Letters by which a version may be named, where no other begins with them."""

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8,64}$")]
WHICH_VERSION = "Which version, by its SHA-256 or the first 8 letters of it and more; unset: the current one."


class OneDataset(Model):
    """Which dataset."""

    id: Annotated[str, Reads("called"), Names("dataset", "data set"), Plain] = Field(
        min_length=1, max_length=64, description="The dataset's id, or its name."
    )


class OneVersion(OneDataset):
    """Which version of which dataset."""

    version: Digest | None = Field(default=None, description=WHICH_VERSION)


class Splits(Model):
    """How rows are parted, by a hash of each: a row that is added moves no other."""

    train: float = Field(description="Share of the rows, as the hash spreads them.")
    validation: float
    test: float
    salt: str = Field(description="Other salts part otherwise.")
    by: str = Field(description="row, conversation, user, group, or the feature whose equal values stay together.")


class Dataset(Model):
    """Examples of one kind."""

    id: str
    name: str = Field(description="Takes the id's place wherever a dataset is named.")
    description: str
    kind: Kind = Field(description="What its rows hold.")
    rows: int = Field(description="How many there are in the current version.")
    version: str | None = Field(description="SHA-256 of the current version's lines; null before the first row.")
    splits: Splits | None = Field(description="How its rows are parted; null: they are not.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class Version(Model):
    """What a dataset held after a change; it never changes itself, but where a consent is withdrawn."""

    version: str = Field(description="SHA-256 of its lines: equal rows in equal order have the same.")
    rows: int
    bytes: int
    made_by: str = Field(description="The operation that made it.")
    run_id: str | None = Field(description="The run that it was made in.")
    parent: str | None = Field(description="The version that it was made from; null: from none.")
    note: dict[str, Any] = Field(description="What was counted as it was made.")  # Any: JSON
    current: bool
    created: float = Field(description="Seconds since 1970, UTC.")


def dataset_of(row: Row) -> Dataset:
    """A row as it is told."""
    splits = json.loads(row["splits"] or "null")
    known = {name: row[name] for name in Dataset.model_fields if name != "splits"}
    return Dataset(**known, splits=Splits(**splits) if splits else None)


def version_of(row: Row, current: str | None) -> Version:
    """A version's row as it is told."""
    known = {name: row[name] for name in ("rows", "bytes", "made_by", "run_id", "parent", "created")}
    digest = row["digest"]
    return Version(**known, version=digest, note=json.loads(row["note"] or "{}"), current=digest == current)


find = partial(found.by_name, "datasets", "dataset")
"""The row of a dataset, by its id or its name."""


async def find_version(dataset: Row, which: str | None, ctx: Context) -> Row:
    """The row of a version; the current one where none is named.

    Raises:
        NotFound: there is none such.
        Conflict: the dataset has no rows yet; two versions begin so; its rows were withdrawn.
    """
    current = which is None
    which = which or dataset["version"]
    if which is None:
        raise Conflict(
            f"The dataset {dataset['name']!r} has no rows yet.",
            field="id",
            value=dataset["id"],
            remedy="Import examples first.",
        )
    rows = await every_version(dataset["id"], ctx)
    # Two withdrawals at once may leave two that are the same.
    found = [*{row["digest"]: row for row in rows if row["digest"].startswith(which)}.values()]
    if len(found) == 1:
        return found[0]
    if found:
        raise Conflict(
            f"{len(found)} versions begin with {which!r}.", field="version", value=which, remedy="Give more of it."
        )
    for row in rows:
        if any(old.startswith(which) for old in formerly(row)):
            if which == dataset["version"] and current:
                # A withdrawal was cut before it could name what is left as the current one.
                return row
            raise Conflict(
                f"The version {which!r} is no more: consent for some of its rows was withdrawn.",
                field="version",
                value=which,
                remedy=f"What is left of it is version {row['digest']}.",
            )
    raise NotFound(
        f"The dataset {dataset['name']!r} has no version {which!r}.",
        field="version",
        value=which,
        remedy="List its versions to see what there is.",
    )


def formerly(version: Row) -> list[str]:
    """The digests that a version had before rows of it were withdrawn."""
    note: dict[str, list[str]] = json.loads(version["note"] or "{}")
    return note.get("formerly", [])


async def every_version(dataset_id: str, ctx: Context) -> list[Row]:
    """All versions of a dataset, the newest first."""
    found: list[Row] = []
    before: tuple[float, str] | None = None
    while rows := await ctx.store.select(
        "dataset_versions", where={"dataset_id": dataset_id}, before=before, limit=500
    ):
        found += rows
        before = (rows[-1]["created"], rows[-1]["id"])
    return found
