"""Datasets looked through: their numbers, what is wrong with them, and duplicates taken out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.annotations import Knob, Unit
from nis_backend.capabilities.datasets import asked, views
from nis_backend.capabilities.datasets.checking import Checked, CheckRows, Problem, check_rows
from nis_backend.capabilities.datasets.dataset import OneDataset, OneVersion, Splits, find, find_version
from nis_backend.capabilities.datasets.duplicates import DropDuplicates, Dropped, Pair, drop_duplicates
from nis_backend.capabilities.datasets.figures import Lengths, MeasureRows, measure_rows
from nis_backend.capabilities.datasets.operations import FILLED, MADE
from nis_backend.capabilities.datasets.sources import groups_of
from nis_backend.capabilities.datasets.versions import TRIES, changed_meanwhile, keep_version, moved
from nis_backend.capabilities.datasets.work import made_file, path_of, worked
from nis_backend.errors import Conflict
from nis_backend.operation import Example, Json, Model, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

TOKENIZER = "pieces by the regular expression \\w+|[^\\w\\s]: words and signs; a model's own tokenizer gives others"
FORMULA = (
    "exact: equal after NFKC and casefolding, without signs of sentences and more spaces than one, with the same label "
    "or answer. Near: Jaccard similarity of the sets of pieces of three words (letters, in scripts without spaces) at "
    "or above the threshold, of what is asked and of what is answered each, same label; pairs are found by MinHash (64 "
    "bins, 16 bands of 4), which meets a pair of similarity s with a chance of about 1 - (1 - s^4)^16."
)


class ValidateDataset(OneVersion):
    """What is looked through."""

    longest: Annotated[int, Knob()] = Field(
        default=20_000, ge=1, le=1_000_000, description="Characters from which a row is too long."
    )


class Validation(Model):
    """What is wrong with a version."""

    dataset: str = Field(description="Its id.")
    version: str
    rows: int
    ok: bool = Field(description="Whether nothing was found.")
    problems: list[Problem]
    labels: dict[str, int] = Field(description="Rows of each label, the 50 most frequent.")
    languages: dict[str, int] = Field(description="Rows by language, told by scripts and small words: a rough count.")
    parts: dict[str, int] = Field(description="Rows of each part of the split; none where it is not split.")
    identifying: dict[str, int] = Field(description="What identifies somebody or opens something, by its kind.")


class DatasetStatistics(Model):
    """What a version comes to."""

    dataset: str = Field(description="Its id.")
    version: str
    rows: int
    file_bytes: int = Field(description="Of the version's lines.")
    characters: int = Field(description="Of the words of all rows; labels are none of them.")
    bytes: int = Field(description="The same in UTF-8: as many as a byte-level tokenizer without merges has tokens.")
    words: int
    tokens: int = Field(description="By `tokenizer`.")
    tokenizer: str = Field(default=TOKENIZER, description="How tokens are counted.")
    turns: int = Field(description="Messages of all conversations.")
    lengths: Lengths
    labels: dict[str, int] = Field(description="Rows of each label, the 50 most frequent.")
    other_labels: int = Field(description="Rows of the other labels.")
    parts: dict[str, int] = Field(description="Rows of each part of the split; none where it is not split.")


class DeduplicateDataset(OneDataset):
    """What counts as a duplicate."""

    near: bool = Field(default=True, description="Whether rows that nearly say the same go too.")
    threshold: Annotated[float, Unit(""), Knob()] = Field(
        default=0.8, ge=0.6, le=1, description="From which Jaccard similarity rows nearly say the same."
    )


class Deduplicated(Model):
    """What is left."""

    dataset: str = Field(description="Its id.")
    version: str
    rows: int
    exact: int = Field(description="Rows that are gone since an earlier one says exactly the same.")
    near: int = Field(description="Rows that are gone since an earlier one says nearly the same.")
    pairs: list[Pair] = Field(description="The first 20 of them, with the rows that stay.")
    formula: str = Field(default=FORMULA, description="What counts as a duplicate.")


@operation(
    "datasets.get_statistics",
    effect="reads",
    on="dataset",
    time_limit=600,
    view=views.draw_statistics,
    examples=(
        Example(
            title="Of reviews",
            request={"id": "{made.id}"},
            before=(MADE, FILLED),
            question="How many rows and tokens are in my dataset reviews?",
            also=asked.STATISTICS,
        ),
    ),
)
async def get_statistics(request: OneVersion, ctx: Context) -> DatasetStatistics:
    """Tell how large a dataset is: rows, characters, words, tokens, lengths, labels, and the parts of its split."""
    dataset, version, splits = await _version(request, ctx)
    wanted = MeasureRows(
        kind=dataset["kind"],
        path=str(await path_of(ctx, version["blob_id"])),
        splits=splits,
        groups=splits and await groups_of(dataset, splits, ctx),
    )
    measured = await worked(ctx, measure_rows, wanted, version["bytes"])
    return DatasetStatistics(
        dataset=dataset["id"],
        version=version["digest"],
        rows=version["rows"],
        file_bytes=version["bytes"],
        **dict(measured),
    )


async def _version(request: OneVersion, ctx: Context) -> tuple[Row, Row, Splits | None]:
    dataset = await find(request.id, ctx)
    version = await find_version(dataset, request.version, ctx)
    splits = json.loads(dataset["splits"] or "null")
    return dataset, version, Splits(**splits) if splits else None


@operation(
    "datasets.validate_dataset",
    effect="reads",
    on="dataset",
    time_limit=1800,
    view=views.draw_validation,
    examples=(
        Example(
            title="Reviews",
            request={"id": "{made.id}"},
            before=(MADE, FILLED),
            question="Is my dataset reviews fit to train on?",
            also=asked.VALIDATE,
        ),
    ),
)
async def validate_dataset(request: ValidateDataset, ctx: Context) -> Validation:
    """Look a dataset through before it is learned from: what is empty, too long, double, contradictory, or identifying.

    Told by the numbers of rows; and labels that are rare, leaks between the parts of the split, mixed languages.
    """
    dataset, version, splits = await _version(request, ctx)
    wanted = CheckRows(
        kind=dataset["kind"],
        path=str(await path_of(ctx, version["blob_id"])),
        longest=request.longest,
        splits=splits,
        groups=splits and await groups_of(dataset, splits, ctx),
    )
    checked: Checked = await worked(ctx, check_rows, wanted, 4 * version["bytes"])
    return Validation(dataset=dataset["id"], version=version["digest"], ok=not checked.problems, **dict(checked))


async def _prepare(request: DeduplicateDataset, ctx: Context) -> DeduplicateDataset:
    """Refuse what is not there before there is a run."""
    await find_version(await find(request.id, ctx), None, ctx)
    return request


@operation(
    "datasets.deduplicate_dataset",
    effect="writes",
    on="dataset",
    prepare=_prepare,
    time_limit=7200.0,
    view=views.draw_deduplicated,
    examples=(Example(title="Reviews", request={"id": "{made.id}"}, before=(MADE, FILLED)),),
)
async def deduplicate_dataset(request: DeduplicateDataset, ctx: Context) -> Recorded[Deduplicated]:
    """Take out rows that say what an earlier one says, exactly or nearly, as a run; the first stays. A new version.

    Raises:
        NotFound: the caller has no such dataset.
        Conflict: it has no rows yet.
    """
    for number in range(TRIES):

        async def found() -> Json:
            return await find(request.id, ctx)

        dataset: Row = await ctx.note(f"dataset {number}", found)
        try:
            done = await _deduplicate(dataset, request, ctx)
        except Conflict:
            # Rows of what it began from were withdrawn.
            if not await moved(dataset, ctx):
                raise
            continue
        if done is not None:
            return done
    raise changed_meanwhile(await find(request.id, ctx))


async def _deduplicate(dataset: Row, request: DeduplicateDataset, ctx: Context) -> Deduplicated | None:
    """One try; None where another change came first."""
    version = await find_version(dataset, dataset["version"], ctx)
    near = request.near and dataset["kind"] not in {"images", "table"}
    with made_file(ctx) as out:
        wanted = DropDuplicates(
            kind=dataset["kind"],
            path=str(await path_of(ctx, version["blob_id"])),
            out=str(out),
            threshold=request.threshold if near else None,
        )
        left: Dropped = await worked(ctx, drop_duplicates, wanted, 4 * version["bytes"])
        note = {"exact": left.exact, "near": left.near, "threshold": wanted.threshold}
        if left.digest != version["digest"] and not await keep_version(dataset, left, out, ctx, note=note):
            return None
    return Deduplicated(
        dataset=dataset["id"],
        version=left.digest,
        rows=left.rows,
        exact=left.exact,
        near=left.near,
        pairs=left.pairs,
    )


OPERATIONS = (get_statistics, validate_dataset, deduplicate_dataset)
