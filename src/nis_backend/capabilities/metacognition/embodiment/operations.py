"""Expectations as operations: stated before an action, held against what was observed, summed up over many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nis_backend.capabilities.metacognition.embodiment.asked import (
    LARGEST,
    Compared,
    CompareExpectation,
    CreateExpectation,
    Expectation,
    ExpectationList,
    Expected,
    ListExpectations,
    OneExpectation,
)
from nis_backend.capabilities.metacognition.embodiment.predicting import Stated, bits
from nis_backend.errors import Conflict, InvalidRequest, NotSupported
from nis_backend.found import by_id, unknown
from nis_backend.operation import Before, Example, Json, Model, operation
from nis_backend.places import number_at
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_KEPT = 100_000
LONGEST_ARGUMENTS = 20_000
NARROWEST = 1e-100
FORMULA = (
    "z = (observed - middle) / s, s = half the width over the normal quantile of (1 + level) / 2; surprise = "
    "-log2 P(|Z| ≥ |z|), Z normal. The interval is read as the central one of a normal distribution."
)

STATE: Json = {
    "subject": "example-arm",
    "action": "Arm up, wrist bent",
    "expected": [{"quantity": "x_m", "low": 0.5, "high": 0.7, "level": 0.9}],
}
STATED = Before(name="stated", operation="metacognition.create_expectation", request=STATE)
SEEN: Json = {"id": "{stated.id}", "observed": {"x_m": 0.62}}


def _draw(_request: Model, result: Expectation) -> list[View]:
    rows: list[list[str | float]] = [
        [one.quantity, one.low, one.high, one.level, one.observed, one.z, one.surprise] for one in result.compared or ()
    ] or [[one.quantity, one.low, one.high, one.level, "", "", ""] for one in result.expected]
    columns = ["quantity", "low", "high", "level", "observed", "z", "surprise (bits)"]
    title = f"{result.subject}: {result.action}".rstrip(": ")
    return [Text(text=f"Expectation {result.id}"), Table(title=title, columns=columns, rows=rows)]


def _draw_list(_request: Model, result: ExpectationList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.subject, one.action, moment(one.stated), "" if one.greatest is None else one.greatest]
        for one in result.expectations
    ]
    return [Table(title="Expectations", columns=["id", "subject", "action", "stated (UTC)", "greatest |z|"], rows=rows)]


@operation(
    "metacognition.create_expectation",
    effect="writes",
    repeatable=True,
    resource="expectation",
    view=_draw,
    examples=(Example(title="Where an arm will be", request=STATE),),
)
async def create_expectation(request: CreateExpectation, ctx: Context) -> Expectation:
    """State before an action what it is expected to do: an interval for each quantity, and the chance that it holds.

    Raises:
        InvalidRequest: an interval has no width, or a quantity is named twice.
        Conflict: there are 100,000.
    """
    names: set[str] = set()
    for number, one in enumerate(request.expected):
        if one.high - one.low < NARROWEST:
            raise InvalidRequest(
                f"The interval of {one.quantity} has no width.",
                field=f"expected.{number}.high",
                value=one.high,
                remedy="Give a high above low: a level below 1 leaves room for error.",
            )
        if one.quantity in names:
            raise InvalidRequest(
                f"{one.quantity} is stated twice.",
                field=f"expected.{number}.quantity",
                value=one.quantity,
                remedy="State each quantity once.",
            )
        names.add(one.quantity)
    if await ctx.store.count("expectations") >= MOST_KEPT:
        raise Conflict(f"There are {MOST_KEPT} expectations.", field="subject", remedy="Delete some first.")
    now = ctx.now()
    row: Row = {
        "id": ctx.new_id("expectation"),
        "subject": request.subject,
        "action": request.action,
        "run_id": ctx.journal and ctx.journal.run_id,
        "expected": json.dumps([one.model_dump() for one in request.expected]),
        "observed": "",
        "error": None,
        "created": now,
        "updated": now,
    }
    await ctx.store.insert("expectations", row)
    return _expectation(row)


@operation(
    "metacognition.compare_expectation",
    effect="writes",
    repeatable=True,
    on="expectation",
    view=_draw,
    examples=(Example(title="What was measured", request=SEEN, before=(STATED,)),),
)
async def compare_expectation(request: CompareExpectation, ctx: Context) -> Expectation:
    """Hold what was observed of an action against what was expected: inside or not, z, and the surprise in bits, once.

    Raises:
        NotFound: there is no such expectation.
        InvalidRequest: a quantity is missing, or is none of the expectation's.
        NotSupported: the operation that is to tell them changes something.
        Conflict: it was compared before.
    """
    row = await by_id("expectations", "expectation", request.id, ctx)
    stated = [Expected.model_validate(one) for one in json.loads(row["expected"])]
    observed = await _observed(request, ctx)
    for name in {one.quantity for one in stated} ^ set(observed):
        known = any(one.quantity == name for one in stated)
        raise InvalidRequest(
            f"{name} was not observed." if known else f"Nothing was expected of {name}.",
            field="observed",
            value=name,
            remedy=f"Give each of: {', '.join(one.quantity for one in stated)}.",
        )
    compared = [_compared(one, observed[one.quantity]) for one in stated]
    changes = {
        "observed": json.dumps([one.model_dump() for one in compared]),
        "error": max(abs(one.z) for one in compared),
        "updated": ctx.now(),
    }
    if not await ctx.store.update("expectations", row["id"], changes, only_if={"observed": ""}):
        raise Conflict(
            f"{row['id']} was compared already.",
            field="id",
            value=row["id"],
            remedy="State the next expectation before the next action.",
        )
    return _expectation({**row, **changes})


async def _observed(request: CompareExpectation, ctx: Context) -> dict[str, float]:
    observe = request.observe
    if (observe is None) is not bool(request.observed):
        raise InvalidRequest(
            "What was observed is told twice, or not at all.",
            field="observed",
            remedy="Give the numbers in `observed`, or the operation that tells them in `observe`.",
        )
    if observe is None:
        return request.observed
    entry = ctx.operations.entry(observe.operation)
    if entry.effect != "reads" or entry.shape != "model":
        raise NotSupported(
            f"{entry.name} {entry.effect}, and answers a {entry.shape}: to observe changes nothing.",
            field="observe.operation",
            value=entry.name,
            remedy="Name an operation that reads and answers at once; call others yourself, and give `observed`.",
        )
    if len(json.dumps(observe.arguments)) > LONGEST_ARGUMENTS:
        raise InvalidRequest(
            f"The arguments have more than {LONGEST_ARGUMENTS} characters as JSON.",
            field="observe.arguments",
            remedy="Ask the operation for less.",
        )
    told = (await ctx.call_named(entry.name, observe.arguments)).model_dump(mode="json")
    return {name: _number(told, path, name) for name, path in observe.read.items()}


def _number(told: object, path: str, name: str) -> float:
    value = number_at(told, path)
    if value is None or abs(value) > LARGEST:
        raise InvalidRequest(
            f"There is no number of {name} at {path}.",
            field=f"observe.read.{name}",
            value=path,
            remedy="Name a number of the operation's result, as x.",
        )
    return float(value)


def _compared(one: Expected, observed: float) -> Compared:
    stated = Stated(low=one.low, high=one.high, level=one.level)
    z = stated.z(observed)
    return Compared(
        **one.model_dump(), observed=observed, inside=stated.holds(observed), z=z, surprise=max(0.0, bits(z))
    )


def _expectation(row: Row) -> Expectation:
    return Expectation(
        id=row["id"],
        subject=row["subject"],
        action=row["action"],
        expected=json.loads(row["expected"]),
        compared=json.loads(row["observed"]) if row["observed"] else None,
        greatest=row["error"],
        formula=FORMULA,
        stated=row["created"],
        updated=row["updated"],
    )


@operation(
    "metacognition.list_expectations",
    effect="reads",
    resource="expectation",
    view=_draw_list,
    examples=(Example(title="The newest", request={"subject": "example-arm", "limit": 1}, before=(STATED,)),),
)
async def list_expectations(request: ListExpectations, ctx: Context) -> ExpectationList:
    """List what actions were expected to do, and did, the newest first."""
    where = {} if request.subject is None else {"subject": request.subject}
    rows, following = await ctx.store.page("expectations", where=where, cursor=request.cursor, limit=request.limit)
    return ExpectationList(expectations=[_expectation(row) for row in rows], next_cursor=following)


@operation(
    "metacognition.delete_expectation",
    effect="destroys",
    repeatable=True,
    resource="expectation",
    examples=(Example(title="No more", request={"id": "{stated.id}"}, before=(STATED,)),),
)
async def delete_expectation(request: OneExpectation, ctx: Context) -> OneExpectation:
    """Delete an expectation with what was observed: its subject is not measured by it any more.

    Raises:
        NotFound: there is no such expectation.
    """
    if not await ctx.store.delete("expectations", request.id):
        raise unknown("expectation", request.id, many="expectations")
    return request


OPERATIONS = (create_expectation, compare_expectation, list_expectations, delete_expectation)
