"""Robot arms as operations: computed in the pool `science` for a model of the arm, and kept as simulated robots."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

from nis_backend.capabilities.robotics import asked, views
from nis_backend.capabilities.robotics.motions import Plan, PlanRequest
from nis_backend.capabilities.robotics.poses import (
    Jacobian,
    JacobianRequest,
    Pose,
    PoseRequest,
    Solutions,
    SolveRequest,
)
from nis_backend.capabilities.robotics.sweeps import PathRequest, Swept
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext


@operation(
    "robotics.compute_pose",
    effect="reads",
    pool="science",
    view=views.draw_pose,
    examples=(
        Example(
            title="A Puma 560, arm up and wrist bent",
            request={"preset": "Puma 560", "positions": [0, pi / 4, -pi, 0, pi / 4, 0]},
            question="Where is the tool of a Puma 560 with its joints at [0, 0.785, -3.142, 0, 0.785, 0]?",
            also=asked.POSE,
        ),
        Example(
            title="Two links in a plane",
            request={"links": [1, 0.8], "positions": [pi / 6, pi / 4]},
            question="Forward kinematics: where is the end of a planar arm with link lengths [1, 0.8] and joint angles "
            "[0.52, 0.79]?",
        ),
        Example(
            title="A table of one's own",
            request={
                "robot": {
                    "joints": [
                        {"d": 0.4, "alpha": pi / 2},
                        {"a": 0.5},
                        {"kind": "prismatic", "lower": 0, "upper": 0.3},
                    ]
                },
                "positions": [0.5, 0.3, 0.1],
            },
            question="Compute the end effector's pose from a Denavit-Hartenberg table.",
        ),
    ),
)
def compute_pose(request: PoseRequest, _ctx: WorkerContext) -> Pose:
    """Compute where a robot arm's joints put its tool, and how it is turned: forward kinematics, with all frames.

    Products of 4 x 4 transforms, exact but for rounding; the same pose by the product of exponentials stands beside it.

    Source: Denavit & Hartenberg, J. Appl. Mech. 22 (1955), 215-221; Craig, Introduction to Robotics (2005), 3.4;
    Lynch & Park, Modern Robotics (2017), 4.1.
    """
    from nis_backend.capabilities.robotics.forward import place_tool  # noqa: PLC0415 - loads in the worker only

    return place_tool(request)


@operation(
    "robotics.compute_jacobian",
    effect="reads",
    pool="science",
    view=views.draw_jacobian,
    examples=(
        Example(
            title="A UR5 with its elbow bent",
            request={"preset": "UR5", "positions": [0, -pi / 3, pi / 2, -pi / 6, pi / 2, 0]},
            question="What is the Jacobian of a UR5 with its joints at [0, -1.05, 1.57, -0.52, 1.57, 0]?",
            also=asked.JACOBIAN,
        ),
        Example(
            title="A stretched arm is singular",
            request={"preset": "planar 2R", "positions": [0.4, 0]},
            question="Is a two-link arm with joint angles [0.4, 0] singular? Compute its Jacobian.",
        ),
    ),
)
def compute_jacobian(request: JacobianRequest, _ctx: WorkerContext) -> Jacobian:
    """Compute how a robot arm's tool moves with its joints: the Jacobian, singular values, manipulability, singularity.

    The geometric Jacobian in the base's axes, exact but for rounding; central differences of the pose stand beside it.

    Source: Whitney, J. Dyn. Sys. Meas. Control 94 (1972), 303-309; Yoshikawa, Int. J. Robotics Research 4 (1985), 3-9.
    """
    from nis_backend.capabilities.robotics.forward import move_tool  # noqa: PLC0415 - loads in the worker only

    return move_tool(request)


@operation(
    "robotics.solve_pose",
    effect="reads",
    pool="science",
    view=views.draw_solutions,
    examples=(
        Example(
            title="Elbow to either side",
            request={"preset": "planar 2R", "x": 1.2, "y": 0.5},
            question="Inverse kinematics: which joint angles bring the end of a two-link arm to x = 1.2 m, y = 0.5 m?",
            also=asked.INVERSE,
        ),
        Example(
            title="A UR5, tool down",
            request={"preset": "UR5", "x": 0.4, "y": 0.2, "z": 0.3, "roll": pi, "pitch": 0, "yaw": 0},
            question="Which joint angles bring the tool of a UR5 to x = 0.4 m, y = 0.2 m, z = 0.3 m?",
        ),
        Example(
            title="A table of one's own",
            request={"links": [0.5, 0.4, 0.2], "x": 0.6, "y": 0.3, "yaw": 0.5},
            question="Solve the inverse kinematics of a planar arm: reach x = 0.6 m, y = 0.3 m.",
        ),
    ),
)
def solve_pose(request: SolveRequest, ctx: WorkerContext) -> Solutions:
    """Find the joint positions that bring a robot arm's tool to a place or pose: inverse kinematics, within limits.

    Damped least squares from many starts, quadratic near a regular pose; all solutions found are told. They are
    checked by forward kinematics and by the product of exponentials; flat arms and SCARAs in closed form as well.

    Source: Marquardt, J. SIAM 11 (1963), 431-441; Nakamura & Hanafusa, J. Dyn. Sys. Meas. Control 108 (1986), 163-171.

    Raises:
        InvalidRequest: the pose is out of reach: how far the nearest one is, and which joints are at an end.
    """
    from nis_backend.capabilities.robotics.inverse import solve  # noqa: PLC0415 - loads in the worker only

    return solve(request, ctx.progress)


@operation(
    "robotics.plan_trajectory",
    effect="reads",
    pool="science",
    view=views.draw_plan,
    examples=(
        Example(
            title="Two links, from one stance to another",
            request={"preset": "planar 2R", "waypoints": [[0, 0.5], [1.2, 1.0]]},
            question="Plan a time-optimal trajectory of a two-link arm through joint angles [0, 0.5] and [1.2, 1.0].",
            also=asked.TRAJECTORY,
        ),
        Example(
            title="Smoothly through a waypoint, in five seconds",
            request={
                "preset": "UR5",
                "waypoints": [
                    [0, -1.2, 1.4, -0.2, 1.5, 0],
                    [0.5, -1.0, 1.2, -0.2, 1.5, 0.4],
                    [1.0, -1.2, 1.4, -0.2, 1.5, 0],
                ],
                "method": "minimum_jerk",
                "duration": 5,
            },
            question="Plan a minimum-jerk trajectory of a UR5 through waypoints.",
        ),
        Example(
            title="Along a straight line, the tool keeping its turn",
            request={
                "preset": "UR5",
                "start": [0, -1.2, 1.4, -0.2, 1.5, 0],
                "lines": [{"position": [-0.5, 0.1, 0.5]}],
            },
            question="Plan a trajectory of a UR5 along a straight line of its tool.",
        ),
    ),
)
def plan_trajectory(request: PlanRequest, ctx: WorkerContext) -> Plan:
    """Plan a robot arm's motion through waypoints or along lines, within limits of velocity, acceleration and jerk.

    Time-optimal between waypoints by double-S profiles of seven stretches, the same for all joints; or the motion of
    least jerk through all of them. Every limit is looked at again in the finished motion.

    Source: Biagiotti & Melchiorri, Trajectory Planning for Automatic Machines and Robots (2008), 3.4; Flash & Hogan,
    J. Neuroscience 5 (1985), 1688-1703.
    """
    from nis_backend.capabilities.robotics.planning import plan  # noqa: PLC0415 - loads in the worker only

    return plan(request, ctx.progress)


@operation(
    "robotics.check_path",
    effect="reads",
    pool="science",
    view=views.draw_swept,
    examples=(
        Example(
            title="A needle between two stances",
            request={
                "links": [0.6, 0.4],
                "waypoints": [[0, 0.3], [2, 0.3]],
                "obstacles": [{"kind": "sphere", "name": "needle", "center": [0.3, 0.85, 0], "radius": 0.001}],
            },
            question="Check the path of a planar arm for collisions with an obstacle between two waypoints.",
            also=asked.COLLISION,
        ),
        Example(
            title="A UR5 over a table, beside a post",
            request={
                "preset": "UR5",
                "waypoints": [[0, -1.2, 1.4, -0.2, 1.5, 0], [0.8, -1.0, 1.2, -0.2, 1.5, 0]],
                "obstacles": [
                    {"kind": "box", "name": "table", "center": [-0.6, 0, -0.3], "size": [0.8, 1, 0.05]},
                    {"kind": "capsule", "name": "post", "start": [0.9, 0, 0], "end": [0.9, 0, 1], "radius": 0.05},
                ],
            },
            question="Check the path of a UR5 for collisions with a table and a post.",
        ),
    ),
)
def check_path(request: PathRequest, ctx: WorkerContext) -> Swept:
    """Check a robot arm's path for collisions with obstacles, the floor and itself, between its waypoints as well.

    Conservative advancement: each step is shorter than what a bound on the motion of every point of a link leaves free:
    nothing is jumped over, however thin. Links are capsules. The first contact is told, or the clearance.

    Source: Mirtich, Impulse-based Dynamic Simulation of Rigid Body Systems (1996), 2.3; Ericson, Real-Time Collision
    Detection (2005), 5.1.9.
    """
    from nis_backend.capabilities.robotics.sweeping import sweep  # noqa: PLC0415 - loads in the worker only

    return sweep(request, ctx.progress)


OPERATIONS = (compute_pose, solve_pose, compute_jacobian, plan_trajectory, check_path)
