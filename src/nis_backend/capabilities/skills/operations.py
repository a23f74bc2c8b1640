"""Skills as operations: published, found, passed on, rated, revoked."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.skills.samples import DOCUMENT, GREETING, PUBLISHED
from nis_backend.capabilities.skills.signing import check, publisher, sign
from nis_backend.capabilities.skills.skill import (
    FORMAT,
    LONGEST_SIGNED,
    PAGE,
    Described,
    Kind,
    Publisher,
    Skill,
    SkillDocument,
    check_content,
    described_in,
    find,
    skill_of,
)
from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.found import unknown
from nis_backend.operation import Example, Model, operation
from nis_backend.paged import Limit
from nis_backend.view import Table, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_KEPT, MOST_LOOKED = 10_000, 1000


class PublishSkill(Described):
    """A skill to be signed and kept."""


class OneSkill(Model):
    """Which skill."""

    id: str = Field(min_length=1, max_length=64, description="The skill's id, or its name: then the newest version.")


class SignedSkill(Skill):
    """A skill, and the document that is passed on."""

    document: SkillDocument


class FindSkills(Model):
    """What is looked for."""

    query: str = Field(default="", max_length=200, description="Words in its name or description; empty, all.")
    kind: Kind | None = Field(default=None, description="Only of this kind.")
    limit: Limit = 20


class FoundSkills(Model):
    """Skills, the best rated first, then the newest."""

    skills: list[Skill]
    more: bool = Field(description="Whether there are more than were asked for.")


class ImportSkill(Model):
    """A skill from another server, and whose signature is trusted."""

    document: SkillDocument = Field(description="As skills.get_skill told it there.")
    publisher: Publisher = Field(
        description="The publisher's public key, as its owner told you: the document's own word for it proves nothing."
    )


class RateSkill(OneSkill):
    """How good it is."""

    score: int = Field(ge=1, le=5, description="From 1 to 5, the best.")
    note: str = Field(default="", max_length=1000, description="Why.")


class RevokeSkill(OneSkill):
    """Which skill is taken back, and why."""

    reason: str = Field(default="", max_length=500, description="Whoever wants to install it is told.")


class DeleteSkill(Model):
    """Which version of a skill."""

    id: str = Field(min_length=1, max_length=64, description="The skill's id: a name may stand for several versions.")


def _draw(_request: Model, result: FoundSkills) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.name, one.version, one.kind, one.state, "" if one.rating is None else one.rating, one.description]
        for one in result.skills
    ]
    columns = ["id", "name", "version", "kind", "state", "rating", "description"]
    return [Table(title="Skills", columns=columns, rows=rows)]


@operation(
    "skills.publish_skill",
    effect="writes",
    examples=(Example(title="A greeting", request=GREETING),),
)
async def publish_skill(request: PublishSkill, ctx: Context) -> Skill:
    """Sign an agent, a prompt, a plan or an insight as a skill, in a version that never changes, and keep it.

    Raises:
        InvalidRequest: its kind is not made of this content, or it is too long with its tests.
        Conflict: there is this version of it, or there are 10,000 skills.
    """
    check_content(request, ctx)
    text = json.dumps({"format": FORMAT, **request.model_dump(mode="json")}, sort_keys=True, ensure_ascii=False)
    if len(text) > LONGEST_SIGNED:
        raise InvalidRequest(
            f"The skill has {len(text)} characters as it is signed.",
            field="tests",
            value=len(text),
            remedy=f"Give fewer or shorter tests: {LONGEST_SIGNED} at most, content and all.",
        )
    folder, owner = ctx.settings.data, ctx.caller.owner
    by = await asyncio.to_thread(publisher, folder, owner)
    signature = await asyncio.to_thread(sign, text, folder, owner)
    return await _insert(SkillDocument(signed=text, signature=signature, publisher=by), "published", ctx)


async def _insert(document: SkillDocument, state: str, ctx: Context) -> Skill:
    if await ctx.store.count("skills") >= MOST_KEPT:
        raise Conflict(f"There are {MOST_KEPT} skills.", field="name", remedy="Delete one that is not needed.")
    described = described_in(document.signed)
    now, id_ = ctx.now(), ctx.new_id("skill")
    row: Row = {
        "id": id_,
        "name": described.name or id_,
        "version": described.version,
        "kind": described.kind,
        "state": "revoked" if document.revocation else state,
        "publisher": document.publisher,
        "signature": document.signature,
        "content": document.signed,
        "revocation": document.revocation,
        "revocation_signature": document.revocation_signature,
        "created": now,
        "updated": now,
    }
    try:
        await ctx.store.insert("skills", row)
    except Conflict:
        raise Conflict(
            f"There is {row['name']} {row['version']} of this publisher.",
            field="version",
            value=row["version"],
            remedy="Give the next version: one that is published never changes.",
        ) from None
    return await skill_of(row, ctx)


@operation(
    "skills.get_skill",
    effect="reads",
    resource="skill",
    examples=(Example(title="With its signature", request={"id": "{greeting.id}"}, before=(PUBLISHED,)),),
)
async def get_skill(request: OneSkill, ctx: Context) -> SignedSkill:
    """Get a skill with the signed document by which it is passed on to another server."""
    row = await find(request.id, ctx)
    document = SkillDocument(
        signed=row["content"],
        signature=row["signature"],
        publisher=row["publisher"],
        # Another publisher's that was taken back here alone goes on as it came.
        revocation=row["revocation"] if row["revocation_signature"] else "",
        revocation_signature=row["revocation_signature"],
    )
    return SignedSkill(**(await skill_of(row, ctx)).model_dump(), document=document)


@operation(
    "skills.find_skills",
    effect="reads",
    view=_draw,
    examples=(Example(title="Greetings", request={"query": "greets", "limit": 1}, before=(PUBLISHED,)),),
)
async def find_skills(request: FindSkills, ctx: Context) -> FoundSkills:
    """Find skills by words of their names and descriptions, among the newest 1,000: the best rated first."""
    where = {} if request.kind is None else {"kind": request.kind}
    rated = await ctx.store.select("skill_ratings", limit=MOST_KEPT)
    ratings: dict[str, int] = {one["skill_id"]: one["score"] for one in rated}
    words = request.query.casefold().split()
    best: list[Row] = []
    before: tuple[float, str] | None = None
    # A page at a time: a skill may be long, and no more of them are held than are answered.
    for _ in range(MOST_LOOKED // PAGE):
        rows = await ctx.store.select("skills", where=where, before=before, limit=PAGE)
        best += [row for row in rows if _holds(row, words)]
        best.sort(key=lambda row: (-ratings.get(row["id"], 0), -row["created"]))
        del best[request.limit + 1 :]
        if len(rows) < PAGE:
            break
        before = rows[-1]["created"], rows[-1]["id"]
    skills = [await skill_of(row, ctx) for row in best[: request.limit]]
    return FoundSkills(skills=skills, more=len(best) > request.limit)


def _holds(row: Row, words: list[str]) -> bool:
    text = f"{row['name']} {json.loads(row['content']).get('description', '')}".casefold()
    return all(word in text for word in words)


@operation(
    "skills.import_skill",
    effect="writes",
    examples=(
        Example(
            title="A greeting from another server",
            request={"document": DOCUMENT, "publisher": DOCUMENT["publisher"]},
        ),
    ),
)
async def import_skill(request: ImportSkill, ctx: Context) -> Skill:
    """Take over a skill that another server has published, or learn that it was revoked; it is not installed by this.

    Raises:
        InvalidRequest: the publisher has not signed it, or is another than the one trusted.
        Conflict: there is another text of this version by this publisher.
    """
    document = request.document
    if document.publisher != request.publisher:
        raise InvalidRequest(
            "The document is another publisher's.",
            field="publisher",
            value=request.publisher,
            remedy="Ask the one whom you trust for it.",
        )
    await asyncio.to_thread(check, document.signed, document.signature, document.publisher)
    described = described_in(document.signed)
    check_content(described, ctx)
    if document.revocation:
        await asyncio.to_thread(check, document.revocation, document.revocation_signature, document.publisher)
        check_revocation(document)
    where = {"signature": document.signature, "publisher": document.publisher}
    rows = await ctx.store.select("skills", where=where, limit=1)
    if not rows:
        return await _insert(document, "imported", ctx)
    row = rows[0]
    if document.revocation and not row["revocation_signature"]:
        changes = {
            "state": "revoked",
            "revocation": document.revocation,
            "revocation_signature": document.revocation_signature,
            "updated": ctx.now(),
        }
        await ctx.store.update("skills", row["id"], changes)
        row |= changes
    return await skill_of(row, ctx)


def check_revocation(document: SkillDocument) -> None:
    """A revocation names the skill by its signature: that of another one takes nothing back."""
    try:
        told = json.loads(document.revocation)
        right = told["revokes"] == document.signature and isinstance(told["reason"], str)
    except (ValueError, TypeError, KeyError, RecursionError):
        right = False
    if not right:
        raise InvalidRequest(
            "The revocation is none of this skill.",
            field="document.revocation",
            value=document.revocation,
            remedy="Leave it out, or give the document as skills.get_skill told it.",
        )


@operation(
    "skills.rate_skill",
    effect="writes",
    on="skill",
    examples=(Example(title="Good", request={"id": "{greeting.id}", "score": 4}, before=(PUBLISHED,)),),
)
async def rate_skill(request: RateSkill, ctx: Context) -> Skill:
    """Rate a skill from 1 to 5; a later rating takes the place of an earlier one."""
    row = await find(request.id, ctx)
    now = ctx.now()
    given = {"score": request.score, "note": request.note, "updated": now}
    if not await _rated(row["id"], given, ctx):
        made = {"id": ctx.new_id("rating"), "skill_id": row["id"], "created": now, **given}
        try:
            await ctx.store.insert("skill_ratings", made)
        except Conflict:
            # Another call has rated it meanwhile.
            await _rated(row["id"], given, ctx)
    return await skill_of(row, ctx)


async def _rated(skill_id: str, given: Row, ctx: Context) -> bool:
    """Have a rating that is there be this one; False where none is."""
    rows = await ctx.store.select("skill_ratings", where={"skill_id": skill_id}, limit=1)
    return bool(rows) and await ctx.store.update("skill_ratings", rows[0]["id"], given)


@operation(
    "skills.revoke_skill",
    effect="writes",
    on="skill",
    examples=(
        Example(
            title="Taken back", request={"id": "{greeting.id}", "reason": "It greets nobody."}, before=(PUBLISHED,)
        ),
    ),
)
async def revoke_skill(request: RevokeSkill, ctx: Context) -> Skill:
    """Take a skill back: it is not installed any more; what was installed of it stays.

    Of one that the caller has published, the document carries the signed revocation to whoever imports it again.

    Raises:
        Conflict: it is revoked already.
    """
    row = await find(request.id, ctx)
    if row["state"] == "revoked":
        raise Conflict(
            f"{row['name']} is revoked already.", field="id", value=row["id"], remedy="Nothing is left to do."
        )
    folder, owner = ctx.settings.data, ctx.caller.owner
    told = {"revokes": row["signature"], "reason": request.reason, "at": ctx.now()}
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    # Another publisher's is taken back here alone: nobody signs for others.
    ours = row["publisher"] == await asyncio.to_thread(publisher, folder, owner)
    signature = await asyncio.to_thread(sign, text, folder, owner) if ours else ""
    changes = {"state": "revoked", "revocation": text, "revocation_signature": signature, "updated": ctx.now()}
    if not await ctx.store.update("skills", row["id"], changes):
        raise NotFound(f"There is no skill {request.id!r}.", field="id", value=request.id, remedy="Find it again.")
    return await skill_of({**row, **changes}, ctx)


@operation(
    "skills.delete_skill",
    effect="destroys",
    repeatable=True,
    resource="skill",
    examples=(Example(title="No more", request={"id": "{greeting.id}"}, before=(PUBLISHED,)),),
)
async def delete_skill(request: DeleteSkill, ctx: Context) -> DeleteSkill:
    """Delete a version of a skill with its rating and its revocation; what was installed of it stays.

    Nothing of it is known here any more, not that it was revoked either; servers that have taken it over keep it. To
    have it installed no more, revoke it.

    Raises:
        NotFound: the caller has no such skill.
    """
    # The rating first: what is cut here can be called again.
    for one in await ctx.store.select("skill_ratings", where={"skill_id": request.id}, limit=1):
        await ctx.store.delete("skill_ratings", one["id"])
    if not await ctx.store.delete("skills", request.id):
        raise unknown("skill", request.id)
    return request


OPERATIONS = (publish_skill, get_skill, find_skills, import_skill, rate_skill, revoke_skill, delete_skill)
