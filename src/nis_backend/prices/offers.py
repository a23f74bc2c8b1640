"""What is asked of AWS's Price List API, and what of its answers is a price of ours."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from nis_backend.operation import Json

HOSTS = (
    *("t4g.micro", "t4g.small", "t4g.medium", "t4g.large", "t3a.micro", "t3a.small", "t3a.medium", "t3a.large"),
    *("g4dn.xlarge", "g4dn.2xlarge", "g5.xlarge", "g5.2xlarge"),
)
DATABASES = ("db.t4g.micro", "db.t4g.small", "db.t4g.medium", "db.t4g.large", "db.m7g.large")
CACHES = ("cache.t4g.micro", "cache.t4g.small", "cache.t4g.medium", "cache.m7g.large")
BROKERS = ("kafka.t3.small", "kafka.m7g.large")
REGION_OF_NO_PREFIX = "us-east-1"
"""The region whose usage types mostly have no prefix."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What one service is asked of a region: products with these attributes, of which these usage types are meant."""

    service: str
    named: Mapping[str, str]
    """Our name of a price by the usage type, without the region's prefix."""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    region_in: str = "regionCode"
    """The attribute that has the region."""

    def filters(self, region: str) -> list[dict[str, str]]:
        """As GetProducts takes them."""
        asked = {self.region_in: region, **self.attributes}
        return [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in asked.items()]


TASKS = Question(
    service="AmazonECS",
    named={
        "Fargate-vCPU-Hours:perCPU": "fargate.vcpu_hour",
        "Fargate-GB-Hours": "fargate.gb_hour",
        "Fargate-ARM-vCPU-Hours:perCPU": "fargate.arm64.vcpu_hour",
        "Fargate-ARM-GB-Hours": "fargate.arm64.gb_hour",
        "Fargate-EphemeralStorage-GB-Hours": "fargate.storage_gb_hour",
    },
)
"""Asked first: how the region is written in usage types is read from its answers."""
QUESTIONS = (
    Question(
        service="AWSELB",
        attributes={"productFamily": "Load Balancer-Application"},
        named={"LoadBalancerUsage": "alb.hour", "LCUUsage": "alb.lcu_hour"},
    ),
    Question(
        service="AmazonVPC",
        named={
            "PublicIPv4:InUseAddress": "ipv4.hour",
            "VpcEndpoint-Hours": "endpoint.hour",
            "VpcEndpoint-Bytes": "endpoint.gb",
        },
    ),
    Question(
        service="AmazonEC2",
        attributes={"productFamily": "NAT Gateway"},
        named={"NatGateway-Hours": "nat.hour", "NatGateway-Bytes": "nat.gb"},
    ),
    Question(
        service="AmazonEC2",
        attributes={"productFamily": "Storage", "volumeApiName": "gp3"},
        named={"EBS:VolumeUsage.gp3": "disk.gp3_gb_month"},
    ),
    Question(
        service="AmazonEC2",
        attributes={"productFamily": "Storage Snapshot"},
        named={"EBS:SnapshotUsage": "disk.snapshot_gb_month"},
    ),
    *(
        Question(
            service="AmazonEC2",
            attributes={
                "instanceType": size,
                "operatingSystem": "Linux",
                "tenancy": "Shared",
                "preInstalledSw": "NA",
                "capacitystatus": "Used",
            },
            named={f"BoxUsage:{size}": f"ec2.{size}"},
        )
        for size in HOSTS
    ),
    *(
        Question(
            service="AmazonRDS",
            attributes={"instanceType": size, "databaseEngine": "PostgreSQL"},
            named={f"InstanceUsage:{size}": f"rds.{size}.single", f"Multi-AZUsage:{size}": f"rds.{size}.multi"},
        )
        for size in DATABASES
    ),
    Question(
        service="AmazonRDS",
        attributes={"volumeType": "General Purpose-GP3", "databaseEngine": "PostgreSQL"},
        named={"RDS:GP3-Storage": "rds.gp3_gb_month.single", "RDS:Multi-AZ-GP3-Storage": "rds.gp3_gb_month.multi"},
    ),
    *(
        Question(
            service="AmazonElastiCache",
            attributes={"instanceType": size, "cacheEngine": engine},
            named={f"NodeUsage:{size}": f"cache.{size}.{engine.lower()}"},
        )
        for size in CACHES
        for engine in ("Valkey", "Redis")
    ),
    Question(service="AmazonMSK", named={f"Kafka.{size.removeprefix('kafka.')}": f"kafka.{size}" for size in BROKERS}),
    Question(
        service="AmazonCloudWatch",
        named={
            "CW:MetricMonitorUsage": "metric.month",
            "CW:AlarmMonitorUsage": "alarm.month",
            "DataProcessing-Bytes": "logs.ingest_gb",
            "TimedStorage-ByteHrs": "logs.storage_gb_month",
        },
    ),
    Question(
        service="AWSSecretsManager",
        named={"AWSSecretsManager-Secrets": "secret.month", "AWSSecretsManagerAPIRequest": "secret.request"},
    ),
    Question(service="AmazonECR", named={"TimedStorage-ByteHrs": "ecr.gb_month"}),
    Question(service="AmazonS3", attributes={"volumeType": "Standard"}, named={"TimedStorage-ByteHrs": "s3.gb_month"}),
    Question(
        service="AmazonS3",
        attributes={"productFamily": "API Request"},
        named={"Requests-Tier1": "s3.write", "Requests-Tier2": "s3.read"},
    ),
    Question(
        service="AWSDataTransfer",
        region_in="fromRegionCode",
        attributes={"transferType": "AWS Outbound"},
        named={"DataTransfer-Out-Bytes": "out.gb"},
    ),
    Question(
        service="AWSDataTransfer",
        region_in="fromRegionCode",
        attributes={"transferType": "IntraRegion"},
        named={"DataTransfer-Regional-Bytes": "between_zones.gb"},
    ),
    Question(service="awskms", named={"KMS-Keys": "kms.key_month"}),
)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A product that has a price on demand."""

    usage: str
    usd: Decimal
    published: str


def offers(answers: Iterable[str]) -> Iterator[Offer]:
    """The products among an API's answers that have a usage type and a price in dollars; others are passed over.

    Of a price in steps, the first that is not nothing: what is free first is told elsewhere.
    """
    for text in answers:
        try:
            found: object = json.loads(text)
        except ValueError:
            continue
        said = _mapping(found)
        usage = _mapping(_mapping(said.get("product")).get("attributes")).get("usagetype")
        usd = _price(_mapping(_mapping(said.get("terms")).get("OnDemand")))
        if isinstance(usage, str) and usd is not None:
            yield Offer(usage=usage, usd=usd, published=str(said.get("publicationDate", ""))[:10])


def _price(terms: Json) -> Decimal | None:
    steps: list[tuple[Decimal, Decimal]] = []
    for term in terms.values():
        for step in _mapping(_mapping(term).get("priceDimensions")).values():
            begins = _number(_mapping(step).get("beginRange", "0"))
            usd = _number(_mapping(_mapping(step).get("pricePerUnit")).get("USD"))
            if usd is not None and usd > 0:
                steps.append((begins or Decimal(0), usd))
    return min(steps)[1] if steps else None


def prefix_of(found: Iterable[Offer]) -> str | None:
    """How a region is written before its usage types: USE1-, EUC1-, EU-; None where no task is offered there."""
    ending = next(iter(TASKS.named))
    return next((one.usage.removesuffix(ending) for one in found if one.usage.endswith(f"-{ending}")), None)


def priced(question: Question, found: Iterable[Offer], *, region: str, prefix: str) -> dict[str, Decimal]:
    """Our prices among offers, by their names; one of which there are two that differ is none."""
    prefixes = (prefix, f"{region}-", *([""] if region == REGION_OF_NO_PREFIX else []))
    meant = {begin + usage: name for begin in prefixes for usage, name in question.named.items()}
    several: dict[str, set[Decimal]] = defaultdict(set)
    for one in found:
        if one.usage in meant:
            several[meant[one.usage]].add(one.usd)
    return {name: next(iter(each)) for name, each in several.items() if len(each) == 1}


def _mapping(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _number(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found.normalize() if found.is_finite() else None
