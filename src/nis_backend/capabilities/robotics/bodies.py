"""The bodies of an arm's links: each a chain of straight pieces with a thickness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.robotics.poses import Outline

if TYPE_CHECKING:
    from nis_backend.capabilities.robotics.chain import Chain, Stance
    from nis_backend.capabilities.robotics.geometry import Floats

SHORTEST = 1e-12
"""Metres below which a piece is a point."""


def body_points(chain: Chain, stance: Stance, number: int) -> Floats:
    """(…, points, 3): where link `number`, from 0, begins, bends and ends.

    A link begins where its joint is: one that slides, where it slid from. It ends where the next joint is, the last at
    the tool.
    """
    mover = chain.movers[number]
    moved = stance.moved[..., number, :, :]
    points = [stance.joints[..., number, :3, 3]] if not mover.turns else []
    points.append(moved[..., :3, 3])
    points += [moved[..., :3, :3] @ bend + moved[..., :3, 3] for bend in mover.bend]
    points.append(stance.links[..., number, :3, 3])
    last = number + 1 == len(chain)
    points.append(stance.tool[..., :3, 3] if last else stance.joints[..., number + 1, :3, 3])
    return np.stack(points, axis=-2)


def outline(chain: Chain, stance: Stance) -> Outline:
    """The arm in one position as a line from its base to its tool."""
    bodies = [body_points(chain, stance, number) for number in range(len(chain))]
    points = np.concatenate([stance.joints[:1, :3, 3] * 1.0, *bodies])
    kept = np.concatenate([[True], np.linalg.norm(np.diff(points, axis=0), axis=1) > SHORTEST])
    x, y, z = (points[kept, axis].tolist() for axis in range(3))
    return Outline(x=x, y=y, z=z)
