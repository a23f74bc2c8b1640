"""Consents: who lets what they have said be learned from, for what, since when; and that it was withdrawn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from nis_backend.annotations import Plain
from nis_backend.capabilities.datasets import views
from nis_backend.capabilities.datasets.withdrawing import remove_person
from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Next

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

OWNER = ""
"""The person of turns that name nobody: whoever owns them."""
UNNAMED = frozenset({None, "", "anonymous"})
"""Labels of nobody in particular."""
Label = Annotated[str, StringConstraints(min_length=1, max_length=128), Plain]
Purpose = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
WHOSE = "The label that conversations have as user_id; unset: your own, of conversations that name nobody."


class GrantConsent(Model):
    """Who consents, and to what."""

    user: Label | None = Field(default=None, description=WHOSE)
    purposes: list[Purpose] = Field(
        min_length=1, max_length=16, description="For what: training, evaluation, or a word of your own."
    )
    note: Annotated[str, Plain] = Field(default="", max_length=2000, description="How and where it was given.")


class WithdrawConsent(Model):
    """Whose consent is withdrawn."""

    user: Label | None = Field(default=None, description=WHOSE)
    erase: bool = Field(default=False, description="Whether that there was a consent is removed too.")


class ListConsents(Model):
    """Which consents, the newest first."""

    purpose: Purpose | None = Field(default=None, description="Only those for this.")
    withdrawn: bool = Field(default=False, description="Whether those that were withdrawn are told too.")
    cursor: Cursor = None
    limit: int = Field(default=20, ge=1, le=100, description="Most to look at.")


class Consent(Model):
    """What one person has consented to."""

    user: str | None = Field(description="The person's label; null: the owner of the conversations.")
    purposes: list[str]
    granted: float = Field(description="When it was given last; seconds since 1970, UTC.")
    withdrawn: float | None = Field(description="When it was withdrawn; null: it holds.")
    note: str


class ConsentList(Model):
    """One page of consents."""

    consents: list[Consent]
    next_cursor: Next


class Withdrawn(Model):
    """What has come of it."""

    user: str | None
    rows: int = Field(description="Different rows that are gone.")
    versions: int = Field(description="Versions of datasets that were written anew without them.")
    datasets: list[str] = Field(description="Ids of the datasets that had such rows.")
    files: int = Field(description="Files that were exported from these datasets, or imported, that are gone.")
    models: list[str] = Field(description="Ids of trained models that have learned from a version that had them.")
    beyond: str = Field(
        default="Files that were taken out of here, backups, rows that stand in a run's request (runs.delete_run), "
        "and what models have learned: these are marked.",
        description="What is not reached.",
    )


async def holding(purpose: str, ctx: Context) -> frozenset[str]:
    """The persons whose consent for this purpose holds now."""
    found: set[str] = set()
    before: tuple[float, str] | None = None
    while rows := await ctx.store.select("consents", before=before, limit=500):
        before = (rows[-1]["created"], rows[-1]["id"])
        found |= {row["person"] for row in rows if row["withdrawn"] is None and purpose in json.loads(row["purposes"])}
    return frozenset(found)


def person_of(label: object) -> str:
    """Whose a turn is, by its user_id."""
    return OWNER if label in UNNAMED else str(label)


def _told(row: Row) -> Consent:
    return Consent(
        user=row["person"] or None,
        purposes=json.loads(row["purposes"]),
        **{name: row[name] for name in ("granted", "withdrawn", "note")},
    )


async def _find(person: str, ctx: Context) -> Row | None:
    rows = await ctx.store.select("consents", where={"person": person}, limit=1)
    return rows[0] if rows else None


GRANTED = Before(name="granted", operation="datasets.grant_consent", request={"user": "ada", "purposes": ["training"]})


@operation(
    "datasets.grant_consent",
    effect="writes",
    repeatable=True,
    examples=(
        Example(title="For training", request={"user": "ada", "purposes": ["training"], "note": "Form of 3 May."}),
        Example(title="Your own", request={"purposes": ["training", "evaluation"]}),
    ),
)
async def grant_consent(request: GrantConsent, ctx: Context) -> Consent:
    """Set down that a person lets their conversations be learned from, for these purposes; it holds until withdrawn.

    Given again, its purposes are those given now.

    Raises:
        Conflict: a purpose is missing that rows of theirs may have been collected for.
    """
    now, person = ctx.now(), person_of(request.user)
    if request.user is not None and person == OWNER:
        raise InvalidRequest(
            f"{request.user!r} is nobody in particular.", field="user", value=request.user, remedy="Name the person."
        )
    given: Row = {
        "purposes": json.dumps(sorted(set(request.purposes))),
        "granted": now,
        "withdrawn": None,
        "note": request.note,
        "updated": now,
    }
    known = await _find(person, ctx)
    if known is not None:
        await _refuse_fewer(request, known, ctx)
    if known is None:
        try:
            await ctx.store.insert("consents", {"id": ctx.new_id("consent"), "person": person, **given, "created": now})
        except Conflict:
            known = await _find(person, ctx)
    if known is not None:
        await ctx.store.update("consents", known["id"], given)
    return _told({"person": person, **given})


async def _refuse_fewer(request: GrantConsent, known: Row, ctx: Context) -> None:
    """Rows that were collected for a purpose do not stay where it is quietly left out."""
    missing = sorted(set(json.loads(known["purposes"])) - set(request.purposes))
    if known["withdrawn"] is not None or not missing:
        return
    if await ctx.store.count("example_sources", where={"person": known["person"]}):
        raise Conflict(
            f"Rows were collected from {request.user or 'you'}, who consented to {', '.join(missing)} too.",
            field="purposes",
            value=request.purposes,
            remedy="Withdraw the consent: datasets.withdraw_consent, which removes the rows. Then grant what holds.",
        )


@operation(
    "datasets.withdraw_consent",
    effect="destroys",
    time_limit=1800,
    view=views.draw_withdrawn,
    examples=(Example(title="No more", request={"user": "ada"}, before=(GRANTED,)),),
)
async def withdraw_consent(request: WithdrawConsent, ctx: Context) -> Withdrawn:
    """Withdraw a person's consent: rows that came from them go from every version of every dataset, bytes included.

    Models that have learned from them are marked as withdrawn; nothing is collected from the person again. Where it is
    cut, it is called again and goes on.

    Raises:
        NotFound: there is neither a consent of theirs nor a row.
    """
    person, now = person_of(request.user), ctx.now()
    known = await _find(person, ctx)
    rows = await ctx.store.select("example_sources", where={"person": person}, limit=1)
    if known is None and not rows and not request.erase:
        raise NotFound(
            f"There is no consent of {request.user!r}." if request.user else "There is no consent of your own.",
            field="user",
            value=request.user,
            remedy="List the consents to see what there is.",
        )
    if known is not None and known["withdrawn"] is None:
        # At once: what is collected from here on leaves them out, and what is being collected looks again at its end.
        await ctx.store.update("consents", known["id"], {"withdrawn": now, "updated": now})
    removed = await remove_person(person, ctx)
    if known is not None and request.erase:
        await ctx.store.delete("consents", known["id"])
    return Withdrawn(user=request.user, **removed)


@operation(
    "datasets.list_consents",
    effect="reads",
    view=views.draw_consents,
    examples=(
        Example(
            title="For training",
            request={"purpose": "training", "limit": 5},
            before=(GRANTED,),
            question="Who has consented to training?",
            also=(
                "List the consents I have for training data.",
                "Whose conversations may I learn from?",
                "Which people have given consent?",
            ),
        ),
    ),
)
async def list_consents(request: ListConsents, ctx: Context) -> ConsentList:
    """List who has consented to be learned from, for which purposes, and when."""
    rows, following = await ctx.store.page("consents", cursor=request.cursor, limit=request.limit)
    told = [_told(row) for row in rows]
    kept = [
        one
        for one in told
        if (request.withdrawn or one.withdrawn is None) and (request.purpose is None or request.purpose in one.purposes)
    ]
    return ConsentList(consents=kept, next_cursor=following)


OPERATIONS = (grant_consent, withdraw_consent, list_consents)
