"""What stands where on a page of paper: pieces of text, rules, tables; in points from the upper left corner."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle; `top` is less than `bottom`."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Points across."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Points down."""
        return self.bottom - self.top

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def holds(self, x: float, y: float) -> bool:
        """Whether the point is in it."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Text on one line without a wide gap in it; or a table, which is ordered among them as one."""

    box: Box
    text: str = ""
    size: float = 0.0
    """Of its type, points."""
    bold: bool = False
    rows: list[list[str]] = field(default_factory=list[list[str]])
    """Of a table."""


def around(boxes: list[Box]) -> Box:
    """The box of them all."""
    return Box(
        left=min(one.left for one in boxes),
        top=min(one.top for one in boxes),
        right=max(one.right for one in boxes),
        bottom=max(one.bottom for one in boxes),
    )
