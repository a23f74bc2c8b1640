"""Things and what joins them, each where the view says it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.drawing.paper import EDGE, FONT, cut, meet, short, width_of

if TYPE_CHECKING:
    from nis_backend.drawing.paper import Paper, Room
    from nis_backend.view import Network

SIZE = 7
"""Pixels from a node's middle to its rim."""
THIN, THICK = 1.0, 5.0


def draw(paper: Paper, view: Network) -> None:
    """Links under nodes under names."""
    groups = [group for group in dict.fromkeys(node.group for node in view.nodes) if group]
    top = paper.heading()
    if groups:
        top = paper.legend([(group, at, False) for at, group in enumerate(groups)], top)
    # Names are under their nodes and may be wider than those.
    side, low, high = EDGE + 50, top + SIZE + 4, paper.height - EDGE - FONT - SIZE
    places = [(side + node.x * (paper.width - 2 * side), low + node.y * (high - low)) for node in view.nodes]
    heaviest = max((abs(link.weight) for link in view.links), default=1.0) or 1.0
    for link in view.links:
        (x1, y1), (x2, y2) = places[link.start], places[link.end]
        width = THIN + (THICK - THIN) * abs(link.weight) / heaviest if _weighted(view) else 1.4
        if link.start == link.end:
            paper.path(f"M{short(x1)} {short(y1)}c-24 -34 24 -34 0 0", stroke=paper.theme.rule, width=width, cls="link")
            continue
        paper.path(
            f"M{short(x1)} {short(y1)}L{short(x2)} {short(y2)}",
            stroke=paper.theme.rule,
            width=width,
            cls="link",
            opacity=0.7,
        )
        if view.directed:
            _head(paper, (x1, y1), (x2, y2), width)
        if link.label and math.dist((x1, y1), (x2, y2)) > width_of(link.label) + 4 * SIZE:
            paper.text((x1 + x2) / 2, (y1 + y2) / 2 - 4, link.label, anchor="middle", size=10, cls="link-name")
    taken: list[Room] = []
    for node, (x, y) in zip(view.nodes, places, strict=True):
        index = groups.index(node.group) if node.group else 0
        paper.mark(x, y, index, size=SIZE, tip=node.label)
    for node, (x, y) in zip(view.nodes, places, strict=True):
        name = cut(node.label, 110)
        half = width_of(name) / 2
        middle = min(max(x, half + 2), paper.width - half - 2)
        room = (middle - half, y + SIZE + 2, middle + half, y + SIZE + FONT + 3)
        # A name that would lie over another is left to the pointer and the table.
        if not any(meet(room, other) for other in taken):
            taken.append(room)
            paper.text(middle, y + SIZE + FONT, name, anchor="middle", fill=paper.theme.ink, cls="node-name")


def _weighted(view: Network) -> bool:
    return len({link.weight for link in view.links}) > 1


def _head(paper: Paper, start: tuple[float, float], end: tuple[float, float], width: float) -> None:
    """The head of an arrow at the rim of the node it goes to."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    tip = end[0] - (SIZE + 2) * math.cos(angle), end[1] - (SIZE + 2) * math.sin(angle)
    reach = 7 + width
    corners = [
        (tip[0] - reach * math.cos(angle + turn), tip[1] - reach * math.sin(angle + turn)) for turn in (-0.42, 0.42)
    ]
    points = "L".join(f"{short(x)} {short(y)}" for x, y in (tip, *corners))
    paper.path(f"M{points}z", fill=paper.theme.quiet, cls="head")
