"""Distances between pieces of straight lines and what stands in their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nis_backend.capabilities.robotics.geometry import Floats

POINT = 1e-24
"""Square metres below which a piece is a point."""
ROUNDS = 48
"""Of a golden section, each of which leaves 0.618 of the range: 1e-10 of it in the end."""
GOLDEN = (5**0.5 - 1) / 2


def between_segments(a: Floats, b: Floats, c: Floats, d: Floats) -> tuple[Floats, Floats]:
    """The distances of pieces a-b from pieces c-d, and how far on a-b each is nearest; all (…, 3).

    Source: Ericson, Real-Time Collision Detection (2005), 5.1.9.
    """
    u, v, w = b - a, d - c, a - c
    uu, vv, uv = _dot(u, u), _dot(v, v), _dot(u, v)
    uw, vw = _dot(u, w), _dot(v, w)
    apart = uu * vv - uv * uv
    s = np.where(apart > POINT * uu * vv + POINT**2, (uv * vw - uw * vv) / np.where(apart > 0, apart, 1.0), 0.0)
    s = np.clip(s, 0, 1)
    t = np.clip(np.where(vv > POINT, (uv * s + vw) / np.where(vv > POINT, vv, 1.0), 0.0), 0, 1)
    s = np.clip(np.where(uu > POINT, (uv * t - uw) / np.where(uu > POINT, uu, 1.0), 0.0), 0, 1)
    gap = w + u * s[..., None] - v * t[..., None]
    return np.sqrt(_dot(gap, gap)), s


def from_boxes(a: Floats, b: Floats, half: Floats) -> tuple[Floats, Floats]:
    """The distances of pieces a-b from boxes about the origin, by half their edges, and how far on a-b each is.

    The distance to a convex body is convex along a line: a golden section finds its least. Within a box it is 0.
    """
    low, high = np.zeros(np.broadcast_shapes(a.shape, half.shape)[:-1]), None
    high = np.ones_like(low)
    for _ in range(ROUNDS):
        width = high - low
        left, right = high - GOLDEN * width, low + GOLDEN * width
        nearer = _box(a, b, half, left) <= _box(a, b, half, right)
        low, high = np.where(nearer, low, left), np.where(nearer, right, high)
    candidates = np.stack([np.zeros_like(low), (low + high) / 2, np.ones_like(low)])
    found = np.stack([_box(a, b, half, one) for one in candidates])
    best = np.argmin(found, axis=0)[None]
    return np.take_along_axis(found, best, 0)[0], np.take_along_axis(candidates, best, 0)[0]


def _box(a: Floats, b: Floats, half: Floats, part: Floats) -> Floats:
    beyond = np.maximum(np.abs(a + (b - a) * part[..., None]) - half, 0.0)
    return np.sqrt(_dot(beyond, beyond))


def _dot(one: Floats, other: Floats) -> Floats:
    return np.einsum("...i,...i->...", one, other)
