"""A team's run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nis_backend.asking import say
from nis_backend.capabilities.teams.asking import Asking
from nis_backend.capabilities.teams.shapes import Outcome, by_debate, by_vote, in_parallel, in_sequence
from nis_backend.capabilities.teams.team import Team, find, team_of
from nis_backend.capabilities.teams.telling import told
from nis_backend.drivers.llm.answer import total

if TYPE_CHECKING:
    from nis_backend.capabilities.teams.operations import RunTeam, TeamAnswer
    from nis_backend.context import Context
    from nis_backend.operation import Json


async def carry(request: RunTeam, ctx: Context) -> TeamAnswer:
    """Carry out the run."""
    from nis_backend.capabilities.teams.operations import TeamAnswer  # noqa: PLC0415 - that module loads this one

    async def settle() -> Json:
        return team_of(await find(request.id, ctx, request.version)).model_dump(mode="json")

    # As it is now, whatever becomes of it while it runs.
    team = Team.model_validate(await ctx.note("team", settle))
    asking = Asking(ctx=ctx, team=team, until=ctx.now() + team.deadline, user_id=request.user_id)
    outcome = await _work(asking, await told(request, asking))
    if not outcome.told:
        # As an answer is told, whoever reads the run's log.
        outcome.response = await say(ctx, asking.number(), outcome.response)
    said = outcome.said or asking.said
    far = {one.name for one in team.members if one.remote is not None}
    absent = {one.member: str((one.problem or {}).get("detail", "")) for one in said if one.problem is not None}
    return TeamAnswer(
        team_id=team.id,
        team=team.name,
        version=team.version,
        shape=team.shape,
        response=outcome.response,
        answer=outcome.answer,
        vote=outcome.vote,
        said=said,
        demonstration=any(one.demonstration for one in said),
        input_tokens=_total("input_tokens", asking),
        output_tokens=_total("output_tokens", asking),
        uncounted=sorted({one.member for one in said if one.member in far}),
        absent=absent,
        run_id=ctx.run.run_id,
        conversation_id=request.conversation_id,
    )


def _total(name: Literal["input_tokens", "output_tokens"], asking: Asking) -> int | None:
    """Of models here, for answers that did not come too; None where one does not tell."""
    here = {one.name for one in asking.team.members if one.remote is None}
    counted = [one for one in asking.said if one.member in here]
    return total(getattr(one, name) for one in counted if one.problem is None or getattr(one, name) is not None)


async def _work(asking: Asking, message: str) -> Outcome:
    match asking.team.shape:
        case "sequence":
            return await in_sequence(asking, message)
        case "parallel":
            return await in_parallel(asking, message)
        case "vote":
            return await by_vote(asking, message)
        case "debate":
            return await by_debate(asking, message)
        case "supervisor":
            from nis_backend.capabilities.teams.supervising import supervise  # noqa: PLC0415 - as below

            return await supervise(asking, message)
        case "blackboard":
            from nis_backend.capabilities.teams.board import write_board  # noqa: PLC0415 - loads with the first

            return await write_board(asking, message)
