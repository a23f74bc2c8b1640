"""How linear systems answer: poles and zeros, Bode, margins, step and impulse by residues and by simulation."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.bounded import require_moderate
from nis_backend.capabilities.mathematics.receipts import ROUNDING, stated
from nis_backend.capabilities.mathematics.signals.systems import (
    MOST,
    Bode,
    Place,
    SystemAnalysis,
    SystemRequest,
    TimeResponse,
)
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import Call, read_formula, walk
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]

signal: Any = import_module("scipy.signal")  # Any: scipy has no types
linalg: Any = import_module("scipy.linalg")  # Any: as above
sympy: Any = import_module("sympy")  # Any: its types do not hold

SAME = 1e-6
"""Distance, relative, within which a zero cancels a pole."""
TINY = 1e-9
"""What is a 0 that was rounded: a rate, a corner, a gain where the phase only nears -180°."""


@dataclass(frozen=True, kw_only=True)
class System:
    """Numerator and denominator without common factors, the denominator's first coefficient 1."""

    over: Array
    under: Array
    poles: Any
    zeros: Any
    cancelled: Any
    dt: float | None

    def at(self, frequency: Array) -> Any:  # Any: a complex array
        """The response at these frequencies, rad/s."""
        s = 1j * frequency if self.dt is None else np.exp(1j * frequency * self.dt)
        return np.polyval(self.over, s) / np.polyval(self.under, s)

    def single(self, frequency: float) -> complex:
        """The response at one frequency."""
        return complex(self.at(np.array([frequency]))[0])

    def loudness(self, frequency: float) -> float:
        """The logarithm of the gain at one frequency."""
        return math.log(max(abs(self.single(frequency)), 1e-300))

    def decays(self, pole: complex) -> bool:
        """Whether what belongs to this pole dies away."""
        return pole.real < -1e-12 * max(1.0, abs(pole)) if self.dt is None else abs(pole) < 1 - 1e-12


def analyze(request: SystemRequest) -> SystemAnalysis:
    """The system that was asked for."""
    system = _read(request)
    stable = all(map(system.decays, [complex(one) for one in [*system.poles, *system.cancelled]]))
    dc = _dc(system)
    time, step, impulse, error, checks = _in_time(request, system)
    final = dc if stable else None
    rise, settled, over, peak = _shape(time, step, final, request.settling_band)
    if final is not None:
        # What still moves at the end has not settled, and says nothing of the final value.
        slowest = _slowest(system)
        left = math.exp(-float(time[-1]) / slowest) if slowest else 0.0
        size = max(abs(final), float(np.max(np.abs(step))))
        allowed = (100 * left + 1e-8) * size
        checks.append(
            compare("end of the step response, final value theorem", float(step[-1]), final, "", allowed=allowed)
        )
    places = _thin(len(time), request.points)
    frequency = _frequencies(system, request.points)
    response = system.at(frequency)
    gain_margin, at_gain, phase_margin, at_phase = _margins(system, frequency)
    notes = _notes(system, stable)
    return SystemAnalysis(
        transfer_function=_text(system),
        order=len(system.poles),
        poles=_places(system.poles),
        zeros=_places(system.zeros),
        cancelled=_places(system.cancelled),
        stable=stable,
        dc_gain=dc,
        bandwidth=_bandwidth(system, dc, frequency),
        gain_margin=gain_margin,
        gain_margin_frequency=at_gain,
        phase_margin=phase_margin,
        phase_margin_frequency=at_phase,
        final_value=final,
        rise_time=rise,
        settling_time=settled,
        overshoot=over,
        peak_time=peak,
        bode=Bode(
            frequency=frequency.tolist(),
            gain=(20 * np.log10(np.maximum(np.abs(response), 1e-15))).tolist(),
            phase=np.degrees(_unwound(response)).tolist(),
        ),
        response=TimeResponse(time=time[places].tolist(), step=step[places].tolist(), impulse=impulse[places].tolist()),
        receipt=stated(
            method="matrix exponential of the companion form" if system.dt is None else "difference equation",
            error_of="the step response, relative to its largest value",
            asked=request.tolerance,
            reached=error,
            estimate="residues of the poles where these are distinct, else half the step",
            source="Ogata, Modern Control Engineering (2010), 5, 7 and 9; Moler & Van Loan, SIAM Rev. 45 (2003), 3-49",
            checks=checks,
            cost=Cost(evaluations=len(time), of="steps", unknowns=len(system.poles)),
            notes=notes,
        ),
    )


def _read(request: SystemRequest) -> System:
    """The system without leading zeros and common factors."""
    if request.formula:
        over, under = _formula(request)
    elif request.denominator:
        over, under = np.array(request.numerator), np.array(request.denominator)
    else:
        zeros = _conjugate([complex(one.real, one.imaginary) for one in request.zeros], "zeros")
        poles = _conjugate([complex(one.real, one.imaginary) for one in request.poles], "poles")
        return _made(request, np.array(zeros), np.array(poles), request.gain)
    require_moderate("numerator", over.tolist())
    require_moderate("denominator", under.tolist())
    over, under = np.trim_zeros(over, "f"), np.trim_zeros(under, "f")
    if not len(under):
        raise InvalidRequest("The denominator is 0.", field="denominator", remedy="Give one that is not.")
    if not len(over):
        raise InvalidRequest("The numerator is 0: nothing comes out.", field="numerator", remedy="Give another.")
    return _made(request, _roots(over), _roots(under), float(over[0] / under[0]))


def _roots(coefficients: Array) -> Any:  # Any: a complex array
    """The roots; those that repeat are found once, from the factors over the fractions of what was written."""
    symbol = sympy.Symbol("s")
    polynomial = sympy.Poly([sympy.Rational(repr(one)) for one in coefficients.tolist()], symbol)
    if polynomial.degree() < 2:  # noqa: PLR2004 - nothing repeats
        return np.roots(coefficients)
    found: list[complex] = []
    for factor, times in polynomial.sqf_list()[1]:
        parts = [float(one / factor.LC()) for one in factor.all_coeffs()]
        found += [complex(one) for one in np.roots(parts) for _ in range(times)]
    return np.array(found)


def _made(request: SystemRequest, zeros: Any, poles: Any, gain: float) -> System:
    if len(zeros) > len(poles):
        raise InvalidRequest(
            f"The system has {len(zeros)} zeros and {len(poles)} poles: it differentiates.",
            field="formula" if request.formula else "numerator",
            remedy="Give a numerator of a degree not above the denominator's.",
        )
    left: list[complex] = [complex(one) for one in zeros]
    kept: list[complex] = []
    gone: list[complex] = []
    for pole in map(complex, poles):
        near = next((one for one in left if abs(one - pole) <= SAME * max(1.0, abs(pole))), None)
        if near is None:
            kept.append(pole)
        else:
            left.remove(near)
            gone.append(pole)
    over: Array = (gain * np.real(np.atleast_1d(np.poly(left)))).astype(np.float64)
    under: Array = np.real(np.atleast_1d(np.poly(kept))).astype(np.float64)
    return System(
        over=over,
        under=under,
        poles=np.array(kept),
        zeros=np.array(left),
        cancelled=np.array(gone),
        dt=request.sample_time,
    )


def _conjugate(places: list[complex], field: str) -> list[complex]:
    """Refuse complex places without their conjugates: the system would answer real inputs by complex outputs."""
    for one in places:
        if one.imag and places.count(one) != places.count(one.conjugate()):
            raise InvalidRequest(
                f"{one.real:g} {'-' if one.imag < 0 else '+'} {abs(one.imag):g}i stands without its conjugate.",
                field=field,
                value=str(one),
                remedy="Give complex poles and zeros in pairs.",
            )
    return places


def _formula(request: SystemRequest) -> tuple[Array, Array]:
    name = "s" if request.sample_time is None else "z"
    formula = read_formula(request.formula, (name,), field="formula")
    if any(isinstance(one, Call) for one in walk(formula.tree)):
        raise InvalidRequest(
            "A transfer function here is a quotient of polynomials.",
            field="formula",
            value=request.formula,
            remedy=f"Give one in {name} without functions; a delay can be approximated by Padé's quotient.",
        )
    symbol = sympy.Symbol(name)
    expression = sympy.together(formula.sympy(**{name: symbol}))
    if not expression.is_rational_function(symbol):
        raise InvalidRequest(
            "It is no quotient of polynomials.", field="formula", value=request.formula, remedy="Use whole powers."
        )
    parts = [sympy.Poly(one, symbol) for one in sympy.fraction(expression)]
    if max(one.degree() for one in parts) > MOST:
        raise InvalidRequest(
            f"Its degree is above {MOST}.", field="formula", value=request.formula, remedy="Give a simpler system."
        )
    over, under = ([float(c) for c in one.all_coeffs()] for one in parts)
    return np.array(over), np.array(under)


def _dc(system: System) -> float | None:
    one = 0.0 if system.dt is None else 1.0
    under = float(np.polyval(system.under, one))
    if abs(under) <= 1e-13 * float(np.sum(np.abs(system.under))):
        return None
    return float(np.polyval(system.over, one)) / under


def _slowest(system: System) -> float:
    """The longest time constant of those that decay, s; 0 of none."""
    rates = [
        -one.real if system.dt is None else -math.log(max(abs(one), 1e-300)) / system.dt
        for one in map(complex, system.poles)
        if system.decays(one)
    ]
    return 1 / min(rates) if rates else 0.0


def _span(request: SystemRequest, system: System) -> float:
    """How long the response is followed."""
    if request.duration is not None:
        return request.duration
    rates = [
        abs(one.real) if system.dt is None else abs(math.log(max(abs(one), 1e-300))) / system.dt
        for one in map(complex, system.poles)
    ]
    slow = [one for one in rates if one > TINY]
    if slow:
        # exp(-8) is 0.03 %; of what grows, exp(8) is enough to see.
        return 8 / min(slow) if min(slow) * 1e4 > max(slow) else 8e4 / max(slow)
    turns = [abs(one.imag) for one in map(complex, system.poles) if abs(one.imag) > 0]
    return 20 * math.pi / max(turns) if turns else (10.0 if system.dt is None else 40 * system.dt)


def _in_time(request: SystemRequest, system: System) -> tuple[Array, Array, Array, float, list[Check]]:
    """Step and impulse response, the error of the step's, and what it was compared with."""
    span = _span(request, system)
    if system.dt is not None:
        return _discrete(request, system, system.dt, span)
    fastest = max((abs(complex(one)) for one in system.poles), default=0.0)
    count = min(20_000, max(request.points * 4, math.ceil(span * fastest * 4)))
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
    return time, step, impulse, error + 4 * ROUNDING, [check]


def _simulate(system: System, time: Array) -> tuple[Array, Array]:
    """Step and impulse response in equal steps by the matrix exponential, exact but for rounding."""
    n = len(system.under) - 1
    direct = float(system.over[0]) if len(system.over) == n + 1 else 0.0
    if n == 0:
        return np.full(len(time), direct), np.zeros(len(time))
    # Controllable form, scaled in time so that powers of fast poles do not spread the numbers.
    pace = max(1e-300, float(np.max(np.abs(system.poles)))) if np.any(system.poles) else 1.0
    under = system.under / pace ** np.arange(n + 1)
    over = np.concatenate([np.zeros(n + 1 - len(system.over)), system.over]) / pace ** np.arange(n + 1)
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


def _discrete(
    request: SystemRequest, system: System, dt: float, span: float
) -> tuple[Array, Array, Array, float, list[Check]]:
    count = min(20_000, max(2, math.ceil(span / dt)))
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
    return time, step, impulse, error + 4 * ROUNDING, [check]


def _shape(
    time: Array, step: Array, final: float | None, band: float
) -> tuple[float | None, float | None, float | None, float | None]:
    """Rise time, settling time, overshoot in percent, and when it peaks."""
    if not final:
        return None, None, None, None
    share = step / final
    low, high = _crossing(time, share, 0.1), _crossing(time, share, 0.9)
    outside = np.nonzero(np.abs(share - 1) > band)[0]
    settled: float | None = 0.0
    if len(outside):
        last = int(outside[-1])
        edge = 1 + band if share[last] > 1 else 1 - band
        settled = _between(time, share, last, edge) if last + 1 < len(time) else None
    top = int(np.argmax(share))
    over = 100 * (float(share[top]) - 1)
    if over <= 1e-6 * 100 or top in (0, len(time) - 1):
        return _less(high, low), settled, max(0.0, over) if over > 1e-4 else 0.0, None  # noqa: PLR2004 - rounding
    # A parabola through three points: the peak between them.
    a, b, c = (float(one) for one in share[top - 1 : top + 2])
    bent = a - 2 * b + c
    shift = (a - c) / (2 * bent) if bent else 0.0
    return (
        _less(high, low),
        settled,
        100 * (b - (a - c) * shift / 4 - 1),
        float(time[top] + shift * (time[1] - time[0])),
    )


def _less(high: float | None, low: float | None) -> float | None:
    return None if high is None or low is None else high - low


def _crossing(time: Array, share: Array, level: float) -> float | None:
    above = np.nonzero(share >= level)[0]
    if not len(above):
        return None
    return _between(time, share, int(above[0]) - 1, level) if above[0] else 0.0


def _between(time: Array, share: Array, place: int, level: float) -> float:
    a, b = float(share[place]), float(share[place + 1])
    return (
        float(time[place]) + (level - a) / (b - a) * float(time[place + 1] - time[place])
        if b != a
        else float(time[place])
    )


def _frequencies(system: System, points: int) -> Array:
    """Two decades around poles and zeros; of a discrete system up to half the sample rate."""
    corners = [abs(one) for one in map(complex, [*system.poles, *system.zeros]) if abs(one) > TINY]
    if system.dt is not None:
        top = math.pi / system.dt
        return np.geomspace(top * 1e-4, top, points)
    low, high = (min(corners), max(corners)) if corners else (1.0, 1.0)
    return np.geomspace(low / 100, high * 100, points)


def _unwound(response: Any) -> Array:
    return np.unwrap(np.angle(response))


def _margins(system: System, frequency: Array) -> tuple[float | None, float | None, float | None, float | None]:
    """Gain and phase margin at their nearest crossings, refined by bisection."""
    fine = np.geomspace(float(frequency[0]) / 10, float(frequency[-1]) * (10 if system.dt is None else 1), 8000)
    with np.errstate(all="ignore"):
        response = system.at(fine)
    gains = np.log(np.maximum(np.abs(response), 1e-300))
    phase_margin = at_phase = gain_margin = at_gain = None
    for i in np.nonzero(np.sign(gains[:-1]) * np.sign(gains[1:]) < 0)[0].tolist():
        place = _bisect(
            lambda w: math.log(max(abs(complex(system.at(np.array([w]))[0])), 1e-300)), fine[i], fine[i + 1]
        )
        margin = (math.degrees(cmath.phase(system.single(place))) + 180) % 360
        margin = margin - 360 if margin > 180 else margin  # noqa: PLR2004 - half a turn
        if phase_margin is None or abs(margin) < abs(phase_margin):
            phase_margin, at_phase = margin, place
    for i in np.nonzero((response.imag[:-1] * response.imag[1:] < 0) & (response.real[:-1] < 0))[0].tolist():
        place = _bisect(lambda at: system.single(at).imag, fine[i], fine[i + 1])
        size = abs(system.single(place))
        if size > TINY and (gain_margin is None or abs(math.log(1 / size)) < abs(math.log(gain_margin))):
            gain_margin, at_gain = 1 / size, place
    return gain_margin, at_gain, phase_margin, at_phase


def _bisect(function: Callable[[float], float], low: float, high: float) -> float:
    at_low = function(low)
    for _ in range(60):
        middle = math.sqrt(low * high)
        at = function(middle)
        if (at > 0) == (at_low > 0):
            low, at_low = middle, at
        else:
            high = middle
    return math.sqrt(low * high)


def _bandwidth(system: System, dc: float | None, frequency: Array) -> float | None:
    """Where the gain has first fallen to 1/√2 of that at 0."""
    if not dc:
        return None
    level = abs(dc) / math.sqrt(2)
    fine = np.geomspace(float(frequency[0]), float(frequency[-1]), 8000)
    below = np.nonzero(np.abs(system.at(fine)) < level)[0]
    if not len(below) or below[0] == 0:
        return None
    i = int(below[0])
    return _bisect(lambda at: abs(system.single(at)) - level, fine[i - 1], fine[i])


def _thin(count: int, points: int) -> Any:
    return np.unique(np.linspace(0, count - 1, min(count, points)).astype(int))


def _places(of: Any) -> list[Place]:
    ordered = sorted(map(complex, of), key=lambda one: (-one.real, -one.imag))
    return [Place(real=one.real + 0.0, imaginary=one.imag + 0.0) for one in ordered]


def _text(system: System) -> str:
    name = "s" if system.dt is None else "z"

    def polynomial(coefficients: Array) -> str:
        terms = [
            ("" if one == 1 and power else f"{one:.6g}·" if power else f"{one:.6g}")
            + ("" if power == 0 else name if power == 1 else f"{name}^{power}")
            for power, one in zip(range(len(coefficients) - 1, -1, -1), coefficients.tolist(), strict=True)
            if one
        ]
        return " + ".join(terms).replace("+ -", "- ") or "0"

    return f"({polynomial(system.over)})/({polynomial(system.under)})"


def _notes(system: System, stable: bool) -> list[str]:
    notes: list[str] = []
    for one in _places(system.cancelled):
        hidden = complex(one.real, one.imaginary)
        growing = "" if system.decays(hidden) else ", which does not decay: inside, the system is not stable"
        sign = "-" if one.imaginary < 0 else "+"
        at = f"{one.real:.4g}" + (f" {sign} {abs(one.imaginary):.4g}i" if one.imaginary else "")
        notes.append(f"A zero cancels the pole at {at}{growing}.")
    if not stable:
        notes.append(
            "Not every pole decays: there is no final value, and margins of the open loop need Nyquist's count."
        )
    return notes
