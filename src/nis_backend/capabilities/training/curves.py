"""The curves of a training: read from its file of metrics, thinned to what can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training.job import METRICS, line_of
from nis_backend.view import Axis, Series

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nis_backend.view import View

Line = dict[str, Any]  # Any: a line of the file; numbers by names, and the layers'
LONGEST = 64 * 2**20
"""Bytes of a file that is read, from its end."""


def lines_of(folder: Path, after: int, most: int) -> list[Line]:
    """What was measured after a step, thinned to `most` lines, the last one kept.

    Lines that have more than others (layers, a look at the validation rows) are up to half of them.
    """
    path = folder / METRICS
    if not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - LONGEST))
        lines = file.read().decode("utf-8", "replace").splitlines(keepends=True)
    later = [told for line in lines if (told := line_of(line)) and told["step"] > after]
    if len(later) <= most:
        return later
    common = min(len(line) for line in later)
    rare = [place for place, line in enumerate(later) if len(line) > common]
    kept = set(_thinned(rare, most // 2))
    kept |= set(_thinned([place for place in range(len(later)) if place not in kept], most - len(kept)))
    return [later[place] for place in sorted(kept)]


def _thinned(places: Sequence[int], most: int) -> Sequence[int]:
    """At most so many of them, evenly, the last one among them."""
    count = len(places)
    return places if count <= most else [places[(number + 1) * count // most - 1] for number in range(most)]


def draw(lines: Sequence[Line], title: str) -> list[View]:
    """A drawing for each value: loss with loss, the rest by itself."""
    names = {
        name: None
        for line in lines
        for name, value in line.items()
        if name not in {"step", "layers"} and isinstance(value, (int, float))
    }
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault("loss" if "loss" in name or "bits" in name else name, []).append(name)
    steps = Axis(label="step", values=[line["step"] for line in lines])
    return [
        Series(
            title=f"{title}: {group.replace('_', ' ')}",
            x=steps,
            lines=[Axis(label=name.replace("_", " "), values=[line.get(name) for line in lines]) for name in members],
        )
        for group, members in groups.items()
    ]
