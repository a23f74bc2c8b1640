"""Step and impulse responses: by the matrix exponential, again by residues, difference equations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.receipts import ROUNDING
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.mathematics.signals.linear import System
    from nis_backend.capabilities.mathematics.signals.systems import SystemRequest
    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]

linalg: Any = import_module("scipy.linalg")  # Any: scipy has no types
signal: Any = import_module("scipy.signal")  # Any: as above

TINY = 1e-9
"""A rate, of the fastest, that is a 0 that was rounded."""
SETTLED = 8.0
"""exp(-8) is 0.03 %: what is left when a response counts as followed to its end."""
MOST = 20_000
"""Steps."""
EARLIER = 12
"""How much shorter each closer look at the beginning is, until the fastest pole is seen."""


@dataclass(frozen=True, kw_only=True)
class InTime:
    """A system's answers to a step and an impulse, and what the step's was compared with."""

    time: Array
    step: Array
    impulse: Array
    error: float
    checks: list[Check]
    fine_time: Array
    fine_step: Array
    """The step response closer where it begins, for what happens within the first of the equal steps."""


def remaining(system: System, time: float) -> float:
    """What is left after that time of the slowest of what decays, of 1 at first; poles that repeat take longer."""
    rates = sorted(rate for rate in _rates(system) if rate > 0)
    if not rates:
        return 0.0
    # Where m poles are about as slow, what is left is exp(-x)·(1 + x + … + x^(m-1)/(m-1)!).
    m = sum(1 for rate in rates if rate < 1.5 * rates[0])
    x = rates[0] * time
    return math.fsum(math.exp(k * math.log(x) - math.lgamma(k + 1) - x) for k in range(m)) if x > 0 else 1.0


def _rates(system: System) -> list[float]:
    """How fast what belongs to each pole decays, or grows, 1/s; of what decays above 0."""
    return [
        -one.real if system.dt is None else -math.log(max(abs(one), 1e-300)) / system.dt
        for one in map(complex, system.poles)
    ]


def _span(request: SystemRequest, system: System) -> float:
    """How long the response is followed."""
    if request.duration is not None:
        return request.duration
    rates = [abs(one) for one in _rates(system)]
    fastest = max((abs(one) for one in map(complex, system.poles)), default=0.0)
    slow = [one for one in rates if one > TINY * (fastest if system.dt is None else 1 / system.dt)]
    if slow:
        # Of what grows, exp(8) is enough to see.
        span = SETTLED / min(slow) if min(slow) * 1e4 > max(slow) else 1e4 * SETTLED / max(slow)
        whole = span
        while remaining(system, whole) > math.exp(-SETTLED) and whole < 8 * span:
            whole *= 1.1
        return max(whole, 4 * (len(system.poles) + 1) * (system.dt or 0.0))
    turns = [abs(one.imag) for one in map(complex, system.poles) if abs(one.imag) > 0]
    return 20 * math.pi / max(turns) if turns else (10.0 if system.dt is None else 40 * system.dt)


def in_time(request: SystemRequest, system: System) -> InTime:
    """Step and impulse response, the error of the step's, and what it was compared with.

    Raises:
        InvalidRequest: it grows beyond a double in that time.
    """
    span = _span(request, system)
    if system.dt is not None:
        return _discrete(request, system, system.dt, span)
    fastest = max((abs(complex(one)) for one in system.poles), default=0.0)
    count = min(MOST, max(request.points * 4, math.ceil(span * fastest * 4)))
    time = np.linspace(0, span, count + 1)
    step, impulse = _simulate(system, time)
    size = float(np.max(np.abs(step))) or 1.0
    if not math.isfinite(size) or size > 1e150:  # noqa: PLR2004 - it grows without bound
        raise InvalidRequest(
            f"The system is unstable, and grows beyond a double in {span:.3g} s.",
            field="duration",
            value=span,
            remedy="Give a shorter duration.",
        )
    by_residues = _residues(system, time)
    if by_residues is None:
        half, _ = _simulate(system, np.linspace(0, span, 2 * count + 1))
        gap = np.abs(half[::2] - step)
        name = "step response, half the step"
        other = half[::2]
    else:
        gap, name, other = np.abs(by_residues - step), "step response, residues of the poles", by_residues
    error = float(np.max(gap)) / size
    far = int(np.argmax(gap))
    allowed = 10 * max(request.tolerance, error if error < 1e-6 else 0.0) * size  # noqa: PLR2004 - more is disagreement
    check = compare(f"{name}, at {time[far]:.4g} s", float(step[far]), float(other[far]), "", allowed=allowed)
    early, first = _closer(system, time, step, fastest)
    return InTime(
        time=time,
        step=step,
        impulse=impulse,
        error=error + 4 * ROUNDING,
        checks=[check],
        fine_time=early,
        fine_step=first,
    )


def _closer(system: System, time: Array, step: Array, fastest: float) -> tuple[Array, Array]:
    """The step response with shorter steps towards its beginning."""
    times, steps = [time], [step]
    span = float(time[-1])
    while span * fastest > EARLIER and len(times) < 30:  # noqa: PLR2004 - 10^30
        span /= EARLIER
        early = np.linspace(0, span, 401)
        times.append(early)
        steps.append(_simulate(system, early)[0])
    together, places = np.unique(np.concatenate(times), return_index=True)
    return together, np.concatenate(steps)[places]


def _simulate(system: System, time: Array) -> tuple[Array, Array]:
    """Step and impulse response in equal steps by the matrix exponential, exact but for rounding."""
    n = len(system.under) - 1
    direct = float(system.over[0]) if len(system.over) == n + 1 else 0.0
    if n == 0:
        return np.full(len(time), direct), np.zeros(len(time))
    # Controllable form, scaled in time so that powers of fast poles do not spread the numbers.
    pace = max(1e-300, float(np.max(np.abs(system.poles)))) if np.any(system.poles) else 1.0
    under = np.real(np.atleast_1d(np.poly(system.poles / pace)))
    over = np.zeros(n + 1)
    over[n - len(system.zeros) :] = np.real(np.atleast_1d(np.poly(system.zeros / pace)))
    over *= system.gain * pace ** (len(system.zeros) - n)
    a = np.zeros((n + 1, n + 1))
    a[0, :n] = -under[1:]
    a[1:n, : n - 1] = np.eye(n - 1)
    # The input as one more state that stays 1.
    a[0, n] = 1.0
    c = over[1:] - over[0] * under[1:]
    advance = linalg.expm(a * pace * (time[1] - time[0]))
    state = np.zeros(n + 1)
    state[n] = 1.0
    free = np.zeros(n)
    free[0] = 1.0
    step, impulse = np.empty(len(time)), np.empty(len(time))
    with np.errstate(all="ignore"):
        for i in range(len(time)):
            step[i] = c @ state[:n] + direct
            impulse[i] = pace * (c @ free)
            state = advance @ state
            free = advance[:n, :n] @ free
    return step, impulse


def _residues(system: System, time: Array) -> Array | None:
    """The step response as a sum over the poles; None where two are too near for it."""
    poles = np.append(system.poles, 0.0).astype(complex)
    apart = [abs(a - b) for i, a in enumerate(poles) for b in poles[i + 1 :]]
    if apart and min(apart) < 1e-3 * max(1e-300, float(np.max(np.abs(poles)))):
        return None
    under = np.append(system.under, 0.0)
    slope = np.polyder(under)
    weights = np.polyval(system.over, poles) / np.polyval(slope, poles)
    with np.errstate(all="ignore"):
        return np.real(np.exp(np.outer(time, poles)) @ weights)


def _discrete(request: SystemRequest, system: System, dt: float, span: float) -> InTime:
    count = min(MOST, max(2, math.ceil(span / dt)))
    time: Array = dt * np.arange(count + 1, dtype=np.float64)
    n = len(system.under)
    over = np.concatenate([np.zeros(n - len(system.over)), system.over])
    with np.errstate(all="ignore"):
        step: Array = signal.lfilter(over, system.under, np.ones(count + 1))
        impulse: Array = signal.lfilter(over, system.under, np.eye(1, count + 1)[0])
    size = float(np.max(np.abs(step))) or 1.0
    if not math.isfinite(size) or size > 1e150:  # noqa: PLR2004 - as above
        raise InvalidRequest(
            "The system is unstable, and grows beyond a double.", field="duration", remedy="Give a shorter duration."
        )
    gap = np.abs(np.cumsum(impulse) - step)
    error = float(np.max(gap)) / size
    last = int(np.argmax(gap))
    name = f"step response, sum of the impulse response, at {time[last]:.4g} s"
    check = compare(name, float(step[last]), float(np.cumsum(impulse)[last]), "", allowed=1e-8 * size)
    return InTime(
        time=time,
        step=step,
        impulse=impulse,
        error=error + 4 * ROUNDING,
        checks=[check],
        fine_time=time,
        fine_step=step,
    )
