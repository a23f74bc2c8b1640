"""What memory costs on AWS: the smallest sizes that hold a measured peak, before and after."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.errors import InvalidRequest
from nis_backend.impact.report import Bill, Price

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Sized = tuple[int, float, str]
    """Bytes of memory, dollars an hour, the size's name."""

MIB = 2**20
SYSTEM = 512 * MIB
"""Memory of a host that its own system and the container agent take, beside what runs on it."""
ARCHITECTURE = "x86_64"


@cache
def _prices() -> Any:  # Any: JSON
    return json.loads(Path(__file__).with_name("prices.json").read_text("utf-8"))


def price(peak: tuple[int, int], layer: tuple[int, int], *, headroom: float, region: str) -> Price:
    """What the change does to the bill of one task, or one host, that is always on.

    `peak` and `layer` are bytes before and after: the measured peak of memory, and the compressed image's. Processor is
    not judged: the fewest CPU units that the memory allows are taken.

    Raises:
        InvalidRequest: no prices are known of the region, or no size holds it.
    """
    known = sorted({one["region"] for one in _prices()["fargate"]["prices"]})
    if region not in known:
        raise InvalidRequest(
            f"No prices are known of {region}.", field="region", value=region, remedy=f"Choose {', '.join(known)}."
        )
    needed = [round(one * (1 + headroom)) for one in peak]
    sizes = {"fargate": [*_fargate(region)], "ec2": [*_hosts(region)]}
    bills = [(_smallest("fargate", sizes, each), _smallest("ec2", sizes, each)) for each in needed]
    both = [pair for pair in zip(*bills, strict=True) if None not in pair]
    if not both:
        raise InvalidRequest(
            f"No size holds {max(needed) / 2**30:.1f} GiB.",
            field="start",
            value=max(needed),
            remedy="Give the command of one task alone.",
        )
    before, after = [[bill for bill in side if bill] for side in zip(*both, strict=True)]
    kept = next((row["gb_month"] for row in _prices()["ecr"] if row["region"] == region), None)
    images = [None if kept is None else size / 1e9 * kept for size in layer]
    return Price(
        region=region,
        dated=_dated(region),
        source=_source(region),
        needed_before=needed[0],
        needed_after=needed[1],
        before=before,
        after=after,
        image_before=images[0],
        image_after=images[1],
        told=_told(before, after, headroom),
    )


def _smallest(service: Literal["fargate", "ec2"], sizes: Mapping[str, Sequence[Sized]], needed: int) -> Bill | None:
    """The cheapest that has the memory."""
    fitting = [(hourly, size) for memory, hourly, size in sizes[service] if memory >= needed]
    if not fitting:
        return None
    hourly, size = min(fitting)
    return Bill(service=service, size=size, monthly=hourly * _prices()["hours_a_month"])


def _fargate(region: str) -> Iterator[Sized]:
    found = _prices()["fargate"]
    hourly = next(p for p in found["prices"] if p["region"] == region and p["architecture"] == ARCHITECTURE)
    for pair in found["sizes"]:
        for memory in pair.get("memory_mib") or range(pair["from_mib"], pair["to_mib"] + 1, pair["step_mib"]):
            cost = pair["cpu"] / 1024 * hourly["vcpu_hour"] + memory / 1024 * hourly["gb_hour"]
            yield memory * MIB, cost, f"{pair['cpu']} CPU units, {memory} MiB"


def _hosts(region: str) -> Iterator[Sized]:
    for one in _prices()["ec2"]["sizes"]:
        if one["architecture"] == ARCHITECTURE and region in one:
            yield one["memory_mib"] * MIB - SYSTEM, one[region], one["size"]


def _dated(region: str) -> str:
    rows = [*_prices()["fargate"]["prices"], *_prices()["ecr"]]
    return min([_prices()["ec2"]["dated"], *(row["dated"] for row in rows if row["region"] == region)])


def _source(region: str) -> str:
    row = next(row for row in _prices()["fargate"]["prices"] if row["region"] == region)
    return f"{row['source']}, {_prices()['ec2']['source']}"


def _told(before: list[Bill], after: list[Bill], headroom: float) -> str:
    parts: list[str] = []
    for one, then in zip(before, after, strict=True):
        name = "Fargate" if one.service == "fargate" else "EC2"
        if one.size == then.size:
            parts.append(f"{name}: the same size holds both, so nothing is saved")
        else:
            less = one.monthly - then.monthly
            parts.append(
                f"{name}: {'saves' if less > 0 else 'costs'} ${abs(less):.2f} a month for each that is always on"
            )
    return (
        "; ".join(parts) + f". The smallest sizes that hold the measured peak and {headroom:.0%} more; on demand, one "
        "task or host, no discount, traffic or disk."
    )
