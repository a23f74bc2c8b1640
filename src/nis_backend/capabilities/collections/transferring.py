"""Items in files: a collection written into one, and items read from one, each as a run."""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
from array import array
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.collections import asked, views
from nis_backend.capabilities.collections.collection import OneCollection, find
from nis_backend.capabilities.collections.filters import MOST_CONDITIONS, WHERE, Where, which_items
from nis_backend.capabilities.collections.items import AddItems, DocumentId
from nis_backend.capabilities.collections.operations import FILLED, MADE, NOTES, add_items
from nis_backend.errors import Busy, InvalidRequest, TooLarge, Unavailable, UpstreamFailed
from nis_backend.event import Progressed
from nis_backend.operation import Example, Model, Recorded, operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.collections.lines import Bad, Line
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

READ_AT_ONCE, ADDED_AT_ONCE = 500, 256
"""Items that are read, and lines that are added, in one call: what a death in between costs."""
MOST_TOLD = 100
"""Lines that could not be read and are told with their reasons."""
TRIES, LONGEST_PAUSE = 6, 30.0
"""How often lines are added that were told to come later, and the longest pause in seconds before that."""

Format = Literal["jsonl", "csv"]


class ExportItems(OneCollection):
    """Which items of which collection."""

    where: Where | None = Field(default=None, max_length=MOST_CONDITIONS, description=WHERE)
    document_id: DocumentId | None = Field(default=None, description="Only of this document.")
    vectors: bool = Field(default=False, description="Whether each line has the vector too, by the collection's model.")


class Exported(Model):
    """A file with items."""

    collection: str = Field(description="Its id.")
    items: int
    model: str | None = Field(description="The model that the vectors are by; null without.")
    version: str | None = Field(description="The hash of its files; null where nobody states it.")
    file: Blob = Field(
        description='On each line {"id": …, "text": …, "metadata": {…}, "document_id": …}; "vector" where asked for.'
    )


class ImportItems(OneCollection):
    """A file with items, and the collection that they are for."""

    file: Blob = Field(
        description='Lines of JSON: {"text": …}, and "id", "metadata", "document_id" where there are; or CSV with '
        "names on its first line: text, id, document_id, and every other column is metadata."
    )
    format: Format | None = Field(default=None, description="What the file is; unset, its beginning tells.")
    text_column: str = Field(default="text", min_length=1, max_length=200, description="CSV: the column of the texts.")


class BadLine(Model):
    """A line that is no item."""

    line: int = Field(description="Its number; 1 is the first.")
    reason: str


class Imported(Model):
    """What has become of the lines."""

    collection: str = Field(description="Its id.")
    lines: int = Field(description="Lines that were not empty; a CSV's first is none of them.")
    added: int
    replaced: int = Field(description="Items whose id was there, with another text or other metadata.")
    unchanged: int = Field(description="Items that were there already, as they are.")
    bad: int = Field(description="Lines that are no item: the others are in.")
    bad_lines: list[BadLine] = Field(description=f"The first {MOST_TOLD} of them.")
    model: str | None = Field(description="The embedding model of the collection; null: by words alone.")


class Count(TypedDict):
    """What has become of some lines."""

    added: int
    replaced: int
    unchanged: int
    bad: list[Bad]


async def _prepare_export(request: ExportItems, ctx: Context) -> ExportItems:
    row = await find(request.id, ctx)
    which_items(request.where, request.document_id)
    if request.vectors and row["model"] is None:
        raise InvalidRequest(
            f"The collection {row['name']!r} has no vectors.", field="vectors", value=True, remedy="Ask without them."
        )
    return request


@operation(
    "collections.export_items",
    effect="writes",
    on="collection",
    prepare=_prepare_export,
    time_limit=3_600.0,
    view=views.draw_exported,
    examples=(
        Example(
            title="All of it",
            request={"id": "{notes.id}"},
            before=(MADE, FILLED),
            question="Export my collection notes.",
            also=asked.EXPORT,
        ),
        Example(
            title="Of one topic, with vectors",
            request={"id": "{notes.id}", "where": {"topic": "shop"}, "vectors": True},
            before=(MADE, FILLED),
        ),
    ),
)
async def export_items(request: ExportItems, ctx: Context) -> Recorded[Exported]:
    """Write items of a collection into a file, a line of JSON each, as a run; import_items reads it.

    What is added or changed while it is written is in it, or not: each item is as it is when it is read.

    Raises:
        NotFound: the caller has no such collection.
        TooLarge: the file would be larger than a blob may be.
    """
    row = await find(request.id, ctx)
    which = which_items(request.where, request.document_id)
    # The blob's bytes are read from it after this has returned; it is nowhere by its name.
    file = tempfile.TemporaryFile()  # noqa: SIM115 - as said
    count, after, size = 0, 0, 0
    while rows := await ctx.store.find_items(row["id"], which, after=after, limit=READ_AT_ONCE):
        after, count = int(rows[-1]["number"]), count + len(rows)
        vectors = await _vectors(row["id"], rows, ctx) if request.vectors else {}
        data = "".join(_line(one, vectors.get(one["number"])) for one in rows).encode()
        size += len(data)
        if size > ctx.settings.max_blob:
            file.close()
            raise TooLarge(
                f"The file would have more than {ctx.settings.max_blob} bytes.",
                field="where",
                remedy="Export parts of it: by where, or by document_id; or have NIS_MAX_BLOB be larger.",
            )
        await asyncio.to_thread(file.write, data)
        ctx.run.put(Progressed(fraction=min(1.0, count / max(count, row["items"])), message=f"{count} items"))
    file.seek(0)
    return Exported(
        collection=row["id"],
        items=count,
        model=row["model"] if request.vectors else None,
        version=row["version"] if request.vectors else None,
        file=Blob.of(file, media_type="application/jsonl", name=f"{row['name']}.jsonl"),
    )


async def _vectors(collection_id: str, rows: Sequence[Row], ctx: Context) -> dict[int, list[float]]:
    found = await ctx.store.items_by_number(collection_id, [int(row["number"]) for row in rows])
    return {
        int(row["number"]): [float(f"{number:.9g}") for number in array("f", row["vector"])]
        for row in found
        if row["vector"] is not None
    }


def _line(row: Row, vector: list[float] | None) -> str:
    told: dict[str, Any] = {"id": row["id"], "text": row["text"], "metadata": json.loads(row["metadata"])}  # Any: JSON
    if row["document_id"] is not None:
        told["document_id"] = row["document_id"]
    if vector is not None:
        told["vector"] = vector
    return json.dumps(told, ensure_ascii=False) + "\n"


async def _prepare_import(request: ImportItems, ctx: Context) -> ImportItems:
    """Refuse a collection that there is not, and a file that is none, before there is a run."""
    from nis_backend.capabilities.collections.lines import look_at  # noqa: PLC0415 - loads with the first file

    await find(request.id, ctx)
    form = await asyncio.to_thread(look_at, request.file.path, request.format, request.text_column)
    return request.model_copy(update={"format": form})


_FILE = base64.b64encode("\n".join(map(json.dumps, NOTES)).encode()).decode("ascii")
_ROWS = b"id,text,topic,year\nhours,We open at nine and close at six.,shop,2025\nnone,,shop,2026\n"
_TABLE = base64.b64encode(_ROWS).decode("ascii")


@operation(
    "collections.import_items",
    effect="writes",
    on="collection",
    prepare=_prepare_import,
    outward=True,
    time_limit=86_400.0,
    view=views.draw_imported,
    examples=(
        Example(
            title="Lines of JSON, all of which are there already",
            request={"id": "{notes.id}", "file": {"base64": _FILE}},
            before=(MADE, FILLED),
            question="Import this file into my collection notes.",
            also=asked.IMPORT,
        ),
        Example(
            title="A table, one line of which has no text",
            request={"id": "{notes.id}", "file": {"base64": _TABLE}, "format": "csv"},
            before=(MADE, FILLED),
        ),
    ),
)
async def import_items(request: ImportItems, ctx: Context) -> Recorded[Imported]:
    """Keep the items of a file in a collection, as a run: lines of JSON, or a CSV table.

    A line that is no item is told by its number, and the others are kept. After a crash it goes on with the lines that
    were not added yet; what is there already, as it is, stays. Vectors in the file are not read: the model makes them.

    Raises:
        NotFound: the caller has no such collection.
        InvalidRequest: the file has no line, or is no text; a table has no column of texts.
        Unavailable: the collection's model cannot be asked; what was added until then is there.
    """
    from nis_backend.capabilities.collections.lines import batches, items_of  # noqa: PLC0415 - as above

    row = await find(request.id, ctx)
    assert request.format is not None, "it was looked at"
    size, count, bad = request.file.size, 0, 0
    done = Count(added=0, replaced=0, unchanged=0, bad=[])
    lines = items_of(request.file.path, request.format, request.text_column)
    for number, batch in enumerate(batches(lines, ADDED_AT_ONCE), 1):

        async def add(batch: Sequence[Line] = batch) -> Count:
            return await _added(str(row["id"]), batch, ctx)

        told: Count = await ctx.note(f"lines {number}", add)
        await ctx.run.flush()
        count += len(batch)
        for what in ("added", "replaced", "unchanged"):
            done[what] += told[what]
        bad += len(told["bad"])
        done["bad"] += told["bad"][: MOST_TOLD - len(done["bad"])]
        ctx.run.put(Progressed(fraction=min(1.0, batch[-1].end / max(size, 1)), message=f"{count} lines"))
    return Imported(
        collection=row["id"],
        lines=count,
        added=done["added"],
        replaced=done["replaced"],
        unchanged=done["unchanged"],
        bad=bad,
        bad_lines=[BadLine(line=one["line"], reason=one["reason"]) for one in done["bad"]],
        model=row["model"],
    )


async def _added(collection_id: str, batch: Sequence[Line], ctx: Context) -> Count:
    """Add the lines that are items; those whose text the model cannot read are bad, too."""
    bad = [one.bad for one in batch if one.bad is not None]
    lines = [one for one in batch if one.item is not None]
    pause, tries = 1.0, 1
    while lines:
        items = [one.item for one in lines if one.item is not None]
        try:
            added = await ctx.call(add_items, AddItems(id=collection_id, items=items))
        except InvalidRequest as error:
            place = (error.field or "").removeprefix("items.").removesuffix(".text")
            if not place.isdigit():
                raise
            reason = error.message.replace(error.field or "", "text", 1)
            bad.append({"line": lines.pop(int(place)).number, "reason": reason})
            bad.sort(key=lambda one: one["line"])
        except (Busy, Unavailable, UpstreamFailed) as away:
            if tries == TRIES:
                raise
            await asyncio.sleep(min(away.retry_after or pause, LONGEST_PAUSE))
            pause, tries = 2 * pause, tries + 1
        else:
            return Count(added=added.added, replaced=added.replaced, unchanged=added.unchanged, bad=bad)
    return Count(added=0, replaced=0, unchanged=0, bad=bad)


OPERATIONS = (export_items, import_items)
