"""Expectations of a subject summed up: how often they held, by how much they missed, and whether they were honest."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from nis_backend.capabilities.metacognition.embodiment.asked import (
    CLEAR,
    NARROW,
    UNCLEAR,
    WIDE,
    Compared,
    MeasurePredictor,
    Predicted,
    PredictorRecord,
)
from nis_backend.capabilities.metacognition.embodiment.operations import SEEN, STATED
from nis_backend.capabilities.metacognition.embodiment.predicting import Stated, record
from nis_backend.errors import NotFound
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.view import Table, View

if TYPE_CHECKING:
    from nis_backend.context import Context

MOST_COMPARED = 1000

RECORD = (
    "Coverage against its stated level by an exact binomial test, each quantity and level by itself; score = width + "
    "2/(1 - level) · the distance by which it was missed (Gneiting & Raftery 2007). Comparisons count as independent."
)


def _draw_record(_request: Model, result: PredictorRecord) -> list[View]:
    rows: list[list[str | float]] = [
        [one.quantity, one.level, one.comparisons, one.coverage, one.low, one.high, one.verdict]
        for one in result.quantities
    ]
    columns = ["quantity", "level", "comparisons", "coverage", "low", "high", "verdict"]
    return [Table(title=f"Expectations of {result.subject}", columns=columns, rows=rows)]


@operation(
    "metacognition.measure_predictor",
    effect="reads",
    view=_draw_record,
    examples=(
        Example(
            title="How an arm's places were predicted",
            request={"subject": "example-arm"},
            before=(STATED, Before(name="seen", operation="metacognition.compare_expectation", request=SEEN)),
        ),
    ),
)
async def measure_predictor(request: MeasurePredictor, ctx: Context) -> PredictorRecord:
    """Measure how well a subject's expectations were met: coverage against what was stated, bias, score and skill.

    Raises:
        NotFound: nothing was expected under this name.
    """
    rows = await ctx.store.select("expectations", where={"subject": request.subject}, limit=MOST_COMPARED)
    if not rows:
        raise NotFound(
            f"Nothing was expected of {request.subject!r}.",
            field="subject",
            value=request.subject,
            remedy="metacognition.list_expectations has the subjects.",
        )
    seen = [json.loads(row["observed"]) for row in rows if row["observed"]]
    by: defaultdict[tuple[str, float], list[Compared]] = defaultdict(list)
    for one in (Compared.model_validate(each) for compared in seen for each in compared):
        by[one.quantity, one.level].append(one)
    return PredictorRecord(
        subject=request.subject,
        compared=len(seen),
        open=len(rows) - len(seen),
        quantities=[_predicted(ones) for _, ones in sorted(by.items())],
        formula=RECORD,
    )


def _predicted(ones: list[Compared]) -> Predicted:
    stated = [Stated(low=one.low, high=one.high, level=one.level) for one in ones]
    found = record(stated, [one.observed for one in ones])
    coverage = found.inside / found.comparisons
    clear = found.p_value < CLEAR
    return Predicted(
        quantity=ones[0].quantity,
        level=ones[0].level,
        coverage=coverage,
        verdict=(NARROW if coverage < ones[0].level else WIDE) if clear else UNCLEAR,
        **vars(found),
    )


OPERATIONS = (measure_predictor,)
