"""What memory costs on AWS: the smallest sizes that hold a measured peak, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nis_backend.errors import InvalidRequest
from nis_backend.impact.report import Bill, Price
from nis_backend.prices.aws import X86, FargatePrice, prices

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Sized = tuple[int, float, str]
    """Bytes of memory, dollars an hour, the size's name."""

MIB = 2**20
SYSTEM = 512 * MIB
"""Memory of a host that its own system and the container agent take, beside what runs on it."""
CENT = 0.01
SERVICES = {"fargate": "Fargate", "ec2": "EC2"}


def check_region(region: str) -> FargatePrice:
    """What Fargate costs in an AWS region; raises where no prices are known of it."""
    found = prices().fargate_in(region)
    if found is None:
        known = sorted({one.region for one in prices().fargate.prices if one.architecture == X86})
        raise InvalidRequest(
            f"No prices are known of {region}.", field="region", value=region, remedy=f"Choose {', '.join(known)}."
        )
    return found


def price(peak: tuple[int, int], layer: tuple[int, int], *, headroom: float, region: str) -> Price:
    """What the change does to the bill of one task, or one host, that is always on.

    `peak` and `layer` are bytes before and after: the measured peak of memory, and the compressed image's. Processor is
    not judged: the fewest CPU units that the memory allows are taken.

    Raises:
        InvalidRequest: no prices are known of the region, or no size holds it.
    """
    fargate = check_region(region)
    needed = [round(one * (1 + headroom)) for one in peak]
    sizes = {"fargate": [*_tasks(fargate)], "ec2": [*_hosts(region)]}
    bills = [(_smallest("fargate", sizes, each), _smallest("ec2", sizes, each)) for each in needed]
    both = [pair for pair in zip(*bills, strict=True) if None not in pair]
    if not both:
        raise InvalidRequest(
            f"No size holds {max(needed) / 2**30:.1f} GiB.",
            field="peak_before" if needed[0] > needed[1] else "peak_after",
            value=max(peak),
            remedy="Give the peak of one task alone.",
        )
    before, after = [[bill for bill in side if bill] for side in zip(*both, strict=True)]
    kept = next((row for row in prices().ecr if row.region == region), None)
    images = [None if kept is None else size / 1e9 * kept.gb_month for size in layer]
    return Price(
        region=region,
        # The oldest day of the prices that are counted with.
        dated=min(one.dated for one in (fargate, kept, prices().ec2 if sizes["ec2"] else None) if one is not None),
        source=", ".join([fargate.source, *([prices().ec2.source] if sizes["ec2"] else [])]),
        needed_before=needed[0],
        needed_after=needed[1],
        before=before,
        after=after,
        image_before=images[0],
        image_after=images[1],
        told=_told(before, after, _unpriced(sizes, before, max(needed), region), headroom),
    )


def _smallest(service: Literal["fargate", "ec2"], sizes: Mapping[str, Sequence[Sized]], needed: int) -> Bill | None:
    """The cheapest that has the memory."""
    fitting = [(hourly, size) for memory, hourly, size in sizes[service] if memory >= needed]
    if not fitting:
        return None
    hourly, size = min(fitting)
    return Bill(service=service, size=size, monthly=hourly * prices().hours_a_month)


def _tasks(hour: FargatePrice) -> Iterator[Sized]:
    for pair in prices().fargate.sizes:
        for memory in pair.memories():
            yield memory * MIB, hour.of(pair.cpu, memory), f"{pair.cpu} CPU units, {memory} MiB"


def _hosts(region: str) -> Iterator[Sized]:
    for one in prices().ec2.sizes:
        hourly = one.hourly(region)
        if one.architecture == X86 and hourly is not None:
            yield one.memory_mib * MIB - SYSTEM, hourly, one.size


def _unpriced(sizes: Mapping[str, Sequence[Sized]], bills: Sequence[Bill], most: int, region: str) -> Iterator[str]:
    """Why there is no bill of a service."""
    for service in sorted(SERVICES.keys() - {one.service for one in bills}):
        if sizes[service]:
            yield f"{SERVICES[service]} has no size of {most / 2**30:.1f} GiB"
        else:
            yield f"no price of {SERVICES[service]} is known in {region}"


def _told(before: Sequence[Bill], after: Sequence[Bill], unpriced: Iterable[str], headroom: float) -> str:
    parts = [*unpriced]
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
