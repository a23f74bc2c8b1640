"""What a skill is, how a row holds it, and what its kinds are made with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints

from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

Kind = Literal["agent", "prompt", "plan", "insight"]
State = Literal["published", "imported", "revoked"]

MOST_TESTS, LONGEST_CONTENT, LONGEST_SIGNED = 20, 200_000, 400_000
PAGE, MOST_NAMED = 50, 20
"""Skills that are read at a time; ids that a refusal names."""
FORMAT = "nis-skill-1"

Name = Annotated[str, StringConstraints(min_length=1, max_length=48, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
_NUMBER = "(0|[1-9][0-9]{0,5})"
Version = Annotated[str, StringConstraints(pattern=rf"^{_NUMBER}\.{_NUMBER}\.{_NUMBER}$")]
"""Written in one way, so that there are no two of one number."""
Publisher = Annotated[str, StringConstraints(min_length=8, max_length=100)]


@dataclass(frozen=True, kw_only=True)
class Made:
    """What the content of a kind is made with, tried by, and removed by."""

    create: str
    delete: str
    tried: str = ""
    named: bool = True


KINDS: Mapping[Kind, Made] = {
    "agent": Made(create="agents.create_agent", delete="agents.delete_agent", tried="agents.ask_agent"),
    "prompt": Made(create="prompts.create_prompt", delete="prompts.delete_prompt", tried="prompts.render_prompt"),
    "plan": Made(create="plans.create_plan", delete="plans.delete_plan"),
    "insight": Made(create="memory.remember", delete="memory.forget_memory", named=False),
}


class SkillTest(Model):
    """What is put to it when it is installed, and what the answer has to hold."""

    message: str = Field(default="", max_length=20_000, description="To an agent.")
    variables: dict[str, str] = Field(default_factory=dict[str, str], max_length=50, description="Of a prompt.")
    contains: str = Field(min_length=1, max_length=1000, description="Words in the answer, in any case of letters.")


class Content(Model):
    """What a skill makes, and how that is tried."""

    version: Version = Field(default="1.0.0", description="As 1.2.3; a version is never changed.")
    kind: Kind = Field(description="What its content makes.")
    description: str = Field(default="", max_length=1000, description="What it is for.")
    content: dict[str, Any] = Field(  # Any: JSON
        min_length=1,
        max_length=100,
        description="The request of what it makes, without a name: of agents.create_agent, prompts.create_prompt, "
        "plans.create_plan, or of memory.remember for an insight.",
    )
    tests: list[SkillTest] = Field(
        default_factory=list[SkillTest], max_length=MOST_TESTS, description="Of an agent or a prompt."
    )


class Described(Content):
    """What is signed of a skill."""

    name: Name | None = Field(default=None, description="What it is called; unset, its id.")


class Signed(Described):
    """The same, as it stands in the signed text."""

    format: Literal["nis-skill-1"]


class SkillDocument(Model):
    """A skill as it is passed on: the signed text, and whose signature it is."""

    signed: str = Field(max_length=LONGEST_SIGNED, description="The text that is signed, JSON.")
    signature: str = Field(max_length=200, description="Ed25519, as base64.")
    publisher: Publisher = Field(description="The public key that it is signed with.")
    revocation: str = Field(default="", max_length=4000, description="The text that takes it back; empty: none does.")
    revocation_signature: str = Field(default="", max_length=200, description="Of the revocation, by the same key.")


class Skill(Content):
    """A skill as it is kept here."""

    id: str
    name: str
    publisher: str = Field(description="The public key that it is signed with.")
    state: State = Field(description="published here, imported, or revoked: then it is not installed.")
    reason: str = Field(description="Why it is revoked; empty where it is not.")
    rating: int | None = Field(description="From 1 to 5, as it was rated here; null where it was not.")
    created: float = Field(description="When it came here, seconds since 1970, UTC.")
    updated: float = Field(description="As above.")


def check_content(described: Content, ctx: Context) -> None:
    """Refuse content that its kind is not made of, and tests where nothing can be tried.

    Raises:
        InvalidRequest: with the field.
    """
    made = KINDS[described.kind]
    size = len(json.dumps(described.content))
    if size > LONGEST_CONTENT:
        raise InvalidRequest(
            f"The content has {size} characters as JSON.",
            field="content",
            value=size,
            remedy=f"Give at most {LONGEST_CONTENT}.",
        )
    if "name" in described.content:
        raise InvalidRequest(
            "The content has a name of its own.",
            field="content.name",
            value=described.content["name"],
            remedy="Leave it out: it is named when it is installed.",
        )
    if described.tests and not made.tried:
        raise InvalidRequest(
            f"A skill of kind {described.kind} is not tried.",
            field="tests",
            value=len(described.tests),
            remedy="Leave the tests out: what makes it checks it.",
        )
    try:
        ctx.operations.find(made.create).validate(described.content)
    except InvalidRequest as error:
        raise InvalidRequest(
            error.message, field=f"content.{error.field or ''}".rstrip("."), value=error.value, remedy=error.remedy
        ) from None


async def find(which: str, ctx: Context) -> Row:
    """The caller's skill of this id, or the greatest version of this name.

    Raises:
        NotFound: the caller has none.
        InvalidRequest: several publishers have one of this name: none of them takes another's place.
    """
    row = await ctx.store.get("skills", which)
    if row is not None:
        return row
    newest = await _newest(which, ctx)
    if len(newest) > 1:
        ids = sorted(id_ for _, id_ in newest.values())
        more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
        raise InvalidRequest(
            f"{len(newest)} publishers have a skill {which!r}.",
            field="id",
            value=which,
            remedy=f"Give an id, after a look at its publisher: {', '.join(ids[:MOST_NAMED])}{more}.",
        )
    for _, id_ in newest.values():
        row = await ctx.store.get("skills", id_)
    if row is None:
        raise NotFound(
            f"There is no skill {which!r}.", field="id", value=which, remedy="skills.find_skills has those there are."
        )
    return row


async def _newest(name: str, ctx: Context) -> dict[str, tuple[list[int], str]]:
    """Of each publisher of this name the greatest version, and its id; few are held at once, for they are long."""
    newest: dict[str, tuple[list[int], str]] = {}
    before: tuple[float, str] | None = None
    while rows := await ctx.store.select("skills", where={"name": name}, before=before, limit=PAGE):
        for one in rows:
            found = [int(part) for part in one["version"].split(".")], str(one["id"])
            newest[one["publisher"]] = max(newest.get(one["publisher"], found), found)
        before = rows[-1]["created"], rows[-1]["id"]
    return newest


async def skill_of(row: Row, ctx: Context) -> Skill:
    """The skill that a row holds, with how it was rated here."""
    rated = await ctx.store.select("skill_ratings", where={"skill_id": row["id"]}, limit=1)
    described = described_in(row["content"])
    return Skill(
        **{**described.model_dump(), "name": row["name"]},
        id=row["id"],
        publisher=row["publisher"],
        state=row["state"],
        reason=_reason(row),
        rating=rated[0]["score"] if rated else None,
        created=row["created"],
        updated=row["updated"],
    )


def described_in(text: str) -> Described:
    """What a signed text describes.

    Raises:
        InvalidRequest: it is no skill of this format.
    """
    try:
        told = Signed.model_validate_json(text)
        return Described.model_validate(told.model_dump(exclude={"format"}))
    except ValueError:
        raise InvalidRequest(
            "The signed text is no skill.",
            field="document.signed",
            remedy=f"Give the document as skills.get_skill told it; its format is {FORMAT}.",
        ) from None


def revoked(row: Row) -> Conflict:
    """That a skill is not installed any more."""
    reason = _reason(row)
    return Conflict(
        f"The skill {row['name']} {row['version']} is revoked{f': {reason}' if reason else ''}.",
        field="id",
        value=row["id"],
        remedy="Take another version, or another skill.",
    )


def _reason(row: Row) -> str:
    return str(json.loads(row["revocation"])["reason"]) if row["revocation"] else ""
