"""Instances of EC2, their disks, and the snapshots of those."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from nis_backend.deployment.meters.meter import Metered, Unmetered, certain, exact
from nis_backend.deployment.stack import holds, listed, mapping, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.deployment.meters.meter import Meter
    from nis_backend.deployment.stack import Properties

ROOT_DISK = 8
"""GB of the disk of an instance whose definition says nothing of it: Amazon Linux 2023's."""
WRITES_METRICS = re.compile(r"NIS_EMF=['\"]?[A-Za-z0-9._#/-]")
"""Of what an instance runs when it starts: that log lines are to become metrics."""


def instance(meter: Meter) -> Iterator[Metered]:
    """One instance of EC2."""
    template = meter.stack.referred(mapping(meter.said.get("LaunchTemplate")).get("LaunchTemplateId"))
    data = mapping(meter.stack.properties(template).get("LaunchTemplateData") if template else None)
    yield from _instances(meter, {**data, **meter.said}, Decimal(1))


def group(meter: Meter) -> Iterator[Metered]:
    """The instances of a group: as many as are desired, kept at least, or wanted by services."""
    template = meter.stack.referred(mapping(meter.said.get("LaunchTemplate")).get("LaunchTemplateId"))
    if template is None:
        raise Unmetered("its launch template is not in the template")
    least = meter.number("MinSize", 0)
    count = max(least, meter.number("DesiredCapacity", str(least)), _wanted(meter))
    yield from _instances(meter, mapping(meter.stack.properties(template).get("LaunchTemplateData")), count)


def _wanted(meter: Meter) -> Decimal:
    """Tasks that services want on a group's instances, one on each."""
    stack = meter.stack
    providers = {
        name
        for name, said in stack.of_kind("AWS::ECS::CapacityProvider")
        if stack.referred(mapping(said.get("AutoScalingGroupProvider")).get("AutoScalingGroupArn")) == meter.name
    }
    wanted = [
        number(said.get("DesiredCount"), 1) or Decimal(0)
        for _, said in stack.of_kind("AWS::ECS::Service")
        if any(
            stack.referred(mapping(one).get("CapacityProvider")) in providers
            for one in listed(said.get("CapacityProviderStrategy"))
        )
    ]
    return sum(wanted, Decimal(0))


def _instances(meter: Meter, said: Properties, count: Decimal) -> Iterator[Metered]:
    size = str(said.get("InstanceType"))
    yield Metered(what=f"{size} instances", quantity=meter.hours * count, unit="hour", rate=f"ec2.{size}")
    mapped = [mapping(mapping(one).get("Ebs")) for one in listed(said.get("BlockDeviceMappings"))]
    disks = [certain(number(disk.get("VolumeSize"), ROOT_DISK), "VolumeSize") for disk in mapped if disk]
    disk = sum(disks, Decimal(0)) if disks else Decimal(ROOT_DISK)
    yield Metered(what="disks of instances", quantity=disk * count, unit="GB-month", rate="disk.gp3_gb_month")
    faces = [mapping(face) for face in listed(said.get("NetworkInterfaces"))]
    if any(holds(face.get("AssociatePublicIpAddress")) for face in faces):
        yield meter.addresses(max(count - _own_addresses(meter), Decimal(0)))
    if WRITES_METRICS.search(str(said.get("UserData"))):
        what = f"metrics of {meter.name}'s log lines"
        yield Metered(what=what, quantity=exact(meter.usage.metrics), unit="metric", rate="metric.month")


def _own_addresses(meter: Meter) -> int:
    """Addresses of the stack's own that are no NAT gateway's: each replaces one that an instance would get."""
    stack = meter.stack
    taken = {stack.referred(said.get("AllocationId")) for _, said in stack.of_kind("AWS::EC2::NatGateway")}
    return len([name for name, _ in stack.of_kind("AWS::EC2::EIP") if name not in taken])


def volume(meter: Meter) -> Iterator[Metered]:
    """A disk of its own."""
    yield Metered(what="data disk", quantity=meter.number("Size"), unit="GB-month", rate="disk.gp3_gb_month")


def snapshots(meter: Meter) -> Iterator[Metered]:
    """Snapshots of the stack's own disks: the first holds what is used, each later one what changed."""
    usage = meter.usage
    sizes = [number(said.get("Size")) or Decimal(0) for _, said in meter.stack.of_kind("AWS::EC2::Volume")]
    schedules = listed(mapping(meter.said.get("PolicyDetails")).get("Schedules"))
    rules = [mapping(mapping(schedule).get("RetainRule")) for schedule in schedules]
    kept = [number(rule.get("Count") or rule.get("Interval"), 1) or Decimal(1) for rule in rules]
    parts = [exact(usage.disk_used) + exact(usage.disk_changed) * (count - 1) for count in kept]
    quantity = sum(sizes, Decimal(0)) * sum(parts, Decimal(0))
    yield Metered(what="snapshots of disks", quantity=quantity, unit="GB-month", rate="disk.snapshot_gb_month")
