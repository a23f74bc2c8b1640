"""A way looked at for collisions without a gap: each step is no longer than what nothing can be touched within."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.robotics.bodies import body_points, outline
from nis_backend.capabilities.robotics.chain import chain_of
from nis_backend.capabilities.robotics.geometry import from_rpy
from nis_backend.capabilities.robotics.nearness import between_segments, from_boxes
from nis_backend.capabilities.robotics.planning import within
from nis_backend.capabilities.robotics.sweeps import Contact, Swept
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost, Receipt
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.capabilities.robotics.chain import Chain, Stance
    from nis_backend.capabilities.robotics.geometry import Floats
    from nis_backend.capabilities.robotics.sweeps import Obstacle, PathRequest
    from nis_backend.numerics.receipt import Check

MOST_STEPS = 20_000
"""Stances that are looked at: a few seconds."""
TELL_EVERY = 200
SHARE = 0.25
"""Of the free distance, that a step may use: with less the clearance is known better, with more in fewer steps."""
STILL = 1e-300
ROOM = 2
"""Times the bodies' thickness that must lie between two links: nearer ones are neighbours by their shape."""
SPREAD = 257
"""Points on a piece of a link, for the check."""
SOURCE = "Mirtich, Impulse-based Dynamic Simulation of Rigid Body Systems (1996), 2.3; Ericson (2005), 5.1.9"


@dataclass(frozen=True, kw_only=True)
class Near:
    """A pair in one stance."""

    distance: float
    link: int
    other: str
    place: Floats


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What is looked at, as pairs of a link and a thing."""

    chain: Chain
    obstacles: Sequence[Obstacle]
    floor: float | None
    selves: Sequence[tuple[int, int]]
    """Pairs of links, the first nearer to the base."""
    margin: float

    @property
    def pairs(self) -> int:
        """How many."""
        count = len(self.chain)
        return count * len(self.obstacles) + (count - 1) * (self.floor is not None) + len(self.selves)

    def look(self, stance: Stance) -> list[tuple[Near, int, int]]:
        """Each pair's distance, and which joints, from the first to before the last, move its two sides."""
        bodies = [_pieces(self.chain, stance, number) for number in range(len(self.chain))]
        found: list[tuple[Near, int, int]] = []
        for number, (a, b) in enumerate(bodies):
            radius = self.chain.movers[number].radius + self.margin
            for obstacle in self.obstacles:
                distance, part, piece = _to(obstacle, a, b)
                found.append((_near(distance - radius, number, obstacle.name, a, b, part, piece), 0, number + 1))
            if self.floor is not None and number:
                ends = np.concatenate([a, b])
                lowest = ends[int(np.argmin(ends[:, 2]))]
                near = Near(
                    distance=float(lowest[2]) - self.floor - radius, link=number + 1, other="floor", place=lowest
                )
                found.append((near, 0, number + 1))
        for one, other in self.selves:
            (a, b), (c, d) = bodies[other], bodies[one]
            distances, parts = between_segments(a[:, None], b[:, None], c[None], d[None])
            flat = int(np.argmin(distances))
            piece, _ = divmod(flat, len(c))
            radius = self.chain.movers[one].radius + self.chain.movers[other].radius + self.margin
            distance, part = float(distances.ravel()[flat]), float(parts.ravel()[flat])
            found.append((_near(distance - radius, other, f"link {one + 1}", a, b, part, piece), one + 1, other + 1))
        return found


def sweep(request: PathRequest, tell: Callable[[float, str], None]) -> Swept:
    """Look at the whole way."""
    chain = chain_of(request.arm)
    stances = [within(chain, one, f"waypoints.{number}") for number, one in enumerate(request.waypoints)]
    scene = Scene(
        chain=chain,
        obstacles=request.obstacles,
        floor=request.floor,
        selves=link_pairs(chain) if request.itself else [],
        margin=request.margin,
    )
    walked = _Walk(scene=scene, tolerance=request.tolerance, tell=tell, segments=max(1, len(stances) - 1))
    contact = walked.along(stances)
    last = stances[-1] if contact is None else np.array(contact.positions)
    nearest = walked.nearest
    reached = 0.0 if nearest is None else request.tolerance
    checks = [] if nearest is None else [walked.check(nearest)]
    return Swept(
        free=contact is None,
        clearance=None if contact is not None or nearest is None else walked.least,
        contact=contact,
        nearest=nearest,
        pairs=scene.pairs,
        outlines=[outline(chain, chain.stance(q)) for q in (stances[0], last)],
        receipt=Receipt(
            method="conservative advancement: steps that nothing can be touched within",
            order=None,
            observed_order=None,
            steps=walked.steps,
            error_of="the distance at which a thing counts as touched",
            error_asked=request.tolerance,
            error_reached=reached,
            unit="m",
            estimate="a bound on the motion of every point of a link",
            met=all(one.agrees for one in checks),
            cost=Cost(evaluations=walked.steps, of="stances", unknowns=scene.pairs),
            source=SOURCE,
            checks=checks,
            notes=_notes(scene),
        ),
    )


class _Walk:
    """Goes along a way step by step."""

    def __init__(self, *, scene: Scene, tolerance: float, tell: Callable[[float, str], None], segments: int) -> None:
        self.scene = scene
        self.tolerance = tolerance
        self.steps = 0
        self.nearest: Contact | None = None
        self.least = np.inf
        """No distance on the way so far is less."""
        self._tell = tell
        self._segments = segments

    def along(self, stances: Sequence[Floats]) -> Contact | None:
        """The first contact; None where there is none."""
        ways = list(pairwise(stances)) or [(stances[0], stances[0])]
        for number, (begin, end) in enumerate(ways, 1):
            contact = self._segment(number, begin, end)
            if contact is not None:
                return contact
        return None

    def _segment(self, number: int, begin: Floats, end: Floats) -> Contact | None:
        chain = self.scene.chain
        bounds = motion_bounds(chain, np.abs(end - begin))
        part = step = 0.0
        before: Floats | float = np.inf
        while True:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise InvalidRequest(
                    f"The way is not seen through after {MOST_STEPS} stances: the arm goes along something very near.",
                    field="tolerance",
                    value=self.tolerance,
                    remedy="Give a greater tolerance or fewer waypoints.",
                )
            if self.steps % TELL_EVERY == 0:
                self._tell((number - 1 + part) / self._segments, f"{self.steps} stances")
            q = begin + part * (end - begin)
            looked = self.scene.look(chain.stance(q))
            if not looked:
                return None
            near = min((one for one, _, _ in looked), key=lambda one: one.distance)
            if self.nearest is None or near.distance < self.nearest.distance:
                self.nearest = _contact(near, number, part, q)
            if near.distance <= self.tolerance:
                return _contact(near, number, part, q)
            distances = np.array([one.distance for one, _, _ in looked])
            speeds = np.array([bounds[first, last] for _, first, last in looked])
            # Between two stances a pair comes no nearer than half of what both distances leave of its motion.
            between = (before + distances - speeds * step) / 2
            self.least = min(self.least, float(np.min(np.minimum(distances, between))))
            if part >= 1.0:
                return None
            before, step = distances, min(1.0 - part, float(np.min(distances * SHARE / np.maximum(speeds, STILL))))
            part = min(1.0, part + step)

    def check(self, nearest: Contact) -> Check:
        """The nearest distance by points spread over the link: a second way, off by no more than how dense they are."""
        scene, number = self.scene, nearest.link - 1
        stance = scene.chain.stance(np.array(nearest.positions))
        points, apart = _spread(*_pieces(scene.chain, stance, number))
        radius = scene.chain.movers[number].radius + scene.margin
        if nearest.other == "floor":
            assert scene.floor is not None
            distances = points[:, 2] - scene.floor
        elif obstacle := next((one for one in scene.obstacles if one.name == nearest.other), None):
            distances = np.array([_to(one, points, points)[0] for one in scene.obstacles if one.name == obstacle.name])
        else:
            other = int(nearest.other.removeprefix("link ")) - 1
            more, wider = _spread(*_pieces(scene.chain, stance, other))
            distances = np.linalg.norm(points[:, None] - more[None], axis=-1)
            radius, apart = radius + scene.chain.movers[other].radius, apart + wider
        found = float(np.min(distances)) - radius
        name = "least distance by points spread over the link"
        return compare(name, nearest.distance, found, "m", allowed=apart + 1e-9)


def _spread(a: Floats, b: Floats) -> tuple[Floats, float]:
    """Points on pieces, and how far no point of these is from one of them."""
    parts = np.linspace(0, 1, SPREAD)[:, None]
    points = np.concatenate([begin + parts * (end - begin) for begin, end in zip(a, b, strict=True)])
    return points, float(np.max(np.linalg.norm(b - a, axis=1))) / (SPREAD - 1)


def motion_bounds(chain: Chain, ways: Floats) -> Floats:
    """(n + 1, n + 1): how far any point of the links before the second joint moves against what is before the first.

    A point moves no farther by a turn than the turn times its distance to the axis, which is no more than the lengths
    of the links between them; by a slide, as far as that.
    """
    count = len(chain)
    lengths = [link_length(chain, number) for number in range(count)]
    bounds = np.zeros((count + 1, count + 1))
    for first in range(count):
        for last in range(first + 1, count + 1):
            for joint in range(first, last):
                reach = sum(lengths[joint:last]) if chain.turns[joint] else 1.0
                bounds[first, last] += ways[joint] * reach
    return bounds


def link_length(chain: Chain, number: int) -> float:
    """No point of a link is farther from its joint, along its bends; of a joint that slides, at its farthest."""
    mover = chain.movers[number]
    following = chain.movers[number + 1].before if number + 1 < len(chain) else chain.tool
    points = [np.zeros(3), *mover.bend, mover.after[:3, 3], (mover.after @ following)[:3, 3]]
    slides = 0.0 if mover.turns else max(abs(mover.lower), abs(mover.upper))
    return float(sum(np.linalg.norm(b - a) for a, b in pairwise(points))) + slides


def link_pairs(chain: Chain) -> list[tuple[int, int]]:
    """The pairs of links that can meet: not those that are joined, nor those that overlap by their shape."""
    lengths = [link_length(chain, number) for number in range(len(chain))]
    radii = [mover.radius for mover in chain.movers]
    return [
        (one, other)
        for one in range(len(chain))
        for other in range(one + 2, len(chain))
        if sum(lengths[one + 1 : other]) > ROOM * (radii[one] + radii[other])
        and lengths[one] > 0
        and lengths[other] > 0
    ]


def _pieces(chain: Chain, stance: Stance, number: int) -> tuple[Floats, Floats]:
    points = body_points(chain, stance, number)
    return points[:-1], points[1:]


def _to(obstacle: Obstacle, a: Floats, b: Floats) -> tuple[float, float, int]:
    """The distance of pieces from an obstacle's surface, how far on its piece that is, and which piece."""
    radius = obstacle.radius or 0.0
    if obstacle.kind == "box":
        turn = from_rpy(*obstacle.rotation)[:3, :3]
        center = np.array(obstacle.center)
        distances, parts = from_boxes((a - center) @ turn, (b - center) @ turn, np.array(obstacle.size) / 2)
    else:
        c = np.array(obstacle.center if obstacle.start is None else obstacle.start)
        d = np.array(obstacle.center if obstacle.end is None else obstacle.end)
        distances, parts = between_segments(a, b, c, d)
    piece = int(np.argmin(distances))
    return float(distances[piece]) - radius, float(parts[piece]), piece


def _near(  # noqa: PLR0913, PLR0917 - a pair, and where it is nearest
    distance: float, number: int, other: str, a: Floats, b: Floats, part: float, piece: int
) -> Near:
    return Near(distance=distance, link=number + 1, other=other, place=a[piece] + part * (b[piece] - a[piece]))


def _contact(near: Near, segment: int, part: float, q: Floats) -> Contact:
    x, y, z = (float(one) for one in near.place)
    return Contact(
        segment=segment,
        part=part,
        positions=q.tolist(),
        link=near.link,
        other=near.other,
        distance=near.distance,
        x=x,
        y=y,
        z=z,
    )


def _notes(scene: Scene) -> list[str]:
    notes = ["Links are capsules: their middle lines with a radius. Obstacles stand still."]
    if scene.floor is not None:
        notes.append("The first link stands on the floor and is not looked at against it.")
    if scene.selves:
        notes.append(
            "Links that are joined, or whose bodies overlap by their shape, are not looked at against each other."
        )
    return notes
