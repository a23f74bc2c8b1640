"""Where the joints put the tool, and how it moves with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from nis_backend.capabilities.robotics.bodies import outline
from nis_backend.capabilities.robotics.chain import chain_of, distance
from nis_backend.capabilities.robotics.geometry import quaternion_of, rotation_vector, rpy_of
from nis_backend.capabilities.robotics.poses import Frame, Jacobian, Pose
from nis_backend.numerics.receipt import Cost, Receipt
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from nis_backend.capabilities.robotics.chain import Chain
    from nis_backend.capabilities.robotics.geometry import Floats
    from nis_backend.capabilities.robotics.poses import JacobianRequest, PoseRequest
    from nis_backend.numerics.receipt import Check

SAME = 1e-12
"""Of the arm's reach, or rad: two ways to one pose differ by no more than rounding."""

DIFFERENCE = 6e-6
"""Step of the central difference, about the cube root of a double's rounding: both its errors are then alike."""

RANK = 1e-7
"""Of the largest singular value: one below it counts as 0."""

TRIED = 24
"""Positions at which the most directions of an arm are looked for."""

MATRICES = "Denavit & Hartenberg, J. Appl. Mech. 22 (1955), 215-221; Craig, Introduction to Robotics (2005), 3.4"
SCREWS = "Lynch & Park, Modern Robotics (2017), 4.1"


def place_tool(request: PoseRequest) -> Pose:
    """Where the tool is."""
    chain = chain_of(request.arm)
    q = chain.check(request.positions, "positions")
    stance = chain.stance(q)
    tool = stance.tool
    roll, pitch, yaw = rpy_of(tool)
    frames = [*stance.links, tool]
    names = [*(f"link {number}" for number in range(1, len(chain) + 1)), "tool"]
    return Pose(
        x=tool[0, 3],
        y=tool[1, 3],
        z=tool[2, 3],
        roll=roll,
        pitch=pitch,
        yaw=yaw,
        quaternion=quaternion_of(tool[:3, :3]).tolist(),
        matrix=tool.tolist(),
        frames=[
            Frame(name=name, position=at[:3, 3].tolist(), quaternion=quaternion_of(at[:3, :3]).tolist())
            for name, at in zip(names, frames, strict=True)
        ],
        outline=outline(chain, stance),
        outside=chain.outside(q),
        receipt=_exact(
            method="product of link transforms",
            error_of="the tool's place",
            unit="m",
            source=MATRICES,
            checks=screw_checks(chain, q, tool),
            cost=Cost(evaluations=len(chain), of="link transforms", unknowns=0),
            notes=outside_note(chain, q),
        ),
    )


def screw_checks(chain: Chain, q: Floats, tool: Floats) -> list[Check]:
    """The tool's frame by the product of exponentials."""
    apart, turned = distance(tool, chain.pose_by_screws(q))
    scale = chain.reach + float(np.linalg.norm(tool[:3, 3]))
    return [
        compare("distance to the place by the product of exponentials", apart, 0.0, "m", allowed=SAME * scale),
        compare("turn to the orientation by the product of exponentials", turned, 0.0, "rad", allowed=SAME * 10),
    ]


def outside_note(chain: Chain, q: Floats) -> list[str]:
    """What a reader must know where a joint is where it cannot be."""
    beyond = chain.outside(q)
    which = ", ".join(f"joint {one}" for one in beyond)
    return [f"Beyond their ranges: {which}. The arm cannot stand like this."] if beyond else []


def move_tool(request: JacobianRequest) -> Jacobian:
    """How the tool moves."""
    chain = chain_of(request.arm)
    q = chain.check(request.positions, "positions")
    jacobian = chain.jacobian(q)
    task = request.task or usual_task(chain)
    rows = jacobian if task == "pose" else jacobian[:3]
    full = most_rank(chain, len(rows))
    left, values, _ = np.linalg.svd(rows, full_matrices=True)
    rank = int(np.sum(values > RANK * max(values[0], RANK)))
    shown = values[:full]
    # What is lost is what the columns do not span, less what they span nowhere.
    lost = np.zeros((full - rank, 6))
    lost[:, : len(rows)] = left[:, rank:full].T
    smallest = shown[-1] if len(shown) else 0.0
    return Jacobian(
        matrix=jacobian.tolist(),
        task=task,
        singular_values=shown.tolist(),
        condition=float(shown[0] / smallest) if rank >= full else None,
        manipulability=float(np.prod(shown)) if rank >= full else 0.0,
        rank=rank,
        full_rank=full,
        singular=rank < full,
        lost=lost.tolist(),
        outline=outline(chain, chain.stance(q)),
        outside=chain.outside(q),
        receipt=_exact(
            method="geometric Jacobian",
            error_of="the matrix's entries",
            unit="",
            source="Whitney, J. Dyn. Sys. Meas. Control 94 (1972), 303-309; Yoshikawa, Int. J. Robotics Research 4 "
            "(1985), 3-9",
            checks=[
                compare(
                    "largest difference to central differences of the pose",
                    float(np.max(np.abs(jacobian - differences(chain, q)))),
                    0.0,
                    "",
                    allowed=1e-8 * max(1.0, chain.reach),
                )
            ],
            cost=Cost(evaluations=len(chain), of="columns", unknowns=0),
            notes=[
                f"A singular value below {RANK:g} of the largest counts as 0.",
                *outside_note(chain, q),
            ],
        ),
    )


def usual_task(chain: Chain) -> Literal["pose", "position"]:
    """Move and turn, where there are as many joints as directions in which the arm ever moves or turns its tool."""
    every = np.concatenate(list(chain.jacobian(spread_positions(chain, TRIED))), axis=1)
    values = np.linalg.svd(every, compute_uv=False)
    return "pose" if len(chain) >= int(np.sum(values > RANK * values[0])) else "position"


def most_rank(chain: Chain, rows: int = 6) -> int:
    """The most directions that the tool can move in: the greatest rank at positions spread evenly over the ranges."""
    values = np.linalg.svd(chain.jacobian(spread_positions(chain, TRIED))[:, :rows], compute_uv=False)
    return int(np.max(np.sum(values > RANK * values[:, :1], axis=1)))


def spread_positions(chain: Chain, count: int, seed: int = 0) -> Floats:
    """(count, n): positions spread evenly over the ranges; the same for the same seed.

    Additive recurrence by the powers of the root of x^(n+1) = x + 1, which fills n dimensions evenly:
    Roberts, The unreasonable effectiveness of quasirandom sequences (2018).
    """
    n = len(chain)
    root = 2.0
    for _ in range(64):
        root = (1 + root) ** (1 / (n + 1))
    steps = root ** -np.arange(1, n + 1)
    parts = (0.5 + np.outer(np.arange(1, count + 1) + 1000 * seed, steps)) % 1
    return chain.lower + parts * (chain.upper - chain.lower)


def differences(chain: Chain, q: Floats) -> Floats:
    """The Jacobian by central differences of the pose: a second way, of second order in its step."""
    steps = DIFFERENCE * np.eye(len(chain))
    ahead, behind = chain.pose(q + steps), chain.pose(q - steps)
    linear = (ahead[:, :3, 3] - behind[:, :3, 3]) / (2 * DIFFERENCE)
    turns = rotation_vector(ahead[:, :3, :3] @ np.swapaxes(behind[:, :3, :3], -1, -2)) / (2 * DIFFERENCE)
    return np.concatenate([linear, turns], axis=1).T


def _exact(  # noqa: PLR0913 - each is a line of the receipt
    *, method: str, error_of: str, unit: str, source: str, checks: list[Check], cost: Cost, notes: list[str]
) -> Receipt:
    agree = all(check.agrees for check in checks)
    return Receipt(
        method=method,
        order=None,
        observed_order=None,
        steps=0,
        error_of=error_of,
        error_asked=0.0,
        error_reached=0.0,
        unit=unit,
        estimate="exact",
        met=agree,
        cost=cost,
        source=source,
        checks=checks,
        notes=notes,
    )
