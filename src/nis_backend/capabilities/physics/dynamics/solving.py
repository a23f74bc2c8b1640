"""Systems that people write: read, followed with a method that fits, and searched for events."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.dynamics.events import Watched, find, stopping
from nis_backend.capabilities.physics.dynamics.march import (
    Marched,
    Problem,
    StiffError,
    evenly,
    march,
    receipt_of,
)
from nis_backend.capabilities.physics.dynamics.schemes import FAILURES, Explicit
from nis_backend.capabilities.physics.dynamics.second import by_fourth, by_lsoda
from nis_backend.capabilities.physics.dynamics.system import Curves, Happening, OdeRequest, OdeSolution
from nis_backend.capabilities.physics.dynamics.written import Written, forcings, read_state, read_system
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.compiled import compile_trees
from nis_backend.numerics.formula import Call, read_formula, walk
from nis_backend.numerics.refinement import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.capabilities.physics.dynamics.events import Found
    from nis_backend.capabilities.physics.dynamics.march import Path
    from nis_backend.capabilities.physics.dynamics.schemes import Rate, Scheme, State
    from nis_backend.capabilities.physics.dynamics.unseen import Forcing
    from nis_backend.numerics.receipt import Check

MOST_EVENTS, MOST_SEEN = 500, 5000
"""Events that are told, and looked for."""
TORN = 1e-3
"""Part of the time by which two grids may differ on the end of the motion."""
MOST_WORK = 1_000_000
"""Steps times states: some seconds."""
FINEST = 1e-10
"""Part of the time at the start that a duration has to be."""
KINKED = frozenset(("abs", "sign", "floor", "ceil", "heaviside", "min", "max", "atan2"))
"""Functions that jump or have kinks."""
UNSEEN = 1e-4
"""Part of the error asked that steps may miss of the area under a formula of the time alone."""
LOOSE = 0.1
"""Part of that area which its bounds may leave open."""
MOST_STIFF = 32_768
"""Steps of the implicit method, each of which solves for three states at once."""


def solve(request: OdeRequest, tell: Callable[[float, str], None] = silent) -> OdeSolution:
    """The motion that was asked for; `tell` hears how far it is."""
    written = read_system(request.equations, request.parameters)
    start = _start(written, request)
    if request.duration < FINEST * abs(request.start):
        raise InvalidRequest(
            f"{request.duration:g} s from t = {request.start:g} on are lost in the digits of a double.",
            field="duration",
            value=request.duration,
            remedy=f"Give a duration above {FINEST * abs(request.start):g}, or an earlier start.",
        )
    rate = _rate(written, request)
    _look(written, request, start)
    smooth = not any(isinstance(one, Call) and one.function in KINKED for tree in written.rates for one in walk(tree))
    watched = [_watch(written, request, number) for number in range(len(request.events))]
    forced = _forcings(written, request)

    def problem(scheme: Scheme, most: int) -> Problem:
        return Problem(
            scheme=scheme,
            start=start,
            outputs=evenly(request.start, request.duration, request.points),
            tolerance=request.tolerance,
            max_steps=max(64, min(request.max_steps, most, MOST_WORK // len(start))),
            names=written.states,
            stop=stopping(watched),
            smooth=smooth,
            unseen=(lambda times: _unseen(forced or (), times, UNSEEN * request.tolerance)) if forced else None,
        )

    reason = "asked for"
    if request.method != "stiff":
        given = problem(Explicit(rate), MOST_WORK)
        try:
            marched = march(given, tell)
            reason = reason if request.method == "explicit" else "accuracy and not stability sets its steps"
            return _told(request, written, given, marched, watched, forced, reason, by_fourth(given, marched, rate))
        except StiffError as stiff:
            reason = str(stiff)
            if request.method == "explicit":
                raise InvalidRequest(
                    f"The system is stiff: {reason}.",
                    field="method",
                    value="explicit",
                    remedy="Take method auto or stiff.",
                ) from None
    from nis_backend.capabilities.physics.dynamics.radau import Radau  # noqa: PLC0415 - numpy, where it is needed

    given = problem(Radau(rate), MOST_STIFF)
    marched = march(given, tell)
    return _told(request, written, given, marched, watched, forced, reason, by_lsoda(given, marched, rate))


def _rate(written: Written, request: OdeRequest) -> Rate:
    function = compile_trees(written.rates, ("t", *written.states), request.parameters)
    return lambda t, y: function(t, *y)


def _forcings(written: Written, request: OdeRequest) -> list[Forcing] | None:
    """The formulas of the time alone that may have peaks between steps; None where nothing can look at them."""
    formulas = forcings(written.rates, request.parameters)
    if not formulas:
        return []
    try:
        from nis_backend.capabilities.physics.dynamics.unseen import Forcing  # noqa: PLC0415 - numpy, where needed
    except ModuleNotFoundError:
        return None
    return [Forcing(one, request.start, request.start + request.duration, added) for one, added in formulas]


def _unseen(forced: Sequence[Forcing], times: Sequence[float], part: float) -> list[float]:
    """Where they stand out from steps between these times that miss more than this part of the area under one."""
    found = [one.beside(times) for one in forced]
    return sorted({place for one in found if one.part > part for place in one.places})


def _hidden(forced: Sequence[Forcing], path: Path, part: float) -> bool:
    """Whether the steps of this path miss more of one than this part, or its bounds leave much open."""
    for one in forced:
        missed = one.beside(path.times)
        if one.hidden > LOOSE * one.area or (missed.part > part and not one.added):
            return True
        if missed.part > part:
            # What is added moves a state by its area, which is held against what the state was until then.
            until = bisect_right(path.times, missed.places[0])
            sizes = [max(abs(y[place]) for y in path.states[:until]) for place in one.added]
            if missed.part * one.area > part * min(sizes):
                return True
    return False


def _start(written: Written, request: OdeRequest) -> State:
    """The initial values in the order of the states."""
    given: dict[str, float] = {}
    for key, value in request.initial.items():
        name = read_state(key)
        if name in given:
            raise InvalidRequest(
                f"{name} is given twice at the start.",
                field=f"initial.{key}",
                value=value,
                remedy=f"Give one initial value of {name}.",
            )
        given[name] = value
    lacking = [name for name in written.states if name not in given]
    unknown = [name for name in given if name not in written.states]
    if lacking:
        raise InvalidRequest(
            f"There is no initial value of {', '.join(lacking)}.",
            field=f"initial.{lacking[0]}",
            remedy=f"Give one for each of {', '.join(written.states)}.",
        )
    if unknown:
        raise InvalidRequest(
            f"{unknown[0]} is given at the start, and no equation says how it changes.",
            field=f"initial.{unknown[0]}",
            value=given[unknown[0]],
            remedy=f"Give initial values of {', '.join(written.states)} only; what stays the same is a parameter.",
        )
    return tuple(float(given[name]) for name in written.states)


def _look(written: Written, request: OdeRequest, start: State) -> None:
    """Refuse a start at which an equation has no value, by the equation's name."""
    for tree, text in zip(written.rates, written.texts, strict=True):
        one = compile_trees([tree], ("t", *written.states), request.parameters)
        try:
            finite = math.isfinite(one(request.start, *start)[0])
        except FAILURES:
            finite = False
        if not finite:
            raise InvalidRequest(
                f"At the start, t = {request.start:g}, the right side of {text!r} has no finite value.",
                field="initial",
                value=", ".join(f"{name} = {value:g}" for name, value in zip(written.states, start, strict=True)),
                remedy="Start where it has one: off a division by zero, the root or logarithm of a negative number.",
            )


def _watch(written: Written, request: OdeRequest, number: int) -> Watched:
    event = request.events[number]
    names = {*written.states, *request.parameters, "t"}
    tree = read_formula(event.formula, names, field=f"events.{number}.formula").tree
    function = compile_trees([tree], ("t", *written.states), request.parameters)
    return Watched(
        name=event.name or event.formula,
        value=lambda t, y: function(t, *y)[0],
        direction=event.direction,
        terminal=event.terminal,
    )


def _told(  # noqa: PLR0913, PLR0917 - what was asked, read, done and found
    request: OdeRequest,
    written: Written,
    problem: Problem,
    marched: Marched,
    watched: Sequence[Watched],
    forced: Sequence[Forcing] | None,
    reason: str,
    checks: list[Check],
) -> OdeSolution:
    found = list(islice(find(problem.scheme, marched.path, watched), MOST_SEEN)) if watched else []
    coarser = list(islice(find(problem.scheme, marched.coarser, watched), MOST_SEEN)) if watched else []
    times, states = marched.at_outputs()
    end = found[-1] if found and found[-1].watched.terminal else None
    if end is not None:
        kept = sum(time < end.time for time in times)
        times, states = [*times[:kept], end.time], [*states[:kept], end.state]
    notes: list[str] = []
    if len(found) > MOST_EVENTS:
        more = "or more " if len(found) == MOST_SEEN else ""
        notes.append(f"{len(found)} {more}events were seen; the first {MOST_EVENTS} are listed.")
    if len(found) != len(coarser):
        notes.append("Two grids disagree on how many events there are: one touches zero, or is lost in the error.")
    same = len(found) == len(coarser)
    early = end is None and marched.mesh.times[-1] < problem.outputs[-1]
    if early:
        notes.append(
            "Whether the motion ends is lost in the error: one grid passes a terminal event, another does not."
        )
    torn = end is not None and same and abs(end.time - coarser[-1].time) > TORN * (end.time - request.start)
    if torn:
        notes.append("Two grids disagree on when the motion ends: the event's formula turns faster than the motion.")
    if forced is None:
        notes.append(
            "Without numpy (the extra science) it is not known whether a formula of the time has narrow peaks."
        )
    hidden = _hidden(forced or (), marched.path, request.tolerance)
    if hidden:
        notes.append("A formula of the time jumps or has peaks within the steps: what they do is not known.")
    receipt = receipt_of(marched, problem, checks=[] if end or early else checks, notes=notes)
    if hidden or early or torn or (not same and any(one.terminal for one in watched)):
        receipt = receipt.model_copy(update={"met": False})
    return OdeSolution(
        final=dict(zip(written.states, states[-1], strict=True)),
        end_time=times[-1],
        ended_by=end.watched.name if end else "",
        method="explicit" if isinstance(problem.scheme, Explicit) else "stiff",
        reason=reason,
        events=[
            _happened(written, one, coarser[place] if same else None) for place, one in enumerate(found[:MOST_EVENTS])
        ],
        trajectory=Curves(
            time=times, states={name: [y[place] for y in states] for place, name in enumerate(written.states)}
        ),
        receipt=receipt,
    )


def _happened(written: Written, found: Found, coarser: Found | None) -> Happening:
    off = None if coarser is None else max(abs(found.time - coarser.time), 4 * math.ulp(found.time))
    return Happening(
        event=found.watched.name,
        time=found.time,
        time_error=off,
        state=dict(zip(written.states, found.state, strict=True)),
    )
