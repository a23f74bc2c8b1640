"""The ways for an arm to bring its tool to a pose: found, told apart, and checked by forward kinematics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.robotics.bodies import outline
from nis_backend.capabilities.robotics.chain import chain_of
from nis_backend.capabilities.robotics.closed import elbows
from nis_backend.capabilities.robotics.forward import RANK, SAME, most_rank, spread_positions
from nis_backend.capabilities.robotics.geometry import from_rpy, rotation_of, rotation_vector
from nis_backend.capabilities.robotics.poses import Solution, Solutions
from nis_backend.capabilities.robotics.search import Aim, search
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost, Receipt
from nis_backend.numerics.refinement import compare
from nis_backend.numerics.written import format_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.robotics.chain import Chain
    from nis_backend.capabilities.robotics.geometry import Floats
    from nis_backend.capabilities.robotics.poses import SolveRequest
    from nis_backend.capabilities.robotics.search import Searched
    from nis_backend.numerics.receipt import Check

APART, APART_ENDLESS = 1e-4, 0.2
"""Positions that differ by no more are one solution; of an arm that can move on the spot, more must lie between."""
AT_LIMIT = 1e-6
DRAWN = 3
AGAIN = 4
"""How many times as many starts are tried before a pose is called out of reach."""
SOURCE = "Marquardt, J. SIAM 11 (1963), 431-441; Nakamura & Hanafusa, J. Dyn. Sys. Meas. Control 108 (1986), 163-171"


def solve(request: SolveRequest, tell: Callable[[float, str], None]) -> Solutions:
    """Find the ways."""
    chain = chain_of(request.arm)
    middle = (chain.lower + chain.upper) / 2
    initial = middle if request.initial is None else chain.check(request.initial, "initial")
    aim = aim_of(request, chain)
    found = _searched(chain, aim, initial, request.starts, tell)
    near = _reached(request, aim, found)
    if not near.any():
        found = _searched(chain, aim, initial, AGAIN * request.starts, tell)
        near = _reached(request, aim, found)
    if not near.any():
        raise _out_of_reach(request, chain, aim, found, tell)
    rows = 3 if aim.turn is None else 6
    endless = len(chain) > most_rank(chain, rows)
    distinct = _distinct(chain, found.positions[near], initial, APART_ENDLESS if endless else APART)
    solutions = [_solution(chain, aim, q) for q in distinct[: request.most]]
    best = distinct[0]
    return Solutions(
        positions=best.tolist(),
        count=len(distinct),
        solutions=solutions,
        endless=endless,
        outlines=[outline(chain, chain.stance(q)) for q in distinct[:DRAWN]],
        receipt=_receipt(request, chain, aim, found, solutions, endless=endless),
    )


def aim_of(request: SolveRequest, chain: Chain) -> Aim:
    """What is to be reached."""
    angles = [request.roll, request.pitch, request.yaw]
    turn = None
    if request.quaternion is not None:
        turn = rotation_of(request.quaternion)
    elif any(one is not None for one in angles):
        turn = from_rpy(*(one or 0.0 for one in angles))[:3, :3]
    return Aim(place=np.array([request.x, request.y, request.z]), turn=turn, arm=chain.reach / 4)


def _searched(chain: Chain, aim: Aim, initial: Floats, starts: int, tell: Callable[[float, str], None]) -> Searched:
    begin = (
        np.concatenate([initial[None], spread_positions(chain, starts - 1, seed=1)]) if starts > 1 else initial[None]
    )
    return search(chain, aim, begin, lambda part: tell(part, f"{starts} starts"))


def _left(aim: Aim, misses: Floats) -> tuple[Floats, Floats]:
    """What is left: m, rad."""
    place = np.linalg.norm(misses[..., :3], axis=-1)
    turn = np.linalg.norm(misses[..., 3:], axis=-1) / aim.arm
    return place, turn


def _reached(request: SolveRequest, aim: Aim, found: Searched) -> NDArray[np.bool_]:
    place, turn = _left(aim, found.misses)
    return np.asarray((place <= request.tolerance) & (turn <= request.turn_tolerance))


def _distinct(chain: Chain, positions: Floats, initial: Floats, apart: float) -> list[Floats]:
    """Each solution once, turned by full turns as near to `initial` as its ranges allow; the nearest first."""
    turned = positions.copy()
    full = 2 * math.pi
    for number in np.flatnonzero(chain.turns).tolist():
        angles: Floats = turned[:, number]
        shifted = angles - full * np.rint((angles - initial[number]) / full)
        inside = (shifted >= chain.lower[number]) & (shifted <= chain.upper[number])
        turned[:, number] = np.where(inside, shifted, angles)
    order = np.argsort(np.linalg.norm(turned - initial, axis=1), kind="stable")
    kept: list[Floats] = []
    for q in turned[order]:
        if all(_difference(chain, q, other) > apart for other in kept):
            kept.append(q)
    return kept


def _difference(chain: Chain, one: Floats, other: Floats) -> float:
    """The largest of the joints', full turns left out."""
    between = np.abs(one - other)
    between = np.where(chain.turns, np.abs((between + math.pi) % (2 * math.pi) - math.pi), between)
    return float(np.max(between))


def _solution(chain: Chain, aim: Aim, q: Floats) -> Solution:
    place, turn = _left(aim, aim.misses(chain, q))
    values = np.linalg.svd(chain.jacobian(q)[: 3 if aim.turn is None else 6], compute_uv=False)
    full = most_rank(chain, 3 if aim.turn is None else 6)
    return Solution(
        positions=q.tolist(),
        distance=float(place),
        turn=None if aim.turn is None else float(turn),
        at_limits=at_limits(chain, q),
        singular=bool(values[full - 1] <= RANK * values[0]),
    )


def at_limits(chain: Chain, q: Floats) -> list[int]:
    """Joints at an end of their ranges, counted from 1."""
    ends = (q - chain.lower < AT_LIMIT) | (chain.upper - q < AT_LIMIT)
    return [int(number) + 1 for number in np.flatnonzero(ends)]


def _receipt(  # noqa: PLR0913 - what is told of a search
    request: SolveRequest, chain: Chain, aim: Aim, found: Searched, solutions: list[Solution], *, endless: bool
) -> Receipt:
    reached = max(one.distance for one in solutions)
    turned = max(one.turn or 0.0 for one in solutions)
    checks = _checks(request, chain, aim, solutions)
    notes = [f"Found from {len(found.positions)} starts: that there are no others is not proved."]
    if endless:
        notes.append("The arm can move its joints with its tool held still: between the solutions lie others.")
    return Receipt(
        method="damped least squares (Levenberg-Marquardt) from many starts, within the ranges",
        order=None,
        observed_order=None,
        steps=found.rounds,
        error_of="the tool's place",
        error_asked=request.tolerance,
        # Never less than the rounding of the pose itself.
        error_reached=max(reached, 2.0**-52 * chain.reach),
        unit="m",
        estimate="forward kinematics of each solution",
        met=reached <= request.tolerance and turned <= request.turn_tolerance and all(one.agrees for one in checks),
        residual=None if aim.turn is None else turned,
        residual_of="" if aim.turn is None else "turn left to the orientation, rad",
        cost=Cost(evaluations=found.evaluations, of="poses with Jacobians", unknowns=len(chain)),
        source=SOURCE,
        checks=checks,
        notes=notes,
    )


def _checks(request: SolveRequest, chain: Chain, aim: Aim, solutions: list[Solution]) -> list[Check]:
    """The pose of the first solution by screws, and the closed form of arms that have one."""
    q = np.array(solutions[0].positions)
    at = chain.pose_by_screws(q)
    scale = SAME * (chain.reach + float(np.linalg.norm(aim.place)))
    apart = float(np.linalg.norm(at[:3, 3] - aim.place))
    checks = [
        compare(
            "distance to the place by the product of exponentials", apart, 0.0, "m", allowed=request.tolerance + scale
        )
    ]
    if aim.turn is not None:
        left = float(np.linalg.norm(rotation_vector(aim.turn @ at[:3, :3].T)))
        allowed = request.turn_tolerance + 10 * SAME
        checks.append(compare("turn left by the product of exponentials", left, 0.0, "rad", allowed=allowed))
    closed = elbows(request.arm, aim)
    if closed and not (len(chain) == 3 and aim.turn is None):  # noqa: PLR2004 - three links, whose last may turn
        nearest = min(closed, key=lambda pair: _difference_of(pair, q))
        # At a stretched arm an error of place is the square of one of angle.
        allowed = max(1e-7, 10 * math.sqrt(request.tolerance / chain.reach))
        checks.append(
            compare("elbow angle in closed form", _wrapped(q[1]), _wrapped(nearest[1]), "rad", allowed=allowed)
        )
    return checks


def _difference_of(pair: tuple[float, float], q: Floats) -> float:
    return sum(abs(_wrapped(one - float(other))) for one, other in zip(pair, q, strict=False))


def _wrapped(angle: float) -> float:
    return (float(angle) + math.pi) % (2 * math.pi) - math.pi


def _out_of_reach(
    request: SolveRequest, chain: Chain, aim: Aim, found: Searched, tell: Callable[[float, str], None]
) -> InvalidRequest:
    """The refusal: how far the nearest pose found is, with which joints at an end, and what would be in reach."""
    best = int(np.argmin(np.sum(found.misses**2, axis=1)))
    q = found.positions[best]
    place, turn = _left(aim, found.misses[best])
    ends = at_limits(chain, q)
    limits = f", with joint{'s' * (len(ends) > 1)} {', '.join(map(str, ends))} at an end of the range" if ends else ""
    near = place <= request.tolerance
    away = "at the place" if near else f"{format_number(float(place), 4)} m away"
    if aim.turn is not None:
        away += f", turned by {format_number(math.degrees(float(turn)), 3)}°"
        alone = Aim(place=aim.place, turn=None, arm=aim.arm)
        starts = found.positions[:: max(1, len(found.positions) // 64)]
        without = _left(alone, search(chain, alone, starts, lambda part: tell(part, "Without the turn")).misses)[0]
        if float(np.min(without)) <= request.tolerance:
            away += "; the place alone, without the turn, is in reach"
    at = chain.pose(q)[:3, 3]
    nearest = ", ".join(f"{name} = {format_number(float(value), 6)}" for name, value in zip("xyz", at, strict=True))
    return InvalidRequest(
        f"The arm cannot bring its tool there: the nearest pose found is {away}{limits}.",
        field="roll" if near else "x",
        value=[request.x, request.y, request.z],
        remedy=f"Ask for a pose in reach: the tool came to {nearest} with its joints at "
        f"{', '.join(format_number(float(one), 4) for one in q)}.",
    )
