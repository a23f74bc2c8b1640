"""An arm as matrices: where its links are for positions of its joints, many at once, and how its tool then moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.robotics.geometry import axis_motion, from_rpy, placed, rotation_vector, translated
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.robotics.description import Joint, Placement, Robot
    from nis_backend.capabilities.robotics.geometry import Floats


@dataclass(frozen=True, kw_only=True)
class Mover:
    """A joint of a chain: a fixed step, its motion about or along an axis, and another fixed step."""

    name: str
    turns: bool
    before: Floats
    axis: Floats
    after: Floats
    bend: Floats
    """Where the link's body bends, beside its two ends, in the frame that moves with the joint."""
    lower: float
    upper: float
    velocity: float
    acceleration: float
    jerk: float
    radius: float


@dataclass(frozen=True, kw_only=True)
class Stance:
    """Where the parts of an arm are; the leading sizes are the positions', then the joints'."""

    joints: Floats
    """(…, n, 4, 4): the frames in which the joints move, before they do."""
    moved: Floats
    """(…, n, 4, 4): the same when they have."""
    links: Floats
    """(…, n, 4, 4): the frames at the links' ends."""
    tool: Floats
    """(…, 4, 4)."""

    def one(self, number: int) -> Stance:
        """That of one of many positions."""
        return Stance(
            joints=self.joints[number], moved=self.moved[number], links=self.links[number], tool=self.tool[number]
        )


class Chain:
    """A chain of joints with a tool at its end."""

    def __init__(self, movers: Sequence[Mover], tool: Floats) -> None:
        self.movers = tuple(movers)
        self.tool = tool
        self.turns = np.array([one.turns for one in movers])
        self.lower = np.array([one.lower for one in movers])
        self.upper = np.array([one.upper for one in movers])
        self.velocity = np.array([one.velocity for one in movers])
        self.acceleration = np.array([one.acceleration for one in movers])
        self.jerk = np.array([one.jerk for one in movers])

    def __len__(self) -> int:
        return len(self.movers)

    def stance(self, q: Floats) -> Stance:
        """Where the parts are for positions (…, n)."""
        at = np.broadcast_to(np.eye(4), (*q.shape[:-1], 4, 4))
        joints: list[Floats] = []
        moved: list[Floats] = []
        links: list[Floats] = []
        for number, one in enumerate(self.movers):
            joints.append(at @ one.before)
            moved.append(joints[-1] @ axis_motion(one.axis, q[..., number], turns=one.turns))
            at = moved[-1] @ one.after
            links.append(at)
        return Stance(
            joints=np.stack(joints, axis=-3),
            moved=np.stack(moved, axis=-3),
            links=np.stack(links, axis=-3),
            tool=at @ self.tool,
        )

    def pose(self, q: Floats) -> Floats:
        """The tool's frames (…, 4, 4)."""
        return self.stance(q).tool

    def jacobian(self, q: Floats) -> Floats:
        """(…, 6, n): velocity and angular velocity of the tool in the base's axes, for each joint's own velocity."""
        stance = self.stance(q)
        axes = np.stack([one.axis for one in self.movers])
        directions = np.einsum("...nij,nj->...ni", stance.moved[..., :3, :3], axes)
        arms = stance.tool[..., None, :3, 3] - stance.moved[..., :3, 3]
        turning = self.turns[:, None]
        linear = np.where(turning, np.cross(directions, arms), directions)
        angular = np.where(turning, directions, 0.0)
        return np.swapaxes(np.concatenate([linear, angular], axis=-1), -1, -2)

    @cached_property
    def screws(self) -> tuple[Floats, Floats, Floats]:
        """Axes, points on them, and the tool's frame, all at zero positions: of the product of exponentials."""
        stance = self.stance(np.zeros(len(self)))
        axes = np.stack([one.axis for one in self.movers])
        return np.einsum("nij,nj->ni", stance.moved[:, :3, :3], axes), stance.moved[:, :3, 3], stance.tool

    def pose_by_screws(self, q: Floats) -> Floats:
        """The tool's frame by the product of exponentials: a second way, of motions about axes fixed in the base."""
        axes, points, at = self.screws
        for number in reversed(range(len(self))):
            motion = axis_motion(axes[number], q[number], turns=bool(self.turns[number]))
            point = points[number]
            at = translated(point) @ motion @ translated(-point) @ at
        return at

    @cached_property
    def reach(self) -> float:
        """No part of it is farther from its first joint, m; 1 where that is 0: a scale for tolerances."""
        steps = [*(np.linalg.norm(one.after[:3, 3]) for one in self.movers), np.linalg.norm(self.tool[:3, 3])]
        steps += [np.linalg.norm(one.before[:3, 3]) for one in self.movers[1:]]
        slides = [max(abs(one.lower), abs(one.upper)) for one in self.movers if not one.turns]
        return float(sum(steps) + sum(slides)) or 1.0

    def check(self, q: Sequence[float], field: str) -> Floats:
        """Positions as an array.

        Raises:
            InvalidRequest: there are more or fewer than joints.
        """
        if len(q) != len(self):
            raise InvalidRequest(
                f"The arm has {len(self)} joints, and {len(q)} positions are given.",
                field=field,
                value=len(q),
                remedy=f"Give {len(self)} positions, from the base to the tool.",
            )
        return np.array(q, dtype=float)

    def outside(self, q: Floats, slack: float = 1e-9) -> list[int]:
        """The joints, counted from 1, that are beyond their ranges."""
        beyond = (q < self.lower - slack) | (q > self.upper + slack)
        return [int(number) + 1 for number in np.flatnonzero(beyond)]


def distance(one: Floats, other: Floats) -> tuple[float, float]:
    """How far two frames are apart: m, rad."""
    turn = rotation_vector(one[:3, :3].T @ other[:3, :3])
    return float(np.linalg.norm(one[:3, 3] - other[:3, 3])), float(np.linalg.norm(turn))


def chain_of(robot: Robot) -> Chain:
    """The arm that is described.

    Raises:
        InvalidRequest: its URDF is none, or not of one chain.
    """
    base, tool = _placed(robot.base), _placed(robot.tool)
    if robot.urdf:
        from nis_backend.capabilities.robotics.urdf import read_urdf  # noqa: PLC0415 - where there is one

        read = read_urdf(robot.urdf, robot.tip)
        movers = [
            Mover(
                name=one.name,
                turns=one.turns,
                before=_steps(one.steps),
                axis=np.array(one.axis),
                after=np.eye(4),
                bend=np.zeros((0, 3)),
                lower=one.lower,
                upper=one.upper,
                velocity=one.velocity,
                acceleration=robot.max_acceleration,
                jerk=robot.max_jerk,
                radius=robot.radius,
            )
            for one in read.joints
        ]
        tool = _steps(read.rest) @ tool
    else:
        rows = enumerate(robot.joints, 1)
        movers = [_row(joint, f"joint {number}", robot.convention == "modified") for number, joint in rows]
    movers[0] = replace(movers[0], before=base @ movers[0].before)
    return Chain(movers, tool)


def _row(joint: Joint, name: str, modified: bool) -> Mover:
    x = from_rpy(joint.alpha, 0, 0)
    x[:3, 3] = (joint.a, 0, 0)
    z = from_rpy(0, 0, joint.theta)
    z[:3, 3] = (0, 0, joint.d)
    # A sliding joint's own angle is passed before it slides, which makes no difference to a motion along z.
    before, after = (x, z) if modified else (np.eye(4), z @ x)
    lower, upper = joint.range
    return Mover(
        name=name,
        turns=joint.kind == "revolute",
        before=before,
        axis=np.array([0.0, 0.0, 1.0]),
        after=after,
        bend=np.array([[0.0, 0.0, joint.d]]),
        lower=lower,
        upper=upper,
        velocity=joint.max_velocity,
        acceleration=joint.max_acceleration,
        jerk=joint.max_jerk,
        radius=joint.radius,
    )


def _placed(placement: Placement) -> Floats:
    return placed(placement.position, placement.rotation)


def _steps(steps: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Floats:
    at = np.eye(4)
    for position, rotation in steps:
        at = at @ placed(position, rotation)
    return at
