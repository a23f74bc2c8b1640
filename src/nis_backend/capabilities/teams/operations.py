"""Teams as operations: kept, listed, run, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend import versioned
from nis_backend.annotations import Plain
from nis_backend.calling import told_under
from nis_backend.capabilities.teams.answered import Contribution, Vote
from nis_backend.capabilities.teams.team import Definition, Name, Shape, Team, find, team_of, written
from nis_backend.changed import Changing, with_changes
from nis_backend.errors import shorten
from nis_backend.found import keep
from nis_backend.loop.accompanied import Accompanied, check_accompanied
from nis_backend.operation import Before, Example, Json, Model, Recorded, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.versioned import MOST_VERSIONS, write_next
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_KEPT = 1000
"""Teams of one owner."""
LONGEST = 50_000
"""Characters of what a team is told: the members are told more."""
TITLE = 80
"""Characters of a message that name the conversation it begins."""
LIMIT = 86_400.0
"""Seconds that a team's run may take, whatever its deadline is."""


class CreateTeam(Definition):
    """A team to be kept."""

    name: Name | None = Field(
        default=None, description="What it is called; it takes the id's place. Unset, the id is the name."
    )


class OneTeam(Model):
    """Which team."""

    id: str = Field(min_length=1, max_length=64, description="The team's id, or its name.")


class TeamVersion(OneTeam):
    """Which team, in which version."""

    version: int | None = Field(default=None, ge=1, le=MOST_VERSIONS, description="Unset, the latest.")


class UpdateTeam(Changing, OneTeam):
    """Which team, and what changes of it."""


class RunTeam(TeamVersion, Accompanied):
    """Which team, and what it is to do."""

    message: Annotated[str, Plain] = Field(min_length=1, max_length=LONGEST, description="What it is to do.")


class ListTeams(Model):
    """Which teams, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class ListTeamVersions(OneTeam):
    """Which team's versions, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class TeamList(Model):
    """One page of teams."""

    teams: list[Team]
    next_cursor: Next


class TeamAnswer(Model):
    """What came of a team's run."""

    team_id: str
    team: str = Field(description="Its name.")
    version: int
    shape: Shape
    response: str = Field(description="The answer in words; of a vote without a decision, why there is none.")
    answer: str | None = Field(description="What was decided by a vote; null where there was none, or no decision.")
    vote: Vote | None = Field(description="The votes, of the shapes vote and debate.")
    said: list[Contribution] = Field(description="What each member said when it was asked, in that order.")
    demonstration: bool = Field(
        default=False, description="Whether a model that has answered is too small to be relied on."
    )
    input_tokens: int | None = Field(
        default=None,
        description="That models here read for all of `said`, for what came to no answer too; null where one's are not "
        "told.",
    )
    output_tokens: int | None = Field(default=None, description="That they wrote; as above.")
    uncounted: list[str] = Field(
        default_factory=list[str],
        description="Members on other servers that were asked: what they took is not known, and in neither sum.",
    )
    absent: dict[str, str] = Field(description="Members that had no answer when they were asked, and why.")
    run_id: str
    conversation_id: str | None = Field(default=None, description="The conversation that it is a turn of.")


CLERK = Before(
    name="clerk",
    operation="agents.create_agent",
    request={"instructions": "You are a clerk. Answer in three words.", "max_tokens": 6},
)
PAIR: Json = {
    "shape": "parallel",
    "members": [
        {"name": "short", "agent": "{clerk.id}"},
        {"name": "plain", "agent": "{clerk.id}", "instructions": "Use plain words."},
    ],
}
KEPT = (CLERK, Before(name="pair", operation="teams.create_team", request=PAIR))
CHANGE: Json = {"id": "{pair.id}", "change": {"shape": "sequence", "seconds": 60}}
CHANGED = Before(name="changed", operation="teams.update_team", request=CHANGE)


def _draw(_request: Model, result: TeamList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.name, one.version, one.shape, ", ".join(member.name for member in one.members), moment(one.updated)]
        for one in result.teams
    ]
    return [Table(title="Teams", columns=["name", "version", "shape", "members", "written (UTC)"], rows=rows)]


def _draw_answer(_request: Model, result: TeamAnswer) -> list[View]:
    no_words = dict.fromkeys(result.vote.silent if result.vote else (), "Its words held no answer of the kind.")
    rows: list[list[str | float]] = [[name, why] for name, why in {**no_words, **result.absent}.items()]
    absent = [Table(title="Without an answer", columns=["member", "why"], rows=rows)] if rows else []
    if result.vote is None:
        return [Text(text=result.response), *absent]
    votes: list[list[str | float]] = [
        [one.answer, len(one.members), ", ".join(one.members)] for one in result.vote.classes
    ]
    return [
        Text(text=result.response),
        Table(title="Votes", columns=["answer", "votes", "members"], rows=votes),
        *absent,
    ]


@operation(
    "teams.create_team",
    effect="writes",
    repeatable=True,
    resource="team",
    examples=(Example(title="Two who are asked at once", request=PAIR, before=(CLERK,)),),
)
async def create_team(request: CreateTeam, ctx: Context) -> Team:
    """Keep a team: agents, models and agents of other servers, and the shape in which they answer.

    Raises:
        InvalidRequest: its shape does not fit its members, or a member is more than one thing.
        NotFound: it names who is not there.
        Conflict: there is one of this name, or there are 1,000.
    """
    from nis_backend.capabilities.teams.checking import check  # noqa: PLC0415 - loads with the first team

    await check(request, ctx)
    now, id_ = ctx.now(), ctx.new_id("team")
    row: Row = {
        "id": id_,
        "team_id": id_,
        "name": request.name or id_,
        "version": 1,
        "latest": 1,
        "definition": written(request),
        "created": now,
        "updated": now,
    }
    await keep("teams", "team", row, MOST_KEPT, ctx)
    return team_of(row)


@operation(
    "teams.get_team",
    effect="reads",
    resource="team",
    examples=(Example(title="Who is in it", request={"id": "{pair.id}"}, before=KEPT),),
)
async def get_team(request: TeamVersion, ctx: Context) -> Team:
    """Get a team: its members, its shape and its bounds."""
    return team_of(await find(request.id, ctx, request.version))


@operation(
    "teams.list_teams",
    effect="reads",
    resource="team",
    view=_draw,
    examples=(Example(title="What there is", request={"limit": 1}, before=KEPT),),
)
async def list_teams(request: ListTeams, ctx: Context) -> TeamList:
    """List the caller's teams, the newest first."""
    rows, following = await ctx.store.page("teams", where={"latest": 1}, cursor=request.cursor, limit=request.limit)
    return TeamList(teams=[team_of(row) for row in rows], next_cursor=following)


@operation(
    "teams.list_team_versions",
    effect="reads",
    on="team",
    view=_draw,
    examples=(Example(title="What has become of it", request={"id": "{pair.id}"}, before=(*KEPT, CHANGED)),),
)
async def list_team_versions(request: ListTeamVersions, ctx: Context) -> TeamList:
    """List the versions of a team, the newest first."""
    rows, following = await versioned.page("teams", "team", request.id, request.cursor, request.limit, ctx)
    return TeamList(teams=[team_of(row) for row in rows], next_cursor=following)


@operation(
    "teams.update_team",
    effect="writes",
    repeatable=True,
    resource="team",
    examples=(Example(title="In a row", request=CHANGE, before=KEPT),),
)
async def update_team(request: UpdateTeam, ctx: Context) -> Team:
    """Write the next version of a team, checked as a new one is; those before stay, and can be run by their number.

    Raises:
        NotFound: the caller has no such team, or it would name who is not there.
        InvalidRequest: the team would be wrong.
        Conflict: it was changed meanwhile, or has 200 versions.
    """
    from nis_backend.capabilities.teams.checking import check  # noqa: PLC0415 - as above

    head = await find(request.id, ctx)
    definition = with_changes(Definition, team_of(head), request.change, "A team")
    with told_under("change"):
        await check(definition, ctx)
    return team_of(await write_next("teams", "team", request.id, head, written(definition), request.after, ctx))


@operation(
    "teams.delete_team",
    effect="destroys",
    repeatable=True,
    resource="team",
    examples=(Example(title="No more", request={"id": "{pair.id}"}, before=KEPT),),
)
async def delete_team(request: OneTeam, ctx: Context) -> OneTeam:
    """Delete a team with all its versions; its members stay, and so do its runs."""
    head = await find(request.id, ctx)
    await versioned.delete("teams", "team", head, MOST_VERSIONS, ctx)
    return OneTeam(id=head["team_id"])


async def _prepare(request: RunTeam, ctx: Context) -> RunTeam:
    """Refuse what cannot be run before anything is written down, and hold the run to its budget."""
    from nis_backend.capabilities.teams.checking import check  # noqa: PLC0415 - as above

    check_accompanied(request)
    team = team_of(await find(request.id, ctx, request.version))
    await check(team, ctx)
    budgets = [team.budget]
    if team.shape == "supervisor" and team.lead.agent is not None:
        agent = await ctx.call_named("agents.get_agent", {"id": team.lead.agent})
        budgets.append(agent.budget)
        if agent.deadline is not None:
            ctx.ends.append(ctx.now() + agent.deadline)
    if budget := [one for one in budgets if one is not None]:
        ctx.cap(str(ctx.run_id), min(budget))
    changes: Json = {"id": team.id, "version": team.version}
    if request.begins or request.conversation_id is not None:
        from nis_backend.capabilities.chat.operations import in_conversation  # noqa: PLC0415 - few runs are turns

        title = shorten(request.message, TITLE)
        changes["conversation_id"] = await in_conversation(request.conversation_id, title, ctx, begins=request.begins)
    return request.model_copy(update=changes)


@operation(
    "teams.run_team",
    effect="writes",
    on="team",
    outward=True,
    view=_draw_answer,
    prepare=_prepare,
    time_limit=LIMIT,
    queue="teams",
    examples=(Example(title="A question", request={"id": "{pair.id}", "message": "What is a lever?"}, before=KEPT),),
)
async def run_team(request: RunTeam, ctx: Context) -> Recorded[TeamAnswer]:
    """Have a team do something, in its shape: each member's answer is a run of its own, within the team's bounds.

    Who is dead or late is named, and never counted as one that agrees.

    Raises:
        NisError: nobody had an answer, or one without whom the shape does not work.
    """
    from nis_backend.capabilities.teams.running import carry  # noqa: PLC0415 - loads with the first run

    return await carry(request, ctx)


OPERATIONS = (create_team, get_team, list_teams, list_team_versions, update_team, delete_team, run_team)
