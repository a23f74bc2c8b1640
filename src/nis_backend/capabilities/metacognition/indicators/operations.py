"""The indicators as an operation: each of fourteen from what has run, with its evidence and its ablation, or absent."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.capabilities.metacognition.assess.assessment import each_question_once, outcome_of
from nis_backend.capabilities.metacognition.embodiment.operations import ListExpectations, list_expectations
from nis_backend.capabilities.metacognition.indicators.measuring import (
    of_contingencies,
    of_learning,
    of_monitoring,
)
from nis_backend.capabilities.metacognition.indicators.rows import NOT_BUILT, PROPERTIES, Finding, of_workspace
from nis_backend.capabilities.metacognition.workspace.operations import WorkspaceRun, last_runs, run_workspace
from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.capabilities.metacognition.embodiment.asked import Expectation
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_ROWS, MOST_PAGES = 1000, 10
SOURCE = "Butlin, Long et al. (2023), Consciousness in Artificial Intelligence, arXiv:2308.08708, table 1"
CAUTION = (
    "An indicator is a property of an architecture that a theory names. None measures experience; they are not added "
    "up, and nothing follows from how many there are."
)
NO_RUN = "No workspace has run (metacognition.run_workspace)."
NO_ABLATION = "Not run: run the same workspace with broadcast=false."


class GetIndicators(Model):
    """Of which run."""

    run_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="A run of metacognition.run_workspace; unset, the newest that has succeeded.",
    )


class Indicator(Model):
    """One property."""

    id: str
    theory: str
    property: str
    status: Literal["present", "partly", "absent"] = Field(
        description="partly: the part of the property that `evidence` names is there, and the rest was not tested."
    )
    evidence: str = Field(description="What of it was measured, or why it is absent.")
    ablation: str = Field(description="What becomes of it without the mechanism it rests on.")


class Indicators(Model):
    """The fourteen properties. There is no total."""

    indicators: list[Indicator]
    run_id: str | None = Field(description="The run of a workspace that was looked at.")
    ablated_run_id: str | None = Field(description="The newest run of the same workspace with broadcast=false.")
    source: str = SOURCE
    caution: str = CAUTION


def _draw(_request: Model, result: Indicators) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.property, one.status, one.evidence, one.ablation] for one in result.indicators
    ]
    return [
        Text(text=result.caution),
        Table(title=result.source, columns=["id", "property", "status", "evidence", "ablation"], rows=rows),
    ]


@operation(
    "metacognition.get_indicators",
    effect="reads",
    view=_draw,
    examples=(Example(title="What there is", request={}),),
)
async def get_indicators(request: GetIndicators, ctx: Context) -> Indicators:
    """Tell which indicator properties of consciousness research are there in what ran here: no score, and no claim.

    Each of the fourteen is computed from logs and kept measurements, with what takes it away, or it is absent.

    Raises:
        NotFound: there is no such run.
        InvalidRequest: the run is none of a workspace.
        Conflict: it has not succeeded.
    """
    run, ablated = await _runs(request, ctx)
    found = {name: Finding(status="absent", evidence=text) for name, text in NOT_BUILT.items()}
    found |= of_workspace(run) if run else dict.fromkeys(_workspace_ids(), Finding(status="absent", evidence=NO_RUN))
    found["HOT-2"] = of_monitoring(await _scores(ctx))
    found["AE-1"] = of_learning(*await _evolved(ctx))
    found["AE-2"] = of_contingencies(await _expectations(ctx))
    without = {name: f"{one.status}: {one.evidence}" for name, one in of_workspace(ablated).items()} if ablated else {}
    told = {
        **dict.fromkeys(_workspace_ids(), NO_ABLATION),
        **without,
        "HOT-2": "Every answer scored alike: AUROC 0.5, by its definition.",
        "AE-1": "Without evolutions no agent changes by feedback: absent.",
        "AE-2": "Expecting one value always: an efficiency of at most 0, by its definition.",
    }
    return Indicators(
        indicators=[
            Indicator(
                id=one.id,
                theory=one.theory,
                property=one.text,
                status=found[one.id].status,
                evidence=found[one.id].evidence,
                ablation=told.get(one.id, "Nothing to take away."),
            )
            for one in PROPERTIES
        ],
        run_id=run and run.run_id,
        ablated_run_id=ablated and ablated.run_id,
    )


def _workspace_ids() -> list[str]:
    return [one.id for one in PROPERTIES if one.theory == "global workspace"]


async def _runs(request: GetIndicators, ctx: Context) -> tuple[WorkspaceRun | None, WorkspaceRun | None]:
    """The run that is looked at, and the newest ablated one of the same workspace."""
    chosen = None
    if request.run_id is not None:
        row = await ctx.runs.get(request.run_id)
        if row.operation != run_workspace.name:
            raise InvalidRequest(
                f"{row.id} is a run of {row.operation}.",
                field="run_id",
                value=row.id,
                remedy=f"Give one of {run_workspace.name}.",
            )
        if row.state != "succeeded":
            raise Conflict(
                f"{row.id} is {row.state}.", field="run_id", value=row.id, remedy="Wait for its end, or run it again."
            )
        chosen = WorkspaceRun.model_validate(row.result)
    where = {} if chosen is None else {"workspace": chosen.workspace}
    logged = last_runs(await ctx.store.select("attention", where=where, limit=MOST_ROWS))
    ablated = None
    for run_id in logged:
        one = await _workspace(run_id, ctx)
        if one is None or (chosen is not None and one.workspace != chosen.workspace):
            continue
        if one.broadcast:
            chosen = chosen or one
        elif ablated is None:
            ablated = one
        if chosen is not None and ablated is not None:
            break
    # Where it alone has run, the one without a workspace is what there is.
    chosen = chosen or ablated
    return chosen, ablated if ablated and chosen and ablated.workspace == chosen.workspace else None


async def _workspace(run_id: str, ctx: Context) -> WorkspaceRun | None:
    try:
        row = await ctx.runs.get(run_id)
    except NotFound:
        return None
    return WorkspaceRun.model_validate(row.result) if row.state == "succeeded" else None


async def _scores(ctx: Context) -> list[tuple[float, bool]]:
    """Of the task, setting and method with the most outcomes of what was assessed here: others are no one scale."""
    tasks: defaultdict[str, list[Row]] = defaultdict(list)
    for correct in (0, 1):
        for row in await ctx.store.select("assessments", where={"correct": correct}, limit=MOST_ROWS):
            if row["run_id"] is not None:
                tasks[row["task"]].append(row)
    by: defaultdict[tuple[str, str, str], list[tuple[float, bool]]] = defaultdict(list)
    for task, rows in tasks.items():
        for one in await asyncio.to_thread(each_question_once, map(outcome_of, rows)):
            for method, score in one.scores.items():
                by[task, one.setting, method].append((score, one.correct))
    none: list[tuple[float, bool]] = []
    return max(by.values(), key=len, default=none)


async def _evolved(ctx: Context) -> tuple[int, int]:
    """Evolutions whose version was promoted, and those that were rolled back."""
    counts = [await ctx.store.count("evolutions", where={"state": state}) for state in ("promoted", "rolled_back")]
    return counts[0], counts[1]


async def _expectations(ctx: Context) -> list[Expectation]:
    found: list[Expectation] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await ctx.call(list_expectations, ListExpectations(cursor=cursor, limit=100))
        found += page.expectations
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


OPERATIONS = (get_indicators,)
