"""The chain of joints in a URDF: what hostile XML tries is refused, and what is no chain named.

Source: https://wiki.ros.org/urdf/XML/joint
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat  # its own declarations are refused below: no document type, and so no entities

from nis_backend.capabilities.robotics.description import FARTHEST, MOST_JOINTS, VELOCITY
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Step = tuple[tuple[float, ...], tuple[float, ...]]
"""A place and a turn by roll, pitch and yaw."""

DEEPEST = 64
"""Elements within elements: a URDF has four."""
LONGEST_CHAIN = 256
"""Joints from the root to a tip, those that are fixed included."""
PARTS = ("parent", "child", "origin", "axis", "limit", "mimic")
MOVES = ("revolute", "continuous", "prismatic")


@dataclass(frozen=True, kw_only=True)
class ReadJoint:
    """A joint that moves, and the fixed steps from the one before to it."""

    name: str
    turns: bool
    steps: tuple[Step, ...]
    axis: tuple[float, ...]
    lower: float
    upper: float
    velocity: float


@dataclass(frozen=True, kw_only=True)
class ReadChain:
    """The joints that move, and the fixed steps from the last one to the tip."""

    joints: tuple[ReadJoint, ...]
    rest: tuple[Step, ...]


@dataclass(kw_only=True)
class _Element:
    """A joint as it is written."""

    name: str
    kind: str
    parts: dict[str, Mapping[str, str]] = field(default_factory=dict[str, "Mapping[str, str]"])

    def link(self, part: str) -> str:
        return self.parts.get(part, {}).get("link", "")


def read_urdf(text: str, tip: str = "") -> ReadChain:
    """The chain from the root to `tip`; to the one link that nothing hangs on, where `tip` is empty.

    Raises:
        InvalidRequest: it is no URDF, has a document type, or no chain of 1 to 12 moving joints leads to the tip.
    """
    by_child: dict[str, _Element] = {}
    for one in _elements(text):
        if not (one.link("parent") and one.link("child")):
            raise _wrong(f"The joint {one.name!r} does not say which links it joins.", one.name)
        if one.link("child") in by_child:
            raise _wrong(f"The link {one.link('child')!r} hangs on two joints.", one.link("child"))
        by_child[one.link("child")] = one
    wanted = tip or _leaf(by_child)
    if wanted not in by_child:
        raise InvalidRequest(
            f"No joint leads to a link {wanted!r}.",
            field="tip",
            value=wanted,
            remedy=f"Give one of: {', '.join(list(by_child)[:20])}.",
        )
    return _chain(_upwards(by_child, wanted))


def _upwards(by_child: Mapping[str, _Element], tip: str) -> list[_Element]:
    """The joints from the root to the tip."""
    found: list[_Element] = []
    link = tip
    while link in by_child:
        found.append(by_child[link])
        link = by_child[link].link("parent")
        if len(found) > LONGEST_CHAIN:
            raise _wrong("Its links hang on each other in a ring, or in a chain that is too long.", tip)
    return found[::-1]


def _chain(elements: Sequence[_Element]) -> ReadChain:
    joints: list[ReadJoint] = []
    steps: list[Step] = []
    for one in elements:
        origin = one.parts.get("origin", {})
        steps.append((_numbers(one, origin, "xyz", (0.0, 0.0, 0.0)), _numbers(one, origin, "rpy", (0.0, 0.0, 0.0))))
        if one.kind == "fixed":
            continue
        if one.kind not in MOVES or "mimic" in one.parts:
            kind = "mimic" if "mimic" in one.parts else one.kind
            raise _wrong(
                f"The joint {one.name!r} on the way to the tip is {kind!r}, not one of {', '.join(MOVES)}.", kind
            )
        joints.append(_moving(one, tuple(steps)))
        steps = []
    if not 1 <= len(joints) <= MOST_JOINTS:
        raise _wrong(f"{len(joints)} joints on the way to the tip move; 1 to {MOST_JOINTS} may.", len(joints))
    return ReadChain(joints=tuple(joints), rest=tuple(steps))


def _moving(one: _Element, steps: tuple[Step, ...]) -> ReadJoint:
    axis = _numbers(one, one.parts.get("axis", {}), "xyz", (1.0, 0.0, 0.0))
    length = math.hypot(*axis)
    if length < 1e-6:  # noqa: PLR2004 - no direction is left in it
        raise _wrong(f"The joint {one.name!r} turns about an axis of no length.", axis)
    limit = one.parts.get("limit", {})
    ends = (-math.pi, math.pi) if one.kind == "continuous" else None
    if ends is None:
        ends = (_numbers(one, limit, "lower", (0.0,))[0], _numbers(one, limit, "upper", (0.0,))[0])
    if ends[0] >= ends[1]:
        raise _wrong(f"The joint {one.name!r} has no range: lower {ends[0]:g}, upper {ends[1]:g}.", ends[0])
    velocity = _numbers(one, limit, "velocity", (VELOCITY,))[0]
    if velocity <= 0:
        raise _wrong(f"The joint {one.name!r} may not move: velocity {velocity:g}.", velocity)
    return ReadJoint(
        name=one.name,
        turns=one.kind != "prismatic",
        steps=steps,
        axis=tuple(value / length for value in axis),
        lower=ends[0],
        upper=ends[1],
        velocity=velocity,
    )


def _leaf(by_child: Mapping[str, _Element]) -> str:
    parents = {one.link("parent") for one in by_child.values()}
    leaves = [link for link in by_child if link not in parents]
    if len(leaves) != 1:
        raise InvalidRequest(
            f"The URDF ends in {len(leaves)} links.",
            field="tip",
            value="",
            remedy=f"Say which one is the tip: {', '.join(leaves[:20]) or 'it has no joints'}.",
        )
    return leaves[0]


def _numbers(one: _Element, part: Mapping[str, str], name: str, usual: tuple[float, ...]) -> tuple[float, ...]:
    if name not in part:
        return usual
    try:
        values = tuple(float(word) for word in part[name].split())
    except ValueError:
        values = ()
    if len(values) != len(usual) or not all(abs(value) <= FARTHEST for value in values):
        raise _wrong(
            f"The {name} of the joint {one.name!r} is not {len(usual)} number{'s' * (len(usual) > 1)} up to 1000.",
            part[name],
        )
    return values


def _elements(text: str) -> list[_Element]:
    """The robot's joints, in their order."""
    path: list[str] = []
    found: list[_Element] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        path.append(tag)
        if len(path) > DEEPEST:
            raise _wrong(f"It has elements more than {DEEPEST} deep.", tag)
        if path == ["robot", "joint"]:
            found.append(_Element(name=attributes.get("name", "")[:64], kind=attributes.get("type", "")[:64]))
        elif path[:2] == ["robot", "joint"] and len(path) == 3 and tag in PARTS:  # noqa: PLR2004 - right below a joint
            found[-1].parts[tag] = attributes

    def end(_tag: str) -> None:
        path.pop()

    def refuse(*_declared: object) -> None:
        raise _wrong("It declares a document type, which no URDF needs.", "<!DOCTYPE")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)  # noqa: FBT003 - expat's word for the last part
    except expat.ExpatError as error:
        raise _wrong(f"It is no XML: {expat.ErrorString(error.code)}, line {error.lineno}.", text[:80]) from None
    if not found:
        raise _wrong("It has no joint: a robot's are right below its element robot.", text[:80])
    return found


def _wrong(message: str, value: object) -> InvalidRequest:
    return InvalidRequest(
        message, field="urdf", value=value, remedy="Give the text of a URDF: XML, with its xacro already expanded."
    )
