"""Examples read into a dataset, as a run: rows of the request, or a file; all of them, or none."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints

from nis_backend.annotations import Knob
from nis_backend.blob import Blob
from nis_backend.capabilities.datasets import asked, views
from nis_backend.capabilities.datasets.dataset import OneDataset, every_version, find, find_version
from nis_backend.capabilities.datasets.operations import MADE
from nis_backend.capabilities.datasets.versions import TRIES, changed_meanwhile, keep_version, moved, purpose_of
from nis_backend.capabilities.datasets.work import made_file, path_of, worked
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.operation import Before, Example, Json, Model, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.capabilities.datasets.reading import Format
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_INLINE = 5000
"""Rows in the request itself."""
LONGEST = 3600.0
"""Seconds."""
Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ImportExamples(OneDataset):
    """What is read into which dataset: rows or a file."""

    rows: list[dict[str, Any]] | None = Field(  # Any: JSON, checked by the dataset's kind
        default=None, max_length=MOST_INLINE, description="The rows themselves."
    )
    file: Blob | None = Field(
        default=None, description="A file: lines of JSON, a JSON list, CSV with names on its first line, Parquet, text."
    )
    format: Literal["jsonl", "json", "csv", "parquet", "text"] | None = Field(
        default=None, description="What the file is; unset, its beginning and its name tell."
    )
    mode: Literal["append", "replace"] = Field(
        default="append", description="Whether the rows come behind those there are, or in their place."
    )
    columns: dict[Column, Column] | None = Field(
        default=None,
        max_length=100,
        description='The members of a row, each with the column or member of the file: {"text": "review", "label": '
        '"stars"}. What is not named is left out; of a table, it is a feature ("features.NAME" names those).',
    )
    parts: Annotated[Literal["paragraphs", "lines", "whole"], Knob()] = Field(
        default="paragraphs", description="What a row is of a file of text."
    )
    skip_wrong: Annotated[bool, Knob()] = Field(
        default=False, description="Leave out rows that are none of the kind, and tell them; else nothing is imported."
    )


class ImportedExamples(Model):
    """What has become of the rows."""

    dataset: str = Field(description="Its id.")
    version: str = Field(description="The version that the dataset has now.")
    rows: int = Field(description="Rows of that version.")
    read: int = Field(description="Rows that came in.")
    left_out: int = Field(description="Rows that are none of the kind, where these were to be left out.")
    left_out_rows: list[str] = Field(description="The first 20 of them, with the reasons.")
    unchanged: bool = Field(description="Whether the dataset had exactly these rows already.")


async def _prepare(request: ImportExamples, ctx: Context) -> ImportExamples:
    """Refuse a dataset that there is not, and a file that is none, before there is a run."""
    dataset = await find(request.id, ctx)
    if (request.rows is None) == (request.file is None):
        raise InvalidRequest("There is one source of rows.", field="rows", remedy="Give one of rows and file.")
    for blob_id in ctx.came:
        # The file goes with the dataset, and with a consent that is withdrawn: rows of it are in the file too.
        await ctx.blobs.settle(blob_id, {"purpose": purpose_of(dataset["id"])})
    if request.file is None:
        return request
    from nis_backend.capabilities.datasets.reading import format_of  # noqa: PLC0415 - loads with the first file

    form = await asyncio.to_thread(format_of, request.file.path, request.file.name, request.format)
    if form == "text" and dataset["kind"] != "text":
        raise InvalidRequest(
            f"A file of plain text has no rows of kind {dataset['kind']}.",
            field="format",
            value=form,
            remedy="Send lines of JSON, CSV or Parquet; or say which format it is.",
        )
    return request.model_copy(update={"format": form})


_CHAT = Before(name="talks", operation="datasets.create_dataset", request={"kind": "chat"})
_TABLE = base64.b64encode(b"review,stars\nA fine cup.,5\nIt leaks.,1\n").decode("ascii")


@operation(
    "datasets.import_examples",
    effect="writes",
    on="dataset",
    prepare=_prepare,
    time_limit=LONGEST,
    view=views.draw_imported,
    examples=(
        Example(title="Rows", request={"id": "{made.id}", "rows": list(asked.REVIEWS)}, before=(MADE,)),
        Example(
            title="A table, whose columns have other names",
            request={
                "id": "{made.id}",
                "file": {"base64": _TABLE, "name": "reviews.csv"},
                "columns": {"text": "review", "label": "stars"},
            },
            before=(MADE,),
        ),
        Example(
            title="Conversations, as others write them down",
            request={"id": "{talks.id}", "rows": list(asked.CHATS)},
            before=(_CHAT,),
        ),
    ),
)
async def import_examples(request: ImportExamples, ctx: Context) -> Recorded[ImportedExamples]:
    """Read examples into a dataset, as a run: all rows or none, each checked against the dataset's kind.

    Chat takes messages, prompt and completion, instruction with input and output, and ShareGPT's conversations. After a
    crash it begins anew and ends with each row once: a version is there whole, or not at all.

    Raises:
        NotFound: the caller has no such dataset.
        InvalidRequest: rows are none of the kind: the first 20 are told, by their numbers and fields.
        WrongMedia: the file is compressed, not UTF-8, or no text.
        TooLarge: the version would have more than a million rows or 200 MB.
        Unavailable: it is Parquet, and pyarrow is not installed.
    """
    for number in range(TRIES):
        # What it began from is noted: executed again, it does not add to what it has added itself.
        async def found() -> Json:
            return await find(request.id, ctx)

        dataset: Row = await ctx.note(f"dataset {number}", found)
        try:
            done = await _import(dataset, request, ctx)
        except Conflict:
            # Rows of what it began from were withdrawn: begun from what is left, unless it was at its end before.
            done = await _of_this_run(dataset, ctx)
            if done is None and not await moved(dataset, ctx):
                raise
        if done is not None:
            return done
    raise changed_meanwhile(await find(request.id, ctx))


async def _import(dataset: Row, request: ImportExamples, ctx: Context) -> ImportedExamples | None:
    """One try; None where another change came first."""
    from nis_backend.capabilities.datasets.writing import WriteRows, write_rows  # noqa: PLC0415 - with the first rows

    parent = None
    if request.mode == "append" and dataset["version"] is not None:
        parent = await find_version(dataset, dataset["version"], ctx)
    source: Path | None = request.file and request.file.path
    size = request.file.size if request.file else len(json.dumps(request.rows))
    with made_file(ctx) as out:
        wanted = WriteRows(
            kind=dataset["kind"],
            out=str(out),
            parent=await path_of(ctx, parent["blob_id"] if parent else None),
            parent_rows=parent["rows"] if parent else 0,
            parent_grouped=bool(parent and _grouped(parent)),
            source=source and str(source),
            rows=request.rows,
            format=_format(request),
            parts=request.parts,
            columns=request.columns,
            skip_wrong=request.skip_wrong,
            fields="rows" if request.file is None else "file",
        )
        # Nothing but a worker has pyarrow, nor is its reading bounded in memory elsewhere.
        written = await worked(ctx, write_rows, wanted, 2**62 if request.format == "parquet" else size)
        read = written.rows - wanted.parent_rows
        if not read:
            why = f" of the kind {dataset['kind']}: {written.wrong_rows[0]}" if written.wrong else "."
            raise InvalidRequest(f"There is no row{why}", field=wanted.fields, remedy="Give rows.")
        unchanged = written.digest == dataset["version"]
        note = {"read": read, "left_out": written.wrong, "mode": request.mode, "format": request.format or "rows"}
        if not unchanged and not await keep_version(dataset, written, out, ctx, note=note):
            return None
    return ImportedExamples(
        dataset=dataset["id"],
        version=written.digest,
        rows=written.rows,
        read=read,
        left_out=written.wrong,
        left_out_rows=written.wrong_rows,
        unchanged=unchanged,
    )


async def _of_this_run(dataset: Row, ctx: Context) -> ImportedExamples | None:
    """What this run has put there before it was cut."""
    for row in await every_version(dataset["id"], ctx):
        if row["run_id"] == ctx.run.run_id:
            note: Json = json.loads(row["note"])
            return ImportedExamples(
                dataset=dataset["id"],
                version=row["digest"],
                rows=row["rows"],
                read=note["read"],
                left_out=note["left_out"],
                left_out_rows=[],
                unchanged=False,
            )
    return None


def _format(request: ImportExamples) -> Format:
    return request.format or "jsonl"


def _grouped(version: Row) -> bool:
    found: Json = json.loads(version["note"] or "{}")
    return bool(found.get("grouped"))


OPERATIONS = (import_examples,)
