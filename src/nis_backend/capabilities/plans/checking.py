"""A plan is refused before it runs for all that can be known then: its graph, its names, its rights, its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.plans.plan import CHECK, GIVEN, RESULT, actions, called, ring
from nis_backend.capabilities.plans.references import REFERENCE, references
from nis_backend.conforming import hold
from nis_backend.errors import Forbidden, InvalidRequest, NisError, NotFound
from nis_backend.followed import START
from nis_backend.found import named_in
from nis_backend.guardrails.persons import PERSONS
from nis_backend.places import Nowhere, reach

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from nis_backend.capabilities.plans.plan import Action, Definition, Step, Verify
    from nis_backend.context import Context
    from nis_backend.operation import Operation

RESERVED = frozenset({GIVEN, RESULT, CHECK})


async def check(definition: Definition, ctx: Context) -> None:
    """Refuse a plan that could not run.

    Raises:
        InvalidRequest: a field is wrong: a ring, a reference to nothing, a request that the operation refuses.
        NotFound: there is no such agent or team.
        Forbidden: the caller may not call what a step calls.
    """
    await check_steps(definition.steps, definition.given, ctx)
    _refuse_unknown(definition.output, "output", {*(step.id for step in definition.steps), GIVEN}, definition.given)


async def check_steps(
    steps: Sequence[Step],
    given: Mapping[str, Any],
    ctx: Context,
    *,
    done: Collection[str] = (),  # Any: JSON
) -> None:
    """Refuse steps that could not run; `done` are those that others were before, which these may refer to."""
    ids = [step.id for step in steps]
    for number, step in enumerate(steps):
        if step.id in RESERVED or step.id in done or ids.index(step.id) != number:
            why = "stands for something else" if step.id in RESERVED else "is there twice"
            raise _wrong(
                f"steps.{number}.id", f"The id {step.id!r} {why}.", step.id, "Give each step an id of its own."
            )
        for other in step.needs:
            if other not in {*ids, *done}:
                remedy = f"The steps are: {', '.join([*ids, *done])}."
                raise _wrong(f"steps.{number}.needs", f"There is no step {other!r}.", other, remedy)
        _refuse_references(step, f"steps.{number}", {*ids, *done}, given)
    stuck = ring(steps, done)
    if stuck:
        field = f"steps.{ids.index(stuck[0])}.needs"
        told = f"These steps wait for each other: {', '.join(stuck)}."
        raise _wrong(field, told, stuck[0], "Break the ring: a step needs only what comes before it.")
    for number, step in enumerate(steps):
        for path, action in actions(step):
            await _check_action(action, f"steps.{number}.{path}", ctx)
        if step.seconds is not None:
            # One try is then a run of its own.
            _target(START, f"steps.{number}.seconds", ctx)
        if step.verify is not None:
            await _check_verify(step.verify, f"steps.{number}.verify", ctx)


def _refuse_references(step: Step, field: str, ids: set[str], given: Mapping[str, Any]) -> None:
    names = {*ids, GIVEN} - {step.id}
    for path, action in actions(step):
        place = "arguments" if action.operation is not None else "message"
        _refuse_unknown(called(action)[1], f"{field}.{path}{place}", names, given)
    _refuse_unknown([[one.left, one.right] for one in step.when], f"{field}.when", names, given)
    if step.verify is not None:
        _refuse_unknown(step.verify.arguments, f"{field}.verify.arguments", {*names, RESULT}, given)
        compared = [[one.left, one.right] for one in step.verify.conditions]
        more = {RESULT, CHECK} if step.verify.operation else {RESULT}
        _refuse_unknown(compared, f"{field}.verify.conditions", names | more, given)


def _refuse_unknown(value: Any, field: str, names: Collection[str], given: Mapping[str, Any]) -> None:  # Any: JSON
    """Refuse a reference to what there is not."""
    with named_in(field):
        named = list(references(value))
    for name in named:
        if name not in names:
            remedy = f"What can be referred to: {', '.join(sorted(names))}. {{{{{name}}}}} is the text itself."
            raise _wrong(field, f"{{{name}}} refers to no step.", name, remedy)
    for name in _given(value):
        if name not in given:
            remedy = "Declare it in `given`, with its usual value."
            raise _wrong(field, f"{{given.{name}}} is not declared.", name, remedy)


def _given(value: Any) -> list[str]:  # Any: JSON
    """What is referred to of what a run is given."""
    if isinstance(value, str):
        found = (one for one in REFERENCE.finditer(value) if one[2] == GIVEN)
        return [one[3].split(".")[1] for one in found if one[3]]
    inner = cast("dict[str, Any]", value).values() if isinstance(value, dict) else value
    return [name for one in cast("list[Any]", inner) for name in _given(one)] if isinstance(value, dict | list) else []


async def _check_action(action: Action, field: str, ctx: Context) -> None:
    kinds = [name for name in ("operation", "agent", "team") if getattr(action, name) is not None]
    if len(kinds) != 1:
        told = f"A step is one of an operation, an agent and a team; this is {' and '.join(kinds) or 'none of them'}."
        raise _wrong(f"{field}{kinds[-1] if kinds else 'operation'}", told, None, "Give one of them.")
    [kind] = kinds
    if kind == "operation" and action.message:
        raise _wrong(f"{field}message", "An operation takes no message.", action.message, "Give it `arguments`.")
    if kind != "operation" and action.arguments:
        raise _wrong(f"{field}arguments", f"A step with {kind} takes no arguments.", None, "Give it a `message`.")
    if kind != "operation" and not action.message:
        raise _wrong(f"{field}message", f"The {kind} is told nothing.", "", "Give a `message`.")
    name, arguments = called(action)
    target = _target(name, f"{field}{kind}", ctx)
    if kind == "operation":
        _check_request(target, arguments, f"{field}arguments")
        return
    get, which = ("agents.get_agent", action.agent) if kind == "agent" else ("teams.get_team", action.team)
    with named_in(f"{field}{kind}"):
        await ctx.call_named(get, {"id": which})


async def _check_verify(verify: Verify, field: str, ctx: Context) -> None:
    if verify.result_schema is None and verify.operation is None and not verify.conditions:
        raise _wrong(field, "Nothing is verified.", None, "Give a schema, an operation or conditions.")
    if verify.result_schema is not None:
        await hold(verify.result_schema, f"{field}.result_schema")
    if verify.operation is not None:
        target = _target(verify.operation, f"{field}.operation", ctx)
        if target.effect != "reads" or target.shape != "model":
            told = f"{target.name} does more than read, or is a run."
            raise _wrong(f"{field}.operation", told, target.name, "What verifies only reads, and answers at once.")
        _check_request(target, verify.arguments, f"{field}.arguments")


def _target(name: str, field: str, ctx: Context) -> Operation[Any, Any]:
    """The operation, which is there, is the caller's to call, and has a result that a log may keep."""
    try:
        target = ctx.operations.find(name)
    except NotFound as error:
        raise _wrong(field, error.message, name, error.remedy) from None
    missing = ctx.caller.lacks(target.scopes)
    if missing:
        told = f"{name} needs the scope {missing[0]!r}, which the caller has not."
        raise Forbidden(told, field=field, value=name, remedy="Use a key that has it, or plan without it.")
    if target.shape == "stream" or target.secret or target.name == "plans.run_plan":
        told = f"{name} cannot be a step: it answers a stream, a secret, or is a plan itself."
        raise _wrong(field, told, name, "Name another operation.")
    if target.name in PERSONS:
        told = f"{name} cannot be a step: it is a person's to decide."
        raise _wrong(field, told, name, "Call it yourself.")
    return target


def _check_request(target: Operation[Any, Any], arguments: Mapping[str, Any], field: str) -> None:
    """Refuse what the operation would refuse whatever the references come to."""
    try:
        target.validate(arguments)
    except InvalidRequest as error:
        fields = target.request.model_fields
        wrong = [
            one
            for one in error.fields
            if one.field.partition(".")[0] not in fields or not _refers(arguments, one.field)
        ]
        if not error.fields and not any(references(arguments)):
            raise _wrong(f"{field}.{error.field}", error.message, error.value, error.remedy) from None
        if wrong:
            first = wrong[0]
            raise _wrong(f"{field}.{first.field}", first.message, first.value, first.remedy) from None


def _refers(arguments: Mapping[str, Any], path: str) -> bool:
    """Whether what stands at this path, or what it stands in, holds a reference."""
    try:
        value = reach(arguments, path)
    except Nowhere as end:
        # What is left out of an object comes from no reference; what is within a text may.
        value = None if isinstance(end.held, dict) else end.held
    return value is not arguments and any(references(value))


def _wrong(field: str, message: str, value: object, remedy: str) -> NisError:
    return InvalidRequest(message, field=field, value=value, remedy=remedy)
