"""The curves of a training: read from its file of metrics, thinned to what can be drawn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training.job import METRICS
from nis_backend.view import Axis, Series

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nis_backend.view import View

Line = dict[str, Any]  # Any: a line of the file; numbers by names, and the layers'
LONGEST = 64 * 2**20
"""Bytes of a file that is read, from its end."""


def lines_of(folder: Path, after: int, most: int) -> list[Line]:
    """What was measured after a step, evenly thinned to `most` lines, the last one kept."""
    path = folder / METRICS
    if not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - LONGEST))
        found = [
            json.loads(line)
            for line in file.read().splitlines(keepends=True)
            if line.startswith(b"{") and line.endswith(b"\n")
        ]
    later = [line for line in found if line["step"] > after]
    if len(later) <= most:
        return later
    stride = len(later) / most
    return [later[min(len(later) - 1, int((place + 1) * stride) - 1)] for place in range(most)]


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
