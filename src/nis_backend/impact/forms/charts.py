"""What a report has to draw: figures before and after as bars, and who imports the package as a graph."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from nis_backend.impact.forms.words import NAMES, line
from nis_backend.impact.pricing import SERVICES
from nis_backend.view import Axis, Link, Network, Node, Series

if TYPE_CHECKING:
    from nis_backend.impact.report import Report
    from nis_backend.view import View

NODES = 40
"""Modules of the drawing of who imports what."""
SCALES = {"bytes": (1e6, "MB"), "s": (1.0, "s"), "cores": (0.01, "%")}
BOTH = ["before", "after"]


def bars(report: Report) -> list[View]:
    """Size, each measure and the price, before and after."""
    found = report.measurement
    if found is None:
        return []
    views: list[View] = []
    if found.sizes is not None:
        one = found.sizes
        parts = [[one.before / 1e6, one.after / 1e6], [one.layer_before / 1e6, one.layer_after / 1e6]]
        lines = [
            Axis(label=name, unit="MB", values=values, mark="bars")
            for name, values in zip(("installed", "as a layer"), parts, strict=True)
        ]
        views.append(Series(title="Size", x=Axis(label="", values=[], names=BOTH), lines=lines))
    for measure in found.measures:
        scale = SCALES[measure.unit]
        two = (measure.before, measure.after)
        bars = Axis(
            label=scale[1],
            values=[one.median / scale[0] for one in two],
            errors=[max(one.high - one.median, one.median - one.low) / scale[0] for one in two],
            mark="bars",
        )
        x = Axis(label="", values=[], names=BOTH)
        views.append(Series(title=NAMES[measure.name], x=x, lines=[bars]))
    if report.price is not None:
        bills = zip(report.price.before, report.price.after, strict=True)
        lines = [
            Axis(label=SERVICES[one.service], unit="USD a month", values=[one.monthly, then.monthly], mark="bars")
            for one, then in bills
        ]
        views.append(Series(title="Price", x=Axis(label="", values=[], names=BOTH), lines=lines))
    return views


def importers(report: Report) -> list[View]:
    """Who imports it as a graph: the project's modules on the left, the package on the right."""
    proof = report.runtime
    chains = [one.chain or [one.importer, one.module] for one in (proof.imports if proof else []) if one.by != "itself"]
    if not chains:
        chains = [[one.place.file, one.what] for one in report.static.uses]
    depths: dict[str, int] = {}
    links: dict[tuple[str, str], None] = {}
    for chain in chains:
        for depth, name in enumerate(chain):
            depths[name] = max(depth, depths.get(name, 0))
        links |= dict.fromkeys(pairwise(chain))
    names = sorted(depths, key=lambda name: (depths[name], name))[:NODES]
    if len(names) < 2:  # noqa: PLR2004 - a graph has an edge
        return []
    columns = {depth: [name for name in names if depths[name] == depth] for depth in {depths[name] for name in names}}
    deepest = max(columns) or 1
    nodes = [
        Node(
            label=line(name),
            x=depths[name] / deepest,
            y=(columns[depths[name]].index(name) + 0.5) / len(columns[depths[name]]),
            group="the package" if name.partition(".")[0] in report.static.modules else "what imports it",
        )
        for name in names
    ]
    there = {name: index for index, name in enumerate(names)}
    edges = [Link(start=there[one], end=there[two]) for one, two in links if one in there and two in there]
    return [Network(title="Who imports it", nodes=nodes, links=edges, directed=True)]
