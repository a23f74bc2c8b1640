"""Where the things of a network are drawn: springs pull what is joined, and everything pushes everything.

Source: Fruchterman & Reingold (1991), Graph drawing by force-directed placement, Software: Practice and Experience 21.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAIRS = 1_500_000
"""Pushes that are computed at most, which bounds the time."""
LEAST, MOST = 40, 300
"""Rounds."""
TO_MIDDLE = 0.06
"""A pull to the middle, so that parts which nothing joins do not drift apart."""


def laid_out(count: int, links: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """A place for each thing, 0 to 1 both ways; the same for the same network, for it starts on a circle."""
    if count == 1:
        return [(0.5, 0.5)]
    angle = 2 * math.pi / count
    # Not quite a circle: from exact symmetry no force leads away.
    places = [[math.cos(at * angle) + at * 1e-3, math.sin(at * angle) - at * 1e-3] for at in range(count)]
    best = 2 / math.sqrt(count)
    rounds = min(MOST, max(LEAST, PAIRS // (count * count)))
    for step in range(rounds):
        heat = 0.3 * (1 - step / rounds)
        forces = _pushes(places, best)
        for start, end in links:
            x, y = places[start][0] - places[end][0], places[start][1] - places[end][1]
            distance = math.hypot(x, y)
            pull = distance / best
            for at, sign in ((start, -1), (end, 1)):
                forces[at][0] += sign * x * pull
                forces[at][1] += sign * y * pull
        for place, force in zip(places, forces, strict=True):
            force[0] -= TO_MIDDLE * place[0] * count * best
            force[1] -= TO_MIDDLE * place[1] * count * best
            size = math.hypot(*force) or 1.0
            place[0] += force[0] / size * min(size, heat)
            place[1] += force[1] / size * min(size, heat)
    return _framed(places)


def _pushes(places: Sequence[Sequence[float]], best: float) -> list[list[float]]:
    """What each thing is pushed by all others: the nearer, the more."""
    forces = [[0.0, 0.0] for _ in places]
    square = best * best
    for one, (x1, y1) in enumerate(places):
        own = forces[one]
        for other in range(one):
            x, y = x1 - places[other][0], y1 - places[other][1]
            push = square / max(x * x + y * y, 1e-6)
            own[0] += x * push
            own[1] += y * push
            forces[other][0] -= x * push
            forces[other][1] -= y * push
    return forces


def _framed(places: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """As wide and as high as the frame."""
    ends = [(min(place[way] for place in places), max(place[way] for place in places)) for way in (0, 1)]
    spans = [high - low or 1.0 for low, high in ends]
    return [
        (min(1.0, (place[0] - ends[0][0]) / spans[0]), min(1.0, (place[1] - ends[1][0]) / spans[1])) for place in places
    ]
