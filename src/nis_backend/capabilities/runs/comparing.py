"""Two runs side by side: where their logs part, what each step cost, and how the answers differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.runs.difference import (
    Difference,
    Step,
    StepPair,
    first_difference,
    paired_steps,
    text_difference,
)
from nis_backend.capabilities.runs.operations import SAID
from nis_backend.capabilities.runs.timing import FORMULA, Spent, spent
from nis_backend.event import ModelAnswered
from nis_backend.found import named_in
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.run import State
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.event import Event
    from nis_backend.run import Run

MOST_EVENTS = 5_000
"""Events of each log that are compared, from its beginning."""


class CompareRuns(Model):
    """Which two runs."""

    first: str = Field(min_length=1, max_length=64, description="The id of a run.")
    other: str = Field(min_length=1, max_length=64, description="The id of the run to compare it with.")


class Compared(Model):
    """One of the two."""

    id: str
    operation: str
    state: State
    events: int
    seconds: float = Field(description="From its creation to its last event.")
    input_tokens: int = Field(description="As far as the providers stated them.")
    output_tokens: int = Field(description="As far as the providers stated them.")
    spent: Spent


class Comparison(Model):
    """Two runs side by side."""

    first: Compared
    other: Compared
    same: bool = Field(description="Whether their logs say the same, but for times and their own ids.")
    complete: bool = Field(description=f"Whether all was compared: of longer logs the first {MOST_EVENTS} events are.")
    difference: Difference | None = Field(description="Where their logs part; null where they say the same.")
    steps: list[StepPair]
    text: list[str] = Field(description="Lines of the answers that differ, as a unified diff.")
    formula: str = Field(description="How the time was divided.")


def _compared(run: Run, events: Sequence[Event]) -> Compared:
    answered = [event.body for event in events if isinstance(event.body, ModelAnswered)]
    return Compared(
        id=run.id,
        operation=run.operation,
        state=run.state,
        events=len(events),
        seconds=events[-1].time - run.created if events else 0,
        input_tokens=sum(one.input_tokens or 0 for one in answered),
        output_tokens=sum(one.output_tokens or 0 for one in answered),
        spent=spent(run.created, events),
    )


def compare(one: tuple[Run, Sequence[Event]], other: tuple[Run, Sequence[Event]]) -> Comparison:
    """Two runs with their logs, side by side."""
    logs = one[1], other[1]
    difference = first_difference(*logs)
    return Comparison(
        first=_compared(*one),
        other=_compared(*other),
        same=difference is None,
        complete=all(len(events) < MOST_EVENTS for events in logs),
        difference=difference,
        steps=paired_steps(*logs),
        text=text_difference(*logs),
        formula=FORMULA,
    )


def draw_comparison(_request: Model, result: Comparison) -> list[View]:
    """Where they part in words, then tables of both, of their steps, and the lines that differ."""
    views: list[View] = [
        Text(text=_in_words(result)),
        Table(title="The two runs", columns=["", "first", "other"], rows=_totals(result.first, result.other)),
    ]
    if result.steps:
        columns = ["step", "first", "tokens", "s", "other", "tokens", "s"]
        rows: list[list[str | float]] = [
            [float(pair.step), *_cells(pair.first), *_cells(pair.other)] for pair in result.steps
        ]
        views.append(Table(title="Steps", columns=columns, rows=rows))
    if result.text:
        views.append(Text(text="\n".join(["```diff", *(line.replace("```", "'''") for line in result.text), "```"])))
    return views


def _in_words(result: Comparison) -> str:
    found = result.difference
    if found is None:
        return "The two logs say the same, but for times and their own ids."
    if not found.path:
        here, there = found.type or "its end", found.other_type or "its end"
        return f"They part at event {found.seq or found.other_seq}: the first has {here}, the other {there}."
    return f"They part at event {found.seq}, {found.type}: {found.path} is {found.value}, and {found.other_value}."


def _totals(first: Compared, other: Compared) -> list[list[str | float]]:
    rows: list[list[str | float]] = [
        [name, getattr(first, name), getattr(other, name)]
        for name in ("id", "operation", "state", "events", "input_tokens", "output_tokens")
    ]
    rows.append(["seconds", round(first.seconds, 3), round(other.seconds, 3)])
    parts: list[list[str | float]] = [
        [f"… {name}", round(getattr(first.spent, name), 3), round(getattr(other.spent, name), 3)]
        for name in Spent.model_fields
    ]
    return [*rows, *parts]


def _cells(step: Step | None) -> list[str | float]:
    if step is None:
        return ["", "", ""]
    done = ", ".join(filter(None, [step.model, *step.operations]))
    counted = step.input_tokens is not None and step.output_tokens is not None
    return [done, f"{step.input_tokens} + {step.output_tokens}" if counted else "", round(step.seconds, 3)]


AGAIN = Before(name="again", operation="chat.send_message", request={"message": "What is nis?"})


@operation(
    "runs.compare_runs",
    effect="reads",
    view=draw_comparison,
    examples=(
        Example(title="Two turns", request={"first": "{turn.run_id}", "other": "{again.run_id}"}, before=(SAID, AGAIN)),
    ),
)
async def compare_runs(request: CompareRuns, ctx: Context) -> Comparison:
    """Compare two runs: where their logs part, steps, tokens, time, and the lines of the answers that differ."""
    return compare(await _found(request.first, "first", ctx), await _found(request.other, "other", ctx))


async def _found(run_id: str, field: str, ctx: Context) -> tuple[Run, list[Event]]:
    with named_in(field):
        return await ctx.runs.get(run_id), await ctx.runs.all_events(run_id, MOST_EVENTS)


OPERATIONS = (compare_runs,)
