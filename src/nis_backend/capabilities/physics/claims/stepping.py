"""A trajectory held against its equations: each sample is carried on to the next, and what misses is its own."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.claims.claimed import TrajectoryVerdict
from nis_backend.capabilities.physics.ode import METHOD, ORDER, SOURCE, advance
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula
from nis_backend.numerics.receipt import Conserved, Cost, Receipt
from nis_backend.numerics.written import format_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.capabilities.physics.claims.claimed import TrajectoryClaim
    from nis_backend.capabilities.physics.ode import Rate, State

MOST_STEPS = 4096
"""Steps from one sample to the next."""
ALL_STEPS = 400_000
"""Steps in all: about four seconds of a small system."""
BEYOND = 1e300
"""What stands for a miss that no double holds."""
TIME = "t"

_PRIMED = re.compile(r"\s*(?:d\s*(?P<dot>[^\W\d]\w*)\s*/\s*d\s*t|(?P<prime>[^\W\d]\w*)\s*')\s*=(?P<rate>.+)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Strayed:
    """Where the samples leave the way that begins at the first of them by more than a start that is a little off."""

    time: float
    column: int
    miss: float
    allowed: float


@dataclass(frozen=True, kw_only=True)
class Carried:
    """The next sample as the equations give it, how wrong that may be, and the steps it took."""

    state: State
    error: float
    steps: int


def verify(request: TrajectoryClaim, tell: Callable[[float, str], None]) -> TrajectoryVerdict:
    """Carry each sample to the next and compare.

    Raises:
        InvalidRequest: the equations and the columns do not fit each other, or the samples are too far apart.
    """
    names = list(request.columns)
    _fits(request, names)
    f = _system(request, names)
    scales = [max(map(abs, request.columns[name])) or 1.0 for name in names]
    rows = list(zip(request.time, *request.columns.values(), strict=True))
    seen = Seen(way=rows[0], beside=_beside(rows[0], scales, request.tolerance))
    for place, (here, there) in enumerate(pairwise(rows)):
        tell(place / len(rows), f"sample {place + 1} of {len(rows)}")

        def carry(start: State, length: float = there[0] - here[0], place: int = place) -> Carried:
            return _carry(f, start, length, scales, request.tolerance, place)

        seen.step(carry(here), there, scales, place)
        if seen.steps > ALL_STEPS:
            raise InvalidRequest(
                f"The samples are too far apart for {ALL_STEPS:,} steps.",
                field="time",
                value=f"{len(rows)} samples",
                remedy="Give fewer samples, closer to each other.",
            )
        if seen.strayed is None:
            seen.follow(carry, there, scales, request.tolerance)
    return _told(request, names, seen)


@dataclass(kw_only=True)
class Seen:
    """What was found so far, sample by sample."""

    way: State
    """Where the equations lead from the first sample."""
    beside: State
    """Where they lead from one that is off by the tolerance."""
    misses: list[float] = field(default_factory=list[float])
    place: int = 0
    column: int = 0
    error: float = 0.0
    steps: int = 0
    doubt: float = 0.0
    strayed: Strayed | None = None

    def step(self, carried: Carried, there: State, scales: Sequence[float], place: int) -> None:
        """Note how far the next sample is from this one carried on."""
        self.steps, self.error = self.steps + carried.steps, max(self.error, carried.error)
        parts = _apart(carried.state, there, scales)
        miss = max(parts) if all(map(math.isfinite, parts)) else BEYOND
        if not self.misses or miss > max(self.misses):
            self.place, self.column = place, parts.index(max(parts))
        self.misses.append(miss)

    def follow(
        self, carry: Callable[[State], Carried], there: State, scales: Sequence[float], tolerance: float
    ) -> None:
        """From the first sample on, what adds up is seen: a frequency that is wrong by a little."""
        self.way, self.beside = carry(self.way).state, carry(self.beside).state
        self.doubt = max(self.doubt, *_apart(self.way, self.beside, scales))
        parts, allowed = _apart(self.way, there, scales), 2 * (self.doubt + tolerance)
        if max(parts) > allowed:
            self.strayed = Strayed(
                time=there[0], column=parts.index(max(parts)), miss=min(max(parts), BEYOND), allowed=allowed
            )


def _beside(start: State, scales: Sequence[float], tolerance: float) -> State:
    """A start that is off by the tolerance in each column."""
    return (start[0], *(value + tolerance * scale for value, scale in zip(start[1:], scales, strict=True)))


def _apart(a: State, b: State, scales: Sequence[float]) -> list[float]:
    """How far two states are apart in each column, relative to its largest value."""
    return [abs(one - other) / scale for one, other, scale in zip(a[1:], b[1:], scales, strict=True)]


def _fits(request: TrajectoryClaim, names: list[str]) -> None:
    lengths = {name: len(column) for name, column in request.columns.items()}
    wrong = next((name for name, length in lengths.items() if length != len(request.time)), None)
    if wrong is not None:
        raise InvalidRequest(
            f"The column {wrong!r} has {lengths[wrong]} values for {len(request.time)} times.",
            field=f"columns.{wrong}",
            value=lengths[wrong],
            remedy="Give one value for each time.",
        )
    falls = next((at for at, (a, b) in enumerate(pairwise(request.time)) if b <= a), None)
    if falls is not None:
        raise InvalidRequest(
            "The times do not rise.",
            field=f"time.{falls + 1}",
            value=request.time[falls + 1],
            remedy="Sort the samples.",
        )
    taken = ({*names} & {*request.parameters}) | ({TIME} & {*names, *request.parameters})
    if taken:
        name = min(taken)
        raise InvalidRequest(
            f"{name!r} means two things.", field="columns", value=name, remedy="Rename the column or the parameter."
        )


def _system(request: TrajectoryClaim, names: list[str]) -> Rate:
    """The rates of the time and the columns, from one equation for each of these."""
    known = [TIME, *names, *request.parameters]
    rates: dict[str, Callable[..., float]] = {}
    for place, text in enumerate(request.equations):
        found = _PRIMED.fullmatch(text)
        name = found and (found["dot"] or found["prime"])
        if not found or name not in names or name in rates:
            raise InvalidRequest(
                f"{text!r} is not the rate of a column that has none yet.",
                field=f"equations.{place}",
                value=text,
                remedy=f"Write one equation a column, as in {names[0]}' = …; the columns are {', '.join(names)}.",
            )
        rates[name] = read_formula(found["rate"], known, field=f"equations.{place}").compile(*known, arrays=False)
    lacking = next((name for name in names if name not in rates), None)
    if lacking is not None:
        raise InvalidRequest(
            f"There is no equation for {lacking!r}.", field="equations", value=lacking, remedy=f"Add {lacking}' = …"
        )
    given, order = tuple(request.parameters.values()), [rates[name] for name in names]

    def f(state: State) -> State:
        return (1.0, *(rate(*state, *given) for rate in order))

    return f


def _carry(  # noqa: PLR0913, PLR0917 - the terms of one step
    f: Rate, start: State, length: float, scales: Sequence[float], tolerance: float, place: int
) -> Carried:
    """One sample's state `length` later, with the step halved until its error is far below what counts."""
    steps, before, done = 1, None, 0
    while True:
        after = _stepped(f, start, length, steps, place)
        done += steps
        if before is not None:
            parts = _apart(after, before, scales)
            error = max(parts) / (2**ORDER - 1) if all(map(math.isfinite, parts)) else BEYOND
            if error <= tolerance / 100 or steps >= MOST_STEPS:
                return Carried(state=after, error=error, steps=done)
        before, steps = after, 2 * steps


def _stepped(f: Rate, start: State, length: float, steps: int, place: int) -> State:
    state = start
    try:
        for _ in range(steps):
            state = advance(f, state, length / steps)
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise InvalidRequest(
            f"The equations have no value after sample {place + 1}: {error}.",
            field="equations",
            value=f"t = {start[0]:g}",
            remedy="Give samples where every term is defined.",
        ) from None
    return state


def _told(request: TrajectoryClaim, names: list[str], seen: Seen) -> TrajectoryVerdict:
    miss, error, strayed = max(seen.misses), seen.error, seen.strayed
    kept = [_kept(request, text, at) for at, text in enumerate(request.invariants)]
    left = [one for one in kept if one.drift > request.tolerance * max(abs(one.start), one.drift / 2)]
    where = f"{names[seen.column]} after t = {request.time[seen.place]:g}"
    shown = f"{format_number(miss, 2)} of its largest value, {format_number(request.tolerance, 2)} allowed"
    sure = error <= request.tolerance / 2
    if not sure:
        verdict, reason = "cannot say", f"The way from one sample to the next is not resolved in {MOST_STEPS} steps."
    elif miss > request.tolerance:
        verdict, reason = "refuted", f"The equations lead elsewhere: {where} misses the next sample by {shown}."
    elif strayed:
        verdict = "refuted"
        reason = (
            f"From the first sample on the equations lead elsewhere: at t = {strayed.time:g} {names[strayed.column]} "
            f"is off by {format_number(strayed.miss, 2)} of its largest value; a start that is off by the tolerance "
            f"makes {format_number(strayed.allowed, 2)}."
        )
    elif left:
        verdict, reason = (
            "refuted",
            f"{left[0].name} should stay the same and changes by {format_number(left[0].drift, 2)}.",
        )
    else:
        verdict, reason = "confirmed", f"Each sample follows from the one before; {where} misses most, by {shown}."
    return TrajectoryVerdict(
        verdict=verdict,
        reason=reason,
        worst_column=names[seen.column],
        worst_time=request.time[seen.place],
        worst_miss=miss,
        misses=seen.misses,
        time=request.time[1:],
        receipt=Receipt(
            method=f"{METHOD} from each sample to the next",
            order=ORDER,
            observed_order=None,
            steps=seen.steps,
            error_of="the next sample as the equations give it, relative to the column's largest",
            error_asked=request.tolerance / 100,
            error_reached=error,
            unit="",
            met=error <= request.tolerance / 100,
            residual=miss,
            residual_of="next sample less this one carried on, relative to the column's largest",
            conserved=kept,
            cost=Cost(evaluations=4 * seen.steps, of="right-hand sides", unknowns=len(names)),
            source=SOURCE,
            checks=[],
        ),
    )


def _kept(request: TrajectoryClaim, text: str, place: int) -> Conserved:
    known = [TIME, *request.columns, *request.parameters]
    formula = read_formula(text, known, field=f"invariants.{place}").compile(*known, arrays=False)
    given = tuple(request.parameters.values())
    try:
        values = [float(formula(*row, *given)) for row in zip(request.time, *request.columns.values(), strict=True)]
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise InvalidRequest(
            f"{text!r} has no value at a sample: {error}.",
            field=f"invariants.{place}",
            value=text,
            remedy="Give an invariant that every sample has.",
        ) from None
    return Conserved(name=text, start=values[0], drift=max(abs(one - values[0]) for one in values), unit="")
