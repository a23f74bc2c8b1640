"""Which of the media types that a route can answer the caller wants, by the `Accept` header of RFC 9110."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import NotAcceptable, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

JSON = "application/json"
VIEWS = "application/vnd.nis.views+json"
"""The result, and beside it what a person would rather look at: `{"result": …, "views": […]}`."""
SSE = "text/event-stream"

MOST_RANGES = 50
"""Media ranges of a header that are read: far more than any client sends."""


def chosen(accept: str, offered: Sequence[str]) -> str:
    """The one of the media types offered that the caller likes best.

    They are offered from the plain to the special. Of those liked equally, the last that the caller names; where it
    names none (`*/*`, or no header), the first.

    Raises:
        NotAcceptable: none of them is accepted.
    """
    ranges = _ranges(accept)
    if not ranges:
        return offered[0]

    def liking(place: int) -> tuple[float, int]:
        kind = offered[place]
        return _quality(kind, ranges), place if any(range_ == kind for range_, _ in ranges) else -place

    best = max(range(len(offered)), key=liking)
    if liking(best)[0] <= 0:
        raise NotAcceptable(
            f"Nothing here is answered as {shorten(accept)!r}.",
            field="Accept",
            value=shorten(accept),
            remedy=f"Accept {' or '.join(offered)}.",
        )
    return offered[best]


def names(accept: str, kind: str) -> bool:
    """Whether the caller names this media type itself, and not only a range that it is in."""
    return any(range_ == kind and quality > 0 for range_, quality in _ranges(accept))


def _ranges(accept: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for part in accept.split(",")[:MOST_RANGES]:
        range_, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if range_:
            found.append((range_, _weight(parameters)))
    return found


def _weight(parameters: Sequence[str]) -> float:
    """The `q` of a range; one that cannot be read counts as not given."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 1.0
    return 1.0


def _quality(kind: str, ranges: Sequence[tuple[str, float]]) -> float:
    """How much the caller wants this type: what the narrowest range that holds it says."""
    for wanted in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        weights = [quality for range_, quality in ranges if range_ == wanted]
        if weights:
            return max(weights)
    return 0.0
