"""A global workspace as operations: a run in which modules bid for few places, and the log of what was attended to.

Sources: Baars (1988), A Cognitive Theory of Consciousness; Dehaene, Kerszberg & Changeux (1998), PNAS 95, 14529-14534.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nis_backend.alongside import together
from nis_backend.calling import authorise
from nis_backend.capabilities.metacognition.workspace.asked import (
    Attended,
    AttentionLog,
    Bid,
    Cycle,
    ListAttention,
    Module,
    RunWorkspace,
    WorkspaceRun,
)
from nis_backend.capabilities.metacognition.workspace.bidding import (
    at,
    content_of,
    filled,
    length_filled,
    novelty,
    relevance,
    winners,
)
from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.event import Progressed, ToolCalled
from nis_backend.operation import Before, Example, Json, Model, Recorded, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context

AGENT = "agents.ask_agent"
LIMIT = 3600.0
LONGEST_ARGUMENTS, LONGEST_FILLED = 20_000, 200_000

MODULES: list[Json] = [
    {
        "name": name,
        "operation": "operations.search_operations",
        "arguments": {"query": f"{name} {{goal}} {{broadcast}}", "limit": 1},
        "bid": "operations.0.score",
    }
    for name in ("see", "hear")
]
GIVEN: Json = {"goal": "What is in a picture?", "modules": MODULES, "cycles": 2, "workspace": "example"}


def _draw(_request: Model, result: WorkspaceRun) -> list[View]:
    rows: list[list[str | float]] = [
        [one.cycle, bid.module, bid.bid, "yes" if bid.module in one.winners else "", (bid.content or bid.problem)[:200]]
        for one in result.cycles
        for bid in one.bids
    ]
    said = "\n".join(result.held) or ("Nothing was broadcast." if result.broadcast else "There was no workspace.")
    return [Text(text=said), Table(title="Bids", columns=["cycle", "module", "bid", "won", "content"], rows=rows)]


def _draw_log(_request: Model, result: AttentionLog) -> list[View]:
    rows: list[list[str | float]] = [
        [one.workspace, one.cycle, ", ".join(one.winners), ", ".join(f"{k} {v:.3g}" for k, v in one.bids.items())]
        for one in result.cycles
    ]
    return [Table(title="Attention", columns=["workspace", "cycle", "winners", "bids"], rows=rows)]


async def _prepare(request: RunWorkspace, ctx: Context) -> RunWorkspace:
    """Refuse modules that cannot be, before there is a run, and hold the run to its budget."""
    names: set[str] = set()
    for number, one in enumerate(request.modules):
        field = f"modules.{number}"
        if one.name in names:
            raise InvalidRequest(
                f"Two modules are called {one.name!r}.",
                field=f"{field}.name",
                value=one.name,
                remedy="Give each a name of its own.",
            )
        names.add(one.name)
        try:
            entry = ctx.operations.entry(one.operation)
        except NotFound as error:
            raise InvalidRequest(
                error.message, field=f"{field}.operation", value=one.operation, remedy=error.remedy
            ) from None
        if one.operation != AGENT and (entry.effect != "reads" or entry.shape != "model" or entry.secret):
            raise InvalidRequest(
                f"{entry.name} {entry.effect}, and answers a {entry.shape}: a module bids, and changes nothing.",
                field=f"{field}.operation",
                value=one.operation,
                remedy=f"Name an operation that reads and answers at once, or {AGENT}.",
            )
        authorise(entry, ctx)
        size = len(json.dumps(one.arguments))
        if size > LONGEST_ARGUMENTS:
            raise InvalidRequest(
                f"The arguments have {size} characters as JSON.",
                field=f"{field}.arguments",
                value=size,
                remedy=f"Give at most {LONGEST_ARGUMENTS}.",
            )
    if request.budget is not None:
        ctx.cap(str(ctx.run_id), request.budget)
    return request


@operation(
    "metacognition.run_workspace",
    effect="writes",
    outward=True,
    time_limit=LIMIT,
    view=_draw,
    prepare=_prepare,
    examples=(
        Example(title="Two modules for one place", request=GIVEN),
        Example(title="The same without a workspace", request={**GIVEN, "broadcast": False}),
    ),
)
async def run_workspace(request: RunWorkspace, ctx: Context) -> Recorded[WorkspaceRun]:
    """Have modules, operations or agents, work side by side and bid for few places; who wins is told to all next time.

    All bids, winners and losers are kept (metacognition.list_attention). With broadcast=false each works by itself: the
    difference is what the workspace does. A module that fails says nothing, and its problem stands beside it.
    """
    held: list[str] = []
    cycles: list[Cycle] = []
    settled = False
    for number in range(1, request.cycles + 1):
        before = {one.module: one.content for one in cycles[-1].bids} if cycles else {}
        broadcast = "\n".join(held)
        bids = await together(_bid(one, number, broadcast, before, request, ctx) for one in request.modules)
        won = winners([(one.module, one.bid) for one in bids], request.slots) if request.broadcast else []
        cycles.append(Cycle(cycle=number, bids=bids, winners=won))
        await _keep(cycles[-1], request, ctx)
        said = f"Cycle {number}: {', '.join(won) or 'nobody'} won."
        await ctx.run.write(Progressed(fraction=number / request.cycles, message=said))
        told = [next(f"{one.module}: {one.content}" for one in bids if one.module == name) for name in won]
        # The same requests would be made of the same state.
        settled = number > 1 and told == held and not any(one.changed for one in bids)
        held = told
        if settled:
            break
    return WorkspaceRun(
        workspace=request.workspace,
        goal=request.goal,
        slots=request.slots,
        broadcast=request.broadcast,
        settled=settled,
        hearing=[one.name for one in request.modules if "{broadcast}" in json.dumps(one.arguments)],
        operations=sorted({one.operation for one in request.modules}),
        cycles=cycles,
        held=held,
        run_id=ctx.run.run_id,
    )


async def _bid(  # noqa: PLR0913, PLR0917 - a module, its moment, and what it is told
    one: Module, number: int, broadcast: str, before: dict[str, str], request: RunWorkspace, ctx: Context
) -> Bid:
    places = {"goal": request.goal, "broadcast": broadcast}
    size, refusal = length_filled(one.arguments, places), None
    if size > LONGEST_FILLED:
        refusal = InvalidRequest(
            f"Its request would have {size} characters with its places filled.",
            remedy=f"Name them less often: {LONGEST_FILLED} are allowed.",
        )
    called = ToolCalled(
        step=number,
        call_id=f"{number}-{one.name}",
        operation=one.operation,
        arguments=one.arguments if refusal else filled(one.arguments, places),
    )
    event = (await ctx.use(called, refusal=refusal)).event
    problem = "" if event.problem is None else str(event.problem.get("detail", ""))[:500]
    content = "" if problem else content_of(event.result)
    new = novelty(content, broadcast)
    salience = at(event.result, one.bid) if one.bid and not problem else relevance(request.goal, content)
    if salience is None:
        problem, salience = f"There is no number at {one.bid}: it does not bid.", 0.0
    return Bid(
        module=one.name,
        content=content,
        salience=salience,
        novelty=new,
        bid=one.weight * salience * new,
        changed=content != before.get(one.name, content),
        problem=problem,
    )


async def _keep(cycle: Cycle, request: RunWorkspace, ctx: Context) -> None:
    now = ctx.now()
    detail = {"bids": {one.module: one.bid for one in cycle.bids}, "winners": cycle.winners}
    # Named by the run and the cycle: an attempt that is made again writes the same row.
    row = {
        "id": f"attention-{ctx.run.run_id.partition('-')[2]}-{cycle.cycle}",
        "workspace": request.workspace,
        "run_id": ctx.run.run_id,
        "cycle": cycle.cycle,
        "detail": json.dumps(detail),
        "created": now + cycle.cycle * 1e-6,
        "updated": now,
    }
    await ctx.store.insert("attention", row)


@operation(
    "metacognition.list_attention",
    effect="reads",
    view=_draw_log,
    examples=(
        Example(
            title="What was attended to",
            request={"workspace": "example", "limit": 2},
            before=(Before(name="ran", operation="metacognition.run_workspace", request=GIVEN),),
        ),
    ),
)
async def list_attention(request: ListAttention, ctx: Context) -> AttentionLog:
    """List what workspaces attended to, cycle by cycle, the newest first: every bid, and who won."""
    where = {} if request.workspace is None else {"workspace": request.workspace}
    rows, following = await ctx.store.page("attention", where=where, cursor=request.cursor, limit=request.limit)
    kept = [
        Attended(
            workspace=row["workspace"],
            run_id=row["run_id"],
            cycle=row["cycle"],
            created=row["created"],
            **json.loads(row["detail"]),
        )
        for row in rows
    ]
    return AttentionLog(cycles=kept, next_cursor=following)


def last_runs(rows: Sequence[Json]) -> list[str]:
    """The ids of runs in the attention log, each once, in its order."""
    return list(dict.fromkeys(str(row["run_id"]) for row in rows if row["run_id"]))


OPERATIONS = (run_workspace, list_attention)
__all__ = ["OPERATIONS", "WorkspaceRun", "last_runs", "list_attention", "run_workspace"]
