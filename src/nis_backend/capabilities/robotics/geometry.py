"""Rotations and rigid motions as 4 x 4 matrices, quaternions w x y z, and roll, pitch and yaw about fixed axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def from_rpy(roll: float, pitch: float, yaw: float) -> Floats:
    """The 4 x 4 matrix that turns about x, then y, then z, all of them fixed."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(one), math.sin(one)) for one in (roll, pitch, yaw))
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    return matrix


def placed(position: Sequence[float], rotation: Sequence[float]) -> Floats:
    """The matrix of a place and a turn."""
    matrix = from_rpy(*rotation)
    matrix[:3, 3] = position
    return matrix


def translated(by: Floats) -> Floats:
    """The matrix that moves without turning."""
    matrix = np.eye(4)
    matrix[:3, 3] = by
    return matrix


def axis_motion(axis: Floats, amount: Floats | float, *, turns: bool) -> Floats:
    """(…, 4, 4): a turn about, or a slide along, an axis through the origin; by Rodrigues' formula."""
    amount = np.asarray(amount, dtype=float)
    matrix = np.broadcast_to(np.eye(4), (*amount.shape, 4, 4)).copy()
    if not turns:
        matrix[..., :3, 3] = amount[..., None] * axis
        return matrix
    cross = skew(axis)
    sine, versine = np.sin(amount)[..., None, None], (1 - np.cos(amount))[..., None, None]
    matrix[..., :3, :3] += sine * cross + versine * (cross @ cross)
    return matrix


def skew(vector: Floats) -> Floats:
    """The matrix that multiplies by a cross product from the left."""
    x, y, z = vector
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=float)


def rotation_vector(rotation: Floats) -> Floats:
    """(…, 3): the axis of each rotation times its angle, 0 to π.

    By the quaternion, so that angles near 0 and near π keep their digits.
    """
    quaternion = quaternion_of(rotation)
    vector = quaternion[..., 1:]
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    angle = 2 * np.arctan2(length, quaternion[..., :1])
    factor: Floats = np.where(length > 0, angle / np.where(length > 0, length, 1.0), 2.0)
    return vector * factor


def quaternion_of(rotation: Floats) -> Floats:
    """(…, 4): w x y z with w not negative.

    By the largest of its four parts, which cannot be small: Shepperd, J. Guidance and Control 1 (1978), 223-224.
    """
    r = rotation
    trace = r[..., 0, 0] + r[..., 1, 1] + r[..., 2, 2]
    squares = np.stack([trace, r[..., 0, 0], r[..., 1, 1], r[..., 2, 2]], axis=-1)
    w = np.stack(
        [1 + trace, r[..., 2, 1] - r[..., 1, 2], r[..., 0, 2] - r[..., 2, 0], r[..., 1, 0] - r[..., 0, 1]], axis=-1
    )
    rows = [w]
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        row = np.empty_like(w)
        row[..., 0] = r[..., k, j] - r[..., j, k]
        row[..., 1 + i] = 1 + 2 * r[..., i, i] - trace
        row[..., 1 + j] = r[..., i, j] + r[..., j, i]
        row[..., 1 + k] = r[..., i, k] + r[..., k, i]
        rows.append(row)
    best = np.argmax(squares, axis=-1)
    chosen: Floats = np.take_along_axis(np.stack(rows, axis=-2), best[..., None, None], axis=-2)[..., 0, :]
    chosen = chosen / np.linalg.norm(chosen, axis=-1, keepdims=True)
    return chosen * np.where(chosen[..., :1] < 0, -1.0, 1.0)


def rotation_of(quaternion: Sequence[float]) -> Floats:
    """The 3 x 3 matrix of a quaternion w x y z of any length but 0."""
    w, x, y, z = np.array(quaternion) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def rpy_of(rotation: Floats) -> tuple[float, float, float]:
    """Roll, pitch, yaw, -π to π, pitch -π/2 to π/2; looking straight up or down, the roll is 0."""
    across = math.hypot(rotation[0, 0], rotation[1, 0])
    pitch = math.atan2(-rotation[2, 0], across)
    if across < 1e-12:  # noqa: PLR2004 - roll and yaw turn about one axis there
        return 0.0, pitch, math.atan2(-rotation[0, 1], rotation[1, 1])
    return (
        math.atan2(rotation[2, 1], rotation[2, 2]),
        pitch,
        math.atan2(rotation[1, 0], rotation[0, 0]),
    )
