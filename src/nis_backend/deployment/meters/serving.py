"""What serves: tasks on Fargate, the load balancer before them, and the ways out of a network."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from nis_backend.deployment.meters.meter import Metered, Unmetered, certain, exact
from nis_backend.deployment.stack import environment, listed, mapping, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.deployment.meters.meter import Meter
    from nis_backend.deployment.stack import Properties

INCLUDED_STORAGE = 20
"""GB of a Fargate task's own disk that are in its price. https://aws.amazon.com/fargate/pricing/"""
LCU_CONNECTIONS = 25
"""New connections in a second that one load balancer capacity unit carries; or 3,000 open ones, or 1 GB an hour.

https://aws.amazon.com/elasticloadbalancing/pricing/
"""
LCU_OPEN = 3000
SECONDS_AN_HOUR = 3600


def on_fargate(service: Properties) -> bool:
    """Whether a service's tasks are AWS's to place, and not on instances of the stack."""
    providers = {str(mapping(one).get("CapacityProvider")) for one in listed(service.get("CapacityProviderStrategy"))}
    return service.get("LaunchType", "FARGATE") == "FARGATE" and providers <= {"FARGATE", "FARGATE_SPOT"}


def tasks(meter: Meter) -> Iterator[Metered]:
    """A service's tasks on Fargate: CPU, memory, disk and addresses. Those on EC2 cost what its instances do."""
    said, stack = meter.said, meter.stack
    definition = stack.referred(said.get("TaskDefinition"))
    if definition is None:
        raise Unmetered("its task definition is not in the template")
    task = stack.properties(definition)
    count = meter.number("DesiredCount", 1)
    if environment(task).get("NIS_EMF") and count:
        what = f"metrics of {meter.name}'s log lines"
        yield Metered(what=what, quantity=exact(meter.usage.metrics), unit="metric", rate="metric.month")
    if not on_fargate(said):
        return
    arm = mapping(task.get("RuntimePlatform")).get("CpuArchitecture") == "ARM64"
    prefix = "fargate.arm64" if arm else "fargate"
    running = meter.hours * count
    cpu, memory = (certain(number(task.get(key)), key) / 1024 for key in ("Cpu", "Memory"))
    yield Metered(what="vCPUs of tasks", quantity=running * cpu, unit="vCPU-hour", rate=f"{prefix}.vcpu_hour")
    yield Metered(what="memory of tasks", quantity=running * memory, unit="GB-hour", rate=f"{prefix}.gb_hour")
    disk = number(mapping(task.get("EphemeralStorage")).get("SizeInGiB"), INCLUDED_STORAGE)
    more = certain(disk, "EphemeralStorage") - INCLUDED_STORAGE
    if more > 0:
        what = "disk of tasks over 20 GB"
        yield Metered(what=what, quantity=running * more, unit="GB-hour", rate="fargate.storage_gb_hour")
    network = mapping(mapping(said.get("NetworkConfiguration")).get("AwsvpcConfiguration"))
    if network.get("AssignPublicIp") == "ENABLED":
        yield meter.addresses(count)


def balancer(meter: Meter) -> Iterator[Metered]:
    """An application load balancer: its hours, its capacity units by the largest of their measures, its addresses."""
    if meter.said.get("Type", "application") != "application":
        raise Unmetered("only application load balancers are priced")
    usage, hours = meter.usage, meter.hours
    yield Metered(what="load balancer", quantity=hours, unit="hour", rate="alb.hour")
    units = max(
        exact(usage.requests) / (hours * SECONDS_AN_HOUR) / LCU_CONNECTIONS,
        exact(usage.connections) / LCU_OPEN,
        (exact(usage.in_gb) + exact(usage.out_gb)) / hours,
    )
    yield Metered(what="capacity units", quantity=round(units * hours, 2), unit="LCU-hour", rate="alb.lcu_hour")
    if meter.said.get("Scheme", "internet-facing") == "internet-facing":
        yield meter.addresses(Decimal(len(listed(meter.said.get("Subnets") or meter.said.get("SubnetMappings")))))


def nat(meter: Meter) -> Iterator[Metered]:
    """A NAT gateway: its hours, and its part of what is pulled. Its address is an AWS::EC2::EIP."""
    gateways = len(meter.stack.of_kind("AWS::EC2::NatGateway"))
    yield Metered(what="NAT gateway", quantity=meter.hours, unit="hour", rate="nat.hour")
    yield Metered(what="through NAT", quantity=exact(meter.usage.pulled_gb) / gateways, unit="GB", rate="nat.gb")


def endpoint(meter: Meter) -> Iterator[Metered]:
    """An interface endpoint: its hours in each zone. One that is a gateway costs nothing."""
    if meter.said.get("VpcEndpointType", "Gateway") != "Interface":
        return
    zones = len(listed(meter.said.get("SubnetIds"))) or 1
    yield Metered(what="endpoints in zones", quantity=meter.hours * zones, unit="hour", rate="endpoint.hour")


def address(meter: Meter) -> Iterator[Metered]:
    """An address of one's own, in use or not."""
    yield meter.addresses(Decimal(1))
