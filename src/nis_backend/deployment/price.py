"""What a month of a stack costs, from its own resources: lines of a quantity, a price with its day, their product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from nis_backend.deployment.meters import METERS, Meter, Metered, Unmetered
from nis_backend.deployment.meters.meter import exact
from nis_backend.deployment.report import Price, PriceLine
from nis_backend.deployment.stack import Stack, number
from nis_backend.deployment.usage import Usage
from nis_backend.prices.aws import prices as read_prices

if TYPE_CHECKING:
    from nis_backend.operation import Json
    from nis_backend.prices.aws import Prices, Rate

CENT = Decimal("0.01")
NO_PRICE = "no price"
"""In what is told of that which is there and could not be priced."""
EVERYTHING = "(all of it)"
"""The resource of what no one resource is paid for: logs, transfer."""
FREE = frozenset(
    {
        *("AWS::ApplicationAutoScaling::ScalableTarget", "AWS::CloudFormation::WaitConditionHandle"),
        *("AWS::EC2::EIPAssociation", "AWS::EC2::InternetGateway", "AWS::EC2::LaunchTemplate", "AWS::EC2::Route"),
        *("AWS::EC2::RouteTable", "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupEgress"),
        *("AWS::EC2::SecurityGroupIngress", "AWS::EC2::Subnet", "AWS::EC2::SubnetRouteTableAssociation"),
        *("AWS::EC2::VPC", "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::VolumeAttachment"),
        *("AWS::ECS::CapacityProvider", "AWS::ECS::Cluster", "AWS::ECS::ClusterCapacityProviderAssociations"),
        *("AWS::ECS::TaskDefinition", "AWS::ElastiCache::ParameterGroup", "AWS::ElastiCache::SubnetGroup"),
        *("AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule"),
        *("AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::IAM::InstanceProfile", "AWS::IAM::ManagedPolicy"),
        *("AWS::IAM::Policy", "AWS::IAM::Role", "AWS::MSK::BatchScramSecret", "AWS::MSK::Configuration"),
        *("AWS::RDS::DBParameterGroup",),
        *("AWS::RDS::DBSubnetGroup", "AWS::Route53::RecordSet", "AWS::S3::BucketPolicy"),
        *("AWS::SecretsManager::ResourcePolicy", "AWS::SecretsManager::SecretTargetAttachment"),
    }
)
"""Kinds for which AWS asks nothing by themselves."""
BY_USE = frozenset({"AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SNS::Subscription"})
"""Kinds for which AWS asks by what goes through them: lines of their own, or told."""
SENDS = frozenset({"AWS::ECS::Service", "AWS::EC2::Instance", "AWS::AutoScaling::AutoScalingGroup"})
"""Kinds that send something to the Internet."""
MANY = frozenset({"alarms", "alarms of scaling", "endpoints in zones", "metrics of filters", "secrets"})
"""What a stack has many of at one price: one line tells them all."""
SHOWN = 3
NEVER = (
    "Tax, support plans, discounts and free tiers for new accounts.",
    "Calls of language models, which their providers bill.",
    "CPU credits of burstable sizes beyond what they earn.",
    "Backups of a database beyond the size of its disk.",
    "The first 1,000 e-mails of alarms in a month are free; what is beyond them.",
)


@dataclass(frozen=True, kw_only=True)
class _Item:
    names: tuple[str, ...]
    metered: Metered


def price(
    resources: Mapping[str, Json], *, region: str, usage: Usage | None = None, prices: Prices | None = None
) -> Price:
    """What a month costs of a template's resources after its parameters and conditions, US dollars.

    Each line is rounded to the cent, and their sum is the sum of what is printed. What no price is known of, and
    kinds that nothing is known of, are told in `left_out`.

    Raises:
        InvalidRequest: no price is known of the region.
    """
    known, asked, stack = prices or read_prices(), usage or Usage(), Stack(resources)
    known.check_region(region)
    left_out: list[str] = []
    lines: list[PriceLine] = []
    for item in _together([*_items(stack, asked, left_out), *_by_use(stack, asked)]):
        if item.metered.quantity <= 0:
            continue
        rate = known.rate(item.metered.rate, region)
        if rate is None:
            what = f"{_named(item.names)}: {item.metered.what}"
            left_out.append(f"{what}; {NO_PRICE} {item.metered.rate} of {region} known.")
        else:
            lines.append(_line(item, rate))
    return Price(
        region=region,
        lines=lines,
        month=float(sum((Decimal(str(line.month)) for line in lines), Decimal(0))),
        assumed=[*asked.told(), *_growing(stack)],
        left_out=[*left_out, *NEVER],
    )


def _line(item: _Item, rate: Rate) -> PriceLine:
    metered = item.metered
    return PriceLine(
        resource=_named(item.names),
        what=metered.what,
        quantity=float(metered.quantity),
        unit=metered.unit,
        price=float(rate.usd),
        month=float((metered.quantity * rate.usd).quantize(CENT, ROUND_HALF_UP)),
        dated=rate.dated,
        source=rate.source,
    )


def _growing(stack: Stack) -> Iterator[str]:
    """Services that scale, which are counted at their least."""
    for name, said in stack.of_kind("AWS::ApplicationAutoScaling::ScalableTarget"):
        yield f"{name} stays at its least, {said.get('MinCapacity')} tasks; it may have {said.get('MaxCapacity')}."


def _items(stack: Stack, usage: Usage, left_out: list[str]) -> Iterator[_Item]:
    """What is paid for each resource."""
    for name, kind, said in stack:
        if kind in METERS:
            try:
                for metered in METERS[kind](Meter(name=name, said=said, stack=stack, usage=usage)):
                    yield _Item(names=(name,), metered=metered)
            except Unmetered as why:
                left_out.append(f"{name} ({kind}): {NO_PRICE}, since {why}.")
        elif kind not in FREE | BY_USE:
            left_out.append(f"{name}: {NO_PRICE} of {kind} is known here.")


def _by_use(stack: Stack, usage: Usage) -> Iterator[_Item]:
    """What is paid for by use, whichever resource it goes through."""

    def item(what: str, quantity: Decimal, unit: str, rate: str) -> _Item:
        return _Item(names=(EVERYTHING,), metered=Metered(what=what, quantity=quantity, unit=unit, rate=rate))

    kinds = {kind for _, kind, _ in stack}
    groups = stack.of_kind("AWS::Logs::LogGroup")
    if groups:
        written = exact(usage.logs_gb)
        days = max(number(said.get("RetentionInDays"), 30) or Decimal(30) for _, said in groups)
        yield item("logs written", written, "GB", "logs.ingest_gb")
        kept = round(written * min(days, Decimal(3650)) / 30, 4)
        yield item(f"logs kept for {days} days", kept, "GB-month", "logs.storage_gb_month")
    if "AWS::S3::Bucket" in kinds:
        yield item("kept in buckets", exact(usage.stored_gb), "GB-month", "s3.gb_month")
        yield item("written to buckets", exact(usage.writes), "request", "s3.write")
        yield item("read from buckets", exact(usage.reads), "request", "s3.read")
    if kinds & {"AWS::SecretsManager::Secret", "AWS::RDS::DBInstance"}:
        yield item("secrets read", exact(usage.secrets_read), "request", "secret.request")
    if "AWS::EC2::VPCEndpoint" in kinds and any(
        said.get("VpcEndpointType") == "Interface" for _, said in stack.of_kind("AWS::EC2::VPCEndpoint")
    ):
        yield item("through endpoints", exact(usage.pulled_gb), "GB", "endpoint.gb")
    if kinds & SENDS:
        beyond = max(exact(usage.out_gb) - exact(usage.out_free_gb), Decimal(0))
        yield item("to the Internet beyond what is free", beyond, "GB", "out.gb")
    if "AWS::ECS::Service" in kinds:
        # Asked for once by the zone that sends and once by the one that receives.
        yield item("between zones, out and in", exact(usage.between_zones_gb) * 2, "GB", "between_zones.gb")


def _together(items: Iterable[_Item]) -> Iterator[_Item]:
    """Things at one price of which a stack has many as one."""
    found: dict[tuple[str, str], _Item] = {}
    order: list[_Item | tuple[str, str]] = []
    for item in items:
        key = (item.metered.what, item.metered.rate)
        if item.metered.what not in MANY:
            order.append(item)
        elif key in found:
            before = found[key]
            quantity = before.metered.quantity + item.metered.quantity
            metered = Metered(
                what=before.metered.what, quantity=quantity, unit=before.metered.unit, rate=before.metered.rate
            )
            found[key] = _Item(names=(*before.names, *item.names), metered=metered)
        else:
            found[key] = item
            order.append(key)
    for one in order:
        yield one if isinstance(one, _Item) else found[one]


def _named(names: tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
