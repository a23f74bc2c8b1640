"""Forgetting a user everywhere, as one operation that shows before and after what there was and is of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.memory.memory import Label
from nis_backend.capabilities.memory.operations import TEA
from nis_backend.capabilities.memory.removing import Evidence, about_user, count, evidence_of, remove
from nis_backend.drivers.store.base import OPEN
from nis_backend.errors import Conflict
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context

DEFINITION = (
    "About a user is what named them when it was written: entries of the namespace user:<user> and of user:<user>/…; "
    "items and memories whose metadata has this user, and documents, with all their parts; runs whose request has this "
    "user_id, user or namespace (outside of conversations at whatever depth), and what they started; conversations "
    "with a turn of theirs, whole; blobs that these name and nothing else does; schedules, kept replies and calls of "
    "models that name them; rows of datasets that were collected from them, in every version. A name is compared "
    "letter by letter."
)
BEYOND = (
    "Backups, exports and snapshots that were taken before (nis backup, memory.export_memories).",
    "Copies of the database that an upgrade left beside it (nis-version-N.db).",
    "Answers that a route of models keeps for a time (cache.clear_cache).",
    "What was sent elsewhere: to providers of models, to webhooks, to the bus, to logs and traces.",
    "Files of vectors that other processes of the same database hold, until their next search or end.",
    "What somebody else has written of them without naming them as the user.",
    "Blocks of the disk that were the database's and are no longer: its file is written anew, the disk is not.",
)


class ForgetUser(Model):
    """Whom to forget."""

    user: Label = Field(description="The label that was given as user, or user_id, when things were written.")
    dry_run: bool = Field(default=False, description="Whether to count only what would be removed.")


class Place(Model):
    """One place, before and after."""

    place: str
    before: int = Field(description="How much of the user was there.")
    after: int = Field(description="How much is there now; of a dry run, the same.")
    how: str = Field(description="How it was looked for.")


class ForgottenUser(Model):
    """What there was of a user, and that it is gone."""

    user: str
    done: bool = Field(description="Whether it was removed; false of a dry run.")
    gone: bool = Field(description="Whether nothing of it was found afterwards in any place that was looked at.")
    places: list[Place]
    kept: list[str] = Field(description="What names the user and stays on purpose, with the reason.")
    left: list[str] = Field(
        description="What still names something that was removed and was written about somebody else: what removes it."
    )
    beyond: list[str] = Field(description="What this operation cannot reach.")
    definition: str = Field(description="What counts as about the user.")


def _draw(_request: Model, result: ForgottenUser) -> list[View]:
    removed = sum(one.before for one in result.places if one.place in COUNTED)
    said = "Nothing of it was found afterwards." if result.gone else "Something of it is still there: see the table."
    text = f"{removed} things about {result.user!r} {'are removed. ' + said if result.done else 'would be removed.'}"
    rows: list[list[str | float]] = [[one.place, one.before, one.after, one.how] for one in result.places]
    lines = "\n".join(f"- {one}" for one in (*result.left, *result.kept, *result.beyond))
    return [
        Text(text=f"{text}\n\nNot reached:\n{lines}"),
        Table(title="Places", columns=["place", "before", "after", "how"], rows=rows),
    ]


COUNTED: dict[str, str] = {
    "entries": "rows of the namespaces",
    "memories": "items with this user in collections of memories",
    "items": "items with this user in other collections, and all of the documents",
    "documents": "rows with this user in their metadata",
    "conversations": "with a turn of the user",
    "runs": "that name the user, what they started, and all turns of the conversations",
    "schedules": "whose arguments name the user",
    "model calls": "rows of the ledger that name the user as who asked",
    "examples": "where rows of datasets were collected from, which go from every version",
    "consents": "to learning from what the user has said",
    "kept replies": "to callers who repeat a write, that name the user",
    "blobs": "named by what is removed, and by nothing else",
}
"""Places by the names of `removing.count`."""


@operation(
    "memory.forget_user",
    effect="destroys",
    # It removes what these families remove.
    scopes=(
        "memory:write",
        "blobs:write",
        "collections:write",
        "conversations:write",
        "datasets:write",
        "documents:write",
        "runs:write",
        "schedules:write",
    ),
    time_limit=600,
    view=_draw,
    examples=(
        Example(title="Ada, everywhere", request={"user": "ada"}, before=(TEA,)),
        Example(title="What there is of her", request={"user": "ada", "dry_run": True}, before=(TEA,)),
    ),
)
async def forget_user(request: ForgetUser, ctx: Context) -> ForgottenUser:
    """Remove all that is about a user of the caller's: memories, entries, items, documents, conversations, runs, blobs.

    Afterwards tables, indexes of words, files of vectors, blobs and the database's own files are searched for it.

    Raises:
        Conflict: a run that is about them has not ended.
    """
    about, mark = await about_user(ctx, request.user)
    open_ = [row["id"] for row in about.runs if row["state"] in OPEN]
    if open_ and not request.dry_run:
        raise Conflict(
            f"Run {open_[0]} is about {request.user!r} and has not ended.",
            field="user",
            value=request.user,
            remedy="Cancel the run, or wait for its end; ask for this outside of their conversations.",
        )
    evidence = await evidence_of(ctx, about, mark)
    before = {**await count(ctx, about, evidence), **await evidence.found(ctx)}
    if request.dry_run:
        evidence.naming.clear()
        return _told(request, before, before, evidence, [])
    notes = await remove(ctx, request.user, about, evidence)
    rest, _ = await about_user(ctx, request.user)
    after = {**await count(ctx, rest, evidence), **await evidence.found(ctx)}
    return _told(request, before, after, evidence, notes)


def _told(
    request: ForgetUser, before: dict[str, int], after: dict[str, int], evidence: Evidence, notes: list[str]
) -> ForgottenUser:
    how = {**COUNTED, **evidence.how}
    places = [
        Place(place=place, before=number, after=after.get(place, 0), how=how.get(place, "ids of it in rows"))
        for place, number in {**dict.fromkeys(after, 0), **before}.items()
    ]
    return ForgottenUser(
        user=request.user,
        done=not request.dry_run,
        gone=all(one.after == 0 for one in places),
        places=places,
        kept=evidence.kept,
        left=evidence.naming,
        beyond=[*notes, *BEYOND],
        definition=DEFINITION,
    )


OPERATIONS = (forget_user,)
