"""The whole time as stretches, one network after the other: each starts exactly where the one before ended."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.learned.equations import MOST_WORK, Learned
from nis_backend.capabilities.physics.learned.network import Shape
from nis_backend.capabilities.physics.learned.problem import RADIANS, bending
from nis_backend.capabilities.physics.learned.profile import Profile, profile_of
from nis_backend.capabilities.physics.learned.training import Plan, Trained, train
from nis_backend.capabilities.physics.learned.window import Window
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.learned.descent import Descent
    from nis_backend.capabilities.physics.learned.equations import PinnRequest
    from nis_backend.capabilities.physics.learned.problem import Problem

    Array = NDArray[np.float64]
    Tell = Callable[[float, str, Mapping[str, float]], None]

DECAYS = 2.0
"""By how many powers of e the start may decay in one window of heat."""
MOST_WINDOWS = 10
CROWDED = 3
"""Half waves from which on the start's own wave is a feature of the network."""
LOOK_EVERY = 10
"""Steps between two measurements of the true error."""
SINES, KEPT_SINES = 256, 16
"""Parts of the stretch that a window's end is read at, and half waves that are kept of it."""
MARGIN = 4.0
"""How much smaller than the tolerance the misses are to be: the field's error is of their order or less."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """One window that was learned: it begins at `begins` and lasts `lasts` of the whole, `size` is what its 1 is."""

    begins: float
    lasts: float
    size: float
    window: Window
    trained: Trained

    def values(self, x: Array, t: Array) -> Array:
        """The solution at times of the whole."""
        return self.size * self.window.values(self.trained.parameters, x, (t - self.begins) / self.lasts)[0]


@dataclass(kw_only=True)
class Diary:
    """What is told of the training, and kept of it."""

    tell: Tell
    epochs: list[int]
    losses: list[float]
    errors: list[float | None]


def plan_for(request: PinnRequest, shape: Shape, *, adaptive: bool, size: float = 1.0, networks: int = 1) -> Plan:
    """How large a training is; of what has decayed to `size` of the whole, misses count as much less.

    Raises:
        InvalidRequest: it would take longer than any call may.
    """
    points = request.points or min(4000, max(300, int(1.6 * shape.parameters)))
    work = networks * request.epochs * shape.parameters**2 * (points + shape.parameters / 3)
    if work > MOST_WORK:
        raise InvalidRequest(
            f"{shape.parameters} parameters, {points} points, {request.epochs} epochs and {networks} "
            f"network{'s' if networks > 1 else ''} are {work:.2g} multiplications; at most {MOST_WORK:.0g}.",
            field="epochs",
            value=request.epochs,
            remedy="Give fewer epochs, points, layers or neurons"
            + (", or a shorter duration, which takes fewer networks." if networks > 1 else "."),
        )
    return Plan(
        points=points,
        epochs=request.epochs,
        enough=min(0.3, request.tolerance / MARGIN / math.sqrt(size)),
        seed=request.seed,
        spread=1.5,
        adaptive=adaptive,
    )


def shape_for(request: PinnRequest, waves: tuple[int, ...]) -> Shape:
    """The network's layers."""
    inputs = Window.inputs(request.equation, waves)
    return Shape(widths=(inputs, *[request.width] * request.hidden, 1))


def waves_of(problem: Problem, bent: float) -> tuple[int, ...]:
    """The half waves that are features, of a start that is bent so much."""
    half = round(math.sqrt(bent) / math.pi)
    return (half,) if half >= CROWDED and problem.equation is not Learned.BURGERS else ()


def march(problem: Problem, coefficient: float, diary: Diary) -> list[Stretch]:
    """Learn the whole time."""
    start, rate, size = problem.start, problem.rate, 1.0
    found: list[Stretch] = []
    begins = 0.0
    most = _most_networks(problem, coefficient)
    while begins < 1:
        # A wave swings through 0, where only the rate says how much it is bent: it is bent as it was at first.
        bent = problem.bending if problem.equation is Learned.WAVE else bending(start, rate)
        lasts = 1 - begins if len(found) == MOST_WINDOWS - 1 else _lasts(problem, coefficient, start, size, 1 - begins)
        own = _magnitude(start, rate, lasts)
        window = Window(
            equation=problem.equation,
            shape=shape_for(problem.request, waves_of(problem, bent)),
            start=_times(start, 1 / own),
            rate=_times(rate, lasts / own),
            coefficient=coefficient * (lasts**2 if problem.equation is Learned.WAVE else lasts),
            carried=problem.carried * lasts * size,
            pace=min(40.0, max(0.1, coefficient * lasts * bent)),
            waves=waves_of(problem, bent),
        )
        size *= own
        adaptive = problem.equation is Learned.BURGERS
        left = max(1, most - len(found))
        plan = plan_for(problem.request, window.shape, adaptive=adaptive, size=min(1.0, size), networks=left)
        look = _looking(problem, coefficient, window, (begins, lasts, size))
        ahead = (begins, lasts)
        trained = train(window, plan, _hearing(diary, plan, ahead, look))
        found.append(Stretch(begins=begins, lasts=lasts, size=size, window=window, trained=trained))
        # What is left after the last is rounding, and no stretch of its own.
        begins = 1.0 if begins + lasts > 1 - 1e-9 else begins + lasts
        if begins < 1:
            start, rate = _ended(window, trained.parameters)
            rate = _times(rate, 1 / lasts)
    return found


def note(diary: Diary, descent: Descent, most: int, ahead: tuple[float, float], look: Callable[[Array], float]) -> None:
    """Keep a step of the training, and tell of it."""
    due = descent.steps % LOOK_EVERY == 0
    error = look(descent.parameters) if due else None
    diary.epochs.append((diary.epochs[-1] if diary.epochs else 0) + 1)
    diary.losses.append(descent.loss)
    diary.errors.append(error)
    values = {"loss": descent.loss} | ({} if error is None else {"true error": error})
    message = f"Epoch {diary.epochs[-1]}, loss {descent.loss:.2e}"
    diary.tell(ahead[0] + ahead[1] * min(1.0, descent.steps / most), message, values)


def _lasts(problem: Problem, coefficient: float, start: Profile, size: float, left: float) -> float:
    """How much of the time the next network takes."""
    match problem.equation:
        case Learned.BURGERS:
            return left
        case Learned.WAVE:
            return min(left, 1 / math.ceil(math.sqrt(coefficient * problem.bending) / RADIANS))
        case Learned.HEAT:
            # What has decayed below all that was asked for needs no network of its own.
            if size * _magnitude(start, start, 0) < problem.request.tolerance / 20:
                return left
            lasts = DECAYS / (coefficient * bending(start, start))
            return left if lasts > 0.9 * left else lasts


def _most_networks(problem: Problem, coefficient: float) -> int:
    """How many networks there are at most."""
    match problem.equation:
        case Learned.BURGERS:
            return 1
        case Learned.WAVE:
            return math.ceil(math.sqrt(coefficient * problem.bending) / RADIANS)
        case Learned.HEAT:
            # It decays slower and slower: what is most bent fades first.
            return math.ceil(min(MOST_WINDOWS, coefficient * problem.bending / DECAYS))


def _hearing(
    diary: Diary, plan: Plan, ahead: tuple[float, float], look: Callable[[Array], float]
) -> Callable[[Descent], None]:
    return lambda descent: note(diary, descent, plan.epochs, ahead, look)


def _magnitude(start: Profile, rate: Profile, lasts: float) -> float:
    x = np.linspace(0, 1, 513)
    return max(float(np.max(np.abs(start(x)))), lasts * float(np.max(np.abs(rate(x)))), 1e-300)


def _times(profile: Profile, factor: float) -> Profile:
    return Profile(coefficients=profile.coefficients * factor)


def _looking(
    problem: Problem, coefficient: float, window: Window, part: tuple[float, float, float]
) -> Callable[[Array], float]:
    """What measures the true error of a window while it is learned."""
    begins, lasts, size = part
    x, t = (one.ravel() for one in np.meshgrid(np.linspace(0, 1, 61), np.linspace(0, 1, 13), indexing="ij"))
    expected = problem.exact(coefficient, x, begins + lasts * t) / size
    norm = float(np.linalg.norm(expected)) or 1.0

    def look(parameters: Array) -> float:
        return float(np.linalg.norm(window.values(parameters, x, t)[0] - expected)) / norm

    return look


def _ended(window: Window, parameters: Array) -> tuple[Profile, Profile]:
    """The solution and its rate at a window's end: the start of the next."""

    def at(which: int) -> Profile:
        # As a sine series: with held ends nothing is bent there, and what the network has left of it would not fade.
        inner = np.arange(1, SINES) / SINES
        values = window.values(parameters, inner, np.ones_like(inner))[which]
        halves = np.pi * np.arange(1, KEPT_SINES + 1)
        amplitudes = 2 / SINES * np.sin(np.outer(halves, inner)) @ values
        found = profile_of(lambda x: np.sin(np.outer(x, halves)) @ amplitudes)
        assert found is not None, "so few sines are smooth"
        return found

    return at(0), at(1) if window.equation is Learned.WAVE else window.rate
