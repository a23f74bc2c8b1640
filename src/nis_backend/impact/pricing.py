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
CENT = 0.01
SERVICES = {"fargate": "Fargate", "ec2": "EC2"}


@cache
def _prices() -> Any:  # Any: JSON
    return json.loads(Path(__file__).with_name("prices.json").read_text("utf-8"))


def check_region(region: str) -> None:
    """Raise where no prices are known of an AWS region."""
    known = sorted({one["region"] for one in _prices()["fargate"]["prices"]})
    if region not in known:
        raise InvalidRequest(
            f"No prices are known of {region}.", field="region", value=region, remedy=f"Choose {', '.join(known)}."
        )


def price(peak: tuple[int, int], layer: tuple[int, int], *, headroom: float, region: str) -> Price:
    """What the change does to the bill of one task, or one host, that is always on.

    `peak` and `layer` are bytes before and after: the measured peak of memory, and the compressed image's. Processor is
    not judged: the fewest CPU units that the memory allows are taken.

    Raises:
        InvalidRequest: no prices are known of the region, or no size holds it.
    """
    check_region(region)
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
        told=_told(before, after, max(needed), headroom),
    )


def _smallest(service: Literal["fargate", "ec2"], sizes: Mapping[str, Sequence[Sized]], needed: int) -> Bill | None:
    """The cheapest that has the memory."""
    fitting = [(hourly, size) for memory, hourly, size in sizes[service] if memory >= needed]
    if not fitting:
        return None
    hourly, size = min(fitting)
    return Bill(service=service, size=size, monthly=hourly * _prices()["hours_a_month"])


def _of_fargate(region: str) -> Any:  # Any: JSON
    prices = _prices()["fargate"]["prices"]
    return next(one for one in prices if one["region"] == region and one["architecture"] == ARCHITECTURE)


def _fargate(region: str) -> Iterator[Sized]:
    hourly = _of_fargate(region)
    for pair in _prices()["fargate"]["sizes"]:
        for memory in pair.get("memory_mib") or range(pair["from_mib"], pair["to_mib"] + 1, pair["step_mib"]):
            cost = pair["cpu"] / 1024 * hourly["vcpu_hour"] + memory / 1024 * hourly["gb_hour"]
            yield memory * MIB, cost, f"{pair['cpu']} CPU units, {memory} MiB"


def _hosts(region: str) -> Iterator[Sized]:
    for one in _prices()["ec2"]["sizes"]:
        if one["architecture"] == ARCHITECTURE and region in one:
            yield one["memory_mib"] * MIB - SYSTEM, one[region], one["size"]


def _dated(region: str) -> str:
    """The oldest day of the prices that are counted with."""
    rows = [_of_fargate(region), *(row for row in _prices()["ecr"] if row["region"] == region)]
    return min([_prices()["ec2"]["dated"], *(row["dated"] for row in rows)])


def _source(region: str) -> str:
    return f"{_of_fargate(region)['source']}, {_prices()['ec2']['source']}"


def _told(before: list[Bill], after: list[Bill], most: int, headroom: float) -> str:
    missing = SERVICES.keys() - {one.service for one in before}
    parts = [f"{SERVICES[one]} has no size of {most / 2**30:.1f} GiB" for one in sorted(missing)]
    for one, then in zip(before, after, strict=True):
        name = SERVICES[one.service]
        less = one.monthly - then.monthly
        if one.size == then.size:
            parts.append(f"{name}: the same size holds both, so nothing is saved")
        elif abs(less) < CENT:
            parts.append(f"{name}: another size at the same price, so nothing is saved")
        else:
            word = "less" if less > 0 else "more"
            parts.append(f"{name}: ${abs(less):.2f} a month {word} for each that is always on")
    return (
        "; ".join(parts) + f". The smallest sizes that hold the measured peak and {headroom:.0%} more; on demand, one "
        "task or host, no discount, traffic or disk."
    )
