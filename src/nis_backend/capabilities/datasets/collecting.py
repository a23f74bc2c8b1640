"""Rows collected from the caller's own conversations: of who has consented, without what identifies them, as a run."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from nis_backend.annotations import Knob
from nis_backend.capabilities.datasets import views
from nis_backend.capabilities.datasets.consents import GRANTED, Purpose, holding
from nis_backend.capabilities.datasets.dataset import OneDataset, every_version, find, find_version
from nis_backend.capabilities.datasets.sources import sources
from nis_backend.capabilities.datasets.versions import TRIES, changed_meanwhile, keep_version, moved
from nis_backend.capabilities.datasets.withdrawing import remove_person
from nis_backend.capabilities.datasets.work import made_file, path_of, worked, writing
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.identifying.identifiers import KINDS, NOT_FOUND
from nis_backend.operation import Before, Example, Json, Model, Recorded, operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.datasets.gathering import Found, OneRow
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row, Table

COLLECTED = ("chat", "preferences")


class CollectExamples(OneDataset):
    """What is collected into which dataset."""

    purpose: Purpose = Field(default="training", description="For what: only of who has consented to it.")
    rated: Literal["good"] | None = Field(
        default=None,
        description="good: a row for each answer that is rated so, with what was said before it; unset: a row for each "
        "conversation. Preferences need ratings, and take every pair of a good and a bad answer.",
    )
    since: float | None = Field(default=None, ge=0, description="Only what was said from then on, s since 1970.")
    model: Annotated[str, StringConstraints(min_length=1, max_length=512)] | None = Field(
        default=None, description="Only answers of this model, as provider:name or its name."
    )
    shortest: Annotated[int, Knob()] = Field(default=1, ge=1, le=100_000, description="Fewest characters of an answer.")
    deidentify: bool = Field(
        default=True, description="Whether what identifies a person is replaced by placeholders, such as [EMAIL_1]."
    )
    limit: int = Field(default=5000, ge=1, le=20_000, description="Most rows.")


class CollectedExamples(Model):
    """What was collected."""

    dataset: str = Field(description="Its id.")
    version: str | None = Field(description="The version that the dataset has now.")
    rows: int = Field(description="Rows of that version.")
    collected: int = Field(description="Rows that came in.")
    conversations: int = Field(description="Conversations that were looked at.")
    users: int = Field(description="Persons that the rows are from.")
    left_out: dict[str, int] = Field(
        description="Answers or conversations that are in no row: no_consent (somebody in it has none), attachments, "
        "rating, since, model, length, known (it is in the dataset already), unanswered."
    )
    replaced: dict[str, int] = Field(description="How often what was replaced by placeholders, by its kind.")
    not_found: str = Field(default=NOT_FOUND, description="What is not looked for.")


TALKS = Before(name="talks", operation="datasets.create_dataset", request={"kind": "chat"})
OWN = Before(name="own", operation="datasets.grant_consent", request={"purposes": ["training", "evaluation"]})
SAID = Before(name="turn", operation="chat.send_message", request={"message": "Hello! Who are you?"})


async def _prepare(request: CollectExamples, ctx: Context) -> CollectExamples:
    dataset = await find(request.id, ctx)
    if dataset["kind"] not in COLLECTED:
        raise InvalidRequest(
            f"Conversations are no rows of kind {dataset['kind']}.",
            field="id",
            value=dataset["name"],
            remedy=f"Collect into a dataset of kind {' or '.join(COLLECTED)}.",
        )
    return request


@operation(
    "datasets.collect_examples",
    effect="writes",
    on="dataset",
    prepare=_prepare,
    time_limit=3600.0,
    view=views.draw_collected,
    examples=(
        Example(
            title="All that was said by who consents",
            request={"id": "{talks.id}", "limit": 1},
            before=(TALKS, OWN, SAID),
        ),
        Example(
            title="Answers that were rated good, of ada",
            request={"id": "{talks.id}", "rated": "good"},
            before=(TALKS, GRANTED),
        ),
    ),
)
async def collect_examples(request: CollectExamples, ctx: Context) -> Recorded[CollectedExamples]:
    """Collect rows from the caller's own conversations, as a run: only where everybody in one has consented.

    What identifies a person is replaced by placeholders, by rules that find some of it: `not_found` says what they do
    not. Where each row is from is kept, for withdraw_consent. Rows that are there already are not added again.

    Raises:
        NotFound: the caller has no such dataset.
        InvalidRequest: the dataset is of another kind than chat and preferences.
    """
    for number in range(TRIES):

        async def found() -> Json:
            return await find(request.id, ctx)

        dataset: Row = await ctx.note(f"dataset {number}", found)
        try:
            done = await _of_this_run(dataset, ctx) or await _collect(dataset, request, ctx)
        except Conflict:
            # Rows of what it began from were withdrawn.
            if not await moved(dataset, ctx):
                raise
            continue
        if done is not None:
            await _look_again(request.purpose, dataset["id"], ctx)
            return done
    raise changed_meanwhile(await find(request.id, ctx))


async def _of_this_run(dataset: Row, ctx: Context) -> CollectedExamples | None:
    """What this run has put there before it was cut."""
    for row in await every_version(dataset["id"], ctx):
        if row["run_id"] == ctx.run.run_id:
            return CollectedExamples(dataset=dataset["id"], version=row["digest"], rows=row["rows"], **_note(row))
    return None


def _note(row: Row) -> Json:
    note: Json = json.loads(row["note"])
    return {name: note[name] for name in ("collected", "conversations", "users", "left_out", "replaced")}


async def _collect(dataset: Row, request: CollectExamples, ctx: Context) -> CollectedExamples | None:
    """One try; None where another change came first."""
    from nis_backend.capabilities.datasets.gathering import REASONS, gather  # noqa: PLC0415 - loads with the first collection

    known = {one async for row in sources({"dataset_id": dataset["id"]}, ctx) for one in (row["digest"], row["run_id"])}
    consenting = await holding(request.purpose, ctx)
    found = await gather(request, dataset["kind"], consenting, known, ctx)
    told: Json = {
        "collected": len(found.rows),
        "conversations": found.conversations,
        "users": len({person for row in found.rows for person in row.persons}),
        "left_out": {why: found.left_out[why] for why in REASONS},
        "replaced": {kind: found.replaced[kind] for kind in KINDS},
    }
    await _note_again(dataset["id"], found, ctx)
    if not found.rows:
        return CollectedExamples(dataset=dataset["id"], version=dataset["version"], rows=dataset["rows"], **told)
    version = await _written(dataset, found, told, ctx)
    return None if version is None else CollectedExamples(dataset=dataset["id"], **version, **told)


async def _written(dataset: Row, found: Found, told: Json, ctx: Context) -> Json | None:
    from nis_backend.capabilities.datasets.writing import WriteRows, write_rows  # noqa: PLC0415 - as above

    parent = await find_version(dataset, dataset["version"], ctx) if dataset["version"] else None
    with made_file(ctx) as source, made_file(ctx) as out:
        with writing():
            source.write_bytes(b"".join(row.line for row in found.rows))
        wanted = WriteRows(
            kind=dataset["kind"],
            out=str(out),
            parent=await path_of(ctx, parent["blob_id"] if parent else None),
            parent_rows=parent["rows"] if parent else 0,
            parent_grouped=bool(parent and json.loads(parent["note"] or "{}").get("grouped")),
            source=str(source),
        )
        written = await worked(ctx, write_rows, wanted, source.stat().st_size)
        new = {row.digest for row in found.rows}
        of = [*found.rows, *(row for row in found.again if row.digest in new)]
        told_of = _sources(dataset["id"], of, ctx.now())
        beside = [*{both[1]["id"]: both for both in told_of}.values()]
        if not await keep_version(dataset, written, out, ctx, note=told, beside=beside):
            return None
    return {"version": written.digest, "rows": written.rows}


async def _note_again(dataset_id: str, found: Found, ctx: Context) -> None:
    """Note who else has said what a row has already: it goes with their consent too, and is not parted from theirs."""
    there = {row["id"] async for row in sources({"dataset_id": dataset_id}, ctx)}
    new = {row.digest for row in found.rows}
    # Of rows that are new the first source comes with them.
    for table, row in _sources(dataset_id, [one for one in found.again if one.digest not in new], ctx.now()):
        if row["id"] not in there:
            there.add(row["id"])
            with suppress(Conflict):
                await ctx.store.insert(table, row)


def _sources(dataset_id: str, found: Sequence[OneRow], now: float) -> Sequence[tuple[Table, Row]]:
    """Where each row is from: a row for each person in it."""
    from hashlib import sha256  # noqa: PLC0415 - as above

    rows: list[tuple[Table, Row]] = []
    for one in found:
        for person in sorted(one.persons):
            key = sha256(f"{dataset_id}\0{one.digest}\0{one.conversation}\0{person}".encode()).hexdigest()[:24]
            rows.append(
                (
                    "example_sources",
                    {
                        "id": f"source-{key}",
                        "dataset_id": dataset_id,
                        "digest": one.digest,
                        "conversation_id": one.conversation,
                        "run_id": one.run,
                        "person": person,
                        "created": now,
                        "updated": now,
                    },
                )
            )
    return rows


async def _look_again(purpose: str, dataset_id: str, ctx: Context) -> None:
    """Take out the rows of who has withdrawn while they were collected."""
    persons = {row["person"] async for row in sources({"dataset_id": dataset_id}, ctx)}
    for person in sorted(persons - await holding(purpose, ctx)):
        consents = await ctx.store.select("consents", where={"person": person}, limit=1)
        if not consents or consents[0]["withdrawn"] is not None:
            await remove_person(person, ctx)


OPERATIONS = (collect_examples,)
