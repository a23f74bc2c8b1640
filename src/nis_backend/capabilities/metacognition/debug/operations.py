"""Answers questioned afterwards, as operations: why they are as they are, and what they would have been otherwise."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from nis_backend.capabilities.metacognition.debug.counterfactual import (
    Counterfactual,
    ReplayCounterfactual,
    draw_counterfactual,
)
from nis_backend.capabilities.metacognition.debug.explaining import explain
from nis_backend.capabilities.metacognition.debug.explanation import (
    MOST_EVENTS,
    ExplainAnswer,
    Explanation,
    draw_explanation,
)
from nis_backend.capabilities.metacognition.debug.varying import prepare, varied
from nis_backend.errors import NotFound
from nis_backend.found import named_in
from nis_backend.operation import Before, Example, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Json

CLERK = Before(
    name="clerk",
    operation="agents.create_agent",
    request={"instructions": "You are a clerk. Answer in one short sentence.", "max_tokens": 8},
)
SAID = Before(name="said", operation="agents.run_agent", request={"id": "{clerk.id}", "message": "What is a lever?"})


@operation(
    "metacognition.explain_answer",
    effect="reads",
    view=draw_explanation,
    examples=(Example(title="A clerk's answer", request={"run": "{said.run_id}"}, before=(CLERK, SAID)),),
)
async def explain_answer(request: ExplainAnswer, ctx: Context) -> Explanation:
    """Explain why a run answered as it did: what it was given, recalled, called and decided, from its log alone.

    For each number of the answer it tells which input, memory or result has it, or which default; one that stands in
    none is the model's own. What moved the model between reading and writing is not in a log and is not made up: see
    replay_counterfactual.

    Raises:
        NotFound: the caller has no such run.
    """
    with named_in("run"):
        run = await ctx.runs.get(request.run)
    schema: Json = {}
    # Of an operation that is gone nobody knows the defaults.
    with suppress(NotFound):
        schema = ctx.operations.entry(run.operation).request_schema
    return await asyncio.to_thread(explain, run, await ctx.runs.all_events(run.id, MOST_EVENTS), schema)


@operation(
    "metacognition.replay_counterfactual",
    # As for a fork: what is done anew may destroy, where it may act.
    effect="destroys",
    outward=True,
    view=draw_counterfactual,
    prepare=prepare,
    examples=(
        Example(
            title="With other instructions",
            request={"run": "{said.run_id}", "instructions": "You are a poet.", "times": 1},
            before=(CLERK, SAID),
        ),
    ),
)
async def replay_counterfactual(request: ReplayCounterfactual, ctx: Context) -> Recorded[Counterfactual]:
    """Replay a run with one thing otherwise, without a tool or its memory, with another model or other instructions.

    It is done anew as often as is asked for, and as often with nothing changed, so that what is chance shows: each is a
    run of its own within the budget of the first. Where the run did more than read, `acts` has to allow that again.

    Raises:
        NotFound: the caller has no such run.
        InvalidRequest: it has no answer of the kind `answer`.
        Conflict: it has not ended, or did more than read.
        NotSupported: it is no run of which that can be otherwise.
    """
    return await varied(request, ctx)


OPERATIONS = (explain_answer, replay_counterfactual)
