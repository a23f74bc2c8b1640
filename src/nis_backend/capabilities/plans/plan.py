"""What a plan is, and how a row holds it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints

from nis_backend import versioned
from nis_backend.annotations import Plain
from nis_backend.capabilities.plans.references import OWN, STEP_ID, references
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.drivers.store.base import Row

A_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
MOST_STEPS, MOST_CONDITIONS, MOST_RETRIES, MOST_REPLANS = 64, 16, 5, 3
LONGEST_GOAL, LONGEST_MESSAGE = 10_000, 100_000
LONGEST_STEP = 86_400.0
"""Seconds that one step may be given."""
GIVEN, RESULT, CHECK = OWN, "result", "check"
"""Names that references begin with beside the steps' own: what the run was given, what the step came to, what its check
answered."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=A_NAME)]
StepId = Annotated[str, StringConstraints(pattern=rf"^{STEP_ID}$")]
Compares = Literal["equals", "differs", "less", "at_most", "more", "at_least", "contains", "lacks", "holds"]


class Condition(Model):
    """A comparison that has to hold; texts may be references."""

    left: JsonValue = Field(description="What is compared, mostly a reference: {throw.range}.")
    compare: Compares = Field(
        default="holds",
        description="How; `holds`: left is there and neither null, false, 0 nor empty. `contains`: right is a part of "
        "left, or one of its members.",
    )
    right: JsonValue = Field(default=None, description="With what.")
    within: float = Field(default=0.0, ge=0, description="By how much equal numbers may differ.")


class Verify(Model):
    """What the result of a step has to be; whatever is given of it, in this order."""

    result_schema: dict[str, Any] | None = Field(  # Any: a JSON schema
        default=None, description="JSON schema that the result follows."
    )
    operation: str | None = Field(
        default=None,
        max_length=64,
        description="An operation that only reads, called with the result; it has to succeed.",
    )
    arguments: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=200,
        description="Its request; {result.…} is the step's result.",
    )
    conditions: list[Condition] = Field(
        default_factory=list[Condition],
        max_length=MOST_CONDITIONS,
        description="Comparisons, of {result.…}, of {check.…}, which is what the operation answered, and of steps.",
    )


class Action(Model):
    """Something done: one of `operation`, `agent` and `team`."""

    operation: str | None = Field(default=None, max_length=64, description="An operation, with `arguments`.")
    agent: Name | None = Field(default=None, description="An agent kept here, with a `message`.")
    team: Name | None = Field(default=None, description="A team kept here, with a `message`.")
    arguments: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=200,
        description="The operation's request; {step.field} stands for what a step came to, {given.name} for what the "
        "run was given.",
    )
    message: Annotated[str, Plain] = Field(
        default="", max_length=LONGEST_MESSAGE, description="What the agent or team is to do, with references as above."
    )


class Step(Action):
    """One step of a plan."""

    id: StepId = Field(description="What references call it.")
    needs: list[StepId] = Field(
        default_factory=list[StepId],
        max_length=MOST_STEPS,
        description="Steps that come before it, beside those that it refers to.",
    )
    when: list[Condition] = Field(
        default_factory=list[Condition],
        max_length=MOST_CONDITIONS,
        description="It is skipped, and what needs it too, unless all of these hold.",
    )
    approve: str = Field(
        default="", max_length=1000, description="Why a person decides before it; empty: nobody is asked."
    )
    verify: Verify | None = Field(default=None, description="What its result has to be; else it has failed.")
    retries: int = Field(default=0, ge=0, le=MOST_RETRIES, description="Times that it is tried again when it failed.")
    instead: Action | None = Field(default=None, description="What is done in its place when it failed for good.")
    seconds: float | None = Field(
        default=None, gt=0, le=LONGEST_STEP, description="Time that one try may take; unset, what its operation allows."
    )


class Definition(Model):
    """What is to be reached, and by which steps."""

    goal: Annotated[str, Plain] = Field(default="", max_length=LONGEST_GOAL, description="What the plan is for.")
    steps: list[Step] = Field(
        min_length=1,
        max_length=MOST_STEPS,
        description="In any order: each begins when what it needs is done; steps that do not need each other go on "
        "together.",
    )
    given: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=50,
        description="What a run may be given, with the values where it is not: {given.name}.",
    )
    output: JsonValue = Field(
        default=None,
        description="What the plan answers, with references, null for those to steps that were skipped; unset, the "
        "results of its last steps.",
    )
    replans: int = Field(
        default=0,
        ge=0,
        le=MOST_REPLANS,
        description="Times that a model may plan the rest anew when a step has failed for good. Before what it then "
        "writes or destroys a person decides.",
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="The one that plans anew; unset, the default."
    )
    budget: float | None = Field(default=None, ge=0, le=1e9, description="Dollars that one run may cost at most.")


class Plan(Definition):
    """A plan that is kept."""

    id: str
    name: str
    version: int = Field(description="Times that it was written.")
    proposed_by: str | None = Field(description="The run in which a model has made it; null where it was given.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="As above.")


def plan_of(row: Row) -> Plan:
    """The plan that a row holds."""
    given = {name: row[name] for name in ("name", "version", "proposed_by", "created", "updated")}
    return Plan(id=row["plan_id"], **given, **json.loads(row["definition"]))


def written(definition: Definition) -> str:
    """A definition as a row holds it."""
    return json.dumps(definition.model_dump(mode="json", include=set(Definition.model_fields), exclude_defaults=True))


find = partial(versioned.find, "plans", "plan")
"""The row of a version, the latest when None, of the plan of this id or name."""


def called(action: Action) -> tuple[str, dict[str, JsonValue]]:
    """The operation that an action is, and its request before references are filled."""
    if action.agent is not None:
        return "agents.run_agent", {"id": action.agent, "message": action.message}
    if action.team is not None:
        return "teams.run_team", {"id": action.team, "message": action.message}
    return action.operation or "", action.arguments


def actions(step: Step) -> list[tuple[str, Action]]:
    """What a step may do, each with the path of its fields in the step."""
    return [("", step), *([("instead.", step.instead)] if step.instead is not None else [])]


def before(step: Step) -> list[str]:
    """The steps that come before it: those it names, and those it refers to."""
    values: list[Any] = [[one.left, one.right] for one in step.when]
    values += [called(action)[1] for _, action in actions(step)]
    if step.verify is not None:
        values += [step.verify.arguments, *([one.left, one.right] for one in step.verify.conditions)]
    referred = (name for name in references(values) if name not in {GIVEN, RESULT, CHECK})
    return list(dict.fromkeys([*step.needs, *referred]))


def ring(steps: Iterable[Step], done: Iterable[str] = ()) -> list[str]:
    """The ids of steps that could never begin, as they wait for each other; `done` are steps that need nothing more."""
    left, there = {step.id: before(step) for step in steps}, set(done)
    while True:
        able = [id_ for id_, needs in left.items() if there.issuperset(needs)]
        if not able:
            return sorted(left)
        for id_ in able:
            del left[id_]
        there.update(able)
